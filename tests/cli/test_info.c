#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/run.h"
#include "temp.h"

TestSuite(info, .init = run_begin);

Test(info, prints_a_line_a_file)
{
    put_picture("a.png", 30, 20);
    put_picture_of("b.png", 5, 6, PM_COLOR_GRAY, true, 16);
    put_picture("c.jpg", 40, 50);
    struct run info = RUN("info", "a.png", "b.png", "c.jpg");
    expect(&info, 0, "");
    cr_assert_eq(strncmp(info.out, "a.png: png 30x20, 8-bit, 3 channels (rgb), orientation 1, ", 58), 0, "%s",
                 info.out);
    cr_assert_not_null(
        strstr(info.out, "\nb.png: png 5x6, 16-bit, 2 channels (gray + alpha), orientation 1, "), "%s",
        info.out);
    cr_assert_not_null(
        strstr(info.out, "\nc.jpg: jpeg 40x50, 8-bit, 3 channels (ycbcr), 4:4:4, orientation 1, "), "%s",
        info.out);
}

Test(info, json_is_an_object_a_line)
{
    put_picture("odd \xff\n.png", 3, 2);
    struct run info = RUN("info", "--json", "odd \xff\n.png");
    struct stat status;
    char expected[1024];
    expect(&info, 0, "");
    cr_assert_eq(stat("odd \xff\n.png", &status), 0);
    snprintf(
        expected, sizeof expected,
        "{\"file\": \"odd \\udcff\\u000a.png\", \"format\": \"png\", \"bytes\": %ld, \"width\": 3, "
        "\"height\": 2, \"depth\": 8, \"channels\": 3, \"color\": \"rgb\", \"alpha\": false, \"palette\": false, \"sampling\": "
        "null, \"interlaced\": false, \"orientation\": 1, \"icc_bytes\": 0, \"encrypted\": false, "
        "\"frames\": 1, \"loops\": 0, \"pages\": 1, \"extra_pictures\": 0, \"gain_map\": false, \"exif_bytes\": 0, \"xmp_bytes\": 0, "
        "\"iptc_bytes\": 0, \"cicp\": null, \"mastering_display\": false, \"content_light_level\": false, \"gamma\": null, "
        "\"chromaticities\": false, \"color_from\": \"assumed\"}\n",
        (long)status.st_size);
    cr_assert_str_eq(info.out, expected);
}

Test(info, a_bad_file_does_not_hide_the_others)
{
    put_picture("a.png", 30, 20);
    put_picture("z.png", 30, 20);
    temp_text("text", "no picture");
    temp_text("empty", "");
    struct run info = RUN("info", "a.png", "text", "empty", "missing", "/", "z.png");
    expect(&info, 1, "pixmill: text: ");
    expect(&info, 1, "pixmill: empty: ");
    expect(&info, 1, "pixmill: missing: ");
    expect(&info, 1, "pixmill: /: ");
    cr_assert_not_null(strstr(info.out, "a.png: png"));
    cr_assert_not_null(strstr(info.out, "z.png: png"));
}

Test(info, needs_a_file)
{
    struct run info = RUN("info"), wrong = RUN("info", "--jsno", "a");
    expect(&info, 2, "pixmill: no input (name one or more files)\n");
    expect(&wrong, 2, "pixmill: --jsno: unknown option (did you mean --json?)\n");
}

/* Copies a file from the command's folder to the test's; `doctored`: with another version in it. */
static void copy_part(const char *name, bool doctored)
{
    char path[PATH_MAX];
    size_t size, length = strlen(PIXMILL_VERSION);
    const char *command = getenv("PIXMILL");
    snprintf(path, sizeof path, "%.*s%s", (int)(strrchr(command, '/') + 1 - command), command, name);
    char *bytes = content_of(path, &size), *end = bytes + size, *at = bytes;
    while (doctored && (at = memmem(at, (size_t)(end - at), PIXMILL_VERSION, length)) != NULL)
        *at = 'x';
    const char *copy = temp_write(name, bytes, size);
    cr_assert_eq(chmod(copy, 0755), 0);
}

Test(info, the_part_for_urls_is_of_another_version)
{
    static const char refusal[] =
        "pixmill: http://a/1: pixmill-net.so is of another version (reinstall both)\n"
        "pixmill: http://a/2: pixmill-net.so is of another version (reinstall both)\n";
    put_picture("a.png", 30, 20);
    copy_part("pixmill", false);
    copy_part("pixmill-net.so", true);
    cr_assert_eq(setenv("PIXMILL", temp_path("pixmill"), 1), 0);
    struct run info = RUN("info", "http://a/1", "http://a/2", "a.png");
    expect(&info, 1, refusal);
    cr_assert_not_null(strstr(info.out, "a.png: png"));
    struct run run = RUN("run", "http://a/1", "-o", "out");
    expect(&run, 2, "pixmill: pixmill-net.so is of another version (reinstall both)\n");
}
