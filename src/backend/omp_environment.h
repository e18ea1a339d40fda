/*
 * The limits that the environment and the system set for an OpenMP team, and the variables that must be set
 * before the runtime is loaded. Batch systems and users set these variables for all programs of a machine, so
 * each is either respected and its effect reported, or overridden with a note if it would make the program
 * fail.
 */
#ifndef BACKEND_OMP_ENVIRONMENT_H
#define BACKEND_OMP_ENVIRONMENT_H

#include <stdbool.h>

/* For backend->prepare: removes variables that the runtime could not parse, makes waiting members sleep
 * (OMP_WAIT_POLICY, unless set by the user), and raises a stack size below 1 MiB (OMP_STACKSIZE) to 1 MiB. */
bool omp_prepare(char *note);

/* Returns how many of `wanted` members a team can have: limited by OMP_THREAD_LIMIT and by how many threads
 * the system starts now. Makes teams fixed in size (OMP_DYNAMIC) and parallel (OMP_MAX_ACTIVE_LEVELS).
 * note[BACKEND_NOTE_MAX], unless NULL, is the reason if there are fewer, else "". */
unsigned omp_members_granted(unsigned wanted, char *note);

#endif
