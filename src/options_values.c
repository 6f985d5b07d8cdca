#include "nearest.h"
#include "operand.h"
#include "options_given.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- from text to values --- */

static bool parse_flag(const char *s, bool *out)
{
	static const char *const words[][2] = {{"no", "yes"}, {"0", "1"}, {"false", "true"}, {"off", "on"}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		for (int v = 0; v < 2; v++)
			if (strcasecmp(s, words[i][v]) == 0) {
				*out = v == 1;
				return true;
			}
	return false;
}

static bool parse_whole(const char *s, int base, int64_t min, int64_t max, int64_t *out)
{
	char *end;
	long long v;

	if (!isdigit((unsigned char)s[0]))
		return false;
	errno = 0;
	v = strtoll(s, &end, base);
	if (errno != 0 || *end != '\0' || v < min || v > max)
		return false;
	*out = v;
	return true;
}

/* Seconds with up to any number of digits behind the point -> milliseconds, rounded down, by hand: no locale has a say.
 */
static bool parse_seconds(const char *s, int64_t min, int64_t max, int64_t *out)
{
	int64_t ms = 0, unit = 100;
	size_t digits = 0;

	for (; isdigit((unsigned char)*s); s++, digits++) {
		if (ms > INT64_MAX / 100000)
			return false;
		ms = ms * 10 + (int64_t)(*s - '0') * 1000;
	}
	if (*s == '.')
		for (s++; isdigit((unsigned char)*s); s++, digits++, unit /= 10)
			ms += (*s - '0') * unit;
	if (*s == 's' && s[1] == '\0')
		s++;
	if (*s != '\0' || digits == 0 || ms < min || ms > max)
		return false;
	*out = ms;
	return true;
}

static bool parse_size(const char *s, uint64_t *out)
{
	static const char units[] = "KMGT";
	char *end;
	unsigned long long v;
	unsigned shift = 0;

	if (!isdigit((unsigned char)s[0]))
		return false;
	errno = 0;
	v = strtoull(s, &end, 10);
	if (errno != 0)
		return false;
	if (*end != '\0') {
		const char *unit = strchr(units, toupper((unsigned char)*end));

		if (unit == NULL || end[1] != '\0')
			return false;
		shift = 10 * (unsigned)(unit - units + 1);
	}
	if (v == 0 || v > UINT64_MAX >> shift)
		return false;
	*out = (uint64_t)v << shift;
	return true;
}

static void describe(const struct option_def *o, char *out, size_t size)
{
	switch (o->type) {
	case OPTION_FLAG:
		(void)snprintf(out, size, "yes or no");
		break;
	case OPTION_COUNT:
		(void)snprintf(out, size, "a whole number from %lld to %lld", (long long)o->min, (long long)o->max);
		break;
	case OPTION_SECONDS:
		(void)snprintf(out, size, "seconds from %g to %lld", (double)o->min / 1000, (long long)(o->max / 1000));
		break;
	case OPTION_SIZE:
		(void)snprintf(out, size, "a number of bytes such as 500M or 4G");
		break;
	case OPTION_MODE:
		(void)snprintf(out, size, "permission bits in octal such as 0640");
		break;
	default:
		(void)snprintf(out, size, "%s", o->arg != NULL ? o->arg : "nothing");
	}
}

static bool convert(struct options *out, const struct option_def *o, const char *value)
{
	void *at = (char *)out + o->offset;

	switch (o->type) {
	case OPTION_FLAG:
	case OPTION_HELP:
	case OPTION_VERSION:
		return parse_flag(value, at);
	case OPTION_COUNT:
		return parse_whole(value, 10, o->min, o->max, at);
	case OPTION_SECONDS:
		return parse_seconds(value, o->min, o->max, at);
	case OPTION_SIZE:
		return parse_size(value, at);
	case OPTION_MODE:
		return parse_whole(value, 8, o->min, o->max, at);
	case OPTION_CHOICE:
		if (!operand_has_word(o->arg, strlen(o->arg), value))
			return false;
		*(const char **)at = value;
		return true;
	case OPTION_TEXT:
		*(const char **)at = value;
		return value[0] != '\0';
	case OPTION_LIST:
		return value[0] != '\0';
	}
	return false;
}

static int bad_value(struct options_reader *r, size_t i, const char *value)
{
	const struct given *g = &r->mem->given[i];
	const struct option_def *o = &option_table[i];
	char right[200], where[4200], hint[100] = "";

	describe(o, right, sizeof(right));
	if (o->type == OPTION_CHOICE) {
		struct nearest near;

		nearest_begin(&near, value, strlen(value));
		nearest_offer_words(&near, o->arg, strlen(o->arg));
		nearest_hint(&near, "", "", hint, sizeof(hint));
	}
	if (g->source == SOURCE_CONFIG)
		(void)snprintf(where, sizeof(where), "%s:%d: %s", r->mem->config_path, g->line, o->name);
	else if (g->source == SOURCE_ENVIRONMENT)
		options_environment_name(o->name, where, sizeof(where));
	else
		(void)snprintf(where, sizeof(where), "option '--%s'", o->name);
	return err_set(r->err, ERR_FATAL, "%s: '%s' will not do: it takes %s%s", where, value, right, hint);
}

int options_set_values(struct options_reader *r)
{
	for (size_t i = 0; option_table[i].name != NULL; i++) {
		const struct option_def *o = &option_table[i];
		struct given *g = &r->mem->given[i];

		if ((o->commands & r->command) == 0)
			continue;
		if (g->n == 0 && o->def != NULL && options_give(r, i, SOURCE_DEFAULT, o->def, strlen(o->def)) != 0)
			return -1;
		for (size_t k = 0; k < g->n; k++)
			if (!convert(r->out, o, g->values[k]))
				return bad_value(r, i, g->values[k]);
		if (o->type == OPTION_LIST)
			*(struct option_list *)(void *)((char *)r->out + o->offset) =
			    (struct option_list){(const char **)g->values, g->n};
	}
	return 0;
}
