#include "postgres_tuple.h"

#include <string.h>

/* Of pg_type.h: these numbers are part of the protocol and never change. */
#define OID_INT4 23
#define OID_TEXT 25
#define OID_UUID 2950

#define EPOCH_US INT64_C(946684800000000) /* 2000-01-01, from which timestamptz counts, since 1970 */

static char *put32(char *to, uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		*to++ = (char)(value >> shift);
	return to;
}

static char *put64(char *to, uint64_t value)
{
	return put32(put32(to, (uint32_t)(value >> 32)), (uint32_t)value);
}

struct postgres_tuple postgres_tuple_to(struct buf *out)
{
	return (struct postgres_tuple){.out = out};
}

static void add(struct postgres_tuple *t, const void *p, size_t n)
{
	if (!t->failed && buf_add(t->out, p, n))
		t->failed = true;
}

void postgres_tuple_count(struct postgres_tuple *t, int fields)
{
	const char bytes[2] = {(char)(fields >> 8), (char)fields};

	add(t, bytes, sizeof(bytes));
}

void postgres_tuple_null(struct postgres_tuple *t)
{
	add(t, "\xff\xff\xff\xff", 4);
}

void postgres_tuple_bytes(struct postgres_tuple *t, const void *p, size_t n)
{
	char length[4];

	if (n > INT32_MAX) {
		t->failed = true;
		return;
	}
	put32(length, (uint32_t)n);
	add(t, length, sizeof(length));
	add(t, p, n);
}

void postgres_tuple_text(struct postgres_tuple *t, struct text text)
{
	if (text.p)
		postgres_tuple_bytes(t, text.p, text.n);
	else
		postgres_tuple_null(t);
}

void postgres_tuple_int(struct postgres_tuple *t, int64_t value)
{
	char bytes[4];

	if (value < INT32_MIN || value > INT32_MAX) {
		t->failed = true;
		return;
	}
	put32(bytes, (uint32_t)value);
	postgres_tuple_bytes(t, bytes, sizeof(bytes));
}

void postgres_tuple_bigint(struct postgres_tuple *t, int64_t value)
{
	char bytes[8];

	put64(bytes, (uint64_t)value);
	postgres_tuple_bytes(t, bytes, sizeof(bytes));
}

void postgres_tuple_bool(struct postgres_tuple *t, int value)
{
	const char byte = value > 0;

	if (value < 0)
		postgres_tuple_null(t);
	else
		postgres_tuple_bytes(t, &byte, 1);
}

void postgres_tuple_uuid(struct postgres_tuple *t, const struct uuid *id)
{
	postgres_tuple_bytes(t, id->b, sizeof(id->b));
}

void postgres_tuple_time(struct postgres_tuple *t, const struct stamp *stamp)
{
	if (stamp_is_set(stamp))
		postgres_tuple_bigint(t, stamp->us - EPOCH_US);
	else
		postgres_tuple_null(t);
}

/* The room of one field that is an array of n elements, which take size bytes with their lengths, and what it begins
 * with; NULL where it is too large. */
static char *array_room(struct postgres_tuple *t, uint32_t oid, size_t n, size_t size)
{
	const size_t head = n > 0 ? 20 : 12;
	char *to;

	if (t->failed || n > INT32_MAX || size > INT32_MAX - head || !(to = buf_room(t->out, 4 + head + size))) {
		t->failed = true;
		return NULL;
	}
	t->out->len += 4 + head + size;
	to[4 + head + size] = '\0';
	to = put32(to, (uint32_t)(head + size));
	to = put32(to, n > 0); /* dimensions: an empty array has none */
	to = put32(to, 0);     /* no element is null */
	to = put32(to, oid);
	return n > 0 ? put32(put32(to, (uint32_t)n), 1) : to;
}

void postgres_tuple_texts(struct postgres_tuple *t, const struct text *texts, size_t n)
{
	size_t size = 0;
	char *to;

	for (size_t i = 0; i < n; i++) {
		if (texts[i].n > INT32_MAX || size > INT32_MAX) {
			t->failed = true;
			return;
		}
		size += 4 + texts[i].n;
	}
	to = array_room(t, OID_TEXT, n, size);
	for (size_t i = 0; to && i < n; i++) {
		to = put32(to, (uint32_t)texts[i].n);
		if (texts[i].n > 0)
			memcpy(to, texts[i].p, texts[i].n);
		to += texts[i].n;
	}
}

void postgres_tuple_uuids(struct postgres_tuple *t, const struct uuid *ids, size_t n)
{
	char *to = n > INT32_MAX / 20 ? NULL : array_room(t, OID_UUID, n, n * 20);

	if (!to)
		t->failed = true;
	for (size_t i = 0; to && i < n; i++) {
		to = put32(to, sizeof(ids[i].b));
		memcpy(to, ids[i].b, sizeof(ids[i].b));
		to += sizeof(ids[i].b);
	}
}

void postgres_tuple_ints(struct postgres_tuple *t, const int32_t *values, size_t n)
{
	char *to = n > INT32_MAX / 8 ? NULL : array_room(t, OID_INT4, n, n * 8);

	if (!to)
		t->failed = true;
	for (size_t i = 0; to && i < n; i++)
		to = put32(put32(to, 4), (uint32_t)values[i]);
}

static uint32_t get32(const char *p)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++)
		value = value << 8 | (unsigned char)p[i];
	return value;
}

bool postgres_tuple_next(const char *fields, size_t n, size_t *at, struct text *field)
{
	uint32_t length;

	if (n - *at < 4)
		return false;
	length = get32(fields + *at);
	if (length == UINT32_MAX) {
		*at += 4;
		*field = TEXT_NULL;
		return true;
	}
	if (length > n - *at - 4)
		return false;
	*field = (struct text){fields + *at + 4, length};
	*at += 4 + length;
	return true;
}

int64_t postgres_tuple_get_int(struct text field)
{
	return field.n == 4 ? (int32_t)get32(field.p) : 0;
}

bool postgres_tuple_array(struct text field, size_t *n, size_t *at)
{
	*n = 0;
	*at = 12;
	if (!field.p || field.n < *at || get32(field.p + 4) != 0 || get32(field.p + 8) != OID_TEXT)
		return false;
	if (get32(field.p) == 0)
		return field.n == *at;
	if (get32(field.p) != 1 || field.n < 20 || get32(field.p + 16) != 1)
		return false;
	*n = get32(field.p + 12);
	*at = 20;
	return *n <= (field.n - 20) / 4;
}
