/* test_operand.c: what a usage says that a command takes, and whether it gets it. */
#include "operand.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

static void test_next(void **state)
{
	static const struct {
		const char *usage, *operands; /* NAME, ? for optional, + for repeated */
	} cases[] = {
	    {"run [OPTION]... [FILE]...", "FILE?+ "},
	    {"status [OPTION]... SINK", "SINK "},
	    {"help [COMMAND]", "COMMAND? "},
	    {"completion bash|zsh|fish", "bash|zsh|fish "},
	    {"x A... [B]  C", "A+ B? C "},
	    {"x [] ... [", "[] ... [ "},
	    {"x", ""},
	    {"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *left = operand_begin(cases[i].usage);
		struct operand o;
		char got[100] = "";

		while (operand_next(&left, &o))
			(void)snprintf(got + strlen(got), sizeof(got) - strlen(got), "%.*s%s%s ", (int)o.n, o.name,
				       o.optional ? "?" : "", o.repeated ? "+" : "");
		assert_string_equal(got, cases[i].operands);
	}
}

static void test_check(void **state)
{
	static const struct {
		const char *usage, *operands, *msg; /* NULL: all is well */
	} cases[] = {
	    {"run [OPTION]... [FILE]...", "", NULL},
	    {"run [OPTION]... [FILE]...", "a b c", NULL},
	    {"help [COMMAND]", "", NULL},
	    {"help [COMMAND]", "run", NULL},
	    {"help [COMMAND]", "run load", "too many operands, 2 instead of 1; usage: omni-export help [COMMAND]"},
	    {"list", "x", "too many operands, 1 instead of 0; usage: omni-export list"},
	    {"status SINK", "a", NULL},
	    {"status SINK", "", "SINK is missing; usage: omni-export status SINK"},
	    {"status SINK", "a pg://me:secret@h b",
	     "too many operands, 3 instead of 1; usage: omni-export status SINK"},
	    {"put SINK FILE...", "a", "FILE is missing; usage: omni-export put SINK FILE..."},
	    {"put SINK FILE...", "a b c", NULL},
	    {"completion bash|zsh", "zsh", NULL},
	    {"completion bash|zsh", "bash", NULL},
	    {"completion bash|zsh", "", "bash|zsh is missing; usage: omni-export completion bash|zsh"},
	    {"completion bash|zsh", "bahs", "'bahs' will not do: it takes bash|zsh; did you mean 'bash'?"},
	    {"completion bash|zsh", "bash|zsh", "'bash|zsh' will not do: it takes bash|zsh"},
	    {"completion bash|zsh", "", "bash|zsh is missing; usage: omni-export completion bash|zsh"},
	    {"each [a|b]...", "a b c", "'c' will not do: it takes a|b"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char copy[100], *operands[10];
		size_t n = 0;
		struct err err = {0};
		int result;

		(void)snprintf(copy, sizeof(copy), "%s", cases[i].operands);
		for (char *p = strtok(copy, " "); p != NULL; p = strtok(NULL, " "))
			operands[n++] = p;
		result = operand_check(cases[i].usage, operands, n, &err);
		assert_int_equal(result, cases[i].msg != NULL ? -1 : 0);
		if (cases[i].msg != NULL) {
			assert_int_equal(err.kind, ERR_USAGE);
			assert_string_equal(err.msg, cases[i].msg);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_next),
	    cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
