#include "result_warn.h"

#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void result_warn_init(struct result_warn *w)
{
	memset(w, 0, sizeof(*w));
	buf_init(&w->json, (size_t)1 << 20); /* RESULT_MAX_WARNINGS of them are far below */
	result_warn_reset(w);
}

void result_warn_free(struct result_warn *w)
{
	buf_free(&w->json);
}

void result_warn_reset(struct result_warn *w)
{
	buf_clear(&w->json);
	jsonw_init(&w->w, &w->json);
	jsonw_array(&w->w);
	w->n = 0;
	w->failed = false;
}

void result_warn(struct result_warn *w, const char *fmt, ...)
{
	char msg[1024];
	va_list ap;
	int n;

	if (w->n++ >= RESULT_MAX_WARNINGS)
		return;
	va_start(ap, fmt);
	n = vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	if (n < 0) {
		w->failed = true;
		return;
	}
	if ((size_t)n >= sizeof(msg))
		n = (int)utf8_cut(msg, sizeof(msg) - 1);
	jsonw_string(&w->w, (struct text){msg, (size_t)n});
}

int result_warn_end(struct result_warn *w, struct text *out)
{
	char more[64];

	*out = TEXT_NULL;
	if (w->n > RESULT_MAX_WARNINGS) {
		(void)snprintf(more, sizeof(more), "and %lld more", (long long)(w->n - RESULT_MAX_WARNINGS));
		jsonw_cstr(&w->w, more);
	}
	jsonw_array_end(&w->w);
	if (w->failed || w->w.failed)
		return -1;
	if (w->n > 0)
		*out = buf_text(&w->json);
	return 0;
}

const char *result_warn_name(const char *p, size_t n, char out[RESULT_NAME_MAX])
{
	struct buf b;

	/* 60 characters of at most 8 bytes (\u{NNNN}, an ellipsis) always fit; without memory the name is left out. */
	buf_init(&b, RESULT_NAME_MAX * 2);
	(void)utf8_visible(&b, p, n, 60);
	(void)snprintf(out, RESULT_NAME_MAX, "%s", buf_cstr(&b));
	out[utf8_cut(out, strlen(out))] = '\0';
	buf_free(&b);
	return out;
}
