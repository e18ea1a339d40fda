#include "backend/fake.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bare_clone.h"
#include "base/clock.h"

enum { BANDS = 16 };

struct sums {
    const uint8_t *data;
    size_t size;
    uint64_t sum[BANDS];
};

static int sum_band(void *argument, unsigned band, struct arena *scratch)
{
    struct sums *sums = argument;
    size_t first = sums->size * band / BANDS, end = sums->size * (band + 1) / BANDS;
    /* Uses scratch memory, so that two threads with the same arena would be detected. */
    uint8_t *copy = arena_alloc(scratch, end - first);
    memcpy(copy, sums->data + first, end - first);
    for (size_t i = 0; i < end - first; i++)
        sums->sum[band] = sums->sum[band] * 31 + copy[i];
    return 0;
}

static int fail_in_band(void *argument, unsigned band, struct arena *scratch)
{
    (void)argument, (void)scratch;
    return band == 5 ? -1 : 0;
}

static int dawdle_in_band(void *argument, unsigned band, struct arena *scratch)
{
    (void)argument, (void)band, (void)scratch;
    for (double until = clock_now() + 1e-3; clock_now() < until;)
        ;
    return 0;
}

struct meeting {
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    unsigned there;
};

static int meet_in_band(void *argument, unsigned band, struct arena *scratch)
{
    (void)band, (void)scratch;
    struct meeting *meeting = argument;
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 60;
    int status = 0;
    pthread_mutex_lock(&meeting->lock);
    meeting->there++;
    pthread_cond_broadcast(&meeting->arrived);
    while (meeting->there < 2 && status == 0)
        status = pthread_cond_timedwait(&meeting->arrived, &meeting->lock, &limit);
    pthread_mutex_unlock(&meeting->lock);
    return status == 0 ? 0 : -1;
}

static void append_large(struct buffer *out, struct job_result *result)
{
    uint8_t piece[4096];
    for (size_t i = 0; i < FAKE_LARGE_BYTES / sizeof piece; i++) {
        memset(piece, (int)(i % 251), sizeof piece);
        if (buffer_append(out, piece, sizeof piece) != 0) {
            error_memory(&result->error, sizeof piece);
            return;
        }
    }
}

static void overrun(struct buffer *out)
{
    buffer_reserve(out, 1);
    for (volatile uint8_t *byte = out->data;; byte += 4096)
        *byte = 1;
}

static int fork_and_wait(void)
{
    pid_t child = bare_clone();
    if (child == 0)
        _exit(0);
    if (child > 0)
        waitpid(child, NULL, 0);
    return child < 0 ? -1 : 0;
}

/* Tries to escape from a sandbox; returns the errno, or 0 if it succeeded. */
static void escape(int way, struct buffer *out)
{
    bool failed = false;
    errno = 0;
    if (way == FAKE_ESCAPE_OPEN)
        failed = open("/etc/passwd", O_RDONLY) < 0;
    else if (way == FAKE_ESCAPE_CREATE)
        failed = open("/tmp", O_TMPFILE | O_WRONLY, 0600) < 0;
    else if (way == FAKE_ESCAPE_SOCKET)
        failed = socket(AF_UNIX, SOCK_STREAM, 0) < 0;
    else if (way == FAKE_ESCAPE_FORK)
        failed = fork_and_wait() != 0;
    else if (way == FAKE_ESCAPE_SIGNAL)
        failed = kill(getppid(), 0) < 0;
    else if (way == FAKE_ESCAPE_MAP_CODE)
        failed = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
    else if (way == FAKE_ESCAPE_MAP_SHARED)
        failed = mmap(NULL, 4096, PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
    else if (way == FAKE_ESCAPE_WRITE)
        failed = write(STDERR_FILENO, "", 0) < 0;
    else
        failed = execve("/no/such/program", (char *[]){NULL}, (char *[]){NULL}) < 0;
    int stopped_by = failed ? errno : 0;
    buffer_append(out, &stopped_by, sizeof stopped_by);
}

static void take_all_memory(struct buffer *out)
{
    enum { PIECE = 1 << 20 };
    size_t got = 0;
    void *piece;
    while ((piece = mmap(NULL, PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) !=
           MAP_FAILED) {
        memset(piece, 1, PIECE);
        got += PIECE;
    }
    buffer_append(out, &got, sizeof got);
}

static void touch_nothing(void)
{
    volatile uint8_t *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *page = 1;
}

/* Behaviours that kill the process that runs them. */
static void misbehave(enum fake_behaviour behaviour, struct buffer *out, struct job_result *result)
{
    if (behaviour == FAKE_HANG)
        sleep(write(STDERR_FILENO, "", 1) == 1 ? 1000 : 0);
    else if (behaviour == FAKE_SEGV)
        touch_nothing();
    else if (behaviour == FAKE_ABORT)
        abort();
    else if (behaviour == FAKE_EXIT)
        _exit(3);
    else if (behaviour == FAKE_OVERRUN)
        overrun(out);
    else if (behaviour == FAKE_LIE)
        out->size = SIZE_MAX / 2;
    else if (behaviour == FAKE_SCRIBBLE)
        memset(result, 0xff, sizeof *result);
}

static void fake_work_run(const struct work *work, const struct job_input *input, struct buffer *out,
                          struct job_result *result, struct context *context)
{
    (void)work;
    struct pm_error *error = &result->error;
    enum fake_behaviour behaviour = input->data[0];
    struct sums sums = {.data = input->data, .size = input->size};
    struct meeting meeting = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};

    context_enter(context, PM_STAGE_FILTER);
    switch (behaviour) {
    case FAKE_SUMS:
        context_warn(context, "%zu bytes", input->size);
        if (context_for_bands(context, BANDS, sum_band, &sums) == 0)
            buffer_append(out, sums.sum, sizeof sums.sum);
        break;
    case FAKE_ERROR:
        buffer_append(out, "half", 4);
        error_set(error, PM_ERROR_CORRUPT, "broken on purpose");
        break;
    case FAKE_BAND_ERROR:
        context_for_bands(context, BANDS, fail_in_band, NULL);
        break;
    case FAKE_LOOP:
        while (context_checkpoint(context) == 0)
            ;
        break;
    case FAKE_BAND_LOOP:
        context_for_bands(context, 1000000, dawdle_in_band, NULL);
        break;
    case FAKE_MEET:
        while (context->lanes < 2 && context_checkpoint(context) == 0)
            ;
        context_for_bands(context, 2, meet_in_band, &meeting);
        break;
    case FAKE_SIGN:
        if (!input->secrets->has_encrypt)
            error_set(error, PM_ERROR_KEY, "no secret");
        else
            buffer_append(out, input->secrets->encrypt.check, PM_CHECK_BYTES);
        break;
    case FAKE_LARGE:
        append_large(out, result);
        break;
    case FAKE_DESCRIPTORS:
        for (int fd = 0; fd < 1024; fd++) {
            if (fcntl(fd, F_GETFD) >= 0)
                buffer_append(out, &fd, sizeof fd);
        }
        break;
    case FAKE_GREED:
        take_all_memory(out);
        break;
    case FAKE_PID:
        buffer_append(out, &(pid_t){getpid()}, sizeof(pid_t));
        break;
    case FAKE_ARGUMENT:
        buffer_append(out, input->argument, input->argument_size);
        break;
    case FAKE_CPUS: {
        cpu_set_t cpus;
        if (sched_getaffinity(0, sizeof cpus, &cpus) == 0)
            buffer_append(out, &cpus, sizeof cpus);
        break;
    }
    default:
        if (behaviour >= FAKE_ESCAPE)
            escape((int)behaviour - FAKE_ESCAPE, out);
        else
            misbehave(behaviour, out, result);
    }
}

const struct work fake_work = {.run = fake_work_run};

static struct job *fake_take(void *self)
{
    struct fake *fake = self;
    size_t index = atomic_fetch_add(&fake->taken, 1);
    if (index >= fake->count)
        return NULL;
    fake->jobs[index].ready_at = clock_now();
    return &fake->jobs[index];
}

static void fake_give(void *self, struct job *job)
{
    struct fake *fake = self;
    if (fake->on_give != NULL)
        fake->on_give(fake, job);
    atomic_fetch_add(&fake->given[job->index], 1);
    atomic_fetch_add(&fake->given_total, 1);
}

void fake_init(struct fake *fake, size_t count, enum fake_behaviour behaviour)
{
    *fake = (struct fake){.count = count,
                          .source = {.take = fake_take, .self = fake},
                          .sink = {.give = fake_give, .self = fake}};
    fake->jobs = calloc(count + 1, sizeof *fake->jobs);
    fake->given = calloc(count + 1, sizeof *fake->given);
    uint32_t noise = 12345;
    for (size_t i = 0; i < count; i++) {
        struct job *job = &fake->jobs[i];
        size_t size = 1 + i * 37 % 5000;
        job->index = i;
        job->in = (struct buffer){.data = malloc(size), .size = size, .capacity = size};
        for (size_t k = 0; k < size; k++)
            job->in.data[k] = (uint8_t)((noise = noise * 1664525 + 1013904223) >> 24);
        job->in.data[0] = (uint8_t)behaviour;
    }
}

void fake_behave(struct fake *fake, size_t index, enum fake_behaviour behaviour)
{
    fake->jobs[index].in.data[0] = (uint8_t)behaviour;
}

void fake_free(struct fake *fake)
{
    for (size_t i = 0; i < fake->count; i++) {
        buffer_free(&fake->jobs[i].in);
        buffer_free(&fake->jobs[i].out);
    }
    free(fake->jobs);
    free(fake->given);
}

struct backend_config fake_config(unsigned workers)
{
    return (struct backend_config){.workers = workers, .work = fake_work, .keep_bytes = 1 << 20};
}

struct backend_report fake_run(struct fake *fake, const struct backend *backend,
                               const struct backend_config *config)
{
    struct pm_error error = {0};
    struct backend_report report;
    struct workers *workers = backend->open(config, &error);
    cr_assert_not_null(workers, "%s: %s", backend->name, error.message);
    int status = backend->run(workers, &fake->source, &fake->sink, &report, &error);
    cr_assert_eq(status, 0, "%s: %s", backend->name, error.message);
    backend->close(workers);
    return report;
}

void fake_forbid_starting(void)
{
    cr_assert_eq(setrlimit(RLIMIT_NPROC, &(struct rlimit){0, 0}), 0);
    if (geteuid() == 0)
        cr_assert_eq(setresuid(65534, 65534, 65534), 0);
}

void fake_assert_all_given(const struct fake *fake)
{
    cr_assert_eq(fake->given_total, fake->count);
    for (size_t i = 0; i < fake->count; i++)
        cr_assert_eq(fake->given[i], 1, "job %zu was given %u times", i, fake->given[i]);
}

bool fake_was_over_time(const struct backend *backend, const struct job *job, double limit)
{
    double took = 0;
    for (enum pm_stage stage = PM_STAGE_DECODE; stage < PM_STAGE_WRITE; stage++)
        took += job->result.seconds[stage];
    return job->result.error.kind == PM_ERROR_TIMEOUT && (took >= limit || (backend->processes && took == 0));
}

bool fake_has_replaced_worker(const struct fake *fake)
{
    bool has = false;
    for (size_t i = 0; i < fake->count; i++)
        has =
            has || strstr(fake->jobs[i].result.warnings, "the previous worker process was replaced") != NULL;
    return has;
}

void fake_assert_sums(const struct fake *fake, size_t index)
{
    const struct job *job = &fake->jobs[index];
    struct sums sums = {.data = job->in.data, .size = job->in.size};
    struct arena scratch;
    arena_init(&scratch, 0);
    for (unsigned band = 0; band < BANDS; band++)
        sum_band(&sums, band, &scratch);
    arena_free(&scratch);
    cr_assert_eq(job->status, JOB_OK, "job %zu: %s", index, job->result.error.message);
    cr_assert_eq(job->result.error.kind, PM_OK);
    cr_assert_eq(job->out.size, sizeof sums.sum);
    cr_assert_arr_eq(job->out.data, sums.sum, sizeof sums.sum);
}
