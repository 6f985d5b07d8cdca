#include "postgres_fault.h"

#include "utf8.h"

#include <stdio.h>
#include <string.h>

enum meaning { M_LOST, M_AGAIN, M_DATA, M_ROOM, M_READ_ONLY, M_RIGHT, M_LAYOUT, M_LOCKED, M_NEEDED, M_OTHER };

/* The first prefix of an SQLSTATE that fits decides (PostgreSQL's manual, appendix A). */
static const struct {
	const char *prefix;
	enum meaning meaning;
} table[] = {
    {"08", M_LOST},                                                 /* connection exceptions */
    {"57P04", M_OTHER},                                             /* the database was dropped */
    {"57P", M_LOST},                                                /* the server stops, crashed, or starts */
    {"57014", M_AGAIN},                                             /* somebody cancelled the statement */
    {"25P03", M_LOST},                                              /* idle_in_transaction_session_timeout */
    {"25P04", M_LOST},                                              /* transaction_timeout */
    {"53300", M_LOST},                                              /* too many connections: of a reconnect */
    {"40", M_AGAIN},                                                /* deadlock, serialization */
    {"22", M_DATA},                                                 /* data exceptions */
    {"23", M_DATA},                                                 /* constraints */
    {"54", M_DATA},                                                 /* program limits */
    {"53100", M_ROOM},                                              /* disk full */
    {"25006", M_READ_ONLY}, {"42501", M_RIGHT},  {"42P", M_LAYOUT}, /* no such table, … */
    {"42703", M_LAYOUT},                                            /* no such column */
    {"42804", M_LAYOUT},                                            /* another type */
    {"3F000", M_LAYOUT},                                            /* no such schema */
    {"55P03", M_LOCKED},    {"2BP01", M_NEEDED}, /* what is to be dropped is used by something else */
};

static enum meaning meaning_of(const char *sqlstate)
{
	for (size_t i = 0; sqlstate && i < sizeof(table) / sizeof(table[0]); i++)
		if (strncmp(sqlstate, table[i].prefix, strlen(table[i].prefix)) == 0)
			return table[i].meaning;
	return M_OTHER;
}

/* One line of it, without a last full stop or line break. */
static void one_line(const char *words, char *out, size_t room)
{
	size_t n = 0;

	while (*words && n + 3 < room) {
		if (*words != '\n') {
			out[n++] = *words++;
			continue;
		}
		words += strspn(words, "\n\t ");
		if (*words) {
			out[n++] = ';';
			out[n++] = ' ';
		}
	}
	n = utf8_cut(out, n);
	while (n > 0 && strchr(" .", out[n - 1]))
		n--;
	out[n] = '\0';
}

int postgres_fault_set(struct err *err, const struct postgres_where *where, const char *sqlstate, const char *words,
		       bool lost)
{
	const char *db = where->database;
	char line[400];

	one_line(words ? words : "", line, sizeof(line));
	if (lost)
		return err_set(err, ERR_RETRY, "the connection to database %s was lost: %s", db,
			       *line ? line : "without a word");
	switch (meaning_of(sqlstate)) {
	case M_LOST:
	case M_AGAIN:
		return err_set(err, ERR_RETRY, "database %s broke off: %s", db, line);
	case M_DATA:
		return err_set(err, ERR_JOB, "database %s does not take this job: %s", db, line);
	case M_ROOM:
		return err_set(err, ERR_FATAL, "database %s has no room left, its disk is full: %s", db, line);
	case M_READ_ONLY:
		return err_set(err, ERR_FATAL,
			       "database %s is read-only for role '%s' (a standby server, or "
			       "default_transaction_read_only is set): %s",
			       db, where->role, line);
	case M_RIGHT:
		return err_set(err, ERR_FATAL, "role '%s' lacks a right in database %s: %s", where->role, db, line);
	case M_LAYOUT:
		return err_set(err, ERR_FATAL, "database %s is not laid out as its schema version says: %s", db, line);
	case M_LOCKED:
		return err_set(err, ERR_FATAL, "another program has kept a table of database %s locked: %s", db, line);
	case M_NEEDED:
		return err_set(err, ERR_FATAL, "other objects depend on it (database %s: %s)", db, line);
	default:
		return err_set(err, ERR_FATAL, "database %s: %s", db, *line ? line : "an error without words");
	}
}
