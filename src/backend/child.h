/*
 * The life of a worker process: it waits for a message, does the job in its region, replies, and repeats
 * until the parent closes the socket. It has no access to files, other jobs or other processes. It only
 * answers: one reply per request (protocol.h).
 */
#ifndef BACKEND_CHILD_H
#define BACKEND_CHILD_H

#include <stdnoreturn.h>

#include "backend/protocol.h"

/* The descriptor of every worker's socket; it has no other. */
enum { CHILD_SOCKET = 3 };

/* Runs in the new process and never returns. */
noreturn void child_main(int region, const struct backend_config *config);

#endif
