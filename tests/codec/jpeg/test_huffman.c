/* Huffman tables: those of tall pictures come from a sample of their rows, others from all of them. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "codec/jpeg/fixture.h"
#include "codec/jpeg/huffman.h"
#include "codec/jpeg/options.h"

enum { WIDTH = 61, HEIGHT = 1601, SMALL = 333, STRIP = 16 };

struct kind {
    J_COLOR_SPACE in, out;
    enum pm_color color;
    enum subsampling subsampling;
    int h, v, quality;
};

static const struct kind kinds[] = {
    {JCS_GRAYSCALE, JCS_GRAYSCALE, PM_COLOR_GRAY, SUBSAMPLING_420, 1, 1, 80},
    {JCS_RGB, JCS_YCbCr, PM_COLOR_RGB, SUBSAMPLING_420, 2, 2, 80},
    {JCS_RGB, JCS_YCbCr, PM_COLOR_RGB, SUBSAMPLING_422, 2, 1, 1},
    {JCS_RGB, JCS_YCbCr, PM_COLOR_RGB, SUBSAMPLING_444, 1, 1, 100},
    {JCS_CMYK, JCS_YCCK, PM_COLOR_CMYK, SUBSAMPLING_420, 2, 2, 80},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static unsigned channels_of(const struct kind *kind)
{
    return kind->color == PM_COLOR_GRAY ? 1 : kind->color == PM_COLOR_RGB ? 3 : 4;
}

/* What pixmill writes of these samples. */
static struct buffer encoded(const struct kind *kind, uint8_t *samples, uint32_t height)
{
    struct fixture fixture;
    struct buffer file = {0};
    fixture_open(&fixture);
    struct pm_image image = wrap_samples(samples, WIDTH, height, kind->color);
    const struct jpeg_options request = {.quality = kind->quality, .subsampling = kind->subsampling};
    cr_assert_eq(codec_jpeg.encode(&image, &request, &file, &fixture.context), 0, "%s",
                 fixture.error.message);
    fixture_close(&fixture);
    return file;
}

/* What plain libjpeg makes of them, with every symbol counted. CMYK goes in inverted, as Photoshop's does. */
static struct buffer expected(const struct kind *kind, const uint8_t *samples, uint32_t height)
{
    const size_t size = (size_t)WIDTH * height * channels_of(kind);
    uint8_t *given = malloc(size);
    for (size_t i = 0; i < size; i++)
        given[i] = kind->color == PM_COLOR_CMYK ? (uint8_t)(255 - samples[i]) : samples[i];
    const struct jpeg_recipe recipe = {.width = WIDTH,
                                       .height = height,
                                       .in = kind->in,
                                       .out = kind->out,
                                       .h = kind->h,
                                       .v = kind->v,
                                       .quality = kind->quality,
                                       .optimize = true,
                                       .samples = given};
    struct buffer file = make_jpeg(&recipe);
    free(given);
    return file;
}

static void assert_same_pixels(const struct buffer *a, const struct buffer *b, const struct kind *kind)
{
    uint32_t width, height;
    const J_COLOR_SPACE out = kind->color == PM_COLOR_CMYK ? JCS_CMYK : kind->in;
    uint8_t *one = plain_rows(a, 8, out, &width, &height);
    uint8_t *other = plain_rows(b, 8, out, &width, &height);
    cr_assert_eq(memcmp(one, other, (size_t)width * height * channels_of(kind)), 0,
                 "colour %d at quality %d differs", kind->color, kind->quality);
    free(one);
    free(other);
}

Test(jpeg_huffman, a_tall_picture_is_libjpegs_and_hardly_larger)
{
    for (size_t i = 0; i < KINDS; i++) {
        uint8_t *samples = make_samples(WIDTH, HEIGHT, channels_of(&kinds[i]));
        struct buffer ours = encoded(&kinds[i], samples, HEIGHT),
                      plain = expected(&kinds[i], samples, HEIGHT);
        assert_same_pixels(&ours, &plain, &kinds[i]);
        /* The symbols that never came take their place in the tables. */
        cr_expect(ours.size <= plain.size + plain.size / 100 + 800, "%zu bytes, libjpeg's %zu", ours.size,
                  plain.size);
        free(samples);
        buffer_free(&ours);
        buffer_free(&plain);
    }
}

/* Where the frame begins: what stands before it is not the encoder's. */
static size_t frame_of(const struct buffer *file)
{
    size_t i = 2;
    while (file->data[i + 1] != 0xC0)
        i += 2 + ((size_t)file->data[i + 2] << 8 | file->data[i + 3]);
    return i;
}

/* libjpeg's counting is the plain twin of ours. */
Test(jpeg_huffman, a_small_pictures_tables_and_data_are_libjpegs_byte_for_byte)
{
    for (unsigned i = 0; i < 2 * KINDS; i++) {
        const struct kind *kind = &kinds[i / 2];
        const unsigned channels = channels_of(kind);
        uint8_t *samples = make_samples(WIDTH, SMALL, channels);
        for (size_t k = 0; i % 2 == 1 && k < (size_t)WIDTH * SMALL * channels;
             k++) /* noise, here and there */
            samples[k] = (uint8_t)(k / 4000 % 2 == 0 ? 200 : (k * 2654435761U) >> 24);
        struct buffer ours = encoded(kind, samples, SMALL), plain = expected(kind, samples, SMALL);
        join_tables(&ours); /* libjpeg writes CMYK */
        join_tables(&plain);
        const size_t ours_at = frame_of(&ours), plain_at = frame_of(&plain);
        cr_assert_eq(ours.size - ours_at, plain.size - plain_at, "kind %u: %zu bytes, libjpeg's %zu", i,
                     ours.size, plain.size);
        cr_assert_eq(memcmp(ours.data + ours_at, plain.data + plain_at, ours.size - ours_at), 0, "kind %u",
                     i);
        free(samples);
        buffer_free(&ours);
        buffer_free(&plain);
    }
}

Test(jpeg_huffman, symbols_that_the_sample_lacks_are_written_all_the_same)
{
    for (size_t i = 0; i < KINDS; i++) {
        const size_t row = (size_t)WIDTH * channels_of(&kinds[i]);
        uint8_t *samples = make_samples(WIDTH, HEIGHT, channels_of(&kinds[i]));
        uint32_t random = 1;
        for (uint32_t y = 0; y < HEIGHT; y++) {
            /* One strip in four is looked at, at most: noise of every strength lies between flat ones. */
            for (size_t x = 0; x < row; x++) {
                random = random * 1664525 + 1013904223;
                samples[y * row + x] = y / STRIP % 4 == 0 ? 100 : (uint8_t)((random >> 24) >> y % 5);
            }
        }
        struct buffer ours = encoded(&kinds[i], samples, HEIGHT),
                      plain = expected(&kinds[i], samples, HEIGHT);
        assert_same_pixels(&ours, &plain, &kinds[i]);
        free(samples);
        buffer_free(&ours);
        buffer_free(&plain);
    }
}

static void check_table(const JHUFF_TBL *table, unsigned symbols)
{
    unsigned codes = 0, taken = 0; /* of the 2^16 of 16 bits */
    bool seen[256] = {false};
    for (unsigned length = 1; length <= 16; length++) {
        codes += table->bits[length];
        taken += (unsigned)table->bits[length] << (16 - length);
    }
    cr_assert_eq(codes, symbols);
    cr_assert(taken < 1u << 16, "the code of all ones is taken");
    for (unsigned i = 0; i < codes; i++) {
        cr_assert(!seen[table->huffval[i]]);
        seen[table->huffval[i]] = true;
    }
}

/* Fibonacci's numbers make the deepest tree there is. */
Test(jpeg_huffman, no_code_is_longer_than_16_bits)
{
    struct jpeg_compress_struct cinfo;
    struct jpeg_error_mgr errors;
    struct jpeg_counts counts;
    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_compress(&cinfo);
    cinfo.in_color_space = JCS_RGB;
    cinfo.input_components = 3;
    jpeg_set_defaults(&cinfo);
    jpeg_counts_init_sample(&counts);
    jpeg_counts_to_tables(&counts, &cinfo);
    check_table(cinfo.ac_huff_tbl_ptrs[0], 162);
    check_table(cinfo.dc_huff_tbl_ptrs[1], 12);
    for (unsigned i = 1, k = 0, last = 1, next = 2; i < 256 && k < 43; i++) {
        if (counts.ac[0][i] == 0)
            continue;
        counts.ac[0][i] = next;
        next += last;
        last = next - last;
        k++;
    }
    jpeg_counts_to_tables(&counts, &cinfo);
    check_table(cinfo.ac_huff_tbl_ptrs[0], 162);
    jpeg_destroy_compress(&cinfo);
}
