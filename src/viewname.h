/*
 * viewname.h: names of views and of their columns, made from names of queries and from labels: what a person can type
 * in any SQL without quotes. Lower-case ASCII letters, digits and '_', at most VIEWNAME_MAX bytes, no reserved word of
 * PostgreSQL or SQLite, and unique whatever the case. Pure but for the hash.
 */
#ifndef OMNI_VIEWNAME_H
#define OMNI_VIEWNAME_H

#include "buf.h"

#include <stdbool.h>

#define VIEWNAME_MAX 63 /* bytes: what PostgreSQL keeps of a name */

/*
 * "Top 5 Products by Revenue" -> "v_top_5_products_by_revenue"; nothing of use in it: "v_result". What is too long is
 * cut and ends in a hash of the whole. Since it begins with "v_" it is never the name of a table of ours.
 */
int viewname_of_query(struct text query_name, char out[VIEWNAME_MAX + 1]);
/* The same with a hash behind it, of what tells it from others of that name; nth: 0, 1, … where that is taken too.
 * Both return 0, or -1: out of memory. */
int viewname_apart(struct text query_name, struct text apart, unsigned nth, char out[VIEWNAME_MAX + 1]);

struct viewname_set;

struct viewname_set *viewname_set_new(void); /* NULL: out of memory */
void viewname_set_free(struct viewname_set *);
/* Is it in the set, whatever the case? */
bool viewname_set_has(const struct viewname_set *, struct text name);
/* Puts it in, where it is not. 0, or -1: out of memory. */
int viewname_set_add(struct viewname_set *, struct text name);

/*
 * The name of a column: "Total Revenue ($)" -> "total_revenue", "2024" -> "c_2024", "order" -> "order_", nothing of use
 * -> "column_3", for the third (position counts from 1). Where it is in the set already it gets a number: "name_2".
 * Puts it into the set. 0, or -1: out of memory.
 */
int viewname_of_column(struct text label, size_t position, struct viewname_set *, char out[VIEWNAME_MAX + 1]);

#endif
