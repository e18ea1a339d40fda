/* PNG files with more in them than one picture, or less, by the real command. */
#include <criterion/criterion.h>
#include <string.h>

#include "cli/run.h"
#include "codec/png/pngs.h"
#include "temp.h"

static const struct png_header header = {.width = 2, .height = 2, .depth = 8, .color_type = PNG_RGB};
static const uint8_t pixels[] = {0, 1, 2, 3, 4, 5, 6, 0, 7, 8, 9, 10, 11, 12};

static void put(const char *name, struct buffer *file)
{
    temp_write(name, file->data, file->size);
    buffer_free(file);
}

static void put_animation(const char *name)
{
    struct buffer file = {0};
    made_begin(&file, &header);
    made_chunk(&file, "acTL", "\0\0\0\2\0\0\0\0", 8);
    made_chunk(&file, "fcTL", "\0\0\0\0\0\0\0\2\0\0\0\2\0\0\0\0\0\0\0\0\0\1\0\12\0\0", 26);
    made_pixels(&file, pixels, sizeof pixels, 1000);
    made_chunk(&file, "fcTL", "\0\0\0\1\0\0\0\2\0\0\0\2\0\0\0\0\0\0\0\0\0\1\0\12\0\0", 26);
    made_chunk(&file, "fdAT", "\0\0\0\2xyz", 7);
    made_chunk(&file, "IEND", "", 0);
    put(name, &file);
}

Test(png_parts, an_animation_is_reported_and_not_encrypted)
{
    run_begin();
    put_animation("two.png");
    temp_text("key", "0123456789abcdef0123456789abcdef");
    struct run run = RUN("info", "two.png");
    cr_assert_not_null(strstr(run.out, ", 2 frames in an endless loop,"), "%s", run.out);
    run = RUN("run", "two.png", "-o", "out", "--flip", "--format=jpeg");
    expect(&run, 0, "pixmill: two.png: warning: only the first of 2 frames is in the result (its format has no animations)\n");
    run = RUN("run", "two.png", "-o", "safe", "--encrypt", "--key-file=key");
    expect(&run, 1, "two.png: is an animation of 2 pictures, of which an encrypted image holds only one");
    expect_files("safe", 0);
}

Test(png_parts, a_file_without_its_end_is_whole)
{
    struct buffer file = {0};
    run_begin();
    made_begin(&file, &header);
    made_pixels(&file, pixels, sizeof pixels, 1000);
    put("endless.png", &file);
    struct run run = RUN("run", "endless.png", "-o", "out", "--allow-truncated");
    expect(&run, 0, "endless.png: warning: has no end chunk (IEND), but all of its pixels\n");
    cr_assert_null(strstr(run.err, "grey"), "%s", run.err);
    expect_picture("out/endless.png", "png", 2, 2);
}

Test(png_parts, colours_are_shown_and_kept)
{
    struct buffer file = {0};
    run_begin();
    made_begin(&file, &header);
    made_chunk(&file, "cICP", "\14\15\0\1", 4);
    made_pixels(&file, pixels, sizeof pixels, 1000);
    made_chunk(&file, "IEND", "", 0);
    put("p3.png", &file);
    struct run run = RUN("run", "p3.png", "-o", "out", "--flip");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    run = RUN("info", "out/p3.png");
    cr_assert_not_null(strstr(run.out, ", cICP 12/13/0/1,"), "%s", run.out);
    run = RUN("run", "p3.png", "-o", "out", "--format=jpeg");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    run = RUN("info", "out/p3.jpg");
    cr_assert_not_null(strstr(run.out, ", ICC profile of "), "%s", run.out);
}
