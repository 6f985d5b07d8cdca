#include "options.h"

#include <string.h>

#define AT(field) offsetof(struct options, field)
#define DAY_MS    ((int64_t)86400 * 1000)

const struct option_def option_table[] = {
    {"to", 't', OPTION_LIST, "SINK", "sqlite:omni-export.db",
     "where to write: sqlite:PATH, a path that ends in .db, .sqlite or .sqlite3, postgresql://..., pg:CONNINFO, "
     "jsonl:DIR, csv:DIR, raw:DIR, or null: (nothing is kept); "
     "repeatable",
     FOR_RUN | FOR_LOAD, AT(to), 0, 0, GROUP_WHERE},
    {"from", 0, OPTION_TEXT, "SINK", "sqlite:omni-export.db",
     "the sink whose bodies are loaded; may be one of the targets", FOR_LOAD, AT(from), 0, 0, GROUP_WHERE},
    {"base-url", 0, OPTION_TEXT, "URL", NULL, "the instance, with or without /api; default: $OMNI_BASE_URL", FOR_ASKING,
     AT(base_url), 0, 0, GROUP_WHERE},
    {"api-key-file", 0, OPTION_TEXT, "FILE", NULL,
     "the first line of FILE is the key; default: $OMNI_API_KEY, else $OMNI_API_TOKEN, else "
     "$CREDENTIALS_DIRECTORY/omni-api-key",
     FOR_ASKING, AT(api_key_file), 0, 0, GROUP_WHERE},
    {"refetch", 0, OPTION_FLAG, NULL, NULL, "fetch also what the sinks hold", FOR_RUN, AT(refetch), 0, 0, GROUP_JOBS},
    {"all", 0, OPTION_FLAG, NULL, NULL, "load everything, also what the targets hold from the same body", FOR_LOAD,
     AT(all), 0, 0, GROUP_JOBS},
    {"details", 0, OPTION_FLAG, NULL, NULL,
     "also keep each job's status document (prompt, user, model, times): one more request for each job", FOR_RUN,
     AT(details), 0, 0, GROUP_JOBS},
    {"retry-lost", 0, OPTION_FLAG, NULL, NULL, "ask again for jobs recorded as lost", FOR_RUN, AT(retry_lost), 0, 0,
     GROUP_JOBS},
    {"complete-truncated", 0, OPTION_FLAG, NULL, NULL,
     "run the queries of results that the API truncated again, and keep the whole results beside them, in SQLite and "
     "PostgreSQL: data of a later time, and at least one more request for each",
     FOR_RUN, AT(complete_truncated), 0, 0, GROUP_JOBS},
    {"since", 0, OPTION_TEXT, "WHEN", "14d",
     "how far back to look: a date or time in UTC, or a span such as 14d, 36h or 90m. status, report: what was lost "
     "since then "
     "makes the answer 'lost'; discover, run --discover: older jobs are left out, and never older ones than 14 days",
     FOR_STATUS | FOR_REPORT | FOR_DISCOVER | FOR_RUN, AT(since), 0, 0, GROUP_JOBS},
    {"discover", 0, OPTION_FLAG, NULL, NULL,
     "find the jobs in the instance's conversations, as 'discover' does, beside those in FILE; without FILE standard "
     "input is not read",
     FOR_RUN, AT(discover), 0, 0, GROUP_JOBS},
    {"user-id", 0, OPTION_TEXT, "ID", NULL, "list the conversations of this user alone (run: with --discover)",
     FOR_RUN | FOR_DISCOVER, AT(user_id), 0, 0, GROUP_JOBS},
    {"not-in", 0, OPTION_LIST, "SINK", NULL,
     "leave out the jobs that 'run' would not ask for again with this sink; repeatable", FOR_DISCOVER, AT(not_in), 0, 0,
     GROUP_JOBS},
    {"sample", 0, OPTION_TEXT, "N%", NULL,
     "look at so many of the jobs, chosen by chance; the seed is told at the end, and N%:SEED takes the same ones",
     FOR_VERIFY, AT(sample), 0, 0, GROUP_JOBS},
    {"repair", 0, OPTION_FLAG, NULL, NULL,
     "write damaged jobs again from their good bodies, fetch the others again, and look once more", FOR_VERIFY,
     AT(repair), 0, 0, GROUP_JOBS},
    {"dry-run", 'n', OPTION_FLAG, NULL, NULL,
     "say what would be fetched and from where; ask the API nothing, write nothing", FOR_RUN, AT(dry_run), 0, 0,
     GROUP_JOBS},
    {"rate", 0, OPTION_TEXT, "N/UNIT", "60/m",
     "requests in any second (s), minute (m) or hour (h), shared by all processes of this user that use the same key; "
     "0: no limit",
     FOR_ASKING, AT(rate), 0, 0, GROUP_PACE},
    {"concurrency", 0, OPTION_COUNT, "N", "4", "transfers at a time", FOR_ASKING, AT(concurrency), 1, 256, GROUP_PACE},
    {"retries", 0, OPTION_COUNT, "N", "8", "tries after the first, for each job", FOR_ASKING, AT(retries), 0, 1000,
     GROUP_PACE},
    {"retry-wait", 0, OPTION_SECONDS, "S", "1", "where the backoff starts, in seconds; fractions are fine", FOR_ASKING,
     AT(retry_wait_ms), 0, DAY_MS, GROUP_PACE},
    {"retry-max-wait", 0, OPTION_SECONDS, "S", "120", "cap of one wait, also of what the API asks for", FOR_ASKING,
     AT(retry_max_wait_ms), 0, DAY_MS, GROUP_PACE},
    {"give-up-after", 0, OPTION_SECONDS, "S", "300", "end the run when the API has been down for so long", FOR_ASKING,
     AT(give_up_after_ms), 0, 30 * DAY_MS, GROUP_PACE},
    {"max-time", 0, OPTION_SECONDS, "S", NULL, "stop starting requests after S seconds; what is under way finishes",
     FOR_ASKING, AT(max_time_ms), 0, 365 * DAY_MS, GROUP_PACE},
    {"timeout", 0, OPTION_SECONDS, "S", "60", "give up on a transfer that moves no byte for S seconds", FOR_ASKING,
     AT(timeout_ms), 1000, DAY_MS, GROUP_PACE},
    {"connect-timeout", 0, OPTION_SECONDS, "S", "15", "give up on a connection that takes longer", FOR_ASKING,
     AT(connect_timeout_ms), 1, DAY_MS, GROUP_PACE},
    {"max-size", 0, OPTION_SIZE, "BYTES", "4G", "the largest body accepted, after decompression (K, M, G)", FOR_ASKING,
     AT(max_size), 0, 0, GROUP_PACE},
    {"no-raw", 0, OPTION_FLAG, NULL, NULL, "keep no bodies in database sinks; one that cannot be read is kept anyway",
     FOR_RUN | FOR_LOAD | FOR_VERIFY, AT(no_raw), 0, 0, GROUP_KEEP},
    {"pg-schema", 0, OPTION_TEXT, "NAME", "omni_export", "the schema of the tables in PostgreSQL", FOR_WORK,
     AT(pg_schema), 0, 0, GROUP_KEEP},
    {"file-mode", 0, OPTION_MODE, "MODE", "0600", "permission bits of what is created, in octal",
     FOR_RUN | FOR_LOAD | FOR_VERIFY | FOR_REPORT, AT(file_mode), 0, 0777, GROUP_KEEP},
    {"views", 0, OPTION_FLAG, NULL, NULL, "at the end make the typed views of databases, as the command 'views' does",
     FOR_RUN | FOR_LOAD, AT(views), 0, 0, GROUP_KEEP},
    {"output", 'o', OPTION_TEXT, "FILE", NULL, "write all of it to one page; -: standard output", FOR_REPORT,
     AT(output), 0, 0, GROUP_REPORT},
    {"out-dir", 0, OPTION_TEXT, "DIR", NULL,
     "write pages of 100 jobs into DIR, and index.html with the charts and a list of all jobs: for thousands of them",
     FOR_REPORT, AT(out_dir), 0, 0, GROUP_REPORT},
    {"rows", 0, OPTION_COUNT, "N", "20", "show the first N rows of each result", FOR_REPORT, AT(rows), 0, 1000000,
     GROUP_REPORT},
    {"json", 0, OPTION_FLAG, NULL, NULL, "one JSON object instead of text", FOR_STATUS | FOR_VERIFY | FOR_VIEWS,
     AT(json), 0, 0, GROUP_REPORT},
    {"error-file", 'e', OPTION_TEXT, "FILE", NULL,
     "the jobs of this input that are not stored, one a line: ID, state, reason; itself a valid input",
     FOR_RUN | FOR_LOAD, AT(error_file), 0, 0, GROUP_REPORT},
    {"summary", 0, OPTION_TEXT, "FILE", NULL, "write the summary as one JSON object; -: standard output",
     FOR_RUN | FOR_LOAD, AT(summary), 0, 0, GROUP_REPORT},
    {"metrics", 0, OPTION_TEXT, "FILE", NULL,
     "write Prometheus text for node_exporter's textfile collector; also after a failure", FOR_RUN, AT(metrics), 0, 0,
     GROUP_REPORT},
    {"progress", 0, OPTION_CHOICE, "auto|always|never", "auto",
     "how far it is: a line on a terminal; off a terminal a line of the log every minute. auto: not with -q; always: "
     "with -q too",
     FOR_RUN | FOR_LOAD | FOR_VERIFY | FOR_DISCOVER, AT(progress), 0, 0, GROUP_REPORT},
    {"log-format", 0, OPTION_CHOICE, "text|json", "text", "lines for people, or one JSON object a line", FOR_WORK,
     AT(log_format), 0, 0, GROUP_REPORT},
    {"quiet", 'q', OPTION_FLAG, NULL, NULL, "errors alone", FOR_WORK, AT(quiet), 0, 0, GROUP_REPORT},
    {"verbose", 'v', OPTION_FLAG, NULL, NULL, "each request too; verify: each job in which all is well", FOR_WORK,
     AT(verbose), 0, 0, GROUP_REPORT},
    {"config", 0, OPTION_TEXT, "FILE", NULL,
     "long options as lines 'name = value'; default: $XDG_CONFIG_HOME/omni-export/config.ini, then "
     "/etc/omni-export.ini",
     FOR_WORK, AT(config), 0, 0, GROUP_OTHER},
    {"cacert", 0, OPTION_TEXT, "FILE", NULL, "trust the CA certificates in FILE (PEM) as well", FOR_ASKING, AT(cacert),
     0, 0, GROUP_OTHER},
    {"allow-http", 0, OPTION_FLAG, NULL, NULL, "permit http:// to a host that is not loopback", FOR_ASKING,
     AT(allow_http), 0, 0, GROUP_OTHER},
    {"help", 'h', OPTION_HELP, NULL, NULL, "print this help and exit", FOR_ALL, AT(help), 0, 0, GROUP_OTHER},
    {"version", 'V', OPTION_VERSION, NULL, NULL, "print the version and exit", FOR_ALL, AT(version), 0, 0, GROUP_OTHER},
    {.name = NULL},
};

/* --- help --- */

#define HELP_INDENT 30
#define HELP_WIDTH  79
#define HELP_FEW    8 /* options that need no headings */

static void print_wrapped(FILE *f, const char *s, int column)
{
	for (int at = column; *s != '\0';) {
		int n = (int)strcspn(s, " ");

		if (at > HELP_INDENT && at + 1 + n > HELP_WIDTH) {
			(void)fprintf(f, "\n%*s", HELP_INDENT, "");
			at = HELP_INDENT;
		} else if (at > HELP_INDENT) {
			(void)fputc(' ', f);
			at++;
		}
		(void)fprintf(f, "%.*s", n, s);
		at += n;
		s += n + (s[n] == ' ');
	}
	(void)fputc('\n', f);
}

static const char *const headings[GROUPS] = {
    [GROUP_WHERE] = "Where from and to", [GROUP_JOBS] = "Which jobs",         [GROUP_PACE] = "Pace and retries",
    [GROUP_KEEP] = "What sinks keep",    [GROUP_REPORT] = "Reports and logs", [GROUP_OTHER] = "Other",
};

static void print_option(FILE *f, const struct option_def *o)
{
	char letter[] = {'-', o->letter, ',', ' ', '\0'};
	char left[80], help[600];
	int n = snprintf(left, sizeof(left), "  %s--%s%s%s", o->letter != 0 ? letter : "    ", o->name,
			 o->arg != NULL ? " " : "", o->arg != NULL ? o->arg : "");

	(void)fputs(left, f);
	if (n >= HELP_INDENT - 1)
		(void)fprintf(f, "\n%*s", HELP_INDENT, "");
	else
		(void)fprintf(f, "%*s", HELP_INDENT - n, "");
	(void)snprintf(help, sizeof(help), "%s%s%s%s", o->help, o->def != NULL ? " (default: " : "",
		       o->def != NULL ? o->def : "", o->def != NULL ? ")" : "");
	print_wrapped(f, help, HELP_INDENT);
}

void options_help(FILE *f, unsigned command)
{
	const char *blank_line = "";
	size_t n = 0;

	for (const struct option_def *o = option_table; o->name != NULL; o++)
		n += (o->commands & command) != 0;
	if (n <= HELP_FEW)
		(void)fputs("Options:\n", f);
	for (enum option_group g = 0; g < GROUPS; g++) {
		bool begun = n <= HELP_FEW;

		for (const struct option_def *o = option_table; o->name != NULL; o++) {
			if ((o->commands & command) == 0 || o->group != g)
				continue;
			if (!begun)
				(void)fprintf(f, "%s%s:\n", blank_line, headings[g]);
			begun = true;
			blank_line = "\n";
			print_option(f, o);
		}
	}
}
