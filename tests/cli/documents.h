/* The documents of the source tree. */
#ifndef TESTS_CLI_DOCUMENTS_H
#define TESTS_CLI_DOCUMENTS_H

#include <limits.h>

extern char documents_source[PATH_MAX]; /* the top of the tree; set before each test of the suite */

/* Runs a command line of the test itself; returns its exit status. */
int documents_shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Calls `look` with the path of every document, from the top. */
void documents_each(void (*look)(const char *document));

#endif
