/* Messages on standard error: "pixmill: FILE: what is wrong (what to do)". Bytes of file names that
 * could harm a terminal are shown escaped (text.h).
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdint.h>

#include "pixmill/error.h"

/* Exit statuses. A run that is stopped by a signal exits with 128 + the signal's number. */
enum { EXIT_WELL = 0, EXIT_JOBS_FAILED = 1, EXIT_USAGE = 2, EXIT_LOCKED = 75 /* EX_TEMPFAIL of sysexits.h */ };

/* "pixmill: ABOUT: MESSAGE"; without ABOUT when it is NULL or "". */
void report(const char *about, const char *message);

/* The same for an error, with its hint in terms of the command line. */
void report_error(const char *about, const struct pm_error *error);

/* The same, for an error of the command line. Returns EXIT_USAGE, or EXIT_LOCKED if another run holds a lock. */
int report_refusal(const char *about, const struct pm_error *error);

/* "pixmill: TEXT", for messages that are not errors. */
__attribute__((format(printf, 1, 2))) void report_note(const char *format, ...);

/* Warns of a key file that others can read. */
void report_exposed_key(const char *path);

/* Warns of a --memory (0: not given) of less than 1 MiB, which probably lacks an M at its end. */
void report_little_memory(uint64_t bytes);

/* Flushes standard output. Returns `status`; if not all could be written, reports it and returns
 * EXIT_JOBS_FAILED.
 */
int report_output(int status);

#endif
