/*
 * sqlite_viewsql.c: a view in SQLite's SQL, which has neither regular expressions nor casts that fail: forms are told
 * by GLOB, by JSON's grammar of numbers, by what a number looks like when it is printed again, and dates by what the
 * date functions make of them.
 */
#include "viewsql.h"

#include <stdio.h>
#include <string.h>

/* '@' is the cell, '#' its currency. What is a function of much of it is bound to a name by a query without a table, so
 * that it stands, and is worked out, but once. GLOB is the dearest of what is called here. */

static const char sql_boolean[] =
    "CASE lower(@) WHEN 'true' THEN 1 WHEN 'yes' THEN 1 WHEN 'false' THEN 0 WHEN 'no' THEN 0 END";

static const char sql_integer[] = "CASE WHEN CAST(CAST(@ AS INTEGER) AS TEXT) = @ THEN CAST(@ AS INTEGER) "
				  "WHEN length(@) < 25 AND printf('%,d', CAST(replace(@, ',', '') AS INTEGER)) = @ "
				  "THEN CAST(replace(@, ',', '') AS INTEGER) END";

/* JSON that begins and ends like a number is one, without blanks. */
#define IS_NUMBER(z) "json_valid(" z ") AND " z " BETWEEN '-' AND ':' AND substr(" z ", -1) BETWEEN '0' AND '9'"

/* z, without commas v, is -?N or -?N.N. Printed again, the whole part w is what it was, if the commas are in their
 * places.
 */
#define SQL_NUMBER(exponent)                                                                                           \
	"CASE WHEN " IS_NUMBER("z") " THEN CASE WHEN instr(z, 'e') + instr(z, 'E') = 0 THEN CAST(z AS REAL) " exponent \
				    "END "                                                                             \
				    "WHEN instr(z, ',') THEN (SELECT CASE WHEN substr(z, 1, length(w)) = w AND "       \
				    "length(w) < 25 AND instr(substr(z, length(w) + 1), ',') = 0 AND " IS_NUMBER(      \
					"v") " AND instr(v, 'e') + instr(v, 'E') = 0 THEN CAST(v AS REAL) END "        \
					     "FROM (SELECT v, printf('%,d', CAST(v AS INTEGER)) AS w "                 \
					     "FROM (SELECT replace(z, ',', '') AS v))) END"

/* 1.5e+06 */
#define SQL_EXPONENT                                                                                                   \
	"WHEN @ NOT LIKE '(%' AND (ltrim(z, '-') GLOB '[0-9].*' OR ltrim(z, '-') GLOB '[0-9][eE][+-]*') "              \
	"AND z NOT GLOB '*[eE]*[0-9][0-9][0-9][0-9]' AND abs(CAST(z AS REAL)) < 1e308 THEN CAST(z AS REAL) "

/* A number in brackets is negative. */
#define UNBRACKETED(x)                                                                                                 \
	"CASE WHEN substr(" x ", 1, 1) = '(' AND substr(" x ", -1) = ')' THEN '-' || substr(" x ", 2, length(" x       \
	") - 2) ELSE " x " END"
#define SHORT "length(CAST(@ AS BLOB)) <= 64"

static const char sql_decimal[] =
    "CASE WHEN " SHORT " THEN (SELECT " SQL_NUMBER(SQL_EXPONENT) " FROM (SELECT " UNBRACKETED("@") " AS z)) END";

static const char sql_percent[] =
    "CASE WHEN substr(@, -1) = '%' AND " SHORT
    " THEN (SELECT " SQL_NUMBER("") " FROM (SELECT CASE substr(@, -2, 1) WHEN ' ' THEN substr(@, 1, length(@) - 2) "
				    "ELSE substr(@, 1, length(@) - 1) END AS z)) / 100 END";

/* The currency stands there once, at the beginning or the end, and one blank between it and the number goes too. */
#define SQL_MONEY(without)                                                                                             \
	"CASE WHEN " SHORT " THEN (SELECT CASE WHEN length(n) - length(replace(n, #, '')) = length(#) AND "            \
	"(substr(ltrim(n, '-('), 1, length(#)) = # OR substr(rtrim(n, ')'), -length(#)) = #) THEN "                    \
	"(SELECT " SQL_NUMBER("") " FROM (SELECT " UNBRACKETED(                                                        \
	    "y") " AS z FROM (SELECT " without " AS y))) END "                                                         \
		 "FROM (SELECT replace(@, char(160), ' ') AS n)) END"

static const char sql_money[] = SQL_MONEY("replace(replace(replace(n, # || ' ', ''), ' ' || #, ''), #, '')");
/* A code stands apart. */
static const char sql_money_code[] = SQL_MONEY("replace(replace(n, # || ' ', ''), ' ' || #, '')");

/* SQLite takes the 30th of February as it comes, until it has to count with it. */
#define IS_DATE(x) "date(" x ") = " x " AND (substr(" x ", 9) < '29' OR date(" x ", '+0 days') = " x ")"
static const char sql_date[] = "CASE WHEN length(@) = 10 AND @ >= '0001' AND " IS_DATE("@") " THEN @ END";

/* It also takes more than one blank, and rounds a second up. */
static const char sql_timestamp[] = "CASE WHEN " SHORT " THEN (SELECT CASE WHEN @ >= '0001' AND " IS_DATE(
    "d") " AND datetime(t) IS NOT NULL THEN CASE WHEN length(@) = 10 THEN @ || ' 00:00:00' "
	 "WHEN substr(@, 11) GLOB '[T ][0-2][0-9]:[0-9][0-9]*' AND substr(@, 12, 2) < '24' "
	 "AND substr(t, 12) NOT GLOB '*[^0-9:.Z+-]*' "
	 "AND (substr(t, 17) NOT GLOB '*[+-]*' OR substr(t, 1, 4) NOT IN ('0001', '9999')) "
	 "THEN rtrim(rtrim(datetime(substr(t, 1, CASE substr(t, 17, 1) WHEN ':' THEN 19 ELSE 16 END) || "
	 "CASE WHEN substr(t, 17) GLOB '*[+-]*' THEN substr(t, -6) ELSE '' END) || '.' || "
	 "CASE substr(t, 20, 1) WHEN '.' THEN substr(CAST('1' || substr(t, 21, 6) AS INTEGER), 2) ELSE '' END, '0'), "
	 "'.') "
	 "END END FROM (SELECT substr(@, 1, 10) AS d, replace(@, ' UTC', 'Z') AS t)) END";

static int add_money(struct buf *out, const char *x, const char *currency)
{
	const char last = currency[strlen(currency) - 1];
	struct buf quoted;
	int bad;

	buf_init(&quoted, 64);
	bad = viewsql_quote(&quoted, text_of(currency));
	bad |= viewsql_fill(out, last >= 'A' && last <= 'Z' ? sql_money_code : sql_money, x, buf_cstr(&quoted));
	buf_free(&quoted);
	return bad;
}

static int add_value(struct buf *out, const struct viewset_column *c, const char *x)
{
	switch (c->kind) {
	case COLTYPE_INTEGER:
		return viewsql_fill(out, sql_integer, x, NULL);
	case COLTYPE_DECIMAL:
		return viewsql_fill(out, sql_decimal, x, NULL);
	case COLTYPE_MONEY:
		return add_money(out, x, c->seen.currency);
	case COLTYPE_PERCENT:
		return viewsql_fill(out, sql_percent, x, NULL);
	case COLTYPE_BOOLEAN:
		return viewsql_fill(out, sql_boolean, x, NULL);
	case COLTYPE_DATE:
		return viewsql_fill(out, sql_date, x, NULL);
	case COLTYPE_TIMESTAMP:
		return viewsql_fill(out, sql_timestamp, x, NULL);
	default:
		return buf_adds(out, x);
	}
}

static const char *affinity(enum coltype_kind kind)
{
	switch (kind) {
	case COLTYPE_INTEGER:
	case COLTYPE_BOOLEAN:
		return "INTEGER";
	case COLTYPE_DECIMAL:
	case COLTYPE_MONEY:
	case COLTYPE_PERCENT:
		return "REAL";
	default:
		return "TEXT";
	}
}

int sqlite_viewsql(const struct viewset_view *v, struct buf *out)
{
	int bad = buf_addf(out,
			   "CREATE VIEW %s AS SELECT r.job_id AS job_id, j.topic AS topic, r.query_name AS query_name, "
			   "coalesce(a.timestamp, j.first_action_at) AS asked_at, r.action_index AS action_index, "
			   "c.section AS section, c.row_key & 4294967295 AS row_index",
			   v->name);

	for (size_t i = 0; i < v->n; i++) {
		char x[40];

		(void)snprintf(x, sizeof(x), "(c.cells ->> %zu)", i);
		bad |= buf_adds(out, ",\nCAST(") | add_value(out, &v->columns[i], x);
		bad |= buf_addf(out, " AS %s) AS %s", affinity(v->columns[i].kind), v->columns[i].name);
	}
	/* Joined in this order, so that one job's rows are found by the job; a LEFT JOIN of which nothing is asked is
	 * not made. */
	bad |= buf_adds(out, "\nFROM results AS r LEFT JOIN jobs AS j ON j.job_id = r.job_id "
			     "LEFT JOIN actions AS a ON a.job_id = r.job_id AND a.action_index = r.action_index "
			     "CROSS JOIN row_cells AS c WHERE r.columns = ");
	bad |= viewsql_quote(out, v->labels);
	bad |= buf_adds(out, " AND c.row_key BETWEEN r.result_no << 32 AND r.result_no << 32 | 4294967295");
	return bad ? -1 : 0;
}
