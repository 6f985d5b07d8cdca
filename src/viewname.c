#include "viewname.h"

#include "sha256.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HASH_LEN 8 /* hex digits */
#define SET_MAX  ((size_t)1 << 30)

/* What stands for itself in SQL and would be no column: the reserved words of PostgreSQL, those of SQLite, and names
 * that all rows of SQLite have. */
static const char reserved[] =
    " add all alter analyse analyze and any array as asc asymmetric authorization autoincrement between binary both "
    "case "
    "cast check collate collation column commit concurrently constraint create cross current current_catalog "
    "current_date current_role current_schema current_time current_timestamp current_user default deferrable delete "
    "desc distinct do drop else end escape except exists false fetch filter for foreign freeze from full glob grant "
    "group having if ilike in index indexed initially inner insert intersect into is isnull join lateral leading left "
    "like limit localtime localtimestamp match natural not nothing notnull null offset on only or order outer over "
    "overlaps placing primary raise references regexp returning right rowid select session_user set similar some "
    "symmetric system_user table tablesample then to trailing transaction true union unique update user using values "
    "variadic verbose when where window with ";

static bool is_reserved(const char *name)
{
	char word[VIEWNAME_MAX + 3];

	(void)snprintf(word, sizeof(word), " %s ", name);
	return strstr(reserved, word) != NULL;
}

static int hash(struct text t, unsigned nth, char out[HASH_LEN + 1])
{
	struct sha256 *sha = sha256_new();
	uint8_t digest[SHA256_LEN];
	char hex[SHA256_HEX_LEN + 1];

	if (sha == NULL)
		return -1;
	if (t.n > 0)
		sha256_add(sha, t.p, t.n);
	for (; nth > 0; nth--)
		sha256_add(sha, "+", 1);
	sha256_end(sha, digest);
	sha256_free(sha);
	memcpy(out, sha256_hex(digest, hex), HASH_LEN);
	out[HASH_LEN] = '\0';
	return 0;
}

/* Appends the letters and digits of t to out, of whose room of VIEWNAME_MAX bytes len are taken; runs of anything else
 * become one '_' between them. Returns the length; *cut: not all had room. */
static size_t slug(struct text t, char *out, size_t len, bool *cut)
{
	const size_t begin = len;
	bool gap = false;

	*cut = false;
	for (size_t i = 0; i < t.n; i++) {
		char c = t.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) {
			gap = len > begin;
			continue;
		}
		if (len + gap + 1 > VIEWNAME_MAX) {
			*cut = true;
			break;
		}
		if (gap)
			out[len++] = '_';
		gap = false;
		out[len++] = c;
	}
	out[len] = '\0';
	return len;
}

/* Cuts a name so that "_" and an end have room behind it, and puts them there. */
static void append(char *out, const char *end)
{
	size_t n = strlen(out);

	if (n + 1 + strlen(end) > VIEWNAME_MAX)
		n = VIEWNAME_MAX - 1 - strlen(end);
	while (n > 0 && out[n - 1] == '_')
		n--;
	(void)snprintf(out + n, VIEWNAME_MAX + 1 - n, "_%s", end);
}

int viewname_of_query(struct text query_name, char out[VIEWNAME_MAX + 1])
{
	char end[HASH_LEN + 1];
	bool cut;

	(void)snprintf(out, VIEWNAME_MAX + 1, "v_");
	if (slug(query_name, out, 2, &cut) == 2)
		(void)snprintf(out, VIEWNAME_MAX + 1, "v_result");
	if (!cut)
		return 0;
	if (hash(query_name, 0, end) != 0)
		return -1;
	append(out, end);
	return 0;
}

int viewname_apart(struct text query_name, struct text apart, unsigned nth, char out[VIEWNAME_MAX + 1])
{
	char end[HASH_LEN + 1];

	if (viewname_of_query(query_name, out) != 0 || hash(apart, nth, end) != 0)
		return -1;
	append(out, end);
	return 0;
}

/* --- sets --- */

/* Sorted names, by bisection; a set is as large as a result has columns, or a database has views. */
struct viewname_set {
	char **at;
	size_t n, cap;
};

struct viewname_set *viewname_set_new(void)
{
	return calloc(1, sizeof(struct viewname_set));
}

void viewname_set_free(struct viewname_set *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++)
		free(s->at[i]);
	free(s->at);
	free(s);
}

static int compare(struct text a, const char *b)
{
	const int c = strncasecmp(a.p, b, a.n);

	return c != 0 ? c : b[a.n] != '\0' ? -1 : 0;
}

/* Where it is, or belongs. */
static size_t place(const struct viewname_set *s, struct text name, bool *there)
{
	size_t low = 0, high = s->n;

	*there = false;
	while (low < high && !*there) {
		const size_t middle = low + (high - low) / 2;
		const int c = compare(name, s->at[middle]);

		if (c <= 0)
			high = middle;
		else
			low = middle + 1;
		if (c == 0) {
			*there = true;
			return middle;
		}
	}
	return low;
}

bool viewname_set_has(const struct viewname_set *s, struct text name)
{
	bool there;

	(void)place(s, name, &there);
	return there;
}

int viewname_set_add(struct viewname_set *s, struct text name)
{
	bool there;
	const size_t at = place(s, name, &there);
	char *copy;

	if (there)
		return 0;
	if (s->n == s->cap) {
		const size_t cap = s->cap > 0 ? s->cap * 2 : 16;
		char **grown = reallocarray(s->at, cap, sizeof(*grown));

		if (grown == NULL)
			return -1;
		s->at = grown;
		s->cap = cap;
	}
	copy = strndup(name.p, name.n);
	if (copy == NULL)
		return -1;
	memmove(s->at + at + 1, s->at + at, (s->n - at) * sizeof(*s->at));
	s->at[at] = copy;
	s->n++;
	return 0;
}

/* --- columns --- */

int viewname_of_column(struct text label, size_t position, struct viewname_set *set, char out[VIEWNAME_MAX + 1])
{
	char whole[VIEWNAME_MAX + 1], end[HASH_LEN + 1];
	bool cut;
	size_t n = slug(label, whole, 0, &cut);

	if (cut) {
		if (hash(label, 0, end) != 0)
			return -1;
		append(whole, end);
	} else if (n == 0) {
		(void)snprintf(whole, sizeof(whole), "column_%zu", position);
	} else if (whole[0] >= '0' && whole[0] <= '9') {
		memcpy(out, whole, n + 1);
		(void)snprintf(whole, sizeof(whole), "c_%.*s", VIEWNAME_MAX - 2, out);
	} else if (is_reserved(whole)) {
		whole[n++] = '_'; /* no word is as long as a name may be */
		whole[n] = '\0';
	}
	memcpy(out, whole, sizeof(whole));
	for (unsigned long number = 2; viewname_set_has(set, text_of(out)); number++) {
		char digits[24];

		(void)snprintf(digits, sizeof(digits), "%lu", number);
		memcpy(out, whole, sizeof(whole));
		append(out, digits);
	}
	return viewname_set_add(set, text_of(out));
}
