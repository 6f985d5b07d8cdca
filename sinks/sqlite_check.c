/* sqlite_check.c: the database against itself (sink.h): its pages, and rows of what nothing knows of. */
#include "sqlite_sink.h"

#include <stdio.h>

/* Statements that give the ID of a job, or a number; each is told once, with its words. */
static const struct {
	enum sink_fault fault;
	const char *table; /* where it is not of one job; NULL: the row is a job's ID */
	const char *words; /* with %s: what the row says */
	const char *sql;
} looks[] = {
    {SINK_EXTRA, NULL, "has actions, and the ledger does not hold it as stored",
     "SELECT DISTINCT job_id FROM actions WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.job_id = actions.job_id AND "
     "state = 'stored') LIMIT 1000"},
    {SINK_EXTRA, NULL, "has results, and the ledger does not hold it as stored",
     "SELECT DISTINCT job_id FROM results WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.job_id = results.job_id AND "
     "state = 'stored') LIMIT 1000"},
    {SINK_EXTRA, NULL, "has a body, and the ledger does not know it",
     "SELECT DISTINCT job_id FROM bodies WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.job_id = bodies.job_id) "
     "LIMIT 1000"},
    {SINK_MISSING, NULL, "a part of its body is missing",
     "SELECT job_id FROM bodies GROUP BY job_id HAVING min(part) <> 0 OR max(part) <> count(*) - 1 LIMIT 1000"},
    {SINK_DIFFERS, NULL, "a part of its body is of an encoding that is unknown",
     "SELECT DISTINCT job_id FROM bodies WHERE encoding <> 'zstd' LIMIT 1000"},
    /* From one result's rows to those of the next, which is a look-up each. */
    {SINK_EXTRA, "row_cells", "rows of result number %s, which is not there",
     "WITH RECURSIVE n (no) AS (SELECT (SELECT row_key >> 32 FROM row_cells ORDER BY row_key LIMIT 1) UNION ALL "
     "SELECT (SELECT row_key >> 32 FROM row_cells WHERE row_key >= (n.no + 1) << 32 ORDER BY row_key LIMIT 1) FROM n "
     "WHERE n.no IS NOT NULL) SELECT no FROM n WHERE no IS NOT NULL AND NOT EXISTS "
     "(SELECT 1 FROM results WHERE result_no = no) LIMIT 1000"},
    {SINK_ERROR, "the file", "%s", "PRAGMA integrity_check(20)"},
};

struct look {
	const struct sink_check *check;
	size_t i;
};

static int tell(void *ctx, struct text row, struct err *err)
{
	const struct look *l = ctx;
	char said[300];
	struct uuid id;

	(void)snprintf(said, sizeof(said), "%.*s", (int)row.n, row.n ? row.p : "");
	if (looks[l->i].fault == SINK_ERROR && text_eq(row, text_of("ok")))
		return 0;
	if (looks[l->i].table)
		return sink_tell(l->check, looks[l->i].fault, NULL, looks[l->i].table, err, looks[l->i].words, said);
	if (!uuid_parse(row.p, row.n, &id))
		return sink_tell(l->check, SINK_DIFFERS, NULL, said, err, "is no job's ID");
	return sink_tell(l->check, looks[l->i].fault, &id, NULL, err, "%s", looks[l->i].words);
}

int sqlite_check(struct sink *sink, const struct sink_check *check, struct err *err)
{
	struct sqlite *s = sqlite_of(sink);

	for (size_t i = 0; s->db && i < sizeof(looks) / sizeof(looks[0]); i++) {
		struct look l = {check, i};
		const int rc = sqlite_db_each(s->db, looks[i].sql, check->stop, tell, &l, err);

		if (check->stop && *check->stop)
			return 0;
		if (rc)
			return -1;
	}
	return 0;
}

int sqlite_mend(struct sink *sink, char removed[SINK_MEND_MAX], struct err *err)
{
	struct sqlite *s = sqlite_of(sink);
	struct buf n;
	int rc;

	removed[0] = '\0';
	if (sqlite_db_exec(
		s->db, "DELETE FROM row_cells WHERE NOT EXISTS (SELECT 1 FROM results WHERE result_no = row_key >> 32)",
		err))
		return -1;
	buf_init(&n, 32);
	rc = sqlite_db_ask(s->db, "SELECT nullif(changes(), 0)", &n, err);
	if (rc == 1)
		(void)snprintf(removed, SINK_MEND_MAX, "%s rows of results that were not there", buf_cstr(&n));
	buf_free(&n);
	return rc < 0 ? -1 : 0;
}
