#include "report_table.h"

#include "html.h"

#include <string.h>

#define TABLE_MAX   ((size_t)64 << 20)
#define LABEL_CHARS 80

void report_table_free(struct report_table *t)
{
	buf_free(&t->head);
	buf_free(&t->cells);
}

/* --- what is a number --- */

static size_t skip_any(struct text t, size_t i, const char *const *words, size_t n_words)
{
	for (size_t k = 0; k < n_words; k++) {
		const size_t n = strlen(words[k]);

		if (t.n - i >= n && memcmp(t.p + i, words[k], n) == 0) {
			i += n;
			k = (size_t)-1;
		}
	}
	return i;
}

bool report_table_is_number(struct text t)
{
	static const char *const before[] = {"-", "+", "(", " ", "$", "€", "£", "¥", "−"};
	static const char *const after[] = {" ", "%", ")", "€", "K", "M", "B"};
	size_t i = skip_any(t, 0, before, sizeof(before) / sizeof(before[0])), digits = 0, first = i;

	for (; i < t.n && ((t.p[i] >= '0' && t.p[i] <= '9') || t.p[i] == ',' || t.p[i] == '.'); i++)
		digits += t.p[i] != ',' && t.p[i] != '.';
	if (digits == 0 || (i - first > 1 && t.p[first] == '0' && t.p[first + 1] != '.'))
		return false;
	return skip_any(t, i, after, sizeof(after) / sizeof(after[0])) == t.n;
}

static bool is_number_type(struct text type)
{
	return text_eq(type, text_of("NUMBER")) || text_eq(type, text_of("INTEGER"));
}

/* --- the header --- */

int report_table_begin(struct report_table *t, const struct query_result *r)
{
	int bad = 0;

	buf_clear(&t->head);
	buf_clear(&t->cells);
	t->head.max = t->cells.max = TABLE_MAX;
	t->n_held = t->n_rows = 0;
	t->labels = r->n_columns < REPORT_COLUMNS ? r->n_columns : REPORT_COLUMNS;
	t->columns = t->labels;
	t->columns_left = r->n_columns - t->labels;
	t->cells_cut = 0;
	t->section = SECTION_NONE;
	t->begun = false;
	t->shown = 0;
	memset(t->kind, 0, sizeof(t->kind));
	memset(t->typed, 0, sizeof(t->typed));
	for (size_t i = 0; i < t->labels; i++) {
		const struct text type = r->column_types != NULL ? r->column_types[i] : TEXT_NULL;

		t->label[i].at = t->head.len;
		bad |= html_cut(&t->head, r->columns[i], LABEL_CHARS, NULL);
		if (type.p != NULL) {
			t->typed[i] = true;
			t->kind[i] = is_number_type(type) ? 'n' : 't';
			bad |= buf_adds(&t->head, "<small>") | html_cut(&t->head, type, LABEL_CHARS, NULL) |
			       buf_adds(&t->head, "</small>");
		}
		t->label[i].n = t->head.len - t->label[i].at;
	}
	return bad;
}

static int add_header(struct report_table *t, struct buf *out)
{
	int bad = buf_adds(out, "<table class=\"data\">\n<thead><tr>");

	for (size_t i = 0; i < t->columns; i++) {
		if (i >= t->labels) {
			bad |= buf_adds(out, "<td></td>");
			continue;
		}
		bad |= buf_addf(out, "<th scope=\"col\" dir=\"auto\"%s>", t->kind[i] == 'n' ? " class=\"n\"" : "") |
		       buf_add(out, t->head.data + t->label[i].at, t->label[i].n) | buf_adds(out, "</th>");
	}
	return bad | buf_adds(out, "</tr></thead>\n<tbody>\n");
}

/* --- rows --- */

static int begin_row(struct report_table *t, struct buf *out, enum row_section section)
{
	static const char *const names[] = {[SECTION_NONE] = "Further rows",
					    [SECTION_FIRST] = "First rows",
					    [SECTION_MIDDLE] = "Rows sampled from the middle",
					    [SECTION_LAST] = "Last rows"};
	int bad = 0;

	if (section != t->section) {
		bad = t->shown > 0 ? buf_adds(out, "</tbody>\n<tbody>\n") : 0;
		bad |= buf_addf(out, "<tr class=\"section\"><th scope=\"rowgroup\" colspan=\"%zu\">%s</th></tr>\n",
				t->columns > 0 ? t->columns : 1, names[section]);
		t->section = section;
	}
	t->shown++;
	return bad | buf_adds(out, "<tr>");
}

static int add_cell(const struct report_table *t, struct buf *out, size_t column, const char *p, size_t n)
{
	return buf_adds(out, t->kind[column] == 'n' ? "<td class=\"n\">" : "<td dir=\"auto\">") | buf_add(out, p, n) |
	       buf_adds(out, "</td>");
}

/* The header and the rows that are held. */
static int let_go(struct report_table *t, struct buf *out)
{
	int bad = add_header(t, out);

	t->begun = true;
	for (size_t r = 0; r < t->n_rows; r++) {
		bad |= begin_row(t, out, t->rows[r].section);
		for (size_t i = 0; i < t->rows[r].n; i++) {
			const struct report_held *c = &t->held[t->rows[r].first + i];

			bad |= add_cell(t, out, i, buf_cstr(&t->cells) + c->at, c->n);
		}
		bad |= buf_adds(out, "</tr>\n");
	}
	return bad;
}

static int add_text(struct report_table *t, struct buf *out, struct text cell)
{
	size_t left;
	int bad = html_cut(out, cell, REPORT_CELL_CHARS, &left);

	if (left == 0)
		return bad;
	t->cells_cut++;
	return bad | buf_addf(out, "<span class=\"cut\">… %zu bytes more</span>", left);
}

static void judge(struct report_table *t, size_t column, struct text cell)
{
	if (cell.n > 0 && !t->typed[column] && t->kind[column] != 't')
		t->kind[column] = report_table_is_number(cell) ? 'n' : 't';
}

int report_table_row(struct report_table *t, struct buf *out, const struct row *row)
{
	const size_t n = row->n < REPORT_COLUMNS ? row->n : REPORT_COLUMNS;
	int bad = 0;

	if (!t->begun && t->n_rows == REPORT_HELD_ROWS)
		bad = let_go(t, out);
	if (row->n - n > t->columns_left)
		t->columns_left = row->n - n;
	if (t->begun) {
		bad |= begin_row(t, out, row->section);
		for (size_t i = 0; i < n; i++) {
			buf_clear(&t->cells);
			bad |= add_text(t, &t->cells, row->cells[i]);
			bad |= add_cell(t, out, i, buf_cstr(&t->cells), t->cells.len);
		}
		return bad | buf_adds(out, "</tr>\n");
	}
	t->rows[t->n_rows].first = t->n_held;
	t->rows[t->n_rows].n = n;
	t->rows[t->n_rows++].section = row->section;
	t->columns = n > t->columns ? n : t->columns;
	for (size_t i = 0; i < n; i++) {
		struct report_held *held = &t->held[t->n_held++];

		judge(t, i, row->cells[i]);
		held->at = t->cells.len;
		bad |= add_text(t, &t->cells, row->cells[i]);
		held->n = t->cells.len - held->at;
	}
	return bad;
}

int report_table_end(struct report_table *t, struct buf *out)
{
	int bad = t->begun ? 0 : let_go(t, out);

	return bad | buf_adds(out, "</tbody></table>");
}
