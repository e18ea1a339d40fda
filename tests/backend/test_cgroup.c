/* The cgroups of workers: with the kernel's, if it lets us create some; for version 2, the files written in a
 * fake folder. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "backend/cgroup.h"
#include "base/clock.h"
#include "temp.h"

enum { LIMIT = 24 << 20, TAKEN = 64 << 20 };

/* A process in the slot's group that writes to `bytes` of memory, and exits with 0 if that succeeds. */
static int take_memory(const struct cgroups *groups, unsigned slot, size_t size)
{
    int status;
    const pid_t child = fork();
    if (child == 0) {
        if (cgroup_enter(groups, slot) != 0)
            _exit(2);
        char *memory = malloc(size);
        for (size_t at = 0; memory != NULL && at < size; at += 4096)
            *(volatile char *)(memory + at) = 1;
        _exit(memory != NULL ? 0 : 1);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    return status;
}

static void open_or_skip(struct cgroups *groups)
{
    cgroups_open(groups, "/");
    if (groups->version == 0)
        cr_skip_test("this process can't make cgroups with a limit of memory");
}

Test(cgroup, a_process_is_killed_at_its_limit)
{
    struct cgroups groups;
    struct cgroup_bound bound = {0};
    open_or_skip(&groups);
    cr_assert_eq(take_memory(&groups, 3, TAKEN), 0, "without a limit it may take that much");
    cr_assert_not(cgroup_has_killed(&groups, 3, &bound));
    cgroup_limit(&groups, 3, &bound, LIMIT);
    const int ended = take_memory(&groups, 3, TAKEN);
    cr_assert(WIFSIGNALED(ended) && WTERMSIG(ended) == SIGKILL, "%d", ended);
    cr_assert(cgroup_has_killed(&groups, 3, &bound));
    cr_assert_not(cgroup_has_killed(&groups, 3, &bound), "it is told once");
    cgroup_limit(&groups, 3, &bound, 2 * (uint64_t)TAKEN); /* raised, then lowered */
    cr_assert_eq(take_memory(&groups, 3, TAKEN), 0);
    cgroup_limit(&groups, 3, &bound, LIMIT);
    cr_assert_neq(take_memory(&groups, 3, TAKEN), 0);
    cgroup_limit(&groups, 3, &bound, UINT64_MAX);
    cr_assert_eq(take_memory(&groups, 3, TAKEN), 0);
    cgroups_close(&groups);
}

Test(cgroup, a_process_killed_otherwise_is_not_taken_for_one_at_its_limit)
{
    struct cgroups groups;
    struct cgroup_bound bound = {0};
    open_or_skip(&groups);
    cgroup_limit(&groups, 0, &bound, LIMIT);
    const pid_t child = fork();
    if (child == 0) {
        if (cgroup_enter(&groups, 0) == 0)
            raise(SIGKILL);
        _exit(2);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status));
    cr_assert_not(cgroup_has_killed(&groups, 0, &bound));
    cgroups_close(&groups);
}

Test(cgroup, nothing_is_left_of_a_run)
{
    struct cgroups groups;
    open_or_skip(&groups);
    char folder[PATH_MAX];
    strcpy(folder, groups.folder);
    cr_assert_eq(take_memory(&groups, 0, 4096), 0);
    cr_assert_eq(take_memory(&groups, 1, 4096), 0);
    cr_assert_eq(access(folder, F_OK), 0);
    cgroups_close(&groups);
    cr_assert_lt(access(folder, F_OK), 0);
}

/* Closes the groups while a process in one of them is about to end. Returns whether they were removed. */
static bool removes_with_a_process(double *waited)
{
    struct cgroups groups;
    open_or_skip(&groups);
    char folder[PATH_MAX];
    strcpy(folder, groups.folder);
    int entered[2];
    cr_assert_eq(pipe(entered), 0);
    const pid_t child = fork();
    if (child == 0) {
        const int status = cgroup_enter(&groups, 0);
        if (write(entered[1], &status, sizeof status) != sizeof status)
            _exit(1);
        usleep(100000);
        _exit(0);
    }
    int status;
    cr_assert_eq(read(entered[0], &status, sizeof status), (ssize_t)sizeof status);
    cr_assert_eq(status, 0);
    const double began = clock_now();
    cgroups_close(&groups);
    *waited = clock_now() - began;
    const bool removed = access(folder, F_OK) != 0;
    waitpid(child, NULL, 0);
    close(entered[0]);
    close(entered[1]);
    return removed;
}

/* As when the fork server is lost: the kernel kills its workers, and nobody waits for them. It is given a
 * second, which may not be enough on a busy machine: that proves nothing, so try again. */
Test(cgroup, a_process_that_is_about_to_end_is_waited_for, .timeout = 120)
{
    double waited;
    while (!removes_with_a_process(&waited))
        cr_assert_geq(waited, 1);
}

Test(cgroup, the_groups_of_a_killed_run_are_removed_by_the_next)
{
    struct cgroups groups, next;
    open_or_skip(&groups);
    cr_assert_eq(take_memory(&groups, 0, 4096), 0);
    cgroups_open(&next, "/");
    cr_assert_eq(access(groups.folder, F_OK), 0, "a run that lives keeps its own");
    cgroups_close(&next);
    close(groups.lock); /* as it is when the process is killed */
    cgroups_open(&next, "/");
    cr_assert_neq(next.version, 0);
    cr_assert_lt(access(groups.folder, F_OK), 0);
    cgroups_close(&next);
}

/* A fake machine with cgroup v2 in a folder. */
static void v2_machine(const char *of_above)
{
    temp_text("proc/self/cgroup", "0::/service/main\n");
    temp_text("proc/self/mountinfo",
              "31 23 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n");
    temp_text("sys/fs/cgroup/service/cgroup.subtree_control", of_above);
    temp_text("sys/fs/cgroup/service/main/cgroup.controllers", "memory pids\n");
    temp_text("sys/fs/cgroup/service/main/memory.max", "max\n");
    temp_text("sys/fs/cgroup/service/main/memory.high", "max\n");
}

static void expect_none(const char *why)
{
    struct cgroups groups;
    cgroups_open(&groups, temp_folder());
    cr_expect_eq(groups.version, 0, "%s", why);
}

static void expect_text(const char *path, const char *expected)
{
    size_t size;
    char text[64] = "";
    char *found = temp_read(temp_path("%s", path), &size);
    cr_assert_not_null(found, "%s", path);
    snprintf(text, sizeof text, "%.*s", (int)size, found);
    free(found);
    cr_expect_str_eq(text, expected, "%s", path);
}

static const char *in_slot(const struct cgroups *groups, const char *file)
{
    static char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/7/%s", groups->folder + strlen(temp_folder()) + 1, file);
    return path;
}

Test(cgroup, of_version_2_stand_beside_our_own)
{
    struct cgroups groups;
    struct cgroup_bound bound = {0};
    char path[PATH_MAX + 64];
    v2_machine("memory pids\n");
    cgroups_open(&groups, temp_folder());
    cr_assert_eq(groups.version, 2);
    snprintf(path, sizeof path, "%s/sys/fs/cgroup/service/pixmill-%d-", temp_folder(), (int)getpid());
    cr_assert_eq(strncmp(groups.folder, path, strlen(path)), 0, "%s", groups.folder);
    snprintf(path, sizeof path, "%s/cgroup.subtree_control", groups.folder + strlen(temp_folder()) + 1);
    expect_text(path, "+memory");
    cr_assert_eq(cgroup_enter(&groups, 7), 0);
    expect_text(in_slot(&groups, "cgroup.procs"), "0");
    expect_text(in_slot(&groups, "memory.swap.max"), "0");
    cgroup_limit(&groups, 7, &bound, LIMIT);
    expect_text(in_slot(&groups, "memory.max"), "25165824");
    cgroup_limit(&groups, 7, &bound, UINT64_MAX);
    expect_text(in_slot(&groups, "memory.max"), "max");
    temp_text(in_slot(&groups, "memory.events"), "low 0\nhigh 0\nmax 12\noom 0\noom_kill 1\n");
    cr_assert_not(cgroup_has_killed(&groups, 7, &bound), "killed, but not at this limit");
    temp_text(in_slot(&groups, "memory.events"),
              "low 0\nhigh 0\nmax 19\noom 1\noom_kill 2\noom_group_kill 0\n");
    cr_assert(cgroup_has_killed(&groups, 7, &bound));
}

Test(cgroup, of_version_2_are_made_only_where_that_is_ours_to_do)
{
    v2_machine("pids\n");
    expect_none("the group above does not control memory");
    v2_machine("memory\n");
    temp_text("run/systemd/system/there", "");
    expect_none("it is systemd's");
    if (setxattr(temp_path("sys/fs/cgroup/service"), "user.delegate", "1", 1, 0) == 0) {
        struct cgroups groups;
        cgroups_open(&groups, temp_folder());
        cr_expect_eq(groups.version, 2, "systemd has delegated it");
        cgroups_close(&groups);
    }
    temp_text("sys/fs/cgroup/service/main/memory.max", "100000000\n");
    expect_none("workers outside would evade our limit");
}

Test(cgroup, of_version_1_need_limits_that_hold_below)
{
    temp_text("proc/self/cgroup", "4:memory:/own\n");
    temp_text("proc/self/mountinfo", "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
    temp_text("sys/fs/cgroup/memory/own/memory.use_hierarchy", "0\n");
    expect_none("workers would evade the limits above");
    temp_text("sys/fs/cgroup/memory/own/memory.use_hierarchy", "1\n");
    struct cgroups groups;
    cgroups_open(&groups, temp_folder());
    cr_expect_eq(groups.version, 1);
    cgroups_close(&groups);
}
