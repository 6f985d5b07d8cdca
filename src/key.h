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

/* Appends the key to out (blanks and line end around it dropped). file: --api-key-file or NULL. 0, or -1 with *err,
 * which never quotes a key. The environment variables are then unset: nothing that this process starts inherits them.
 */
int key_load(const char *file, struct buf *out, struct err *);
/* Overwrites and frees it. */
void key_free(struct buf *);

#endif
