/* verify_tell.c: what verify prints: a line for each difference, or one JSON object. */
#include "verify_own.h"

#include "amount.h"
#include "field.h"
#include "log.h"
#include "utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void print(struct verify *v, int bad)
{
	if (bad != 0) {
		v->print_failed = true;
		v->print_errno = ENOMEM;
	} else if (!v->print_failed && fwrite(buf_cstr(&v->line), 1, v->line.len, stdout) != v->line.len) {
		v->print_failed = true;
		v->print_errno = errno;
	}
	buf_clear(&v->line);
}

void verify_tell_begin(struct verify *v)
{
	struct jsonw w;

	if (!v->o->json)
		return;
	jsonw_init(&w, &v->line);
	jsonw_object(&w);
	field_visible(&w, "sink", buf_cstr(&v->shown));
	jsonw_key(&w, "differences");
	print(v, w.failed || buf_addc(&v->line, '[') != 0);
}

static int json_fault(struct verify *v, enum sink_fault fault, const char *id, const char *where, const char *what)
{
	const char mark[] = {(char)fault, '\0'};
	struct jsonw w;

	if (buf_adds(&v->line, v->counts.differences > 1 ? ",\n" : "\n") != 0)
		return -1;
	jsonw_init(&w, &v->line);
	jsonw_object(&w);
	field_text(&w, "mark", text_of(mark));
	field_text(&w, "job_id", text_of(id));
	field_visible(&w, "where", where);
	field_visible(&w, "what", what);
	jsonw_object_end(&w);
	return w.failed ? -1 : 0;
}

void verify_tell_fault(struct verify *v, enum sink_fault fault, const struct uuid *id, const char *where,
		       const char *what)
{
	char text[UUID_TEXT_LEN + 1];
	int bad;

	if (v->again) {
		log_line(LOG_ERROR, id, "not repaired: %s%s%s", where != NULL ? where : "", where != NULL ? ": " : "",
			 what);
		return;
	}
	if (id != NULL)
		uuid_format(id, text);
	if (v->o->json) {
		print(v, json_fault(v, fault, id != NULL ? text : NULL, where, what));
		return;
	}
	bad = buf_addf(&v->line, "%c ", (char)fault);
	if (id != NULL)
		bad |= buf_adds(&v->line, text);
	else
		bad |= utf8_visible(&v->line, where, strlen(where), 0);
	bad |= buf_adds(&v->line, ": ") | utf8_visible(&v->line, what, strlen(what), 0) | buf_addc(&v->line, '\n');
	print(v, bad);
}

void verify_tell_good(struct verify *v, const struct uuid *id)
{
	char text[UUID_TEXT_LEN + 1];

	if (v->o->verbose && !v->o->json && !v->again)
		print(v, buf_addf(&v->line, "= %s\n", uuid_format(id, text)));
}

static void tell_json(struct verify *v, int exit_code, bool interrupted)
{
	const struct verify_counts *n = &v->counts;
	struct jsonw w;
	int bad = buf_adds(&v->line, n->differences > 0 ? "\n]" : "]");

	jsonw_init(&w, &v->line);
	w.comma = true;
	jsonw_key(&w, "answer");
	jsonw_cstr(&w, n->differences > 0 ? "damaged" : interrupted ? "interrupted" : "safe");
	field_int(&w, "exit_code", exit_code);
	field_int(&w, "jobs", n->jobs);
	field_int(&w, "checked", n->checked);
	field_int(&w, "identical", n->checked - n->bad);
	field_int(&w, "damaged", n->bad);
	field_int(&w, "not_proved", n->unproved);
	field_number(&w, "repaired", v->o->repair, v->repaired);
	field_number(&w, "not_repaired", v->o->repair, v->not_repaired);
	field_number(&w, "seed", !v->sample.all, (int64_t)v->sample.seed);
	jsonw_object_end(&w);
	print(v, bad | w.failed | buf_addc(&v->line, '\n'));
}

/* "13 jobs", "1 job". */
static int add_jobs(struct buf *out, int64_t n)
{
	char text[AMOUNT_MAX];

	return buf_addf(out, "%s job%s", amount_count((uint64_t)n, text), amount_plural(n));
}

static void tell_text(struct verify *v, bool interrupted)
{
	const struct verify_counts *n = &v->counts;
	struct buf *out = &v->text;
	char checked[AMOUNT_MAX];
	int bad;

	buf_clear(out);
	bad = buf_addf(out, "%s: ", buf_cstr(&v->shown));
	if (n->checked < n->jobs)
		bad |= buf_addf(out, "%s of ", amount_count((uint64_t)n->checked, checked));
	bad |= add_jobs(out, n->jobs) | buf_adds(out, " checked, ");
	if (n->differences == 0 && interrupted)
		bad |= buf_adds(out, "nothing wrong so far");
	else if (n->differences == 0)
		bad |= buf_adds(out, n->checked == 1 ? "it is as it should be" : "all as they should be");
	else
		bad |= buf_addf(out, "%lld damaged, %lld difference%s", (long long)n->bad, (long long)n->differences,
				amount_plural(n->differences));
	if (n->unproved > 0)
		bad |= buf_adds(out, "; ") | add_jobs(out, n->unproved) |
		       buf_adds(out, " not proved: no body and no checksum is kept");
	if (!v->sample.all)
		bad |= buf_addf(out, "; --sample %g%%:%llu takes the same", v->sample.percent,
				(unsigned long long)v->sample.seed);
	if (v->o->repair && n->differences > 0)
		bad |= buf_addf(out, "; %lld repaired, %lld not", (long long)v->repaired, (long long)v->not_repaired);
	if (interrupted)
		bad |= buf_adds(out, "; interrupted");
	if (bad == 0)
		log_line(n->differences > 0 ? LOG_WARNING : LOG_INFO, NULL, "%s", buf_cstr(out));
}

void verify_tell_end(struct verify *v, int exit_code, bool interrupted)
{
	if (v->o->json)
		tell_json(v, exit_code, interrupted);
	if (fflush(stdout) != 0 && !v->print_failed) {
		v->print_failed = true;
		v->print_errno = errno;
	}
	tell_text(v, interrupted);
}
