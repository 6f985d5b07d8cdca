/*
 * key.h: the API key, from where the contract says (--api-key-file, $OMNI_API_KEY, $OMNI_API_TOKEN,
 * $CREDENTIALS_DIRECTORY/omni-api-key), and nowhere else. There is no option that takes the key itself, since it would
 * show in `ps`.
 */
#ifndef OMNI_KEY_H
#define OMNI_KEY_H

#include "buf.h"
#include "err.h"

#define KEY_MAX 4096 /* bytes */

/* Takes the keys out of the environment: the variables are unset, and the memory that /proc/PID/environ shows is
 * overwritten. The values are kept for key_load. First thing in main, whatever the command. */
void key_take_environment(void);
/* Overwrites what was kept: for commands that need no key. */
void key_forget_environment(void);
/* Appends the key to out (blanks and line end around it dropped). file: --api-key-file or NULL. 0, or -1 with *err,
 * which never quotes a key. Takes the environment and forgets it, as above. Warns of a file that all may read. */
int key_load(const char *file, struct buf *out, struct err *);
/* Overwrites and frees it. */
void key_free(struct buf *);

#endif
