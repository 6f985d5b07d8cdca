#include "report_count.h"

#include "utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_US    ((int64_t)86400 * 1000000)
#define WEEK_D    7
#define MONDAY    4 /* days from a Thursday, which 1970-01-01 was, to the next one */
#define EXPIRES_D 14

enum report_part report_part_of(enum job_state state)
{
	if (state == JOB_STORED)
		return PART_STORED;
	return state_is_lost(state) ? PART_LOST : PART_OPEN;
}

/* --- topics --- */

static uint64_t hash_of(struct text t)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < t.n; i++)
		h = (h ^ (unsigned char)t.p[i]) * UINT64_C(0x100000001b3);
	return h ^ h >> 29;
}

/* Where a name is in the table of slots, or would be. */
static size_t slot_of(const struct report_topics *t, struct text name)
{
	size_t i = hash_of(name) & (t->n_slots - 1);

	while (t->slots[i] != 0 && !text_eq(text_of(t->at[t->slots[i] - 1].name), name))
		i = (i + 1) & (t->n_slots - 1);
	return i;
}

/* Room for one more topic, the table of slots at most half full. 0 or -1. */
static int grow(struct report_topics *t)
{
	const size_t cap = t->cap > 0 ? t->cap * 2 : 64;
	struct report_topic *at;
	uint32_t *slots;

	if (t->n < t->cap)
		return 0;
	at = realloc(t->at, cap * sizeof(*at));
	if (at == NULL)
		return -1;
	t->at = at;
	slots = calloc(2 * cap, sizeof(*slots));
	if (slots == NULL)
		return -1;
	free(t->slots);
	t->slots = slots;
	t->n_slots = 2 * cap;
	t->cap = cap;
	for (size_t i = 1; i < t->n; i++)
		t->slots[slot_of(t, text_of(t->at[i].name))] = (uint32_t)i + 1;
	return 0;
}

static int64_t add_topic(struct report_topics *t, struct text name)
{
	char *copy = strndup(name.n > 0 ? name.p : "", name.n);

	if (copy == NULL)
		return -1;
	t->at[t->n] = (struct report_topic){.name = copy};
	return (int64_t)t->n++;
}

int64_t report_topic(struct report_topics *t, struct text name)
{
	const struct text none = {"", 0};
	size_t slot;

	if (grow(t) != 0 || (t->n == 0 && add_topic(t, none) < 0))
		return -1;
	if (name.p == NULL || name.n == 0)
		return 0;
	if (name.n > REPORT_TOPIC_MAX)
		name.n = utf8_cut(name.p, REPORT_TOPIC_MAX);
	if (memchr(name.p, '\0', name.n) != NULL)
		name.n = (size_t)((const char *)memchr(name.p, '\0', name.n) - name.p);
	if (grow(t) != 0)
		return -1;
	slot = slot_of(t, name);
	if (t->slots[slot] == 0) {
		if (add_topic(t, name) < 0)
			return -1;
		t->slots[slot] = (uint32_t)t->n;
	}
	return (int64_t)t->slots[slot] - 1;
}

void report_topics_free(struct report_topics *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->at[i].name);
	free(t->at);
	free(t->slots);
	*t = (struct report_topics){0};
}

struct order {
	const struct report_topics *topics;
	bool by_rows;
};

static int compare_topics(const void *a, const void *b, void *ctx)
{
	const struct order *o = ctx;
	const struct report_topic *x = &o->topics->at[*(const uint32_t *)a], *y = &o->topics->at[*(const uint32_t *)b];
	const int64_t m = o->by_rows ? x->rows : x->jobs, n = o->by_rows ? y->rows : y->jobs;

	if (m != n)
		return m < n ? 1 : -1;
	return strcmp(x->name, y->name);
}

size_t report_topics_sort(const struct report_topics *t, bool by_rows, uint32_t *out)
{
	struct order order = {t, by_rows};
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		if ((by_rows ? t->at[i].rows : t->at[i].jobs) > 0)
			out[n++] = (uint32_t)i;
	qsort_r(out, n, sizeof(*out), compare_topics, &order);
	return n;
}

/* --- bars --- */

static int64_t day_of(int64_t us)
{
	return us >= 0 ? us / DAY_US : -((-us + DAY_US - 1) / DAY_US);
}

struct date {
	int year, month;
};

static struct date date_of(int64_t day)
{
	struct stamp t = {0};
	struct date d = {1970, 1};

	stamp_from_us(&t, day * DAY_US);
	(void)sscanf(t.text, "%4d-%2d", &d.year, &d.month);
	return d;
}

enum unit { BY_DAY, BY_WEEK, BY_MONTH, BY_YEAR, UNITS };

/* The number of the day, week, month or year that a day is in. */
static int64_t unit_of(enum unit unit, int64_t day)
{
	const int64_t from_monday = day - MONDAY;

	switch (unit) {
	case BY_DAY:
		return day;
	case BY_WEEK:
		return from_monday >= 0 ? from_monday / WEEK_D : -((-from_monday + WEEK_D - 1) / WEEK_D);
	case BY_MONTH:
		return (int64_t)date_of(day).year * 12 + date_of(day).month - 1;
	default:
		return date_of(day).year;
	}
}

static void name_unit(enum unit unit, int64_t number, char label[24])
{
	struct stamp t = {0};

	if (unit == BY_MONTH) {
		(void)snprintf(label, 24, "%04d-%02d", (int)(number / 12), (int)(number % 12 + 1));
	} else if (unit == BY_YEAR) {
		(void)snprintf(label, 24, "%04d", (int)number);
	} else {
		stamp_from_us(&t, (unit == BY_DAY ? number : number * WEEK_D + MONDAY) * DAY_US);
		(void)snprintf(label, 24, "%.10s", t.text);
	}
}

void report_by_day(const struct report_entry *jobs, size_t n, struct report_bars *out)
{
	static const char *const names[UNITS] = {"day", "week", "month", "year"};
	int64_t first = INT64_MAX, last = INT64_MIN, from, to;
	enum unit unit = BY_DAY;
	bool cut;

	*out = (struct report_bars){.unit = names[BY_DAY]};
	for (size_t i = 0; i < n; i++) {
		const int64_t day = day_of(jobs[i].date_us);

		if (jobs[i].date_us == 0) {
			out->unknown++;
			continue;
		}
		first = day < first ? day : first;
		last = day > last ? day : last;
	}
	if (first > last)
		return;
	while (unit < BY_YEAR && unit_of(unit, last) - unit_of(unit, first) >= REPORT_BARS)
		unit++;
	from = unit_of(unit, first);
	to = unit_of(unit, last);
	cut = to - from >= REPORT_BARS;
	if (cut)
		from = to - REPORT_BARS + 1;
	out->unit = names[unit];
	out->n = (size_t)(to - from) + 1;
	for (size_t i = 0; i < out->n; i++)
		name_unit(unit, from + (int64_t)i, out->at[i].label);
	if (cut)
		(void)snprintf(out->at[0].label, sizeof(out->at[0].label), "until %04d", (int)from);
	for (size_t i = 0; i < n; i++) {
		const int64_t at = unit_of(unit, day_of(jobs[i].date_us)) - from;

		if (jobs[i].date_us != 0)
			out->at[at < 0 ? 0 : at].n[report_part_of(jobs[i].state)]++;
	}
}

void report_by_expiry(const struct report_entry *jobs, size_t n, int64_t now_us, struct report_bars *out)
{
	struct stamp day;

	*out = (struct report_bars){.unit = "day", .n = EXPIRES_D + 2};
	(void)snprintf(out->at[0].label, sizeof(out->at[0].label), "past");
	for (int i = 0; i <= EXPIRES_D; i++) {
		stamp_from_us(&day, now_us + i * DAY_US);
		(void)snprintf(out->at[i + 1].label, sizeof(out->at[0].label), i < EXPIRES_D ? "%.10s" : "later",
			       day.text);
	}
	for (size_t i = 0; i < n; i++) {
		const int64_t left = day_of(jobs[i].expires_us) - day_of(now_us);
		const enum report_part part = report_part_of(jobs[i].state);
		const bool past = jobs[i].expires_us <= now_us;

		if (part == PART_LOST)
			continue;
		if (jobs[i].expires_us == 0)
			out->unknown += part == PART_OPEN;
		else if (past)
			out->at[0].n[part] += part == PART_OPEN;
		else
			out->at[left >= EXPIRES_D ? EXPIRES_D + 1 : left + 1].n[part]++;
	}
}

/* --- spans --- */

static int compare_ms(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

int report_by_span(const struct report_entry *jobs, size_t n, struct report_spans *out)
{
	static const struct {
		int64_t below_ms;
		const char *label;
	} spans[REPORT_SPANS] = {
	    {5000, "under 5 s"},    {10000, "5 to 10 s"},     {20000, "10 to 20 s"},
	    {30000, "20 to 30 s"},  {60000, "30 s to 1 min"}, {120000, "1 to 2 min"},
	    {300000, "2 to 5 min"}, {900000, "5 to 15 min"},  {INT64_MAX, "15 min and more"},
	};
	int64_t *all = malloc((n > 0 ? n : 1) * sizeof(*all));
	size_t known = 0;

	if (all == NULL)
		return -1;
	*out = (struct report_spans){0};
	for (size_t k = 0; k < REPORT_SPANS; k++)
		out->label[k] = spans[k].label;
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		if (jobs[i].took_ms < 0)
			continue;
		while (k < REPORT_SPANS - 1 && jobs[i].took_ms >= spans[k].below_ms)
			k++;
		out->n[k]++;
		all[known++] = jobs[i].took_ms;
	}
	out->known = (int64_t)known;
	if (known > 0) {
		qsort(all, known, sizeof(*all), compare_ms);
		out->median_ms = all[(known - 1) / 2];
		out->p95_ms = all[(known * 95 + 99) / 100 - 1];
		out->max_ms = all[known - 1];
	}
	free(all);
	return 0;
}
