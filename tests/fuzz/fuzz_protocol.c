/*
 * The parent against a worker process that an image controls (protocol.h, handler.h): any bytes, at any time,
 * as messages and in the region. Checks: every job is returned, with a result that passes the protocol's
 * checks; a successful result is an image of the planned format and size; a job that was started is not given
 * to another worker (taken_over.c); secrets do not stay in the request; no descriptor leaks; and the first
 * job after the script is done by a correct worker.
 */
#include <math.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "backend/handler.h"
#include "backend/region.h"
#include "backend/sandbox.h"
#include "batch/work.h"
#include "fuzz/fuzz.h"
#include "fuzz/taken_over.h"

enum { WIDTH = 4, HEIGHT = 3 };

/* A grey PNG of WIDTH x HEIGHT. */
static const uint8_t image[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x00, 0x00, 0x91, 0x9f, 0xf1,
    0x1a, 0x00, 0x00, 0x00, 0x17, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x60, 0xd0, 0x08, 0xa8,
    0x60, 0x60, 0xd4, 0x0c, 0xac, 0x64, 0x60, 0xd2, 0x0a, 0xaa, 0x02, 0x00, 0x13, 0x01, 0x02, 0xdd,
    0xdb, 0x8b, 0x72, 0x80, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
};

static void expect_sound(const struct job *job, bool recalled)
{
    const struct job_result *result = &job->result;
    FUZZ_ASSERT((unsigned)result->error.kind <= PM_ERROR_INTERNAL);
    FUZZ_ASSERT((unsigned)result->error.hint < PM_HINTS && (unsigned)result->error.stage < PM_STAGES);
    FUZZ_ASSERT(result->error.kind != PM_ERROR_CANCELLED || recalled);
    FUZZ_ASSERT(memchr(result->error.message, '\0', sizeof result->error.message) != NULL);
    FUZZ_ASSERT(result->error.kind == PM_OK || result->error.message[0] != '\0');
    FUZZ_ASSERT(memchr(result->warnings, '\0', sizeof result->warnings) != NULL);
    for (int stage = 0; stage < PM_STAGES; stage++)
        FUZZ_ASSERT(isfinite(result->seconds[stage]) && result->seconds[stage] >= 0);
}

/* Done: a PNG of that size. */
static void expect_planned(const struct job *job)
{
    static const uint8_t size[] = {0, 0, 0, WIDTH, 0, 0, 0, HEIGHT};
    FUZZ_ASSERT(job->out.size > 24 && job->out.size <= job->charge);
    FUZZ_ASSERT(memcmp(job->out.data, image, 16) == 0 && memcmp(job->out.data + 16, size, sizeof size) == 0);
    FUZZ_ASSERT(job->result.width == WIDTH && job->result.height == HEIGHT);
    FUZZ_ASSERT(job->result.pixels_in == WIDTH * HEIGHT);
}

static void expect_no_secrets(const struct handler *handler)
{
    static const struct pm_secrets none;
    FUZZ_ASSERT(memcmp(&handler->request.secrets, &none, sizeof none) == 0);
}

static void do_job(struct handler *handler, struct taken_over *world, bool recalled)
{
    struct recall recall;
    struct pm_error error = {0};
    struct job job = {.input = "a.png",
                      .in = {.data = (uint8_t *)(uintptr_t)image, .size = sizeof image},
                      .charge = 1 << 16,
                      .fd = -1};
    memset(&job.secrets, 0x5a, sizeof job.secrets);
    FUZZ_ASSERT(recall_open(&recall, &error) == 0);
    if (recalled) {
        job.recall = &recall;
        recall_ask(&recall);
    }
    const bool honest = atomic_load(&world->script_done);
    atomic_fetch_add(&world->job, 1);
    handler_do(handler, &job);
    expect_sound(&job, recalled);
    expect_no_secrets(handler);
    if (job.result.error.kind == PM_OK)
        expect_planned(&job);
    /* One that was called back may be ended before its worker, which gets little of the machine, replies. */
    FUZZ_ASSERT(!honest || job.result.error.kind == PM_OK ||
                (recalled && job.result.error.kind == PM_ERROR_CANCELLED));
    buffer_free(&job.out);
    recall_close(&recall);
}

/* Jobs until one was done by an honest worker. */
static void do_jobs(struct handler *handler, struct taken_over *world, unsigned recalled)
{
    bool honest = false;
    for (unsigned i = 0; !honest; i++) {
        struct pm_error error = {0};
        honest = atomic_load(&world->script_done);
        if (handler->worker.socket < 0)
            (void)handler_replace(handler, &error);
        FUZZ_ASSERT(handler->worker.socket >= 0);
        do_job(handler, world, i < 8 && (recalled >> i & 1));
    }
    handler_let_go(handler);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum sandbox_mode modes[] = {SANDBOX_ON, SANDBOX_STRICT, SANDBOX_OFF};
    static struct pm_recipe recipe;
    struct script script = {data, size};
    struct taken_over world;
    const unsigned mode = script_byte(&script) % 3, recalled = script_byte(&script);
    const int next_before = dup(STDERR_FILENO);
    close(next_before);
    recipe_init(&recipe);
    struct handler_shared shared = {
        .config = {.workers = 1,
                   .work = work_for_recipe(&recipe),
                   .keep_bytes = 1 << 20,
                   .sandbox = modes[mode]},
        .range = region_range(),
        .missing = 1u << WALL_GRANTS | 1u << WALL_WATCH, /* the worker is this process */
    };
    struct handler handler = {.shared = &shared, .worker = {.socket = -1, .region = -1}};
    taken_over_start(&world, script, &shared.server);
    do_jobs(&handler, &world, recalled);
    taken_over_end(&world, &shared.server);
    const int next = dup(STDERR_FILENO);
    close(next);
    FUZZ_ASSERT(next == next_before);
    return 0;
}
