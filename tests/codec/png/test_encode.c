/* The encoder's choice of a filter, compared with a reference that makes the whole stream independently; with
 * pictures for which the candidates are close, so that another sample of rows would change the choice. */
#include <criterion/criterion.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "codec/png/plain_rows.h"
#include "codec/png/pngs.h"

enum { LEVEL = 4, PLACES = 6, SAMPLE = 12 * 1024 };

static const enum png_filter candidates[] = {FILTER_SUB, FILTER_NONE, FILTER_UP, FILTER_PAETH};

/* Rows as stored in a PNG, after one row of zeros: 16-bit samples are big-endian. */
struct stored {
    uint8_t *bytes;
    size_t size; /* of a row */
    unsigned pixel;
    uint32_t height;
};

static struct stored stored_rows(const struct pm_image *image)
{
    struct stored stored = {.pixel = pm_channels(&image->format) * image->format.depth / 8,
                            .height = image->height};
    stored.size = (size_t)image->width * stored.pixel;
    stored.bytes = calloc(stored.height + 1, stored.size);
    for (uint32_t y = 0; y < stored.height; y++) {
        const uint8_t *row = plane_row(&image->plane[0], y);
        uint8_t *out = stored.bytes + stored.size * (y + 1);
        for (size_t i = 0; i < stored.size; i++)
            out[i] =
                image->format.depth == 16 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? row[i ^ 1] : row[i];
    }
    return stored;
}

static void append_rows(const struct stored *stored, enum png_filter filter, uint32_t first, uint32_t count,
                        struct buffer *out)
{
    for (uint32_t y = first; y < first + count; y++) {
        const uint8_t byte = (uint8_t)filter, *row = stored->bytes + stored->size * (y + 1);
        cr_assert_eq(buffer_append(out, &byte, 1), 0);
        cr_assert_eq(buffer_reserve(out, stored->size), 0);
        plain_filter(filter, row, row - stored->size, out->data + out->size, stored->size, stored->pixel);
        out->size += stored->size;
    }
}

static struct buffer deflated(const struct buffer *rows)
{
    struct libdeflate_compressor *deflater = libdeflate_alloc_compressor(LEVEL);
    const size_t bound = libdeflate_zlib_compress_bound(deflater, rows->size);
    struct buffer out = {0};
    cr_assert_eq(buffer_reserve(&out, bound), 0);
    out.size = libdeflate_zlib_compress(deflater, rows->data, rows->size, out.data, bound);
    libdeflate_free_compressor(deflater);
    return out;
}

/* Six runs of rows, from the first to the last of the picture, about 12 KB of them together. */
static enum png_filter plain_choice(const struct stored *stored)
{
    const uint32_t run = (uint32_t)(SAMPLE / PLACES / (stored->size + 1)) + 1;
    enum png_filter best = FILTER_SUB;
    size_t min = SIZE_MAX;
    if (stored->height < run * PLACES)
        return FILTER_SUB;
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
        struct buffer sample = {0};
        for (uint64_t place = 0; place < PLACES; place++)
            append_rows(stored, candidates[i], (uint32_t)((stored->height - run) * place / (PLACES - 1)), run,
                        &sample);
        struct buffer packed = deflated(&sample);
        best = packed.size < min ? candidates[i] : best;
        min = packed.size < min ? packed.size : min;
        buffer_free(&sample);
        buffer_free(&packed);
    }
    return best;
}

/* Each row is noise, flat with a few other pixels, a gradient, or like the one above, so that each filter is
 * best for some. */
static void paint(struct pm_image *image, uint64_t *seed)
{
    const size_t size = (size_t)image->width * pm_channels(&image->format) * (image->format.depth / 8);
    const unsigned pixel = pm_channels(&image->format) * (image->format.depth / 8);
    const unsigned mix = 1 + random_next(seed) % 15, change = 1 + random_next(seed) % 3;
    const unsigned step = random_next(seed) % 4 == 0 ? 100 : 0; /* from row to row */
    for (uint32_t y = 0; y < image->height; y++) {
        uint8_t *row = plane_row(&image->plane[0], y);
        const uint8_t *above = y > 0 ? plane_row(&image->plane[0], y - 1) : row;
        unsigned kind = (unsigned)random_next(seed) % 4;
        while ((mix >> kind & 1) == 0)
            kind = (kind + 1) % 4;
        for (size_t i = 0; i < size; i++) {
            const uint8_t noise = (uint8_t)random_next(seed), left = i >= pixel ? row[i - pixel] : 128;
            if (kind == 0)
                row[i] = noise % 16 == 0 ? noise : 77;
            else if (kind == 1)
                row[i] = (uint8_t)(left + noise % 3);
            else if (kind == 2)
                row[i] = (uint8_t)(y > 0 ? above[i] + step + noise % change : noise);
            else
                row[i] =
                    (uint8_t)((y > 0 && i >= pixel ? above[i] + left - above[i - pixel] : left) + noise % 2);
        }
    }
}

/* The data of the only IDAT chunk. */
static struct pm_blob pixel_data(const struct buffer *file)
{
    struct memory_source memory;
    struct png_walk walk;
    struct png_chunk chunk = {0};
    struct pm_error error = {0};
    memory_source_init(&memory, file->data, file->size);
    png_walk_start(&walk, &memory.source);
    while (chunk.type != TYPE_IDAT)
        cr_assert_eq(png_walk_next(&walk, &chunk, &error), PNG_WALK_CHUNK);
    return (struct pm_blob){file->data + chunk.offset, chunk.size};
}

Test(png_encode, chooses_the_filter_that_its_reference_does)
{
    enum { ROUNDS = 300 };
    uint64_t seed = 31;
    unsigned chosen[FILTERS] = {0}, packed_forms = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct lent lent;
        struct pm_image image;
        struct buffer file = {0}, rows = {0};
        lent_init(&lent);
        struct shape shape = {.width = 20 + (uint32_t)(random_next(&seed) % 200),
                              .height = 20 + (uint32_t)(random_next(&seed) % 200),
                              .format = PIXELS(round % 2 ? PM_COLOR_RGB : PM_COLOR_GRAY,
                                               round % 5 == 0 ? PM_ALPHA_STRAIGHT : PM_ALPHA_NONE,
                                               round % 7 == 0 ? 16 : 8)};
        if (round % 20 == 0) { /* with nothing to the left two filters are None, and two are Up */
            shape.width = 1;
            shape.height = 7000;
        }
        cr_assert_eq(image_alloc(&image, &shape, &lent.context), 0);
        paint(&image, &seed);
        cr_assert_eq(codec_png.encode(&image, NULL, &file, &lent.context), 0);
        if (file.data[24] != image.format.depth || file.data[25] == PNG_PALETTE) { /* in fewer bits */
            packed_forms++;
            buffer_free(&file);
            lent_free(&lent);
            continue;
        }
        const struct stored stored = stored_rows(&image);
        const enum png_filter filter = plain_choice(&stored);
        append_rows(&stored, filter, 0, stored.height, &rows);
        struct buffer packed = deflated(&rows);
        const struct pm_blob pixels = pixel_data(&file);
        cr_assert_eq(pixels.size, packed.size, "round %d, %ux%u, filter %d", round, shape.width, shape.height,
                     filter);
        cr_assert_arr_eq(pixels.data, packed.data, packed.size, "round %d", round);
        chosen[filter]++;
        free(stored.bytes);
        buffer_free(&packed);
        buffer_free(&rows);
        buffer_free(&file);
        lent_free(&lent);
    }
    cr_assert_lt(packed_forms, ROUNDS / 10);
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++)
        cr_assert_gt(chosen[candidates[i]], ROUNDS / 20, "filter %d: %u times", candidates[i],
                     chosen[candidates[i]]);
}
