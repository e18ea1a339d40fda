/*
 * SIGINT, SIGTERM and SIGHUP (the terminal or ssh session has closed) stop a run: images in progress are
 * finished and no new one begins. A second signal, or one before the first image, ends the program at once;
 * temporaries that remain are unlocked, and the next run removes them.
 */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include <stdatomic.h>

/* Has a signal asked to stop? */
extern atomic_bool signals_stop;

/* An eventfd that is readable once a signal has come; 0: none. */
extern atomic_int signals_stop_fd;

/* Sets whether a message is written to the terminal when a signal arrives. */
enum signals_words { SIGNALS_TOLD, SIGNALS_QUIET };

/* Installs handlers for these signals, and ignores SIGXFSZ, so that a result that exceeds ulimit -f only
 * fails its job. A signal that was ignored at the start (nohup, a shell's background job) stays ignored. */
void signals_catch(enum signals_words words);

/* Call it at the end of the run; the eventfd is then no longer used. */
void signals_work_ended(void);

/* Call it when the first image begins: from now on a signal lets images in progress finish. */
void signals_work_begins(void);

/* The exit status for the signal that came first: 130, 143 or 129; 0: none came. */
int signals_status(void);

#endif
