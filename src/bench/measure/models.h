/*
 * The models of a sweep: which backend with which engine, by name. A backend without an engine means its
 * textbook's I/O: inside its workers, or for `async` on its own loop.
 */
#ifndef BENCH_MEASURE_MODELS_H
#define BENCH_MEASURE_MODELS_H

#include "backend/backend.h"
#include "bench/results.h"

/* Fills results->models from "threads,procs,threads+async"; NULL: every backend. A model that is named twice
 * is measured once. One that this machine can't run is left out with a note. 0, or -1 with `error` filled: an
 * unknown name, or no model left. */
int models_choose(const char *list, const struct backend_config *config, struct results *results,
                  struct pm_error *error);

/* The model of this name in two sentences; "" when there is none. */
const char *model_about(const char *name);

#endif
