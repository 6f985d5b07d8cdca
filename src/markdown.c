/* The tree that cmark makes is changed before it is rendered, so that its renderer never sees what could do something.
 * That it runs in safe mode as well is the second lock on the same door. */
#include "markdown.h"

#include "html.h"

#include <cmark.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CELLS_MAX 4000 /* of all tables of a text */
#define OPTIONS   (CMARK_OPT_SAFE | CMARK_OPT_VALIDATE_UTF8)

struct markdown {
	struct text left; /* of the text, from the line on that was looked at last */
	int line;         /* its number, from 1 */
	int heading_level;
	size_t cells_left;
	bool inside; /* of a cell: there are no tables in it */
	bool failed;
};

static void change(struct markdown *m, cmark_node *root);

/* --- links and images --- */

static bool may_link_to(const char *url)
{
	static const char *const schemes[] = {"http://", "https://", "mailto:"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
			return true;
	return false;
}

static bool is_in_link(cmark_node *node)
{
	while ((node = cmark_node_parent(node)) != NULL)
		if (cmark_node_get_type(node) == CMARK_NODE_LINK)
			return true;
	return false;
}

/* Puts a node in the place of another, with its children between two pieces of HTML. */
static void put_custom(struct markdown *m, cmark_node *node, cmark_node_type type, const struct buf *enter,
		       const struct buf *leave)
{
	cmark_node *put = cmark_node_new(type), *child;

	if (put == NULL || !cmark_node_set_on_enter(put, buf_cstr(enter)) ||
	    !cmark_node_set_on_exit(put, buf_cstr(leave)) || !cmark_node_replace(node, put)) {
		m->failed = true;
		if (put != NULL)
			cmark_node_free(put);
		return;
	}
	if (type == CMARK_NODE_CUSTOM_INLINE)
		while ((child = cmark_node_first_child(node)) != NULL)
			m->failed |= !cmark_node_append_child(put, child);
	cmark_node_free(node);
}

static int add_link(struct buf *out, const char *url)
{
	return buf_adds(out, "<a rel=\"noreferrer noopener\" href=\"") | html_adds(out, url) | buf_adds(out, "\">");
}

static int add_address(struct buf *out, const char *url)
{
	return buf_adds(out, " (<code>") | html_adds(out, url) | buf_adds(out, "</code>)");
}

static void change_link(struct markdown *m, cmark_node *node)
{
	const char *url = cmark_node_get_url(node);
	struct buf enter, leave;
	int bad;

	buf_init(&enter, 8 * MARKDOWN_MAX);
	buf_init(&leave, 8 * MARKDOWN_MAX);
	if (may_link_to(url))
		bad = add_link(&enter, url) | buf_adds(&leave, "</a>");
	else
		bad = url[0] != '\0' ? add_address(&leave, url) : 0;
	m->failed |= bad != 0;
	put_custom(m, node, CMARK_NODE_CUSTOM_INLINE, &enter, &leave);
	buf_free(&enter);
	buf_free(&leave);
}

/* Its description, and its address beside it: nothing is loaded, and a link within a link there is not. */
static void change_image(struct markdown *m, cmark_node *node)
{
	const char *url = cmark_node_get_url(node);
	struct buf enter, leave;
	int bad;

	buf_init(&enter, 256);
	buf_init(&leave, 16 * MARKDOWN_MAX);
	bad = buf_adds(&enter, "<span class=\"image\">image: ");
	if (may_link_to(url) && !is_in_link(node))
		bad |=
		    buf_adds(&leave, " (") | add_link(&leave, url) | html_adds(&leave, url) | buf_adds(&leave, "</a>)");
	else
		bad |= add_address(&leave, url);
	bad |= buf_adds(&leave, "</span>");
	m->failed |= bad != 0;
	put_custom(m, node, CMARK_NODE_CUSTOM_INLINE, &enter, &leave);
	buf_free(&enter);
	buf_free(&leave);
}

/* --- markup --- */

/* Shown as what it is; but for a line break, which is what people write into cells. */
static void change_markup(struct markdown *m, cmark_node *node, cmark_node_type type)
{
	const char *literal = cmark_node_get_literal(node);
	const bool is_break =
	    strcasecmp(literal, "<br>") == 0 || strcasecmp(literal, "<br/>") == 0 || strcasecmp(literal, "<br />") == 0;
	cmark_node *put = cmark_node_new(is_break ? CMARK_NODE_LINEBREAK : type);

	if (put == NULL || (!is_break && !cmark_node_set_literal(put, literal)) || !cmark_node_replace(node, put)) {
		m->failed = true;
		if (put != NULL)
			cmark_node_free(put);
		return;
	}
	cmark_node_free(node);
}

/* --- tables --- */

struct table {
	struct text rows; /* its lines, the header first */
	size_t columns;
	char align[64]; /* of each column: 'l', 'c', 'r' or 0 */
};

static struct text next_line(struct text *left)
{
	const char *end = memchr(left->p, '\n', left->n);
	struct text line = {left->p, end != NULL ? (size_t)(end - left->p) : left->n};

	left->p += line.n + (end != NULL);
	left->n -= line.n + (end != NULL);
	return line;
}

static struct text trim(struct text t)
{
	while (t.n > 0 && (t.p[0] == ' ' || t.p[0] == '\t')) {
		t.p++;
		t.n--;
	}
	while (t.n > 0 && (t.p[t.n - 1] == ' ' || t.p[t.n - 1] == '\t'))
		t.n--;
	return t;
}

/* The next cell of a line, whose bars at both ends are gone. False: there are no more. */
static bool next_cell(struct text *left, struct text *cell)
{
	size_t n = 0;

	if (left->p == NULL)
		return false;
	while (n < left->n && left->p[n] != '|')
		n += left->p[n] == '\\' && n + 1 < left->n ? 2 : 1;
	*cell = trim((struct text){left->p, n});
	if (n < left->n)
		*left = (struct text){left->p + n + 1, left->n - n - 1};
	else
		left->p = NULL;
	return true;
}

static struct text without_bars(struct text line)
{
	line = trim(line);
	if (line.n > 0 && line.p[0] == '|') {
		line.p++;
		line.n--;
	}
	if (line.n > 0 && line.p[line.n - 1] == '|' && (line.n < 2 || line.p[line.n - 2] != '\\'))
		line.n--;
	return line;
}

/* The line below the header: |---|:---:|--:| */
static bool read_alignment(struct text line, struct table *t)
{
	struct text left = without_bars(line), cell;

	for (t->columns = 0; next_cell(&left, &cell); t->columns++) {
		const bool l = cell.n > 0 && cell.p[0] == ':', r = cell.n > 1 && cell.p[cell.n - 1] == ':';
		size_t dashes = 0;

		while (dashes < cell.n - l - r && cell.p[(size_t)l + dashes] == '-')
			dashes++;
		if (t->columns == sizeof(t->align) || dashes == 0 || dashes != cell.n - l - r)
			return false;
		t->align[t->columns] = (char)(l && r ? 'c' : r ? 'r' : 0);
	}
	return t->columns > 0;
}

/* The lines of a paragraph as they came. Paragraphs are asked for in their order. */
static struct text source_of(struct markdown *m, cmark_node *node)
{
	const int first = cmark_node_get_start_line(node), last = cmark_node_get_end_line(node);
	struct text whole = {0}, line;

	for (; m->line <= last && m->left.n > 0; m->line++) {
		line = next_line(&m->left);
		if (m->line == first)
			whole.p = line.p;
		if (whole.p != NULL)
			whole.n = (size_t)(line.p + line.n - whole.p);
	}
	return whole;
}

static bool is_table(struct markdown *m, cmark_node *node, struct table *t)
{
	struct text left, header, cell;
	size_t n = 0;

	if (m->inside || cmark_node_get_type(cmark_node_parent(node)) != CMARK_NODE_DOCUMENT ||
	    cmark_node_get_end_line(node) <= cmark_node_get_start_line(node))
		return false;
	left = t->rows = source_of(m, node);
	if (left.p == NULL)
		return false;
	header = next_line(&left);
	if (memchr(header.p, '|', header.n) == NULL || !read_alignment(next_line(&left), t))
		return false;
	for (header = without_bars(header); next_cell(&header, &cell); n++)
		;
	return n == t->columns;
}

/* The cell's Markdown; of what is more than one line of text, the text. */
static int add_cell(struct markdown *m, struct buf *out, struct text cell)
{
	struct markdown in = {.heading_level = m->heading_level, .inside = true};
	cmark_node *root = cell.n > 0 ? cmark_parse_document(cell.p, cell.n, OPTIONS) : NULL, *first;
	char *html = NULL;
	size_t n;
	int bad = 0;

	first = root != NULL ? cmark_node_first_child(root) : NULL;
	if (first != NULL && cmark_node_get_type(first) == CMARK_NODE_PARAGRAPH && cmark_node_next(first) == NULL) {
		change(&in, root);
		html = in.failed ? NULL : cmark_render_html(root, OPTIONS);
	}
	n = html != NULL ? strlen(html) : 0;
	if (n >= 8 && memcmp(html, "<p>", 3) == 0 && memcmp(html + n - 5, "</p>\n", 5) == 0)
		bad = buf_add(out, html + 3, n - 8);
	else if (cell.n > 0)
		bad = html_add(out, cell);
	free(html);
	if (root != NULL)
		cmark_node_free(root);
	m->cells_left -= m->cells_left > 0;
	return bad;
}

static int add_row(struct markdown *m, struct buf *out, const struct table *t, struct text line, const char *tag)
{
	struct text left = without_bars(line), cell;
	int bad = buf_adds(out, "<tr>");

	for (size_t i = 0; i < t->columns; i++) {
		if (!next_cell(&left, &cell))
			cell = (struct text){"", 0};
		bad |= buf_addf(out, "<%s%s%s>", tag, tag[1] == 'h' ? " scope=\"col\"" : "",
				t->align[i] == 'r'   ? " class=\"n\""
				: t->align[i] == 'c' ? " class=\"c\""
						     : "");
		bad |= add_cell(m, out, cell) | buf_addf(out, "</%s>", tag);
	}
	return bad | buf_adds(out, "</tr>\n");
}

static void change_table(struct markdown *m, cmark_node *node, const struct table *t)
{
	struct text left = t->rows;
	struct buf out, none;
	int bad;

	buf_init(&out, 64 * MARKDOWN_MAX);
	buf_init(&none, 0);
	bad = buf_adds(&out, "<div class=\"scroll\" tabindex=\"0\"><table>\n<thead>") |
	      add_row(m, &out, t, next_line(&left), "th") | buf_adds(&out, "</thead>\n<tbody>\n");
	(void)next_line(&left);
	while (left.n > 0 && bad == 0 && m->cells_left > 0)
		bad = add_row(m, &out, t, next_line(&left), "td");
	bad |= buf_adds(&out, "</tbody></table></div>");
	if (bad == 0 && left.n > 0)
		bad = buf_adds(&out, "<pre>") | html_add(&out, left) | buf_adds(&out, "</pre>");
	m->failed |= bad != 0;
	put_custom(m, node, CMARK_NODE_CUSTOM_BLOCK, &out, &none);
	buf_free(&out);
}

/* --- the whole --- */

static void change_node(struct markdown *m, cmark_node *node)
{
	struct table t = {0};
	int level;

	switch (cmark_node_get_type(node)) {
	case CMARK_NODE_LINK:
		change_link(m, node);
		break;
	case CMARK_NODE_IMAGE:
		change_image(m, node);
		break;
	case CMARK_NODE_HTML_BLOCK:
		change_markup(m, node, CMARK_NODE_CODE_BLOCK);
		break;
	case CMARK_NODE_HTML_INLINE:
		change_markup(m, node, CMARK_NODE_TEXT);
		break;
	case CMARK_NODE_HEADING:
		level = cmark_node_get_heading_level(node) + m->heading_level - 1;
		m->failed |= !cmark_node_set_heading_level(node, level < 6 ? level : 6);
		break;
	case CMARK_NODE_PARAGRAPH:
		if (is_table(m, node, &t))
			change_table(m, node, &t);
		break;
	default:
		break;
	}
}

/* A node is changed when the walk leaves it: cmark allows that. A leaf is left as it is entered. */
static void change(struct markdown *m, cmark_node *root)
{
	cmark_iter *walk = cmark_iter_new(root);
	cmark_event_type event;

	while ((event = cmark_iter_next(walk)) != CMARK_EVENT_DONE && !m->failed) {
		cmark_node *node = cmark_iter_get_node(walk);
		const cmark_node_type type = cmark_node_get_type(node);

		if (event == CMARK_EVENT_EXIT || type == CMARK_NODE_HTML_BLOCK || type == CMARK_NODE_HTML_INLINE)
			change_node(m, node);
	}
	cmark_iter_free(walk);
}

static int add_rendered(struct buf *out, struct text text, int heading_level)
{
	struct markdown m = {.left = text, .line = 1, .heading_level = heading_level, .cells_left = CELLS_MAX};
	cmark_node *root = cmark_parse_document(text.p, text.n, OPTIONS);
	char *html = NULL;
	int bad = -1;

	if (root == NULL)
		return -1;
	change(&m, root);
	if (!m.failed)
		html = cmark_render_html(root, OPTIONS);
	if (html != NULL)
		bad = buf_adds(out, html);
	free(html);
	cmark_node_free(root);
	return bad;
}

int markdown_html(struct buf *out, struct text markdown, int heading_level)
{
	struct buf seen;
	int bad;

	if (markdown.n > MARKDOWN_MAX)
		return buf_adds(out, "<pre class=\"text\">") | html_add(out, markdown) | buf_adds(out, "</pre>\n");
	buf_init(&seen, 16 * MARKDOWN_MAX);
	bad = html_visible(&seen, markdown);
	if (bad == 0 && seen.len > 0)
		bad = add_rendered(out, buf_text(&seen), heading_level);
	buf_free(&seen);
	return bad;
}
