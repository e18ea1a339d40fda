/* Every engine against the same contract, with a client that records all calls. */
#include <assert.h>
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "forbid.h"
#include "io/intake.h"
#include "io/ring.h"
#include "temp.h"

struct fake {
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

static struct job *fake_next(void *batch)
{
    struct fake *fake = batch;
    return fake->named < fake->count ? &fake->jobs[fake->named++] : NULL;
}

static int fake_examine(void *batch, struct job *job, struct byte_source *source, uint64_t size)
{
    struct fake *fake = batch;
    char first[16], again[2] = "";
    long got = source->read_at(source, 0, first, sizeof first);
    cr_assert_eq((uint64_t)got, size < sizeof first ? size : sizeof first);
    cr_assert_eq(source->read_at(source, 1, again, 1), size > 1 ? 1 : 0);
    cr_assert(size < 2 || again[0] == first[1]);
    cr_assert_eq(source->read_at(source, size, again, 2), 0);
    job->charge = fake->charge;
    if (fake->shorten_odd && job->index % 2 == 1)
        cr_assert_eq(truncate(job->input, 3), 0);
    if (fake->refuse_examine_odd && job->index % 2 == 1)
        return error_set(&job->result.error, PM_ERROR_UNSUPPORTED, "odd");
    return 0;
}

/* Records that a job was admitted; from here until the job is finished the budget is checked. */
static void note_admission(struct fake *fake, struct job *job)
{
    pthread_mutex_lock(&fake->lock);
    cr_assert(job->admitted);
    fake->used += job->charge;
    fake->used_most = fake->used > fake->used_most ? fake->used : fake->used_most;
    fake->in_memory++;
    if (fake->in_memory > fake->in_memory_most)
        fake->in_memory_most = fake->in_memory;
    fake->admitted[fake->admitted_next++] = job->index;
    job->secrets.has_encrypt = true; /* marks that it is counted */
    pthread_mutex_unlock(&fake->lock);
}

static int fake_prepare(void *batch, struct job *job)
{
    struct fake *fake = batch;
    note_admission(fake, job);
    if (fake->refuse_prepare_odd && job->index % 2 == 1)
        return error_set(&job->result.error, PM_ERROR_KEY, "odd");
    return 0;
}

static void fake_finish(void *batch, struct job *job)
{
    struct fake *fake = batch;
    pthread_mutex_lock(&fake->lock);
    cr_assert_neq(job->status, JOB_PENDING);
    cr_assert_eq(job->in.size, 0);
    cr_assert_null(job->in.data);
    fake->finished++;
    fake->failed += job->status == JOB_FAILED;
    if (job->secrets.has_encrypt) {
        fake->used -= job->charge;
        fake->in_memory--;
    }
    buffer_free(&job->out);
    pthread_mutex_unlock(&fake->lock);
}

static void fake_init(struct fake *fake, size_t count)
{
    *fake = (struct fake){.count = count, .budget = UINT64_MAX, .charge = 1};
    pthread_mutex_init(&fake->lock, NULL);
    fake->jobs = calloc(count, sizeof *fake->jobs);
    fake->inputs = calloc(count, sizeof *fake->inputs);
    fake->outputs = calloc(count, sizeof *fake->outputs);
    fake->admitted = calloc(count, sizeof *fake->admitted);
    cr_assert_eq(mkdir(temp_path("in"), 0755), 0);
    for (size_t i = 0; i < count; i++) {
        char text[32], name[32];
        snprintf(name, sizeof name, "in/%zu", i);
        snprintf(text, sizeof text, "input %zu", i);
        snprintf(fake->inputs[i], 64, "%s", temp_text(name, text));
        snprintf(fake->outputs[i], 64, "%s/out/%zu", temp_folder(), i);
        fake->jobs[i] = (struct job){.index = i, .input = fake->inputs[i], .output = fake->outputs[i]};
    }
}

static void fake_free(struct fake *fake)
{
    free(fake->jobs);
    free(fake->inputs);
    free(fake->outputs);
    free(fake->admitted);
}

static bool pumped; /* one thread takes jobs, gives results and pumps */

static struct engine_config config_of(struct fake *fake, unsigned io_jobs, unsigned depth)
{
    return (struct engine_config){
        .client = {.batch = fake,
                   .next = fake_next,
                   .examine = fake_examine,
                   .prepare = fake_prepare,
                   .finish = fake_finish},
        .workers = 4,
        .settings = {.io_jobs = io_jobs, .memory = fake->budget},
        .depth = depth,
        .pumped = pumped,
    };
}

struct workers {
    const struct engine *engine;
    struct intake *run;
    struct fake *fake;
    int fail_index; /* fails in the worker; -1: none */
};

/* Waits until the engine has admitted more jobs than the workers hold; the scheduler may delay it. */
static void await_use(const struct workers *all)
{
    struct fake *fake = all->fake;
    for (double until = clock_now() + 30; clock_now() < until; clock_sleep_until(clock_now() + 0.001)) {
        pthread_mutex_lock(&fake->lock);
        bool enough = fake->used_most >= fake->awaited;
        pthread_mutex_unlock(&fake->lock);
        if (enough)
            return;
        if (pumped)
            all->engine->pump(all->run);
    }
}

static void *worker(void *argument)
{
    struct workers *all = argument;
    struct job *job;
    while ((job = all->engine->take(all->run)) != NULL) {
        char expected[32];
        int length = snprintf(expected, sizeof expected, "input %zu", job->index);
        cr_assert_eq(job->in.size, (size_t)length);
        cr_assert_eq(memcmp(job->in.data, expected, job->in.size), 0);
        cr_assert_gt(job->ready_at, 0);
        await_use(all);
        buffer_append(&job->out, "done ", 5);
        buffer_append(&job->out, job->in.data, job->in.size);
        if (pumped)
            all->engine->pump(all->run);
        job->status = JOB_OK;
        if ((int)job->index == all->fail_index) {
            error_set(&job->result.error, PM_ERROR_CORRUPT, "broken");
            job->status = JOB_FAILED;
        }
        all->engine->give(all->run, job);
    }
    return NULL;
}

static void run_workers(struct workers *all, unsigned workers)
{
    pthread_t threads[8];
    if (pumped)
        workers = 1;
    for (unsigned i = 0; i < workers; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, worker, all), 0);
    for (unsigned i = 0; i < workers; i++)
        pthread_join(threads[i], NULL);
}

static void run_engine(const struct engine *engine, const struct engine_config *config, unsigned workers,
                       int fail_index)
{
    struct pm_error error = {0};
    struct workers all = {.engine = engine,
                          .run = engine->open(config, &error),
                          .fake = config->client.batch,
                          .fail_index = fail_index};
    cr_assert_not_null(all.run, "%s", error.message);
    run_workers(&all, workers);
    engine->close(all.run);
}

static void assert_written(struct fake *fake, size_t index)
{
    char expected[48];
    snprintf(expected, sizeof expected, "done input %zu", index);
    char *text = temp_read(fake->outputs[index], NULL);
    cr_assert_not_null(text, "result %zu is missing", index);
    cr_assert_str_eq(text, expected);
    free(text);
}

/* Every engine, in each of its modes. */
static const struct variant {
    const char *engine;
    bool pumped, forbid_uring;
} variants[] = {
    {"threads", false, false}, {"sync", false, false}, {"async", false, false},
    {"async", true, false},    {"async", false, true}, {"async", true, true},
};

/* Criterion runs a parameterized test once per index, each in its own process. */
static struct criterion_test_params each_variant(void)
{
    static size_t indices[] = {0, 1, 2, 3, 4, 5};
    static_assert(sizeof indices / sizeof *indices == sizeof variants / sizeof *variants, "an index each");
    return cr_make_param_array(size_t, indices, sizeof indices / sizeof *indices);
}

static const struct engine *begin(size_t index)
{
    const struct variant *variant = &variants[index];
    pumped = variant->pumped;
    if (variant->forbid_uring)
        cr_assert_eq(forbid_uring(), 0);
    return engine_find(variant->engine);
}

#define ENGINE_TEST(name)                                                                                    \
    static void name(const struct engine *engine);                                                           \
    ParameterizedTestParameters(engine, name)                                                                \
    {                                                                                                        \
        return each_variant();                                                                               \
    }                                                                                                        \
    ParameterizedTest(size_t *index, engine, name, .timeout = 120)                                           \
    {                                                                                                        \
        name(begin(*index));                                                                                 \
    }                                                                                                        \
    static void name(const struct engine *engine)

Test(engine, the_table_has_each_once_and_no_other)
{
    for (size_t i = 0; engines[i] != NULL; i++) {
        bool tested = false;
        for (size_t k = 0; k < sizeof variants / sizeof *variants; k++)
            tested |= strcmp(variants[k].engine, engines[i]->name) == 0;
        cr_assert(tested, "%s has no variant here", engines[i]->name);
        cr_assert_eq(engine_find(engines[i]->name), engines[i]);
        cr_assert_null(engines[i]->why_not());
    }
    cr_assert_null(engine_find("none"));
}

ENGINE_TEST(thousands_of_small_files_all_arrive)
{
    struct fake fake;
    fake_init(&fake, 3000);
    struct engine_config config = config_of(&fake, 4, 2);
    run_engine(engine, &config, 4, -1);
    cr_assert_eq(fake.finished, 3000);
    cr_assert_eq(fake.failed, 0);
    cr_assert_eq(fake.used, 0);
    for (size_t i = 0; i < 3000; i++)
        assert_written(&fake, i);
    cr_assert_eq(temp_count(temp_path("out")), 3000);
    fake_free(&fake);
}

ENGINE_TEST(jobs_are_admitted_in_order)
{
    struct fake fake;
    fake_init(&fake, 300);
    fake.charge = 100;
    fake.budget = 10; /* one at a time, so that they are read in the order of admission */
    struct engine_config config = config_of(&fake, 4, 3);
    run_engine(engine, &config, 3, -1);
    cr_assert_eq(fake.admitted_next, 300);
    for (size_t i = 0; i < 300; i++)
        cr_assert_eq(fake.admitted[i], i);
    fake_free(&fake);
}

/* A read starts only while no result waits: memory then holds only inputs that were read ahead, jobs in
 * workers, and results that other I/O threads are writing. */
ENGINE_TEST(no_more_jobs_are_in_memory_than_depth_and_workers_allow)
{
    struct fake fake;
    fake_init(&fake, 500);
    struct engine_config config = config_of(&fake, 4, 2);
    run_engine(engine, &config, 1, -1);
    cr_assert_leq(fake.in_memory_most, 2 + 1 + 4);
    cr_assert_eq(fake.in_memory, 0);
    fake_free(&fake);
}

ENGINE_TEST(a_budget_of_one_job_at_a_time_does_not_lock_up)
{
    struct fake fake;
    fake_init(&fake, 200);
    fake.charge = 100;
    fake.budget = 10; /* each exceeds the whole budget: they run alone, one at a time */
    struct engine_config config = config_of(&fake, 1, 4);
    run_engine(engine, &config, 3, -1);
    cr_assert_eq(fake.finished, 200);
    cr_assert_eq(fake.in_memory_most, 1);
    fake_free(&fake);
}

ENGINE_TEST(a_budget_is_filled_and_never_passed)
{
    struct fake fake;
    fake_init(&fake, 300);
    fake.charge = 10;
    fake.budget = 35;
    fake.awaited = 20;
    struct engine_config config = config_of(&fake, 4, 8);
    run_engine(engine, &config, 4, -1);
    cr_assert_eq(fake.finished, 300);
    cr_assert_leq(fake.used_most, 35);
    cr_assert_geq(fake.used_most, 20);
    fake_free(&fake);
}

ENGINE_TEST(failures_at_each_step_reach_finish_and_write_nothing)
{
    struct fake fake;
    fake_init(&fake, 40);
    fake.refuse_examine_odd = true;
    cr_assert_eq(unlink(fake.inputs[4]), 0);
    cr_assert_eq(unlink(fake.inputs[39]), 0);
    struct engine_config config = config_of(&fake, 2, 2);
    cr_assert_eq(mkdir(temp_path("out"), 0755), 0);
    cr_assert_eq(mkdir(fake.outputs[8], 0755), 0); /* a folder at the path of the result */
    run_engine(engine, &config, 2, 6);
    cr_assert_eq(fake.finished, 40);
    cr_assert_eq(fake.failed, 20 + 3);
    cr_assert_eq(fake.jobs[1].result.error.kind, PM_ERROR_UNSUPPORTED);
    cr_assert_eq(fake.jobs[4].result.error.kind, PM_ERROR_IO);
    cr_assert_eq(fake.jobs[4].result.error.stage, PM_STAGE_READ);
    cr_assert_eq(fake.jobs[6].result.error.kind, PM_ERROR_CORRUPT);
    cr_assert_eq(fake.jobs[8].result.error.kind, PM_ERROR_IO);
    cr_assert_eq(fake.jobs[8].result.error.stage, PM_STAGE_WRITE);
    cr_assert_eq(temp_count(temp_path("out")), 20 - 3 + 1);
    assert_written(&fake, 10);
    fake_free(&fake);
}

ENGINE_TEST(all_failing_before_the_worker_ends_the_source)
{
    struct fake fake;
    fake_init(&fake, 40);
    fake.refuse_prepare_odd = true;
    for (size_t i = 0; i < 40; i += 2)
        cr_assert_eq(unlink(fake.inputs[i]), 0);
    struct engine_config config = config_of(&fake, 3, 2);
    run_engine(engine, &config, 2, -1);
    cr_assert_eq(fake.failed, 40);
    cr_assert_eq(fake.used, 0);
    cr_assert_eq(fake.jobs[1].result.error.kind, PM_ERROR_KEY);
    fake_free(&fake);
}

ENGINE_TEST(a_file_that_shrinks_after_it_was_examined_fails)
{
    struct fake fake;
    fake_init(&fake, 20);
    fake.shorten_odd = true;
    for (size_t i = 1; i < 20; i += 2)
        cr_assert_eq(truncate(fake.inputs[i], FILE_SMALL + 1), 0);
    struct engine_config config = config_of(&fake, 3, 2);
    run_engine(engine, &config, 2, -1);
    cr_assert_eq(fake.failed, 10);
    cr_assert_eq(fake.jobs[1].result.error.kind, PM_ERROR_IO);
    cr_assert(strstr(fake.jobs[1].result.error.message, "became shorter") != NULL);
    cr_assert_eq(temp_count(temp_path("out")), 10);
    fake_free(&fake);
}

ENGINE_TEST(a_small_file_is_read_once_and_what_happens_to_it_then_does_not_matter)
{
    struct fake fake;
    fake_init(&fake, 20);
    fake.shorten_odd = true;
    struct engine_config config = config_of(&fake, 3, 2);
    run_engine(engine, &config, 2, -1);
    cr_assert_eq(fake.failed, 0);
    for (size_t i = 0; i < 20; i++)
        assert_written(&fake, i);
    fake_free(&fake);
}

ENGINE_TEST(a_delay_is_for_the_reads_of_small_files_too)
{
    struct fake fake;
    fake_init(&fake, 4);
    struct engine_config config = config_of(&fake, 3, 2);
    config.settings.read_delay = 0.02;
    run_engine(engine, &config, 2, -1);
    cr_assert_eq(fake.failed, 0);
    for (size_t i = 0; i < 4; i++)
        cr_assert_geq(fake.jobs[i].result.seconds[PM_STAGE_READ], 0.02);
    fake_free(&fake);
}

/* Gives each job three results: parts of its `out`, not in the order of their offsets. */
static void give_parts(struct fake *fake, const char *outputs[][3])
{
    static char names[8][3][80];
    cr_assert_leq(fake->count, sizeof names / sizeof *names);
    for (size_t i = 0; i < fake->count; i++) {
        struct job *job = &fake->jobs[i];
        for (int part = 0; part < 3; part++) {
            snprintf(names[i][part], sizeof names[i][part], "%s-%d", fake->outputs[i], part);
            outputs[i][part] = names[i][part];
        }
        job->outputs = outputs[i];
        job->output = outputs[i][0];
        job->result.nparts = 3;
        job->result.parts[0] = (struct job_part){.offset = 2, .size = 3};
        job->result.parts[1] = (struct job_part){.offset = 0, .size = 2};
        job->result.parts[2] = (struct job_part){.offset = 5, .size = 1};
    }
}

static size_t names_in_output(void)
{
    size_t count = 0;
    DIR *folder = opendir(temp_path("out"));
    for (const struct dirent *entry = folder != NULL ? readdir(folder) : NULL; entry != NULL;
         entry = readdir(folder))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    if (folder != NULL)
        closedir(folder);
    return count;
}

ENGINE_TEST(all_results_of_a_job_are_written)
{
    struct fake fake;
    const char *outputs[6][3];
    fake_init(&fake, 6);
    give_parts(&fake, outputs);
    struct engine_config config = config_of(&fake, 3, 2);
    run_engine(engine, &config, 2, -1);
    cr_assert_eq(fake.failed, 0);
    for (size_t i = 0; i < 6; i++) {
        const char *const texts[] = {"ne ", "do", "i"};
        for (int part = 0; part < 3; part++) {
            char *text = temp_read(outputs[i][part], NULL);
            cr_assert_not_null(text);
            cr_expect_str_eq(text, texts[part]);
            free(text);
        }
    }
    cr_assert_eq(names_in_output(), 18);
    fake_free(&fake);
}

/* The third path is a folder; a rename can't replace it with a file. */
ENGINE_TEST(no_result_is_left_of_a_job_that_can_not_have_all)
{
    struct fake fake;
    const char *outputs[2][3];
    fake_init(&fake, 2);
    give_parts(&fake, outputs);
    cr_assert_eq(mkdir(temp_path("out"), 0755), 0);
    cr_assert_eq(mkdir(outputs[0][2], 0755), 0);
    struct engine_config config = config_of(&fake, 1, 1);
    run_engine(engine, &config, 1, -1);
    cr_assert_eq(fake.failed, 1);
    cr_assert_eq(fake.jobs[0].result.error.stage, PM_STAGE_WRITE);
    cr_assert_neq(access(outputs[0][0], F_OK), 0);
    cr_assert_neq(access(outputs[0][1], F_OK), 0);
    cr_assert_eq(names_in_output(), 1 + 3);
    fake_free(&fake);
}

ENGINE_TEST(no_result_is_left_when_one_can_not_be_begun)
{
    struct fake fake;
    char name[5000];
    const char *outputs[1][3];
    fake_init(&fake, 1);
    give_parts(&fake, outputs);
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    outputs[0][1] = name;
    struct engine_config config = config_of(&fake, 1, 1);
    run_engine(engine, &config, 1, -1);
    cr_assert_eq(fake.failed, 1);
    cr_assert_eq(names_in_output(), 0);
    fake_free(&fake);
}

ENGINE_TEST(a_name_too_long_for_a_temporary_fails)
{
    struct fake fake;
    char name[5000];
    fake_init(&fake, 3);
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    fake.jobs[1].output = name;
    struct engine_config config = config_of(&fake, 2, 2);
    run_engine(engine, &config, 1, -1);
    cr_assert_eq(fake.failed, 1);
    cr_assert_eq(fake.jobs[1].result.error.stage, PM_STAGE_WRITE);
    assert_written(&fake, 2);
    fake_free(&fake);
}

/* Larger than the bytes read ahead for the examination, and than one read of a header. */
enum { LARGE = 300007 };

static uint8_t large_byte(size_t at)
{
    return (uint8_t)(at * 31 + at / 256);
}

static int examine_large(void *batch, struct job *job, struct byte_source *source, uint64_t size)
{
    (void)batch;
    static const size_t places[] = {0, 65530, 65536, 200000, 17, LARGE - 20};
    cr_assert_eq(size, LARGE);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        uint8_t bytes[40];
        long got = source->read_at(source, places[i], bytes, sizeof bytes);
        cr_assert_eq(got, i == 5 ? 20 : 40);
        for (long k = 0; k < got; k++)
            cr_assert_eq(bytes[k], large_byte(places[i] + (size_t)k));
    }
    static uint8_t whole[LARGE];
    cr_assert_eq(source->read_at(source, 0, whole, sizeof whole), LARGE);
    cr_assert_eq(whole[LARGE - 1], large_byte(LARGE - 1));
    job->charge = 1;
    return 0;
}

ENGINE_TEST(a_large_file_is_examined_anywhere_and_read_whole)
{
    struct fake fake;
    struct pm_error error = {0};
    static uint8_t bytes[LARGE];
    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = large_byte(i);
    fake_init(&fake, 1);
    temp_write("in/0", bytes, LARGE);
    struct engine_config config = config_of(&fake, 2, 2);
    config.client.examine = examine_large;
    struct intake *run = engine->open(&config, &error);
    struct job *job = engine->take(run);
    cr_assert_not_null(job, "%s", fake.jobs[0].result.error.message);
    cr_assert_eq(job->in.size, LARGE);
    cr_assert_arr_eq(job->in.data, bytes, LARGE);
    buffer_append(&job->out, bytes, LARGE);
    job->status = JOB_OK;
    engine->give(run, job);
    cr_assert_null(engine->take(run));
    engine->close(run);
    size_t size;
    char *text = temp_read(fake.outputs[0], &size);
    cr_assert_eq(size, LARGE);
    cr_assert_arr_eq(text, bytes, LARGE);
    free(text);
    fake_free(&fake);
}

ENGINE_TEST(each_read_is_delayed)
{
    struct fake fake;
    fake_init(&fake, 2);
    struct engine_config config = config_of(&fake, 1, 1);
    config.settings.read_delay = 0.03;
    double began = clock_now();
    run_engine(engine, &config, 1, -1);
    cr_assert_geq(clock_now() - began, 0.06);
    for (size_t i = 0; i < 2; i++) {
        cr_assert_geq(fake.jobs[i].result.seconds[PM_STAGE_READ], 0.03);
        assert_written(&fake, i);
    }
    fake_free(&fake);
}

ENGINE_TEST(no_jobs_at_all_ends_at_once)
{
    struct fake fake;
    fake_init(&fake, 0);
    struct engine_config config = config_of(&fake, 4, 2);
    run_engine(engine, &config, 2, -1);
    cr_assert_eq(fake.finished, 0);
    fake_free(&fake);
}

ENGINE_TEST(closing_early_gives_every_named_job_back)
{
    struct fake fake;
    struct pm_error error = {0};
    fake_init(&fake, 50);
    struct engine_config config = config_of(&fake, 2, 3);
    struct intake *run = engine->open(&config, &error);
    struct job *job = engine->take(run);
    cr_assert_not_null(job);
    size_t taken = job->index; /* whichever was read first */
    job->status = JOB_OK;
    engine->give(run, job);
    engine->close(run);
    cr_assert_eq(fake.finished, fake.named);
    cr_assert_lt(fake.named, 50);
    cr_assert_eq(fake.used, 0);
    for (size_t i = 0; i < fake.named; i++)
        cr_assert_eq(fake.jobs[i].result.error.kind, i == taken ? PM_OK : PM_ERROR_CANCELLED);
    fake_free(&fake);
}

ENGINE_TEST(few_descriptors_are_enough)
{
    struct fake fake;
    fake_init(&fake, 300);
    rlim_t most = 0; /* so that eight descriptors are free; Criterion holds some */
    for (int free = 0; free < 8; most++)
        free += fcntl((int)most, F_GETFD) < 0;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){most, most}), 0);
    struct engine_config config = config_of(&fake, 2, 4);
    run_engine(engine, &config, 2, -1);
    cr_assert_eq(fake.finished, 300);
    cr_assert_eq(fake.failed, 0);
    fake_free(&fake);
}

ENGINE_TEST(seconds_and_mode_are_filled)
{
    struct fake fake;
    fake_init(&fake, 1);
    cr_assert_eq(chmod(fake.inputs[0], 0640), 0);
    struct engine_config config = config_of(&fake, 1, 1);
    config.care = FILE_DURABLE;
    run_engine(engine, &config, 1, -1);
    cr_assert_gt(fake.jobs[0].result.seconds[PM_STAGE_READ], 0);
    cr_assert_gt(fake.jobs[0].result.seconds[PM_STAGE_WRITE], 0);
    struct stat status;
    cr_assert_eq(stat(fake.outputs[0], &status), 0);
    cr_assert_eq(status.st_mode & 0777, 0640);
    fake_free(&fake);
}

/* The max number of reads in progress at one time; a read ends when its job is ready. */
static int reads_at_once(const struct fake *fake)
{
    int most = 0;
    for (size_t i = 0; i < fake->count; i++) {
        int now = 0;
        for (size_t k = 0; k < fake->count; k++) {
            const struct job *other = &fake->jobs[k];
            now += other->ready_at >= fake->jobs[i].ready_at &&
                   other->ready_at - other->result.seconds[PM_STAGE_READ] < fake->jobs[i].ready_at;
        }
        most = now > most ? now : most;
    }
    return most;
}

/* Each read takes at least 100 ms. A busy machine may keep the thread from starting many at once, but not
 * five times in a row. */
static void expect_overlap(bool by_pumping)
{
    struct fake fake;
    if (ring_refusal() != NULL)
        cr_skip_test("%s", ring_refusal());
    fake_init(&fake, 5 * 32);
    pumped = by_pumping;
    struct engine_config config = config_of(&fake, 32, 32);
    config.settings.read_delay = 0.1;
    run_engine(engine_find("async"), &config, 1, -1);
    cr_assert_eq(fake.failed, 0);
    cr_assert_geq(reads_at_once(&fake), 16);
    fake_free(&fake);
}

Test(io_async, many_reads_are_under_way_at_once)
{
    expect_overlap(false);
}

Test(io_async, many_reads_are_under_way_at_once_when_pumped)
{
    expect_overlap(true);
}

/* The worker computes for 100 ms; meanwhile reads that were already started continue, as do those that
 * pumping starts. */
Test(io_async, a_worker_that_pumps_reads_while_it_computes)
{
    struct fake fake;
    struct pm_error error = {0};
    const struct engine *engine = engine_find("async");
    fake_init(&fake, 8);
    pumped = true;
    struct engine_config config = config_of(&fake, 1, 8);
    struct intake *run = engine->open(&config, &error);
    struct job *job = engine->take(run);
    cr_assert_not_null(job);
    for (double until = clock_now() + 60; fake.named < 8 && clock_now() < until;)
        engine->pump(run);
    cr_assert_eq(fake.named, 8, "one file at a time, all were opened by pumping");
    job->status = JOB_OK;
    engine->give(run, job);
    engine->close(run);
    cr_assert_eq(fake.finished, 8);
    fake_free(&fake);
}

Test(io_async, says_that_helpers_stand_in_for_a_forbidden_ring)
{
    cr_assert_eq(forbid_uring(), 0);
    const struct engine *engine = engine_find("async");
    cr_assert_null(engine->why_not());
    cr_assert(strstr(engine->note(), "disabled") != NULL);
}
