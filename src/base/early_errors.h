/*
 * What libgomp writes to standard error before main: its constructor reads the environment, and complains of
 * each variable that it can't read, in every program that is linked to it and whatever that was started for.
 * So where such variables are set, each program puts standard error aside before any library's constructor
 * runs, and takes it back in main. Complaints are kept for who has a use for them (omp_environment.h); all
 * else, such as what OMP_DISPLAY_ENV asks for, is written on.
 */
#ifndef BASE_EARLY_ERRORS_H
#define BASE_EARLY_ERRORS_H

#include <stdbool.h>

/* At file scope, once, in a file that holds main. A shared library can't have such a function. */
#define HOLD_EARLY_ERRORS_AT_START                                                                           \
    __attribute__((section(".preinit_array"), used)) static void (*const hold_errors)(                       \
        int, char **, char **) = early_errors_hold

/* Puts standard error aside if the environment has variables of OpenMP's; called before constructors. */
void early_errors_hold(int argc, char **argv, char **environment);

/* Takes it back. For the first lines of main. */
void early_errors_release(void);

/* Is `variable` one of OpenMP's, and named by a complaint that was kept? */
bool early_errors_name(const char *variable);

#endif
