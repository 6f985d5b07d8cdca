#include "foreign.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder of a path; its owner and mode. */
static bool stat_folder(const char *path, struct stat *st)
{
	const char *slash = strrchr(path, '/');
	const size_t n = slash == NULL || slash == path ? 1 : (size_t)(slash - path);
	char folder[PATH_MAX];

	if (n >= sizeof(folder))
		return false; /* then path cannot be opened either */
	memcpy(folder, slash == NULL ? "." : path, n);
	folder[n] = '\0';
	return stat(folder, st) == 0;
}

/* Is what is there of a user who could put it there, and whom neither we nor the folder belong to? */
static bool is_foreign(const char *path, const struct stat *it)
{
	struct stat folder;

	return it->st_uid != geteuid() && stat_folder(path, &folder) && it->st_uid != folder.st_uid &&
	       (folder.st_mode & S_ISVTX) != 0 && (folder.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

static int refuse(const char *path, const struct stat *it, struct err *err)
{
	return err_set(err, ERR_FATAL, "cannot write '%s': it is %s of another user in a folder that all may write to",
		       path,
		       S_ISLNK(it->st_mode)   ? "a symbolic link"
		       : S_ISREG(it->st_mode) ? "a file"
					      : "a pipe");
}

int foreign_check(const char *path, struct err *err)
{
	struct stat it;

	if (lstat(path, &it) != 0 || S_ISREG(it.st_mode) || S_ISDIR(it.st_mode) || !is_foreign(path, &it))
		return 0;
	return refuse(path, &it, err);
}

int foreign_check_file(const char *path, uid_t owner, struct err *err)
{
	struct stat it;

	if (lstat(path, &it) != 0 || it.st_uid == owner || !is_foreign(path, &it))
		return 0;
	return refuse(path, &it, err);
}
