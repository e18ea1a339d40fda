/* Times as HTTP writes them (RFC 9110, section 5.6.7). Pure. */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

#include <stdbool.h>
#include <time.h>

#include "http/request_head.h"

enum { HTTP_DATE_MAX = 40 };

/* "Sun, 06 Nov 1994 08:49:37 GMT", whatever the locale; years 0 to 9999. */
void http_date_write(time_t when, char date[HTTP_DATE_MAX]);

/* Reads that form or one of the two obsolete ones. `now` decides the century of a year of two digits: no more
 * than 50 years ahead. False if it is none of them, or not a valid time. */
bool http_date_parse(struct span text, time_t now, time_t *when);

#endif
