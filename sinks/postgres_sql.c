#include "postgres_sql.h"

#include <string.h>

#define SQL_INSERT_JOB                                                                                                 \
	"INSERT INTO @jobs AS j (job_id, instance, state, partial, http_status, error, topic, message, "               \
	"result_summary, omni_chat_url, first_action_at, last_action_at, expires_at, attempts, requested_at, "         \
	"fetched_at, stored_at, body_bytes, body_sha256, action_count, result_count, row_count, warnings, input, "     \
	"details, extra, run_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, " \
	"$18, $19, $20, $21, $22, $23, $24, $25, $26, $27) ON CONFLICT (job_id) DO UPDATE SET "

/* What any answer writes over, and what the ledger adds up or keeps (sink.h). */
#define SQL_UPDATE_JOB                                                                                                 \
	"instance = excluded.instance, state = excluded.state, partial = excluded.partial, "                           \
	"http_status = excluded.http_status, error = excluded.error, topic = excluded.topic, "                         \
	"message = excluded.message, result_summary = excluded.result_summary, "                                       \
	"omni_chat_url = excluded.omni_chat_url, first_action_at = excluded.first_action_at, "                         \
	"last_action_at = excluded.last_action_at, stored_at = excluded.stored_at, "                                   \
	"action_count = excluded.action_count, result_count = excluded.result_count, "                                 \
	"row_count = excluded.row_count, warnings = excluded.warnings, extra = excluded.extra, "                       \
	"run_id = excluded.run_id, attempts = j.attempts + excluded.attempts, "                                        \
	"requested_at = least(j.requested_at, excluded.requested_at), "                                                \
	"expires_at = coalesce(excluded.expires_at, j.expires_at), "                                                   \
	"fetched_at = coalesce(excluded.fetched_at, j.fetched_at), input = coalesce(excluded.input, j.input), "        \
	"details = coalesce(excluded.details, j.details), "

/* Microseconds since 1970. */
#define SQL_US(column) "(extract(epoch FROM " column ") * 1000000)::bigint"

/* What both ways to read the ledger begin with. */
#define SQL_LEDGER                                                                                                     \
	"instance, state, partial::int, http_status, error, " SQL_US("expires_at") ", attempts, " SQL_US(              \
	    "requested_at") ", " SQL_US("fetched_at") ", " SQL_US("stored_at") ", body_bytes, body_sha256, "

const char *const postgres_sql[POSTGRES_QUERIES] = {
    [PQ_LEASE_TAKE] = "UPDATE @lease SET run_id = $1::text, taken = taken + 1, group_no = 0 WHERE one RETURNING taken",
    [PQ_LEASE_LOOK] = "SELECT taken, group_no FROM @lease WHERE one",
    [PQ_LEASE_GROUP] = "UPDATE @lease SET group_no = $1::bigint WHERE one AND taken = $2::bigint RETURNING taken",
    [PQ_LEDGER] =
	"SELECT u.n, j.state, j.partial::int, (j.instance IS NOT DISTINCT FROM $2::text)::int, "
	"j.attempts, " SQL_US("j.requested_at") ", " SQL_US(
	    "j.expires_at") ", j.body_sha256 "
			    "FROM unnest($1::uuid[]) WITH ORDINALITY AS u (id, n) JOIN @jobs AS j ON j.job_id = u.id",
    [PQ_HELD] =
	"SELECT state, partial::int, " SQL_US("expires_at") ", "
							    "(EXISTS (SELECT 1 FROM @bodies WHERE job_id = "
							    "$1::uuid))::int FROM @jobs WHERE job_id = $1::uuid",
    [PQ_GONE] = "WITH a AS (DELETE FROM @actions WHERE job_id = ANY ($1::uuid[])), "
		"b AS (DELETE FROM @bodies WHERE job_id = ANY ($1::uuid[])) "
		"DELETE FROM @results WHERE job_id = ANY ($1::uuid[]) RETURNING result_no",
    [PQ_GONE_ROWS] = "DELETE FROM @row_cells WHERE result_no = ANY ($1::integer[])",
    [PQ_STORED] = SQL_INSERT_JOB SQL_UPDATE_JOB "body_bytes = excluded.body_bytes, body_sha256 = excluded.body_sha256",
    [PQ_VERDICT] = SQL_INSERT_JOB SQL_UPDATE_JOB "body_bytes = coalesce(excluded.body_bytes, j.body_bytes), "
						 "body_sha256 = coalesce(excluded.body_sha256, j.body_sha256)",
    [PQ_ONLY_ERROR] = "UPDATE @jobs SET error = $2, expires_at = coalesce($3, expires_at) WHERE job_id = $1",
    [PQ_RUN] = "INSERT INTO @runs (run_id, started_at, finished_at, version, exit_code, summary) "
	       "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (run_id) DO UPDATE SET started_at = excluded.started_at, "
	       "finished_at = excluded.finished_at, version = excluded.version, exit_code = excluded.exit_code, "
	       "summary = excluded.summary",
    [PQ_NEXT_JOBS] =
	"SELECT " SQL_LEDGER "job_id, action_count, result_count, row_count, (SELECT count(*) FROM @results AS r "
	"WHERE r.job_id = jobs.job_id AND r.csv_truncated) FROM @jobs AS jobs "
	"WHERE $1::uuid IS NULL OR job_id > $1::uuid ORDER BY job_id LIMIT 1000",
    [PQ_JOB] = "SELECT " SQL_LEDGER "input, details FROM @jobs WHERE job_id = $1::uuid",
    [PQ_BODY] = "SELECT body, (SELECT count(*) FROM @bodies WHERE job_id = $1::uuid)::int FROM @bodies "
		"WHERE job_id = $1::uuid AND part = $2::integer",
    /* Where the table results was damaged there may be rows of results that it does not have. */
    [PQ_MAX_NO] = "SELECT greatest((SELECT max(result_no) FROM @results), (SELECT max(result_no) FROM @row_cells))",
    [PQ_MEND] =
	"WITH RECURSIVE n (no) AS ((SELECT result_no FROM @row_cells ORDER BY result_no LIMIT 1) UNION ALL "
	"SELECT (SELECT c.result_no FROM @row_cells AS c WHERE c.result_no > n.no ORDER BY c.result_no LIMIT 1) FROM n "
	"WHERE n.no IS NOT NULL), gone AS (DELETE FROM @row_cells WHERE result_no IN (SELECT no FROM n WHERE no IS NOT "
	"NULL AND NOT EXISTS (SELECT 1 FROM @results AS r WHERE r.result_no = n.no)) RETURNING 1) "
	"SELECT count(*) FROM gone",
    [PQ_NEXT_RUN] = "SELECT run_id, " SQL_US("started_at") ", " SQL_US(
	"finished_at") ", version, exit_code, summary "
		       "FROM @runs WHERE $1::text IS NULL OR run_id < $1::text ORDER BY run_id DESC LIMIT 1",
    [PQ_CONTENT_JOB] = "SELECT " SQL_LEDGER "input, details, topic, message, result_summary, omni_chat_url, " SQL_US(
	"first_action_at") ", " SQL_US("last_action_at") ", action_count, result_count, row_count, warnings, extra "
							 "FROM @jobs WHERE job_id = $1::uuid AND state = 'stored'",
    /* Of either table the first ones are taken, so that of the first of both none is missing. The last column says how
     * many there were before the page was cut where it is large. */
    [PQ_CONTENT_ITEMS] =
	"SELECT action_index, has_action, type, a_message, a_time, a_status, is_error, a_extra, result_no, result_id, "
	"query_name, status, query, columns, column_types, csv_truncated, has_results, total_row_count, row_count, "
	"error_message, error_detail, extra, taken FROM ("
	"SELECT action_index, (a.job_id IS NOT NULL)::int AS has_action, a.type, a.message AS a_message, " SQL_US(
	    "a.timestamp") " AS a_time, a.status AS a_status, a.is_error::int AS is_error, a.extra AS a_extra, "
			   "r.result_no, r.result_id, r.query_name, r.status, r.query, r.columns, r.column_types, "
			   "r.csv_truncated::int AS csv_truncated, r.has_results::int AS has_results, "
			   "r.total_row_count, r.row_count, r.error_message, r.error_detail, r.extra, "
			   "sum(coalesce(octet_length(a.message), 0) + coalesce(pg_column_size(a.extra), 0) + "
			   "coalesce(pg_column_size(r.query), 0) + coalesce(octet_length(r.error_detail), 0) + "
			   "coalesce(pg_column_size(r.extra), 0)) OVER (ORDER BY action_index ROWS BETWEEN UNBOUNDED "
			   "PRECEDING AND 1 PRECEDING) AS before, count(*) OVER () AS taken "
			   "FROM (SELECT * FROM @actions WHERE job_id = $1::uuid AND action_index > $2::bigint "
			   "ORDER BY action_index LIMIT 256) AS a FULL JOIN "
			   "(SELECT * FROM @results WHERE job_id = $1::uuid AND action_index > $2::bigint "
			   "ORDER BY action_index LIMIT 256) AS r USING (action_index) "
			   "ORDER BY action_index LIMIT 256) AS page "
			   "WHERE before IS NULL OR before < 1048576 ORDER BY action_index",
    [PQ_CONTENT_ROWS] =
	"SELECT row_index, section, cells, taken FROM (SELECT row_index, section, cells, sum(pg_column_size(cells)) "
	"OVER (ORDER BY row_index ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before, (count(*) OVER ())::int "
	"AS taken FROM (SELECT row_index, section, cells FROM @row_cells WHERE result_no = $1::integer AND row_index > "
	"$2::bigint ORDER BY row_index LIMIT 4096) AS few) AS page WHERE before IS NULL OR before < 262144 "
	"ORDER BY row_index",
    [PQ_CHECK_ACTIONS] = "SELECT DISTINCT a.job_id FROM @actions AS a WHERE NOT EXISTS (SELECT 1 FROM @jobs AS j WHERE "
			 "j.job_id = a.job_id AND j.state = 'stored') LIMIT 1000",
    [PQ_CHECK_RESULTS] = "SELECT DISTINCT r.job_id FROM @results AS r WHERE NOT EXISTS (SELECT 1 FROM @jobs AS j WHERE "
			 "j.job_id = r.job_id AND j.state = 'stored') LIMIT 1000",
    [PQ_CHECK_BODIES] = "SELECT DISTINCT b.job_id FROM @bodies AS b WHERE NOT EXISTS (SELECT 1 FROM @jobs AS j WHERE "
			"j.job_id = b.job_id) LIMIT 1000",
    [PQ_CHECK_PARTS] = "SELECT job_id FROM @bodies GROUP BY job_id HAVING min(part) <> 0 OR max(part) <> count(*) - 1 "
		       "LIMIT 1000",
    [PQ_CHECK_ENCODING] = "SELECT DISTINCT job_id FROM @bodies WHERE encoding <> 'zstd' LIMIT 1000",
    /* From one result's rows to those of the next, which is a look-up each. */
    [PQ_CHECK_ROWS] =
	"WITH RECURSIVE n (no) AS ((SELECT result_no FROM @row_cells ORDER BY result_no LIMIT 1) UNION ALL "
	"SELECT (SELECT c.result_no FROM @row_cells AS c WHERE c.result_no > n.no ORDER BY c.result_no LIMIT 1) FROM n "
	"WHERE n.no IS NOT NULL) SELECT no FROM n WHERE no IS NOT NULL AND NOT EXISTS (SELECT 1 FROM @results AS r "
	"WHERE r.result_no = n.no) LIMIT 1000",
};

const char *const postgres_sql_copy[POSTGRES_TABLES] = {
    [T_ACTIONS] = "COPY @actions (job_id, action_index, type, message, timestamp, status, is_error, extra) "
		  "FROM STDIN (FORMAT binary)",
    [T_RESULTS] = "COPY @results (result_no, job_id, action_index, result_id, query_name, status, query, columns, "
		  "column_types, csv_truncated, has_results, total_row_count, row_count, error_message, error_detail, "
		  "extra) FROM STDIN (FORMAT binary)",
    [T_ROWS] = "COPY @row_cells (result_no, row_index, section, cells) FROM STDIN (FORMAT binary)",
    [T_BODIES] = "COPY @bodies (job_id, part, encoding, body) FROM STDIN (FORMAT binary)",
};

/* Nothing may come between a name and what it means (search_path), a COPY may take its time, a dead client does not
 * keep its locks, a commit that returned survives a power cut, and a look-up by key stays one while the planner knows
 * nothing yet of tables that have just been filled (enable_seqscan). */
const char postgres_sql_session[] =
    "SELECT pg_catalog.set_config('search_path', '', false);"
    "SET standard_conforming_strings = on; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;"
    "SET lock_timeout = '60s'; SET enable_seqscan = off; SET tcp_keepalives_idle = 30;"
    "SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;"
    "SELECT pg_catalog.set_config('synchronous_commit', 'on', false)"
    "  WHERE pg_catalog.current_setting('synchronous_commit') IN ('off', 'local');";

/* jit: without a sequential scan costs look large, and every small question would be compiled, for 40 ms. */
const char *const postgres_sql_optional[] = {"SET client_connection_check_interval = '10s'", "SET jit = off", NULL};

/* Bodies come compressed: EXTERNAL keeps the server from trying it again. */
const char postgres_sql_create[] =
    "CREATE TABLE @jobs ("
    "job_id uuid PRIMARY KEY, instance text, state text NOT NULL, partial boolean NOT NULL DEFAULT false, "
    "http_status integer, error text, topic text, message text, result_summary text, omni_chat_url text, "
    "first_action_at timestamptz, last_action_at timestamptz, expires_at timestamptz, "
    "attempts bigint NOT NULL DEFAULT 0, requested_at timestamptz, fetched_at timestamptz, stored_at timestamptz, "
    "body_bytes bigint, body_sha256 text, action_count bigint, result_count bigint, row_count bigint, "
    "warnings json, input json, details json, extra json, run_id text);"
    "CREATE TABLE @bodies ("
    "job_id uuid NOT NULL, part integer NOT NULL, encoding text NOT NULL, body bytea NOT NULL, "
    "PRIMARY KEY (job_id, part));"
    "ALTER TABLE @bodies ALTER COLUMN body SET STORAGE EXTERNAL;"
    "CREATE TABLE @actions ("
    "job_id uuid NOT NULL, action_index integer NOT NULL, type text, message text, timestamp timestamptz, "
    "status text, is_error boolean, extra json, PRIMARY KEY (job_id, action_index));"
    "CREATE TABLE @results ("
    "result_no integer PRIMARY KEY, job_id uuid NOT NULL, action_index integer NOT NULL, result_id text, "
    "query_name text, status text, query json, columns json, column_types json, csv_truncated boolean, "
    "has_results boolean, total_row_count bigint, row_count bigint, error_message text, error_detail text, "
    "extra json, UNIQUE (job_id, action_index));"
    "CREATE TABLE @row_cells ("
    "result_no integer NOT NULL, row_index integer NOT NULL, section text, cells text[] NOT NULL, "
    "PRIMARY KEY (result_no, row_index));"
    "CREATE VIEW @result_rows AS "
    "SELECT r.job_id, r.action_index, c.row_index, c.section, c.cells "
    "FROM @results AS r JOIN @row_cells AS c ON c.result_no = r.result_no;"
    "CREATE TABLE @runs ("
    "run_id text PRIMARY KEY, started_at timestamptz, finished_at timestamptz, version text, exit_code integer, "
    "summary json);"
    "CREATE TABLE @lease ("
    "one boolean PRIMARY KEY DEFAULT true CHECK (one), run_id text, taken bigint NOT NULL, group_no bigint NOT NULL);"
    "INSERT INTO @lease (taken, group_no) VALUES (0, 0);"
    "CREATE TABLE @schema_version (version integer NOT NULL);"
    "INSERT INTO @schema_version VALUES (1);";

int postgres_sql_expand(const char *sql, const char *schema, struct buf *out)
{
	for (const char *at; (at = strchr(sql, '@')); sql = at + 1)
		if (buf_add(out, sql, (size_t)(at - sql)) || buf_adds(out, schema) || buf_addc(out, '.'))
			return -1;
	return buf_adds(out, sql);
}
