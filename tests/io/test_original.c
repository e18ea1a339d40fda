#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forbid.h"
#include "io/original.h"
#include "temp.h"

TestSuite(original, .init = temp_on_disk);

static struct original opened(const char *path, const char *backup)
{
    struct original original = {.backup = backup};
    cr_assert_eq(stat(path, &original.status), 0);
    return original;
}

Test(original, has_both_names_until_it_is_replaced)
{
    struct pm_error error = {0};
    struct stat kept;
    char backup[512];
    const char *path = temp_text("a.jpg", "old");
    snprintf(backup, sizeof backup, "%s", temp_path("kept/deep/a.jpg"));
    struct original original = opened(path, backup);
    cr_assert_eq(original_check(&original, &error), 0);
    cr_assert_eq(original_keep(&original, path, &error), 0, "%s", error.message);
    cr_assert_eq(stat(backup, &kept), 0);
    cr_assert_eq(kept.st_ino, original.status.st_ino);
    cr_assert_eq(access(path, F_OK), 0);
    /* A run that is killed here leaves both names: the next one replaces the file. */
    cr_assert_not(original_is_replaced(&original));
    cr_assert_eq(original_check(&original, &error), 0);
    cr_assert_eq(original_keep(&original, path, &error), 0, "%s", error.message);
    original_restore(&original);
    cr_assert_neq(access(backup, F_OK), 0);
    cr_assert_eq(access(path, F_OK), 0);
}

Test(original, a_backup_is_never_replaced)
{
    struct pm_error error = {0}, early = {0};
    char backup[512];
    snprintf(backup, sizeof backup, "%s", temp_text("a.jpg.orig", "an earlier one"));
    const char *path = temp_text("a.jpg", "old");
    struct original original = opened(path, backup);
    cr_assert_eq(original_check(&original, &early), -1);
    cr_assert_eq(original_keep(&original, path, &error), -1);
    cr_assert_neq(strstr(error.message, "exists already"), NULL, "%s", error.message);
    cr_assert_str_eq(error.message, early.message);
    struct stat status;
    cr_assert_eq(stat(backup, &status), 0);
    cr_assert_eq(status.st_size, 14);
}

Test(original, one_that_changed_is_left_as_it_is)
{
    char backup[512];
    snprintf(backup, sizeof backup, "%s", temp_path("a.jpg.orig"));
    const char *path = temp_text("a.jpg", "old");
    const struct original original = opened(path, backup);
    struct original other_size = original, other_file = original, other_time = original, missing = original;
    other_size.status.st_size++;
    other_file.status.st_ino++;
    other_time.status.st_mtim.tv_nsec ^= 1;
    struct original *const changed[] = {&other_size, &other_file, &other_time, &missing};
    for (size_t i = 0; i < sizeof changed / sizeof *changed; i++) {
        struct pm_error error = {0};
        if (changed[i] == &missing)
            unlink(path);
        cr_assert_eq(original_keep(changed[i], path, &error), -1, "%zu", i);
        cr_assert_neq(strstr(error.message, "was changed"), NULL, "%s", error.message);
        cr_assert_neq(access(backup, F_OK), 0);
    }
}

/* As on FAT. A run that is killed leaves the file under its own name as well. */
Test(original, is_copied_where_there_are_no_hard_links)
{
    struct pm_error error = {0};
    struct stat copy;
    char backup[512];
    snprintf(backup, sizeof backup, "%s", temp_path("kept/a.jpg"));
    const char *path = temp_text("a.jpg", "old");
    cr_assert_eq(chmod(path, 0640), 0);
    const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 2000, .tv_nsec = 5}};
    cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
    struct original original = opened(path, backup);
    const struct scmp_arg_cmp always = {.op = SCMP_CMP_GE};
    if (forbid_call(SCMP_SYS(link), EPERM, always) != 0 || forbid_call(SCMP_SYS(linkat), EPERM, always) != 0)
        cr_skip_test("this kernel has no system call filters");
    cr_assert_eq(original_keep(&original, path, &error), 0, "%s", error.message);
    cr_assert_eq(access(path, F_OK), 0);
    cr_assert_eq(stat(backup, &copy), 0);
    cr_assert_neq(copy.st_ino, original.status.st_ino);
    cr_expect_eq(copy.st_mode & 0777, 0640);
    cr_expect_eq(copy.st_mtim.tv_sec, 2000);
    cr_expect_eq(copy.st_mtim.tv_nsec, 5);
    char *text = temp_read(backup, NULL);
    cr_expect_str_eq(text, "old");
    free(text);
    /* The next run goes on. */
    cr_assert_not(original_is_replaced(&original));
    cr_assert_eq(original_keep(&original, path, &error), 0, "%s", error.message);
    original_restore(&original);
    cr_assert_eq(access(path, F_OK), 0);
    cr_assert_neq(access(backup, F_OK), 0);
}

/* Nothing is left of a copy that can't be written, and the file stays. */
Test(original, stays_where_its_copy_does_not_fit)
{
    struct pm_error error = {0};
    char backup[512];
    snprintf(backup, sizeof backup, "%s", temp_path("kept/a.jpg"));
    const char *path = temp_text("a.jpg", "old");
    struct original original = opened(path, backup);
    const struct scmp_arg_cmp always = {.op = SCMP_CMP_GE};
    if (forbid_call(SCMP_SYS(link), EPERM, always) != 0 || forbid_call(SCMP_SYS(fsync), ENOSPC, always) != 0)
        cr_skip_test("this kernel has no system call filters");
    cr_assert_eq(original_keep(&original, path, &error), -1);
    cr_expect_not_null(strstr(error.message, "can't be kept as"), "%s", error.message);
    cr_expect_not_null(strstr(error.message, "No space left on device"), "%s", error.message);
    cr_assert_eq(access(path, F_OK), 0);
    cr_assert_neq(access(backup, F_OK), 0);
    cr_assert_eq(rmdir(temp_path("kept")), 0, "something is left over");
}

Test(original, on_another_file_system_can_not_be_kept)
{
    struct pm_error error = {0};
    struct stat here, there;
    const char *path = temp_text("a.jpg", "old");
    if (stat(path, &here) != 0 || stat("/dev/shm", &there) != 0 || here.st_dev == there.st_dev)
        cr_skip_test("there is no second file system here");
    char backup[64];
    snprintf(backup, sizeof backup, "/dev/shm/pixmill-test-%d.orig", (int)getpid());
    struct original original = opened(path, backup);
    cr_assert_eq(original_keep(&original, path, &error), -1);
    cr_assert_neq(strstr(error.message, "another file system"), NULL, "%s", error.message);
    cr_assert_neq(access(backup, F_OK), 0);
}
