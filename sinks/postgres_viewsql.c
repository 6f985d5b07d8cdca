/* postgres_viewsql.c: a view in PostgreSQL's SQL: a cast stands behind a regular expression that lets through only what
 * can be cast. CASE keeps the order, since the cells are no constants. */
#include "viewsql.h"

#include <stdio.h>
#include <string.h>

/* '@' is the cell; '#' its currency, as it stands in a regular expression. */

#define NUMBER "(0|[1-9][0-9]*|[1-9][0-9]{0,2}(,[0-9]{3}){1,5})([.][0-9]+)?"
#define LEAP   "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)"
#define DAY                                                                                                            \
	"([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|"                      \
	"02-(0[1-9]|1[0-9]|2[0-8]))|" LEAP "-02-29)"
#define CLOCK  "[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?"
#define OFFSET "[+-](0[0-9]|1[0-4]):[0-5][0-9]"
#define SHORT  "octet_length(@) <= 64 AND "

static const char *const sql_of[COLTYPES] = {
    [COLTYPE_INTEGER] = "CASE WHEN @ ~ '^(0|-?[1-9][0-9]{0,17})$' THEN @::bigint "
			"WHEN @ ~ '^-?[1-9][0-9]{0,2}(,[0-9]{3}){1,5}$' THEN replace(@, ',', '')::bigint "
			"WHEN @ ~ '^-?[1-9][0-9]{18}$' THEN CASE WHEN @::numeric BETWEEN -9223372036854775808 AND "
			"9223372036854775807 THEN @::bigint END END",
    [COLTYPE_DECIMAL] = "CASE WHEN " SHORT "@ ~ '^-?" NUMBER "$' THEN replace(@, ',', '')::numeric "
			"WHEN " SHORT "@ ~ '^[(]" NUMBER "[)]$' THEN -translate(@, '(),', '')::numeric "
			"WHEN " SHORT "@ ~ '^-?[0-9]([.][0-9]+[eE][+-]?|[eE][+-])[0-9]{1,3}$' THEN "
			"CASE WHEN abs(@::numeric) < 1e308 THEN @::numeric END END",
    [COLTYPE_PERCENT] = "CASE WHEN " SHORT "@ ~ '^-?" NUMBER " ?%$' THEN translate(@, ', %', '')::numeric * 0.01 END",
    [COLTYPE_BOOLEAN] = "CASE lower(@) WHEN 'true' THEN true WHEN 'yes' THEN true WHEN 'false' THEN false WHEN 'no' "
			"THEN false END",
    [COLTYPE_DATE] = "CASE WHEN @ ~ '^" DAY "$' AND left(@, 4) <> '0000' THEN @::date END",
    [COLTYPE_TIMESTAMP] =
	"CASE WHEN " SHORT "@ ~ '^" DAY "(" CLOCK "(Z| UTC)?)?$' AND left(@, 4) <> '0000' THEN left(rtrim(@, ' UTCZ'), "
	"26)::timestamp "
	"WHEN " SHORT "@ ~ '^" DAY CLOCK OFFSET "$' AND left(@, 4) NOT IN ('0000', '0001', '9999') THEN "
	"(left(left(@, -6), 26) || right(@, 6))::timestamptz AT TIME ZONE 'UTC' END",
    [COLTYPE_TEXT] = "@",
};

/* -?#N, and then all the others: #-?N (#N) #(N) -?N# (N#) (N)#, with or without a blank beside the currency: '!' is
 * that blank. The first is what comes most. */
static const char money_form[] = "CASE WHEN " SHORT "@ ~ '^-?#" NUMBER "$' THEN translate(@, '#,', '')::numeric "
				 "WHEN " SHORT "@ ~ '^(-?#!" NUMBER "|#!-" NUMBER "|[(]#!" NUMBER "[)]|#![(]" NUMBER
				 "[)]|-?" NUMBER "!#|[(]" NUMBER "!#[)]|[(]" NUMBER "[)]!#)$' THEN ";
/* A code stands apart. */
static const char money_form_code[] =
    "CASE WHEN " SHORT "@ ~ '^(-?#!" NUMBER "|#!-" NUMBER "|[(]#!" NUMBER "[)]|#![(]" NUMBER "[)]|-?" NUMBER
    "!#|[(]" NUMBER "!#[)]|[(]" NUMBER "[)]!#)$' THEN ";

static int add_money(struct buf *out, const char *x, const char *currency)
{
	const char last = currency[strlen(currency) - 1];
	const bool code = last >= 'A' && last <= 'Z';
	struct buf pattern, form;
	int bad = 0;

	buf_init(&pattern, 64);
	buf_init(&form, out->max);
	for (const char *p = currency; *p; p++)
		bad |= *p == '$' ? buf_adds(&pattern, "[$]") : buf_addc(&pattern, *p);
	for (const char *p = code ? money_form_code : money_form; *p; p++)
		bad |= *p == '!' ? buf_adds(&form, code ? "[ \xc2\xa0]" : "[ \xc2\xa0]?") : buf_addc(&form, *p);
	bad |= viewsql_fill(out, buf_cstr(&form), x, buf_cstr(&pattern));
	bad |= viewsql_fill(out,
			    "CASE WHEN @ ~ '[-(]' THEN -1 ELSE 1 END * translate(@, '-(), \xc2\xa0#', '')::numeric END",
			    x, currency);
	buf_free(&pattern);
	buf_free(&form);
	return bad;
}

int postgres_viewsql(const struct viewset_view *v, const char *schema, struct buf *out)
{
	int bad = buf_adds(
	    out, "SELECT r.job_id, j.topic, r.query_name, coalesce(a.timestamp, j.first_action_at) AS asked_at, "
		 "r.action_index, c.section, c.row_index");

	for (size_t i = 0; i < v->n; i++) {
		const struct viewset_column *c = &v->columns[i];
		char x[40];

		(void)snprintf(x, sizeof(x), "c.cells[%zu]", i + 1);
		bad |= buf_adds(out, ",\n");
		bad |= c->kind == COLTYPE_MONEY ? add_money(out, x, c->seen.currency)
						: viewsql_fill(out, sql_of[c->kind], x, NULL);
		bad |= buf_addf(out, " AS %s", c->name);
	}
	/* A LEFT JOIN of which nothing is asked is not made. */
	bad |= buf_addf(out,
			"\nFROM %s.results AS r JOIN %s.row_cells AS c ON c.result_no = r.result_no "
			"LEFT JOIN %s.jobs AS j ON j.job_id = r.job_id "
			"LEFT JOIN %s.actions AS a ON a.job_id = r.job_id AND a.action_index = r.action_index "
			"WHERE r.columns::text = ",
			schema, schema, schema, schema);
	bad |= viewsql_quote(out, v->labels);
	return bad ? -1 : 0;
}
