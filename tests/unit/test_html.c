#include "html.h"

#include "unit.h"
#include "utf8.h"

#include <string.h>

static void check(struct text in, const char *expected)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	assert_int_equal(html_add(&out, in), 0);
	assert_string_equal(buf_cstr(&out), expected);
	buf_free(&out);
}

static void text_is_no_markup(void **state)
{
	(void)state;
	check(text_of("<script>alert('&\"')</script>"), "&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;");
	check(text_of("\" onload=\"x"), "&quot; onload=&quot;x");
	check(text_of("]]></style>"), "]]&gt;&lt;/style&gt;");
	check(text_of("&lt;"), "&amp;lt;");
	check(text_of("plain é 李 👓 text\tand\nlines"), "plain é 李 👓 text\tand\nlines");
	check((struct text){"", 0}, "");
}

static void what_is_not_seen_is_shown(void **state)
{
	(void)state;
	check((struct text){"a\0b", 3}, "a\xe2\x90\x80"
					"b"); /* ␀ */
	check(text_of("\x07\x1b[31m\x7f"), "␇␛[31m␡");
	check(text_of("a\r\nb\rc"), "a\nb␍c");
	check(text_of("\xc2\x9b"), "\\u{009b}");
	check(text_of("\u202egnp.exe"), "\\u{202e}gnp.exe");
	check(text_of("\u2066x\u2069 \ufeff \u2028 \U000e0041"), "\\u{2066}x\\u{2069} \\u{feff} \\u{2028} \\u{e0041}");
	check(text_of("\xff\xc0\xaf<"), "\ufffd\ufffd\ufffd&lt;");
	check(text_of("\xed\xa0\x80"), "\ufffd\ufffd\ufffd"); /* half of a surrogate pair */
	/* What text needs: joiners, the marks of a direction. */
	check(text_of("👨\u200d👩 \u200c \u200f שלום"), "👨\u200d👩 \u200c \u200f שלום");
}

/* Whatever comes: nothing that HTML takes for markup, valid UTF-8, no control but tab and line end. */
static void any_two_bytes(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 256);
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++) {
			const char in[2] = {(char)a, (char)b};

			buf_clear(&out);
			assert_int_equal(html_add(&out, (struct text){in, 2}), 0);
			assert_null(strpbrk(buf_cstr(&out), "<>\"'"));
			for (size_t i = 0, n; i < out.len; i += n) {
				const unsigned char c = (unsigned char)out.data[i];

				n = utf8_len(out.data + i, out.len - i);
				assert_true(n > 0);
				assert_true(c >= 0x20 || c == '\t' || c == '\n');
				assert_true(c != 0x7f);
			}
		}
	buf_free(&out);
}

static void a_cut_is_told(void **state)
{
	struct buf out;
	size_t left;

	(void)state;
	buf_init(&out, 256);
	assert_int_equal(html_cut(&out, text_of("é<é>é"), 3, &left), 0);
	assert_string_equal(buf_cstr(&out), "é&lt;é");
	assert_int_equal(left, 3);
	buf_clear(&out);
	assert_int_equal(html_cut(&out, text_of("abc"), 3, &left), 0);
	assert_int_equal(left, 0);
	buf_free(&out);
	buf_init(&out, 8);
	assert_int_equal(html_add(&out, text_of("<<<")), -1);
	buf_free(&out);
}

static void check_json(const char *in, const char *expected)
{
	struct buf out;

	buf_init(&out, 1 << 16);
	assert_int_equal(html_json(&out, text_of(in)), 0);
	assert_string_equal(buf_cstr(&out), expected);
	buf_free(&out);
}

static void json_is_laid_out(void **state)
{
	(void)state;
	check_json("{}", "{}");
	check_json("[ ]", "[]");
	check_json("{\"a\":[1, 2],\"b\":{\"c\":\"x,{<\\\"y\"}}",
		   "{\n  &quot;a&quot;: [1, 2],\n  &quot;b&quot;: {&quot;c&quot;: &quot;x,{&lt;\\&quot;y&quot;}\n}");
	check_json("[{\"a\": [[1]]}]", "[\n  {\n    &quot;a&quot;: [\n      [1]\n    ]\n  }\n]");
	check_json("  -1.5e3 ", "-1.5e3");
	/* No JSON at all. */
	check_json("</pre>\"", "&lt;/pre&gt;&quot;");
	check_json("]]]}\"\\", "\n]\n]\n]\n}&quot;\\");
	check_json("\"<script>", "&quot;&lt;script&gt;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text_is_no_markup), cmocka_unit_test(what_is_not_seen_is_shown),
	    cmocka_unit_test(any_two_bytes),     cmocka_unit_test(a_cut_is_told),
	    cmocka_unit_test(json_is_laid_out),
	};
	return cmocka_run_group_tests_name("html", tests, NULL, NULL);
}
