/* What the header of a response says about its body: its coding, and what resuming needs; and what its status
 * means for the user. */
#ifndef NET_ANSWER_H
#define NET_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct answer {
    char etag[192];              /* with its quotes; "": none, a weak one, or one too long to be kept */
    char modified[48], date[48]; /* as written; "": none */
    bool has_range, has_total;   /* Content-Range */
    uint64_t range_start, range_total;
    char coding[24]; /* Content-Encoding; "": none */
};

/* Parses a header line, which includes its line end. A status line, the first line of each response (also of
 * redirects and interim responses), resets the struct. */
void answer_line(struct answer *answer, const char *line, size_t length);

/* The value for If-Range, so that the server sends a part only of the same file: a strong entity tag, or the
 * modification date if it is older than the response (RFC 9110, 8.8.2.2). "": none. */
const char *answer_validator(const struct answer *answer);

/* Advice for a status other than success. */
const char *answer_advice(unsigned status);

/* Does the status mean: try again later? */
bool answer_is_temporary(unsigned status);

#endif
