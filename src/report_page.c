/* report_page.c: pages, from the entries and the spool of a report. */
#include "report.h"

#include "amount.h"
#include "html.h"
#include "report_chart.h"
#include "report_files.h"
#include "report_head.h"
#include "report_parts.h"

#include <stdlib.h>
#include <string.h>

#define HTML_MAX  ((size_t)64 << 20)
#define PIECE     ((size_t)64 << 10)
#define OPEN_JOBS 12 /* on a page: so few are shown open */

struct page {
	struct report *r;
	struct buf html;
	report_out out;
	void *ctx;
};

static int settle(struct page *p, int bad, struct err *err)
{
	if (bad != 0)
		return err_set(err, ERR_FATAL, p->html.starved ? "out of memory" : "a page is too large");
	if (p->html.len == 0)
		return 0;
	bad = p->out(p->ctx, p->html.data, p->html.len, err);
	buf_clear(&p->html);
	return bad;
}

/* From the spool. */
static int copy(struct page *p, uint64_t at, uint64_t n, struct err *err)
{
	char piece[PIECE];

	while (n > 0) {
		long got = spool_read(&p->r->spool, at, piece, n < PIECE ? (size_t)n : PIECE, err);

		if (got <= 0)
			return got < 0 ? -1 : err_set(err, ERR_FATAL, "the spool of the report is shorter than it was");
		if (p->out(p->ctx, piece, (size_t)got, err) != 0)
			return -1;
		at += (uint64_t)got;
		n -= (uint64_t)got;
	}
	return 0;
}

void report_page_name(size_t number, char out[32])
{
	(void)snprintf(out, 32, "jobs-%04zu.html", number);
}

/* --- jobs --- */

static int add_job(struct page *p, const struct report_entry *e, bool open, struct err *err)
{
	const uint64_t behind = e->at + e->body_len;
	char id[UUID_TEXT_LEN + 1];

	if (settle(p, buf_adds(&p->html, "<details class=\"job\""), err) != 0 ||
	    copy(p, behind, e->attributes_len, err) != 0)
		return -1;
	if (settle(p, buf_addf(&p->html, "%s><summary><h3 class=\"row\">", open ? " open" : ""), err) != 0 ||
	    copy(p, behind + e->attributes_len, e->row_len, err) != 0)
		return -1;
	uuid_format(&e->id, id);
	if (settle(p, buf_addf(&p->html, "</h3></summary>\n<div class=\"body\" id=\"j-%s\">\n", id), err) != 0 ||
	    copy(p, e->at, e->body_len, err) != 0)
		return -1;
	return settle(p, buf_adds(&p->html, "</div></details>\n"), err);
}

static int add_jobs(struct page *p, size_t first, size_t n, struct err *err)
{
	if (settle(p, buf_adds(&p->html, "<div class=\"jobs\">\n"), err) != 0)
		return -1;
	for (size_t i = first; i < first + n; i++)
		if (add_job(p, &p->r->jobs[i], n <= OPEN_JOBS, err) != 0)
			return -1;
	return settle(p, buf_adds(&p->html, "</div>\n"), err);
}

/* A line for each job of the report, which leads to its page. */
static int add_list(struct page *p, size_t per_page, struct err *err)
{
	char name[32], id[UUID_TEXT_LEN + 1];

	if (settle(p, buf_adds(&p->html, "<ol class=\"jobs\" role=\"list\">\n"), err) != 0)
		return -1;
	for (size_t i = 0; i < p->r->n; i++) {
		const struct report_entry *e = &p->r->jobs[i];
		const uint64_t behind = e->at + e->body_len;
		int bad;

		report_page_name(i / per_page + 1, name);
		if (settle(p, buf_adds(&p->html, "<li class=\"job\""), err) != 0 ||
		    copy(p, behind, e->attributes_len, err) != 0)
			return -1;
		bad = buf_addf(&p->html, "><a class=\"row\" href=\"%s#j-%s\">", name, uuid_format(&e->id, id));
		if (settle(p, bad, err) != 0 || copy(p, behind + e->attributes_len, e->row_len, err) != 0 ||
		    settle(p, buf_adds(&p->html, "</a></li>\n"), err) != 0)
			return -1;
	}
	return settle(p, buf_adds(&p->html, "</ol>\n"), err);
}

/* --- pages --- */

static void begin(struct page *p, struct report *r, report_out out, void *ctx)
{
	*p = (struct page){.r = r, .out = out, .ctx = ctx};
	buf_init(&p->html, HTML_MAX);
}

int report_page_single(struct report *r, report_out out, void *ctx, struct err *err)
{
	struct page p;
	int bad;

	begin(&p, r, out, ctx);
	bad = report_head_begin(&p.html, r, 0) | report_head_overview(&p.html, r) |
	      report_head_filter(&p.html, r, 0, r->n, r->n > OPEN_JOBS);
	bad = settle(&p, bad, err) != 0 || add_jobs(&p, 0, r->n, err) != 0 ||
	      settle(&p, report_head_end(&p.html, r), err) != 0;
	buf_free(&p.html);
	return bad ? -1 : 0;
}

int report_page_index(struct report *r, size_t per_page, report_out out, void *ctx, struct err *err)
{
	struct page p;
	int bad;

	begin(&p, r, out, ctx);
	bad = report_head_begin(&p.html, r, 0) | report_head_overview(&p.html, r) |
	      report_head_filter(&p.html, r, 0, r->n, false);
	bad = settle(&p, bad, err) != 0 || add_list(&p, per_page, err) != 0 ||
	      settle(&p, report_head_end(&p.html, r), err) != 0;
	buf_free(&p.html);
	return bad ? -1 : 0;
}

static int add_pages(struct page *p, size_t number, size_t pages)
{
	char name[32];
	int bad = buf_adds(&p->html, "<nav class=\"pages\" aria-label=\"Pages\"><span>");

	report_page_name(number - 1, name);
	bad |= number > 1 ? buf_addf(&p->html, "<a rel=\"prev\" href=\"%s\">← newer jobs</a>", name) : 0;
	bad |= buf_adds(&p->html, "</span><a href=\"index.html\">All jobs and charts</a><span>");
	report_page_name(number + 1, name);
	bad |= number < pages ? buf_addf(&p->html, "<a rel=\"next\" href=\"%s\">older jobs →</a>", name) : 0;
	return bad | buf_adds(&p->html, "</span></nav>\n");
}

int report_page_part(struct report *r, size_t number, size_t per_page, report_out out, void *ctx, struct err *err)
{
	const size_t first = (number - 1) * per_page, pages = (r->n + per_page - 1) / per_page;
	const size_t n = r->n - first < per_page ? r->n - first : per_page;
	struct page p;
	int bad;

	begin(&p, r, out, ctx);
	bad = report_head_begin(&p.html, r, number) | add_pages(&p, number, pages) |
	      report_head_filter(&p.html, r, first, n, n > OPEN_JOBS);
	bad = settle(&p, bad, err) != 0 || add_jobs(&p, first, n, err) != 0 ||
	      settle(&p, add_pages(&p, number, pages), err) != 0 || settle(&p, report_head_end(&p.html, r), err) != 0;
	buf_free(&p.html);
	return bad ? -1 : 0;
}
