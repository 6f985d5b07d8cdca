#include "report_head.h"

#include "amount.h"
#include "html.h"
#include "report_chart.h"
#include "report_files.h"
#include "report_parts.h"
#include "sha256.h"

#include <stdlib.h>
#include <string.h>

#define CHART_LINES 10
#define TOPICS_MAX  300 /* in the filter; the rest is found by searching */

/* --- the head --- */

/* 'sha256-…': what of style and script may run, and nothing else. */
static int add_hash(struct buf *out, const char *const *lines)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct sha256 *sha = sha256_new();
	uint8_t digest[SHA256_LEN + 1] = {0};
	int bad = 0;

	if (sha == NULL)
		return -1;
	for (size_t i = 0; lines[i] != NULL; i++)
		sha256_add(sha, lines[i], strlen(lines[i]));
	sha256_end(sha, digest);
	sha256_free(sha);
	bad |= buf_adds(out, "'sha256-");
	/* 32 bytes: ten times three, and two; the last digit of base64 is no digit. */
	for (size_t i = 0; i < SHA256_LEN; i += 3) {
		const unsigned three = (unsigned)digest[i] << 16 | (unsigned)digest[i + 1] << 8 |
				       (i + 2 < SHA256_LEN ? digest[i + 2] : 0u);

		for (unsigned k = 0; k < 4; k++)
			bad |= buf_addc(out, i + k > SHA256_LEN + 0u ? '=' : digits[three >> (18 - 6 * k) & 63]);
	}
	return bad | buf_adds(out, "'");
}

static int add_lines(struct buf *out, const char *const *lines)
{
	int bad = 0;

	for (size_t i = 0; lines[i] != NULL; i++)
		bad |= buf_adds(out, lines[i]);
	return bad;
}

static int add_count(struct buf *out, int64_t n)
{
	char text[AMOUNT_MAX];

	return buf_adds(out, amount_count((uint64_t)(n > 0 ? n : 0), text));
}

int report_head_begin(struct buf *out, const struct report *r, size_t number)
{
	const struct text sink = buf_text(&r->status.sink);
	int bad =
	    buf_adds(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src ");

	bad |= add_hash(out, report_style) | buf_adds(out, "; script-src ") | add_hash(out, report_script);
	bad |= buf_adds(out, "; base-uri 'none'; form-action 'none'\">\n"
			     "<meta name=\"generator\" content=\"" PACKAGE_NAME " " PACKAGE_VERSION "\">\n"
			     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			     "<meta name=\"color-scheme\" content=\"light dark\">\n"
			     "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
	if (number > 0)
		bad |= buf_addf(out, "Page %zu · ", number);
	bad |= buf_adds(out, "Omni AI jobs · ") | html_cut(out, sink, 200, NULL) | buf_adds(out, "</title>\n<style>");
	bad |= add_lines(out, report_style) |
	       buf_adds(out, "</style>\n</head>\n<body>\n"
			     "<a class=\"skip\" href=\"#jobs\">To the jobs</a>\n<header>\n<h1>Omni AI jobs");
	if (number > 0)
		bad |= buf_addf(out, ", page %zu", number);
	bad |= buf_adds(out, "</h1>\n<p class=\"source\"><bdi>") | html_add(out, sink);
	return bad | buf_addf(out, "</bdi> · as of <time datetime=\"%s\">%.10s %.5s UTC</time></p>\n</header>\n",
			      r->status.now.text, r->status.now.text, r->status.now.text + 11);
}

int report_head_end(struct buf *out, const struct report *r)
{
	int bad = buf_adds(out, "<p id=\"none\" hidden>No job fits.</p>\n</main>\n<footer>Made by " PACKAGE_NAME
				" " PACKAGE_VERSION ", as of ");

	bad |= buf_addf(
	    out, "%.10s %.5s UTC. All times are UTC. Nothing on this page is loaded from elsewhere.</footer>\n<script>",
	    r->status.now.text, r->status.now.text + 11);
	return bad | add_lines(out, report_script) | buf_adds(out, "</script>\n</body>\n</html>\n");
}

/* --- totals --- */

static int add_tile(struct buf *out, const char *name, int64_t n, const char *below)
{
	int bad = buf_addf(out, "<div><dt>%s</dt><dd>", name) | add_count(out, n);

	if (below != NULL)
		bad |= buf_addf(out, "<small>%s</small>", below);
	return bad | buf_adds(out, "</dd></div>\n");
}

static int add_tiles(struct buf *out, const struct report *r)
{
	const struct status *s = &r->status;
	const int64_t lost = s->lost_since + s->lost_before, open = s->jobs - s->states[JOB_STORED] - lost;
	char bytes[AMOUNT_MAX], partial[64] = "", since[64];
	int bad = buf_adds(out, "<dl class=\"tiles\">\n") | add_tile(out, "Jobs", s->jobs, NULL);

	if (s->partial + s->partial_over > 0)
		(void)snprintf(partial, sizeof(partial), "%lld of them partial",
			       (long long)(s->partial + s->partial_over));
	(void)snprintf(since, sizeof(since), "%lld since <time>%.10s</time>", (long long)s->lost_since, s->since.text);
	bad |= add_tile(out, "Stored", s->states[JOB_STORED], partial[0] != '\0' ? partial : NULL);
	bad |= add_tile(out, "Open", open, NULL) | add_tile(out, "Lost", lost, lost > 0 ? since : NULL);
	bad |= add_tile(out, "Steps of the AI", r->actions, NULL) | add_tile(out, "Queries", r->results, NULL);
	bad |= add_tile(out, "Rows", r->rows, NULL);
	bad |= add_tile(out, "Truncated", r->truncated, "results, by the API");
	bad |= buf_addf(out, "<div><dt>Bodies</dt><dd>%s</dd></div>\n",
			amount_bytes((uint64_t)(s->body_bytes > 0 ? s->body_bytes : 0), bytes));
	if (r->damaged > 0)
		bad |= add_tile(out, "Cannot be read", r->damaged, "jobs; verify tells more");
	return bad | buf_adds(out, "</dl>\n");
}

static int add_verdict(struct buf *out, const struct report *r)
{
	const int code = status_exit_code(&r->status);
	struct buf line;
	int bad;

	buf_init(&line, 4096);
	bad = status_answer(&r->status, &line);
	bad |= buf_addf(out, "<p class=\"verdict %s\">", code == 4 ? "lost" : code == 3 ? "open" : "stored");
	if (line.len > 0)
		bad |= html_add(out, (struct text){line.data, line.len - 1});
	buf_free(&line);
	return bad | buf_adds(out, "</p>\n");
}

/* --- charts --- */

static int begin_chart(struct buf *out, const char *title, const char *below)
{
	return buf_addf(out, "<figure><figcaption><h3>%s</h3><p>%s</p></figcaption>\n", title, below);
}

static int add_key(struct buf *out)
{
	return buf_adds(out,
			"<ul class=\"key\"><li><i class=\"stored\"></i>stored</li><li><i class=\"open\"></i>open</li>"
			"<li><i class=\"lost\"></i>lost</li></ul>\n");
}

static int add_days(struct buf *out, const struct report *r)
{
	struct report_bars bars;
	char title[40], below[120];
	int bad;

	report_by_day(r->jobs, r->n, &bars);
	(void)snprintf(title, sizeof(title), "Jobs by %s and state", bars.unit);
	(void)snprintf(below, sizeof(below),
		       bars.unknown > 0 ? "when the AI began; %lld without a date" : "when the AI began",
		       (long long)bars.unknown);
	bad = begin_chart(out, title, below);
	bad |= report_chart_bars(out, &bars, title, bars.unit);
	return bad | add_key(out) | buf_adds(out, "</figure>\n");
}

static int add_expiry(struct buf *out, const struct report *r)
{
	struct report_bars bars;
	char below[160];
	int bad;

	report_by_expiry(r->jobs, r->n, r->status.now.us, &bars);
	(void)snprintf(below, sizeof(below),
		       bars.unknown > 0 ? "when the API forgets: what is open is lost then; %lld open without a date"
					: "when the API forgets: what is open is lost then, what is stored is safe",
		       (long long)bars.unknown);
	bad = begin_chart(out, "What expires when", below);
	bad |= report_chart_bars(out, &bars, "What expires when", "day");
	return bad | add_key(out) | buf_adds(out, "</figure>\n");
}

static int add_spans(struct buf *out, const struct report *r)
{
	struct report_spans spans;
	int bad;

	if (report_by_span(r->jobs, r->n, &spans) != 0)
		return -1;
	if (spans.known == 0)
		return 0;
	bad = buf_adds(out, "<figure><figcaption><h3>How long the jobs took</h3><p>") | add_count(out, spans.known) |
	      buf_addf(out, " job%s: half of them up to ", amount_plural(spans.known)) |
	      report_parts_span(out, spans.median_ms);
	bad |= buf_adds(out, ", 95 % up to ") | report_parts_span(out, spans.p95_ms) | buf_adds(out, ", the longest ") |
	       report_parts_span(out, spans.max_ms) | buf_adds(out, "</p></figcaption>\n");
	return bad | report_chart_spans(out, &spans, "How long the jobs took") | buf_adds(out, "</figure>\n");
}

static int add_causes(struct buf *out, const struct report *r)
{
	char below[80];

	if (r->status.reasons.n == 0)
		return 0;
	(void)snprintf(below, sizeof(below), "open, or lost since %.10s", r->status.since.text);
	return begin_chart(out, "Not stored, by cause", below) |
	       report_chart_reasons(out, &r->status.reasons, CHART_LINES) | buf_adds(out, "</figure>\n");
}

int report_head_overview(struct buf *out, const struct report *r)
{
	int bad = add_verdict(out, r) |
		  buf_adds(out, "<section aria-labelledby=\"totals\">\n<h2 id=\"totals\">Totals</h2>\n") |
		  add_tiles(out, r) | buf_adds(out, "</section>\n");

	if (r->n == 0)
		return bad;
	bad |= buf_adds(
	    out, "<section aria-labelledby=\"charts\">\n<h2 id=\"charts\">Charts</h2>\n<div class=\"charts\">\n");
	bad |= add_days(out, r) | add_expiry(out, r);
	if (r->rows > 0)
		bad |= begin_chart(out, "Rows by topic", "rows of stored results") |
		       report_chart_topics(out, &r->topics, CHART_LINES) | buf_adds(out, "</figure>\n");
	bad |= add_spans(out, r);
	bad |= add_causes(out, r);
	return bad | buf_adds(out, "</div>\n</section>\n");
}

/* --- the filter --- */

static int add_topics(struct buf *out, const struct report *r)
{
	uint32_t *order = malloc((r->topics.n + 1) * sizeof(*order));
	int bad = buf_adds(out, "<label>Topic<select name=\"topic\"><option value=\"*\">all topics</option>\n");
	size_t n;

	if (order == NULL)
		return -1;
	n = report_topics_sort(&r->topics, false, order);
	for (size_t i = 0; i < n && i < TOPICS_MAX; i++) {
		const struct report_topic *t = &r->topics.at[order[i]];

		bad |= buf_adds(out, "<option value=\"=") | html_adds(out, t->name) | buf_adds(out, "\">");
		bad |= t->name[0] != '\0' ? html_cut(out, text_of(t->name), 60, NULL) : buf_adds(out, "no topic");
		bad |= buf_adds(out, " (") | add_count(out, t->jobs) | buf_adds(out, ")</option>\n");
	}
	free(order);
	return bad | buf_adds(out, "</select></label>\n");
}

static int add_states(struct buf *out, const struct report *r)
{
	int bad = buf_adds(
	    out, "<label>State<select name=\"state\"><option value=\"\">all states</option>\n"
		 "<option value=\".open\">open</option><option value=\".lost\">lost</option>"
		 "<option value=\".partial\">partial</option><option value=\".truncated\">truncated by the API</option>"
		 "<option value=\".errors\">with errors</option><option value=\".warned\">with warnings</option>\n");

	for (int s = JOB_STORED; s < JOB_STATES; s++)
		if (r->status.states[s] > 0)
			bad |= buf_addf(out, "<option>%s</option>", state_name((enum job_state)s));
	return bad | buf_adds(out, "</select></label>\n");
}

int report_head_filter(struct buf *out, const struct report *r, size_t first, size_t n, bool openable)
{
	char from[AMOUNT_MAX], to[AMOUNT_MAX], all[AMOUNT_MAX], of[AMOUNT_MAX];
	int bad = buf_adds(
	    out,
	    "<main aria-labelledby=\"jobs\">\n<h2 id=\"jobs\">Jobs</h2>\n<form id=\"filter\" hidden role=\"search\">\n"
	    "<label class=\"search\">Search<input type=\"search\" name=\"q\" autocomplete=\"off\" "
	    "spellcheck=\"false\"></label>\n");

	bad |= add_topics(out, r) | add_states(out, r);
	bad |= buf_adds(out, "<label>From<input type=\"date\" name=\"from\"></label>\n<label>To<input type=\"date\" "
			     "name=\"to\"></label>\n"
			     "<button type=\"reset\">Reset</button>\n</form>\n<div class=\"counted\">");
	amount_count(n, all);
	bad |= buf_addf(out, "<span id=\"count\" role=\"status\" data-n=\"%s\">", all);
	if (n < r->n)
		bad |= buf_addf(out, "jobs %s to %s of %s", amount_count(first + 1, from), amount_count(first + n, to),
				amount_count(r->n, of));
	else
		bad |= buf_addf(out, "%s job%s", all, amount_plural((int64_t)n));
	bad |= buf_adds(out, ", the newest first</span>");
	if (openable)
		bad |= buf_adds(out, "<button id=\"all\" type=\"button\" aria-pressed=\"false\">Open all</button>");
	return bad | buf_adds(out, "</div>\n");
}
