/*
 * foreign.h: names that another user may have put in our way: in a folder that all may write to and where nobody may
 * remove what is another's (/tmp), a name that the user gave for an output may be there already, as somebody else's
 * link or pipe. Linux refuses such names where fs.protected_symlinks and fs.protected_fifos are set, and not to
 * programs that follow links by themselves (realpath).
 */
#ifndef OMNI_FOREIGN_H
#define OMNI_FOREIGN_H

#include "err.h"

#include <sys/types.h>

/* 0: what path names may be opened; nothing there is as good. -1 with *err (ERR_FATAL): its last component is a link, a
 * pipe or the like, in a sticky folder that others may write to, and neither ours nor of the folder's owner. */
int foreign_check(const char *path, struct err *);
/* The same of anything that is there, also a file, unless it belongs to owner: for what a library opens by a name that
 * it makes up. */
int foreign_check_file(const char *path, uid_t owner, struct err *);

#endif
