/* bytes.h: where the bytes of an answer come from: base64 in the script, a file beside it. */
#ifndef OMNI_TEST_BYTES_H
#define OMNI_TEST_BYTES_H

#include "buf.h"
#include "err.h"

/* Appends the bytes of RFC 4648 base64, blanks passed over. 0, or -1 with *err: not base64, or buf. */
int bytes_of_base64(struct text, struct buf *out, struct err *);
/* Appends the whole file. 0, or -1 with *err. */
int bytes_of_file(const char *path, struct buf *out, struct err *);

#endif
