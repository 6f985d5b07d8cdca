#include "coltype.h"

#include "timeutil.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define GROUPED_MAX 18 /* digits of a number with thousands separators: what fits in 64 bits in any case */

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

/* --- numbers --- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t digits(const char *p, size_t n)
{
	size_t k = 0;

	while (k < n && is_digit(p[k]))
		k++;
	return k;
}

/* The whole number without a sign at the beginning of p: its length; 0: none. Leading zeros are none. */
static size_t whole(const char *p, size_t n)
{
	size_t k = digits(p, n), all = k;

	if (k == 0 || (p[0] == '0' && k > 1))
		return 0;
	if (k == n || p[k] != ',')
		return k;
	if (k > 3 || p[0] == '0')
		return 0;
	while (k < n && p[k] == ',') {
		if (digits(p + k + 1, n - k - 1) != 3)
			return 0;
		k += 4;
		all += 3;
	}
	return all <= GROUPED_MAX ? k : 0;
}

/* N or N.N, the whole of it. *has_point: the latter. */
static bool is_number(const char *p, size_t n, bool *has_point)
{
	size_t k = whole(p, n);

	*has_point = k > 0 && k < n && p[k] == '.';
	if (!*has_point)
		return k > 0 && k == n;
	return k + 1 < n && digits(p + k + 1, n - k - 1) == n - k - 1;
}

/* 1.5e+06. Its value is below 1e308, so that it is one everywhere. */
static bool is_scientific(const char *p, size_t n)
{
	char copy[COLTYPE_CELL_MAX + 1];
	size_t k = 1, exponent;
	bool sure;

	if (n < 3 || !is_digit(p[0]))
		return false;
	sure = p[1] == '.';
	if (sure) {
		size_t fraction = digits(p + 2, n - 2);
		if (fraction == 0)
			return false;
		k = 2 + fraction;
	}
	if (k + 1 >= n || (p[k] != 'e' && p[k] != 'E'))
		return false;
	k++;
	if (p[k] == '-' || p[k] == '+') {
		sure = true;
		k++;
	}
	exponent = digits(p + k, n - k);
	if (!sure || exponent == 0 || exponent > 3 || k + exponent != n)
		return false;
	memcpy(copy, p, n);
	copy[n] = '\0';
	return strtod(copy, NULL) < 1e308;
}

/* Does what stands there as plain digits fit in 64 bits? */
static bool is_within_64_bits(const char *p, size_t n, bool negative)
{
	const char *most = negative ? "9223372036854775808" : "9223372036854775807";

	if (n < 19 || memchr(p, ',', n) != NULL)
		return true;
	return n == 19 && memcmp(p, most, 19) <= 0;
}

#define FITS(kind) (1u << (kind))

/* (N), n bytes: the number within it, or 0. */
static bool is_bracketed(const char *p, size_t n)
{
	bool has_point;

	return n > 2 && p[0] == '(' && p[n - 1] == ')' && is_number(p + 1, n - 2, &has_point);
}

static unsigned number_fits(const char *p, size_t n)
{
	const bool negative = p[0] == '-';
	bool has_point;

	if (is_bracketed(p, n))
		return FITS(COLTYPE_DECIMAL);
	p += negative;
	n -= negative;
	if (is_scientific(p, n))
		return FITS(COLTYPE_DECIMAL);
	if (!is_number(p, n, &has_point))
		return 0;
	if (has_point || (negative && n == 1 && *p == '0') || !is_within_64_bits(p, n, negative))
		return FITS(COLTYPE_DECIMAL);
	return FITS(COLTYPE_DECIMAL) | FITS(COLTYPE_INTEGER);
}

static unsigned percent_fits(const char *p, size_t n)
{
	bool has_point;

	n--; /* the sign */
	n -= n > 0 && p[n - 1] == ' ';
	if (n > 0 && p[0] == '-')
		p++, n--;
	return is_number(p, n, &has_point) ? FITS(COLTYPE_PERCENT) : 0;
}

/* --- money --- */

static size_t sign_len(const char *p, size_t n)
{
	static const char *const signs[] = {"$", "£", "€", "¥", "₹", "₩", "₪", "₫", "₱", "₺", "₽", "₴", "₦"};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t k = strlen(signs[i]);
		if (n >= k && memcmp(p, signs[i], k) == 0)
			return k;
	}
	return 0;
}

size_t coltype_currency(const char *p, size_t n)
{
	static const char codes[] =
	    "AED AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS INR JPY KRW MXN NOK NZD PLN RON SAR "
	    "SEK SGD THB TRY TWD USD ZAR ";
	size_t capitals = 0, sign;

	while (capitals < n && capitals < 4 && p[capitals] >= 'A' && p[capitals] <= 'Z')
		capitals++;
	if (capitals <= 3 && (sign = sign_len(p + capitals, n - capitals)) > 0)
		return capitals + sign;
	if (capitals == 3)
		for (const char *code = codes; *code != '\0'; code += 4)
			if (memcmp(code, p, 3) == 0)
				return 3;
	return 0;
}

/* A blank or a no-break space at p, whose length is returned; or 0. */
static size_t blank(const char *p, size_t n)
{
	return n > 0 && *p == ' ' ? 1 : n > 1 && memcmp(p, "\xc2\xa0", 2) == 0 ? 2 : 0;
}

/* The currency at the end of n bytes: where it begins; n: there is none. */
static size_t currency_at_end(const char *p, size_t n)
{
	for (size_t k = n > COLTYPE_CURRENCY_MAX - 1 ? n - (COLTYPE_CURRENCY_MAX - 1) : 1; k < n; k++)
		if (coltype_currency(p + k, n - k) == n - k)
			return k;
	return n;
}

/* What is left of an amount without its currency: at most COLTYPE_CELL_MAX bytes. */
struct amount_left {
	char text[COLTYPE_CELL_MAX + 1];
	size_t n;
	const char *currency; /* within the cell */
	size_t currency_len;
};

/* A code stands apart: "USD5" is rather a name. */
static bool stands_apart(const struct amount_left *a, size_t gap)
{
	const char last = a->currency[a->currency_len - 1];

	return gap > 0 || last < 'A' || last > 'Z';
}

static bool find_before(const char *p, size_t n, struct amount_left *a)
{
	size_t lead = n > 0 && (*p == '-' || *p == '(') ? 1 : 0, k, gap;

	a->currency = p + lead;
	a->currency_len = coltype_currency(p + lead, n - lead);
	if (a->currency_len == 0)
		return false;
	k = lead + a->currency_len;
	gap = blank(p + k, n - k);
	k += gap;
	memcpy(a->text, p, lead);
	memcpy(a->text + lead, p + k, n - k);
	a->n = lead + n - k;
	return stands_apart(a, gap);
}

static bool find_after(const char *p, size_t n, struct amount_left *a)
{
	size_t tail = n > 0 && p[n - 1] == ')' ? 1 : 0, k = currency_at_end(p, n - tail), gap = 0;

	if (k == n - tail)
		return false;
	a->currency = p + k;
	a->currency_len = n - tail - k;
	if (k > 0 && p[k - 1] == ' ')
		gap = 1;
	else if (k > 1 && memcmp(p + k - 2, "\xc2\xa0", 2) == 0)
		gap = 2;
	k -= gap;
	memcpy(a->text, p, k);
	memcpy(a->text + k, p + n - tail, tail);
	a->n = k + tail;
	return stands_apart(a, gap);
}

static unsigned money_fits(struct coltype *c, const char *p, size_t n)
{
	struct amount_left a;
	const char *number = a.text;
	bool has_point;

	if (!find_before(p, n, &a) && !find_after(p, n, &a))
		return 0;
	if (a.currency_len >= sizeof(c->currency))
		return 0;
	if (!is_bracketed(a.text, a.n)) {
		const size_t negative = a.n > 0 && *number == '-';
		if (!is_number(number + negative, a.n - negative, &has_point))
			return 0;
	}
	if (c->currency[0] == '\0')
		memcpy(c->currency, a.currency, a.currency_len);
	return strlen(c->currency) == a.currency_len && memcmp(c->currency, a.currency, a.currency_len) == 0
		   ? FITS(COLTYPE_MONEY)
		   : 0;
}

/* --- times --- */

static bool has_form(const char *p, size_t n, const char *form)
{
	size_t k = strlen(form);

	if (n < k)
		return false;
	for (size_t i = 0; i < k; i++)
		if (form[i] == '0' ? !is_digit(p[i]) : p[i] != form[i])
			return false;
	return true;
}

/* The length of what is behind the minutes and before the offset: :ss[.fraction]. */
static size_t seconds_len(const char *p, size_t n)
{
	size_t fraction;

	if (!has_form(p, n, ":00"))
		return 0;
	if (n < 4 || p[3] != '.')
		return 3;
	fraction = digits(p + 4, n - 4);
	return fraction > 0 ? 4 + fraction : 3;
}

/* Within the years that an offset does not lead out of. */
static bool is_offset(const char *p, size_t n, const char *year)
{
	if ((n == 1 && *p == 'Z') || (n == 4 && memcmp(p, " UTC", 4) == 0))
		return true;
	return n == 6 && (*p == '+' || *p == '-') && has_form(p + 1, 5, "00:00") && memcmp(p + 1, "14:59", 5) <= 0 &&
	       p[4] <= '5' && memcmp(year, "0001", 4) != 0 && memcmp(year, "9999", 4) != 0;
}

static unsigned time_fits(const char *p, size_t n)
{
	struct stamp ignored;
	size_t k = 16;

	if (!has_form(p, n, "0000-00-00") || time_parse_iso(p, 10, &ignored) == TIME_BAD)
		return 0;
	if (n == 10)
		return FITS(COLTYPE_DATE) | FITS(COLTYPE_TIMESTAMP);
	if ((p[10] != 'T' && p[10] != ' ') || !has_form(p + 11, n - 11, "00:00") || memcmp(p + 11, "24", 2) >= 0 ||
	    p[14] > '5')
		return 0;
	k += seconds_len(p + k, n - k);
	if (k > 16 && p[17] > '5')
		return 0;
	return k == n || is_offset(p + k, n - k, p) ? FITS(COLTYPE_TIMESTAMP) : 0;
}

/* --- columns --- */

static bool is_word(const char *p, size_t n, const char *word)
{
	return strlen(word) == n && strncasecmp(p, word, n) == 0;
}

static unsigned fits(struct coltype *c, const char *p, size_t n)
{
	unsigned found;

	if (n > COLTYPE_CELL_MAX)
		return 0;
	if (is_word(p, n, "true") || is_word(p, n, "false") || is_word(p, n, "yes") || is_word(p, n, "no"))
		return FITS(COLTYPE_BOOLEAN);
	if (p[n - 1] == '%')
		return percent_fits(p, n);
	if ((found = number_fits(p, n)) != 0)
		return found;
	if (n >= 10 && p[4] == '-' && (found = time_fits(p, n)) != 0)
		return found;
	return money_fits(c, p, n);
}

void coltype_feed(struct coltype *c, struct text cell)
{
	unsigned mask;

	c->cells++;
	if (cell.p == NULL || cell.n == 0) {
		c->empty++;
		return;
	}
	mask = fits(c, cell.p, cell.n);
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
    {"STRING", FITS(COLTYPE_TEXT), COLTYPE_TEXT},
    {"NUMBER", FITS(COLTYPE_INTEGER) | FITS(COLTYPE_DECIMAL) | FITS(COLTYPE_MONEY) | FITS(COLTYPE_PERCENT),
     COLTYPE_DECIMAL},
    {"BOOLEAN", FITS(COLTYPE_BOOLEAN), COLTYPE_BOOLEAN},
    {"YESNO", FITS(COLTYPE_BOOLEAN), COLTYPE_BOOLEAN},
    {"DATE", FITS(COLTYPE_DATE) | FITS(COLTYPE_TIMESTAMP), COLTYPE_DATE},
    {"TIMESTAMP", FITS(COLTYPE_TIMESTAMP), COLTYPE_TIMESTAMP},
    {"INTERVAL", FITS(COLTYPE_TEXT), COLTYPE_TEXT},
    {"JSON", FITS(COLTYPE_TEXT), COLTYPE_TEXT},
    {"ARRAY", FITS(COLTYPE_TEXT), COLTYPE_TEXT},
};

/* The kind among these that most cells fit. */
static enum coltype_kind most_of(const struct coltype *c, unsigned kinds)
{
	enum coltype_kind best = COLTYPE_TEXT;

	for (int kind = 0; kind < COLTYPE_TEXT; kind++)
		if ((kinds & FITS(kind)) != 0 && (best == COLTYPE_TEXT || c->fits[kind] > c->fits[best]))
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
	const size_t k = digits(t->p, t->n);

	*out = 0;
	for (size_t i = 0; i < k && k <= 18; i++)
		*out = *out * 10 + (t->p[i] - '0');
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
