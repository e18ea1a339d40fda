/*
 * The meaning of a response's status, or of libcurl's code, for the user, and whether another try may
 * succeed. libcurl's own texts are not shown where they could contain a password.
 */
#ifndef NET_TROUBLE_H
#define NET_TROUBLE_H

#include <curl/curl.h>
#include <stdbool.h>

#include "base/error.h"

enum { FETCH_REDIRECTS_MAX = 5 };

/* Advice for a status other than success. */
const char *trouble_status_advice(unsigned status);

/* Does the status mean: try again later? */
bool trouble_is_brief(unsigned status);

/* Is it an error of the connection, so that another try may succeed? */
bool trouble_is_broken(CURLcode code);

/* Fills `error` for a try that ended with `code`. */
void trouble_set(CURLcode code, struct pm_error *error);

#endif
