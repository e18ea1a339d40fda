/*
 * The processors that this process was started with. libgomp narrows them before main begins: with
 * OMP_PROC_BIND, OMP_PLACES or GOMP_CPU_AFFINITY in the environment, as on many clusters, its constructor
 * binds the first thread to one processor, and every thread and process started from it inherits the binding.
 * So each program saves its affinity mask before any library's constructor runs and restores it in main.
 * Threads of OpenMP's own teams are still bound as the user asked.
 */
#ifndef BASE_AFFINITY_H
#define BASE_AFFINITY_H

/* Use once, at file scope, in the file with main. Not possible in a shared library. */
#define AFFINITY_NOTE_AT_START                                                                               \
    __attribute__((section(".preinit_array"), used)) static void (*const note_affinity)(void) = affinity_note

/* Saves the calling thread's affinity mask; called before constructors. */
void affinity_note(void);

/* Restores the saved affinity mask of the calling thread, which its children inherit. Call first in main.
 * Does nothing if no mask was saved or the system refuses. */
void affinity_restore(void);

#endif
