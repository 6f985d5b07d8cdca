/* journal.c: see journal.h. */
#include "journal.h"
#include "jsonw.h"
#include "timeutil.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define JOURNAL_STATUSES 1000

struct journal {
	FILE *file; /* NULL: none */
	int error;  /* errno of the first line that could not be written */
	struct buf line;
	int64_t requests, connections;
	int64_t statuses[JOURNAL_STATUSES];
};

struct journal *journal_new(const char *path, struct err *err)
{
	struct journal *j = calloc(1, sizeof(*j));
	if (j == NULL) {
		err_set(err, ERR_FATAL, "out of memory");
		return NULL;
	}
	buf_init(&j->line, (size_t)64 << 20);
	if (path != NULL && (j->file = fopen(path, "we")) == NULL) {
		err_sys(err, ERR_FATAL, errno, "cannot create '%s'", path);
		journal_free(j);
		return NULL;
	}
	return j;
}

void journal_free(struct journal *j)
{
	if (j == NULL)
		return;
	if (j->file != NULL)
		fclose(j->file);
	buf_free(&j->line);
	free(j);
}

void journal_connection(struct journal *j)
{
	j->connections++;
}

static void journal_write(struct journal *j)
{
	errno = 0;
	if (buf_addc(&j->line, '\n') != 0 || fwrite(j->line.data, 1, j->line.len, j->file) != j->line.len ||
	    fflush(j->file) != 0)
		j->error = j->error != 0 ? j->error : errno != 0 ? errno : ENOMEM;
}

static void field(struct jsonw *w, const char *key, const char *value)
{
	jsonw_key(w, key);
	jsonw_cstr(w, value);
}

static void number(struct jsonw *w, const char *key, int64_t value)
{
	jsonw_key(w, key);
	jsonw_int(w, value);
}

void journal_add(struct journal *j, const struct journal_line *l)
{
	struct jsonw w;
	struct stamp now;
	char job[UUID_TEXT_LEN + 1];

	j->requests++;
	j->statuses[l->status % JOURNAL_STATUSES]++;
	if (j->file == NULL)
		return;
	stamp_from_us(&now, time_now_us());
	buf_clear(&j->line);
	jsonw_init(&w, &j->line);
	jsonw_object(&w);
	number(&w, "boot_ns", l->boot_ns);
	field(&w, "time", now.text);
	number(&w, "connection", (int64_t)l->connection);
	field(&w, "method", l->method);
	field(&w, "path", l->path);
	field(&w, "http", l->http);
	field(&w, "endpoint", l->endpoint);
	field(&w, "job", l->job != NULL ? uuid_format(l->job, job) : NULL);
	number(&w, "request", l->request);
	number(&w, "step", l->step);
	field(&w, "why", l->why);
	number(&w, "status", l->status);
	field(&w, "authorization", l->authorization);
	field(&w, "user_agent", l->user_agent);
	field(&w, "accept_encoding", l->accept_encoding);
	if (l->posted != NULL)
		field(&w, "posted", l->posted);
	jsonw_object_end(&w);
	if (w.failed)
		j->error = j->error != 0 ? j->error : ENOMEM;
	else
		journal_write(j);
}

static void total_of_job(void *ctx, const struct script_job *job)
{
	struct jsonw *w = ctx;
	char id[UUID_TEXT_LEN + 1];

	if (job->asked[JOB_RESULT] == 0 && job->asked[JOB_STATUS] == 0)
		return;
	jsonw_key(w, uuid_format(&job->id, id));
	jsonw_object(w);
	number(w, "result", job->asked[JOB_RESULT]);
	number(w, "status", job->asked[JOB_STATUS]);
	jsonw_object_end(w);
}

int journal_totals(const struct journal *j, const struct limit *limit, const struct script *script, struct buf *out)
{
	struct jsonw w;
	char code[16];

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_key(&w, "totals");
	jsonw_bool(&w, true);
	number(&w, "requests", j->requests);
	number(&w, "connections", j->connections);
	jsonw_key(&w, "statuses");
	jsonw_object(&w);
	for (int i = 0; i < JOURNAL_STATUSES; i++) {
		if (j->statuses[i] == 0)
			continue;
		snprintf(code, sizeof(code), "%d", i);
		number(&w, code, j->statuses[i]);
	}
	jsonw_object_end(&w);
	if (limit != NULL) {
		number(&w, "max_in_window", limit_max_in_window(limit));
		number(&w, "violations", limit_violations(limit));
	}
	jsonw_key(&w, "jobs");
	jsonw_object(&w);
	script_each(script, total_of_job, &w);
	jsonw_object_end(&w);
	jsonw_object_end(&w);
	return w.failed ? -1 : 0;
}

int journal_end(struct journal *j, const struct limit *limit, const struct script *script, struct err *err)
{
	if (j->file == NULL)
		return 0;
	buf_clear(&j->line);
	if (journal_totals(j, limit, script, &j->line) != 0)
		return err_set(err, ERR_FATAL, "out of memory");
	journal_write(j);
	return j->error == 0 ? 0 : err_sys(err, ERR_FATAL, j->error, "cannot write the log");
}
