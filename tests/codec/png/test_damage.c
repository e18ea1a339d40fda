/* Damaged files: decoding gives a picture or an error, within the memory forecast. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "codec/png/pngs.h"
#include "codec/reader.h"

/* A file with every kind of chunk, of a random kind of picture. */
static struct buffer rich_file(uint64_t *seed)
{
    static const uint8_t types[][2] = {{0, 1}, {0, 4}, {0, 8}, {0, 16}, {2, 8}, {2, 16},
                                       {3, 2}, {3, 8}, {4, 8}, {4, 16}, {6, 8}, {6, 16}};
    static const uint8_t palette[3 * 256], transparency[256], filters[] = {0, 1, 2, 3, 4, 4, 4, 4};
    const uint8_t *type = types[random_next(seed) % (sizeof types / sizeof *types)];
    const struct png_header header = {.width = 1 + (uint32_t)(random_next(seed) % 20),
                                      .height = 1 + (uint32_t)(random_next(seed) % 20),
                                      .depth = type[1],
                                      .color_type = type[0],
                                      .interlaced = random_next(seed) % 4 == 0};
    struct buffer out = {0}, pixels = made_file(&header, filters, sizeof filters, seed);
    made_begin(&out, &header);
    made_chunk(&out, "cICP", "\14\15\0\1", 4);
    made_chunk(&out, "mDCV", "012345678901234567890123", 24);
    made_chunk(&out, "gAMA", "\0\1\1\1", 4);
    made_chunk(&out, "acTL", "\0\0\0\2\0\0\0\0", 8);
    made_chunk(&out, "tEXt", "Raw profile type iptc\0\niptc\n 4\n1c025000\n", 40);
    made_chunk(&out, "iCCP", "name\0\0x\x9c\3\0\0\0\0\1", 14);
    made_chunk(&out, "eXIf", "II*\0\x8\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0", 26);
    made_chunk(&out, "tEXt", "Title\0text", 10);
    made_chunk(&out, "iTXt", "XML:com.adobe.xmp\0\0\0\0\0<x/>", 26);
    if (header.color_type == PNG_PALETTE) {
        made_chunk(&out, "PLTE", palette, 3u << header.depth);
        made_chunk(&out, "tRNS", transparency, 1u << header.depth);
    } else if (header.color_type == PNG_GRAY) {
        made_chunk(&out, "tRNS", transparency, 2);
    }
    size_t head = PNG_SIGNATURE_SIZE + PNG_CHUNK_FRAME + PNG_IHDR_SIZE;
    cr_assert_eq(buffer_append(&out, pixels.data + head, pixels.size - head - PNG_CHUNK_FRAME), 0);
    buffer_free(&pixels);
    made_chunk(&out, "fcTL", "01234567890123456789012345", 26);
    made_chunk(&out, "fdAT", "\0\0\0\1xyz", 7);
    made_chunk(&out, "tEXt", "Title\0late", 10);
    made_chunk(&out, "IEND", "", 0);
    return out;
}

static void damage(uint8_t *data, size_t size, uint64_t *seed)
{
    for (uint64_t flips = 1 + random_next(seed) % 4; flips > 0; flips--) {
        size_t at = random_next(seed) % size;
        data[at] = random_next(seed) % 2 ? data[at] ^ (uint8_t)(1 << random_next(seed) % 8)
                                         : (uint8_t)random_next(seed);
    }
}

/* Reads every sample, for a sanitizer to watch. */
static void touch(const struct pm_image *image)
{
    volatile uint8_t sink = 0;
    const struct pm_plane *plane = &image->plane[0];
    for (uint32_t y = 0; y < plane->height; y++) {
        for (size_t i = 0; i < (size_t)plane->width * plane->channels * (image->format.depth / 8); i++)
            sink ^= plane_row(plane, y)[i];
    }
    (void)sink;
}

Test(png_damage, ends_in_a_picture_or_an_error)
{
    enum { ROUNDS = 6000 };
    struct lent lent;
    unsigned pictures = 0, errors = 0;
    uint64_t seed = 42;
    lent_init(&lent);
    lent.context.max_pixels = 1 << 20;
    lent.context.max_bytes = 8 << 20;
    for (int round = 0; round < ROUNDS; round++) {
        struct buffer file = rich_file(&seed);
        /* An exact copy, so that a sanitizer sees a read one byte beyond. */
        size_t size = random_next(&seed) % 4 == 0 ? 1 + random_next(&seed) % file.size : file.size;
        uint8_t *bytes = malloc(size);
        memcpy(bytes, file.data, size);
        damage(bytes, size, &seed);
        if (random_next(&seed) % 8 > 0)
            fix_checksums(bytes, size);
        const struct decode_request request = {.allow_truncated = random_next(&seed) % 2, .keep = KEEP_ALL};
        struct memory_source memory;
        struct pm_info info = {.orientation = 1};
        struct pm_image image;
        memory_source_init(&memory, bytes, size);
        lent.error = (struct pm_error){0};
        int probed = codec_png.probe(&memory.source, &info, &lent.error);
        lent.error = (struct pm_error){0};
        if (reader_decode(&codec_png, bytes, size, &request, &image, &lent.context) == 0) {
            pictures++;
            cr_assert_eq(probed, 0, "round %d: decoded but not probed", round);
            cr_assert_eq(pm_channels(&info.pixels), pm_channels(&image.format), "round %d", round);
            cr_assert_eq(info.width, image.width, "round %d", round);
            touch(&image);
        } else {
            errors++;
            cr_assert_neq(lent.error.kind, PM_OK, "round %d", round);
            cr_assert_neq(lent.error.kind, PM_ERROR_INTERNAL, "round %d: %s", round, lent.error.message);
        }
        arena_reset(&lent.arena);
        arena_reset(&lent.job_arena);
        free(bytes);
        buffer_free(&file);
    }
    cr_assert_gt(pictures, ROUNDS / 10);
    cr_assert_gt(errors, ROUNDS / 10);
    lent_free(&lent);
}
