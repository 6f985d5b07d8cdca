#include "operand.h"

#include "nearest.h"

#include <string.h>

const char *operand_begin(const char *usage)
{
	return usage + strcspn(usage, " ");
}

bool operand_next(const char **left, struct operand *o)
{
	for (;;) {
		const char *p = *left + strspn(*left, " ");
		size_t n = strcspn(p, " ");

		*left = p + n;
		if (n == 0)
			return false;
		o->repeated = n > 3 && memcmp(p + n - 3, "...", 3) == 0;
		n -= o->repeated ? 3 : 0;
		o->optional = n > 2 && p[0] == '[' && p[n - 1] == ']';
		o->name = p + (o->optional ? 1 : 0);
		o->n = n - (o->optional ? 2 : 0);
		if (!operand_is(o, "OPTION"))
			return true;
	}
}

bool operand_is(const struct operand *o, const char *name)
{
	return o->n == strlen(name) && memcmp(o->name, name, o->n) == 0;
}

bool operand_is_choice(const struct operand *o)
{
	return memchr(o->name, '|', o->n) != NULL;
}

bool operand_has_word(const char *words, size_t n, const char *word)
{
	for (const char *p = words, *end = p + n; p < end;) {
		const char *bar = memchr(p, '|', (size_t)(end - p));
		size_t k = bar != NULL ? (size_t)(bar - p) : (size_t)(end - p);

		if (k > 0 && k == strlen(word) && memcmp(p, word, k) == 0)
			return true;
		p += k + 1;
	}
	return false;
}

static int bad_word(const struct operand *o, const char *word, struct err *err)
{
	struct nearest near;
	char hint[100];

	nearest_begin(&near, word, strlen(word));
	nearest_offer_words(&near, o->name, o->n);
	nearest_hint(&near, "", "", hint, sizeof(hint));
	return err_set(err, ERR_USAGE, "'%.100s' will not do: it takes %.*s%s", word, (int)o->n, o->name, hint);
}

int operand_check(const char *usage, char *const *operands, size_t n, struct err *err)
{
	const char *left = operand_begin(usage);
	struct operand o;
	size_t i = 0;

	while (operand_next(&left, &o)) {
		if (i == n && !o.optional)
			return err_set(err, ERR_USAGE, "%.*s is missing; usage: omni-export %s", (int)o.n, o.name,
				       usage);
		for (size_t first = i; i < n && (i == first || o.repeated); i++)
			if (operand_is_choice(&o) && !operand_has_word(o.name, o.n, operands[i]))
				return bad_word(&o, operands[i], err);
	}
	if (i < n)
		return err_set(err, ERR_USAGE, "too many operands, %zu instead of %zu; usage: omni-export %s", n, i,
			       usage);
	return 0;
}
