#include "reasons.h"

#include "utf8.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define SAY_CHARS 200 /* of a reason: what a line bears */

static bool is_digit(char c)
{
	return isdigit((unsigned char)c) != 0;
}

/* The same but for their numbers? */
static bool alike(const char *a, const char *b, size_t nb)
{
	size_t i = 0;

	while (*a != '\0' && i < nb) {
		if (is_digit(*a) && is_digit(b[i])) {
			while (is_digit(*a))
				a++;
			while (i < nb && is_digit(b[i]))
				i++;
		} else if (*a++ != b[i++]) {
			return false;
		}
	}
	return *a == '\0' && i == nb;
}

int reasons_add(struct reasons *r, enum job_state state, struct text error, const struct uuid *id)
{
	const char *nul = error.p != NULL ? memchr(error.p, '\0', error.n) : NULL;
	const size_t n = nul != NULL ? (size_t)(nul - error.p) : error.n;
	char *text;

	for (size_t i = 0; i < r->n; i++)
		if (r->at[i].state == state && alike(r->at[i].text, error.p, n)) {
			r->at[i].n++;
			return 0;
		}
	if (r->n == REASONS_MAX) {
		r->others++;
		return 0;
	}
	if (r->n == r->cap) {
		const size_t cap = r->cap > 0 ? 2 * r->cap : 8;
		struct reason *more = realloc(r->at, cap * sizeof(*more));

		if (more == NULL)
			return -1;
		r->at = more;
		r->cap = cap;
	}
	text = n > 0 ? strndup(error.p, n) : strdup("");
	if (text == NULL)
		return -1;
	r->at[r->n++] = (struct reason){.state = state, .n = 1, .text = text, .example = *id};
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct reason *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	if (state_is_lost(x->state) != state_is_lost(y->state))
		return state_is_lost(x->state) ? -1 : 1;
	return uuid_cmp(&x->example, &y->example);
}

void reasons_sort(struct reasons *r)
{
	if (r->n > 1)
		qsort(r->at, r->n, sizeof(*r->at), compare);
}

void reasons_free(struct reasons *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->at[i].text);
	free(r->at);
	*r = (struct reasons){0};
}

int reasons_say(const struct reason *r, struct buf *out)
{
	char id[UUID_TEXT_LEN + 1];
	int bad = buf_addf(out, "%lld %s", (long long)r->n, state_name(r->state));

	if (r->text[0] != '\0')
		bad |= buf_adds(out, ": ") | utf8_visible(out, r->text, strlen(r->text), SAY_CHARS);
	bad |= buf_addf(out, r->n > 1 ? " (for instance %s)" : " (%s)", uuid_format(&r->example, id));
	return bad;
}
