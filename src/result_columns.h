/*
 * result_columns.h: the columns of a query result: labels from the CSV's header, types from the query's fields.
 *
 * The types are csvResultFields[reference].data_type, where the references are query.fields, or
 * query.model_job.fields: field i is column i where there are as many of one as of the other (the API's page, "A query
 * result"). Owns its memory and is used again; what it gave out lives until the next call.
 */
#ifndef OMNI_RESULT_COLUMNS_H
#define OMNI_RESULT_COLUMNS_H

#include "model.h"
#include "result_obj.h"

struct result_columns {
	struct buf label_bytes, type_bytes, scratch;
	struct text *labels, *types; /* max of each */
	size_t max;
	struct result_obj fields;
};

void result_columns_init(struct result_columns *);
void result_columns_free(struct result_columns *);
void result_columns_trim(struct result_columns *); /* see result_obj_trim */

/* Sets columns, n_columns and column_types of q from the header's cells. query and fields (csvResultFields): -1 where
 * there is none; of: see result_obj_open. 0, or -1 with *err (memory, I/O). */
int result_columns_read(struct result_columns *, const struct text *cells, size_t n, const struct json_doc *,
			json_ref query, json_ref fields, struct result_warn *, const char *of, struct query_result *q,
			struct err *);

#endif
