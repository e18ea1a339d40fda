/*
 * What an answer's status or libcurl's code means to the user, and whether another try may do better.
 * libcurl's own texts are not shown where they could contain a password.
 */
#ifndef NET_TROUBLE_H
#define NET_TROUBLE_H

#include <curl/curl.h>
#include <stdbool.h>

#include "base/error.h"

enum { FETCH_REDIRECTS_MAX = 5 };

/* What to do about a status other than success. */
const char *trouble_status_advice(unsigned status);

/* Does the status ask to try again later? */
bool trouble_is_brief(unsigned status);

/* Is it the connection's fault, so that another may do better? */
bool trouble_is_broken(CURLcode code);

/* Fills `error` for a try that ended with `code`. */
void trouble_set(CURLcode code, struct pm_error *error);

#endif
