#include "key.h"

#include "log.h"
#include "sys.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VARIABLES 2

static const char *const names[VARIABLES] = {"OMNI_API_KEY", "OMNI_API_TOKEN"}; /* the first that is set counts */
/* What was in them; a byte more than a key has, to tell one that is too long. */
static char taken[VARIABLES][KEY_MAX + 2];

/* The value of an entry of the environment, if it is of this variable. */
static char *value_of(char *entry, const char *name)
{
	size_t n = strlen(name);

	return strncmp(entry, name, n) == 0 && entry[n] == '=' ? entry + n + 1 : NULL;
}

void key_take_environment(void)
{
	for (size_t i = 0; i < VARIABLES; i++) {
		bool first = true;

		/* All of them: a name may stand there twice, and /proc/PID/environ shows the memory as it is. */
		for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
			char *value = value_of(*entry, names[i]);

			if (value == NULL)
				continue;
			if (first)
				(void)snprintf(taken[i], sizeof(taken[i]), "%s", value);
			first = false;
			explicit_bzero(value, strlen(value));
		}
		(void)unsetenv(names[i]);
	}
}

void key_forget_environment(void)
{
	explicit_bzero(taken, sizeof(taken));
}

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

/* Somebody gave the key where a file's name belongs: --api-key KEY is short for --api-key-file KEY. */
static bool may_be_a_key(const char *path)
{
	return strchr(path, '/') == NULL && strlen(path) >= 20;
}

static int cannot_open(const char *path, struct err *err)
{
	if (errno == ENOENT && may_be_a_key(path))
		return err_sys(err, ERR_FATAL, errno,
			       "cannot open the API key file (it takes the name of a file, not the key itself, and is "
			       "not shown here in case it is the key)");
	return err_sys(err, ERR_FATAL, errno, "cannot open the API key file '%s'", path);
}

/* Of a pipe or a terminal nobody else reads. The group may be meant. */
static void check_mode(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 006) != 0)
		log_line(LOG_WARNING, NULL, "every user of this machine may %s the API key file '%s': chmod o= it",
			 (st.st_mode & 004) != 0 ? "read" : "write", path);
}

/* The first line of a file. Read without stdio, which would leave a copy in a buffer of its own. */
static int from_file(const char *path, struct buf *out, struct err *err)
{
	char line[KEY_MAX + 1];
	size_t n = 0;
	ssize_t k = 1;
	int result, fd = sys_open(path, O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return cannot_open(path, err);
	check_mode(fd, path);
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
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char path[4096];

	if (file != NULL)
		return from_file(file, out, err);
	for (size_t i = 0; i < VARIABLES; i++)
		if (taken[i][0] != '\0')
			return add_trimmed(out, taken[i], strlen(taken[i]), names[i], err);
	if (folder != NULL && folder[0] != '\0') {
		(void)snprintf(path, sizeof(path), "%s/omni-api-key", folder);
		if (access(path, F_OK) == 0)
			return from_file(path, out, err);
	}
	return err_set(err, ERR_FATAL, "no API key: set OMNI_API_KEY or give --api-key-file FILE");
}

int key_load(const char *file, struct buf *out, struct err *err)
{
	int result;

	key_take_environment();
	result = from_somewhere(file, out, err);
	key_forget_environment();
	return result;
}

void key_free(struct buf *key)
{
	if (key->data != NULL)
		explicit_bzero(key->data, key->cap);
	buf_free(key);
}
