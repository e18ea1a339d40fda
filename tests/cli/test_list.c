/* Untrusted lists of paths: results are written below DIR or nowhere. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"
#include "temp.h"

/* Pictures above the working folder, next to it and in it; DIR is work/out. */
static void begin(void)
{
    run_begin();
    cr_assert_eq(mkdir("work", 0700), 0);
    cr_assert_eq(mkdir("work/sub", 0700), 0);
    put_picture("above.png", 10, 10);
    put_picture("work/a.png", 10, 10);
    put_picture("work/sub/b.png", 10, 10);
    cr_assert_eq(symlink("../above.png", "work/link.png"), 0);
    cr_assert_eq(chdir("work"), 0);
}

TestSuite(list, .init = begin);

/* Number of files in the test folder that are not below work/out: the three pictures and the link. */
static void expect_nothing_outside(int results)
{
    expect_files("out", results);
    expect_files("..", 4 + results);
}

Test(list, names_that_climb_land_in_dir)
{
    static const char *const lists[] = {"../above.png\n", "sub/../../above.png\n",
                                        "./sub/.././../above.png\n",
                                        "../../../../../../../../../../..%s/above.png\n", "link.png\n"};
    char here[4096], list[8192];
    cr_assert_not_null(getcwd(here, sizeof here));
    *strrchr(here, '/') = '\0';
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const char *place = strstr(lists[i], "%s");
        snprintf(list, sizeof list, "%.*s%s%s",
                 place != NULL ? (int)(place - lists[i]) : (int)strlen(lists[i]), lists[i],
                 place != NULL ? here : "", place != NULL ? place + 2 : "");
        struct run run = RUN_AS(&(struct start){.input = list}, "run", "-", "-o", "out");
        expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    }
    expect_nothing_outside(2); /* above.png and link.png */
}

Test(list, names_that_climb_above_base_are_refused)
{
    static const char *const lists[] = {"../above.png\n", "sub/../../above.png\n", "/etc/../above.png\n"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct run run = RUN_AS(&(struct start){.input = lists[i]}, "run", "-", "--base=.", "-o", "out",
                                "--skip-existing");
        cr_assert_neq(run.status, 0, "%s", lists[i]);
        expect_files("..", 4);
    }
    struct run run =
        RUN_AS(&(struct start){.input = "sub/../sub/./b.png\n"}, "run", "-", "--base=.", "-o", "out");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_picture("out/sub/b.png", "png", 10, 10);
    expect_nothing_outside(1);
}

Test(list, names_that_are_no_name_make_nothing)
{
    static const char *const lists[] = {"sub/missing/..\n", "missing/../..\n", "/..\n", "sub/b.png/..\n",
                                        "sub/b.png/\n"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct run run = RUN_AS(&(struct start){.input = lists[i]}, "run", "-", "-o", "out");
        cr_assert(run.status == 1 || run.status == 2, "%s: %d", lists[i], run.status);
        expect_files("..", 4);
    }
}
