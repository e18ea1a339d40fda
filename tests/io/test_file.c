#include <criterion/criterion.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.h"
#include "io/folder.h"
#include "io/sweep.h"
#include "temp.h"

TestSuite(file, .init = temp_on_disk);

static const uint8_t HELLO[] = "hello";

static int write_hello(const char *path, struct pm_error *error)
{
    return file_write(path, HELLO, 5, 0644, FILE_FAST, error);
}

/* A temporary file like one that a killed run leaves. */
static const char *stale_temporary(const char *folder)
{
    char name[256];
    snprintf(name, sizeof name, "%s/.pixmill-0123456789abcdef.tmp", folder);
    return temp_text(name, "half a resu");
}

Test(file, what_was_written_is_read_back)
{
    struct pm_error error = {0};
    const char *path = temp_path("a.bin");
    cr_assert_eq(file_write(path, HELLO, 5, 0640, FILE_DURABLE, &error), 0, "%s", error.message);
    uint64_t size;
    mode_t mode;
    struct buffer bytes = {0};
    int fd = file_open(path, &size, &mode, &error);
    cr_assert_geq(fd, 0);
    cr_assert_eq(size, 5);
    cr_assert_eq(mode, 0640);
    cr_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    cr_assert_eq(file_read(fd, size, &bytes, &error), 0);
    cr_assert_eq(bytes.size, 5);
    cr_assert_eq(memcmp(bytes.data, HELLO, 5), 0);
    buffer_free(&bytes);
    close(fd);
}

Test(file, a_file_is_loaded_up_to_the_largest_size)
{
    struct pm_error error = {0};
    struct buffer bytes = {0};
    const char *path = temp_path("a.bin");
    cr_assert_eq(write_hello(path, &error), 0);
    cr_assert_eq(file_load(path, 5, &bytes, &error), 0, "%s", error.message);
    cr_assert_eq(bytes.size, 5);
    cr_assert_eq(memcmp(bytes.data, HELLO, 5), 0);
    cr_assert_eq(file_load(path, 4, &bytes, &error), -1);
    cr_assert_eq(error.kind, PM_ERROR_LIMIT);
    cr_assert_eq(error.limit, 4);
    cr_assert_eq(error.value, 5);
    buffer_free(&bytes);
}

Test(file, an_empty_file_is_read_and_written)
{
    struct pm_error error = {0};
    cr_assert_eq(file_write(temp_path("a"), NULL, 0, 0644, FILE_FAST, &error), 0);
    uint64_t size = 1;
    mode_t mode;
    struct buffer bytes = {0};
    int fd = file_open(temp_path("a"), &size, &mode, &error);
    cr_assert_geq(fd, 0);
    cr_assert_eq(size, 0);
    cr_assert_eq(file_read(fd, 0, &bytes, &error), 0);
    cr_assert_eq(bytes.size, 0);
    buffer_free(&bytes);
    close(fd);
}

Test(file, mode_is_exact_whatever_the_umask_and_has_no_set_user_bit)
{
    struct pm_error error = {0};
    umask(0077);
    cr_assert_eq(file_write(temp_path("a"), HELLO, 5, 04664, FILE_FAST, &error), 0);
    struct stat status;
    cr_assert_eq(stat(temp_path("a"), &status), 0);
    cr_assert_eq(status.st_mode & 07777, 0664);
}

/* The mode bits are given to open, or set afterwards: both give the same mode, also in a setgid folder. */
Test(file, mode_is_exact_in_a_folder_whose_group_files_inherit)
{
    struct pm_error error = {0};
    struct stat status;
    umask(0022);
    cr_assert_eq(mkdir(temp_path("shared"), 0755), 0);
    cr_assert_eq(chmod(temp_path("shared"), 02775), 0);
    static const mode_t modes[] = {0644, 0600, 0664, 0444, 0};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        cr_assert_eq(file_write(temp_path("shared/a"), HELLO, 5, modes[i], FILE_FAST, &error), 0, "%s",
                     error.message);
        cr_assert_eq(stat(temp_path("shared/a"), &status), 0);
        cr_assert_eq(status.st_mode & 07777, modes[i]);
    }
}

/* Two writers in one process may ask at the same moment; if a name is in use, another is generated. */
Test(file, temporaries_of_one_moment_have_names_of_their_own)
{
    enum { COUNT = 1000 };
    static struct temporary temporary[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        cr_assert_eq(temporary_begin(&temporary[i], NULL, "a", 0600), 0);
        cr_assert_eq(temporary_name(&temporary[i]), 0);
        cr_assert(temporary_has_name(temporary[i].name));
        for (size_t k = 0; k < i; k++)
            cr_assert_str_neq(temporary[i].name, temporary[k].name);
    }
}

Test(file, missing_folders_are_made)
{
    struct pm_error error = {0};
    cr_assert_eq(write_hello(temp_path("one/two//three/a"), &error), 0, "%s", error.message);
    char *text = temp_read(temp_path("one/two/three/a"), NULL);
    cr_assert_str_eq(text, "hello");
    free(text);
}

Test(file, a_result_is_replaced_and_a_reader_of_the_old_one_not_disturbed)
{
    struct pm_error error = {0};
    int fd = open(temp_text("a", "the old result"), O_RDONLY);
    cr_assert_eq(write_hello(temp_path("a"), &error), 0);
    char old[32] = "";
    cr_assert_eq(read(fd, old, sizeof old), 14);
    cr_assert_str_eq(old, "the old result");
    char *text = temp_read(temp_path("a"), NULL);
    cr_assert_str_eq(text, "hello");
    free(text);
    close(fd);
}

Test(file, a_relative_name_without_folder_is_written_here)
{
    struct pm_error error = {0};
    cr_assert_eq(chdir(temp_folder()), 0);
    cr_assert_eq(write_hello("plain", &error), 0, "%s", error.message);
    cr_assert_eq(temp_count(temp_folder()), 1);
}

Test(file, a_folder_in_the_results_place_is_an_error_and_leaves_no_temporary)
{
    struct pm_error error = {0};
    cr_assert_eq(mkdir(temp_path("a"), 0755), 0);
    cr_assert_eq(write_hello(temp_path("a"), &error), -1);
    cr_assert_eq(error.kind, PM_ERROR_IO);
    cr_assert_not_null(strstr(error.message, "a folder has the result's name"));
    cr_assert_eq(temp_count(temp_folder()), 1);
}

Test(file, a_file_where_a_folder_should_be_is_an_error)
{
    struct pm_error error = {0};
    temp_text("a", "x");
    cr_assert_eq(write_hello(temp_path("a/b/c"), &error), -1);
    cr_assert_eq(error.kind, PM_ERROR_IO);
    error = (struct pm_error){0};
    cr_assert_eq(folder_make(temp_path("a"), &error), -1);
    error = (struct pm_error){0};
    cr_assert_eq(folder_make(temp_path("b/c/"), &error), 0);
    cr_assert_eq(temp_count(temp_path("b/c")), 0);
}

/* A small tmpfs that only this test sees, if mounting is allowed. */
static bool small_disk(const char *folder)
{
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", folder, "tmpfs", 0, "size=256k") == 0;
}

Test(file, a_full_disk_is_reported_and_leaves_nothing_behind)
{
    struct pm_error error = {0};
    const char *disk = temp_path("disk");
    cr_assert_eq(mkdir(disk, 0755), 0);
    bool mounted = small_disk(disk);
    if (!mounted) {
        /* Not root: the limit on file sizes makes a write fail in the middle, too. */
        signal(SIGXFSZ, SIG_IGN);
        cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){100000, 100000}), 0);
    }
    size_t size = 1 << 20;
    uint8_t *data = calloc(1, size);
    cr_assert_eq(write_hello(temp_path("disk/a"), &error), 0);
    cr_assert_eq(file_write(temp_path("disk/b"), data, size, 0644, FILE_FAST, &error), -1);
    cr_assert_eq(error.kind, PM_ERROR_IO);
    cr_assert_not_null(strstr(error.message, mounted ? "disk is full" : "exceeds the file size limit"));
    cr_assert_eq(temp_count(disk), 1);
    free(data);
    if (mounted)
        umount(disk);
}

Test(file, a_folder_without_write_permission_is_reported)
{
    struct pm_error error = {0};
    const char *folder = temp_path("locked");
    cr_assert_eq(mkdir(folder, 0555), 0);
    temp_drop_root();
    cr_assert_eq(write_hello(temp_path("locked/a"), &error), -1);
    cr_assert_eq(error.kind, PM_ERROR_IO);
    cr_assert_not_null(strstr(error.message, "can't be written"));
}

Test(file, what_may_not_be_read_is_reported)
{
    struct pm_error error = {0};
    uint64_t size;
    mode_t mode;
    cr_assert_eq(chmod(temp_text("secret", "x"), 0), 0);
    temp_drop_root();
    cr_assert_eq(file_open(temp_path("secret"), &size, &mode, &error), -1);
    cr_assert_eq(error.kind, PM_ERROR_IO);
    cr_assert_not_null(strstr(error.message, "permission denied"));
}

static void refused(const char *path, enum pm_error_kind kind, const char *words)
{
    struct pm_error error = {0};
    uint64_t size;
    mode_t mode;
    cr_assert_eq(file_open(path, &size, &mode, &error), -1);
    cr_assert_eq(error.kind, kind);
    cr_assert_not_null(strstr(error.message, words), "%s", error.message);
}

Test(file, only_regular_files_are_opened)
{
    refused(temp_path("missing"), PM_ERROR_IO, "no such file");
    refused(temp_folder(), PM_ERROR_UNSUPPORTED, "is a folder");
    cr_assert_eq(mkfifo(temp_path("pipe"), 0644), 0);
    refused(temp_path("pipe"), PM_ERROR_UNSUPPORTED,
            "not a regular file"); /* and does not wait for a writer */
    cr_assert_eq(symlink("loop", temp_path("loop")), 0);
    refused(temp_path("loop"), PM_ERROR_IO, "loop");
    cr_assert_eq(symlink("nothing", temp_path("dangling")), 0);
    refused(temp_path("dangling"), PM_ERROR_IO, "broken symbolic link");
}

static void changed(const char *text, uint64_t claimed, const char *words)
{
    struct pm_error error = {0};
    struct buffer bytes = {0};
    int fd = open(temp_text("changing", text), O_RDONLY);
    cr_assert_eq(file_read(fd, claimed, &bytes, &error), -1);
    cr_assert_eq(error.kind, PM_ERROR_IO);
    cr_assert_not_null(strstr(error.message, words));
    buffer_free(&bytes);
    close(fd);
}

Test(file, one_that_changed_its_size_is_refused)
{
    changed("12345", 6, "became shorter");
    changed("12345", 0x100000, "became shorter");
    changed("12345", 4, "became longer");
    changed("12345", 0, "became longer");
}

Test(file, a_size_beyond_all_memory_is_refused)
{
    struct pm_error error = {0};
    struct buffer bytes = {0};
    int fd = open(temp_text("a", "x"), O_RDONLY);
    cr_assert_eq(file_read(fd, UINT64_MAX, &bytes, &error), -1);
    cr_assert_eq(error.kind, PM_ERROR_MEMORY);
    close(fd);
}

Test(file, a_buffer_is_used_again)
{
    struct pm_error error = {0};
    struct buffer bytes = {0};
    int fd = open(temp_text("a", "1234567890"), O_RDONLY);
    cr_assert_eq(file_read(fd, 10, &bytes, &error), 0);
    const uint8_t *data = bytes.data;
    cr_assert_eq(file_read(fd, 10, &bytes, &error), 0);
    cr_assert_eq(bytes.data, data);
    cr_assert_eq(bytes.size, 10);
    buffer_free(&bytes);
    close(fd);
}

Test(file, temporaries_are_known_by_name)
{
    cr_assert(temporary_has_name(".pixmill-0123456789abcdef.tmp"));
    cr_assert_not(temporary_has_name(".pixmill-0123456789abcdeg.tmp"));
    cr_assert_not(temporary_has_name(".pixmill-0123456789abcde.tmp"));
    cr_assert_not(temporary_has_name(".pixmill-0123456789abcdef.jpg"));
    cr_assert_not(temporary_has_name("a.pixmill-0123456789abcdef.tm"));
    cr_assert_not(temporary_has_name("photo.jpg"));
}

Test(file, a_sweep_takes_what_nobody_holds_and_nothing_else)
{
    char held[4096];
    temp_text("out/photo.jpg", "x");
    temp_text("out/.pixmill-notes.tmp", "x");
    stale_temporary("out");
    snprintf(held, sizeof held, "%s", temp_text("out/.pixmill-fedcba9876543210.tmp", "in use"));
    int fd = open(held, O_RDWR);
    cr_assert_eq(flock(fd, LOCK_EX), 0);
    cr_assert_eq(temporary_sweep_folder(NULL, temp_path("out")), 1);
    cr_assert_eq(temp_count(temp_path("out")), 3);
    cr_assert_eq(access(held, F_OK), 0);
    close(fd);
    cr_assert_eq(temporary_sweep_folder(NULL, temp_path("out")), 0);
    cr_assert_eq(temp_count(temp_path("out")), 2);
    cr_assert_eq(temporary_sweep_folder(NULL, temp_path("nowhere")), 0);
}

Test(file, a_sweep_follows_no_link)
{
    temp_text("precious", "x");
    cr_assert_eq(symlink(temp_path("precious"), temp_path(".pixmill-0123456789abcdef.tmp")), 0);
    cr_assert_eq(temporary_sweep_folder(NULL, temp_folder()), 1);
    cr_assert_eq(temp_count(temp_folder()), 2);
}

Test(file, a_read_only_temporary_is_swept_too)
{
    cr_assert_eq(mkdir(temp_path("out"), 0777), 0);
    cr_assert_eq(chmod(stale_temporary("out"), 0444), 0);
    temp_drop_root();
    cr_assert_eq(temporary_sweep_folder(NULL, temp_path("out")), 0);
}

/* Writers and sweepers at the same time: no result may be lost, and no temporary file may remain. */
Test(file, a_sweep_beside_writers_costs_no_result)
{
    enum { RESULTS = 2000 };
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", temp_path("out"));
    cr_assert_eq(mkdir(folder, 0755), 0);
    pid_t sweeper = fork();
    if (sweeper == 0) {
        for (;;)
            temporary_sweep_folder(NULL, folder);
    }
    struct pm_error error = {0};
    int failed = 0;
    for (int i = 0; i < RESULTS; i++)
        failed += write_hello(temp_path("out/%d", i), &error) != 0;
    kill(sweeper, SIGKILL);
    cr_assert_eq(failed, 0, "%s", error.message);
    temporary_sweep_folder(NULL, folder);
    cr_assert_eq(temp_count(folder), RESULTS);
}
