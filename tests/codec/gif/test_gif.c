/* GIF files as pixmill writes and reads them. */
#include <criterion/criterion.h>
#include <string.h>

#include "codec/gif/writer.h"
#include "codec/reader.h"
#include "codec/writer.h"
#include "pictures.h"

extern const struct codec codec_gif;

static const struct gif_options plain = {DITHER_DIFFUSION};

struct heard {
    unsigned count;
    char last[160];
};

static void hear(struct context *context, const char *message)
{
    struct heard *heard = context->lender;
    heard->count++;
    strncpy(heard->last, message, sizeof heard->last - 1);
}

static const struct context_ops ops = {.warn = hear};

static void listen(struct lent *lent, struct heard *heard)
{
    *heard = (struct heard){0};
    lent_init(lent);
    lent->context.ops = &ops;
    lent->context.lender = heard;
}

/* Sixteen colours; with alpha, a disc of radius 10 around (x, 15) is opaque and the rest transparent. */
static struct pm_image few_colors(struct lent *lent, bool alpha, int center)
{
    struct pm_image image = picture(lent, 41, 30, PM_COLOR_RGB, alpha, 8);
    for (uint32_t y = 0; y < 30; y++) {
        for (uint32_t x = 0; x < 41; x++) {
            uint8_t *pixel = plane_row(&image.plane[0], y) + (size_t)x * image.plane[0].channels;
            const int dx = (int)x - center, dy = (int)y - 15;
            const bool visible = !alpha || dx * dx + dy * dy <= 100;
            for (unsigned c = 0; c < 3; c++)
                pixel[c] = visible ? (uint8_t)(16 * ((x / 8 + 2 * y / 9 + (unsigned)center) % 16) + c) : 0;
            if (alpha)
                pixel[3] = visible ? 255 : 0;
        }
    }
    return image;
}

static bool same_samples(const struct pm_image *a, const struct pm_image *b)
{
    const size_t row = (size_t)a->width * a->plane[0].channels;
    bool same = a->width == b->width && a->plane[0].channels == b->plane[0].channels;
    for (uint32_t y = 0; same && y < a->height; y++)
        same = memcmp(plane_row(&a->plane[0], y), plane_row(&b->plane[0], y), row) == 0;
    return same;
}

Test(gif, few_colours_are_exact)
{
    for (int alpha = 0; alpha < 2; alpha++) {
        struct lent lent;
        struct heard heard;
        struct pm_image back;
        struct buffer file = {0};
        const struct decode_request request = {0};
        listen(&lent, &heard);
        const struct pm_image image = few_colors(&lent, alpha, 20);
        cr_assert_eq(gif_encode(&image, &plain, &file, &lent.context), 0, "%s", lent.error.message);
        cr_assert_eq(reader_decode(&codec_gif, file.data, file.size, &request, &back, &lent.context), 0, "%s",
                     lent.error.message);
        cr_expect(same_samples(&image, &back), "alpha %d", alpha);
        cr_expect_eq(heard.count, 0, "%s", heard.last);
        buffer_free(&file);
        lent_free(&lent);
    }
}

Test(gif, exactly_256_colours_are_exact_and_one_more_is_not)
{
    for (unsigned extra = 0; extra < 2; extra++) {
        struct lent lent;
        struct heard heard;
        struct pm_image back;
        struct buffer file = {0};
        const struct decode_request request = {0};
        listen(&lent, &heard);
        struct pm_image image = picture(&lent, 257, 1, PM_COLOR_RGB, false, 8);
        for (unsigned i = 0; i < 257; i++) {
            uint8_t *pixel = plane_row(&image.plane[0], 0) + (size_t)3 * i;
            pixel[0] = (uint8_t)i;
            pixel[1] = (uint8_t)(255 - i % 256);
            pixel[2] = i < 256 || extra == 0 ? 7 : 99;
        }
        cr_assert_eq(gif_encode(&image, &plain, &file, &lent.context), 0, "%s", lent.error.message);
        cr_assert_eq(reader_decode(&codec_gif, file.data, file.size, &request, &back, &lent.context), 0);
        cr_expect_eq(same_samples(&image, &back), extra == 0, "%u", extra);
        buffer_free(&file);
        lent_free(&lent);
    }
}

/* Unchanged pixels are not drawn again, and vanished ones are cleared: each frame is reproduced. */
Test(gif, animations_come_back_frame_by_frame)
{
    for (int alpha = 0; alpha < 2; alpha++) {
        enum { FRAMES = 5 };
        struct lent lent;
        struct heard heard;
        struct buffer file = {0};
        struct pm_image images[FRAMES];
        const struct animation animation = {.frames = FRAMES, .loops = 3};
        const struct decode_request request = {0};
        listen(&lent, &heard);
        for (int i = 0; i < FRAMES; i++)
            images[i] = few_colors(&lent, alpha, i == 3 ? 14 : 10 + 2 * i);
        struct writer *writer =
            writer_begin(&codec_gif, &images[0], &animation, &plain, &file, &lent.context);
        cr_assert_not_null(writer, "%s", lent.error.message);
        for (unsigned i = 0; i < FRAMES; i++) {
            const struct frame frame = {images[i], {20 + 35 * i, 1000}};
            cr_assert_eq(writer_add(writer, &frame, &lent.context), 0, "%s", lent.error.message);
        }
        cr_assert_eq(writer_end(writer, &lent.context), 0, "%s", lent.error.message);
        writer_close(writer);
        struct reader *reader = reader_open(&codec_gif, NULL, file.data, file.size, &request, &lent.context);
        cr_assert_not_null(reader, "%s", lent.error.message);
        cr_expect_eq(reader->info.frames, FRAMES);
        cr_expect_eq(reader->info.loops, 3);
        unsigned total = 0;
        for (int i = 0; i < FRAMES; i++) {
            struct frame frame;
            cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
            const unsigned channels = frame.image.plane[0].channels;
            cr_assert_eq(channels, alpha ? 4 : 3);
            for (uint32_t y = 0; y < 30; y++) {
                for (uint32_t x = 0; x < 41; x++) {
                    const uint8_t *a =
                        plane_row(&images[i].plane[0], y) + (size_t)x * images[i].plane[0].channels;
                    const uint8_t *b = plane_row(&frame.image.plane[0], y) + (size_t)x * channels;
                    const bool visible = !alpha || a[3] > 0;
                    cr_assert(!alpha || b[3] == (visible ? 255 : 0), "alpha 1, frame %d, %u, %u", i, x, y);
                    cr_assert(!visible || memcmp(a, b, 3) == 0, "alpha %d, frame %d, %u, %u", alpha, i, x, y);
                }
            }
            total += frame.time.ticks;
        }
        cr_expect_eq(total, (20 + 55 + 90 + 125 + 160) / 10, "%u", total);
        cr_expect_eq(heard.count, 0, "%s", heard.last);
        reader_close(reader);
        buffer_free(&file);
        lent_free(&lent);
    }
}

/* Blocks by hand: a screen of 2 x 1 with red and blue, then `more`. */
static const uint8_t screen[] = {'G', 'I', 'F', '8', '9', 'a', 2, 0, 1, 0, 0x80, 0, 0, 255, 0, 0, 0, 0, 255};
static const uint8_t picture_block[] = {0x2C, 0, 0, 0, 0, 2, 0, 1, 0, 0, 2, 2, 0x44, 0x0A, 0};

struct file {
    uint8_t bytes[512];
    size_t size;
};

static void append(struct file *file, const void *bytes, size_t size)
{
    memcpy(file->bytes + file->size, bytes, size);
    file->size += size;
}

static struct file whole(unsigned pictures)
{
    struct file file = {0};
    append(&file, screen, sizeof screen);
    for (unsigned i = 0; i < pictures; i++)
        append(&file, picture_block, sizeof picture_block);
    append(&file, ";", 1);
    return file;
}

static int outcome(const struct file *file, bool allow, struct heard *heard, struct pm_error *error)
{
    struct lent lent;
    struct pm_image image;
    const struct decode_request request = {.allow_truncated = allow, .keep = KEEP_ALL};
    listen(&lent, heard);
    const int status = reader_decode(&codec_gif, file->bytes, file->size, &request, &image, &lent.context);
    *error = lent.error;
    if (status == 0)
        cr_expect_eq(plane_row(&image.plane[0], 0)[0], 255, "the first pixel is red");
    lent_free(&lent);
    return status == 0 ? PM_OK : (int)error->kind;
}

Test(gif, the_trailer_is_held_against_the_file)
{
    struct heard heard;
    struct pm_error error;
    struct file file = whole(1);
    cr_expect_eq(outcome(&file, false, &heard, &error), PM_OK, "%s", error.message);
    cr_expect_eq(heard.count, 0, "%s", heard.last);
    file.size--;
    cr_expect_eq(outcome(&file, false, &heard, &error), PM_OK, "%s", error.message);
    cr_expect_not_null(strstr(heard.last, "without its trailer"), "%s", heard.last);
    /* An animation may have had more frames. */
    file = whole(2);
    file.size--;
    cr_expect_eq(outcome(&file, false, &heard, &error), PM_ERROR_TRUNCATED, "%s", error.message);
    cr_expect_eq(outcome(&file, true, &heard, &error), PM_OK, "%s", error.message);
    cr_expect_gt(heard.count, 0);
}

/* Every truncation and every zeroed end after the first picture is detected. */
Test(gif, every_cut_and_every_zeroed_tail_is_found)
{
    const struct file good = whole(2);
    for (size_t at = 1; at < good.size; at++) {
        struct heard heard;
        struct pm_error error;
        struct file file = good;
        file.size = at;
        const size_t first = sizeof screen + sizeof picture_block;
        if (at >= 16 && at != first) {
            cr_expect_eq(outcome(&file, false, &heard, &error), PM_ERROR_TRUNCATED, "cut at %zu: %s", at,
                         error.message);
        }
        file = good;
        memset(file.bytes + at, 0, file.size - at);
        if (at > sizeof screen)
            cr_expect_neq(outcome(&file, false, &heard, &error), PM_OK, "zero from %zu on", at);
    }
}

Test(gif, every_kind_of_damage_has_its_error)
{
    static const struct {
        const char *what;
        size_t at;
        uint8_t value;
        int kind;
    } cases[] = {
        {"no palette at all", 10, 0, PM_ERROR_TRUNCATED}, /* its colours are read as blocks */
        {"a frame without width", 24, 0, PM_ERROR_CORRUPT},
        {"a frame without height", 26, 0, PM_ERROR_CORRUPT},
        {"codes of 13 bits", 29, 13, PM_ERROR_CORRUPT},
        {"no data", 30, 0, PM_ERROR_TRUNCATED},
        {"an end too early", 31, 0x2C, PM_ERROR_TRUNCATED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file file = whole(1);
        struct heard heard;
        struct pm_error error;
        file.bytes[cases[i].at] = cases[i].value;
        cr_expect_eq(outcome(&file, false, &heard, &error), cases[i].kind, "%s: %s", cases[i].what,
                     error.message);
    }
}

/* The picture block with a control block before it; `width` of its 2 pixels. */
static void append_frame(struct file *file, unsigned disposal, bool transparent, unsigned width)
{
    const uint8_t control[] = {0x21, 0xF9, 4, (uint8_t)(disposal << 2 | transparent), 5, 0, 1, 0};
    static const uint8_t one[] = {0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 0x01, 0};
    append(file, control, sizeof control);
    append(file, width == 1 ? one : picture_block, sizeof picture_block);
}

/* A frame's disposal, whether blue is transparent in it, and its width, of 2. */
struct drawn {
    unsigned disposal;
    bool transparent;
    unsigned width;
};

/* Is alpha announced? Asserts that otherwise the frames have none, and that the probe agrees. */
static bool announces_alpha(const struct drawn *drawn, unsigned count)
{
    struct file file = {0};
    struct lent lent;
    struct heard heard;
    struct pm_info info;
    const struct decode_request request = {.animation = true};
    append(&file, screen, sizeof screen);
    for (unsigned i = 0; i < count; i++)
        append_frame(&file, drawn[i].disposal, drawn[i].transparent, drawn[i].width);
    append(&file, ";", 1);
    listen(&lent, &heard);
    struct memory_source memory;
    memory_source_init(&memory, file.bytes, file.size);
    cr_assert_eq(codec_gif.probe(&memory.source, &info, &lent.error), 0, "%s", lent.error.message);
    struct reader *reader = reader_open(&codec_gif, NULL, file.bytes, file.size, &request, &lent.context);
    cr_assert_not_null(reader, "%s", lent.error.message);
    cr_expect(pixels_equal(&reader->info.pixels, &info.pixels));
    bool clear = false;
    for (unsigned i = 0; i < count; i++) {
        struct frame frame;
        cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
        cr_expect_eq(frame.image.format.alpha, info.pixels.alpha);
        const unsigned samples = info.pixels.alpha == PM_ALPHA_NONE ? 3 : 4;
        const uint8_t *row = plane_row(&frame.image.plane[0], 0);
        cr_expect_eq(row[0], 255, "the first pixel is red");
        clear = clear || (samples == 4 && (row[3] == 0 || row[7] == 0));
    }
    cr_expect_eq(clear, info.pixels.alpha != PM_ALPHA_NONE, "alpha is announced where there is some");
    reader_close(reader);
    lent_free(&lent);
    return info.pixels.alpha != PM_ALPHA_NONE;
}

Test(gif, alpha_is_announced_if_some_frame_has_it)
{
    enum { COUNT = 2 };
    static const struct {
        struct drawn drawn[COUNT];
        unsigned count;
        bool alpha;
    } cases[] = {
        {{{GIF_KEEP, false, 2}}, 1, false},
        {{{GIF_CLEAR, false, 2}}, 1, false}, /* nothing follows */
        {{{GIF_KEEP, true, 2}}, 1, true},
        {{{GIF_KEEP, false, 1}}, 1, true},
        {{{GIF_KEEP, false, 2}, {GIF_CLEAR, true, 1}}, 2, false},
        {{{GIF_KEEP, false, 2}, {GIF_RESTORE, true, 2}}, 2, false},
        {{{GIF_CLEAR, false, 2}, {GIF_KEEP, false, 1}}, 2, true},
        {{{GIF_RESTORE, false, 2}, {GIF_KEEP, false, 1}}, 2, true},
        {{{GIF_KEEP, false, 1}, {GIF_KEEP, false, 2}}, 2, true},
        {{{GIF_KEEP, true, 2}, {GIF_KEEP, false, 2}}, 2, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(announces_alpha(cases[i].drawn, cases[i].count), cases[i].alpha, "case %zu", i);
    static const struct drawn later[] = {
        {GIF_KEEP, false, 2}, {GIF_RESTORE, true, 1}, {GIF_CLEAR, false, 2}, {GIF_KEEP, false, 1}};
    cr_expect(announces_alpha(later, 4), "the third is cleared");
    cr_expect_not(announces_alpha(later, 3));
}

/* Damage within the first picture of an animation without alpha leaves grey. */
Test(gif, what_is_missing_of_an_opaque_animation_is_grey)
{
    struct file file = {0};
    struct lent lent;
    struct heard heard;
    struct frame frame;
    const struct decode_request request = {.animation = true, .allow_truncated = true};
    static const uint8_t ended[] = {0x2C, 0, 0, 0, 0, 2, 0, 1, 0, 0, 2, 1, 0x2C, 0};
    append(&file, screen, sizeof screen);
    append(&file, ended, sizeof ended);
    append(&file, picture_block, sizeof picture_block);
    append(&file, ";", 1);
    listen(&lent, &heard);
    struct reader *reader = reader_open(&codec_gif, NULL, file.bytes, file.size, &request, &lent.context);
    cr_assert_not_null(reader, "%s", lent.error.message);
    cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
    cr_assert_eq(frame.image.format.alpha, PM_ALPHA_NONE);
    for (int i = 0; i < 6; i++)
        cr_expect_eq(plane_row(&frame.image.plane[0], 0)[i], 0x80);
    cr_expect_not_null(strstr(heard.last, "what is missing is grey"), "%s", heard.last);
    cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
    cr_expect_eq(plane_row(&frame.image.plane[0], 0)[0], 255);
    reader_close(reader);
    lent_free(&lent);
}

Test(gif, delays_of_10_ms_are_read_as_100)
{
    for (unsigned delay = 0; delay < 4; delay++) {
        const uint8_t control[] = {0x21, 0xF9, 4, 0, (uint8_t)delay, 0, 0, 0};
        struct file file = {0};
        struct lent lent;
        struct heard heard;
        struct frame frame;
        const struct decode_request request = {0};
        append(&file, screen, sizeof screen);
        for (int i = 0; i < 2; i++) {
            append(&file, control, sizeof control);
            append(&file, picture_block, sizeof picture_block);
        }
        append(&file, ";", 1);
        listen(&lent, &heard);
        struct reader *reader = reader_open(&codec_gif, NULL, file.bytes, file.size, &request, &lent.context);
        cr_assert_not_null(reader, "%s", lent.error.message);
        cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
        cr_expect_eq(frame.time.ticks, delay < 2 ? 10 : delay);
        cr_expect_eq(frame.time.per_second, 100);
        reader_close(reader);
        lent_free(&lent);
    }
}

Test(gif, comments_xmp_and_profile_come_back)
{
    static const struct pm_text text = {"Comment", "by hand"};
    static uint8_t icc[600];
    struct lent lent;
    struct heard heard;
    struct pm_image back;
    struct buffer file = {0};
    const struct decode_request request = {.keep = KEEP_ALL};
    listen(&lent, &heard);
    struct pm_image image = few_colors(&lent, false, 20);
    for (size_t i = 0; i < sizeof icc; i++)
        icc[i] = (uint8_t)(i * 7);
    image.meta.icc = (struct pm_blob){icc, sizeof icc};
    image.meta.xmp = (struct pm_blob){(const uint8_t *)"<x:xmpmeta/>", 12};
    image.meta.texts = &text;
    image.meta.ntexts = 1;
    cr_assert_eq(gif_encode(&image, &plain, &file, &lent.context), 0, "%s", lent.error.message);
    cr_expect_eq(heard.count, 0, "%s", heard.last);
    cr_assert_eq(reader_decode(&codec_gif, file.data, file.size, &request, &back, &lent.context), 0, "%s",
                 lent.error.message);
    cr_assert_eq(back.meta.icc.size, sizeof icc);
    cr_expect_arr_eq(back.meta.icc.data, icc, sizeof icc);
    cr_assert_eq(back.meta.xmp.size, 12);
    cr_expect_arr_eq(back.meta.xmp.data, "<x:xmpmeta/>", 12);
    cr_assert_eq(back.meta.ntexts, 1);
    cr_expect_str_eq(back.meta.texts[0].text, "by hand");
    image.meta = (struct pm_metadata){.exif = {icc, 8}};
    file.size = 0;
    cr_assert_eq(gif_encode(&image, &plain, &file, &lent.context), 0);
    cr_expect_not_null(strstr(heard.last, "EXIF and IPTC are left out"), "%s", heard.last);
    buffer_free(&file);
    lent_free(&lent);
}
