#include "report_parts.h"

#include "amount.h"
#include "html.h"
#include "markdown.h"
#include "utf8.h"

#include <string.h>
#include <strings.h>

#define TEXT_MAX     ((size_t)1 << 20) /* bytes shown of one text */
#define JSON_MAX     ((size_t)256 << 10)
#define WARNINGS_MAX 50
#define WARNING_MAX  ((size_t)8 << 10)

const char *report_parts_class(enum job_state state)
{
	static const char *const names[REPORT_PARTS] = {"stored", "open", "lost"};

	return names[report_part_of(state)];
}

static int add_left(struct buf *out, size_t left)
{
	char amount[AMOUNT_MAX];

	return left > 0 ? buf_addf(out, "<p class=\"note\">… %s more of this text is in the sink</p>\n",
				   amount_bytes(left, amount))
			: 0;
}

static struct text cut(struct text t, size_t max)
{
	return t.n > max ? (struct text){t.p, utf8_cut(t.p, max)} : t;
}

int report_parts_text(struct buf *out, struct text t)
{
	const struct text shown = cut(t, TEXT_MAX);

	return html_add(out, shown) | add_left(out, t.n - shown.n);
}

int report_parts_markdown(struct buf *out, struct text t)
{
	const struct text shown = cut(t, TEXT_MAX);

	return markdown_html(out, shown, 5) | add_left(out, t.n - shown.n);
}

int report_parts_json(struct buf *out, const char *title, struct text json)
{
	const struct text shown = cut(json, JSON_MAX);
	int bad;

	if (json.p == NULL || json.n == 0)
		return 0;
	bad = buf_addf(out, "<details class=\"json\"><summary>%s</summary><pre dir=\"ltr\"><code>", title);
	return bad | html_json(out, shown) | buf_adds(out, "</code></pre>") | add_left(out, json.n - shown.n) |
	       buf_adds(out, "</details>\n");
}

/* What Markdown begins a line with. */
static size_t marks(struct text t)
{
	size_t i = 0;

	while (i < t.n && strchr("#>*_`|-+ \t\r\n", t.p[i]) != NULL && t.p[i] != '\0')
		i++;
	return i;
}

int report_parts_title(struct buf *out, struct text t, size_t max_chars)
{
	const size_t skip = marks(t);
	const char *end;
	size_t left;
	int bad = 0;

	t = (struct text){t.p + skip, t.n - skip};
	end = memchr(t.p, '\n', t.n);
	t.n = end != NULL ? (size_t)(end - t.p) : t.n;
	t = cut(t, 8 * max_chars);
	/* Emphasis is marks within the line. */
	while (t.n > 0 && bad == 0) {
		const char *mark = memmem(t.p, t.n, "**", 2);
		const struct text piece = {t.p, mark != NULL ? (size_t)(mark - t.p) : t.n};

		bad = html_cut(out, piece, max_chars, &left);
		if (left > 0)
			return bad | buf_adds(out, "…");
		max_chars -= piece.n < max_chars ? piece.n : max_chars;
		t = mark != NULL ? (struct text){mark + 2, t.n - piece.n - 2} : (struct text){t.p, 0};
	}
	return bad;
}

int report_parts_span(struct buf *out, int64_t ms)
{
	char span[TIME_SPAN_MAX];

	if (ms < 1000)
		return buf_addf(out, "%lld ms", (long long)ms);
	if (ms < 60000)
		return buf_addf(out, "%lld.%lld s", (long long)(ms / 1000), (long long)(ms % 1000 / 100));
	if (ms < 3600000)
		return buf_addf(out, "%lld min %lld s", (long long)(ms / 60000), (long long)(ms / 1000 % 60));
	return buf_adds(out, time_span_text(ms / 1000, span));
}

int report_parts_when(struct buf *out, const struct stamp *t)
{
	if (!stamp_is_set(t))
		return buf_adds(out, "<span class=\"when\">no date</span>");
	return buf_adds(out, "<time class=\"when\" datetime=\"") | html_adds(out, t->text) |
	       buf_addf(out, "\">%.10s %.5s</time>", t->text, t->text + 11);
}

/* --- how much of a result is here --- */

static int add_rows(struct buf *out, int64_t n)
{
	char text[AMOUNT_MAX];

	return buf_addf(out, "%s row%s", amount_count((uint64_t)(n > 0 ? n : 0), text), amount_plural(n));
}

int report_parts_amount(struct buf *out, const struct query_result *r, const struct report_table *t)
{
	char count[AMOUNT_MAX];
	int bad = buf_adds(out, "<p class=\"note\">");

	if (r->row_count > 0 && t->shown < r->row_count)
		bad |= buf_addf(out, "shown here: the first %s of ", amount_count((uint64_t)t->shown, count)) |
		       add_rows(out, r->row_count);
	else
		bad |=
		    r->row_count > 0 ? add_rows(out, r->row_count) : buf_adds(out, "no rows: the query found nothing");
	if (t->columns_left > 0)
		bad |= buf_addf(out, "; %zu further columns are not shown", t->columns_left);
	if (t->cells_cut > 0)
		bad |= buf_addf(out, "; %zu cell%s cut here", t->cells_cut, t->cells_cut == 1 ? " is" : "s are");
	bad |= buf_adds(out, "</p>\n");
	if (r->csv_truncated != 1)
		return bad;
	bad |= buf_adds(out, "<p class=\"note trunc\">The API truncated this result: it sent ") |
	       add_rows(out, r->row_count);
	if (r->has_total)
		bad |= buf_adds(out, " of ") |
		       buf_adds(out, amount_count((uint64_t)(r->total_row_count > 0 ? r->total_row_count : 0), count));
	return bad | buf_addf(out, "%s. The rest is not in the sink either.</p>\n",
			      t->section != SECTION_NONE ? ", from its beginning, its middle and its end" : "");
}

/* --- the row --- */

int report_parts_counts(struct buf *out, const struct report_job *j, const struct job *job)
{
	int bad = buf_adds(out, "<span class=\"counts\">");

	if (job->state == JOB_STORED && j->damage == NULL)
		bad |= add_rows(out, job->row_count);
	if (j->truncated > 0)
		bad |= buf_adds(out, " <em class=\"open\">truncated</em>");
	if (j->failed > 0)
		bad |= buf_adds(out, " <em class=\"lost\">error</em>");
	if (j->damage != NULL)
		bad |= buf_adds(out, " <em class=\"lost\">damaged</em>");
	if (job->warnings.p != NULL)
		bad |= buf_adds(out, " <em class=\"open\">warning</em>");
	return bad | buf_adds(out, "</span>");
}

/* --- the record --- */

static int add_fact(struct buf *out, const char *name, struct text value)
{
	if (value.p == NULL || value.n == 0)
		return 0;
	return buf_addf(out, "<div><dt>%s</dt><dd dir=\"auto\">", name) | html_cut(out, value, 2000, NULL) |
	       buf_adds(out, "</dd></div>\n");
}

static int add_number(struct buf *out, const char *name, int64_t n)
{
	char text[AMOUNT_MAX];

	return n > 0 ? add_fact(out, name, text_of(amount_count((uint64_t)n, text))) : 0;
}

static int add_took(struct buf *out, int64_t ms)
{
	return ms < 0 ? 0
		      : buf_adds(out, "<div><dt>Took</dt><dd>") | report_parts_span(out, ms) |
			    buf_adds(out, "</dd></div>\n");
}

static int add_body(struct buf *out, const struct job *job)
{
	char hex[SHA256_HEX_LEN + 1], bytes[AMOUNT_MAX];

	if (job->body_bytes < 0)
		return 0;
	return add_fact(out, "Body", text_of(amount_bytes((uint64_t)job->body_bytes, bytes))) |
	       add_fact(out, "SHA-256 of the body", text_of(sha256_hex(job->body_sha256, hex)));
}

static int add_chat(struct buf *out, struct text url)
{
	const bool web = url.n > 8 && (strncasecmp(url.p, "https://", 8) == 0 || strncasecmp(url.p, "http://", 7) == 0);
	int bad;

	if (!web)
		return add_fact(out, "Chat", url);
	bad = buf_adds(out, "<div><dt>Chat</dt><dd><a rel=\"noreferrer noopener\" href=\"") |
	      html_add(out, cut(url, 4000));
	return bad | buf_adds(out, "\">") | html_cut(out, url, 300, NULL) | buf_adds(out, "</a></dd></div>\n");
}

static int add_warning(struct buf *out, const struct json_doc *doc, json_ref at)
{
	struct buf one;
	struct err ignored;
	unsigned flags = 0;
	int bad = buf_adds(out, "<li dir=\"auto\">");

	buf_init(&one, WARNING_MAX);
	if (json_string(doc, at, WARNING_MAX / 2, &one, &flags, &ignored) == 0)
		bad |= html_add(out, buf_text(&one));
	buf_free(&one);
	return bad | buf_adds(out, "</li>\n");
}

static int add_warnings(struct buf *out, struct json_doc *doc, struct text warnings)
{
	struct err ignored;
	size_t n = 0;
	json_ref at;
	int bad;

	if (warnings.p == NULL)
		return 0;
	bad = buf_adds(out, "<h4>Warnings</h4>\n<ul class=\"warnings\">\n");
	if (json_parse(doc, warnings.p, warnings.n, &ignored) != 0)
		return bad | buf_adds(out, "<li>") | html_add(out, cut(warnings, JSON_MAX)) |
		       buf_adds(out, "</li></ul>\n");
	for (at = json_first(doc, json_root(doc)); at >= 0 && n < WARNINGS_MAX; at = json_next(doc, at), n++)
		bad |= add_warning(out, doc, at);
	if (at >= 0)
		bad |= buf_addf(out, "<li>and %zu more</li>\n", json_count(doc, json_root(doc)) - n);
	json_trim(doc);
	return bad | buf_adds(out, "</ul>\n");
}

int report_parts_record(struct buf *out, const struct report_job *j, const struct job *job, int64_t took_ms)
{
	char id[UUID_TEXT_LEN + 1];
	int bad = 0;

	bad |= add_warnings(out, j->doc, job->warnings);
	bad |= buf_adds(out, "<h4>Record</h4>\n<dl class=\"facts\">\n");
	bad |= add_fact(out, "Job", text_of(uuid_format(&job->id, id)));
	bad |= add_fact(out, "Topic", job->topic);
	bad |= add_chat(out, job->omni_chat_url);
	bad |= add_fact(out, "Instance", job->instance);
	bad |= add_fact(out, "Asked", text_of(j->asked_at.text));
	bad |= add_fact(out, "First step", text_of(job->first_action_at.text));
	bad |= add_fact(out, "Last step", text_of(job->last_action_at.text));
	bad |= add_fact(out, "Answered", text_of(j->ended_at.text)) | add_took(out, took_ms);
	bad |= add_fact(out, "First asked for", text_of(job->requested_at.text));
	bad |= add_fact(out, "Last answer", text_of(job->fetched_at.text));
	bad |= add_fact(out, "Stored", text_of(job->stored_at.text));
	bad |= add_fact(out, "Kept by the API until", text_of(job->expires_at.text));
	bad |= add_number(out, "HTTP status", job->http_status) | add_number(out, "Requests", job->attempts);
	bad |= add_body(out, job) | buf_adds(out, "</dl>\n");
	bad |= report_parts_json(out, "Further fields of the job", job->extra);
	bad |= report_parts_json(out, "Status document", job->details);
	return bad | report_parts_json(out, "Input line", job->input);
}
