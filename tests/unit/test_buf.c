#include "buf.h"

#include "unit.h"

#include <string.h>

static void test_grows_and_terminates(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	assert_string_equal(buf_cstr(&b), "");
	for (int i = 0; i < 1000; i++)
		assert_int_equal(buf_addf(&b, "%d,", i), 0);
	assert_int_equal(b.len, 3890);
	assert_int_equal(strlen(b.data), b.len);
	assert_memory_equal(b.data + b.len - 8, "998,999,", 8);
	buf_cut(&b, 3);
	assert_string_equal(b.data, "0,1");
	buf_free(&b);
	assert_null(b.data);
	assert_int_equal(buf_adds(&b, "again"), 0);
	assert_string_equal(b.data, "again");
	buf_free(&b);
}

static void test_maximum_holds_and_changes_nothing(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	assert_int_equal(buf_add(&b, "a\0c", 3), 0);
	assert_int_equal(buf_adds(&b, "def"), -1);
	assert_int_equal(buf_addf(&b, "%s", "def"), -1);
	assert_null(buf_room(&b, SIZE_MAX));
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.data, "a\0c\0", 4);
	assert_int_equal(buf_adds(&b, "de"), 0);
	assert_int_equal(buf_addc(&b, 'f'), -1);
	assert_int_equal(b.len, 5);
	buf_free(&b);
}

static void test_text(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	assert_non_null(buf_text(&b).p);
	assert_true(text_eq(text_of("x"), (struct text){"xy", 1}));
	assert_false(text_eq(text_of("x"), text_of("xy")));
	assert_false(text_eq(TEXT_NULL, text_of("")));
	assert_true(text_eq(text_of(NULL), TEXT_NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_grows_and_terminates),
	    cmocka_unit_test(test_maximum_holds_and_changes_nothing),
	    cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
