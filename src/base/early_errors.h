/*
 * Holds back what libgomp writes to standard error before main: its constructor warns of each environment
 * variable that it can't parse, in every program linked to it. If such variables are set, each program
 * redirects standard error before any library's constructor runs and restores it in main. The warnings are
 * kept for omp_environment.h; other output (such as OMP_DISPLAY_ENV's) is passed on.
 */
#ifndef BASE_EARLY_ERRORS_H
#define BASE_EARLY_ERRORS_H

#include <stdbool.h>

/* Use once, at file scope, in the file with main. Not possible in a shared library. */
#define HOLD_EARLY_ERRORS_AT_START                                                                           \
    __attribute__((section(".preinit_array"), used)) static void (*const hold_errors)(                       \
        int, char **, char **) = early_errors_hold

/* Redirects standard error if the environment has OpenMP variables; called before constructors. */
void early_errors_hold(int argc, char **argv, char **environment);

/* Restores standard error. Call first in main. */
void early_errors_release(void);

/* Is `variable` an OpenMP variable that a kept warning names? */
bool early_errors_name(const char *variable);

#endif
