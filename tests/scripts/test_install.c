/* `make install` and `make uninstall` with a DESTDIR: what the one makes, the other removes. */
#include <criterion/criterion.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "temp.h"

static void begin(void)
{
    if (access("Makefile", R_OK) != 0)
        cr_skip_test("not started in the project's folder");
}

TestSuite(install, .init = begin);

static void expect_shell(const char *command)
{
    const int status = system(command);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", command);
}

/* A build folder with the programs that the tests have, so that make has nothing to build. */
static void make_build(void)
{
    char command[3 * PATH_MAX], program[PATH_MAX];
    const char *path = getenv("PIXMILL");
    cr_assert_not_null(path, "PIXMILL names no command (make unit sets it)");
    snprintf(program, sizeof program, "%s", path);
    snprintf(command, sizeof command,
             "mkdir -p '%1$s/build/share' '%1$s/root' && "
             "ln -s '%2$s'/pixmill '%2$s'/pixmill-* '%2$s'/libpixmill.so '%1$s/build/' && "
             "ln -s '%2$s'/libpixmill.a '%1$s/build/share/'",
             temp_folder(), dirname(program));
    expect_shell(command);
}

static void make(const char *goal)
{
    char command[8 * PATH_MAX];
    snprintf(command, sizeof command,
             "env -u MAKEFLAGS make -s -o all -o '%1$s/build/pixmill' -o '%1$s/build/share/libpixmill.a' "
             "BUILD='%1$s/build' DESTDIR='%1$s/root' PREFIX=/usr %2$s >'%1$s/output' 2>&1 || "
             "{ cat '%1$s/output'; exit 1; }",
             temp_folder(), goal);
    expect_shell(command);
}

/* The files and folders below the root, one a line. */
static char *listed(void)
{
    char command[4 * PATH_MAX];
    snprintf(command, sizeof command, "cd '%1$s/root' && find . -mindepth 1 | sort >'%1$s/list'",
             temp_folder());
    expect_shell(command);
    return temp_read(temp_path("list"), NULL);
}

Test(install, is_undone_by_uninstall)
{
    static const char *const installed[] = {
        "/usr/bin/pixmill",
        "/usr/libexec/pixmill/pixmill-serve",
        "/usr/lib/libpixmill.so",
        "/usr/lib/pkgconfig/pixmill.pc",
        "/usr/include/pixmill/transform.h",
        "/usr/share/man/man1/pixmill.1",
        "/usr/share/pixmill/recipes/web.recipe",
        "/usr/share/bash-completion/completions/pixmill",
        "/usr/share/zsh/site-functions/_pixmill",
        "/usr/share/fish/vendor_completions.d/pixmill.fish",
    };
    make_build();
    make("install");
    char *list = listed();
    for (size_t i = 0; i < sizeof installed / sizeof *installed; i++)
        cr_expect_not_null(strstr(list, installed[i]), "%s is missing in %s", installed[i], list);
    free(list);
    make("uninstall");
    list = listed();
    cr_expect(strcmp(list, "") == 0 || strcmp(list, "./usr\n") == 0, "left: %s", list);
    free(list);
}

Test(install, leaves_the_files_of_others_when_undone)
{
    static const char *const others[] = {
        "root/usr/bin/other",         "root/usr/lib/libother.so",    "root/usr/lib/pkgconfig/other.pc",
        "root/usr/include/other/a.h", "root/usr/share/man/man1/o.1", "root/usr/share/zsh/site-functions/_o",
        "root/usr/libexec/other/run", "root/usr/share/other/recipe", "root/usr/share/fish/config.fish",
    };
    make_build();
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        temp_text(others[i], "");
    char *before = listed();
    make("install");
    make("uninstall");
    char *after = listed();
    cr_expect_str_eq(after, before);
    free(before);
    free(after);
}

Test(install, can_be_undone_where_nothing_is)
{
    make_build();
    make("uninstall");
    char *list = listed();
    cr_expect_str_eq(list, "");
    free(list);
}
