/* The examples of samples/cluster, without their engines where these are not installed: the variables are set
 * as the engines set them. `make check-cluster` runs Slurm and GNU parallel. */
#include <criterion/criterion.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"

enum { PICTURES = 12 };

static char samples[PATH_MAX];

__attribute__((format(printf, 1, 2))) static int shell(const char *format, ...)
{
    char command[2 * PATH_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    return system(command);
}

static void begin(void)
{
    char program[PATH_MAX], path[PATH_MAX + 64], source[PATH_MAX];
    cr_assert_not_null(getcwd(source, sizeof source));
    snprintf(samples, sizeof samples, "%.4000s/samples/cluster", source);
    cr_assert_not_null(realpath(getenv("PIXMILL"), program));
    snprintf(path, sizeof path, "%s:%s", dirname(program), getenv("PATH"));
    setenv("PATH", path, 1);
    run_begin();
    cr_assert_eq(mkdir("in", 0755), 0);
    cr_assert_eq(mkdir("out.logs", 0755), 0);
    FILE *names = fopen("names", "w");
    for (int i = 0; i < PICTURES; i++) {
        char name[32];
        snprintf(name, sizeof name, "in/%d.png", i);
        put_picture(name, 32, 24);
        fprintf(names, "%s\n", name);
    }
    fclose(names);
    setenv("LIST", "names", 1);
    setenv("BASE", "in", 1);
    setenv("DIR", "out", 1);
    setenv("SHARDS", "3", 1);
}

TestSuite(cluster_samples, .init = begin);

static void expect_all(const char *shards)
{
    struct run run =
        RUN("verify", "in", "-o", "out", "--journal=out.journal/", "--summary=out.logs/", shards);
    expect(&run, 0, "12 images: 12 done");
}

Test(cluster_samples, slurm)
{
    for (int i = 0; i < 3; i++)
        cr_expect_eq(shell("SLURM_ARRAY_TASK_ID=%d sh '%s/slurm.sbatch' 2>said", i, samples), 0, "%s",
                     content_of("said", &(size_t){0}));
    expect_all("--shards=3");
}

/* Its command, with the test's folder in place of /data and 4 shards. */
Test(cluster_samples, kubernetes)
{
    cr_assert_eq(shell("sed -n '/exec pixmill/,/names/p' '%s/kubernetes.yaml' | tr '\\n' ' ' | "
                       "sed 's,/data/photos,in,; s,/data/,,g; s,auto/100,auto/4,' >command",
                       samples),
                 0);
    for (int i = 0; i < 4; i++)
        cr_expect_eq(shell("JOB_COMPLETION_INDEX=%d sh command 2>said", i), 0, "%s",
                     content_of("said", &(size_t){0}));
    expect_all("--shards=4");
}

Test(cluster_samples, parallel)
{
    if (shell("command -v parallel >/dev/null") != 0)
        cr_skip_test("parallel is not installed (make check-cluster installs it)");
    setenv("PARALLEL_HOME", "home", 1);
    cr_assert_eq(shell("JOBS=2 '%s/parallel.sh' : 2>said", samples), 0, "%s",
                 content_of("said", &(size_t){0}));
    expect_all("--shards=3");
}
