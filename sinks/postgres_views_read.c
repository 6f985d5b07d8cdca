/* postgres_views_read.c: what a PostgreSQL schema holds of results, views and their catalogue (viewset.h). */
#include "postgres_views_own.h"

#include <stdlib.h>
#include <string.h>

#define AT_ONCE 5000 /* results whose rows are asked for together */

/* What there is under the names of the catalogue; $1: the schema. */
static const char look_for_catalogue[] =
    "SELECT count(*) FILTER (WHERE c.relkind = 'r'), count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = "
    "c.relnamespace WHERE n.nspname = $1::text AND c.relname IN ('views', 'view_columns')";

static const char read_views[] =
    "SELECT view_name, definition, columns, query_name, seen_no, results, seen_sum FROM @views";
static const char read_columns[] = "SELECT view_name, position, type, source, cells, empty, seen FROM @view_columns "
				   "ORDER BY view_name, position";

/* Names that a view cannot have beside its own: of relations, and of types. */
static const char read_objects[] =
    "SELECT c.relname, c.relkind, obj_description(c.oid, 'pg_class') FROM pg_class AS c JOIN pg_namespace AS n "
    "ON n.oid = c.relnamespace WHERE n.nspname = $1::text UNION ALL SELECT t.typname, 't', NULL FROM pg_type AS t "
    "JOIN pg_namespace AS n ON n.oid = t.typnamespace WHERE n.nspname = $1::text AND t.typrelid = 0";

static const char read_results[] =
    "COPY (SELECT r.result_no::bigint, r.job_id, r.action_index::bigint, r.query_name, r.columns::text, "
    "r.column_types::text, (extract(epoch FROM j.stored_at) * 1000000)::bigint, "
    "(extract(epoch FROM j.first_action_at) * 1000000)::bigint FROM @results AS r LEFT JOIN @jobs AS j "
    "ON j.job_id = r.job_id WHERE r.columns::text <> '[]' ORDER BY r.result_no) TO STDOUT (FORMAT binary)";

static const char read_rows[] = "COPY (SELECT result_no::bigint, cells FROM @row_cells WHERE result_no = ANY ('{";
static const char read_rows_end[] = "}'::integer[])) TO STDOUT (FORMAT binary)";

struct task {
	struct postgres *s;
	struct viewset *set;
	struct buf sql;
	struct text *cells; /* VIEWSET_COLUMNS_MAX of them */
	bool catalogue;
};

static int no_memory(struct err *err)
{
	return err_set(err, ERR_FATAL, "out of memory");
}

static int not_ours(const struct postgres *s, struct err *err)
{
	return err_set(err, ERR_JOB, "%s has a table 'views' or 'view_columns' that is not this program's",
		       buf_cstr(&s->display));
}

const char *postgres_views_expand(struct postgres *s, const char *sql, struct err *err)
{
	buf_clear(&s->sql);
	if (postgres_sql_expand(sql, buf_cstr(&s->quoted), &s->sql)) {
		(void)no_memory(err);
		return NULL;
	}
	return buf_cstr(&s->sql);
}

int postgres_views_ask(struct postgres *s, const char *sql, struct err *err)
{
	const bool has = strstr(sql, "$1") != NULL;
	const char *expanded = postgres_views_expand(s, sql, err);

	return expanded ? postgres_db_ask(s->db, expanded, has ? &s->args : NULL, false, err) : -1;
}

int postgres_views_ask_with(struct postgres *s, const char *sql, const char *a, const char *b, struct err *err)
{
	struct postgres_tuple args = postgres_group_args(s);

	postgres_tuple_text(&args, text_of(a));
	if (b)
		postgres_tuple_text(&args, text_of(b));
	return args.failed ? no_memory(err) : postgres_views_ask(s, sql, err);
}

static void copy_name(char *to, size_t room, struct text from)
{
	const size_t n = from.p && from.n < room ? from.n : 0;

	memcpy(to, from.p ? from.p : "", n);
	to[n] = '\0';
}

static int read_catalogue(struct task *t, struct err *err)
{
	struct postgres_db *db = t->s->db;
	struct viewset_view *v = NULL;
	int n = postgres_views_ask(t->s, read_views, err);

	if (n < 0)
		return -1;
	for (int i = 0; i < n; i++) {
		struct viewset_view row = {.labels = postgres_db_text(db, i, 2),
					   .query_name = postgres_db_text(db, i, 3),
					   .seen_no = postgres_db_int(db, i, 4),
					   .seen_n = postgres_db_int(db, i, 5),
					   .seen_sum = postgres_db_int(db, i, 6)};

		copy_name(row.name, sizeof(row.name), postgres_db_text(db, i, 0));
		copy_name(row.definition, sizeof(row.definition), postgres_db_text(db, i, 1));
		if (!viewset_known(t->set, &row, err))
			return -1;
	}
	n = postgres_views_ask(t->s, read_columns, err);
	for (int i = 0; i < n; i++) {
		const struct text name = postgres_db_text(db, i, 0);
		struct viewset_column c = {.kind = coltype_of_name(postgres_db_text(db, i, 2)),
					   .from_api = text_eq(postgres_db_text(db, i, 3), text_of("api"))};

		if (!coltype_read(&c.seen, postgres_db_text(db, i, 6)))
			return not_ours(t->s, err);
		c.seen.cells = postgres_db_int(db, i, 4);
		c.seen.empty = postgres_db_int(db, i, 5);
		if (!v || !text_eq(name, text_of(v->name)))
			v = viewset_find(t->set, name);
		if (v && viewset_known_column(t->set, v, postgres_db_int(db, i, 1), &c, err))
			return -1;
	}
	return n < 0 ? -1 : 0;
}

static int read_all_objects(struct task *t, struct err *err)
{
	const size_t begin = strlen(POSTGRES_VIEWS_COMMENT);
	const int n = postgres_views_ask_with(t->s, read_objects, t->s->schema_name, NULL, err);

	for (int i = 0; i < n; i++) {
		const struct text comment = postgres_db_text(t->s->db, i, 2);
		char mark[SHA256_HEX_LEN + 1] = "";

		if (text_eq(postgres_db_text(t->s->db, i, 1), text_of("v")) && comment.n == begin + SHA256_HEX_LEN &&
		    memcmp(comment.p, POSTGRES_VIEWS_COMMENT, begin) == 0)
			copy_name(mark, sizeof(mark), (struct text){comment.p + begin, SHA256_HEX_LEN});
		if (viewset_object(t->set, postgres_db_text(t->s->db, i, 0), mark, err))
			return -1;
	}
	return n < 0 ? -1 : 0;
}

/* A number as the binary format has it; 0 for null. */
static int64_t number_of(struct text field)
{
	uint64_t value = 0;

	for (size_t i = 0; field.p && i < field.n; i++)
		value = value << 8 | (unsigned char)field.p[i];
	return (int64_t)value;
}

static int take_result(void *ctx, const char *fields, size_t n, struct err *err)
{
	struct task *t = ctx;
	struct text f[8] = {{0}};
	struct viewset_result r;
	size_t at = 0;

	for (size_t i = 0; i < 8; i++)
		if (!postgres_tuple_next(fields, n, &at, &f[i]))
			return err_set(err, ERR_FATAL, "the server's COPY is cut");
	r = (struct viewset_result){.no = number_of(f[0]),
				    .action_index = number_of(f[2]),
				    .query_name = f[3],
				    .columns = f[4],
				    .column_types = f[5],
				    .stored_us = number_of(f[6]),
				    .asked_us = number_of(f[7])};
	if (f[1].n == sizeof(r.job.b))
		memcpy(r.job.b, f[1].p, sizeof(r.job.b));
	return viewset_result(t->set, &r, err);
}

/* An array: how many dimensions, a flag, the type, and for each how many and from where; then the elements. */
static int take_row(void *ctx, const char *fields, size_t n, struct err *err)
{
	struct task *t = ctx;
	struct viewset_view *v;
	struct text no, array;
	size_t at = 0, cells = 0;

	if (!postgres_tuple_next(fields, n, &at, &no) || !postgres_tuple_next(fields, n, &at, &array))
		return err_set(err, ERR_FATAL, "the server's COPY is cut");
	v = viewset_unread_view(t->set, number_of(no));
	if (!v)
		return 0;
	at = 20;
	if (array.p && array.n >= 20 && number_of((struct text){array.p, 4}) == 1)
		while (cells < v->n && postgres_tuple_next(array.p, array.n, &at, &t->cells[cells]))
			cells++;
	viewset_feed(v, t->cells, cells);
	return 0;
}

static int read_all_rows(struct task *t, struct err *err)
{
	const struct viewset_unread *unread;
	size_t n, i = 0;

	unread = viewset_settle(t->set, &n);
	while (i < n) {
		const size_t end = n - i < AT_ONCE ? n : i + AT_ONCE;
		const char *sql;
		int bad;

		buf_clear(&t->sql);
		bad = buf_adds(&t->sql, read_rows);
		for (const size_t begin = i; i < end; i++)
			bad |= buf_addf(&t->sql, "%s%lld", i > begin ? "," : "", (long long)unread[i].no);
		if (bad || buf_adds(&t->sql, read_rows_end))
			return no_memory(err);
		sql = postgres_views_expand(t->s, buf_cstr(&t->sql), err);
		if (!sql || postgres_db_copy_out(t->s->db, sql, take_row, t, err))
			return -1;
	}
	return 0;
}

static int read_all(struct task *t, struct err *err)
{
	struct postgres_db *db = t->s->db;
	const char *sql;

	if (postgres_views_ask_with(t->s, look_for_catalogue, t->s->schema_name, NULL, err) != 1)
		return -1;
	if (postgres_db_int(db, 0, 0) != postgres_db_int(db, 0, 1) || postgres_db_int(db, 0, 1) == 1)
		return not_ours(t->s, err);
	t->catalogue = postgres_db_int(db, 0, 1) > 0;
	if ((t->catalogue && read_catalogue(t, err)) || read_all_objects(t, err))
		return -1;
	sql = postgres_views_expand(t->s, read_results, err);
	if (!sql || postgres_db_copy_out(db, sql, take_result, t, err) || read_all_rows(t, err))
		return -1;
	return viewset_decide(t->set, err);
}

int postgres_views_read(struct postgres *s, struct viewset *set, bool *catalogue, struct err *err)
{
	struct task t = {.s = s, .set = set, .cells = calloc(VIEWSET_COLUMNS_MAX, sizeof(struct text))};
	int rc;

	buf_init(&t.sql, SIZE_MAX / 2);
	rc = t.cells ? read_all(&t, err) : no_memory(err);
	*catalogue = t.catalogue;
	buf_free(&t.sql);
	free(t.cells);
	return rc;
}
