/*
 * options.h: one table of options. getopt_long, --help, the environment names, the config file, completion and (by a
 * test) the man page are all made from it.
 *
 * Command line, environment, config file, default: the first that speaks wins (contract, "Options of run"). A struct
 * options owns what it points to; options_free releases it.
 */
#ifndef OMNI_OPTIONS_H
#define OMNI_OPTIONS_H

#include "err.h"
#include "uuid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum option_type {
	OPTION_FLAG,    /* bool; --name, --name=yes|no; true/false/1/0/on/off too */
	OPTION_TEXT,    /* const char * */
	OPTION_LIST,    /* struct option_list; repeatable; in the environment one a line */
	OPTION_COUNT,   /* int64_t, within min..max */
	OPTION_SECONDS, /* int64_t milliseconds, from seconds with a fraction; within min..max (ms) */
	OPTION_SIZE,    /* uint64_t bytes; K, M, G, T are powers of 1024 */
	OPTION_MODE,    /* int64_t, octal */
	OPTION_CHOICE,  /* const char *, one of the words in arg ("auto|always|never") */
	OPTION_HELP,    /* --help, --version: handled by the parser */
	OPTION_VERSION
};

/* Which commands know an option. */
#define FOR_RUN      1u
#define FOR_LOAD     2u
#define FOR_STATUS   4u
#define FOR_VERIFY   8u
#define FOR_VIEWS    16u
#define FOR_REPORT   32u
#define FOR_DISCOVER 64u
#define FOR_ASKING   (FOR_RUN | FOR_DISCOVER | FOR_VERIFY) /* those that may ask the API */
/* all that have to do with sinks */
#define FOR_WORK   (FOR_RUN | FOR_LOAD | FOR_STATUS | FOR_VERIFY | FOR_VIEWS | FOR_REPORT | FOR_DISCOVER)
#define FOR_ITSELF (1u << 31) /* help, completion: about the program; neither environment nor config file counts */
#define FOR_ALL    (~0u)

/* Under which heading --help tells of an option, in this order. */
enum option_group {
	GROUP_WHERE, /* where from and to */
	GROUP_JOBS,
	GROUP_PACE, /* pace and retries */
	GROUP_KEEP, /* what sinks keep, and how */
	GROUP_REPORT,
	GROUP_OTHER,
	GROUPS
};

struct option_def {
	const char *name; /* long name without dashes */
	char letter;      /* 0: none */
	enum option_type type;
	const char *arg;  /* placeholder in the help, or the words of a choice; NULL for flags */
	const char *def;  /* default as text; NULL: none */
	const char *help; /* one or more sentences; no full stop at the end */
	unsigned commands;
	size_t offset; /* in struct options */
	int64_t min, max;
	enum option_group group;
};

struct option_list {
	const char **at;
	size_t n;
};

struct options {
	struct option_list to, not_in;
	const char *from, *since, *sample, *pg_schema, *base_url, *api_key_file, *rate, *cacert, *config, *user_id;
	int64_t concurrency, retries, rows;
	int64_t retry_wait_ms, retry_max_wait_ms, give_up_after_ms, max_time_ms /* -1: none */, timeout_ms,
	    connect_timeout_ms;
	uint64_t max_size;
	bool json, repair, refetch, all, details, retry_lost, complete_truncated, views, no_raw, dry_run, discover,
	    quiet, verbose, allow_http;
	const char *output, *out_dir, *error_file, *summary, *metrics, *progress, *log_format;
	int64_t file_mode;
	bool help, version; /* --help, --version: nothing else counts */
	/* The option that is another command's, where that is why options_read fails; else NULL. */
	const struct option_def *foreign;
	/* The command line (argv[0] is the command's name), and what of it is left: at its end, getopt_long has moved
	 * it there. Borrowed. */
	int argc;
	char **argv;
	char **operands;
	size_t n_operands;
	/* The jobs of a run that are not listed by operands (verify --repair). Borrowed. */
	const struct uuid *jobs;
	size_t n_jobs;
	/* options.c's own. */
	void *memory;
};

/* The table, ended by an entry whose name is NULL. */
extern const struct option_def option_table[];

/*
 * Reads argv[1…] (argv[0] is the command's name), the environment and the config file. command: one FOR_ bit. 0, or -1
 * with *err: a sentence that says what is wrong, where it was said and what would be right. *out must be freed in both
 * cases.
 */
int options_read(int argc, char **argv, unsigned command, struct options *out, struct err *);
void options_free(struct options *);

/* "max-time" -> OMNI_EXPORT_MAX_TIME. */
void options_environment_name(const char *name, char *out, size_t size);
/* Can it be given in the environment and the config file? (--help, --version: no; --config: in the environment alone)
 */
bool options_from_environment(const struct option_def *);
bool options_from_config(const struct option_def *);

/* Prints the options of a command with headings (where there are few: one), wrapped to 79 columns. */
void options_help(FILE *, unsigned command);

#endif
