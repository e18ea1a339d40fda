/* A batch of a few jobs and an intake whose engine is the test: it asks for steps without waiting and checks
 * each step it gets. */
#ifndef TESTS_IO_DESK_H
#define TESTS_IO_DESK_H

#include "io/intake.h"

enum { JOBS = 8, READS = INTAKE_READS, WRITES = INTAKE_WRITES, TAKES = INTAKE_TAKES };

/* A batch of jobs, and an intake with the calls it made to its client. */
struct desk {
    struct job jobs[JOBS];
    size_t count, named;
    char finished[JOBS + 1]; /* the index of each finished job, one digit each, in order */
    struct recall recalls[JOBS];
    bool stopping;
    unsigned woken;
    struct engine_config config;
    struct remote remote;
    struct intake intake;
};

/* `count` files with a charge of 1 each, a budget of 100, 4 slots and a depth of 4. */
void desk_init(struct desk *desk, size_t count);
void desk_wake(void *desk); /* counts calls, in place of an engine's wake function */
void desk_open(struct desk *desk, struct intake_options options);
struct intake_step desk_ask(struct desk *desk, unsigned can);
/* The next step must be this one, for job `index` (-1: for none). */
struct intake_step desk_expect(struct desk *desk, unsigned can, enum intake_kind kind, int index);
struct intake_slot *desk_expect_open(struct desk *desk, int index);
struct intake_slot *desk_expect_read(struct desk *desk, int index);
void desk_open_job(struct desk *desk, int index);
void desk_read_job(struct desk *desk, int index);
/* Takes a job from ready to finished. */
void desk_work_job(struct desk *desk, int index);
void desk_close(struct desk *desk, const char *finished);
void desk_expect_drained(struct desk *desk, const char *finished);
void desk_open_queue(struct desk *desk, unsigned queue);

#endif
