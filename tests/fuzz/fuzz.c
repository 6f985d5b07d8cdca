#include "fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

/* Not utf8.c: that is tested with it. RFC 3629, by way of the code point. */
bool fuzz_is_text(const char *p, size_t n)
{
	static const uint32_t least[5] = {0, 1, 0x80, 0x800, 0x10000};

	for (size_t i = 0; i < n;) {
		unsigned char c = (unsigned char)p[i];
		size_t len = c < 0x80 ? 1 : c >> 5 == 6 ? 2 : c >> 4 == 14 ? 3 : c >> 3 == 30 ? 4 : 0;
		uint32_t cp = len == 1 ? c : c & (0x7fu >> len);

		if (len == 0 || len > n - i)
			return false;
		for (size_t k = 1; k < len; k++) {
			if (((unsigned char)p[i + k] & 0xc0) != 0x80)
				return false;
			cp = cp << 6 | ((unsigned char)p[i + k] & 0x3f);
		}
		if (cp < least[len] || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000))
			return false;
		i += len;
	}
	return true;
}

bool fuzz_is_message(const char *msg, size_t size)
{
	size_t n = strnlen(msg, size);

	return n > 0 && n < size && fuzz_is_text(msg, n);
}

static char folder[256];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static void remove_folder(void)
{
	(void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_folder(void)
{
	const char *tmp = getenv("TMPDIR");

	if (folder[0] != '\0')
		return folder;
	if (tmp == NULL || *tmp == '\0')
		tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	(void)snprintf(folder, sizeof(folder), "%s/omni-fuzz.XXXXXX", tmp);
	HOLDS(mkdtemp(folder) != NULL && atexit(remove_folder) == 0);
	return folder;
}

void fuzz_write_file(const char *path, const void *p, size_t n)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	HOLDS(fd >= 0 && write(fd, p, n) == (ssize_t)n);
	(void)close(fd);
}

bool fuzz_file_is(const char *path, const void *p, size_t n)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *is = malloc(n + 1);
	const bool good = fd >= 0 && is != NULL && read(fd, is, n + 1) == (ssize_t)n && memcmp(is, p, n) == 0;

	free(is);
	if (fd >= 0)
		(void)close(fd);
	return good;
}
