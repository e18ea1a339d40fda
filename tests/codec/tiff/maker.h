/* Builds a TIFF of one strip or tile tag by tag, and decodes it; for the tests of this folder. */
#ifndef TESTS_CODEC_TIFF_MAKER_H
#define TESTS_CODEC_TIFF_MAKER_H

#include <criterion/criterion.h>
#include <string.h>

#include "codec/part.h"
#include "codec/reader.h"
#include "lent.h"

extern const struct codec codec_tiff;

enum { TAGS_MAX = 24, FILE_MAX = 4096 };

struct maker {
    bool big_endian;
    struct {
        unsigned tag, type, count;
        uint32_t value[12];
    } tags[TAGS_MAX];
    unsigned ntags;
    uint8_t file[FILE_MAX];
    size_t size;
};

static inline void put_number(const struct maker *maker, uint8_t *at, uint32_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        at[maker->big_endian ? size - 1 - i : i] = (uint8_t)(value >> 8 * i);
}

/* Replaces a tag that is there. Values of SHORT (3) or LONG (4). */
static inline void set_tags(struct maker *maker, unsigned tag, unsigned type, unsigned count,
                            const uint32_t *values)
{
    unsigned i = 0;
    while (i < maker->ntags && maker->tags[i].tag != tag)
        i++;
    maker->ntags += i == maker->ntags;
    maker->tags[i].tag = tag;
    maker->tags[i].type = type;
    maker->tags[i].count = count;
    memcpy(maker->tags[i].value, values, count * sizeof *values);
}

/* Numerators and denominators. */
static inline void set_rationals(struct maker *maker, unsigned tag, unsigned count, const uint32_t *values)
{
    set_tags(maker, tag, 4, 2 * count, values);
    maker->tags[maker->ntags - 1].type = 5;
}

static inline void set(struct maker *maker, unsigned tag, uint32_t value)
{
    set_tags(maker, tag, tag == 273 || tag == 279 || tag == 324 || tag == 325 ? 4 : 3, 1, &value);
}

static inline struct maker maker_of(uint32_t width, uint32_t height, unsigned bits, unsigned samples,
                                    unsigned photometric)
{
    struct maker maker = {0};
    set(&maker, 256, width);
    set(&maker, 257, height);
    set(&maker, 258, bits);
    set(&maker, 259, 1);
    set(&maker, 262, photometric);
    set(&maker, 273, 8);
    set(&maker, 277, samples);
    set(&maker, 278, height);
    set(&maker, 279, 0);
    return maker;
}

/* Bytes of the strip at offset 8, then long values, then the directory, in ascending order of tags. */
static inline void finish(struct maker *maker, const void *strip, size_t size)
{
    uint8_t *file = maker->file;
    if (maker->tags[8].tag == 279 && maker->tags[8].count == 1 && maker->tags[8].value[0] == 0)
        maker->tags[8].value[0] = (uint32_t)size;
    memcpy(file, maker->big_endian ? "MM\0*" : "II*\0", 4);
    memcpy(file + 8, strip, size);
    size_t values = 8 + size + size % 2, at = values;
    for (unsigned i = 0; i < maker->ntags; i++) {
        const unsigned each = maker->tags[i].type == 3 ? 2 : 4;
        if (maker->tags[i].count * each > 4)
            at += maker->tags[i].count * each;
    }
    put_number(maker, file + 4, (uint32_t)at, 4);
    put_number(maker, file + at, maker->ntags, 2);
    at += 2;
    for (unsigned tag = 0; tag < UINT16_MAX; tag++) {
        for (unsigned i = 0; i < maker->ntags; i++) {
            if (maker->tags[i].tag != tag)
                continue;
            const unsigned count = maker->tags[i].count, each = maker->tags[i].type == 3 ? 2 : 4;
            put_number(maker, file + at, tag, 2);
            put_number(maker, file + at + 2, maker->tags[i].type, 2);
            put_number(maker, file + at + 4, maker->tags[i].type == 5 ? count / 2 : count, 4);
            uint8_t *value = file + at + 8;
            if (count * each > 4) {
                put_number(maker, value, (uint32_t)values, 4);
                value = file + values;
                values += (size_t)count * each;
            }
            for (unsigned k = 0; k < count; k++)
                put_number(maker, value + (size_t)k * each, maker->tags[i].value[k], each);
            at += 12;
        }
    }
    maker->size = at + 4; /* no next directory */
    cr_assert_lt(maker->size, FILE_MAX);
}

static unsigned warned, checked;
static char warnings[1024]; /* a line each */

static inline void note_warning(struct context *context, const char *message)
{
    (void)context;
    warned++;
    strncat(warnings, message, sizeof warnings - strlen(warnings) - 1);
    strncat(warnings, "\n", sizeof warnings - strlen(warnings) - 1);
}

static inline int count_checkpoint(struct context *context)
{
    (void)context;
    checked++;
    return 0;
}

static inline int decode_by(const struct decode_request *request, const uint8_t *file, size_t size,
                            struct lent *lent, struct pm_image *image)
{
    static const struct context_ops ops = {.warn = note_warning, .checkpoint = count_checkpoint};
    struct memory_source memory;
    struct pm_info info;
    lent_init(lent);
    lent->context.ops = &ops;
    *image = (struct pm_image){0};
    warned = checked = 0;
    warnings[0] = '\0';
    memory_source_init(&memory, file, size);
    if (codec_probe(&memory.source, &info, &lent->error) != &codec_tiff)
        return -1;
    struct reader *reader = reader_open(&codec_tiff, &info, file, size, request, &lent->context);
    struct frame frame;
    const int status = reader != NULL ? reader_frame(reader, &frame, &lent->context) : -1;
    reader_close(reader);
    if (status == 0)
        *image = frame.image;
    return status;
}

static inline int decode(const uint8_t *file, size_t size, bool allow_truncated, struct lent *lent,
                         struct pm_image *image)
{
    const struct decode_request request = {.keep = KEEP_ALL, .allow_truncated = allow_truncated};
    return decode_by(&request, file, size, lent, image);
}

/* The first row's bytes. */
static inline void expect_row(const struct maker *maker, enum pm_color color, enum pm_alpha alpha,
                              unsigned depth, const void *row, size_t size)
{
    struct lent lent;
    struct pm_image image;
    cr_assert_eq(decode(maker->file, maker->size, false, &lent, &image), 0, "%s", lent.error.message);
    cr_expect(image.format.color == color && image.format.alpha == alpha && image.format.depth == depth);
    const uint8_t *got = plane_row(&image.plane[0], 0), *want = row;
    for (size_t i = 0; i < size; i++)
        cr_expect_eq(got[i], want[i], "byte %zu: %u, not %u", i, got[i], want[i]);
    lent_free(&lent);
}

static inline void expect_error(const uint8_t *file, size_t size, enum pm_error_kind kind,
                                const char *message)
{
    struct lent lent;
    struct pm_image image;
    cr_assert_eq(decode(file, size, false, &lent, &image), -1, "it was read");
    cr_expect_eq(lent.error.kind, kind, "%d: %s", lent.error.kind, lent.error.message);
    cr_expect_not_null(strstr(lent.error.message, message), "%s", lent.error.message);
    lent_free(&lent);
}

#endif
