/* A client of an engine that records all calls, and workers for it; every engine in each of its modes. */
#ifndef TESTS_IO_RECORDER_H
#define TESTS_IO_RECORDER_H

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <pthread.h>
#include <stdbool.h>

#include "io/intake.h"

struct recorder {
    pthread_mutex_t lock;
    struct job *jobs;
    char (*inputs)[64], (*outputs)[64];
    size_t count, named, admitted_next;
    size_t *admitted; /* indices in the order of admission */
    uint64_t budget, used, used_most;
    int in_memory, in_memory_most; /* admitted but not finished */
    size_t finished, failed;
    bool refuse_examine_odd, refuse_prepare_odd, shorten_odd;
    uint64_t charge;
    uint64_t awaited; /* workers keep their jobs until this much of the budget is used; 0: they do not wait */
};

void recorder_init(struct recorder *recorder, size_t count);

void recorder_free(struct recorder *recorder);

extern bool pumped; /* one thread takes jobs, gives results and pumps */

struct engine_config recorder_config(struct recorder *recorder, unsigned io_jobs, unsigned depth);

void recorder_run(const struct engine *engine, const struct engine_config *config, unsigned workers,
                  int fail_index);

void recorder_assert_written(struct recorder *recorder, size_t index);

/* Every engine, in each of its modes. */
static const struct variant {
    const char *engine;
    bool pumped, forbid_uring;
} variants[] = {
    {"threads", false, false}, {"sync", false, false}, {"async", false, false},
    {"async", true, false},    {"async", false, true}, {"async", true, true},
};

/* Criterion runs a parameterized test once per index, each in its own process. */
struct criterion_test_params engine_each_variant(void);

const struct engine *engine_begin(size_t index);

#define ENGINE_TEST(name)                                                                                    \
    static void name(const struct engine *engine);                                                           \
    ParameterizedTestParameters(engine, name)                                                                \
    {                                                                                                        \
        return engine_each_variant();                                                                        \
    }                                                                                                        \
    ParameterizedTest(size_t *index, engine, name, .timeout = 120)                                           \
    {                                                                                                        \
        name(engine_begin(*index));                                                                          \
    }                                                                                                        \
    static void name(const struct engine *engine)

#endif
