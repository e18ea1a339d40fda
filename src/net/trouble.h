/*
 * The meaning of libcurl's code for the user, and whether another try may
 * succeed. libcurl's own texts are not shown where they could contain a password.
 */
#ifndef NET_TROUBLE_H
#define NET_TROUBLE_H

#include <curl/curl.h>
#include <stdbool.h>

#include "base/error.h"

enum { FETCH_REDIRECTS_MAX = 5 };

/* Is it an error of the connection, so that another try may succeed? */
bool trouble_is_broken(CURLcode code);

/* Fills `error` for a try that ended with `code`. */
void trouble_set(CURLcode code, struct pm_error *error);

#endif
