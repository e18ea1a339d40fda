/*
 * What a program must do before libgomp's constructor, which runs before main and changes two things:
 *
 * - It narrows the processors: with OMP_PROC_BIND, OMP_PLACES or GOMP_CPU_AFFINITY in the environment, as on
 *   many clusters, it binds the first thread to one processor, and every thread and process started from it
 *   inherits the binding. Threads of OpenMP's own teams are still bound as the user asked.
 * - It warns on standard error of each environment variable that it can't parse, in every program linked to
 *   it. The warnings are kept for omp_environment.h; other output (such as OMP_DISPLAY_ENV's) is passed on.
 *
 * So each program saves its affinity mask and, if such variables are set, redirects standard error before any
 * library's constructor runs, and restores both in main.
 */
#ifndef BASE_PREINIT_H
#define BASE_PREINIT_H

#include <stdbool.h>

/* Use once, at file scope, in the file with main. Not possible in a shared library. */
#define PREINIT_AT_START                                                                                     \
    __attribute__((section(".preinit_array"), used)) static void (*const preinit)(int, char **, char **) =   \
        preinit_save

/* Saves the affinity mask, and redirects standard error; called before constructors. */
void preinit_save(int argc, char **argv, char **environment);

/* Restores standard error, and the affinity mask of the calling thread, which its children inherit. Call
 * first in main. Does nothing to a mask that was not saved, or that the system refuses. */
void preinit_restore(void);

/* Is `variable` an OpenMP variable that a kept warning names? */
bool preinit_warned_of(const char *variable);

#endif
