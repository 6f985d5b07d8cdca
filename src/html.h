/*
 * html.h: text from outside as HTML. What is added is text and nothing else wherever it stands: between tags, between
 * the double quotes of an attribute, in SVG.
 *
 * What an eye would miss is shown: controls as their pictures (U+0007 as "␇"), overrides of the direction, line
 * separators and tags as \u{202e}, bytes that are no UTF-8 as U+FFFD. Tab and line end stay. Joiners and marks that
 * ordinary text needs stay as well.
 *
 * All int functions return 0, or -1 (buf), with what was added before left in out.
 */
#ifndef OMNI_HTML_H
#define OMNI_HTML_H

#include "buf.h"

int html_add(struct buf *out, struct text);
int html_adds(struct buf *out, const char *);
/* The first so many characters; *left (may be NULL): how many bytes of the text were left out. */
int html_cut(struct buf *out, struct text, size_t max_chars, size_t *left);
/* JSON, laid out for reading: what is short on one line, the rest one member a line. What is no JSON is text all the
 * same. */
int html_json(struct buf *out, struct text json);
/* The text alone, with all that must be seen, for what makes HTML of it by itself (markdown.c): nothing is escaped. */
int html_visible(struct buf *out, struct text);

#endif
