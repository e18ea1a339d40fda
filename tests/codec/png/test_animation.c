/* Animations (APNG), read frame by frame; each frame is compared with a plain drawing of it. */
#include <criterion/criterion.h>
#include <string.h>

#include "codec/png/png.h"
#include "codec/png/pngs.h"
#include "codec/png/writer.h"
#include "codec/reader.h"
#include "pictures.h"

enum { WIDTH = 5, HEIGHT = 4, FRAMES_MAX = 8, CLEAR = 1, RESTORE = 2, OVER = 1 };

/* A frame of one colour. */
struct drawn {
    uint32_t x, y, width, height;
    uint8_t color[4];
    int disposal, blend;
};

struct reel {
    unsigned frames;
    struct drawn drawn[FRAMES_MAX];
    bool apart;
    unsigned depth;
    uint32_t announced; /* 0: as many as there are */
};

static const struct reel every_way = {
    .frames = 8,
    .depth = 8,
    .drawn = {{0, 0, WIDTH, HEIGHT, {10, 20, 30, 255}, 0, 0},
              {1, 1, 3, 2, {200, 100, 50, 128}, 0, OVER},
              {0, 0, 2, 2, {1, 2, 3, 0}, 0, 0},
              {2, 1, 3, 3, {90, 80, 70, 77}, RESTORE, OVER},
              {0, 2, 5, 2, {255, 255, 0, 255}, CLEAR, 0},
              {1, 0, 4, 4, {0, 255, 255, 1}, 0, OVER},
              {3, 3, 2, 1, {9, 9, 9, 254}, RESTORE, 0},
              {0, 0, 1, 1, {77, 66, 55, 200}, 0, OVER}},
};

static void put_control(uint8_t *data, const struct drawn *drawn, uint32_t sequence, unsigned index)
{
    const struct png_frame frame = {.width = drawn->width,
                                    .height = drawn->height,
                                    .x = drawn->x,
                                    .y = drawn->y,
                                    .ticks = (uint16_t)(index + 1),
                                    .per_second = (uint16_t)(index % 2 == 0 ? 0 : 7),
                                    .disposal = (uint8_t)drawn->disposal,
                                    .blend = (uint8_t)drawn->blend};
    png_frame_store(&frame, sequence, data);
}

/* The frame's pixels as a zlib stream, taken from a file of their own. */
static struct buffer stream_of(const struct reel *reel, const struct drawn *drawn)
{
    const struct png_header header = {
        .width = drawn->width, .height = drawn->height, .depth = (uint8_t)reel->depth, .color_type = 6};
    struct lent lent;
    struct buffer file = {0}, stream = {0};
    lent_init(&lent);
    struct pm_image image = picture(&lent, header.width, header.height, PM_COLOR_RGB, true, reel->depth);
    for (uint32_t y = 0; y < header.height; y++) {
        for (uint32_t x = 0; x < header.width * 4; x++) {
            uint8_t *at = plane_row(&image.plane[0], y) + (size_t)x * reel->depth / 8;
            const uint16_t wide = (uint16_t)(drawn->color[x % 4] * 257);
            memcpy(at, reel->depth == 8 ? (const void *)&drawn->color[x % 4] : (const void *)&wide,
                   reel->depth / 8);
        }
    }
    cr_assert_eq(png_pixels_append(&image, NULL, &file, &lent.context), 0);
    const uint8_t *idat = memmem(file.data, file.size, "IDAT", 4);
    cr_assert_eq(buffer_append(&stream, idat + 4, png_get_be32(idat - 4)), 0);
    buffer_free(&file);
    lent_free(&lent);
    return stream;
}

/* In fdATs of at most 5 bytes. */
static void put_data(struct buffer *file, const struct buffer *stream, uint32_t *sequence)
{
    enum { PIECE = 5 };
    for (size_t at = 0; at < stream->size; at += PIECE) {
        uint8_t data[4 + PIECE];
        const size_t part = stream->size - at < PIECE ? stream->size - at : PIECE;
        png_put_be32(data, (*sequence)++);
        memcpy(data + 4, stream->data + at, part);
        made_chunk(file, "fdAT", data, 4 + part);
    }
}

static struct buffer file_of(const struct reel *reel)
{
    const struct png_header header = {
        .width = WIDTH, .height = HEIGHT, .depth = (uint8_t)reel->depth, .color_type = 6};
    static const struct drawn still = {0, 0, WIDTH, HEIGHT, {1, 1, 1, 1}, 0, 0};
    struct buffer file = {0};
    uint8_t control[26];
    uint32_t sequence = 0;
    made_begin(&file, &header);
    png_put_be32(control, reel->announced > 0 ? reel->announced : reel->frames);
    png_put_be32(control + 4, 3);
    made_chunk(&file, "acTL", control, 8);
    if (reel->apart) {
        struct buffer stream = stream_of(reel, &still);
        made_chunk(&file, "IDAT", stream.data, stream.size);
        buffer_free(&stream);
    }
    for (unsigned i = 0; i < reel->frames; i++) {
        struct buffer stream = stream_of(reel, &reel->drawn[i]);
        put_control(control, &reel->drawn[i], sequence++, i);
        made_chunk(&file, "fcTL", control, 26);
        made_chunk(&file, "tEXt", "Title\0between", 13);
        if (i == 0 && !reel->apart)
            made_chunk(&file, "IDAT", stream.data, stream.size);
        else
            put_data(&file, &stream, &sequence);
        buffer_free(&stream);
    }
    made_chunk(&file, "IEND", "", 0);
    return file;
}

/* --- a plain drawing --- */

static void draw_plainly(const struct drawn *drawn, double canvas[HEIGHT][WIDTH][4])
{
    for (uint32_t y = drawn->y; y < drawn->y + drawn->height; y++) {
        for (uint32_t x = drawn->x; x < drawn->x + drawn->width; x++) {
            const double above = drawn->color[3] / 255.0, below = canvas[y][x][3] / 255,
                         both = above + below * (1 - above);
            const bool replaces = drawn->blend != OVER || below == 0;
            for (int c = 0; c < 3 && (replaces || above > 0); c++)
                canvas[y][x][c] =
                    replaces ? drawn->color[c]
                             : (drawn->color[c] * above + canvas[y][x][c] * below * (1 - above)) / both;
            canvas[y][x][3] = replaces ? drawn->color[3] : 255 * both;
            for (int c = 0; c < 4; c++) /* a canvas has whole numbers */
                canvas[y][x][c] = (double)(unsigned)(canvas[y][x][c] + 0.5);
        }
    }
}

static void dispose_plainly(const struct drawn *drawn, bool first, double saved[HEIGHT][WIDTH][4],
                            double canvas[HEIGHT][WIDTH][4])
{
    for (uint32_t y = drawn->y; drawn->disposal != 0 && y < drawn->y + drawn->height; y++) {
        for (uint32_t x = drawn->x; x < drawn->x + drawn->width; x++) {
            for (int c = 0; c < 4; c++)
                canvas[y][x][c] = drawn->disposal == RESTORE && !first ? saved[y][x][c] : 0;
        }
    }
}

static void expect_canvas(const struct pm_image *image, double canvas[HEIGHT][WIDTH][4], unsigned number)
{
    const unsigned depth = image->format.depth;
    cr_assert_eq(image->plane[0].channels, 4);
    for (uint32_t i = 0; i < WIDTH * HEIGHT * 4; i++) {
        const uint32_t y = i / 4 / WIDTH, x = i / 4 % WIDTH;
        const uint8_t *row = plane_row(&image->plane[0], y);
        const double found =
            depth == 8 ? row[x * 4 + i % 4] : ((const uint16_t *)(const void *)row)[x * 4 + i % 4] / 257.0;
        const double error = found - canvas[y][x][i % 4];
        if (canvas[y][x][3] > 0)
            cr_assert(error <= 1 && error >= -1, "frame %u, (%u, %u), %u: %g, not %g", number, x, y, i % 4,
                      found, canvas[y][x][i % 4]);
    }
}

static void expect_reel(const struct reel *reel)
{
    double canvas[HEIGHT][WIDTH][4] = {0}, saved[HEIGHT][WIDTH][4];
    struct lent lent;
    struct buffer file = file_of(reel);
    lent_init(&lent);
    struct reader *reader = png_open_animation(&lent, &file, false);
    cr_assert_not_null(reader, "%s", lent.error.message);
    cr_expect_eq(reader->info.frames, reel->frames);
    cr_expect_eq(reader->info.loops, 3);
    for (unsigned i = 0; i < reel->frames; i++) {
        struct frame frame;
        cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
        if (i > 0)
            dispose_plainly(&reel->drawn[i - 1], i == 1, saved, canvas);
        memcpy(saved, canvas, sizeof saved);
        draw_plainly(&reel->drawn[i], canvas);
        expect_canvas(&frame.image, canvas, i + 1);
        cr_expect_eq(frame.time.ticks, i + 1);
        cr_expect_eq(frame.time.per_second, i % 2 == 0 ? 100u : 7u, "a denominator of 0 means 100");
        cr_expect_eq(frame.image.meta.ntexts, reel->frames);
    }
    reader_close(reader);
    lent_free(&lent);
    buffer_free(&file);
}

Test(png_animation, every_way_to_draw_and_dispose)
{
    expect_reel(&every_way);
}

Test(png_animation, of_16_bits)
{
    struct reel wide = every_way;
    wide.depth = 16;
    expect_reel(&wide);
}

Test(png_animation, a_first_frame_that_clears_or_restores)
{
    for (int disposal = CLEAR; disposal <= RESTORE; disposal++) {
        struct reel reel = every_way;
        reel.drawn[0].disposal = disposal;
        reel.frames = 3;
        expect_reel(&reel);
    }
}

Test(png_animation, a_still_picture_that_is_no_frame)
{
    struct reel reel = every_way;
    reel.apart = true;
    reel.drawn[0] = (struct drawn){1, 1, 2, 2, {10, 20, 30, 255}, 0, OVER};
    expect_reel(&reel);
    struct lent lent;
    struct warnings warnings;
    struct pm_image image;
    struct buffer file = file_of(&reel);
    lent_init(&lent);
    collect_warnings(&lent, &warnings);
    cr_assert_eq(
        reader_decode(&codec_png, file.data, file.size, &(struct decode_request){0}, &image, &lent.context),
        0);
    cr_expect_eq(image.plane[0].data[0], 1);
    cr_expect_not_null(strstr(warnings.text, "8 frames of an animation are left out"), "%s", warnings.text);
    struct reader *reader = png_open_animation(&lent, &file, false);
    cr_expect_not_null(strstr(warnings.text, "the picture for programs that show no animation is left out"),
                       "%s", warnings.text);
    reader_close(reader);
    lent_free(&lent);
    buffer_free(&file);
}

/* Without alpha in the file, a canvas that may be transparent has it. */
Test(png_animation, grey_frames_on_a_canvas_that_is_cleared)
{
    static const struct png_header header = {.width = 2, .height = 1, .depth = 8};
    struct lent lent;
    struct frame frame;
    struct buffer file = {0};
    uint8_t control[26];
    lent_init(&lent);
    made_begin(&file, &header);
    made_chunk(&file, "acTL", "\0\0\0\2\0\0\0\0", 8);
    put_control(control, &(struct drawn){0, 0, 2, 1, {0}, CLEAR, 0}, 0, 0);
    made_chunk(&file, "fcTL", control, 26);
    made_pixels(&file, (const uint8_t[]){0, 50, 60}, 3, 1000);
    put_control(control, &(struct drawn){1, 0, 1, 1, {0}, 0, OVER}, 1, 0);
    made_chunk(&file, "fcTL", control, 26);
    struct buffer other = {0};
    made_pixels(&other, (const uint8_t[]){0, 70}, 2, 1000);
    uint32_t sequence = 2;
    const struct buffer stream = {.data = other.data + 8, .size = png_get_be32(other.data)};
    put_data(&file, &stream, &sequence);
    made_chunk(&file, "IEND", "", 0);
    struct reader *reader = png_open_animation(&lent, &file, false);
    cr_assert_not_null(reader, "%s", lent.error.message);
    cr_assert_eq(reader->info.pixels.alpha, PM_ALPHA_STRAIGHT);
    cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
    cr_expect_arr_eq(frame.image.plane[0].data, ((const uint8_t[]){50, 255, 60, 255}), 4);
    cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
    cr_expect_arr_eq(frame.image.plane[0].data + 1, ((const uint8_t[]){0, 70, 255}), 3);
    reader_close(reader);
    buffer_free(&file);
    buffer_free(&other);
    lent_free(&lent);
}

/* --- faults --- */

static void expect_fault(const struct buffer *file, enum pm_error_kind kind, const char *what)
{
    struct lent lent;
    lent_init(&lent);
    cr_assert_null(png_open_animation(&lent, file, false), "%s", what);
    cr_expect_eq(lent.error.kind, kind, "%s", lent.error.message);
    cr_expect_not_null(strstr(lent.error.message, what), "%s", lent.error.message);
    lent_free(&lent);
}

/* Changes the numth fcTL, and corrects its checksum. */
static struct buffer spoiled(unsigned number, size_t at, uint8_t value)
{
    struct buffer file = file_of(&every_way);
    uint8_t *control = file.data;
    for (unsigned i = 0; i < number; i++)
        control = (uint8_t *)memmem(control, file.size - (size_t)(control - file.data), "fcTL", 4) + 4;
    control[at] = value;
    fix_checksums(file.data, file.size);
    return file;
}

Test(png_animation, what_breaks_the_rules_is_refused_with_the_reason)
{
    static const struct {
        unsigned number;
        size_t at;
        uint8_t value;
        const char *what;
    } faults[] = {{3, 3, 99, "out of order (number 99 where "},
                  {3, 15, 4, "reaches beyond its canvas (frame 3: 2x2 at 4,0)"},
                  {3, 12, 255, "reaches beyond its canvas"},
                  {3, 7, 0, "has a frame without pixels (frame 3: 0x2)"},
                  {3, 24, 3, "unknown way to draw"},
                  {3, 25, 2, "unknown way to draw"},
                  {1, 7, 4, "does not cover its canvas"}};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct buffer file = spoiled(faults[i].number, faults[i].at, faults[i].value);
        expect_fault(&file, PM_ERROR_CORRUPT, faults[i].what);
        buffer_free(&file);
    }
}

Test(png_animation, a_wrong_checksum_is_refused)
{
    struct buffer file = file_of(&every_way);
    ((uint8_t *)memmem(file.data, file.size, "fdAT", 4))[9] ^= 1;
    expect_fault(&file, PM_ERROR_CORRUPT, "the checksum of chunk fdAT is wrong");
    buffer_free(&file);
}

Test(png_animation, missing_frames_are_refused_or_left_out_on_request)
{
    struct reel reel = every_way;
    struct lent lent;
    struct warnings warnings;
    struct frame frame;
    reel.announced = 9;
    struct buffer file = file_of(&reel);
    expect_fault(&file, PM_ERROR_TRUNCATED, "8 of 9 frames are there");
    lent_init(&lent);
    collect_warnings(&lent, &warnings);
    struct reader *reader = png_open_animation(&lent, &file, true);
    cr_assert_not_null(reader, "%s", lent.error.message);
    cr_assert_eq(reader->info.frames, 8);
    for (unsigned i = 0; i < 8; i++)
        cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
    cr_expect_not_null(strstr(warnings.text, "1 of 9 frames are missing"), "%s", warnings.text);
    reader_close(reader);
    lent_free(&lent);
    buffer_free(&file);
}

Test(png_animation, more_frames_than_announced_are_left_out)
{
    struct reel reel = every_way;
    struct lent lent;
    struct warnings warnings;
    reel.announced = 5;
    struct buffer file = file_of(&reel);
    lent_init(&lent);
    collect_warnings(&lent, &warnings);
    struct reader *reader = png_open_animation(&lent, &file, false);
    cr_assert_not_null(reader, "%s", lent.error.message);
    cr_expect_eq(reader->info.frames, 5);
    cr_expect_not_null(strstr(warnings.text, "more frames than the 5 announced are left out"), "%s",
                       warnings.text);
    reader_close(reader);
    lent_free(&lent);
    buffer_free(&file);
}

/* Wherever the file ends, the header's forecast holds, and pixels that are missing are not passed off as
 * there. */
Test(png_animation, a_file_cut_anywhere)
{
    struct buffer whole = file_of(&every_way);
    for (size_t size = 34; size < whole.size; size++) {
        struct buffer file = {.data = whole.data, .size = size};
        struct lent lent;
        struct pm_info info;
        lent_init(&lent);
        const bool probed = pm_probe(file.data, size, &info, &lent.error) == 0;
        for (int allow = 0; allow < 2; allow++) {
            lent.error = (struct pm_error){0};
            const struct decode_request request = {.allow_truncated = allow == 1, .animation = true};
            struct reader *reader =
                reader_open(&codec_png, probed ? &info : NULL, file.data, size, &request, &lent.context);
            struct frame frame;
            unsigned made = 0;
            while (reader != NULL && made < reader->info.frames &&
                   reader_frame(reader, &frame, &lent.context) == 0)
                made++;
            const bool good = lent.error.kind == PM_OK;
            cr_assert(good || lent.error.kind == PM_ERROR_TRUNCATED, "%zu: %s", size, lent.error.message);
            cr_assert(!good || allow == 1 || made == every_way.frames, "%zu: %u", size, made);
            cr_assert(allow == 0 || !probed || good || info.frames == 1, "%zu: %s", size, lent.error.message);
            reader_close(reader);
        }
        lent_free(&lent);
    }
    buffer_free(&whole);
}
