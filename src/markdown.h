/*
 * markdown.h: an answer in Markdown as HTML that does nothing: no markup of the answer's own, no images, and links to
 * http, https and mailto alone. The only file that includes cmark (CommonMark).
 *
 * What is taken away is told, not dropped: markup is shown as the text that it is, an image as its description and
 * address, a link to elsewhere as its words and address. Headings begin at the level that is asked for. Tables in the
 * form that GitHub made common, which CommonMark does not know, are tables. A text that is longer than MARKDOWN_MAX is
 * shown as it came: to read it would take too long.
 */
#ifndef OMNI_MARKDOWN_H
#define OMNI_MARKDOWN_H

#include "buf.h"

#define MARKDOWN_MAX ((size_t)64 << 10)

/* Appends the HTML. 0, or -1: out is full, or memory is short. */
int markdown_html(struct buf *out, struct text markdown, int heading_level);

#endif
