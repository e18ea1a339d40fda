/* What a server's answer says in its header lines about its body: its coding, and what resumption needs. */
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

/* Takes in a header line, line end and all. The first line of an answer (a redirect's answer, an interim one,
 * has one of its own) empties it. */
void answer_line(struct answer *answer, const char *line, size_t length);

/* What If-Range may be given, so that a part is sent only of the very same file: a strong entity tag, or the
 * date of the last change if that is older than the answer (RFC 9110, 8.8.2.2). "": nothing. */
const char *answer_validator(const struct answer *answer);

#endif
