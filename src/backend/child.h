/*
 * The life of a worker process: it waits for a message, does the job that lies in its region, answers, and so
 * on until the parent closes the socket. It knows of no file, no other job and no other process. It speaks
 * when it is spoken to: one reply to each request (protocol.h).
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
