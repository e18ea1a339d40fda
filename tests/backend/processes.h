/* Other processes, as tests of worker processes see and end them. */
#ifndef TESTS_BACKEND_PROCESSES_H
#define TESTS_BACKEND_PROCESSES_H

#include <sys/types.h>

/* Fills `found` with the children of this process, by number, up to `most`. Returns how many. */
int children(pid_t found[], int most);

/* The fork server, which is this process's first child. */
pid_t fork_server(void);

/* When the process has ended, so have its workers: the kernel signals them before it reports the end. */
void kill_and_wait(pid_t pid);

#endif
