/* How a file ends: it is truncated if pixels are missing. With all pixels, an error after them is only a
 * warning, from the fast decoder and from libpng. */
#include <criterion/criterion.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/png/pngs.h"
#include "codec/reader.h"

/* A kind for the fast decoder, and one for libpng. */
static const struct png_header headers[] = {
    {.width = 37, .height = 50, .depth = 8, .color_type = PNG_RGB},
    {.width = 37, .height = 50, .depth = 16, .color_type = PNG_GRAY_ALPHA},
    {.width = 37, .height = 50, .depth = 4, .color_type = PNG_PALETTE},
    {.width = 37, .height = 50, .depth = 1, .color_type = PNG_GRAY},
    {.width = 37, .height = 50, .depth = 8, .color_type = PNG_RGB_ALPHA, .interlaced = true},
    {.width = 36, .height = 51, .depth = 8, .color_type = PNG_RGB, .interlaced = true},
};
enum { HEADERS = sizeof headers / sizeof *headers };

/* The zlib stream of a picture of noise, whose samples repeat after `repeat` bytes. */
static struct buffer made_stream(const struct png_header *header, size_t repeat)
{
    uint64_t seed = 7;
    size_t count = 0;
    static const struct {
        uint32_t x0, y0, dx, dy;
    } passes[7] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                   {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    struct buffer rows = {0}, stream = {0};
    for (unsigned pass = 0; pass < (header->interlaced ? 7 : 1); pass++) {
        struct png_header part = *header;
        if (header->interlaced) {
            part.width = (header->width - passes[pass].x0 + passes[pass].dx - 1) / passes[pass].dx;
            part.height = (header->height - passes[pass].y0 + passes[pass].dy - 1) / passes[pass].dy;
        }
        for (size_t y = 0; y < part.height; y++) {
            cr_assert_eq(buffer_append(&rows, "\0", 1), 0);
            for (uint64_t i = 0; i < png_header_row_bytes(&part); i++) {
                if (count++ % repeat == 0)
                    seed = 7;
                uint8_t byte = (uint8_t)random_next(&seed);
                cr_assert_eq(buffer_append(&rows, &byte, 1), 0);
            }
        }
    }
    struct libdeflate_compressor *deflater = libdeflate_alloc_compressor(6);
    const size_t bound = libdeflate_zlib_compress_bound(deflater, rows.size);
    cr_assert_eq(buffer_reserve(&stream, bound), 0);
    stream.size = libdeflate_zlib_compress(deflater, rows.data, rows.size, stream.data, bound);
    libdeflate_free_compressor(deflater);
    buffer_free(&rows);
    return stream;
}

/* Signature, header and palette. */
static struct buffer made_head(const struct png_header *header)
{
    uint8_t palette[16 * 3];
    struct buffer file = {0};
    made_begin(&file, header);
    for (size_t i = 0; i < sizeof palette; i++)
        palette[i] = (uint8_t)(i * 5);
    if (header->color_type == PNG_PALETTE)
        made_chunk(&file, "PLTE", palette, sizeof palette);
    return file;
}

static struct buffer made_whole(const struct png_header *header, const struct buffer *stream)
{
    struct buffer file = made_head(header);
    made_chunk(&file, "IDAT", stream->data, stream->size);
    made_chunk(&file, "IEND", "", 0);
    return file;
}

struct result {
    int status;
    struct pm_error error;
    struct warnings warnings;
    struct lent lent;
    struct pm_image image;
};

/* In a block of its own, so that a sanitizer sees a read one byte beyond. */
static void decode_copy(struct result *result, const struct buffer *file, bool allow_truncated)
{
    const struct decode_request request = {.allow_truncated = allow_truncated, .keep = KEEP_ALL};
    struct memory_source memory;
    struct pm_info info;
    uint8_t *copy = malloc(file->size);
    memcpy(copy, file->data, file->size);
    lent_init(&result->lent);
    collect_warnings(&result->lent, &result->warnings);
    memory_source_init(&memory, copy, file->size);
    struct pm_error *error = &result->lent.error;
    result->status =
        codec_probe(&memory.source, &info, error) != NULL
            ? reader_decode(&codec_png, copy, file->size, &request, &result->image, &result->lent.context)
            : -1;
    result->error = *error;
    free(copy);
}

/* Expects all pixels, and a warning with `words`; NULL: no warning. */
static void expect_all_pixels(const struct buffer *file, const struct plain_picture *plain, const char *words,
                              const char *name)
{
    for (int allow = 0; allow < 2; allow++) {
        struct result result;
        decode_copy(&result, file, allow != 0);
        cr_assert_eq(result.status, 0, "%s: %s", name, result.error.message);
        assert_same_pixels(&result.image, plain, name);
        cr_assert_eq(result.warnings.count, words != NULL, "%s: %s", name, result.warnings.text);
        cr_assert(words == NULL || strstr(result.warnings.text, words) != NULL, "%s: %s", name,
                  result.warnings.text);
        cr_assert_null(strstr(result.warnings.text, "missing"), "%s: %s", name, result.warnings.text);
        lent_free(&result.lent);
    }
}

struct kind {
    const struct png_header *header;
    struct buffer stream, whole;
    struct plain_picture plain;
};

static void kind_init(struct kind *kind, size_t number)
{
    kind->header = &headers[number];
    kind->stream = made_stream(kind->header, SIZE_MAX);
    kind->whole = made_whole(kind->header, &kind->stream);
    kind->plain = plain_decode(kind->whole.data, kind->whole.size);
}

static void kind_free(struct kind *kind)
{
    free(kind->plain.pixels);
    buffer_free(&kind->stream);
    buffer_free(&kind->whole);
}

Test(png_end, a_whole_file_draws_no_warning)
{
    for (size_t number = 0; number < HEADERS; number++) {
        struct kind kind;
        kind_init(&kind, number);
        expect_all_pixels(&kind.whole, &kind.plain, NULL, "whole");
        kind_free(&kind);
    }
}

Test(png_end, a_file_cut_behind_its_pixels_is_whole)
{
    enum { CHECKSUMS = PNG_CHUNK_CRC + 4 };
    for (size_t number = 0; number < HEADERS; number++) {
        struct kind kind;
        kind_init(&kind, number);
        for (size_t cut = 1; cut <= PNG_CHUNK_FRAME + CHECKSUMS; cut++) {
            char name[64];
            struct buffer file = {.data = kind.whole.data, .size = kind.whole.size - cut};
            snprintf(name, sizeof name, "kind %zu without its last %zu bytes", number, cut);
            expect_all_pixels(&file, &kind.plain, "has no end chunk (IEND), but all of its pixels", name);
        }
        kind_free(&kind);
    }
}

/* Truncates to `size` bytes: either pixels are missing, and the file is refused unless that is allowed, or
 * none are missing, and no warning mentions grey. Returns whether it is refused. */
static bool expect_refused_or_whole(const struct buffer *whole, size_t size)
{
    struct buffer file = {.data = whole->data, .size = size};
    struct result strict, allowing;
    decode_copy(&strict, &file, false);
    decode_copy(&allowing, &file, true);
    const bool made_up = strstr(allowing.warnings.text, "missing") != NULL, refused = strict.status != 0;
    cr_assert_eq(!refused, allowing.status == 0 && !made_up, "cut to %zu: %s", size, allowing.warnings.text);
    cr_assert(!refused || strict.error.kind == PM_ERROR_TRUNCATED || size < PNG_SIGNATURE_SIZE, "%zu: %s",
              size, strict.error.message);
    cr_assert_eq(strict.error.hint == PM_HINT_ALLOW_TRUNCATED, refused && allowing.status == 0, "%zu: %s",
                 size, strict.error.message);
    lent_free(&strict.lent);
    lent_free(&allowing.lent);
    return refused;
}

Test(png_end, a_file_is_truncated_when_pixels_are_missing)
{
    for (size_t number = 0; number < HEADERS; number++) {
        struct kind kind;
        size_t refused = 0;
        kind_init(&kind, number);
        for (size_t size = 1; size < kind.whole.size; size += size % 5 == 0 ? 3 : 1)
            refused = expect_refused_or_whole(&kind.whole, size) ? size : refused;
        /* The shortest complete file lacks IEND and both checksums, and may lack the last byte or two of the
         * deflate stream. */
        const size_t shortest = kind.whole.size - PNG_CHUNK_FRAME - PNG_CHUNK_CRC - 4;
        cr_assert(refused < shortest && refused + 4 > shortest, "kind %zu: %zu of %zu", number, refused,
                  shortest);
        kind_free(&kind);
    }
}

Test(png_end, a_broken_tail_is_a_warning)
{
    static const struct {
        const char *bytes;
        size_t size;
    } tails[] = {
        {"garbage that is no chunk", 24},
        {"\0\0\0\0IEND\xae\x42\x60\x83", 12}, /* its checksum */
        {"\xff\xff\xff\xffIEND\xae\x42\x60\x82", 12},
        {"\0\0\0\0ZZZZ\0\0\0\0\0\0\0\0IEND\xae\x42\x60\x82", 24},
        {"\0\0\0\1IHDRx\0\0\0\0", 13},
    };
    for (size_t number = 0; number < HEADERS * (sizeof tails / sizeof *tails); number++) {
        char name[64];
        struct kind kind;
        struct buffer file = {0};
        const size_t i = number / HEADERS;
        kind_init(&kind, number % HEADERS);
        snprintf(name, sizeof name, "kind %zu, tail %zu", number % HEADERS, i);
        cr_assert_eq(buffer_append(&file, kind.whole.data, kind.whole.size - PNG_CHUNK_FRAME), 0);
        cr_assert_eq(buffer_append(&file, tails[i].bytes, tails[i].size), 0);
        expect_all_pixels(&file, &kind.plain, "has all of its pixels, but is broken after them", name);
        buffer_free(&file);
        kind_free(&kind);
    }
}

/* Changes the end of the stream, the chunk's checksum right. */
static void expect_stream_end(const struct kind *kind, size_t left_out, const char *added, const char *words)
{
    struct buffer file = made_head(kind->header), changed = {0};
    cr_assert_eq(buffer_append(&changed, kind->stream.data, kind->stream.size - left_out), 0);
    cr_assert_eq(buffer_append(&changed, added, strlen(added)), 0);
    made_chunk(&file, "IDAT", changed.data, changed.size);
    made_chunk(&file, "IEND", "", 0);
    expect_all_pixels(&file, &kind->plain, words, added);
    buffer_free(&changed);
    buffer_free(&file);
}

Test(png_end, a_missing_or_wrong_checksum_is_a_warning)
{
    for (size_t number = 0; number < HEADERS; number++) {
        struct kind kind;
        kind_init(&kind, number);
        for (size_t missing = 1; missing <= 4; missing++)
            expect_stream_end(&kind, missing, "", "has no end or no checksum, but all pixels");
        expect_stream_end(&kind, 4, "abcd", "(Adler-32) is wrong");
        expect_stream_end(&kind, 4, "abcd and surplus", "(Adler-32) is wrong");
        expect_stream_end(&kind, 0, "surplus", "Extra compressed data");
        kind_free(&kind);
    }
}

/* Samples repeat at a distance beyond the header's window, which libpng alone would reject. */
Test(png_end, a_window_that_is_too_small_is_a_warning)
{
    enum { REPEAT = 700 };
    for (size_t number = 0; number < HEADERS; number++) {
        const struct png_header *header = &headers[number];
        if (png_header_row_bytes(header) * header->height < 2 * REPEAT)
            continue;
        struct buffer stream = made_stream(header, REPEAT), file = made_whole(header, &stream);
        struct plain_picture plain = plain_decode(file.data, file.size);
        buffer_free(&file);
        stream.data[0] = 0x08; /* 256 bytes */
        stream.data[1] = 0x1d;
        file = made_whole(header, &stream);
        expect_all_pixels(&file, &plain, "a larger window than its zlib header says", "window");
        free(plain.pixels);
        buffer_free(&file);
        buffer_free(&stream);
    }
}

/* Streams that are longer than what libpng inflates at a time, whose checksum is wrong, and the window too
 * where `repeat` is within it. */
static void expect_rules_broken(const struct png_header *header, size_t repeat, unsigned rules)
{
    struct buffer stream = made_stream(header, repeat), file = made_whole(header, &stream);
    struct plain_picture plain = plain_decode(file.data, file.size);
    struct result result;
    cr_assert_gt(stream.size, 28000);
    buffer_free(&file);
    stream.data[0] = 0x08; /* 256 bytes */
    stream.data[1] = 0x1d;
    stream.data[stream.size - 1] ^= 1;
    cr_assert_eq(buffer_append(&stream, "surplus", 7), 0);
    file = made_whole(header, &stream);
    decode_copy(&result, &file, false);
    cr_assert_eq(result.status, 0, "%s", result.error.message);
    assert_same_pixels(&result.image, &plain, "rules");
    cr_assert_eq(result.warnings.count, rules, "%s", result.warnings.text);
    cr_assert_not_null(strstr(result.warnings.text, "(Adler-32) is wrong"), "%s", result.warnings.text);
    lent_free(&result.lent);
    free(plain.pixels);
    buffer_free(&file);
    buffer_free(&stream);
}

Test(png_end, a_long_stream_may_break_two_rules)
{
    for (int interlaced = 0; interlaced < 2; interlaced++) {
        const struct png_header header = {
            .width = 200, .height = 120, .depth = 8, .color_type = PNG_RGB, .interlaced = interlaced != 0};
        expect_rules_broken(&header, SIZE_MAX, 1);
        expect_rules_broken(&header, 28000, 2);
    }
}

/* An IDAT chunk is missing, but the rest of the file is complete. */
Test(png_end, a_file_that_lacks_a_chunk_of_pixels_is_truncated)
{
    for (size_t number = 0; number < HEADERS; number++) {
        struct kind kind;
        struct result result;
        kind_init(&kind, number);
        struct buffer file = made_head(kind.header);
        made_chunk(&file, "IDAT", kind.stream.data, kind.stream.size / 2);
        made_chunk(&file, "IEND", "", 0);
        decode_copy(&result, &file, false);
        cr_assert_eq(result.error.kind, PM_ERROR_TRUNCATED);
        cr_assert_str_eq(result.error.message, "has fewer pixels than its header says");
        lent_free(&result.lent);
        decode_copy(&result, &file, true);
        cr_assert_eq(result.status, 0, "%s", result.error.message);
        cr_assert_eq(result.warnings.count, 1, "%s", result.warnings.text);
        lent_free(&result.lent);
        buffer_free(&file);
        kind_free(&kind);
    }
}
