#include "foreign.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder of a path; its owner and mode. */
static bool stat_folder(const char *path, struct stat *st)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL   ? strdup(".")
		       : slash == path ? strdup("/")
				       : strndup(path, (size_t)(slash - path));
	bool good = folder != NULL && stat(folder, st) == 0;

	free(folder);
	return good;
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
