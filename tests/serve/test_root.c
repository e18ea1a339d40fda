/* Only files below the root are opened: each attack is tried both with the kernel's check and with pixmill's
 * own. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forbid.h"
#include "serve/root.h"
#include "temp.h"

static int root;

static void begin(void)
{
    struct pm_error error = {0};
    cr_assert_eq(chdir(temp_folder()), 0);
    temp_text("secret", "not to be served");
    temp_text("root/one", "served");
    temp_text("root/below/two", "served");
    temp_text("root-beside/three", "not to be served");
    cr_assert_eq(symlink("one", "root/inside"), 0);
    cr_assert_eq(symlink("below/two", "root/inside-below"), 0);
    cr_assert_eq(symlink("../one", "root/below/up-inside"), 0);
    cr_assert_eq(symlink("../secret", "root/outside"), 0);
    cr_assert_eq(symlink("../../secret", "root/below/outside"), 0);
    cr_assert_eq(symlink("../root-beside", "root/beside"), 0);
    cr_assert_eq(symlink("/etc/passwd", "root/absolute"), 0);
    cr_assert_eq(symlink(temp_path("root/one"), "root/absolute-inside"), 0);
    cr_assert_eq(symlink("loop", "root/loop"), 0);
    cr_assert_eq(symlink("/proc/self/fd/0", "root/magic"), 0);
    cr_assert_eq(symlink("missing", "root/dangling"), 0);
    cr_assert_eq(mkfifo("root/pipe", 0644), 0);
    root = root_open("root", &error);
    cr_assert_geq(root, 0, "%s", error.message);
}

TestSuite(root, .init = begin);

static void expect_served(const char *path)
{
    struct stat status;
    struct pm_error error = {0};
    char text[16] = "";
    int fd = root_file(root, path, &status, &error);
    cr_assert_geq(fd, 0, "%s: %s", path, error.message);
    cr_assert_eq(read(fd, text, sizeof text), 6);
    cr_assert_str_eq(text, "served");
    cr_assert_eq(status.st_size, 6);
    close(fd);
}

static void expect_refused(const char *path, int status)
{
    struct stat ignored;
    struct pm_error error = {0};
    int fd = root_file(root, path, &ignored, &error);
    cr_assert_eq(fd, -status, "%s gives %d", path, fd);
    cr_assert_neq(error.message[0], '\0');
}

Test(root, files_and_links_inside)
{
    expect_served("one");
    expect_served("below/two");
    expect_served("inside");
    expect_served("inside-below");
    expect_served("below/up-inside");
}

/* Without waiting, only files in the page cache are opened, and none on another file system. */
Test(root, files_in_memory)
{
    static const char *const refused[] = {"missing", "outside",     "below/outside", "absolute",
                                          "magic",   "../secret",   "loop",          "dangling",
                                          "/one",    "beside/three"};
    struct pm_error error = {0};
    expect_served("below/two"); /* now it is in the page cache */
    int fd = root_open_cached(root, "below/two", 0);
    if (fd < 0 && errno != EAGAIN && errno != EXDEV)
        cr_skip_test("this kernel opens no file without waiting");
    cr_assert_geq(fd, 0, "%s", strerror(errno));
    char text[16] = "";
    cr_assert_eq(read(fd, text, sizeof text), 6);
    cr_assert_str_eq(text, "served");
    close(fd);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        cr_assert_lt(root_open_cached(root, refused[i], 0), 0, "%s", refused[i]);
    cr_assert_lt(root_open_cached(root, "inside", O_NOFOLLOW), 0);
    struct stat outer, inner;
    const int top = root_open("/", &error);
    cr_assert(stat("/", &outer) == 0 && stat("/dev/null", &inner) == 0);
    if (outer.st_dev != inner.st_dev)
        cr_assert_lt(root_open_cached(top, "dev/null", 0), 0, "it is on another file system");
    close(top);
}

Test(root, links_that_lead_out)
{
    expect_refused("outside", 403);
    expect_refused("below/outside", 403);
    expect_refused("beside/three", 403);
    expect_refused("absolute", 403);
    expect_refused("absolute-inside", 403);
    expect_refused("loop", 403);
    expect_refused("magic", 403);
}

/* The parser refuses all of these; this is a second line of defence. */
Test(root, paths_that_lead_out)
{
    expect_refused("../secret", 403);
    expect_refused("below/../../secret", 403);
    expect_refused("/etc/passwd", 403);
}

Test(root, no_such_file)
{
    expect_refused("missing", 404);
    expect_refused("one/below", 404);
    expect_refused("dangling", 404);
    char name[300];
    memset(name, 'a', sizeof name);
    name[sizeof name - 1] = '\0';
    expect_refused(name, 404);
}

Test(root, no_regular_file, .timeout = 120)
{
    expect_refused("below", 404);
    expect_refused("pipe", 403);
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "root/socket"};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    expect_refused("socket", 403);
    close(fd);
}

Test(root, unreadable_file)
{
    cr_assert_eq(chmod("root/one", 0), 0);
    temp_drop_root();
    expect_refused("one", 403);
}

Test(root, a_missing_root)
{
    struct pm_error error = {0};
    cr_assert_eq(root_open("nowhere", &error), -1);
    cr_assert_not_null(strstr(error.message, "No such file"), "%s", error.message);
    error = (struct pm_error){0};
    cr_assert_eq(root_open("secret", &error), -1);
}

static void expect_walked(const char *path)
{
    char text[16] = "";
    int fd = root_walk(root, path);
    cr_assert_geq(fd, 0, "%s: %s", path, strerror(errno));
    cr_assert_eq(read(fd, text, sizeof text), 6);
    cr_assert_str_eq(text, "served");
    close(fd);
}

static void expect_not_walked(const char *path, int why)
{
    cr_assert_eq(root_walk(root, path), -1, "%s was opened", path);
    cr_assert_eq(errno, why, "%s: %s", path, strerror(errno));
}

Test(root, without_openat2_no_link_is_followed)
{
    static const char *const links[] = {"inside", "outside", "below/outside", "absolute", "loop", "magic"};
    expect_walked("one");
    expect_walked("below/two");
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        expect_not_walked(links[i], ELOOP);
    expect_not_walked("beside/three", ENOTDIR);
    expect_not_walked("../secret", EXDEV);
    expect_not_walked("below/../../secret", EXDEV);
    expect_not_walked("missing/one", ENOENT);
    expect_not_walked("one/below", ENOTDIR);
}

/* A status left in the caller's structure must not be used. */
/* Runs in its own process, because this one could not remove its files afterwards. */
Test(root, a_file_whose_status_can_t_be_read)
{
    pid_t child = fork();
    if (child == 0) {
        struct stat status = {.st_mode = S_IFDIR};
        struct pm_error error = {0};
        if (forbid_call(SCMP_SYS(newfstatat), EIO, (struct scmp_arg_cmp){.op = SCMP_CMP_GE}) != 0 ||
            forbid_call(SCMP_SYS(fstat), EIO, (struct scmp_arg_cmp){.op = SCMP_CMP_GE}) != 0 ||
            forbid_call(SCMP_SYS(statx), EIO, (struct scmp_arg_cmp){.op = SCMP_CMP_GE}) != 0)
            _exit(2);
        bool refused = root_file(root, "one", &status, &error) == -403 &&
                       strcmp(error.message, "the file can't be opened") == 0;
        _exit(refused ? 0 : 1);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
}
