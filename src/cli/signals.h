/*
 * SIGINT, SIGTERM and SIGHUP (the terminal or ssh session is gone) ask a run to stop: images in progress are
 * finished and no new one begins. A second signal, or one before the first image, ends the program at once;
 * temporaries that remain are unlocked, and the next run removes them.
 */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include <stdatomic.h>

/* True once a stop was asked for. */
extern atomic_bool signals_stop;

/* An eventfd, readable from then on; 0: there is none. */
extern atomic_int signals_stop_fd;

/* Write a message on the terminal when a signal arrives? */
enum signals_words { SIGNALS_TOLD, SIGNALS_QUIET };

/* Takes over these signals, and ignores SIGXFSZ, so that a result over ulimit -f is its job's failure. A
 * signal that was ignored at start (nohup, a shell's background job) stays so. */
void signals_catch(enum signals_words words);

/* The run is over; the eventfd is no longer used. */
void signals_work_ended(void);

/* From now on there are images in progress. */
void signals_work_begins(void);

/* The exit status that says which signal came first: 130, 143 or 129; 0 when none came. */
int signals_status(void);

#endif
