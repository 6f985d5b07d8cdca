/*
 * viewset_own.h: what viewset.c (shapes and results) and viewset_decide.c (names and types) share. Nobody else includes
 * it.
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

#endif
