/* coltype_own.h: between coltype.c (columns) and coltype_cell.c (cells). Nobody else includes it. */
#ifndef OMNI_COLTYPE_OWN_H
#define OMNI_COLTYPE_OWN_H

#include "coltype.h"

/* A set of kinds has a bit for each. */
#define COLTYPE_FITS(kind) (1u << (kind))

/* The kinds that a cell of at least one byte fits, but for text. Where it is money, *currency is its currency, within
 * the cell. */
unsigned coltype_cell(const char *p, size_t n, struct text *currency);

#endif
