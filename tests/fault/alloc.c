/*
 * alloc.c: memory that runs out on demand. Linked to the program once more (tests/fault/omni-export-alloc) with ld's
 * --wrap, so that the allocations of our own objects come through here, and those of the libraries do not.
 *
 *     OMNI_FAIL_ALLOC=N          the N-th allocation fails; N+: all from there on
 *     OMNI_FAIL_ALLOC_COUNT=FILE how many there were is written there at exit
 */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
void *__real_reallocarray(void *, size_t, size_t);
char *__real_strdup(const char *);
char *__real_strndup(const char *, size_t);
char *__real_realpath(const char *, char *);
FILE *__real_fopen(const char *, const char *);
DIR *__real_fdopendir(int);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
void *__wrap_reallocarray(void *, size_t, size_t);
char *__wrap_strdup(const char *);
char *__wrap_strndup(const char *, size_t);
char *__wrap_realpath(const char *, char *);
FILE *__wrap_fopen(const char *, const char *);
DIR *__wrap_fdopendir(int);
int __wrap_asprintf(char **, const char *, ...) __attribute__((format(printf, 2, 3)));
int __wrap___asprintf_chk(char **, int, const char *, ...) __attribute__((format(printf, 3, 4)));

static atomic_long count;
static long from, to;

__attribute__((constructor)) static void begin(void)
{
	const char *spec = getenv("OMNI_FAIL_ALLOC");
	char *end;

	(void)alarm(100); /* it is to end, whatever fails, on a busy machine too */
	if (spec == NULL)
		return;
	from = to = strtol(spec, &end, 10);
	if (*end == '+')
		to = 0x7fffffff;
}

__attribute__((destructor)) static void finish(void)
{
	const char *path = getenv("OMNI_FAIL_ALLOC_COUNT");
	FILE *f = path != NULL ? __real_fopen(path, "w") : NULL;

	if (f == NULL)
		return;
	(void)fprintf(f, "%ld\n", (long)count);
	(void)fclose(f);
}

static bool fails(void)
{
	long n = atomic_fetch_add(&count, 1) + 1;

	if (n < from || n > to)
		return false;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return fails() ? NULL : __real_reallocarray(p, n, size);
}

char *__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}

char *__wrap_strndup(const char *s, size_t n)
{
	return fails() ? NULL : __real_strndup(s, n);
}

char *__wrap_realpath(const char *path, char *out)
{
	return fails() ? NULL : __real_realpath(path, out);
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
	return fails() ? NULL : __real_fopen(path, mode);
}

DIR *__wrap_fdopendir(int fd)
{
	return fails() ? NULL : __real_fdopendir(fd);
}

static int print(char **out, const char *format, va_list ap)
{
	if (!fails())
		return vasprintf(out, format, ap);
	*out = (char *)1; /* of no defined value, as the manual says */
	return -1;
}

int __wrap_asprintf(char **out, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = print(out, format, ap);
	va_end(ap);
	return n;
}

int __wrap___asprintf_chk(char **out, int flag, const char *format, ...)
{
	va_list ap;
	int n;

	(void)flag;
	va_start(ap, format);
	n = print(out, format, ap);
	va_end(ap);
	return n;
}
