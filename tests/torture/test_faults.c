/*
 * Every failure point in turn: runs the real command on every backend and engine and makes the n-th
 * allocation, read, write, rename, open, fork, thread start and so on fail (tests/preload/faults.c), for
 * every n, until a run passes in which nothing failed. Whatever fails: no crash, no hang, no leak; the exit
 * status is right, and every result that the summary reports as ok is complete on disk.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/backend.h"
#include "cli/run.h"
#include "temp.h"
#include "torture/fault_plan.h"
#include "torture/torture.h"

enum { PICTURES = 3 };

static const char *const kind_names[] = {
#define X(name, text) text,
    FAULT_KINDS(X)
#undef X
};

struct way {
    const char *engine;
    bool no_uring;
};

static const struct way ways[] = {{"threads", false}, {"sync", false}, {"async", false}, {"async", true}};
enum { WAYS = sizeof ways / sizeof *ways };

/* One combination of backend, engine and recipe. */
struct scene {
    const struct backend *backend;
    const struct way *way;
    const struct variant *variant;
    bool journal, log;
};

static struct fault_plan *plan;
static unsigned long points;

static void map_plan(void)
{
    int fd = open("plan", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    cr_assert_geq(fd, 0);
    cr_assert_eq(ftruncate(fd, sizeof *plan), 0);
    plan = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    cr_assert_neq(plan, MAP_FAILED);
    close(fd);
}

/* Runs the scene with the current plan. */
static struct run act(const struct scene *scene, bool resume)
{
    char backend[32], engine[32];
    const char *arguments[24] = {"run", torture_inputs(scene->variant), "-o", "out", backend, engine};
    size_t n = 6;
    snprintf(backend, sizeof backend, "--backend=%s", scene->backend->name);
    snprintf(engine, sizeof engine, "--io=%s", scene->way->engine);
    if (!scene->backend->one_worker)
        arguments[n++] = "-j2";
    for (size_t i = 0; scene->variant->filters[i] != NULL; i++)
        arguments[n++] = scene->variant->filters[i];
    if (scene->journal)
        arguments[n++] = "--journal=journal";
    if (scene->journal && resume)
        arguments[n++] = "--resume";
    if (scene->log)
        arguments[n++] = "--log=log";
    const struct start start = {.environment = {torture_preload("faults"), FAULT_PLAN_VARIABLE "=plan",
                                                "ASAN_OPTIONS=verify_asan_link_order=0:"
                                                "allocator_may_return_null=1"}};
    return run_with(&start, arguments);
}

static void set_plan(const struct scene *scene, int kind, unsigned long nth, bool ever_after)
{
    *plan = (struct fault_plan){
        .kind = kind, .nth = nth, .ever_after = ever_after, .no_uring = scene->way->no_uring};
}

/* In a coverage build, libgcov allocates memory after the run, and crashes if that fails. */
static bool died_of_measuring(const struct run *run)
{
#ifdef PIXMILL_COVERAGE
    return plan->kind == FAULT_MEMORY && run->status == 128 + SIGSEGV;
#else
    (void)run;
    return false;
#endif
}

/* Checks that the exit status matches the output and the results. */
static void check_status(const struct scene *scene, const struct run *run, int right, const char *what)
{
    if (died_of_measuring(run))
        return;
    int ok = torture_summary(run->err, "ok");
    bool told = strstr(run->err, "pixmill: ") != NULL || strstr(run->err, "libgomp: ") != NULL;
    if (run->status == 0 && (ok != PICTURES || right != PICTURES))
        torture_complain("%s: status 0, but %d ok and %d right:\n%s", what, ok, right, run->err);
    if (run->status > 2)
        torture_complain("%s: status %d:\n%s", what, run->status, run->err);
    if (run->status == 2 && right > 0)
        torture_complain("%s: status 2, but %d files were written:\n%s", what, right, run->err);
    if (run->status != 0 && !told)
        torture_complain("%s: status %d without a word:\n%s", what, run->status, run->err);
    if (ok > right)
        torture_complain("%s: %d ok, but only %d right:\n%s", what, ok, right, run->err);
    bool harmless = plan->kind == FAULT_INTERRUPT || plan->kind == FAULT_SHORT;
    if (harmless && run->status != 0)
        torture_complain("%s: status %d:\n%s", what, run->status, run->err);
    (void)scene;
}

/* A run without faults after one with a fault: it cleans up and does the remaining files. */
static void check_next_run(const struct scene *scene, const char *what)
{
    int temporaries;
    set_plan(scene, -1, 0, false);
    struct run run = act(scene, true);
    int right = torture_right_files(scene->variant, "out", &temporaries, what);
    if (run.status != 0 || right != PICTURES || temporaries != 0)
        torture_complain("%s: the next run: status %d, %d right, %d temporaries:\n%s", what, run.status,
                         right, temporaries, run.err);
}

/* Makes one call fail and checks the run. False if there was no such call any more. */
static bool inject(const struct scene *scene, enum fault_kind kind, unsigned long nth, bool ever_after)
{
    char what[160];
    int temporaries;
    snprintf(what, sizeof what, "%s, io %s%s, %s%s: %s %lu%s", scene->backend->name, scene->way->engine,
             scene->way->no_uring ? " without io_uring" : "", scene->variant->name,
             scene->journal ? " with journal" : "", kind_names[kind], nth,
             ever_after ? " and all that follow" : "");
    run_about = what;
    torture_remove("out");
    unlink("journal");
    unlink("log");
    set_plan(scene, kind, nth, ever_after);
    struct run run = act(scene, false);
    torture_expect_no_process(what);
    unsigned fired = atomic_load(&plan->fired);
    int right = torture_right_files(scene->variant, "out", &temporaries, what);
    if (fired == 0 && run.status != 0)
        torture_complain("%s: status %d of a run in which nothing failed:\n%s", what, run.status, run.err);
    check_status(scene, &run, right, what);
    bool given_up = strstr(run.err, "libgomp: ") != NULL; /* OpenMP exits at once */
    if (temporaries > 0 && !given_up)
        torture_complain("%s: %d temporaries were left:\n%s", what, temporaries, run.err);
    if (atomic_load(&plan->left_open) != 0 && !given_up)
        torture_complain("%s: %d descriptors were left open:\n%s", what, atomic_load(&plan->left_open),
                         run.err);
    if (run.status != 0 && (scene->journal || temporaries > 0 || nth % 8 == 0))
        check_next_run(scene, what);
    run_forget();
    run_about = NULL;
    points += fired > 0;
    return fired > 0;
}

static bool is_harmless(int kind)
{
    return kind == FAULT_INTERRUPT || kind == FAULT_SHORT;
}

/* Every `stride`-th failure point of a kind, until a run has none; at every fifth, all later calls fail as
 * well. */
static void walk_kind(const struct scene *scene, enum fault_kind kind, unsigned long stride)
{
    unsigned long nth = 1 + torture_random(stride);
    for (unsigned turn = 0; inject(scene, kind, nth, false); turn++) {
        if (!is_harmless(kind) && turn % 5 == 0)
            inject(scene, kind, nth, true);
        nth += stride;
    }
}

/* One failure point of each kind, or all of them; for allocations every `stride`-th. */
static void walk(const struct scene *scene, unsigned long stride)
{
    torture_remove("out");
    unlink("journal");
    set_plan(scene, -1, 0, false);
    struct run run = act(scene, false);
    cr_assert_eq(run.status, 0, "%s", run.err);
    cr_assert_eq(atomic_load(&plan->left_open), 0);
    const struct fault_plan counted = *plan;
    for (int kind = 0; kind < FAULT_KIND_COUNT; kind++) {
        unsigned long calls = atomic_load(&counted.calls[kind]);
        if (torture_is_long() && calls > 0)
            walk_kind(scene, kind, kind == FAULT_MEMORY ? stride : 1);
        else if (calls > 0)
            inject(scene, kind, 1 + torture_random(calls), !is_harmless(kind) && torture_random(2) == 0);
    }
}

/* A plan works only if the library intercepts each call, under whatever name the command makes it. */
Test(torture_faults, the_calls_of_a_run_are_counted)
{
    static const struct {
        enum fault_kind kind;
        unsigned long min; /* calls per picture */
        bool of_processes;
    } expected[] = {
        {FAULT_MEMORY, 1, false}, {FAULT_OPEN, 2, false},   {FAULT_LOOK, 2, false}, {FAULT_READ, 1, false},
        {FAULT_WRITE, 1, false},  {FAULT_RENAME, 1, false}, {FAULT_SYNC, 1, false}, {FAULT_CLOSE, 2, false},
        {FAULT_CHANGE, 1, true},  {FAULT_MESSAGE, 4, true},
    };
    torture_begin();
    torture_prepare(PICTURES);
    map_plan();
    for (int processes = 0; processes < 2; processes++) {
        const struct scene scene = {backend_find(processes ? "procs" : "serial"), &ways[1],
                                    &torture_variants[1], true, false};
        unlink("journal");
        torture_remove("out");
        set_plan(&scene, -1, 0, false);
        struct run run = act(&scene, false);
        cr_assert_eq(run.status, 0, "%s", run.err);
        for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
            unsigned long calls = atomic_load(&plan->calls[expected[i].kind]);
            if (processes || !expected[i].of_processes)
                cr_expect_geq(calls, expected[i].min * PICTURES, "%s, %s: %lu", scene.backend->name,
                              kind_names[expected[i].kind], calls);
        }
    }
    torture_end();
}

/* If a folder can't be read to its end, the message names it, although the path has grown since it was
 * opened. */
Test(torture_faults, a_folder_that_breaks_off_is_named)
{
    enum { CALLS = 40 };
    char folder[64], file[64];
    unsigned named = 0;
    torture_begin();
    torture_prepare(PICTURES);
    map_plan();
    const struct scene scene = {backends[0], &ways[0], &torture_variants[0], false, false};
    snprintf(folder, sizeof folder, "pixmill: %s: can't be read: ", torture_inputs(scene.variant));
    snprintf(file, sizeof file, "pixmill: %s/", torture_inputs(scene.variant));
    for (unsigned long nth = 1; nth <= CALLS; nth++) {
        torture_remove("out");
        set_plan(&scene, FAULT_LOOK, nth, false);
        struct run run = act(&scene, false);
        bool by_name = strstr(run.err, folder) != NULL;
        if (strstr(run.err, ": can't be read: ") != NULL)
            cr_assert(by_name || strstr(run.err, file) != NULL, "call %lu: %s", nth, run.err);
        bool ended = run.status == 2 || strstr(run.err, " images: ") != NULL; /* or a sanitizer ended it */
        cr_assert(ended && run.status <= 2, "call %lu: %s", nth, run.err);
        named += by_name;
    }
    cr_assert_gt(named, 1, "no folder broke off");
    torture_end();
}

/* How many of the files were replaced; every one must be whole, and its original kept. */
static int check_replaced(const char *what)
{
    int replaced = 0;
    for (int i = 0; i < PICTURES; i++) {
        char name[32], kept[40], original[32];
        snprintf(name, sizeof name, "place/%d.png", i);
        snprintf(kept, sizeof kept, "%s.orig", name);
        snprintf(original, sizeof original, "saved/%d.png", i);
        if (same_bytes(name, original))
            continue;
        replaced++;
        cr_assert(same_bytes(name, "saved/result.png"), "%s: %s is not whole", what, name);
        cr_assert(same_bytes(kept, original), "%s: %s is not the original", what, kept);
    }
    return replaced;
}

static void put_place(void)
{
    torture_remove("place");
    for (int i = 0; i < PICTURES; i++) {
        char name[32];
        snprintf(name, sizeof name, "place/%d.png", i);
        put_picture(name, 40, 30);
        snprintf(name, sizeof name, "saved/%d.png", i);
        put_picture(name, 40, 30);
    }
}

/* In place: whatever fails, every file is the original or the result, and then its backup is the original.
 * The next run replaces the others. */
Test(torture_faults, in_place_every_file_stays_whole)
{
    static const enum fault_kind kinds[] = {FAULT_READ, FAULT_WRITE, FAULT_OPEN,   FAULT_LOOK,
                                            FAULT_SYNC, FAULT_CLOSE, FAULT_RENAME, FAULT_CHANGE};
    torture_begin();
    map_plan();
    const struct start start = {.environment = {torture_preload("faults"), FAULT_PLAN_VARIABLE "=plan"}};
    put_place();
    struct run whole = RUN("run", "place/0.png", "-o", "saved/out", "--resize=50%", "-q");
    cr_assert_eq(whole.status, 0, "%s", whole.err);
    cr_assert_eq(rename("saved/out/0.png", "saved/result.png"), 0);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        bool fired = true;
        const bool each =
            torture_is_long() || kinds[k] == FAULT_LOOK; /* to ignore one would lose an original */
        for (unsigned long nth = 1; fired; nth += each ? 1 : 1 + torture_random(4)) {
            char what[64];
            snprintf(what, sizeof what, "in place: %s %lu", kind_names[kinds[k]], nth);
            put_place();
            *plan = (struct fault_plan){
                .kind = (int)kinds[k], .nth = nth, .ever_after = kinds[k] != FAULT_LOOK && nth % 2 == 0};
            struct run run = RUN_AS(&start, "run", "place", "--in-place", "--backup=.orig", "--resize=50%",
                                    "--backend=serial", "--io=sync");
            fired = atomic_load(&plan->fired) > 0;
            const int replaced = check_replaced(what);
            cr_assert(run.status <= 2 && (run.status != 0 || replaced == PICTURES),
                      "%s: status %d, %d replaced:\n%s", what, run.status, replaced, run.err);
            plan->kind = -1;
            struct run again = RUN_AS(&start, "run", "place", "--in-place", "--backup=.orig", "--resize=50%",
                                      "--backend=serial", "--io=sync", "--skip-existing");
            cr_assert_eq(again.status, 0, "%s: the next run:\n%s", what, again.err);
            cr_assert_eq(check_replaced(what), PICTURES, "%s: the next run:\n%s", what, again.err);
            run_forget();
        }
    }
    torture_end();
}

static struct run make_archive(const char *out)
{
    const struct start start = {.environment = {torture_preload("faults"), FAULT_PLAN_VARIABLE "=plan",
                                                "ASAN_OPTIONS=verify_asan_link_order=0:"
                                                "allocator_may_return_null=1"}};
    return RUN_AS(&start, "run", "tars/sub/a.tar", "--base=tars", "-o", out, "--resize=50%",
                  "--backend=serial", "--io=sync", "--journal=journal");
}

/* Makes one call of a run on an archive fail, and checks it. False if there was no such call any more. */
static bool inject_into_archive(enum fault_kind kind, unsigned long nth, bool ever_after)
{
    static const char made[] = "out/sub/a.tar";
    char what[96];
    snprintf(what, sizeof what, "archive: %s %lu%s", kind_names[kind], nth,
             ever_after ? " and all that follow" : "");
    run_about = what;
    torture_remove("out");
    unlink("journal");
    *plan = (struct fault_plan){.kind = (int)kind, .nth = nth, .ever_after = ever_after};
    struct run run = make_archive("out");
    const bool fired = atomic_load(&plan->fired) > 0, there = access(made, F_OK) == 0;
    const bool whole = there && same_bytes(made, "expected/sub/a.tar");
    if (!died_of_measuring(&run)) {
        if (run.status > 2 || (run.status == 0 && !whole) || (is_harmless(kind) && run.status != 0))
            torture_complain("%s: status %d, the archive is %s:\n%s", what, run.status,
                             whole   ? "whole"
                             : there ? "another"
                                     : "not there",
                             run.err);
        /* Samples whose image failed are left out. */
        if (there && !whole &&
            (torture_summary(run.err, "failed") < 1 || system("tar tf out/sub/a.tar >list")))
            torture_complain("%s: the archive is not whole:\n%s", what, run.err);
    }
    if (temp_count("out/sub") > there)
        torture_complain("%s: temporaries were left:\n%s", what, run.err);
    if (atomic_load(&plan->left_open) != 0)
        torture_complain("%s: %d descriptors were left open:\n%s", what, atomic_load(&plan->left_open),
                         run.err);
    run_forget();
    run_about = NULL;
    return fired;
}

Test(torture_faults, an_archive_is_whole_or_not_there)
{
    torture_begin();
    map_plan();
    for (int i = 0; i < PICTURES; i++) {
        char name[32];
        snprintf(name, sizeof name, "members/%d.png", i);
        put_picture(name, 40, 30);
        snprintf(name, sizeof name, "members/%d.json", i);
        temp_text(name, "{}");
    }
    cr_assert_eq(system("mkdir -p tars/sub && tar --sort=name -cf tars/sub/a.tar members"), 0);
    plan->kind = -1;
    struct run run = make_archive("expected");
    cr_assert_eq(run.status, 0, "%s", run.err);
    cr_assert_eq(atomic_load(&plan->left_open), 0);
    for (int kind = 0; kind < FAULT_KIND_COUNT; kind++) {
        const unsigned long step = kind == FAULT_MEMORY                      ? 50
                                   : torture_is_long() || kind == FAULT_OPEN ? 1
                                                                             : 4;
        unsigned long nth = 1 + torture_random(step);
        for (bool fired = true; fired; nth += 1 + (step > 1 ? torture_random(step) : 0))
            fired = inject_into_archive(kind, nth, !is_harmless(kind) && torture_random(3) == 0);
    }
    torture_end();
}

/* Every engine with every backend and recipe; encryption with journal and log. libcrypto makes thousands of
 * allocations in each run: each backend tests all of them with the default engine, and a part with the
 * others. The short form uses one of the four engines, and one recipe. */
static void walk_backend(const char *name)
{
    enum { PART = 37 };
    torture_begin();
    torture_prepare(PICTURES);
    map_plan();
    const struct backend *backend = backend_find(name);
    unsigned long chosen = torture_random(WAYS);
    for (size_t i = 0; i < WAYS; i++) {
        struct scene scene = {backend, &ways[i], &torture_variants[0], true, true};
        if (torture_is_long() || i == chosen)
            walk(&scene, i == 0 ? 1 : PART);
        for (size_t v = 1; v < torture_variant_count && torture_is_long(); v++) {
            scene = (struct scene){backend, &ways[i], &torture_variants[v], false, v == 1};
            walk(&scene, torture_variants[v].decrypts && i != 0 ? PART : 1);
        }
    }
    if (torture_is_long())
        fprintf(stderr, "%s: %lu points of failure\n", name, points);
    torture_end();
}

#define TEST_OF(name)                                                                                        \
    Test(torture_faults, name)                                                                               \
    {                                                                                                        \
        walk_backend(#name);                                                                                 \
    }
TEST_OF(serial)
TEST_OF(threads)
TEST_OF(procs)
TEST_OF(omp)
TEST_OF(gil)
TEST_OF(async)
