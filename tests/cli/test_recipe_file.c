/* --recipe and --preset: options from a file. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cli/run.h"
#include "temp.h"

Test(recipe_file, is_the_same_as_its_options_on_the_command_line, .init = run_begin)
{
    put_picture("in/a.png", 90, 60);
    temp_text("r", "# a comment\n\n  resize=40x30!  \n--blur=1\r\nformat=jpeg\nquality=70\nwidths=10,20");
    struct run file = RUN("run", "in", "-o", "file", "--recipe=r", "--quality=60", "--flip");
    struct run line = RUN("run", "in", "-o", "line", "--resize=40x30!", "--blur=1", "--format=jpeg",
                          "--quality=70", "--widths=10,20", "--quality=60", "--flip");
    expect_summary(&file, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_summary(&line, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_files("file", 2);
    cr_expect(same_bytes("file/a-10w.jpg", "line/a-10w.jpg") &&
              same_bytes("file/a-20w.jpg", "line/a-20w.jpg"));
}

Test(recipe_file, wrong_lines_are_reported_with_their_number, .init = run_begin)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"flip\nresiz=40x\n",
         "pixmill: --recipe=r, line 2: resiz=40x: unknown option (did you mean --resize?)"},
        {"resize=40y", "--recipe=r, line 1: resize=40y: "},
        {"resize", "--recipe=r, line 1: resize: needs an argument"},
        {"flip=3", "--recipe=r, line 1: flip=3: takes no argument"},
        {"recipe=r", "--recipe=r, line 1: recipe=r: a recipe file can't name another"},
        {"preset=web", "can't name another"},
        {"photo.jpg", "--recipe=r, line 1: photo.jpg: unknown option"},
        {"flip\nresize=40x30/blur=1",
         "--recipe=r, line 2: resize=40x30/blur=1: in a file, each step has a line of its own, without '/' (put "
         "blur=1 on the next line)"},
        {"flip/flop",
         "line 1: flip/flop: in a file, each step has a line of its own, without '/' (put flop on "},
        {"quality=75/80", "line 1: quality=75/80: quality '75/80' is not a whole number"},
    };
    put_picture("in/a.png", 9, 6);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        temp_text("r", cases[i].text);
        struct run run = RUN("run", "in", "-o", "out", "--recipe=r");
        expect(&run, 2, cases[i].words);
    }
    temp_write("r", "flip\0flop", 9);
    struct run run = RUN("run", "in", "-o", "out", "--recipe=r");
    expect(&run, 2, "is not a recipe");
    run = RUN("run", "in", "-o", "out", "--recipe=missing");
    expect(&run, 2, "--recipe=missing: no such file (check the name)\n");
    run = RUN("run", "in", "-o", "out", "--recipe=web");
    expect(&run, 2, "--recipe=web: no such file (the recipe that comes with pixmill is --preset=web)\n");
    run = RUN("run", "in", "-o", "out", "--preset=large");
    expect(&run, 2, "is not known (one of: web, thumbnail, archive)");
}

Test(recipe_file, every_preset_works, .init = run_begin)
{
    put_picture("in/a.png", 500, 400);
    struct run run = RUN("run", "in", "-o", "web", "--preset=web");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_files("web", 9);
    expect_picture("web/a-400w.avif", "avif", 400, 320);
    run = RUN("run", "in", "-o", "thumbnail", "--preset", "thumbnail");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_picture("thumbnail/a.jpg", "jpeg", 300, 300);
    run = RUN("run", "in", "-o", "archive", "--preset=archive");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_picture("archive/a.png", "png", 500, 400);
}
