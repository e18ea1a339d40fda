/* Runs in a cgroup with limited memory, like a container: the budget fits the limit, so that folders are
 * processed, or the error says what does not fit; nothing is killed. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"

/* Cgroup folders and files for each version. */
static const struct hierarchy {
    const char *folder, *limit;
} hierarchies[] = {
    {"/sys/fs/cgroup", "memory.max"},
    {"/sys/fs/cgroup/memory", "memory.limit_in_bytes"},
};

static const struct hierarchy *hierarchy;
static char group[128];

/* 0, or -1 with errno set. */
static int write_to(const char *folder, const char *file, long long number)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    const int status = dprintf(fd, "%lld\n", number) > 0 ? 0 : -1;
    close(fd);
    return status;
}

static int make_group(const struct hierarchy *kind)
{
    char limit[192];
    snprintf(group, sizeof group, "%s/pixmill-test-%d", kind->folder, (int)getpid());
    snprintf(limit, sizeof limit, "%s/%s", group, kind->limit);
    if (mkdir(group, 0700) != 0)
        return -1;
    if (access(limit, W_OK) == 0)
        return 0;
    rmdir(group);
    return -1;
}

static void begin(void)
{
#ifdef PIXMILL_SANITIZED
    cr_skip_test("a sanitizer takes memory of its own");
#endif
    run_begin();
    for (size_t i = 0; hierarchy == NULL && i < sizeof hierarchies / sizeof *hierarchies; i++)
        hierarchy = make_group(&hierarchies[i]) == 0 ? &hierarchies[i] : NULL;
}

TestSuite(container, .init = begin);

/* Runs there `times` times, until the exit status is not `status`; returns the last status. */
static struct run run_limited(int mib, int times, int status, const char *const *arguments)
{
    struct run run = {.status = -1};
    int failed = write_to(group, hierarchy->limit, (long long)mib << 20);
    for (int i = 0; failed == 0 && i < times && (i == 0 || run.status == status); i++) {
        failed = write_to(group, "cgroup.procs", getpid());
        struct running running = run_start(&(struct start){0}, arguments);
        failed |= write_to(hierarchy->folder, "cgroup.procs", getpid());
        run = run_wait(&running);
    }
    cr_assert_eq(failed, 0, "%s: %s", group, strerror(errno));
    return run;
}

/* Assertions come after the group was removed. */
static void remove_group(void)
{
    cr_assert_eq(rmdir(group), 0, "%s: %s", group, strerror(errno));
}

Test(container, small_ones_hold_a_run_of_a_folder)
{
    static const int limits[] = {38, 40, 42};
    struct run runs[3];
    if (hierarchy == NULL)
        cr_skip_test("no group of limited memory can be made here");
    for (int i = 0; i < 12; i++) {
        char path[32];
        snprintf(path, sizeof path, "in/%d.png", i);
        put_picture(path, 1000 + 10 * i, 800);
    }
    for (int i = 0; i < 3; i++)
        runs[i] = run_limited(limits[i], 5, 0,
                              (const char *const[]){"run", "in", "-o", "out", "--resize=50%", NULL});
    remove_group();
    for (int i = 0; i < 3; i++)
        cr_expect_eq(runs[i].status, 0, "%d MiB: %d: %s", limits[i], runs[i].status, runs[i].err);
}

Test(container, what_does_not_fit_is_reported)
{
    if (hierarchy == NULL)
        cr_skip_test("no group of limited memory can be made here");
    put_picture("in/large.png", 4000, 3000);
    put_picture("in/small.png", 400, 300);
    struct run run =
        run_limited(32, 5, 1, (const char *const[]){"run", "in", "-o", "out", "--resize=50%", NULL});
    remove_group();
    cr_assert_eq(run.status, 1, "%d: %s", run.status, run.err);
    cr_assert_not_null(strstr(run.err, "in/large.png: needs up to "), "%s", run.err);
    cr_assert_eq(access("out/small.png", F_OK), 0);
}
