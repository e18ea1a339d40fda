/* The command that a report shows, so that its reader can run it again. */
#ifndef BENCH_REPORT_QUOTE_ARGV_H
#define BENCH_REPORT_QUOTE_ARGV_H

#include <stddef.h>

/* Writes "pixmill bench ARGUMENTS..." (argv[0] left out) into text[size] quoted for a POSIX shell, then
 * `more` unless it is NULL. What does not fit is cut off. */
void quote_argv(int argc, char *const *argv, const char *more, char *text, size_t size);

#endif
