/* run_tell.c: what a tired person needs to know when a run has ended: what is not stored and why, what will be lost
 * when, and the command to run next. The summary line follows. */
#include "log.h"
#include "reasons.h"
#include "run_state.h"
#include "shellword.h"

#include <string.h>

#define REASONS_TOLD 5
#define LINE_MAX     ((size_t)1 << 20)

/* One line. Where memory is short it is left out: the summary line is what must be said. */
static void say(enum log_level level, struct buf *line, int bad)
{
	if (bad == 0)
		log_line(level, NULL, "%s", buf_cstr(line));
	buf_clear(line);
}

static void tell_reasons(enum log_level level, const char *what, struct reasons *reasons, struct buf *line)
{
	int64_t rest = reasons->others;

	reasons_sort(reasons);
	for (size_t i = 0; i < reasons->n; i++) {
		if (i < REASONS_TOLD)
			say(level, line, buf_addf(line, "%s: ", what) | reasons_say(&reasons->at[i], line));
		else
			rest += reasons->at[i].n;
	}
	if (rest > 0)
		say(level, line,
		    buf_addf(line, "%s: %lld for other reasons (--error-file lists them all)", what, (long long)rest));
}

/* What this run learned; *soonest: the open job that expires first, where one is known to. */
static void gather(const struct run *r, struct reasons *open, struct reasons *lost, const struct plan_job **soonest)
{
	for (size_t i = 0; i < r->plan.n; i++) {
		const struct plan_job *p = &r->plan.jobs[i];
		const enum job_state state = (enum job_state)p->state;

		if (p->status != PLAN_SETTLED || state == JOB_STORED)
			continue;
		(void)reasons_add(state_is_lost(state) ? lost : open, state, text_of(p->error), &p->id);
		if (!state_is_lost(state) && p->expires_us != 0 &&
		    (*soonest == NULL || p->expires_us < (*soonest)->expires_us))
			*soonest = p;
	}
}

static void tell_expiry(enum log_level level, const struct plan_job *p, int64_t now_us, struct buf *line)
{
	const int64_t left_s = (p->expires_us - now_us) / 1000000;
	char id[UUID_TEXT_LEN + 1], span[TIME_SPAN_MAX];
	struct stamp at;

	stamp_from_us(&at, p->expires_us);
	(void)uuid_format(&p->id, id);
	if (left_s > 0)
		say(level, line,
		    buf_addf(line, "next to be lost: %s, in %s (%s)", id, time_span_text(left_s, span), at.text));
	else
		say(level, line, buf_addf(line, "past its 14 days: %s, since %s", id, at.text));
}

/* An argument as it was given, but without the passwords of sinks. */
static int add_argument(struct buf *line, const char *argument)
{
	const char *pg = strstr(argument, "pg:");
	struct buf shown;
	int bad;

	buf_init(&shown, LINE_MAX);
	if (strstr(argument, "://") != NULL || pg == NULL)
		bad = sink_spec_show(argument, &shown);
	else
		bad = buf_add(&shown, argument, (size_t)(pg - argument)) | sink_spec_show(pg, &shown);
	bad |= buf_addc(line, ' ') | shellword_add(line, buf_cstr(&shown));
	buf_free(&shown);
	return bad;
}

static bool reads_standard_input(const struct options *o)
{
	for (size_t i = 0; i < o->n_operands; i++)
		if (strcmp(o->operands[i], "-") == 0)
			return true;
	return o->n_operands == 0;
}

/* Do options come from the environment, as those of the service do? */
static bool has_settings(void)
{
	for (char **e = environ; *e != NULL; e++)
		if (strncmp(*e, "OMNI_EXPORT_", strlen("OMNI_EXPORT_")) == 0)
			return true;
	return false;
}

/* The command as it was given; where it read a list that is gone, the error file is a list as good. */
static int add_command(const struct run *r, struct buf *line)
{
	const struct options *o = r->o;
	const bool gone = r->fetch != NULL && reads_standard_input(o);
	int bad = buf_adds(line, "omni-export");

	for (int i = 0; i < o->argc; i++) {
		/* getopt_long has put the operands last. */
		if (gone && o->error_file != NULL && i >= o->argc - (int)o->n_operands)
			break;
		bad |= add_argument(line, o->argv[i]);
	}
	if (gone && o->error_file != NULL)
		bad |= add_argument(line, o->error_file);
	else if (gone)
		bad |= buf_adds(line, ", with the same list on standard input");
	return has_settings() ? bad | buf_adds(line, "  # with the OMNI_EXPORT_ variables of this run") : bad;
}

/* When: what has to be so first. NULL: there is nothing to run. */
static const char *next_step(const struct run *r, const struct reasons *open)
{
	if (r->end.key_refused)
		return "when the key is good";
	if (r->end.sink_failed)
		return "when the sink can be written again";
	if (r->end.unexpected || r->end.signal != 0)
		return "to go on";
	if (open->n == 0 && open->others == 0)
		return NULL;
	if (open->n == 1 && open->at[0].state == JOB_PENDING)
		return "when the jobs have finished";
	return "to go on";
}

static const char lost_for_good[] = "what is lost stays lost and is not asked for again (--retry-lost asks once more)";
static const char not_found_again[] =
    "not_found is asked for again until 14 days after it was first asked for; what else "
    "is lost is not (--retry-lost asks once more)";

static bool will_be_asked(const struct reasons *lost)
{
	bool again = false;

	for (size_t i = 0; i < lost->n; i++)
		again = again || lost->at[i].state == JOB_NOT_FOUND;
	return again;
}

void run_tell(struct run *r, const struct summary *s)
{
	const enum log_level level = s->exit_code == 0 ? LOG_INFO : LOG_ERROR;
	const struct plan_job *soonest = NULL;
	struct reasons open = {0}, lost = {0};
	const char *step;
	struct buf line;

	buf_init(&line, LINE_MAX);
	gather(r, &open, &lost, &soonest);
	tell_reasons(level, "not stored", &open, &line);
	tell_reasons(level, "lost", &lost, &line);
	if (soonest != NULL)
		tell_expiry(level, soonest, s->finished_at.us, &line);
	step = next_step(r, &open);
	if (step != NULL)
		say(level, &line, buf_addf(&line, "%s: ", step) | add_command(r, &line));
	else if (lost.n > 0)
		say(level, &line, buf_adds(&line, will_be_asked(&lost) ? not_found_again : lost_for_good));
	reasons_free(&open);
	reasons_free(&lost);
	buf_free(&line);
}
