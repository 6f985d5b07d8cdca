/* postgres_check.c: the tables against each other (sink.h): rows of what nothing knows of. */
#include "postgres_sink.h"

#include <stdio.h>

/* Statements that give the ID of a job, or a number; each is told once, with its words. */
static const struct {
	enum postgres_query q;
	enum sink_fault fault;
	const char *table; /* where it is not of one job; NULL: the row is a job's ID */
	const char *words; /* with %s: what the row says */
} looks[] = {
    {PQ_CHECK_ACTIONS, SINK_EXTRA, NULL, "has actions, and the ledger does not hold it as stored"},
    {PQ_CHECK_RESULTS, SINK_EXTRA, NULL, "has results, and the ledger does not hold it as stored"},
    {PQ_CHECK_BODIES, SINK_EXTRA, NULL, "has a body, and the ledger does not know it"},
    {PQ_CHECK_PARTS, SINK_MISSING, NULL, "a part of its body is missing"},
    {PQ_CHECK_ENCODING, SINK_DIFFERS, NULL, "a part of its body is of an encoding that is unknown"},
    {PQ_CHECK_ROWS, SINK_EXTRA, "row_cells", "rows of result number %s, which is not there"},
};

static int look(struct postgres *s, size_t i, const struct sink_check *check, struct err *err)
{
	const int rows = postgres_group_ask(s, looks[i].q, false, err);

	for (int row = 0; row < rows; row++) {
		const struct text said = postgres_db_text(s->db, row, 0);
		struct uuid id;
		int rc;
		if (looks[i].table)
			rc = sink_tell(check, looks[i].fault, NULL, looks[i].table, err, looks[i].words, said.p);
		else
			rc = uuid_parse(said.p, said.n, &id)
				 ? sink_tell(check, looks[i].fault, &id, NULL, err, "%s", looks[i].words)
				 : 0;
		if (rc)
			return -1;
	}
	return rows < 0 ? -1 : 0;
}

int postgres_check(struct sink *sink, const struct sink_check *check, struct err *err)
{
	struct postgres *s = postgres_of(sink);

	(void)postgres_group_args(s);
	for (size_t i = 0; s->there && i < sizeof(looks) / sizeof(looks[0]); i++) {
		if (check->stop && *check->stop)
			return 0;
		if (look(s, i, check, err))
			return -1;
	}
	return 0;
}

int postgres_mend(struct sink *sink, char removed[SINK_MEND_MAX], struct err *err)
{
	struct postgres *s = postgres_of(sink);

	removed[0] = '\0';
	(void)postgres_group_args(s);
	if (postgres_group_ask(s, PQ_MEND, false, err) != 1)
		return -1;
	if (postgres_db_int(s->db, 0, 0) > 0)
		(void)snprintf(removed, SINK_MEND_MAX, "%lld rows of results that were not there",
			       (long long)postgres_db_int(s->db, 0, 0));
	return 0;
}
