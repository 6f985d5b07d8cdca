/*
 * hide.h: secrets taken out of words from outside, before they become part of a message.
 */
#ifndef OMNI_HIDE_H
#define OMNI_HIDE_H

#include <stddef.h>

/* Overwrites each place where secret stands in these n bytes, word for word, with stars; also a beginning of it at
 * their end, where it was cut. secret may be NULL or empty. Call it before the text is shortened, decoded text again.
 */
void hide_secret(char *p, size_t n, const char *secret);
/* Of libcurl's words, which quote a proxy's address as it was given: what stands before the last '@' of what is quoted
 * may be a user's name and password, and becomes stars. */
void hide_credentials(char *s);

#endif
