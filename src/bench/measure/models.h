/*
 * The models of a sweep: which backend with which engine, by name. A backend without an engine means its
 * textbook's I/O: inside its workers, or for `async` on its own loop.
 */
#ifndef BENCH_MEASURE_MODELS_H
#define BENCH_MEASURE_MODELS_H

#include "backend/backend.h"
#include "bench/measure/python.h"
#include "bench/results.h"

/* Fills results->models from "threads,procs,threads+async"; "all": every backend; NULL: all, and the Python
 * models of every interpreter. A model that is named twice is measured once. One that this machine can't run
 * is left out with a note. 0, or -1 with `error` filled: an unknown name, or no model left. */
int models_choose(const char *list, const struct backend_config *config,
                  const struct interpreters *interpreters, struct results *results, struct pm_error *error);

/* Adds a model, unless there is one of that name. Returns 0, or -1 with `error` filled. */
int models_add(struct results *results, const struct model *model, struct pm_error *error);

/* The model of this name in two sentences; "" when there is none. */
const char *model_about(const char *name);

#endif
