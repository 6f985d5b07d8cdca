#include "fetch_fault.h"

#include "hide.h"
#include "utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The library's words, as far as a person should see them. */
static void say(const struct fetch_fault *f, struct buf *visible)
{
	struct buf words;

	buf_init(&words, SIZE_MAX / 2);
	if (buf_adds(&words, f->said) == 0 && words.len > 0) {
		hide_secret(words.data, words.len, f->secret);
		hide_credentials(words.data);
		(void)utf8_visible(visible, words.data, words.len, 200);
	}
	buf_free(&words);
}

void fetch_fault_tell(const struct fetch_fault *f, struct err *err)
{
	struct buf visible;
	const char *said;

	buf_init(&visible, sizeof err->msg);
	say(f, &visible);
	said = buf_cstr(&visible);
	switch (f->kind) {
	case FAULT_RESOLVE:
		err_set(err, ERR_RETRY, "could not resolve '%s'", f->host);
		break;
	case FAULT_CONNECT:
		err_set(err, ERR_RETRY, "could not connect to '%s': %s", f->host,
			f->errnum ? strerror(f->errnum) : said);
		break;
	case FAULT_TIMEOUT:
		if (f->connected)
			err_set(err, ERR_RETRY, "no byte came from '%s' for %lld s", f->host, (long long)f->timeout_s);
		else
			err_set(err, ERR_RETRY, "could not connect to '%s' within %lld s", f->host,
				(long long)f->connect_timeout_s);
		break;
	case FAULT_CUT:
		if (f->length > f->got)
			err_set(err, ERR_RETRY, "the body was cut short: %lld of %lld bytes", (long long)f->got,
				(long long)f->length);
		else if (f->got > 0)
			err_set(err, ERR_RETRY, "the body was cut short after %lld bytes: %s", (long long)f->got, said);
		else
			err_set(err, ERR_RETRY, "the transfer from '%s' failed: %s", f->host, said);
		break;
	case FAULT_TRUST:
		err_set(err, ERR_JOB, "the certificate of '%s' is not trusted: %s", f->host, said);
		break;
	case FAULT_LASTING:
		err_set(err, ERR_JOB, "the transfer from '%s' failed: %s", f->host, said);
		break;
	case FAULT_FATAL:
		err_set(err, ERR_FATAL, "libcurl cannot go on: %s", said);
		break;
	}
	buf_free(&visible);
}

int fetch_check_key(const char *key, struct err *err)
{
	if (!key || !*key)
		return err_set(err, ERR_FATAL, "the API key is empty");
	for (; *key; key++)
		if (*key <= ' ' || *key > '~')
			return err_set(err, ERR_FATAL, "the API key has a blank or a character that no key has");
	return 0;
}

int fetch_check_cacert(const char *path, struct err *err)
{
	char line[256];
	FILE *f = fopen(path, "re");
	int result = -1;

	if (!f)
		return err_sys(err, ERR_FATAL, errno, "cannot open the CA file '%s'", path);
	while (result && fgets(line, sizeof line, f))
		if (strncmp(line, "-----BEGIN ", 11) == 0 && strstr(line, "CERTIFICATE-----"))
			result = 0;
	if (result && ferror(f))
		err_sys(err, ERR_FATAL, errno, "cannot read the CA file '%s'", path);
	else if (result)
		err_set(err, ERR_FATAL, "there is no PEM certificate in the CA file '%s'", path);
	(void)fclose(f);
	return result;
}
