/*
 * timeutil.h: points in time. Pure, but for the two clocks at the end.
 *
 * struct stamp is a time as the tables keep it: the UTC text with as many digits of a second as came (contract,
 * "Tables"), beside its microseconds since 1970 for comparing. A stamp owns nothing. text[0] == 0 is "no time".
 */
#ifndef OMNI_TIMEUTIL_H
#define OMNI_TIMEUTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STAMP_TEXT_MAX 48

struct stamp {
	int64_t us; /* microseconds since 1970-01-01T00:00:00Z; digits beyond the sixth are dropped here */
	char text[STAMP_TEXT_MAX]; /* 2025-01-15T10:00:10.000Z; empty: no time */
};

enum time_parse {
	TIME_OK,
	TIME_NO_OFFSET, /* parsed; it had no offset and was taken as UTC (worth a warning) */
	TIME_BAD        /* not a time that we read; *out is untouched */
};

/* ISO 8601 / RFC 3339: date 'T' or blank, time with seconds optional, fraction (. or ,) of up to 20 digits, Z or
 * ±hh:mm, ±hhmm, ±hh; a bare date is midnight (TIME_NO_OFFSET). The calendar is checked (no 30 February); a 60th second
 * is taken as the 59th. Years 0001 to 9999, also after the offset was applied. */
enum time_parse time_parse_iso(const char *s, size_t n, struct stamp *out);

/* HTTP-date (RFC 9110 section 5.6.7): IMF-fixdate, RFC 850, asctime. Returns seconds since 1970, or -1. now decides the
 * century of an RFC 850 date. */
int64_t time_parse_http(const char *s, size_t n, int64_t now_s);

/* Fills in a stamp with millisecond digits from microseconds since 1970; us is cut to the same digits. No time where
 * the year has not four digits. */
void stamp_from_us(struct stamp *, int64_t us);
/* The same instant moved by so many seconds, keeping the digits that the text has. A stamp without a time stays so, and
 * beyond the year 9999 there is none. out may be the same stamp. */
void stamp_add_s(const struct stamp *, int64_t seconds, struct stamp *out);
bool stamp_is_set(const struct stamp *);

#define TIME_SPAN_MAX 32

/* A span for a person, in the one or two units that matter: "45 s", "12 min", "3 h 20 min", "2 d 4 h". Cut, not
 * rounded: what is told to be left is left. Up to two minutes in seconds; below zero: "0 s". Returns out. */
char *time_span_text(int64_t seconds, char out[TIME_SPAN_MAX]);

/* Wall clock (CLOCK_REALTIME), microseconds since 1970. */
int64_t time_now_us(void);
/* A clock that never goes back and counts suspended time (CLOCK_BOOTTIME), nanoseconds. */
int64_t time_boot_ns(void);

#endif
