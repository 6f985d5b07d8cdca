/* coltype_cell.c: what a cell may be read as, by its form (coltype.h). */
#include "coltype_own.h"

#include "timeutil.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define GROUPED_MAX 18 /* digits of a number with thousands separators: what fits in 64 bits in any case */

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
		return COLTYPE_FITS(COLTYPE_DECIMAL);
	p += negative;
	n -= negative;
	if (is_scientific(p, n))
		return COLTYPE_FITS(COLTYPE_DECIMAL);
	if (!is_number(p, n, &has_point))
		return 0;
	if (has_point || (negative && n == 1 && *p == '0') || !is_within_64_bits(p, n, negative))
		return COLTYPE_FITS(COLTYPE_DECIMAL);
	return COLTYPE_FITS(COLTYPE_DECIMAL) | COLTYPE_FITS(COLTYPE_INTEGER);
}

static unsigned percent_fits(const char *p, size_t n)
{
	bool has_point;

	n--; /* the sign */
	n -= n > 0 && p[n - 1] == ' ';
	if (n > 0 && p[0] == '-')
		p++, n--;
	return is_number(p, n, &has_point) ? COLTYPE_FITS(COLTYPE_PERCENT) : 0;
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

static unsigned money_fits(const char *p, size_t n, struct text *currency)
{
	struct amount_left a;
	const char *number = a.text;
	bool has_point;

	if (!find_before(p, n, &a) && !find_after(p, n, &a))
		return 0;
	if (!is_bracketed(a.text, a.n)) {
		const size_t negative = a.n > 0 && *number == '-';
		if (!is_number(number + negative, a.n - negative, &has_point))
			return 0;
	}
	*currency = (struct text){a.currency, a.currency_len};
	return COLTYPE_FITS(COLTYPE_MONEY);
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
		return COLTYPE_FITS(COLTYPE_DATE) | COLTYPE_FITS(COLTYPE_TIMESTAMP);
	if ((p[10] != 'T' && p[10] != ' ') || !has_form(p + 11, n - 11, "00:00") || memcmp(p + 11, "24", 2) >= 0 ||
	    p[14] > '5')
		return 0;
	k += seconds_len(p + k, n - k);
	if (k > 16 && p[17] > '5')
		return 0;
	return k == n || is_offset(p + k, n - k, p) ? COLTYPE_FITS(COLTYPE_TIMESTAMP) : 0;
}

/* --- all of it --- */

static bool is_word(const char *p, size_t n, const char *word)
{
	return strlen(word) == n && strncasecmp(p, word, n) == 0;
}

unsigned coltype_cell(const char *p, size_t n, struct text *currency)
{
	unsigned found;

	if (n > COLTYPE_CELL_MAX)
		return 0;
	if (is_word(p, n, "true") || is_word(p, n, "false") || is_word(p, n, "yes") || is_word(p, n, "no"))
		return COLTYPE_FITS(COLTYPE_BOOLEAN);
	if (p[n - 1] == '%')
		return percent_fits(p, n);
	if ((found = number_fits(p, n)) != 0)
		return found;
	if (n >= 10 && p[4] == '-' && (found = time_fits(p, n)) != 0)
		return found;
	return money_fits(p, n, currency);
}
