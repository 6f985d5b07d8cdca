#include "completion_own.h"

#include <string.h>

static enum completion_kind kind_of(const char *name, size_t n)
{
	static const struct {
		const char *name;
		enum completion_kind kind;
	} kinds[] = {{"FILE", COMPLETION_FILES}, {"SINK", COMPLETION_SINKS}, {"COMMAND", COMPLETION_COMMANDS}};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].name) == n && memcmp(kinds[i].name, name, n) == 0)
			return kinds[i].kind;
	return COMPLETION_NOTHING;
}

struct completion_value completion_of_option(const struct option_def *o)
{
	size_t n = o->arg != NULL ? strlen(o->arg) : 0;

	return (struct completion_value){o->type == OPTION_CHOICE ? COMPLETION_WORDS : kind_of(o->arg, n), o->arg, n};
}

struct completion_value completion_of_operands(const char *usage)
{
	const char *left = operand_begin(usage);
	struct operand o;

	if (!operand_next(&left, &o))
		return (struct completion_value){.kind = COMPLETION_NOTHING};
	return (struct completion_value){operand_is_choice(&o) ? COMPLETION_WORDS : kind_of(o.name, o.n), o.name, o.n};
}

void completion_words(FILE *f, const struct completion_value *v, const char *between)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->name[i] == '|')
			(void)fputs(between, f);
		else
			(void)fputc(v->name[i], f);
}

void completion_quoted(FILE *f, const char *text, size_t n, const char *special, const char *quote)
{
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\'') {
			(void)fputs(quote, f);
			continue;
		}
		if (strchr(special, text[i]) != NULL)
			(void)fputc('\\', f);
		(void)fputc(text[i], f);
	}
}

/* Up to the first "; " or ": ". */
static size_t first_clause(const char *help)
{
	size_t n = 0;

	while (help[n] != '\0' && !((help[n] == ';' || help[n] == ':') && help[n + 1] == ' '))
		n++;
	return n;
}

void completion_help(FILE *f, const struct option_def *o, const char *special, const char *quote)
{
	completion_quoted(f, o->help, first_clause(o->help), special, quote);
	if (o->def == NULL)
		return;
	(void)fputs(" (default: ", f);
	completion_quoted(f, o->def, strlen(o->def), special, quote);
	(void)fputc(')', f);
}
