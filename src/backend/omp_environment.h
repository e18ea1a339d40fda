/*
 * The limits that the environment and the system set for an OpenMP team, and the variables that must be set
 * before the runtime is loaded. Batch systems and users set these variables for all programs of a machine, so
 * each is either honoured and its effect reported, or overridden with a note if it would make the program
 * fail.
 */
#ifndef BACKEND_OMP_ENVIRONMENT_H
#define BACKEND_OMP_ENVIRONMENT_H

#include <stdbool.h>

/* backend.prepare: variables that the runtime could not read are taken out of the environment, waiting
 * members must sleep (OMP_WAIT_POLICY, unless the user has chosen), and a stack of less than 1 MiB
 * (OMP_STACKSIZE) is raised to that. */
bool omp_prepare(char *note);

/* How many members a team may have, of `wanted`: what OMP_THREAD_LIMIT allows, and as many threads, with
 * stacks of the runtime's size, as the system starts now. Makes teams fixed in size (OMP_DYNAMIC) and
 * parallel (OMP_MAX_ACTIVE_LEVELS). note[BACKEND_NOTE_MAX], unless NULL, says why there are fewer, or
 * is "". */
unsigned omp_members_granted(unsigned wanted, char *note);

#endif
