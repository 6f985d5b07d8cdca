#include "viewsql.h"

#include <string.h>

int viewsql_fill(struct buf *out, const char *template, const char *x, const char *y)
{
	for (size_t n; *template; template += n) {
		n = strcspn(template, "@#");
		if (buf_add(out, template, n))
			return -1;
		if (template[n] && buf_adds(out, template[n] == '@' ? x : y))
			return -1;
		n += template[n] != '\0';
	}
	return 0;
}

int viewsql_quote(struct buf *out, struct text t)
{
	int bad = buf_addc(out, '\'');

	for (size_t i = 0; i < t.n; i++) {
		bad |= buf_addc(out, t.p[i]);
		if (t.p[i] == '\'')
			bad |= buf_addc(out, '\'');
	}
	return bad || buf_addc(out, '\'') ? -1 : 0;
}
