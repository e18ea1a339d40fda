#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"
#include "codec/codec.h"
#include "codec/part.h"
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
        "\"frames\": 1, \"loops\": 0, \"page\": 1, \"pages\": 1, \"extra_pictures\": 0, \"gain_map\": false, \"exif_bytes\": 0, \"xmp_bytes\": 0, "
        "\"iptc_bytes\": 0, \"icc_name\": null, \"cicp\": null, \"mastering_display\": false, \"content_light_level\": false, \"gamma\": null, "
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
    struct run info = RUN("info", "a.png", "text", "empty", "missing", "/dev/null", "z.png");
    expect(&info, 1, "pixmill: text: ");
    expect(&info, 1, "pixmill: empty: ");
    expect(&info, 1, "pixmill: missing: ");
    expect(&info, 1, "pixmill: /dev/null: ");
    cr_assert_not_null(strstr(info.out, "a.png: png"));
    cr_assert_not_null(strstr(info.out, "z.png: png"));
}

/* Named as in the log of a run; what is no image is left out, as of a folder. */
Test(info, shows_the_images_of_an_archive)
{
    size_t size;
    put_picture("in/a.png", 30, 20);
    put_picture("in/b.jpg", 40, 50);
    temp_text("in/notes", "no picture");
    cr_assert_eq(system("tar -cf x.tar in && tar -cf none.tar in/notes"), 0);
    struct run info = RUN("info", "x.tar");
    expect(&info, 0, "2 images, 1 other file left out");
    cr_expect_not_null(strstr(info.out, "x.tar/in/a.png: png 30x20, 8-bit, "), "%s", info.out);
    cr_expect_not_null(strstr(info.out, "x.tar/in/b.jpg: jpeg 40x50, 8-bit, "), "%s", info.out);
    struct run none = RUN("info", "none.tar");
    expect(&none, 2, "no supported image");
    char *archive = content_of("x.tar", &size);
    temp_write("cut.tar", archive, 700);
    struct run cut = RUN("info", "cut.tar");
    expect(&cut, 1, "pixmill: cut.tar: the archive is cut short");
    put_picture("really.png", 7, 8);
    cr_assert_eq(rename("really.png", "really.tar"), 0);
    struct run picture = RUN("info", "really.tar");
    expect(&picture, 0, "");
    cr_expect_not_null(strstr(picture.out, "really.tar: png 7x8, "), "%s", picture.out);
}

Test(info, needs_a_file)
{
    struct run info = RUN("info"), wrong = RUN("info", "--jsno", "a");
    expect(&info, 2, "pixmill: no input (name files, folders or URLs; -: a list on standard input)\n");
    expect(&wrong, 2, "pixmill: --jsno: unknown option (did you mean --json?)\n");
}

/* The names at the beginnings of the lines, each followed by a blank. */
static const char *names_of(const struct run *info)
{
    static char names[1024];
    size_t used = 0;
    names[0] = '\0';
    for (const char *line = info->out; *line != '\0'; line = strchr(line, '\n') + 1)
        used += (size_t)snprintf(names + used, sizeof names - used, "%.*s ", (int)strcspn(line, ":\n"), line);
    return names;
}

Test(info, walks_a_folder_as_run_does)
{
    put_picture("in/b.png", 3, 2);
    put_picture("in/a/c.jpg", 3, 2);
    put_picture("in/a/.hidden.png", 3, 2);
    put_picture("in/@eaDir/thumb.png", 3, 2);
    put_picture("z.png", 3, 2);
    temp_text("in/notes.txt", "no picture");
    temp_text("in/a/empty", "");
    cr_assert_eq(symlink("..", "in/a/up"), 0);
    struct run info = RUN("info", "in", "z.png"), all = RUN("info", "--hidden", "in"),
               some = RUN("info", "in/", "--exclude=*.jpg", "--include=*.png");
    expect(&info, 0, "pixmill: 3 images, 2 hidden, 2 other files left out\n");
    cr_expect_str_eq(names_of(&info), "in/a/c.jpg in/b.png z.png ");
    expect(&all, 0, "pixmill: 4 images, 2 other files left out\n");
    cr_expect_str_eq(names_of(&all), "in/@eaDir/thumb.png in/a/.hidden.png in/a/c.jpg in/b.png ");
    expect(&some, 0, "pixmill: 1 image, 2 hidden, 3 excluded left out\n");
    cr_expect_str_eq(names_of(&some), "in/b.png ");
}

Test(info, of_a_folder_is_an_object_a_line)
{
    put_picture("in/b.png", 3, 2);
    put_picture("in/a.png", 3, 2);
    struct run info = RUN("info", "--json", "in"), one = RUN("info", "--json", "in/a.png"),
               two = RUN("info", "--json", "in/b.png");
    char both[4096];
    snprintf(both, sizeof both, "%s%s", one.out, two.out);
    expect(&info, 0, "");
    cr_expect_str_eq(info.out, both);
    cr_expect_str_eq(info.err, "");
}

Test(info, reports_what_is_broken_in_a_folder)
{
    put_picture("in/a.png", 3, 2);
    put_picture("in/z.png", 3, 2);
    temp_write("in/broken.png", "\x89PNG\r\n\x1a\n", 8);
    cr_assert_eq(symlink("nowhere", "in/link.jpg"), 0);
    temp_text("in/text.jpg", "no picture");
    temp_write("in/old.jp2", "\0\0\0\fjP  \r\n\x87\n", 12);
    struct run info = RUN("info", "in"), strict = RUN("info", "in", "--strict");
    cr_expect_str_eq(names_of(&info), "in/a.png in/z.png ");
    expect(&info, 1, "pixmill: in/broken.png: ");
    expect(&info, 1, "pixmill: in/link.jpg: ");
    expect(&info, 1, "pixmill: in/text.jpg: warning: named as an image, but it is not an image (left out)\n");
    expect(&info, 1, "pixmill: 4 images, 1 JPEG 2000, 1 named as images left out\n");
    expect(&strict, 1, "pixmill: in/old.jp2: ");
    expect(&strict, 1, "pixmill: in/text.jpg: ");
    cr_expect_str_eq(names_of(&strict), "in/a.png in/z.png ");
}

Test(info, of_a_folder_that_may_not_be_read_goes_on)
{
    put_picture("in/a.png", 3, 2);
    put_picture("in/closed/b.png", 3, 2);
    cr_assert_eq(chmod("in/closed", 0), 0);
    struct run info = RUN_AS(&(struct start){.nobody = true}, "info", "in");
    cr_expect_eq(chmod("in/closed", 0700), 0);
    expect(&info, 1, "pixmill: in/closed: the folder is not readable (check its permissions)\n");
    cr_expect_str_eq(names_of(&info), "in/a.png ");
}

Test(info, of_nothing_is_exit_2)
{
    temp_text("in/.hidden", "");
    temp_text("text/notes", "no picture");
    struct run hidden = RUN("info", "in"), text = RUN("info", "text"),
               allowed = RUN("info", "--allow-empty", "in");
    expect(&hidden, 2, "pixmill: no supported image, 1 hidden left out; pixmill reads ");
    expect(&text, 2, "pixmill: no supported image, 1 other file left out; pixmill reads ");
    expect(&text, 2, "(--allow-empty accepts this)\n");
    expect(&allowed, 0, "");
    cr_expect_str_eq(allowed.out, "");
}

Test(info, reads_a_list)
{
    put_picture("a.png", 3, 2);
    put_picture("in/b.png", 3, 2);
    put_picture("new\nline.png", 3, 2);
    struct run lines = RUN_AS(&(struct start){.input = "a.png\r\n\nin/b.png\nmissing\nin\n"}, "info", "-");
    cr_expect_str_eq(names_of(&lines), "a.png in/b.png ");
    expect(&lines, 1, "pixmill: missing: ");
    expect(&lines, 1, "pixmill: in: is a folder (name it on the command line to process it)\n");
    static const char names[] = "new\nline.png\0in/b.png";
    struct run nul = RUN_AS((&(struct start){.input = names, .input_size = sizeof names}), "info", "-0", "-");
    expect(&nul, 0, "");
    cr_expect_str_eq(names_of(&nul), "new\\x0aline.png in/b.png ");
}

Test(info, reads_an_image_on_standard_input)
{
    size_t size;
    put_picture("a.png", 30, 20);
    char *bytes = content_of("a.png", &size);
    struct run info =
        RUN_AS((&(struct start){.input = bytes, .input_size = size}), "info", "--image", "-", "a.png");
    expect(&info, 0, "");
    cr_expect_str_eq(names_of(&info), "standard input a.png ");
    cr_expect_not_null(strstr(info.out, "standard input: png 30x20, 8-bit, "));
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

/* YCbCr that the decoder makes RGB of, and colours that are stated. */
Test(info, shows_what_an_avif_holds)
{
    struct pm_error error = {0};
    if (codec_part_find(codec_of_suffix("avif"), &error) != 0)
        cr_skip_test("%s", error.message);
    static const struct {
        const char *options[2], *expected, *json;
    } cases[] = {
        {{"--bitdepth=10", "--subsampling=422"},
         "10-bit, 3 channels (ycbcr), 4:2:2, orientation 1, colours sRGB, ",
         "\"color\": \"ycbcr\", \"alpha\": false, \"palette\": false, \"sampling\": \"4:2:2\""},
        {{"--bitdepth=8", "--subsampling=420"},
         "8-bit, 3 channels (ycbcr), 4:2:0, orientation 1, colours sRGB, ",
         "\"sampling\": \"4:2:0\""},
        {{"--bitdepth=12", "--lossless"},
         "12-bit, 3 channels (rgb), orientation 1, colours sRGB, ",
         "\"color\": \"rgb\", \"alpha\": false, \"palette\": false, \"sampling\": null"},
        {{"--bitdepth=10", "--gray"}, "10-bit, 1 channel (gray), orientation 1, colours sRGB, ", "\"gray\""},
    };
    put_picture("a.png", 32, 24);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct run run =
            RUN("run", "a.png", "-o", "out", "--format=avif", cases[i].options[0], cases[i].options[1]);
        expect(&run, 0, "");
        struct run info = RUN("info", "out/a.avif"), json = RUN("info", "--json", "out/a.avif");
        cr_expect_not_null(strstr(info.out, cases[i].expected), "%s", info.out);
        cr_expect_not_null(strstr(json.out, cases[i].json), "%s", json.out);
        cr_expect_not_null(strstr(json.out, "\"color_from\": \"srgb\"}"), "%s", json.out);
    }
}

Test(info, names_the_profile)
{
    static const char *const formats[] = {"jpeg", "png", "webp", "tiff", "avif", "gif"};
    static const struct {
        const char *suffix, *option;
    } kinds[] = {{"jpg", "--format=jpeg"}, {"png", "--format=png"},   {"webp", "--format=webp"},
                 {"tif", "--format=tiff"}, {"avif", "--format=avif"}, {"gif", "--format=gif"}};
    put_picture("a.png", 32, 24);
    struct run run = RUN("run", "a.png", "-o", "p3", "--format=jpeg", "--profile=p3");
    expect(&run, 0, "");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct pm_error error = {0};
        char path[32];
        if (codec_part_find(codec_of_suffix(formats[i]), &error) != 0)
            cr_skip_test("%s", error.message);
        run = RUN("run", "p3/a.jpg", "-o", "out", kinds[i].option, "--flip");
        expect(&run, 0, "");
        snprintf(path, sizeof path, "out/a.%s", kinds[i].suffix);
        struct run info = RUN("info", path), json = RUN("info", "--json", path);
        cr_expect_not_null(
            strstr(info.out, ", ICC profile of 456 bytes (Display P3), colours of the ICC profile"), "%s",
            info.out);
        cr_expect_not_null(strstr(json.out, "\"icc_name\": \"Display P3\", "), "%s", json.out);
    }
    struct run none = RUN("info", "a.png"), second = RUN("info", "--page=2", "a.png", "p3/a.jpg"),
               zero = RUN("info", "--page=0", "a.png");
    cr_expect_null(strstr(none.out, "ICC"), "%s", none.out);
    expect(&second, 1, "pixmill: a.png: has no page 2 (pixmill reads one of png)");
    expect(&second, 1, "pixmill: p3/a.jpg: has no page 2 (pixmill reads one of jpeg)");
    expect(&zero, 2, "--page=0");
}
