#include "shellword.h"

#include <string.h>

int shellword_add(struct buf *out, const char *s)
{
	/*/* What no shell takes for anything but itself, wherever it stands. An "=" does harm in the first word alone.
	 */
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";
	int bad;

	if (*s != '\0' && s[strspn(s, plain)] == '\0')
		return buf_adds(out, s);
	bad = buf_addc(out, '\'');
	for (; *s != '\0'; s++)
		bad |= *s == '\'' ? buf_adds(out, "'\\''") : buf_addc(out, *s);
	return bad | buf_addc(out, '\'');
}
