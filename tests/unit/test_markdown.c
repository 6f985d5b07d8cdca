#include "markdown.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

static char *html_of(struct text in)
{
	struct buf out;

	buf_init(&out, (size_t)256 << 20);
	assert_int_equal(markdown_html(&out, in, 5), 0);
	(void)buf_cstr(&out);
	return out.data != NULL ? out.data : strdup("");
}

static void check(const char *in, const char *expected)
{
	char *html = html_of(text_of(in));

	assert_string_equal(html, expected);
	free(html);
}

/* Is there a tag that is none of those that CommonMark makes, or an attribute that is none of ours? */
static bool is_live(const char *html)
{
	static const char *const fine[] = {
	    "a rel=\"noreferrer noopener\" href=\"",
	    "p>",
	    "em>",
	    "strong>",
	    "code>",
	    "pre>",
	    "br />",
	    "hr />",
	    "ul>",
	    "ol>",
	    "ol start=\"",
	    "li>",
	    "blockquote>",
	    "h5>",
	    "h6>",
	    "table>",
	    "thead>",
	    "tbody>",
	    "tr>",
	    "td>",
	    "td class=\"n\">",
	    "td class=\"c\">",
	    "th scope=\"col\">",
	    "th scope=\"col\" class=\"n\">",
	    "th scope=\"col\" class=\"c\">",
	    "div class=\"scroll\" tabindex=\"0\">",
	    "div>",
	    "span class=\"image\">",
	    "span>",
	    "pre class=\"text\">",
	    "code class=\"language-",
	    "a>",
	    "th>",
	};

	for (const char *at = html; (at = strchr(at, '<')) != NULL; at++) {
		const char *tag = at + 1 + (at[1] == '/');
		bool is_fine = false;

		for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
			is_fine = is_fine || strncmp(tag, fine[i], strlen(fine[i])) == 0;
		if (!is_fine)
			return true;
		if (strncmp(tag, "a rel", 5) == 0 && strncmp(tag + 34, "http", 4) != 0 &&
		    strncmp(tag + 34, "mailto:", 7) != 0 && strncmp(tag + 34, "HTTP", 4) != 0)
			return true;
	}
	return false;
}

static void what_it_is_for(void **state)
{
	(void)state;
	check("# A\n\n**b** *c* `d<`\n", "<h5>A</h5>\n<p><strong>b</strong> <em>c</em> <code>d&lt;</code></p>\n");
	check("### A", "<h6>A</h6>\n");
	check("1. a\n2. b\n", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n");
	check("", "");
	check("[a](https://x.example/?a=1&b=\"2\")",
	      "<p><a rel=\"noreferrer noopener\" href=\"https://x.example/?a=1&amp;b=&quot;2&quot;\">a</a></p>\n");
	check("<mailto:a@b.example>",
	      "<p><a rel=\"noreferrer noopener\" href=\"mailto:a@b.example\">mailto:a@b.example</a></p>\n");
}

static void nothing_of_its_own_is_live(void **state)
{
	(void)state;
	check("[a](javascript:alert(1))", "<p>a (<code>javascript:alert(1)</code>)</p>\n");
	check("[a](JaVaScRiPt:alert(1))", "<p>a (<code>JaVaScRiPt:alert(1)</code>)</p>\n");
	check("[a](&#106;avascript:x)", "<p>a (<code>javascript:x</code>)</p>\n");
	check("[a](data:text/html,x)", "<p>a (<code>data:text/html,x</code>)</p>\n");
	check("[a](//evil.example)", "<p>a (<code>//evil.example</code>)</p>\n");
	check("[a](/relative)", "<p>a (<code>/relative</code>)</p>\n");
	check("<javascript:alert(1)>", "<p>javascript:alert(1) (<code>javascript:alert(1)</code>)</p>\n");
	check("a <b onclick=\"x\">c</b>", "<p>a &lt;b onclick=&quot;x&quot;&gt;c&lt;/b&gt;</p>\n");
	check("a<br>b", "<p>a<br />\nb</p>\n");
	check("<script>alert(1)</script>", "<pre><code>&lt;script&gt;alert(1)&lt;/script&gt;\n</code></pre>\n");
	check("<!-- x -->", "<pre><code>&lt;!-- x --&gt;\n</code></pre>\n");
	check("![alt *x*](https://x.example/p.png)",
	      "<p><span class=\"image\">image: alt <em>x</em> (<a rel=\"noreferrer noopener\" "
	      "href=\"https://x.example/p.png\">https://x.example/p.png</a>)</span></p>\n");
	check("![a](data:image/svg+xml;base64,AAAA)",
	      "<p><span class=\"image\">image: a (<code>data:image/svg+xml;base64,AAAA</code>)</span></p>\n");
	check("[![a](https://x.example/p)](https://y.example)",
	      "<p><a rel=\"noreferrer noopener\" href=\"https://y.example\"><span class=\"image\">image: a "
	      "(<code>https://x.example/p</code>)</span></a></p>\n");
	check("``` \"><script>\nx\n```", "<pre><code class=\"language-&quot;&gt;&lt;script&gt;\">x\n</code></pre>\n");
	check("a\u202eb\x07", "<p>a\\u{202e}b␇</p>\n");
}

static void tables(void **state)
{
	(void)state;
	check("| A | *B* |\n|---|--:|\n| `x` | 1 |\n| <b> | [j](javascript:x) |\n",
	      "<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr><th scope=\"col\">A</th><th scope=\"col\" "
	      "class=\"n\"><em>B</em></th></tr>\n</thead>\n<tbody>\n<tr><td><code>x</code></td><td "
	      "class=\"n\">1</td></tr>\n<tr><td>&lt;b&gt;</td><td class=\"n\">j "
	      "(<code>javascript:x</code>)</td></tr>\n</tbody></table></div>\n");
	/* Fewer cells, more cells, an escaped bar. */
	check(
	    "a|b\n:-:|-\nx\\|y\n1|2|3",
	    "<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr><th scope=\"col\" class=\"c\">a</th><th "
	    "scope=\"col\">b</th></tr>\n</thead>\n<tbody>\n<tr><td "
	    "class=\"c\">x|y</td><td></td></tr>\n<tr><td class=\"c\">1</td><td>2</td></tr>\n</tbody></table></div>\n");
	/* None. */
	check("a | b\nc | d", "<p>a | b\nc | d</p>\n");
	check("| a |\n|---|---|\n| b |", "<p>| a |\n|---|---|\n| b |</p>\n");
}

/* Pieces that are something in Markdown or HTML, put together at random. */
static void random_pieces(void **state)
{
	static const char *const pieces[] = {
	    "<script>",
	    "</script>",
	    "<img src=x onerror=y>",
	    "[",
	    "](",
	    ")",
	    "![",
	    "javascript:",
	    "https://a.example",
	    "\"",
	    "'",
	    "`",
	    "```",
	    "\n",
	    "\n\n",
	    "    ",
	    "> ",
	    "* ",
	    "1. ",
	    "# ",
	    "|",
	    "---",
	    "|-|\n",
	    "<",
	    ">",
	    "&",
	    "&lt;",
	    "&#60;",
	    "<!--",
	    "-->",
	    "<![CDATA[",
	    "]]>",
	    "<?",
	    "?>",
	    "<a href=\"javascript:x\">",
	    "\\",
	    "**",
	    "_",
	    "[x]: javascript:y 'z'\n",
	    "[x]",
	    "<x@y.example>",
	    "<https://b.example/\">",
	    "</style>",
	    "\t",
	    "\xff",
	    "\u202e",
	    "style=x",
	    "<details open ontoggle=x>",
	    "mailto:q",
	};
	unsigned seed = 20261127;
	struct buf in;

	(void)state;
	buf_init(&in, 1 << 16);
	for (int i = 0; i < (unit_light() ? 200 : 5000); i++) {
		char *html;

		buf_clear(&in);
		for (int n = rand_r(&seed) % 24; n >= 0; n--)
			assert_int_equal(
			    buf_adds(&in, pieces[(size_t)rand_r(&seed) % (sizeof(pieces) / sizeof(pieces[0]))]), 0);
		html = html_of(buf_text(&in));
		if (is_live(html)) {
			print_message("# %s\n# %s\n", in.data, html);
			fail();
		}
		free(html);
	}
	buf_free(&in);
}

/* What is made to take long: each is read in a time that goes with its length, or is not read as Markdown. */
static void nothing_takes_for_ever(void **state)
{
	static const char *const parts[] = {
	    "[",  "*a ",   "`",        "[a](b", "![[]()", "<",   "> ",   "* a\n", "**x*",       "&",
	    "\\", "| a\n", "[a]: b\n", "_a__",  "<!--",   "a<?", "[x](", "![l",   "a|b\n-\n\n", "a|\n-|\nb|\n\n"};
	struct buf in;
	char *html;

	(void)state;
	buf_init(&in, 2 * MARKDOWN_MAX);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const size_t n = strlen(parts[i]);

		buf_clear(&in);
		while (in.len + n <= (unit_light() ? MARKDOWN_MAX / 32 : MARKDOWN_MAX))
			assert_int_equal(buf_add(&in, parts[i], n), 0);
		free(html_of(buf_text(&in)));
	}
	buf_clear(&in);
	while (in.len <= MARKDOWN_MAX)
		assert_int_equal(buf_adds(&in, "<b>"), 0);
	html = html_of(buf_text(&in));
	assert_int_equal(strncmp(html, "<pre class=\"text\">&lt;b&gt;", 26), 0);
	free(html);
	buf_free(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_it_is_for), cmocka_unit_test(nothing_of_its_own_is_live), cmocka_unit_test(tables),
	    cmocka_unit_test(random_pieces),  cmocka_unit_test(nothing_takes_for_ever),
	};
	return cmocka_run_group_tests_name("markdown", tests, NULL, NULL);
}
