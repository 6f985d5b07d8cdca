#include "since.h"

#include "timeutil.h"

#include <ctype.h>
#include <string.h>

#define NUMBER_MAX INT64_C(1000000)

static int64_t seconds_of(char unit)
{
	static const char units[] = "smhdw";
	static const int64_t seconds[] = {1, 60, 3600, 86400, 604800};
	const char *at = unit != '\0' ? strchr(units, unit) : NULL;

	return at != NULL ? seconds[at - units] : 0;
}

int since_parse(const char *s, int64_t now_us, int64_t *us, struct err *err)
{
	struct stamp t;
	int64_t n = 0;
	size_t i = 0;

	for (; isdigit((unsigned char)s[i]) && n < NUMBER_MAX; i++)
		n = n * 10 + (s[i] - '0');
	if (i > 0 && n <= NUMBER_MAX && seconds_of(s[i]) != 0 && s[i + 1] == '\0') {
		*us = now_us - n * seconds_of(s[i]) * 1000000;
		return 0;
	}
	if (time_parse_iso(s, strlen(s), &t) == TIME_BAD)
		return err_set(
		    err, ERR_USAGE,
		    "option '--since': '%.60s' will not do: it takes a date or time such as 2026-11-01, or a "
		    "span such as 14d, 36h or 90m",
		    s);
	*us = t.us;
	return 0;
}
