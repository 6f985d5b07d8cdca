#include "sqlite_sql.h"

#define SQL_INSERT_JOB                                                                                                 \
	"INSERT INTO jobs AS j (job_id, instance, state, partial, http_status, error, topic, message, "                \
	"result_summary, omni_chat_url, first_action_at, last_action_at, expires_at, attempts, requested_at, "         \
	"fetched_at, stored_at, body_bytes, body_sha256, action_count, result_count, row_count, warnings, input, "     \
	"details, extra, run_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, " \
	"?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27) ON CONFLICT (job_id) DO UPDATE SET "

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
	"requested_at = coalesce(min(j.requested_at, excluded.requested_at), j.requested_at, excluded.requested_at), " \
	"expires_at = coalesce(excluded.expires_at, j.expires_at), "                                                   \
	"fetched_at = coalesce(excluded.fetched_at, j.fetched_at), input = coalesce(excluded.input, j.input), "        \
	"details = coalesce(excluded.details, j.details), "

#define SQL_INSERT_ROWS "INSERT OR FAIL INTO row_cells (row_key, section, cells) VALUES "
#define SQL_8_ROWS      "(?, ?, ?), (?, ?, ?), (?, ?, ?), (?, ?, ?), (?, ?, ?), (?, ?, ?), (?, ?, ?), (?, ?, ?)"

/* What both ways to read the ledger begin with. */
#define SQL_LEDGER                                                                                                     \
	"instance, state, partial, http_status, error, expires_at, attempts, requested_at, fetched_at, stored_at, "    \
	"body_bytes, body_sha256, "

const char *const sqlite_sql[QUERIES] = {
    [Q_READ] = "BEGIN",
    [Q_GROUP] = "BEGIN IMMEDIATE",
    [Q_COMMIT] = "COMMIT",
    [Q_JOB] = "SAVEPOINT job",
    [Q_JOB_KEEP] = "RELEASE job",
    [Q_JOB_UNDO] = "ROLLBACK TO job",
    [Q_LEDGER] = "SELECT state, partial, instance IS ?2, attempts, requested_at, expires_at, body_sha256 "
		 "FROM jobs WHERE job_id = ?1",
    [Q_HELD] = "SELECT state, partial, expires_at, EXISTS (SELECT 1 FROM bodies WHERE job_id = ?1) "
	       "FROM jobs WHERE job_id = ?1",
    [Q_RESULT_NOS] = "SELECT result_no FROM results WHERE job_id = ?1",
    [Q_DELETE_ROWS] = "DELETE FROM row_cells WHERE row_key BETWEEN ?1 << 32 AND ?1 << 32 | 4294967295",
    [Q_DELETE_RESULTS] = "DELETE FROM results WHERE job_id = ?1",
    [Q_DELETE_ACTIONS] = "DELETE FROM actions WHERE job_id = ?1",
    [Q_DELETE_BODIES] = "DELETE FROM bodies WHERE job_id = ?1",
    [Q_ACTION] = "INSERT INTO actions (job_id, action_index, type, message, timestamp, status, is_error, extra) "
		 "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [Q_RESULT] = "INSERT INTO results (result_no, job_id, action_index, result_id, query_name, status, query, columns, "
		 "column_types, csv_truncated, has_results, total_row_count, row_count, error_message, error_detail, "
		 "extra) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    [Q_ROW] = SQL_INSERT_ROWS "(?, ?, ?)",
    [Q_ROWS_8] = SQL_INSERT_ROWS SQL_8_ROWS,
    [Q_ROWS_64] = SQL_INSERT_ROWS SQL_8_ROWS ", " SQL_8_ROWS ", " SQL_8_ROWS ", " SQL_8_ROWS ", " SQL_8_ROWS
					     ", " SQL_8_ROWS ", " SQL_8_ROWS ", " SQL_8_ROWS,
    [Q_BODY] = "INSERT INTO bodies (job_id, part, encoding, body) VALUES (?1, ?2, 'zstd', ?3)",
    [Q_STORED] = SQL_INSERT_JOB SQL_UPDATE_JOB "body_bytes = excluded.body_bytes, body_sha256 = excluded.body_sha256",
    [Q_VERDICT] = SQL_INSERT_JOB SQL_UPDATE_JOB "body_bytes = coalesce(excluded.body_bytes, j.body_bytes), "
						"body_sha256 = coalesce(excluded.body_sha256, j.body_sha256)",
    [Q_ONLY_ERROR] = "UPDATE jobs SET error = ?2, expires_at = coalesce(?3, expires_at) WHERE job_id = ?1",
    [Q_RUN] = "INSERT INTO runs (run_id, started_at, finished_at, version, exit_code, summary) "
	      "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (run_id) DO UPDATE SET started_at = excluded.started_at, "
	      "finished_at = excluded.finished_at, version = excluded.version, exit_code = excluded.exit_code, "
	      "summary = excluded.summary",
    [Q_NEXT_JOB] = "SELECT " SQL_LEDGER
		   "job_id, action_count, result_count, row_count, (SELECT count(*) FROM results AS r WHERE r.job_id = "
		   "jobs.job_id AND r.csv_truncated = 1) FROM jobs WHERE job_id > ?1 ORDER BY job_id LIMIT 1",
    [Q_READ_JOB] = "SELECT " SQL_LEDGER "input, details FROM jobs WHERE job_id = ?1",
    [Q_READ_BODY] = "SELECT body FROM bodies WHERE job_id = ?1 ORDER BY part",
    [Q_NEXT_RUN] = "SELECT run_id, started_at, finished_at, version, exit_code, summary FROM runs "
		   "WHERE ?1 IS NULL OR run_id < ?1 ORDER BY run_id DESC LIMIT 1",
    [Q_CONTENT_JOB] = "SELECT " SQL_LEDGER
		      "input, details, topic, message, result_summary, omni_chat_url, first_action_at, last_action_at, "
		      "action_count, result_count, row_count, warnings, extra "
		      "FROM jobs WHERE job_id = ?1 AND state = 'stored'",
    [Q_CONTENT_ACTIONS] = "SELECT action_index, type, message, timestamp, status, is_error, extra FROM actions "
			  "WHERE job_id = ?1 ORDER BY action_index",
    [Q_CONTENT_RESULTS] = "SELECT action_index, result_id, query_name, status, query, columns, column_types, "
			  "csv_truncated, has_results, total_row_count, row_count, error_message, error_detail, extra, "
			  "result_no FROM results WHERE job_id = ?1 ORDER BY action_index",
    [Q_CONTENT_ROWS] = "SELECT row_key & 4294967295, section, cells FROM row_cells "
		       "WHERE row_key BETWEEN ?1 << 32 AND ?1 << 32 | 4294967295 ORDER BY row_key",
};
