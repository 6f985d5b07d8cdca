/* gentable.c: see gentable.h. All text here is JSON already: a quote of the CSV is written as \". */
#include "gentable.h"
#include "buf.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define GENTABLE_REFILL ((size_t)32 << 10)
#define GENTABLE_CELL   128 /* more than any cell needs, with its comma */

struct gentable {
	struct gentable_shape shape;
	struct buf out; /* made but not yet given */
	size_t given;
	uint64_t result, row; /* the next ones */
	enum { STAGE_HEAD, STAGE_RESULT, STAGE_ROWS, STAGE_RESULT_END, STAGE_TAIL, STAGE_END } stage;
};

static const char *const labels[] = {"Order ID", "Created Date", "Customer", "Region",
				     "Revenue",  "Quantity",     "Status",   "Note"};
static const char *const fields[] = {"id",      "created_date", "customer", "region",
				     "revenue", "quantity",     "status",   "note"};
#define GENTABLE_KINDS (sizeof(labels) / sizeof(labels[0]))

struct gentable *gentable_new(const struct gentable_shape *shape)
{
	struct gentable *g = calloc(1, sizeof(*g));
	if (g == NULL)
		return NULL;
	g->shape = *shape;
	buf_init(&g->out, (size_t)1 << 20);
	return g;
}

void gentable_free(struct gentable *g)
{
	if (g == NULL)
		return;
	buf_free(&g->out);
	free(g);
}

/* splitmix64: the same number for the same cell, on every machine. */
static uint64_t gentable_hash(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

static char *put(char *p, const char *s)
{
	size_t n = strlen(s);
	memcpy(p, s, n);
	return p + n;
}

static char *put_number(char *p, uint64_t v, unsigned min_digits)
{
	char digits[20];
	unsigned n = 0;
	do {
		digits[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	while (n < min_digits)
		digits[n++] = '0';
	while (n > 0)
		*p++ = digits[--n];
	return p;
}

/* "12,345.67" in quotes, since it has a comma; 123.45 without. */
static char *put_money(char *p, uint64_t cents)
{
	uint64_t whole = cents / 100;
	if (whole < 1000) {
		p = put_number(p, whole, 1);
	} else {
		p = put(p, "\\\"");
		p = put_number(p, whole / 1000, 1);
		*p++ = ',';
		p = put_number(p, whole % 1000, 3);
	}
	*p++ = '.';
	p = put_number(p, cents % 100, 2);
	return whole < 1000 ? p : put(p, "\\\"");
}

static char *put_cell(char *p, uint64_t row, size_t kind, uint64_t h)
{
	static const char *const customers[] = {
	    "Ada Lovelace",    "Zoë Müller", "\\\"O'Brien, Pat\\\"", "Søren Østergård", "李小龍",     "Grace Hopper",
	    "Ana María Núñez", "Jean-Luc",   "\\\"Smith, J\\\"",     "Kenji Watanabe",  "Priya Nair", "Leo"};
	static const char *const regions[] = {"North America", "EMEA", "Asia Pacific", "Latin America"};
	static const char *const states[] = {"Complete", "Shipped", "Returned", "Processing", "Cancelled"};
	static const char *const notes[] = {"",
					    "",
					    "gift",
					    "call before",
					    "leave at the door",
					    "",
					    "fragile",
					    "",
					    "",
					    "",
					    "\\\"said \\\"\\\"soon\\\"\\\"\\\"",
					    "\\\"ring twice,\\nthen wait\\\""};

	switch (kind) {
	case 0:
		return put_number(p, 100000 + row, 6);
	case 1:
		p = put(p, "2026-");
		p = put_number(p, 1 + h % 12, 2);
		*p++ = '-';
		return put_number(p, 1 + (h >> 8) % 28, 2);
	case 2:
		return put(p, customers[h % (sizeof(customers) / sizeof(customers[0]))]);
	case 3:
		return put(p, regions[h % 4]);
	case 4:
		return put_money(p, h % 100000000);
	case 5:
		return put_number(p, 1 + h % 99, 1);
	case 6:
		return put(p, states[h % 5]);
	default:
		return put(p, notes[h % (sizeof(notes) / sizeof(notes[0]))]);
	}
}

static int gentable_row(struct gentable *g)
{
	char *start = buf_room(&g->out, g->shape.cols * GENTABLE_CELL);
	if (start == NULL)
		return -1;
	char *p = start;
	uint64_t seed = (g->shape.seed * 0x2545f4914f6cdd1d) ^ ((g->result << 48) + g->row * GENTABLE_MAX_COLS);
	for (uint64_t col = 0; col < g->shape.cols; col++) {
		if (col > 0)
			*p++ = ',';
		p = put_cell(p, g->row, col % GENTABLE_KINDS, gentable_hash(seed + col));
	}
	p = put(p, "\\n");
	g->out.len += (size_t)(p - start);
	*p = 0;
	return 0;
}

/* The names of the columns, each with the number of its round after the first eight. */
static int gentable_names(struct gentable *g, const char *const *names, const char *quote, const char *before,
			  const char *number)
{
	for (uint64_t col = 0; col < g->shape.cols; col++) {
		uint64_t round = col / GENTABLE_KINDS;
		if (buf_addf(&g->out, "%s%s%s%s", col > 0 ? "," : "", quote, before, names[col % GENTABLE_KINDS]) != 0)
			return -1;
		if (round > 0 && buf_addf(&g->out, "%s%" PRIu64, number, round + 1) != 0)
			return -1;
		if (buf_adds(&g->out, quote) != 0)
			return -1;
	}
	return 0;
}

static int gentable_result(struct gentable *g)
{
	if (buf_addf(&g->out,
		     "%s{\"type\":\"generate_query\",\"message\":\"I'll query the "
		     "orders.\",\"timestamp\":\"2026-11-02T09:15:10.000Z\","
		     "\"status\":\"complete\",\"result\":{\"queryName\":\"Orders %" PRIu64
		     "\",\"status\":\"success\",\"query\":{\"table\":\"orders\",\"fields\":[",
		     g->result > 0 ? "," : "", g->result + 1) != 0 ||
	    gentable_names(g, fields, "\"", "orders.", "_") != 0 || buf_adds(&g->out, "]},\"csvResult\":\"") != 0 ||
	    gentable_names(g, labels, "", "", " ") != 0)
		return -1;
	return buf_adds(&g->out, "\\n");
}

static int gentable_step(struct gentable *g)
{
	const struct gentable_shape *s = &g->shape;
	switch (g->stage) {
	case STAGE_HEAD:
		g->stage = STAGE_RESULT;
		return buf_adds(&g->out, "{\"actions\":[");
	case STAGE_RESULT:
		g->row = 0;
		g->stage = STAGE_ROWS;
		return gentable_result(g);
	case STAGE_ROWS:
		if (g->row == s->rows) {
			g->stage = STAGE_RESULT_END;
			return 0;
		}
		if (gentable_row(g) != 0)
			return -1;
		g->row++;
		return 0;
	case STAGE_RESULT_END:
		g->result++;
		g->stage = g->result < s->results ? STAGE_RESULT : STAGE_TAIL;
		return buf_addf(&g->out,
				"\",\"csvResultWasTruncated\":false,\"hasResults\":%s,\"totalRowCount\":%" PRIu64 "}}",
				s->rows > 0 ? "true" : "false", s->rows);
	case STAGE_TAIL:
		g->stage = STAGE_END;
		return buf_adds(&g->out, ",{\"type\":\"summarize\",\"message\":\"Here are the "
					 "orders.\",\"timestamp\":\"2026-11-02T09:15:42.000Z\"}],"
					 "\"message\":\"### Orders\\n\\nSee the tables.\",\"resultSummary\":\"### "
					 "Orders\\n\\nSee the tables.\","
					 "\"topic\":\"orders\",\"omniChatUrl\":\"https://blobsrus.omniapp.co/chat/"
					 "660e8400-e29b-41d4-a716-446655440000\"}");
	case STAGE_END:
		break;
	}
	return 0;
}

long gentable_read(struct gentable *g, char *out, size_t max)
{
	if (g->given == g->out.len) {
		buf_clear(&g->out);
		g->given = 0;
		while (g->stage != STAGE_END && g->out.len < GENTABLE_REFILL)
			if (gentable_step(g) != 0)
				return -1;
	}
	size_t n = g->out.len - g->given;
	if (n > max)
		n = max;
	if (n > 0)
		memcpy(out, g->out.data + g->given, n);
	g->given += n;
	return (long)n;
}
