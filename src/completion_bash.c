#include "completion_own.h"

#include <string.h>

/*
 * The part of the script that is always the same. It needs no other package. What bash splits at (COMP_WORDBREAKS has
 * ':' and '=') is put together again for looking at, and what readline is going to keep is taken off the candidates:
 * readline replaces no more than $2.
 */
static const char functions[] =
    "_omni_export_add()\n"
    "{\n"
    "	# _omni_export_add BEFORE COMPGEN-ARGUMENT...\n"
    "	local before=$1 word\n"
    "	shift\n"
    "	while IFS= read -r word; do\n"
    "		COMPREPLY+=(\"$before$word\")\n"
    "	done < <(compgen \"$@\" 2>/dev/null)\n"
    "}\n"
    "\n"
    "_omni_export_files()\n"
    "{\n"
    "	# _omni_export_files BEFORE PATH\n"
    "	local n=${#COMPREPLY[@]}\n"
    "	case $2 in\n"
    "	[\\'\\\"]*) _omni_export_add \"$1${2:0:1}\" -f -- \"${2:1}\" ;;\n"
    "	*) _omni_export_add \"$1\" -f -- \"$2\" ;;\n"
    "	esac\n"
    "	[ \"${#COMPREPLY[@]}\" -eq \"$n\" ] || compopt -o filenames 2>/dev/null\n"
    "}\n"
    "\n"
    "_omni_export_sinks()\n"
    "{\n"
    "	# _omni_export_sinks BEFORE SINK\n"
    "	local start=${2%%:*}:\n"
    "	case $2 in\n"
    "	*:*)\n"
    "		case \" $_omni_export_paths \" in\n"
    "		*\" $start \"*) _omni_export_files \"$1$start\" \"${2#*:}\" ;;\n"
    "		*) _omni_export_add \"$1\" -W \"$_omni_export_schemes\" -- \"$2\" ;;\n"
    "		esac\n"
    "		;;\n"
    "	*)\n"
    "		_omni_export_files \"$1\" \"$2\"\n"
    "		_omni_export_add \"$1\" -W \"$_omni_export_schemes\" -- \"$2\"\n"
    "		;;\n"
    "	esac\n"
    "	# what a sink begins with is not the end of the word\n"
    "	case ${#COMPREPLY[@]},${COMPREPLY[0]-} in\n"
    "	1,*: | 1,*://) compopt -o nospace +o filenames 2>/dev/null ;;\n"
    "	esac\n"
    "}\n"
    "\n"
    "_omni_export_value()\n"
    "{\n"
    "	# _omni_export_value KIND BEFORE WORD\n"
    "	case $1 in\n"
    "	files) _omni_export_files \"$2\" \"$3\" ;;\n"
    "	sinks) _omni_export_sinks \"$2\" \"$3\" ;;\n"
    "	*) _omni_export_add \"$2\" -W \"$1\" -- \"$3\" ;;\n"
    "	esac\n"
    "}\n"
    "\n"
    "_omni_export()\n"
    "{\n"
    "	local rest=${COMP_LINE:0:COMP_POINT} IFS=$' \\t\\n'\n"
    "	local i word before= pending= only_operands= options= operands= kind= value kept\n"
    "	local -a words=()\n"
    "\n"
    "	for ((i = 0; i <= COMP_CWORD; i++)); do\n"
    "		word=${rest#\"${rest%%[![:space:]]*}\"}\n"
    "		[ \"$i\" -eq \"$COMP_CWORD\" ] || word=${COMP_WORDS[i]}\n"
    "		case $rest in\n"
    "		[[:space:]]*) words+=(\"$word\") ;;\n"
    "		*) words[${#words[@]} > 0 ? ${#words[@]} - 1 : 0]+=$word ;;\n"
    "		esac\n"
    "		rest=${rest#\"${rest%%[![:space:]]*}\"}\n"
    "		rest=${rest#\"$word\"}\n"
    "	done\n"
    "	word=${words[${#words[@]} - 1]}\n"
    "	kept=${word%\"$2\"}\n"
    "	COMPREPLY=()\n"
    "	_omni_export_command \"${words[1]-}\"\n"
    "\n"
    "	for ((i = 2; i < ${#words[@]} - 1; i++)); do\n"
    "		if [ -n \"$pending\" ]; then\n"
    "			pending=\n"
    "			continue\n"
    "		fi\n"
    "		case ${words[i]} in\n"
    "		--)\n"
    "			only_operands=yes\n"
    "			break\n"
    "			;;\n"
    "		--*) _omni_export_takes \"${words[i]}\" && pending=${words[i]} ;;\n"
    "		-?*)\n"
    "			# letters: the first one that takes a value takes the rest of the word, or else the next one\n"
    "			value=${words[i]#-}\n"
    "			while [ -n \"$value\" ] && ! _omni_export_takes \"-${value:0:1}\"; do\n"
    "				value=${value:1}\n"
    "			done\n"
    "			[ \"${#value}\" -ne 1 ] || pending=-$value\n"
    "			;;\n"
    "		esac\n"
    "	done\n"
    "\n"
    "	case $only_operands,$pending,$word in\n"
    "	,,--*=*)\n"
    "		pending=${word%%=*}\n"
    "		before=$pending=\n"
    "		word=${word#*=}\n"
    "		;;\n"
    "	esac\n"
    "	# an opening quote is readline's\n"
    "	case $word in\n"
    "	[\\'\\\"]*)\n"
    "		before=$before${word:0:1}\n"
    "		word=${word:1}\n"
    "		;;\n"
    "	esac\n"
    "	if [ -n \"$pending\" ]; then\n"
    "		_omni_export_takes \"$pending\" && _omni_export_value \"$kind\" \"$before\" \"$word\"\n"
    "	elif [ \"${#words[@]}\" -eq 2 ]; then\n"
    "		_omni_export_value \"$_omni_export_commands --help --version\" \"$before\" \"$word\"\n"
    "	else\n"
    "		case $only_operands,$word in\n"
    "		,-*) _omni_export_value \"$options\" \"$before\" \"$word\" ;;\n"
    "		*) _omni_export_value \"$operands\" \"$before\" \"$word\" ;;\n"
    "		esac\n"
    "	fi\n"
    "	for i in \"${!COMPREPLY[@]}\"; do\n"
    "		COMPREPLY[i]=${COMPREPLY[i]#\"$kept\"}\n"
    "	done\n"
    "}\n"
    "complete -F _omni_export omni-export\n";

/* As _omni_export_value takes it. */
static void print_kind(FILE *f, const struct completion_value *v)
{
	switch (v->kind) {
	case COMPLETION_FILES:
		(void)fputs("files", f);
		break;
	case COMPLETION_SINKS:
		(void)fputs("sinks", f);
		break;
	case COMPLETION_WORDS:
		(void)fputc('\'', f);
		completion_words(f, v, " ");
		(void)fputc('\'', f);
		break;
	case COMPLETION_COMMANDS:
		(void)fputs("$_omni_export_commands", f);
		break;
	case COMPLETION_NOTHING:
		break;
	}
}

static void print_command(FILE *f, const struct completion_command *c)
{
	struct completion_value operands = completion_of_operands(c->usage);

	(void)fprintf(f, "\t%s)\n\t\toptions='", c->name);
	for (const struct option_def *o = option_table; o->name != NULL; o++)
		if ((o->commands & c->options) != 0) {
			(void)fprintf(f, "--%s ", o->name);
			if (o->letter != 0)
				(void)fprintf(f, "-%c ", o->letter);
		}
	(void)fputs("'\n\t\toperands=", f);
	print_kind(f, &operands);
	(void)fputs("\n\t\t;;\n", f);
}

static void print_option(FILE *f, const struct option_def *o)
{
	struct completion_value v = completion_of_option(o);

	if (v.name == NULL)
		return;
	(void)fputc('\t', f);
	if (o->letter != 0)
		(void)fprintf(f, "-%c | ", o->letter);
	(void)fprintf(f, "--%s) kind=", o->name);
	print_kind(f, &v);
	(void)fputs(" ;;\n", f);
}

void completion_bash(FILE *f, const struct completion *c)
{
	(void)fputs("# Completion of omni-export for bash 4 and later, as 'omni-export completion bash' prints it.\n\n"
		    "_omni_export_commands='",
		    f);
	for (const struct completion_command *k = c->commands; k->name != NULL; k++)
		(void)fprintf(f, "%s%s", k != c->commands ? " " : "", k->name);
	(void)fputs("'\n# what a sink begins with, and where a path follows\n_omni_export_schemes='", f);
	for (const struct completion_sink *s = c->sinks; s->start != NULL; s++)
		(void)fprintf(f, "%s%s", s != c->sinks ? " " : "", s->start);
	(void)fputs("'\n_omni_export_paths='", f);
	for (const struct completion_sink *s = c->sinks; s->start != NULL; s++)
		if (s->path)
			(void)fprintf(f, "%s%s", s != c->sinks ? " " : "", s->start);
	(void)fputs("'\n\n"
		    "_omni_export_command()\n"
		    "{\n"
		    "	# sets $options and $operands of a command\n"
		    "	case $1 in\n",
		    f);
	for (const struct completion_command *k = c->commands; k->name != NULL; k++)
		print_command(f, k);
	(void)fputs("\tesac\n"
		    "}\n\n"
		    "_omni_export_takes()\n"
		    "{\n"
		    "	# does an option take a value? Sets $kind to what it is\n"
		    "	kind=\n"
		    "	case $1 in\n",
		    f);
	for (const struct option_def *o = option_table; o->name != NULL; o++)
		print_option(f, o);
	(void)fputs("	*) return 1 ;;\n"
		    "	esac\n"
		    "}\n\n",
		    f);
	(void)fputs(functions, f);
}
