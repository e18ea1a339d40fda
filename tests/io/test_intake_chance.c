/* Random runs of the intake: which thread does which step, and how each step ends, is random. */
#include <criterion/criterion.h>

#include "base/clock.h"
#include "io/intake.h"

enum { MANY = 40, STEPS_MAX = 64 };

struct chance {
    uint32_t state;
    struct job jobs[MANY];
    unsigned finished[MANY];
    size_t named;
    struct engine_config config;
    struct intake intake;
    struct intake_step open[STEPS_MAX]; /* steps whose end is not yet reported */
    unsigned count, held;               /* open steps; jobs that workers hold */
    size_t next_file;                   /* files are admitted in order */
    bool stopping;
};

static uint32_t chance_below(struct chance *chance, uint32_t bound)
{
    chance->state = chance->state * 1664525 + 1013904223; /* Numerical Recipes' generator */
    return (uint32_t)(((uint64_t)chance->state * bound) >> 32);
}

static struct job *chance_next(void *self)
{
    struct chance *chance = self;
    return chance->named < MANY && !chance->stopping ? &chance->jobs[chance->named++] : NULL;
}

static bool chance_stopping(void *self)
{
    return ((const struct chance *)self)->stopping;
}

static void chance_finish(void *self, struct job *job)
{
    ((struct chance *)self)->finished[job->index]++;
}

/* Invariants that hold at all times. */
static void check_invariants(const struct chance *chance)
{
    const struct intake *intake = &chance->intake;
    const struct budget *budget = &intake->budget;
    cr_assert(budget->used <= budget->total || budget->jobs == 1, "the budget is exceeded");
    cr_assert_leq(intake->reading + intake->ready_count, chance->config.depth);
    unsigned states[SLOT_CLOSING + 1] = {0}, in_line = 0, free = 0;
    for (unsigned i = 0; i < intake->options.slots; i++)
        states[intake->slots[i].state]++;
    for (const struct intake_slot *slot = intake->line; slot != NULL; slot = slot->next)
        in_line++;
    for (const struct intake_slot *slot = intake->free; slot != NULL; slot = slot->next)
        free++;
    cr_assert_eq(free, states[SLOT_FREE]);
    cr_assert_eq(intake->opening, states[SLOT_OPENING]);
    cr_assert_eq(intake->later, states[SLOT_LATER]);
    cr_assert(in_line >= states[SLOT_EXAMINED] &&
              in_line <= states[SLOT_EXAMINED] + states[SLOT_OPENING] + states[SLOT_LATER]);
    cr_assert_geq(intake->reading, states[SLOT_READING]);
}

/* Trying again is only for URLs, never for files. */
static enum intake_result chance_result(struct chance *chance, struct intake_slot *slot)
{
    static const enum intake_result results[] = {INTAKE_DONE, INTAKE_DONE, INTAKE_DONE, INTAKE_FAILED,
                                                 INTAKE_LATER};
    slot->again_at = chance_below(chance, 2) == 0 ? 0 : clock_now() + 1e-5;
    return results[chance_below(chance, slot->job->url != NULL ? 5 : 4)];
}

/* Reports the end of one of the open steps. */
static void chance_tell(struct chance *chance)
{
    const unsigned which = chance_below(chance, chance->count);
    const struct intake_step step = chance->open[which];
    chance->open[which] = chance->open[--chance->count];
    switch (step.kind) {
    case INTAKE_WRITE:
        intake_written(&chance->intake, step.job);
        break;
    case INTAKE_TAKE:
        chance->held--;
        step.job->status = JOB_OK;
        intake_give(&chance->intake, step.job);
        break;
    case INTAKE_CLOSE:
        job_cancel(step.job);
        intake_closed(&chance->intake, step.slot);
        break;
    case INTAKE_READ:
        if (step.job->url != NULL && chance_below(chance, 2) == 0)
            step.job->charge /= 2;
        intake_read(&chance->intake, step.slot, chance_result(chance, step.slot));
        break;
    case INTAKE_OPEN:
        intake_opened(&chance->intake, step.slot, chance_result(chance, step.slot));
        break;
    case INTAKE_NOTHING:
    case INTAKE_ENDED:
        cr_assert_fail("no step");
    }
}

/* Asks for a step and records it as open. */
static enum intake_kind chance_ask(struct chance *chance, unsigned can)
{
    if (chance->count == STEPS_MAX)
        return INTAKE_NOTHING;
    struct intake_step step = intake_next(&chance->intake, can, INTAKE_POLL);
    if (step.kind == INTAKE_READ && step.job->url == NULL) {
        cr_assert_geq(step.job->index, chance->next_file, "a younger file was read before it");
        chance->next_file = step.job->index + 1;
    }
    if (step.kind < INTAKE_NOTHING)
        chance->open[chance->count++] = step;
    chance->held += step.kind == INTAKE_TAKE;
    return step.kind;
}

static void chance_run(uint32_t seed)
{
    static struct chance chance;
    struct pm_error error = {0};
    chance = (struct chance){.state = seed};
    chance.config = (struct engine_config){
        .client = {.batch = &chance,
                   .next = chance_next,
                   .stopping = chance_stopping,
                   .finish = chance_finish},
        .depth = 1 + chance_below(&chance, 4),
        .settings.memory = chance_below(&chance, 40),
    };
    for (size_t i = 0; i < MANY; i++) {
        chance.jobs[i] = (struct job){.index = i, .charge = chance_below(&chance, 20)};
        chance.jobs[i].url = chance_below(&chance, 3) == 0 ? "http://example.org/" : NULL;
    }
    const struct intake_options options = {.slots = 1 + chance_below(&chance, 5),
                                           .max_jobs = chance_below(&chance, 3) * 4};
    cr_assert_eq(intake_init(&chance.intake, &chance.config, &options, &error), 0);
    const uint32_t stop_at = chance_below(&chance, 600), close_at = chance_below(&chance, 1200);
    bool taken_all = false, closed = false;
    for (uint32_t step = 0;; step++) {
        cr_assert_lt(step, 1000000, "seed %u locks up", seed);
        chance.stopping |= step == stop_at;
        /* The intake is closed only when no worker holds a job. */
        if (!closed && chance.held == 0 && (taken_all || step >= close_at)) {
            intake_close(&chance.intake);
            closed = true;
        }
        if (chance.count > 0 && chance_below(&chance, 2) == 0)
            chance_tell(&chance);
        else if (!closed && step < close_at && chance_below(&chance, 3) == 0)
            taken_all |= chance_ask(&chance, INTAKE_TAKES) == INTAKE_ENDED;
        else if (chance_ask(&chance,
                            chance_below(&chance, 4) == 0 ? INTAKE_WRITES : INTAKE_WRITES | INTAKE_READS) ==
                 INTAKE_ENDED)
            break;
        check_invariants(&chance);
    }
    cr_assert_eq(chance.count, 0);
    for (size_t i = 0; i < MANY; i++)
        cr_assert_eq(chance.finished[i], i < chance.named, "seed %u, job %zu", seed, i);
    if (!chance.stopping && taken_all)
        cr_assert_eq(chance.named, MANY);
    intake_free(&chance.intake);
}

Test(intake, every_job_ends_once_whatever_happens, .timeout = 120)
{
    for (uint32_t seed = 0; seed < 3000; seed++)
        chance_run(seed);
}
