/* A batch of few jobs, and an intake with the test as its engine: it asks without waiting, and states the
 * step that it expects. */
#ifndef TESTS_IO_DESK_H
#define TESTS_IO_DESK_H

#include "io/intake.h"

enum { JOBS = 8, READS = INTAKE_READS, WRITES = INTAKE_WRITES, TAKES = INTAKE_TAKES };

/* A batch of jobs, and an intake with what it was told. */
struct desk {
    struct job jobs[JOBS];
    size_t count, named;
    char finished[JOBS + 1]; /* a digit a job, in order: its index */
    struct recall recalls[JOBS];
    bool stopping;
    unsigned woken;
    struct engine_config config;
    struct remote remote;
    struct intake intake;
};

/* `count` files, of a charge of 1 each, a budget of 100, 4 slots and a depth of 4. */
void desk_init(struct desk *desk, size_t count);
void desk_wake(void *desk); /* counts, as an engine's wake */
void desk_open(struct desk *desk, struct intake_options options);
struct intake_step desk_ask(struct desk *desk, unsigned can);
/* The next step must be this one, for job `index` (-1: for none). */
struct intake_step desk_expect(struct desk *desk, unsigned can, enum intake_kind kind, int index);
struct intake_slot *desk_expect_open(struct desk *desk, int index);
struct intake_slot *desk_expect_read(struct desk *desk, int index);
void desk_open_job(struct desk *desk, int index);
void desk_read_job(struct desk *desk, int index);
/* From ready to finished. */
void desk_work_job(struct desk *desk, int index);
void desk_close(struct desk *desk, const char *finished);
void desk_expect_drained(struct desk *desk, const char *finished);
void desk_open_queue(struct desk *desk, unsigned queue);

#endif
