/*
 * The Python models: what textbooks do in Python, measured in real interpreters (--python=PATH) over the
 * module pixmill. Their trials are processes of the interpreter that run src/python/pixmill/_trial.py.
 *
 * Each model exists twice: the module's transform releases the interpreter's lock (the GIL) while the library
 * works, as the public one does; "-kept" keeps it, as code in Python and many C extensions do. With several
 * interpreters models have the version in their names: "python-threads-kept@3.11.2".
 */
#ifndef BENCH_MEASURE_PYTHON_H
#define BENCH_MEASURE_PYTHON_H

#include <limits.h>
#include <stdbool.h>

#include "bench/results.h"

/* ROW(name, title, since, one_worker, about): `since` is the first Python 3.x that has it. */
#define PYTHON_MODELS(ROW)                                                                                   \
    ROW("python-threads", "Python threads", 11, false,                                                       \
        "A ThreadPoolExecutor: each thread reads, transforms and writes its own images.")                    \
    ROW("python-procs-fork", "Python Pool, fork", 11, false,                                                 \
        "multiprocessing.Pool: worker processes get names, and read, transform and write. They are forks "   \
        "of the program.")                                                                                   \
    ROW("python-procs-spawn", "Python Pool, spawn", 11, false,                                               \
        "multiprocessing.Pool: worker processes get names, and read, transform and write. Each is a new "    \
        "interpreter.")                                                                                      \
    ROW("python-procs-forkserver", "Python Pool, forkserver", 11, false,                                     \
        "multiprocessing.Pool: worker processes get names, and read, transform and write. They are forks "   \
        "of a small server process.")                                                                        \
    ROW("python-asyncio", "Python asyncio", 11, true,                                                        \
        "One thread runs an event loop of coroutines, which transform images themselves.")                   \
    ROW("python-asyncio+threads", "Python asyncio, threads", 11, false,                                      \
        "An event loop of coroutines that read and write, and an executor of threads that transform.")       \
    ROW("python-interpreters", "Python interpreters", 14, false,                                             \
        "An InterpreterPoolExecutor: threads of one process, each with an interpreter and a lock of its "    \
        "own.")

/* What marks the models that keep the lock, and the word that names all Python models. */
#define PYTHON_KEPT "-kept"
#define PYTHON_ALL "python"

enum { INTERPRETERS_MAX = 8, PYTHON_OLDEST = 11 };

/* What was found out about a program (cli/interpreter.h). */
struct interpreter {
    char path[PATH_MAX];
    char version[24];   /* "3.11.2"; of a free-threaded build "3.13.5t" */
    unsigned minor;     /* 3.minor */
    bool free_threaded; /* it runs without the lock */
};

struct interpreters {
    struct interpreter items[INTERPRETERS_MAX];
    unsigned count;
};

/* Is it the word "python", or does it begin as names of Python models do? */
bool python_is_model(const char *name);

/* Adds the model of that name, or all for PYTHON_ALL, of each interpreter to results->models; one that an
 * interpreter can't run is left out with a note. `interpreters` lives as long as the results. Returns 0, or
 * -1 with `error` filled: an unknown name, or no interpreter. */
int python_choose(const char *name, const struct interpreters *interpreters, struct results *results,
                  struct pm_error *error);

#endif
