/* Effects of a cluster's environment on the real command. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libdeflate.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cpus.h"
#include "cli/run.h"
#include "temp.h"

TestSuite(machine, .init = run_begin);

static struct run run_under(const char *variable, const char *backend, const char *jobs)
{
    const struct start start = {.environment = {variable}};
    return RUN_AS(&start, "run", "a.png", "-o", "out", "-v", backend, jobs);
}

/* libgomp binds the first thread to one processor before main. */
Test(machine, binding_openmp_threads_leaves_every_backend_its_processors)
{
    static const char *const variables[] = {"OMP_PROC_BIND=true", "OMP_PROC_BIND=spread", "OMP_PLACES=cores",
                                            "OMP_PLACES={0}", "GOMP_CPU_AFFINITY=0"};
    static const char *const backends[] = {"threads", "procs", "omp", "gil"};
    const unsigned processors = cpus_usable().count;
    if (processors < 2)
        cr_skip_test("one processor can't be narrowed");
    put_picture("a.png", 8, 8);
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        for (size_t k = 0; k < sizeof backends / sizeof *backends; k++) {
            char option[32], expected[64];
            snprintf(option, sizeof option, "--backend=%s", backends[k]);
            snprintf(expected, sizeof expected, "backend: %s, workers: %u (", backends[k], processors);
            struct run run = run_under(variables[i], option, NULL);
            expect(&run, 0, expected);
        }
    }
}

Test(machine, slurm_bounds_the_workers_and_verbose_says_so)
{
    put_picture("a.png", 8, 8);
    if (cpus_usable().count < 2)
        cr_skip_test("one processor is the least that Slurm gives");
    struct run run = run_under("SLURM_CPUS_ON_NODE=1", NULL, NULL);
    expect(&run, 0, "backend: threads, workers: 1 (SLURM_CPUS_ON_NODE of ");
    run = run_under("SLURM_CPUS_ON_NODE=1", "-j2", NULL);
    expect(&run, 0, "workers: 2 (--jobs)");
}

Test(machine, omp_says_how_many_threads_it_was_granted_and_why)
{
    put_picture("a.png", 8, 8);
    struct run run = run_under("OMP_THREAD_LIMIT=2", "--backend=omp", "-j3");
    expect(&run, 0, "pixmill: omp: 2 of 3 threads (OMP_THREAD_LIMIT=2)\n");
    run = run_under(SIZE_MAX > UINT32_MAX ? "OMP_STACKSIZE=10000G" : "OMP_STACKSIZE=3G", "--backend=omp",
                    "-j3");
    expect(&run, 0, "pixmill: omp: only 1 of 3 threads could be started");
    static const char *const harmless[] = {"OMP_DYNAMIC=true", "OMP_MAX_ACTIVE_LEVELS=0", "OMP_NUM_THREADS=1",
                                           "OMP_STACKSIZE=2M"};
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) {
        run = run_under(harmless[i], "--backend=omp", "-j3");
        expect(&run, 0, "workers: 3 (--jobs)");
        cr_assert_null(strstr(run.err, " of 3 "), "%s: %s", harmless[i], run.err);
    }
}

/* libgomp's constructor warns before main, in every program linked to it. */
Test(machine, openmp_variables_that_are_not_valid_are_reported_once_and_only_where_they_count)
{
#ifdef __clang__
    cr_skip_test("libomp reads its environment, and speaks, when it is first used");
#endif
    static const char *const variables[] = {
        "OMP_NUM_THREADS=abc", "OMP_PLACES={0:100000}", "OMP_STACKSIZE=x",       "GOMP_CPU_AFFINITY=a",
        "OMP_WAIT_POLICY=x",   "OMP_STACKSIZE=1",       "OMP_THREAD_LIMIT=none", "GOMP_SPINCOUNT=\x1b[31m"};
    put_picture("a.png", 8, 8);
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const struct start start = {.environment = {variables[i]}};
        struct run version = RUN_AS(&start, "--version"),
                   threads = RUN_AS(&start, "run", "a.png", "-o", "out", "--flip", "-q"),
                   quiet = RUN_AS(&start, "run", "a.png", "-o", "out", "--flip", "-q", "--backend=omp"),
                   omp = RUN_AS(&start, "run", "a.png", "-o", "out", "--flip", "--backend=omp");
        cr_assert_str_eq(version.err, "");
        cr_assert_str_eq(threads.err, "");
        cr_assert_str_eq(quiet.err, "");
        cr_assert_null(strstr(omp.err, "libgomp"), "%s", omp.err);
        cr_assert_null(strchr(omp.err, '\x1b'), "%s", omp.err);
        cr_assert_eq(strchr(strchr(omp.err, '\n') + 1, '\n'), strrchr(omp.err, '\n'), "%s", omp.err);
        expect(&omp, 0, "pixmill: omp: ");
        expect_summary(&omp, "1 images: 1 ok, 0 skipped, 0 failed");
    }
    const struct start two = {.environment = {"OMP_NUM_THREADS=abc", "OMP_PLACES=x"}};
    struct run run = RUN_AS(&two, "run", "a.png", "-o", "out", "--flip", "--backend=omp");
    expect(&run, 0, "pixmill: omp: not valid, so ignored: OMP_");
    expect(&run, 0, "OMP_NUM_THREADS=abc");
    expect(&run, 0, "OMP_PLACES=x");
}

/* A warning is a sentence in which newer libgomps repeat the value: words in it must not be taken for other
 * variables. */
Test(machine, only_openmp_s_own_variables_are_not_valid)
{
#ifdef __clang__
    cr_skip_test("libomp reads its environment, and speaks, when it is first used");
#endif
    const struct start start = {.environment = {"OMP_PLACES=HOME", "variable=1", "OMP_PLACE=1"}};
    put_picture("a.png", 8, 8);
    struct run run = RUN_AS(&start, "run", "a.png", "-o", "out", "--flip", "--backend=omp");
    expect(&run, 0, "pixmill: omp: not valid, so ignored: OMP_PLACES=HOME\n");
}

/* Output that the user requested from the runtime is not a warning. */
Test(machine, openmp_still_displays_its_environment)
{
#ifdef __clang__
    cr_skip_test("libomp reads its environment, and speaks, when it is first used");
#endif
    char format[9000] = "OMP_AFFINITY_FORMAT=";
    memset(format + 20, 'x', sizeof format - 21);
    const struct start start = {.environment = {"OMP_DISPLAY_ENV=true", format}};
    struct run run = RUN_AS(&start, "--version");
    expect(&run, 0, "OPENMP DISPLAY ENVIRONMENT BEGIN\n");
    expect(&run, 0, "OPENMP DISPLAY ENVIRONMENT END\n");
}

/* With 16 KiB of stack, a codec would crash the program. */
Test(machine, omp_raises_a_stack_that_is_too_small)
{
    static const char *const values[] = {"OMP_STACKSIZE=64k", "OMP_STACKSIZE= 64 K ", "OMP_STACKSIZE=16",
                                         "OMP_STACKSIZE=20000B", "GOMP_STACKSIZE=64"};
    cr_assert_eq(mkdir("many", 0755), 0);
    for (int i = 0; i < 8; i++) {
        char name[32];
        snprintf(name, sizeof name, "many/%d.jpg", i);
        put_picture(name, 300, 200);
    }
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const struct start start = {.environment = {values[i]}};
        struct run run = RUN_AS(&start, "run", "many", "-o", "out", "--backend=omp", "-j3", "--blur=2");
        expect(&run, 0, " is too small for decoding images; using 1M\n");
        expect_summary(&run, "8 images: 8 ok, 0 skipped, 0 failed");
    }
}

/* Like exiftool -P. */
Test(machine, resume_sees_a_change_that_kept_size_and_mtime)
{
    put_picture("a.png", 8, 8);
    put_picture("b.png", 8, 8);
    struct run run = RUN("run", "a.png", "b.png", "-o", "out", "--journal=journal");
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
    struct stat before;
    cr_assert_eq(stat("a.png", &before), 0);
    size_t size;
    const char *bytes = content_of("a.png", &size);
    int fd = open("a.png", O_WRONLY);
    cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
    cr_assert_eq(futimens(fd, (struct timespec[]){before.st_atim, before.st_mtim}), 0);
    close(fd);
    run = RUN("run", "a.png", "b.png", "-o", "out", "--journal=journal", "--resume", "-v");
    expect_summary(&run, "2 images: 1 ok, 1 skipped, 0 failed");
    expect(
        &run, 0,
        "pixmill: a.png: is processed again (the input was changed or renamed, although its modification time is the same)\n");
}

/* Appends the line of a journal that an older version wrote: result, input, size, mtime, settings. */
static void add_old_line(const char *name)
{
    char line[256];
    struct stat status;
    cr_assert_eq(stat(name, &status), 0);
    int length =
        snprintf(line, sizeof line, "out/%s\t%s\t%jd\t%jd%09ld\t%032d", name, name, (intmax_t)status.st_size,
                 (intmax_t)status.st_mtim.tv_sec, status.st_mtim.tv_nsec, 0);
    FILE *journal = fopen("journal", "a");
    if (ftell(journal) == 0)
        fputs("pixmill journal 1\n", journal);
    fprintf(journal, "%s\t%08x\n", line, libdeflate_crc32(0, line, (size_t)length));
    fclose(journal);
}

Test(machine, what_the_journal_has_and_is_done_again_is_reported_with_the_reason)
{
    put_picture("a.png", 8, 8);
    put_picture("b.png", 8, 8);
    add_old_line("a.png");
    add_old_line("b.png");
    struct run run =
        RUN("run", "a.png", "b.png", "-o", "out", "--flip", "--journal=journal", "--resume", "-v");
    expect(&run, 0, "pixmill: warning: 2 journal lines without ctime and inode, from an older version: ");
    expect(
        &run, 0,
        "pixmill: a.png: is processed again (it was recorded by an older version, without ctime and inode)\n");
    run = RUN("run", "a.png", "b.png", "-o", "out", "--flip", "--journal=journal", "--resume", "-v");
    expect_summary(&run, "2 images: 0 ok, 2 skipped, 0 failed");
    cr_assert_null(strstr(run.err, "older version"), "%s", run.err);
    cr_assert_eq(unlink("out/a.png"), 0);
    put_picture("b.png", 9, 8);
    run = RUN("run", "a.png", "b.png", "-o", "out", "--flip", "--journal=journal", "--resume", "-v");
    expect(&run, 0, "pixmill: a.png: is processed again (its result is missing or empty)\n");
    expect(&run, 0, "pixmill: b.png: is processed again (the input's size changed)\n");
    run = RUN("run", "a.png", "b.png", "-o", "out", "--flop", "--journal=journal", "--resume", "-v");
    expect(&run, 0, "pixmill: b.png: is processed again (the recipe or the key file changed)\n");
    run = RUN("run", "a.png", "b.png", "-o", "out", "--flip", "--journal=journal", "--resume");
    cr_assert_null(strstr(run.err, "processed again"), "%s", run.err);
}
