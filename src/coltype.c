#include "coltype_own.h"

#include <string.h>

const char *coltype_name(enum coltype_kind kind)
{
	static const char *const names[COLTYPES] = {"integer", "decimal", "money",     "percent",
						    "boolean", "date",    "timestamp", "text"};

	return names[kind];
}

enum coltype_kind coltype_of_name(struct text name)
{
	int kind = 0;

	while (kind < COLTYPE_TEXT && !text_eq(name, text_of(coltype_name((enum coltype_kind)kind))))
		kind++;
	return (enum coltype_kind)kind;
}

/* --- columns --- */

/* Of money the first one says which currency is meant. */
static bool is_its_currency(struct coltype *c, struct text currency)
{
	if (c->currency[0] == '\0' && currency.n < sizeof(c->currency))
		memcpy(c->currency, currency.p, currency.n);
	return text_eq(currency, text_of(c->currency));
}

void coltype_feed(struct coltype *c, struct text cell)
{
	struct text currency = TEXT_NULL;
	unsigned mask;

	c->cells++;
	if (cell.p == NULL || cell.n == 0) {
		c->empty++;
		return;
	}
	mask = coltype_cell(cell.p, cell.n, &currency);
	if (currency.p != NULL && !is_its_currency(c, currency))
		mask = 0;
	for (int kind = 0; mask != 0; kind++, mask >>= 1)
		c->fits[kind] += mask & 1;
	c->bracketed += cell.p[0] == '(' && cell.p[cell.n - 1] == ')';
}

int64_t coltype_misfits(const struct coltype *c, enum coltype_kind kind)
{
	return kind == COLTYPE_TEXT ? 0 : c->cells - c->empty - c->fits[kind];
}

/* The kinds that a data_type of the API may be written as, and the one that it is where nothing is written. */
static const struct {
	const char *name;
	unsigned kinds;
	enum coltype_kind empty;
} api_types[] = {
    {"STRING", COLTYPE_FITS(COLTYPE_TEXT), COLTYPE_TEXT},
    {"NUMBER",
     COLTYPE_FITS(COLTYPE_INTEGER) | COLTYPE_FITS(COLTYPE_DECIMAL) | COLTYPE_FITS(COLTYPE_MONEY) |
	 COLTYPE_FITS(COLTYPE_PERCENT),
     COLTYPE_DECIMAL},
    {"BOOLEAN", COLTYPE_FITS(COLTYPE_BOOLEAN), COLTYPE_BOOLEAN},
    {"YESNO", COLTYPE_FITS(COLTYPE_BOOLEAN), COLTYPE_BOOLEAN},
    {"DATE", COLTYPE_FITS(COLTYPE_DATE) | COLTYPE_FITS(COLTYPE_TIMESTAMP), COLTYPE_DATE},
    {"TIMESTAMP", COLTYPE_FITS(COLTYPE_TIMESTAMP), COLTYPE_TIMESTAMP},
    {"INTERVAL", COLTYPE_FITS(COLTYPE_TEXT), COLTYPE_TEXT},
    {"JSON", COLTYPE_FITS(COLTYPE_TEXT), COLTYPE_TEXT},
    {"ARRAY", COLTYPE_FITS(COLTYPE_TEXT), COLTYPE_TEXT},
};

bool coltype_is_api(struct text api)
{
	for (size_t i = 0; i < sizeof(api_types) / sizeof(api_types[0]); i++)
		if (text_eq(api, text_of(api_types[i].name)))
			return true;
	return false;
}

/* The kind among these that most cells fit. */
static enum coltype_kind most_of(const struct coltype *c, unsigned kinds)
{
	enum coltype_kind best = COLTYPE_TEXT;

	for (int kind = 0; kind < COLTYPE_TEXT; kind++)
		if ((kinds & COLTYPE_FITS(kind)) != 0 && (best == COLTYPE_TEXT || c->fits[kind] > c->fits[best]))
			best = (enum coltype_kind)kind;
	return best;
}

enum coltype_kind coltype_decide(const struct coltype *c, struct text api, bool *from_api)
{
	const int64_t there = c->cells - c->empty;

	*from_api = true;
	for (size_t i = 0; api.p != NULL && i < sizeof(api_types) / sizeof(api_types[0]); i++) {
		enum coltype_kind kind;

		if (!text_eq(api, text_of(api_types[i].name)))
			continue;
		kind = there == 0 ? api_types[i].empty : most_of(c, api_types[i].kinds);
		if (kind == COLTYPE_TEXT || coltype_misfits(c, kind) * 10 <= there)
			return kind;
	}
	*from_api = false;
	/* Numbers that are all in brackets are rather references. */
	if (there == 0 || c->bracketed == there)
		return COLTYPE_TEXT;
	for (int kind = 0; kind < COLTYPE_TEXT; kind++)
		if (c->fits[kind] == there)
			return (enum coltype_kind)kind;
	return COLTYPE_TEXT;
}

/* --- as text --- */

int coltype_write(const struct coltype *c, struct buf *out)
{
	int bad = buf_addf(out, "%lld", (long long)c->bracketed);

	for (int kind = 0; kind < COLTYPE_TEXT; kind++)
		bad |= buf_addf(out, " %lld", (long long)c->fits[kind]);
	return bad != 0 || (c->currency[0] != '\0' && buf_addf(out, " %s", c->currency) != 0) ? -1 : 0;
}

/* A number of at most 18 digits, and the blank behind it. */
static bool take_number(struct text *t, int64_t *out)
{
	size_t k = 0;

	*out = 0;
	for (; k < t->n && t->p[k] >= '0' && t->p[k] <= '9'; k++)
		if (k < 18)
			*out = *out * 10 + (t->p[k] - '0');
	t->p += k;
	t->n -= k;
	if (k == 0 || k > 18 || (t->n > 0 && *t->p != ' '))
		return false;
	if (t->n > 0)
		t->p++, t->n--;
	return true;
}

bool coltype_read(struct coltype *c, struct text t)
{
	if (t.p == NULL || !take_number(&t, &c->bracketed))
		return false;
	for (int kind = 0; kind < COLTYPE_TEXT; kind++)
		if (!take_number(&t, &c->fits[kind]))
			return false;
	memset(c->currency, 0, sizeof(c->currency));
	if (t.n == 0)
		return true;
	if (t.n >= sizeof(c->currency) || coltype_currency(t.p, t.n) != t.n)
		return false;
	memcpy(c->currency, t.p, t.n);
	return true;
}
