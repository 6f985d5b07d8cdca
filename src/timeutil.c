#include "timeutil.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define DAY_S        86400
#define MAX_FRACTION 20 /* digits of a second */
#define SECONDS_LEN  19 /* of 2025-01-15T10:00:10 */

/* The years that have four digits: 0001-01-01T00:00:00 to 9999-12-31T23:59:59, in seconds since 1970. */
#define MIN_S INT64_C(-62135596800)
#define MAX_S INT64_C(253402300799)

struct civil {
	int year, month, day, hour, minute, second;
};

/* --- the calendar ------------------------------------------------------------------------------------------------- */

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1 January of the year 1 to 1 January of this one (>= 1), in the Gregorian calendar throughout. */
static int64_t days_before_year(int year)
{
	int64_t y = year - 1;

	return 365 * y + y / 4 - y / 100 + y / 400;
}

static bool civil_valid(const struct civil *c)
{
	return c->year >= 1 && c->year <= 9999 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
	       c->day <= month_days(c->year, c->month) && c->hour <= 23 && c->minute <= 59 && c->second <= 59;
}

static int64_t civil_to_s(const struct civil *c)
{
	int64_t days = days_before_year(c->year) + c->day - 1;

	for (int month = 1; month < c->month; month++)
		days += month_days(c->year, month);
	return MIN_S + days * DAY_S + c->hour * 3600 + c->minute * 60 + c->second;
}

/* s: within MIN_S and MAX_S. */
static struct civil civil_of_s(int64_t s)
{
	int64_t days = (s - MIN_S) / DAY_S;
	int rest = (int)((s - MIN_S) % DAY_S);
	struct civil c = {.month = 1, .hour = rest / 3600, .minute = rest / 60 % 60, .second = rest % 60};

	/* 400 years are 146,097 days; the estimate is at most one year off. */
	c.year = (int)(days * 400 / 146097) + 1;
	while (days_before_year(c.year) > days)
		c.year--;
	while (days_before_year(c.year + 1) <= days)
		c.year++;

	int day = (int)(days - days_before_year(c.year));
	while (day >= month_days(c.year, c.month))
		day -= month_days(c.year, c.month++);
	c.day = day + 1;
	return c;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

struct scan {
	const char *p, *end;
};

static bool take(struct scan *in, char c)
{
	if (in->p == in->end || *in->p != c)
		return false;
	in->p++;
	return true;
}

static bool take_one_of(struct scan *in, const char *chars)
{
	if (in->p == in->end || *in->p == '\0' || !strchr(chars, *in->p))
		return false;
	in->p++;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Exactly n digits. */
static bool take_digits(struct scan *in, int n, int *out)
{
	int value = 0;

	if (in->end - in->p < n)
		return false;
	for (int i = 0; i < n; i++) {
		if (!is_digit(in->p[i]))
			return false;
		value = value * 10 + (in->p[i] - '0');
	}
	in->p += n;
	*out = value;
	return true;
}

/* A word out of a list, in any case; its index, or -1. */
static int take_word(struct scan *in, const char *const *words, int count)
{
	for (int i = 0; i < count; i++) {
		size_t len = strlen(words[i]);
		if ((size_t)(in->end - in->p) >= len && strncasecmp(in->p, words[i], len) == 0) {
			in->p += len;
			return i;
		}
	}
	return -1;
}

/* hh:mm:ss; a 60th second, which a leap second is, becomes the 59th. */
static bool take_clock(struct scan *in, struct civil *c)
{
	if (!take_digits(in, 2, &c->hour) || !take(in, ':') || !take_digits(in, 2, &c->minute) || !take(in, ':') ||
	    !take_digits(in, 2, &c->second))
		return false;
	if (c->second == 60)
		c->second = 59;
	return true;
}

/* --- ISO 8601 ----------------------------------------------------------------------------------------------------- */

/* Z, ±hh:mm, ±hhmm or ±hh as seconds east of UTC. */
static bool take_offset(struct scan *in, int *seconds)
{
	int hours, minutes = 0;

	if (take_one_of(in, "Zz")) {
		*seconds = 0;
		return true;
	}
	int sign = take(in, '-') ? -1 : take(in, '+') ? 1 : 0;
	if (sign == 0 || !take_digits(in, 2, &hours))
		return false;
	if (in->p < in->end) {
		(void)take(in, ':');
		if (!take_digits(in, 2, &minutes))
			return false;
	}
	*seconds = sign * (hours * 3600 + minutes * 60);
	return hours <= 23 && minutes <= 59;
}

/* The text and the microseconds of a time; fraction: its digits, borrowed. */
static void stamp_write(struct stamp *out, int64_t seconds, const char *fraction, size_t digits)
{
	struct civil c = civil_of_s(seconds);
	int us = 0;

	for (size_t i = 0; i < 6; i++)
		us = us * 10 + (i < digits ? fraction[i] - '0' : 0);
	out->us = seconds * 1000000 + us;
	snprintf(out->text, sizeof(out->text), "%04d-%02d-%02dT%02d:%02d:%02d%s%.*sZ", c.year, c.month, c.day, c.hour,
		 c.minute, c.second, digits > 0 ? "." : "", (int)digits, fraction);
}

enum time_parse time_parse_iso(const char *s, size_t n, struct stamp *out)
{
	struct civil c = {0};
	const char *fraction = "";
	size_t digits = 0;
	int offset = 0;
	bool has_offset = false;

	if (!s)
		return TIME_BAD;
	struct scan in = {s, s + n};
	if (!take_digits(&in, 4, &c.year) || !take(&in, '-') || !take_digits(&in, 2, &c.month) || !take(&in, '-') ||
	    !take_digits(&in, 2, &c.day))
		return TIME_BAD;
	if (in.p < in.end) {
		if (!take_one_of(&in, "Tt ") || !take_digits(&in, 2, &c.hour) || !take(&in, ':') ||
		    !take_digits(&in, 2, &c.minute))
			return TIME_BAD;
		if (take(&in, ':')) {
			if (!take_digits(&in, 2, &c.second))
				return TIME_BAD;
			if (c.second == 60)
				c.second = 59;
			if (take_one_of(&in, ".,")) {
				fraction = in.p;
				while (in.p < in.end && is_digit(*in.p))
					in.p++;
				digits = (size_t)(in.p - fraction);
				if (digits == 0 || digits > MAX_FRACTION)
					return TIME_BAD;
			}
		}
		has_offset = in.p < in.end;
		if (has_offset && !take_offset(&in, &offset))
			return TIME_BAD;
	}
	if (in.p < in.end || !civil_valid(&c))
		return TIME_BAD;
	int64_t seconds = civil_to_s(&c) - offset;
	if (seconds < MIN_S || seconds > MAX_S)
		return TIME_BAD;
	stamp_write(out, seconds, fraction, digits);
	return has_offset ? TIME_OK : TIME_NO_OFFSET;
}

/* --- HTTP dates --------------------------------------------------------------------------------------------------- */

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
				     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static bool take_month(struct scan *in, struct civil *c)
{
	c->month = take_word(in, months, 12) + 1;
	return c->month > 0;
}

static bool take_gmt(struct scan *in)
{
	static const char *const zones[] = {"GMT", "UTC"};

	return take(in, ' ') && take_word(in, zones, 2) >= 0;
}

/* " 06 Nov 1994 08:49:37 GMT" */
static bool take_imf(struct scan *in, struct civil *c)
{
	return take(in, ' ') && take_digits(in, 2, &c->day) && take(in, ' ') && take_month(in, c) && take(in, ' ') &&
	       take_digits(in, 4, &c->year) && take(in, ' ') && take_clock(in, c) && take_gmt(in);
}

/* " 06-Nov-94 08:49:37 GMT": the year is the one within 50 years of now that ends so. */
static bool take_rfc850(struct scan *in, struct civil *c, int64_t now_s)
{
	if (!take(in, ' ') || !take_digits(in, 2, &c->day) || !take(in, '-') || !take_month(in, c) || !take(in, '-') ||
	    !take_digits(in, 2, &c->year) || !take(in, ' ') || !take_clock(in, c) || !take_gmt(in))
		return false;
	int now_year = civil_of_s(now_s < MIN_S ? MIN_S : now_s > MAX_S ? MAX_S : now_s).year;
	c->year += now_year / 100 * 100;
	if (c->year > now_year + 50)
		c->year -= 100;
	else if (c->year <= now_year - 50)
		c->year += 100;
	return true;
}

/* " Nov  6 08:49:37 1994" */
static bool take_asctime(struct scan *in, struct civil *c)
{
	if (!take(in, ' ') || !take_month(in, c) || !take(in, ' '))
		return false;
	if (!(take(in, ' ') ? take_digits(in, 1, &c->day) : take_digits(in, 2, &c->day)))
		return false;
	return take(in, ' ') && take_clock(in, c) && take(in, ' ') && take_digits(in, 4, &c->year);
}

int64_t time_parse_http(const char *s, size_t n, int64_t now_s)
{
	/* The weekday only says which form it is; whether it fits the date is nobody's business. */
	static const char *const long_days[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
						"Friday", "Saturday", "Sunday"};
	static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
	struct civil c = {0};
	bool ok;

	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	while (n > 0 && (*s == ' ' || *s == '\t'))
		s++, n--;
	if (n == 0)
		return -1;
	struct scan in = {s, s + n};
	if (take_word(&in, long_days, 7) >= 0)
		ok = take(&in, ',') && take_rfc850(&in, &c, now_s);
	else if (take_word(&in, days, 7) < 0)
		return -1;
	else
		ok = take(&in, ',') ? take_imf(&in, &c) : take_asctime(&in, &c);
	if (!ok || in.p < in.end || !civil_valid(&c))
		return -1;
	int64_t seconds = civil_to_s(&c);
	return seconds < 0 ? -1 : seconds;
}

/* --- stamps ------------------------------------------------------------------------------------------------------- */

void stamp_from_us(struct stamp *out, int64_t us)
{
	int64_t seconds = us / 1000000 - (us % 1000000 < 0);
	char ms[8];

	if (seconds < MIN_S || seconds > MAX_S) {
		*out = (struct stamp){0};
		return;
	}
	snprintf(ms, sizeof(ms), "%03d", (int)((us - seconds * 1000000) / 1000));
	stamp_write(out, seconds, ms, 3);
}

void stamp_add_s(const struct stamp *from, int64_t seconds, struct stamp *out)
{
	struct stamp moved = {0};
	int64_t whole = from->us / 1000000 - (from->us % 1000000 < 0);

	if (stamp_is_set(from) && !__builtin_add_overflow(whole, seconds, &whole) && whole >= MIN_S && whole <= MAX_S) {
		const char *fraction = from->text + SECONDS_LEN;
		size_t digits = *fraction == '.' ? strlen(fraction) - strlen(".Z") : 0;
		stamp_write(&moved, whole, fraction + (digits > 0), digits);
	}
	*out = moved;
}

bool stamp_is_set(const struct stamp *s)
{
	return s->text[0] != '\0';
}

char *time_span_text(int64_t seconds, char out[TIME_SPAN_MAX])
{
	long long s = seconds > 0 ? seconds : 0, min = s / 60, h = min / 60, d = h / 24;
	int n;

	if (min < 2)
		n = snprintf(out, TIME_SPAN_MAX, "%lld s", s);
	else if (h < 1)
		n = snprintf(out, TIME_SPAN_MAX, "%lld min", min);
	else if (d < 1)
		n = snprintf(out, TIME_SPAN_MAX, "%lld h", h);
	else
		n = snprintf(out, TIME_SPAN_MAX, "%lld d", d);
	if (d > 0 && h % 24 > 0)
		(void)snprintf(out + n, TIME_SPAN_MAX - (size_t)n, " %lld h", h % 24);
	else if (d == 0 && h > 0 && min % 60 > 0)
		(void)snprintf(out + n, TIME_SPAN_MAX - (size_t)n, " %lld min", min % 60);
	return out;
}

int64_t time_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t time_boot_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
