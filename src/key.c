#include "key.h"

#include "sys.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int add_trimmed(struct buf *out, const char *p, size_t n, const char *where, struct err *err)
{
	while (n > 0 && isspace((unsigned char)p[0]))
		p++, n--;
	while (n > 0 && isspace((unsigned char)p[n - 1]))
		n--;
	if (n == 0)
		return err_set(err, ERR_FATAL, "no API key in '%s'", where);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] <= ' ' || (unsigned char)p[i] >= 0x7f)
			return err_set(err, ERR_FATAL, "the API key in '%s' has a blank or a character that no key has",
				       where);
	if (buf_add(out, p, n) != 0)
		return err_set(
		    err, ERR_FATAL,
		    out->starved ? "out of memory for the API key in '%s'" : "the API key in '%s' is too long", where);
	return 0;
}

/* The first line of a file. Read without stdio, which would leave a copy in a buffer of its own. */
static int from_file(const char *path, struct buf *out, struct err *err)
{
	char line[KEY_MAX + 1];
	size_t n = 0;
	ssize_t k = 1;
	int result, fd = sys_open(path, O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return err_sys(err, ERR_FATAL, errno, "cannot open the API key file '%s'", path);
	while (k > 0 && n < sizeof(line)) {
		k = sys_read(fd, line + n, sizeof(line) - n);
		n += k > 0 ? (size_t)k : 0;
	}
	if (k < 0) {
		result = err_sys(err, ERR_FATAL, errno, "cannot read the API key file '%s'", path);
	} else {
		const char *end = memchr(line, '\n', n);

		result = add_trimmed(out, line, end != NULL ? (size_t)(end - line) : n, path, err);
	}
	(void)sys_close(fd);
	explicit_bzero(line, sizeof(line));
	return result;
}

static int from_somewhere(const char *file, struct buf *out, struct err *err)
{
	static const char *const names[] = {"OMNI_API_KEY", "OMNI_API_TOKEN"};
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char path[4096];

	if (file != NULL)
		return from_file(file, out, err);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && value[0] != '\0')
			return add_trimmed(out, value, strlen(value), names[i], err);
	}
	if (folder != NULL && folder[0] != '\0') {
		(void)snprintf(path, sizeof(path), "%s/omni-api-key", folder);
		if (access(path, F_OK) == 0)
			return from_file(path, out, err);
	}
	return err_set(err, ERR_FATAL, "no API key: set OMNI_API_KEY or give --api-key-file FILE");
}

int key_load(const char *file, struct buf *out, struct err *err)
{
	int result = from_somewhere(file, out, err);

	(void)unsetenv("OMNI_API_KEY");
	(void)unsetenv("OMNI_API_TOKEN");
	return result;
}

void key_free(struct buf *key)
{
	if (key->data != NULL)
		explicit_bzero(key->data, key->cap);
	buf_free(key);
}
