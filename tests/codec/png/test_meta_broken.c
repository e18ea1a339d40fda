/* Chunks of metadata that inflate without end, are broken or contradict each other. */
#include <criterion/criterion.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "codec/png/dots.h"
#include "codec/png/pngs.h"
#include "codec/reader.h"
#include "image/exif.h"

static size_t deflated(const void *bytes, size_t size, uint8_t *out, size_t room)
{
    struct libdeflate_compressor *deflater = libdeflate_alloc_compressor(6);
    size_t packed = libdeflate_zlib_compress(deflater, bytes, size, out, room);
    libdeflate_free_compressor(deflater);
    cr_assert_gt(packed, 0);
    return packed;
}

Test(png_meta, compressed_text_is_inflated)
{
    struct lent lent;
    uint8_t chunk[4096] = "Story\0";
    char text[20001];
    lent_init(&lent);
    memset(text, 'x', 20000);
    text[20000] = '\0';
    struct buffer bytes =
        dot_with("zTXt", chunk, 7 + deflated(text, 20000, chunk + 7, sizeof chunk - 7), true);
    struct pm_image image = dot_decoded(&lent, &bytes, KEEP_TEXT);
    cr_assert_eq(image.meta.ntexts, 1);
    cr_assert_str_eq(image.meta.texts[0].text, text);
    buffer_free(&bytes);

    uint8_t unicode[4096] = "Story\0\1\0de\0Geschichte\0";
    const size_t head = 22;
    bytes =
        dot_with("iTXt", unicode, head + deflated(text, 20000, unicode + head, sizeof unicode - head), true);
    image = dot_decoded(&lent, &bytes, KEEP_TEXT);
    cr_assert_eq(image.meta.ntexts, 1);
    cr_assert_str_eq(image.meta.texts[0].text, text);
    buffer_free(&bytes);
    lent_free(&lent);
}

/* Decodes what must be refused as a bomb; with `words` in the message. */
static void expect_bomb(const struct buffer *bytes, unsigned keep, const char *words)
{
    enum { PADDING = 2 * 64 }; /* of an arena; with a sanitizer's gap */
    struct lent lent;
    struct pm_image image;
    const struct decode_request request = {.keep = keep};
    lent_init(&lent);
    cr_assert_eq(reader_decode(&codec_png, bytes->data, bytes->size, &request, &image, &lent.context), -1);
    cr_assert_eq(lent.error.kind, PM_ERROR_LIMIT, "%s", lent.error.message);
    cr_assert_gt(lent.error.value, lent.error.limit);
    cr_assert_not_null(strstr(lent.error.message, words), "%s", lent.error.message);
    cr_assert_leq(lent.arena.peak + lent.spare.peak + lent.job_arena.peak, codec_png.reader_size + PADDING,
                  "no memory is taken but the reader itself");
    lent_free(&lent);
}

/* Decodes a file with a chunk that must not be inflated: it takes no memory. */
static void expect_untouched(const struct buffer *bytes)
{
    struct lent lent;
    lent_init(&lent);
    const struct pm_image image = dot_decoded(&lent, bytes, 0);
    cr_assert_eq(image.plane[0].data[0], 77);
    cr_assert_lt(lent.job_arena.peak, 64 << 10);
    lent_free(&lent);
}

/* Nine million zeros deflate to nine thousand bytes. */
Test(png_meta, what_inflates_beyond_8_mb_is_refused_when_wanted)
{
    enum { LARGE = 9 << 20 };
    static const struct {
        const char *type;
        uint8_t head[8];
        size_t head_size;
        const char *words;
    } kinds[] = {{"zTXt", "Story\0", 7, "has a text that inflates to more than 8 MB"},
                 {"iCCP", "name\0", 6, "has an ICC profile that inflates to more than 8 MB"},
                 {"iTXt", "k\0\1\0\0", 6, "has a text that inflates to more than 8 MB"}};
    uint8_t *zeros = calloc(1, LARGE), *chunk = malloc(1 << 20);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        memcpy(chunk, kinds[i].head, kinds[i].head_size);
        size_t packed = deflated(zeros, LARGE, chunk + kinds[i].head_size, (1 << 20) - 8);
        for (unsigned before = 0; before < 2; before++) {
            struct buffer bytes = dot_with(kinds[i].type, chunk, kinds[i].head_size + packed, before == 1);
            /* A profile is always kept, but is valid only before the pixels. */
            const bool profile = strcmp(kinds[i].type, "iCCP") == 0;
            if (!profile || before)
                expect_bomb(&bytes, KEEP_ALL, kinds[i].words);
            if (profile && before)
                expect_bomb(&bytes, 0, kinds[i].words);
            else
                expect_untouched(&bytes);
            buffer_free(&bytes);
        }
    }
    free(zeros);
    free(chunk);
}

/* Each of these inflates to 8 MB before its error is found; four thousand of them would take half a
 * minute. */
Test(png_meta, the_time_for_broken_chunks_is_bounded)
{
    enum { SIZE = PNG_METADATA_MAX - 4096, LARGE = PNG_INFLATE_MAX / SIZE };
    uint8_t *zeros = calloc(1, SIZE), *packed = malloc(SIZE);
    memcpy(packed, "x\0", 3);
    size_t size = 3 + deflated(zeros, SIZE, packed + 3, SIZE - 3);
    packed[size - 1] ^= 1; /* its checksum */
    for (int extra = 0; extra < 2; extra++) {
        struct lent lent;
        struct buffer out = {0};
        made_begin(&out, &dot);
        for (int i = 0; i < LARGE + extra; i++)
            made_chunk(&out, "iCCP", packed, size);
        made_pixels(&out, (const uint8_t[]){0, 77}, 2, 1000);
        made_chunk(&out, "IEND", "", 0);
        lent_init(&lent);
        if (extra == 0) {
            cr_assert_null(dot_decoded(&lent, &out, 0).meta.icc.data);
            cr_assert_eq(dot_warnings, 1, "one for all of a kind");
        } else {
            struct pm_image image;
            cr_assert_eq(reader_decode(&codec_png, out.data, out.size, &(struct decode_request){0}, &image,
                                       &lent.context),
                         -1);
            cr_assert_eq(lent.error.limit, PNG_INFLATE_MAX);
        }
        buffer_free(&out);
        lent_free(&lent);
    }
    free(zeros);
    free(packed);
}

Test(png_meta, broken_chunks_are_left_out_with_a_warning)
{
    static const struct {
        const char *type, *data;
        size_t size;
    } broken[] = {
        {"gAMA", "\0\0\0", 3},
        {"gAMA", "\0\0\0\0", 4},
        {"cHRM", "1234567", 7},
        {"sRGB", "\4", 1},
        {"pHYs", "\0\0\0\1\0\0\0\1\2", 9},
        {"cICP", "\1\15\0", 3},
        {"cICP", "\1\15\1\1", 4}, /* a matrix, though PNG has RGB */
        {"cICP", "\1\15\0\2", 4},
        {"mDCV", "01234567890123456789012", 23},
        {"cLLI", "0123456", 7},
        {"iCCP", "", 0},
        {"iCCP", "name", 4},
        {"iCCP", "name\0\1abc", 9},
        {"iCCP", "name\0\0abc", 9},
        {"tEXt", "", 0},
        {"tEXt", "\0text", 5},
        {"zTXt", "key\0", 4},
        {"zTXt", "key\0\1abc", 8},
        {"zTXt", "key\0\0abc", 8},
        {"iTXt", "key\0", 4},
        {"iTXt", "key\0\0\0", 6},
        {"iTXt", "key\0\0\0de\0", 9},
        {"iTXt", "key\0\2\0\0\0text", 12},
        {"iTXt", "key\0\0\0\0\0\xc3(", 10},
        {"iTXt", "key\0\0\0\0\0\xed\xa0\x80", 11},
        {"iTXt", "key\0\0\0\0\0\xe0\x80\x80", 11},
        {"iTXt", "key\0\0\0\0\0\xf4\x90\x80\x80", 12},
        {"iTXt", "key\0\0\0\0\0\xe2\x82", 10},
        {"iTXt", "key\0\1\0\0\0abc", 11},
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct lent lent;
        lent_init(&lent);
        struct buffer bytes = dot_with(broken[i].type, broken[i].data, broken[i].size, true);
        struct pm_image image = dot_decoded(&lent, &bytes, KEEP_ALL);
        cr_assert_eq(dot_warnings, 1, "%s %zu", broken[i].type, i);
        cr_assert_eq(image.plane[0].data[0], 77);
        cr_assert_not(image.meta.has_gamma || image.meta.has_chromaticities || image.meta.has_srgb ||
                      image.meta.has_density || image.meta.has_cicp || image.meta.has_mastering ||
                      image.meta.has_light);
        cr_assert_null(image.meta.icc.data);
        cr_assert_eq(image.meta.ntexts, 0, "%s %zu", broken[i].type, i);
        buffer_free(&bytes);
        lent_free(&lent);
    }
}

Test(png_meta, a_profile_that_contradicts_itself_is_left_out)
{
    for (int fault = 0; fault < 3; fault++) {
        struct lent lent;
        uint8_t chunk[4096] = "name\0";
        lent_init(&lent);
        struct pm_blob profile = dot_profile(500);
        uint8_t *data = (uint8_t *)profile.data;
        if (fault == 0)
            png_put_be32(data, 501);
        else if (fault == 1)
            data[36] = 'x';
        else
            png_put_be32(data, 131);
        struct buffer bytes = dot_with("iCCP", chunk, 6 + deflated(data, 500, chunk + 6, 4000), true);
        cr_assert_null(dot_decoded(&lent, &bytes, 0).meta.icc.data, "%d", fault);
        cr_assert_eq(dot_warnings, 1);
        free(data);
        buffer_free(&bytes);
        lent_free(&lent);
    }
}

Test(png_meta, two_encryption_headers_are_refused)
{
    struct lent lent;
    struct pm_image image;
    struct buffer out = {0};
    lent_init(&lent);
    made_begin(&out, &dot);
    made_chunk(&out, "pmEN", "one", 3);
    made_chunk(&out, "pmEN", "two", 3);
    made_pixels(&out, (const uint8_t[]){0, 77}, 2, 1000);
    made_chunk(&out, "IEND", "", 0);
    cr_assert_eq(
        reader_decode(&codec_png, out.data, out.size, &(struct decode_request){0}, &image, &lent.context),
        -1);
    cr_assert_eq(lent.error.kind, PM_ERROR_CORRUPT);
    buffer_free(&out);
    lent_free(&lent);
}

/* Without the header the image can't be decrypted. */
Test(png_meta, a_damaged_encryption_header_is_refused)
{
    struct lent lent;
    struct pm_image image;
    enum { LAST_OF_DATA = 8 + 25 + 8 + 3 - 1 };
    struct buffer out = dot_with("pmEN", "one", 3, true);
    lent_init(&lent);
    out.data[LAST_OF_DATA] ^= 1;
    cr_assert_eq(
        reader_decode(&codec_png, out.data, out.size, &(struct decode_request){0}, &image, &lent.context),
        -1);
    cr_assert_eq(lent.error.kind, PM_ERROR_CORRUPT);
    cr_assert_not_null(strstr(lent.error.message, "checksum of chunk pmEN"), "%s", lent.error.message);
    buffer_free(&out);
    lent_free(&lent);
}
