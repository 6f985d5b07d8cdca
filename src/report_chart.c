#include "report_chart.h"

#include "amount.h"
#include "html.h"

#include <stdlib.h>
#include <string.h>

/* Units of the drawing; it is as wide as its place on the page. */
#define WIDTH       640
#define HEIGHT      190
#define LEFT        44
#define RIGHT       8
#define TOP         10
#define BOTTOM      24
#define NAMES       6 /* about so many bars are named */
#define LABEL_CHARS 90

static const struct {
	const char *class, *name;
} parts[REPORT_PARTS] = {
    [PART_STORED] = {"stored", "stored"}, [PART_OPEN] = {"open", "open"}, [PART_LOST] = {"lost", "lost"}};

int64_t report_chart_top(int64_t max)
{
	int64_t unit = 1;

	for (; unit < INT64_MAX / 100; unit *= 10)
		for (int64_t k = 1; k <= 5; k += k == 1 ? 1 : 3)
			if (unit * k >= max)
				return unit * k;
	return max;
}

static int add_count(struct buf *out, int64_t n)
{
	char text[AMOUNT_MAX];

	return buf_adds(out, amount_count((uint64_t)(n > 0 ? n : 0), text));
}

/* --- an axis with bars --- */

struct axis {
	size_t n;
	int64_t top;
	double step, per_unit;
};

static struct axis axis_of(size_t n, int64_t max)
{
	struct axis a = {.n = n, .top = report_chart_top(max)};

	a.step = (double)(WIDTH - LEFT - RIGHT) / (double)(n > 0 ? n : 1);
	a.per_unit = (double)(HEIGHT - TOP - BOTTOM) / (double)a.top;
	return a;
}

/* Into how many parts the axis is cut, so that each is a whole number and a round one: 1, 2, 4 of 20, 5 of 10 and 50.
 */
static int64_t ticks_of(int64_t top)
{
	int64_t first = top;

	while (first >= 10)
		first /= 10;
	return top <= 2 ? top : first == 2 ? 4 : 5;
}

static int begin_axis(struct buf *out, const struct axis *a, const char *title)
{
	const int64_t ticks = ticks_of(a->top);
	int bad = buf_addf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, HEIGHT);

	bad |= html_adds(out, title) | buf_adds(out, "\">");
	for (int64_t i = 0; i <= ticks; i++) {
		const double y = HEIGHT - BOTTOM - (double)(a->top * i) / (double)ticks * a->per_unit;

		bad |= buf_addf(out, "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text class=\"y\" x=\"%d\" y=\"%.1f\">",
				LEFT, y, WIDTH - RIGHT, LEFT - 6, y + 4);
		bad |= add_count(out, a->top * i / ticks) | buf_adds(out, "</text>");
	}
	return bad;
}

static int add_bar(struct buf *out, const struct axis *a, size_t i, int64_t below, int64_t n, const char *class)
{
	const double width = a->step > 40 ? 30 : a->step * 0.76;

	if (n <= 0)
		return 0;
	return buf_addf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", class,
			LEFT + a->step * ((double)i + 0.5) - width / 2,
			HEIGHT - BOTTOM - (double)(below + n) * a->per_unit, width, (double)n * a->per_unit);
}

static int add_name(struct buf *out, const struct axis *a, size_t i, const char *name)
{
	int bad = buf_addf(out, "<text class=\"x\" x=\"%.1f\" y=\"%d\">", LEFT + a->step * ((double)i + 0.5),
			   HEIGHT - BOTTOM + 16);

	return bad | html_adds(out, name) | buf_adds(out, "</text>");
}

static int64_t sum_of(const struct report_bar *b)
{
	int64_t sum = 0;

	for (int p = 0; p < REPORT_PARTS; p++)
		sum += b->n[p];
	return sum;
}

/* What the mouse is told over a bar, which is all the height that it could have. */
static int add_hint(struct buf *out, const struct axis *a, size_t i, const struct report_bar *b)
{
	int bad = buf_addf(out, "<rect class=\"over\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"><title>",
			   LEFT + a->step * (double)i, TOP, a->step, HEIGHT - TOP - BOTTOM);

	bad |= html_adds(out, b->label);
	for (int p = 0; p < REPORT_PARTS; p++)
		if (b->n[p] > 0)
			bad |= buf_addf(out, "\n%s: ", parts[p].name) | add_count(out, b->n[p]);
	return bad | buf_adds(out, "</title></rect>");
}

/* A day stands without its year, which the table has. */
static const char *short_label(const struct report_bars *bars, size_t i)
{
	const bool day = strcmp(bars->unit, "day") == 0 || strcmp(bars->unit, "week") == 0;

	return day && strlen(bars->at[i].label) == 10 ? bars->at[i].label + 5 : bars->at[i].label;
}

static int add_table(struct buf *out, const struct report_bars *bars, const char *first)
{
	int bad = buf_adds(
	    out, "<details class=\"numbers\"><summary>As a table</summary><table>\n<thead><tr><th scope=\"col\">");

	bad |= html_adds(out, first) | buf_adds(out, "</th>");
	for (int p = 0; p < REPORT_PARTS; p++)
		bad |= buf_addf(out, "<th scope=\"col\" class=\"n\">%s</th>", parts[p].name);
	bad |= buf_adds(out, "</tr></thead>\n<tbody>");
	for (size_t i = 0; i < bars->n; i++) {
		if (sum_of(&bars->at[i]) == 0)
			continue;
		bad |= buf_adds(out, "<tr><th scope=\"row\">") | html_adds(out, bars->at[i].label) |
		       buf_adds(out, "</th>");
		for (int p = 0; p < REPORT_PARTS; p++)
			bad |= buf_adds(out, "<td class=\"n\">") | add_count(out, bars->at[i].n[p]) |
			       buf_adds(out, "</td>");
		bad |= buf_adds(out, "</tr>\n");
	}
	return bad | buf_adds(out, "</tbody></table></details>");
}

int report_chart_bars(struct buf *out, const struct report_bars *bars, const char *title, const char *first)
{
	const size_t every = bars->n > NAMES ? (bars->n + NAMES - 1) / NAMES : 1;
	int64_t max = 0;
	struct axis a;
	int bad;

	for (size_t i = 0; i < bars->n; i++)
		max = sum_of(&bars->at[i]) > max ? sum_of(&bars->at[i]) : max;
	a = axis_of(bars->n, max);
	bad = begin_axis(out, &a, title);
	for (size_t i = 0; i < bars->n; i++) {
		int64_t below = 0;

		for (int p = 0; p < REPORT_PARTS; p++) {
			bad |= add_bar(out, &a, i, below, bars->at[i].n[p], parts[p].class);
			below += bars->at[i].n[p];
		}
		if (i % every == 0)
			bad |= add_name(out, &a, i, short_label(bars, i));
		if (below > 0)
			bad |= add_hint(out, &a, i, &bars->at[i]);
	}
	return bad | buf_adds(out, "</svg>") | add_table(out, bars, first);
}

int report_chart_spans(struct buf *out, const struct report_spans *spans, const char *title)
{
	struct axis a;
	int64_t max = 0;
	int bad;

	for (size_t i = 0; i < REPORT_SPANS; i++)
		max = spans->n[i] > max ? spans->n[i] : max;
	a = axis_of(REPORT_SPANS, max);
	bad = begin_axis(out, &a, title);
	for (size_t i = 0; i < REPORT_SPANS; i++) {
		static const char *const names[REPORT_SPANS] = {"<5 s",  "10 s",  "20 s",   "30 s", "1 min",
								"2 min", "5 min", "15 min", "more"};

		bad |= add_bar(out, &a, i, 0, spans->n[i], "span") | add_name(out, &a, i, names[i]);
	}
	bad |= buf_adds(
	    out,
	    "</svg><details class=\"numbers\"><summary>As a table</summary><table>\n"
	    "<thead><tr><th scope=\"col\">It took</th><th scope=\"col\" class=\"n\">Jobs</th></tr></thead>\n<tbody>");
	for (size_t i = 0; i < REPORT_SPANS; i++) {
		bad |= buf_addf(out, "<tr><th scope=\"row\">%s</th><td class=\"n\">", spans->label[i]);
		bad |= add_count(out, spans->n[i]) | buf_adds(out, "</td></tr>\n");
	}
	return bad | buf_adds(out, "</tbody></table></details>");
}

/* --- lines with bars --- */

static int begin_lines(struct buf *out, const char *what, const char *amount)
{
	return buf_addf(
	    out,
	    "<table class=\"lines\"><thead><tr><th scope=\"col\">%s</th><th scope=\"col\" class=\"n\">%s</th>"
	    "<td></td></tr></thead>\n<tbody>",
	    what, amount);
}

static int end_line(struct buf *out, int64_t n, int64_t max, const char *class)
{
	int bad = buf_adds(out, "</th><td class=\"n\">") | add_count(out, n);

	return bad | buf_addf(out,
			      "</td><td class=\"bar\"><svg aria-hidden=\"true\"><rect class=\"%s\" width=\"%.2f%%\" "
			      "height=\"100%%\"/></svg></td></tr>\n",
			      class, max > 0 ? 100.0 * (double)n / (double)max : 0.0);
}

int report_chart_topics(struct buf *out, const struct report_topics *topics, size_t max)
{
	uint32_t *order = malloc((topics->n + 1) * sizeof(*order));
	int64_t rest = 0, most;
	size_t n;
	int bad;

	if (order == NULL)
		return -1;
	n = report_topics_sort(topics, true, order);
	most = n > 0 ? topics->at[order[0]].rows : 0;
	for (size_t i = max; i < n; i++)
		rest += topics->at[order[i]].rows;
	bad = begin_lines(out, "Topic", "Rows");
	for (size_t i = 0; i < n && i < max; i++) {
		const struct report_topic *t = &topics->at[order[i]];

		bad |= buf_adds(out, "<tr><th scope=\"row\" dir=\"auto\">");
		bad |= t->name[0] != '\0' ? html_cut(out, text_of(t->name), LABEL_CHARS, NULL)
					  : buf_adds(out, "<i>no topic</i>");
		bad |= end_line(out, t->rows, most, "span");
	}
	if (n > max) {
		bad |= buf_adds(out, "<tr><th scope=\"row\"><i>") | add_count(out, (int64_t)(n - max));
		bad |= buf_addf(out, " other topic%s</i>", amount_plural((int64_t)(n - max)));
		bad |= end_line(out, rest, rest > most ? rest : most, "rest");
	}
	free(order);
	return bad | buf_adds(out, "</tbody></table>");
}

int report_chart_reasons(struct buf *out, const struct reasons *reasons, size_t max)
{
	int64_t rest = reasons->others, most = 0;
	int bad = begin_lines(out, "State and cause", "Jobs");

	for (size_t i = 0; i < reasons->n; i++)
		most = reasons->at[i].n > most ? reasons->at[i].n : most;
	for (size_t i = 0; i < reasons->n; i++) {
		const struct reason *r = &reasons->at[i];
		const char *class = parts[report_part_of(r->state)].class;

		if (i >= max) {
			rest += r->n;
			continue;
		}
		bad |= buf_addf(out, "<tr><th scope=\"row\" dir=\"auto\"><span class=\"state %s\">%s</span> ", class,
				state_name(r->state));
		bad |= html_cut(out, text_of(r->text), 2 * LABEL_CHARS, NULL) | end_line(out, r->n, most, class);
	}
	if (rest > 0)
		bad |= buf_adds(out, "<tr><th scope=\"row\"><i>other causes</i>") |
		       end_line(out, rest, rest > most ? rest : most, "rest");
	return bad | buf_adds(out, "</tbody></table>");
}
