/* Times as HTTP writes them (RFC 9110, section 5.6.7). Pure, except http_date_now. */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

#include <stdbool.h>
#include <time.h>

#include "http/request_head.h"

enum { HTTP_DATE_MAX = 40 };

/* "Sun, 06 Nov 1994 08:49:37 GMT", whatever the locale; years 0 to 9999. */
void http_date_write(time_t when, char date[HTTP_DATE_MAX]);

/* The current time, written once per second. Zeroed before the first use. */
struct http_now {
    time_t when; /* of `date` */
    char date[HTTP_DATE_MAX];
};
const char *http_date_now(struct http_now *now);

/* Parses this form or one of the two obsolete ones. A year of two digits is at most 50 years after `now`.
 * False if the text has none of these forms, or is not a valid time. */
bool http_date_parse(struct span text, time_t now, time_t *when);

#endif
