/* test_postgres_tuple.c: values in PostgreSQL's binary format, byte by byte; a real server reads them in the other
 * tests. */
#include "postgres_tuple.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static struct buf out;

static struct postgres_tuple begin(void)
{
	buf_free(&out);
	buf_init(&out, SIZE_MAX / 2);
	return postgres_tuple_to(&out);
}

#define EXPECT(t, bytes)                                                                                               \
	do {                                                                                                           \
		assert_false((t).failed);                                                                              \
		assert_int_equal(out.len, sizeof(bytes) - 1);                                                          \
		assert_memory_equal(out.data, bytes, sizeof(bytes) - 1);                                               \
	} while (0)

static void scalars(void **state)
{
	const struct uuid id = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255}};
	struct postgres_tuple t = begin();

	(void)state;
	postgres_tuple_count(&t, 258);
	postgres_tuple_null(&t);
	postgres_tuple_text(&t, TEXT_NULL);
	postgres_tuple_text(&t, text_of(""));
	postgres_tuple_text(&t, text_of("ab"));
	EXPECT(t, "\1\2\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\2ab");
	t = begin();
	postgres_tuple_int(&t, -2);
	postgres_tuple_bigint(&t, INT64_MIN + 1);
	EXPECT(t, "\0\0\0\4\xff\xff\xff\xfe\0\0\0\x08\x80\0\0\0\0\0\0\1");
	t = begin();
	postgres_tuple_bool(&t, 1);
	postgres_tuple_bool(&t, 0);
	postgres_tuple_bool(&t, -1);
	EXPECT(t, "\0\0\0\1\1\0\0\0\1\0\xff\xff\xff\xff");
	t = begin();
	postgres_tuple_uuid(&t, &id);
	EXPECT(t, "\0\0\0\x10\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\xff");
}

static void times(void **state)
{
	struct stamp stamp = {0};
	struct postgres_tuple t = begin();

	(void)state;
	postgres_tuple_time(&t, &stamp);
	assert_int_equal(time_parse_iso("2000-01-01T00:00:00.000001Z", 27, &stamp), TIME_OK);
	postgres_tuple_time(&t, &stamp);
	assert_int_equal(time_parse_iso("1999-12-31T23:59:59.999999Z", 27, &stamp), TIME_OK);
	postgres_tuple_time(&t, &stamp);
	EXPECT(t, "\xff\xff\xff\xff\0\0\0\x08\0\0\0\0\0\0\0\1\0\0\0\x08\xff\xff\xff\xff\xff\xff\xff\xff");
}

static void arrays(void **state)
{
	const struct text texts[] = {{"a", 1}, {"", 0}, {NULL, 0}};
	const int32_t ints[] = {-1, 7};
	const struct uuid id = {{9}};
	struct postgres_tuple t = begin();

	(void)state;
	postgres_tuple_texts(&t, texts, 2);
	EXPECT(t, "\0\0\0\x1d\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\2\0\0\0\1\0\0\0\1a\0\0\0\0");
	t = begin();
	postgres_tuple_texts(&t, NULL, 0);
	EXPECT(t, "\0\0\0\x0c\0\0\0\0\0\0\0\0\0\0\0\x19");
	t = begin();
	postgres_tuple_ints(&t, ints, 2);
	EXPECT(t, "\0\0\0\x24\0\0\0\1\0\0\0\0\0\0\0\x17\0\0\0\2\0\0\0\1\0\0\0\4\xff\xff\xff\xff\0\0\0\4\0\0\0\7");
	t = begin();
	postgres_tuple_uuids(&t, &id, 1);
	EXPECT(t, "\0\0\0\x28\0\0\0\1\0\0\0\0\0\0\x0b\x86\0\0\0\1\0\0\0\1\0\0\0\x10\x09\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
}

/* What cannot be said is a failure, which sticks, and nothing of it is written. */
static void out_of_range(void **state)
{
	const struct text huge[] = {{"x", SIZE_MAX}, {"x", 1}}, two[] = {{"x", INT32_MAX - 10}, {"x", INT32_MAX - 10}};
	struct postgres_tuple t = begin();

	(void)state;
	postgres_tuple_int(&t, (int64_t)INT32_MAX + 1);
	assert_true(t.failed);
	postgres_tuple_int(&t, 1);
	assert_true(t.failed);
	t = begin();
	postgres_tuple_int(&t, (int64_t)INT32_MIN - 1);
	assert_true(t.failed);
	t = begin();
	postgres_tuple_bytes(&t, "x", (size_t)INT32_MAX + 1);
	assert_true(t.failed);
	t = begin();
	postgres_tuple_texts(&t, huge, 2);
	assert_true(t.failed);
	t = begin();
	postgres_tuple_texts(&t, two, 2);
	assert_true(t.failed);
	assert_int_equal(out.len, 0);
	buf_free(&out);
	buf_init(&out, 6);
	t = postgres_tuple_to(&out);
	postgres_tuple_text(&t, text_of("abc"));
	assert_true(t.failed);
}

static void walking(void **state)
{
	struct postgres_tuple t = begin();
	struct text field;
	size_t at = 0;

	(void)state;
	postgres_tuple_text(&t, text_of("ab"));
	postgres_tuple_null(&t);
	postgres_tuple_text(&t, text_of(""));
	assert_true(postgres_tuple_next(out.data, out.len, &at, &field));
	assert_true(text_eq(field, text_of("ab")));
	assert_true(postgres_tuple_next(out.data, out.len, &at, &field));
	assert_null(field.p);
	assert_true(postgres_tuple_next(out.data, out.len, &at, &field));
	assert_non_null(field.p);
	assert_int_equal(field.n, 0);
	assert_false(postgres_tuple_next(out.data, out.len, &at, &field));
	for (size_t n = 0; n < 6; n++) { /* cut within the first one */
		char *cut = malloc(n + 1);
		assert_non_null(cut);
		memcpy(cut, out.data, n);
		at = 0;
		assert_false(postgres_tuple_next(cut, n, &at, &field));
		free(cut);
	}
}

/* What is written comes back; what is laid out otherwise does not. */
static void arrays_back(void **state)
{
	static const struct text bad[] = {
	    {"", 0},
	    {"\0\0\0\0\0\0\0\0\0\0\0", 11},
	    {"\0\0\0\0\0\0\0\0\0\0\0\x19x", 13},                                        /* a byte too many */
	    {"\0\0\0\0\0\0\0\0\0\0\0\x17", 12},                                         /* of integers */
	    {"\0\0\0\1\0\0\0\1\0\0\0\x19\0\0\0\1\0\0\0\1\xff\xff\xff\xff", 24},         /* a null */
	    {"\0\0\0\2\0\0\0\0\0\0\0\x19\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\0", 32}, /* two dimensions */
	    {"\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\1\0\0\0\0\0\0\0\0", 24},                 /* from 0 */
	    {"\0\0\0\1\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\0\0\0\1\0\0\0\0", 24}};        /* too many */
	const struct text texts[] = {{"a", 1}, {"", 0}, {"bc", 2}};
	struct postgres_tuple t = begin();
	struct text field, cell;
	size_t at = 0, n;

	(void)state;
	postgres_tuple_texts(&t, texts, 3);
	assert_true(postgres_tuple_next(out.data, out.len, &at, &field));
	assert_true(postgres_tuple_array(field, &n, &at));
	assert_int_equal(n, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_true(postgres_tuple_next(field.p, field.n, &at, &cell));
		assert_true(text_eq(cell, texts[i]));
	}
	assert_int_equal(at, field.n);
	t = begin();
	postgres_tuple_texts(&t, NULL, 0);
	at = 0;
	assert_true(postgres_tuple_next(out.data, out.len, &at, &field));
	assert_true(postgres_tuple_array(field, &n, &at));
	assert_int_equal(n, 0);
	assert_int_equal(at, field.n);
	assert_false(postgres_tuple_array(TEXT_NULL, &n, &at));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (postgres_tuple_array(bad[i], &n, &at))
			fail_msg("%zu is taken", i);
	assert_int_equal(postgres_tuple_get_int((struct text){"\xff\xff\xff\xfe", 4}), -2);
	assert_int_equal(postgres_tuple_get_int((struct text){"\0\1", 2}), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(scalars), cmocka_unit_test(times),
						  cmocka_unit_test(arrays),  cmocka_unit_test(out_of_range),
						  cmocka_unit_test(walking), cmocka_unit_test(arrays_back)};
	const int rc = cmocka_run_group_tests(tests, NULL, NULL);

	buf_free(&out);
	return rc;
}
