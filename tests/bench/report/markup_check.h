/* Small syntax checks of report formats, for tests. */
#ifndef TESTS_BENCH_REPORT_MARKUP_CHECK_H
#define TESTS_BENCH_REPORT_MARKUP_CHECK_H

#include <stdbool.h>

/* Is `text` one JSON value (RFC 8259)? */
bool is_json(const char *text);

/* Is `text` well-formed: every tag closed in turn, every attribute quoted, every & an entity? A subset of
 * XML, and <!DOCTYPE html> at the start. On failure *where points to the error. */
bool is_well_formed(const char *text, const char **where);

#endif
