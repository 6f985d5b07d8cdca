/*
 * viewset_own.h: what viewset.c (the catalogue, results), viewset_shape.c (labels) and viewset_decide.c (names and
 * types) share. Nobody else includes it.
 */
#ifndef OMNI_VIEWSET_OWN_H
#define OMNI_VIEWSET_OWN_H

#include "viewset.h"

#define VIEWSET_SLOTS 4096 /* of the hash of labels */

struct json_doc;

struct viewset {
	struct viewset_view **views;
	size_t n, cap;
	struct viewset_view *slots[VIEWSET_SLOTS];
	struct viewset_unread *results; /* all of them, then those to be read */
	size_t n_results, cap_results;
	struct viewname_set *taken; /* names of what is not ours */
	struct json_doc *doc;
	struct buf scratch;
};

/* The view of these labels; made where there is none. NULL with *err, or with none (ERR_NONE) where they are no labels.
 */
struct viewset_view *viewset_shape(struct viewset *, struct text labels, struct err *);
void viewset_free_view(struct viewset_view *);
/* A copy that is to be freed; null text of null text. 0 or -1. */
int viewset_copy(struct text *to, struct text from);

#endif
