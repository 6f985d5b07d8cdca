/*
 * sqlite_file.h: the file of a database: made with its mode, and held against other runs.
 *
 * The hold is a lock on one byte of the database file itself, far beyond what SQLite locks or writes, of the open
 * descriptor (F_OFD_SETLK): it dies with its holder, however that dies, and leaves nothing behind.
 *
 * The descriptor must outlive SQLite's own: closing any descriptor of a file takes the POSIX locks away that the
 * process, and so SQLite, has on it. Hence: hold, then open the database; close the database, then the descriptor.
 */
#ifndef OMNI_SQLITE_FILE_H
#define OMNI_SQLITE_FILE_H

#include "err.h"

#include <sys/types.h>

/* Opens the file, or makes it (empty, with exactly this mode), and takes the hold. Returns a descriptor that the caller
 * closes, or -1 with *err: ERR_BUSY when another run holds it, ERR_FATAL. Nothing is written to a file that is there.
 */
int sqlite_file_hold(const char *path, mode_t mode, struct err *err);

/* Is there a file to read? 1, 0, or -1 with *err. */
int sqlite_file_look(const char *path, struct err *err);

#endif
