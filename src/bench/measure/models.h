/*
 * The models of a sweep: which backend with which engine, by name. A backend alone stands for its textbook's
 * way: it reads and writes inside its workers, and `async` on its own loop.
 */
#ifndef BENCH_MEASURE_MODELS_H
#define BENCH_MEASURE_MODELS_H

#include "backend/backend.h"
#include "bench/results.h"

/* Fills results->models from "threads,procs,threads+async"; NULL: every backend. A model that is named twice
 * is there once. One that this machine can't run is left out with a note. 0, or -1 with `error` filled: a
 * name that is not known, or nothing left. */
int models_choose(const char *list, const struct backend_config *config, struct results *results,
                  struct pm_error *error);

#endif
