/* bytes.c: see bytes.h. */
#include "bytes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BYTES_PIECE ((size_t)64 << 10)

int bytes_of_base64(struct text in, struct buf *out, struct err *err)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	unsigned have = 0, count = 0, pads = 0;

	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];
		if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
			continue;
		count++;
		if (c == '=') {
			pads++;
			continue;
		}
		const char *at = c == '\0' ? NULL : strchr(digits, c);
		if (at == NULL || pads > 0)
			return err_set(err, ERR_FATAL, "not base64 at byte %zu", i);
		bits = bits << 6 | (uint32_t)(at - digits);
		have += 6;
		if (have >= 8) {
			have -= 8;
			if (buf_addc(out, (char)(unsigned char)(bits >> have & 0xff)) != 0)
				return err_set(err, ERR_FATAL, "out of memory");
		}
	}
	if (count % 4 != 0 || pads > 2)
		return err_set(err, ERR_FATAL, "base64 that is cut short");
	return 0;
}

int bytes_of_file(const char *path, struct buf *out, struct err *err)
{
	int rc = 0;
	size_t n = 1;
	FILE *f = fopen(path, "rb");
	if (f == NULL)
		return err_sys(err, ERR_FATAL, errno, "cannot open '%s'", path);
	while (n > 0) {
		char *room = buf_room(out, BYTES_PIECE);
		if (room == NULL) {
			rc = err_set(err, ERR_FATAL, "too large: '%s'", path);
			break;
		}
		n = fread(room, 1, BYTES_PIECE, f);
		out->len += n;
		out->data[out->len] = 0;
	}
	if (rc == 0 && ferror(f))
		rc = err_sys(err, ERR_FATAL, errno, "cannot read '%s'", path);
	fclose(f);
	return rc;
}
