/*
 * The processors that this process was started with. libgomp narrows them before main begins: with
 * OMP_PROC_BIND, OMP_PLACES or GOMP_CPU_AFFINITY in the environment, as on many clusters, its constructor
 * binds the first thread to one place, and every thread and process started from there inherits that. So each
 * program notes its processors before any library's constructor runs, and takes them back in main; threads of
 * OpenMP's own teams are still bound as the user asked.
 */
#ifndef BASE_AFFINITY_H
#define BASE_AFFINITY_H

/* At file scope, once, in a file that holds main. A shared library can't have such a function. */
#define AFFINITY_NOTE_AT_START                                                                               \
    __attribute__((section(".preinit_array"), used)) static void (*const note_affinity)(void) = affinity_note

/* Notes the processors that the calling thread may use; called before constructors. */
void affinity_note(void);

/* Gives the calling thread, and so all that it starts, the noted processors back. For the first lines of
 * main. Does nothing when none were noted or the system refuses. */
void affinity_restore(void);

#endif
