/*
 * An error's message in words for a client. Messages end in what to do, in brackets, and speak of options:
 * "ends too early (... keep what there is with --allow-truncated)". A client writes no command lines: what
 * its URL can say, too, is called a step; other advice is the operator's, who finds it in the log, and is
 * left out.
 */
#ifndef SERVE_CLIENT_WORDS_H
#define SERVE_CLIENT_WORDS_H

#include <stddef.h>

/* Writes it into words[size], NUL-terminated. */
void client_words(const char *message, char *words, size_t size);

#endif
