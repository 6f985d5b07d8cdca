#include "field.h"

void field_text(struct jsonw *w, const char *key, struct text value)
{
	jsonw_key(w, key);
	jsonw_string(w, value);
}

void field_stamp(struct jsonw *w, const char *key, const struct stamp *t)
{
	jsonw_key(w, key);
	jsonw_cstr(w, stamp_is_set(t) ? t->text : NULL);
}

void field_number(struct jsonw *w, const char *key, bool known, int64_t value)
{
	jsonw_key(w, key);
	if (known)
		jsonw_int(w, value);
	else
		jsonw_null(w);
}

void field_flag(struct jsonw *w, const char *key, int flag)
{
	jsonw_key(w, key);
	if (flag < 0)
		jsonw_null(w);
	else
		jsonw_bool(w, flag != 0);
}

void field_json(struct jsonw *w, const char *key, struct text json)
{
	jsonw_key(w, key);
	jsonw_raw(w, json);
}

void field_json_line(struct jsonw *w, const char *key, struct text json)
{
	const size_t from = w->out->len;

	field_json(w, key, json);
	for (size_t i = from; i < w->out->len; i++)
		if (w->out->data[i] == '\n' || w->out->data[i] == '\r')
			w->out->data[i] = ' ';
}

void field_texts(struct jsonw *w, const char *key, const struct text *items, size_t n)
{
	jsonw_key(w, key);
	if (!items) {
		jsonw_null(w);
		return;
	}
	jsonw_array(w);
	for (size_t i = 0; i < n; i++)
		jsonw_string(w, items[i]);
	jsonw_array_end(w);
}
