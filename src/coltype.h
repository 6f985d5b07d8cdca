/*
 * coltype.h: the type of a column, from all of its cells and from what the API says of it. Pure.
 *
 * A cell is text as it stands in the CSV. What it may be read as is a matter of its form alone, and the views' SQL
 * (sinks/sqlite_viewsql.c, sinks/postgres_viewsql.c) reads the very same forms, so that what is counted here as not
 * fitting is what is null there:
 *
 *     integer    -?N, N without leading zeros, or with thousands separators (1,234,567); within 64 bits; not "-0"
 *     decimal    the same with a fraction, or (N) for a negative one; or 1.5e+06, with one digit before the point, and
 * a point or the exponent's sign, since "5e3" may be anything; beyond 64 bits too money      a decimal with one
 * currency, before or after it (coltype_currency), the same in the whole column; a blank may stand between them, and
 * does where it is a code percent    12.5% or 12.5 %: read as 0.125 boolean    true, false, yes, no, in any case date
 * 2025-01-15, a day that there is timestamp  a date, or with hh:mm[:ss[.fraction]] behind 'T' or a blank, and Z, " UTC"
 * or ±hh:mm or nothing: what bears an offset is read as UTC, the rest is taken to be
 *
 * Everything else is text, and so is what is longer than COLTYPE_CELL_MAX bytes.
 */
#ifndef OMNI_COLTYPE_H
#define OMNI_COLTYPE_H

#include "buf.h"

#define COLTYPE_CELL_MAX     64
#define COLTYPE_CURRENCY_MAX 8 /* bytes, with a NUL: "CA$", "USD", "€" */

/* In the order in which they are tried: of two that fit all cells the first is meant. */
enum coltype_kind {
	COLTYPE_INTEGER,
	COLTYPE_DECIMAL,
	COLTYPE_MONEY,
	COLTYPE_PERCENT,
	COLTYPE_BOOLEAN,
	COLTYPE_DATE,
	COLTYPE_TIMESTAMP,
	COLTYPE_TEXT,
	COLTYPES
};

/* What was seen of a column. Zeroed: nothing. */
struct coltype {
	int64_t cells;
	int64_t empty;                       /* of them: the empty text, or not there since the row is short */
	int64_t bracketed;                   /* of them: (N) */
	int64_t fits[COLTYPE_TEXT];          /* of them, by kind */
	char currency[COLTYPE_CURRENCY_MAX]; /* of the first money; what bears another one is none */
};

/* "integer", "decimal", …, "text". */
const char *coltype_name(enum coltype_kind);
/* The kind of that name; COLTYPE_TEXT where there is none. */
enum coltype_kind coltype_of_name(struct text);

/* Takes a cell into account; null text: the row has none there. */
void coltype_feed(struct coltype *, struct text cell);

/*
 * What the column is. api: the API's data_type, null text where it gave none. It counts as long as nine of ten cells
 * that are not empty fit (those that do not are null in the view); else, and where it says nothing of use, the column
 * is what all cells fit, or text. Text where all is empty and the API is silent. *from_api: whether it was its word.
 */
enum coltype_kind coltype_decide(const struct coltype *, struct text api, bool *from_api);

/* Is it a data_type that says something of use? */
bool coltype_is_api(struct text);

/* How many cells are null in a view that reads them so, though something stands there. */
int64_t coltype_misfits(const struct coltype *, enum coltype_kind);

/* All but cells and empty as a line of text, appended to out: 0 or -1 (buf); and back, false where it is none. */
int coltype_write(const struct coltype *, struct buf *out);
bool coltype_read(struct coltype *, struct text);

/* The currency at the beginning of p, n bytes of it; 0: there is none. A sign with up to three capitals before it (A$,
 * CN¥), or one of the ISO codes that are used for want of a sign. */
size_t coltype_currency(const char *p, size_t n);

#endif
