#include <criterion/criterion.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/png/pngs.h"
#include "codec/reader.h"
#include "image/exif.h"

/* Counts warnings. */
static unsigned warnings;

static void count_warning(struct context *context, const char *message)
{
    (void)context;
    (void)message;
    warnings++;
}

static const struct context_ops counting = {.warn = count_warning};

static const struct png_header dot = {.width = 1, .height = 1, .depth = 8};

/* A picture of one grey pixel with an additional chunk before or after its pixels. */
static struct buffer dot_with(const char *type, const void *data, size_t size, bool before)
{
    struct buffer out = {0};
    made_begin(&out, &dot);
    if (before)
        made_chunk(&out, type, data, size);
    made_pixels(&out, (const uint8_t[]){0, 77}, 2, 1000);
    if (!before)
        made_chunk(&out, type, data, size);
    made_chunk(&out, "IEND", "", 0);
    return out;
}

static struct pm_image decoded(struct lent *lent, const struct buffer *bytes, unsigned keep)
{
    struct pm_image image;
    const struct decode_request request = {.keep = keep};
    warnings = 0;
    lent->context.ops = &counting;
    cr_assert_eq(reader_decode(&codec_png, bytes->data, bytes->size, &request, &image, &lent->context), 0,
                 "%s", lent->error.message);
    return image;
}

static struct pm_blob made_profile(size_t size)
{
    uint8_t *profile = calloc(1, size);
    png_put_be32(profile, (uint32_t)size);
    memcpy(profile + 36, "acsp", 4);
    for (size_t i = 132; i < size; i++)
        profile[i] = (uint8_t)(i * i >> 3);
    return (struct pm_blob){profile, size};
}

Test(png_meta, all_metadata_survives_encode_and_decode)
{
    static const char xmp[] = "<x:xmpmeta>\xc3\xa9</x:xmpmeta>";
    static const struct pm_text texts[] = {{"Title", "A tarn"}, {"Author", "Zo\xc3\xab \xe2\x82\xac"}};
    struct lent lent;
    struct buffer out = {0};
    uint8_t exif[EXIF_MINIMAL_BYTES];
    lent_init(&lent);
    exif_minimal(exif, 6);
    struct pm_blob profile = made_profile(3000);
    struct pm_image image;
    cr_assert_eq(image_alloc(&image,
                             &(struct shape){
                                 .width = 3, .height = 2, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)},
                             &lent.context),
                 0);
    memset(image.plane[0].data, 5, image.plane[0].stride * 2);
    image.orientation = 6;
    image.meta = (struct pm_metadata){
        .icc = profile,
        .exif = {exif, sizeof exif},
        .xmp = {(const uint8_t *)xmp, sizeof xmp - 1},
        .texts = texts,
        .ntexts = 2,
        .has_gamma = true,
        .gamma = 0.45455,
        .has_chromaticities = true,
        .chromaticities = {0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06},
        .has_density = true,
        .density_x = 2835,
        .density_y = 2836,
        .density_unit = 1,
    };
    cr_assert_eq(codec_png.encode(&image, NULL, &out, &lent.context), 0);
    struct pm_image back = decoded(&lent, &out, KEEP_ALL);
    cr_assert_eq(warnings, 0);
    cr_assert_eq(back.meta.icc.size, profile.size);
    cr_assert_arr_eq(back.meta.icc.data, profile.data, profile.size);
    cr_assert_eq(back.orientation, 6);
    cr_assert_eq(back.meta.exif.size, sizeof exif);
    cr_assert_eq(exif_orientation(back.meta.exif.data, back.meta.exif.size), 6);
    cr_assert_eq(back.meta.xmp.size, sizeof xmp - 1);
    cr_assert_arr_eq(back.meta.xmp.data, xmp, sizeof xmp - 1);
    cr_assert_eq(back.meta.ntexts, 2);
    for (size_t i = 0; i < 2; i++) {
        cr_assert_str_eq(back.meta.texts[i].keyword, texts[i].keyword);
        cr_assert_str_eq(back.meta.texts[i].text, texts[i].text);
    }
    cr_assert(back.meta.has_gamma && back.meta.gamma == 0.45455);
    cr_assert(back.meta.has_chromaticities);
    cr_assert_arr_eq(back.meta.chromaticities, image.meta.chromaticities, sizeof image.meta.chromaticities);
    cr_assert(back.meta.has_density && back.meta.density_x == 2835 && back.meta.density_y == 2836 &&
              back.meta.density_unit == 1);

    struct pm_image bare = decoded(&lent, &out, 0);
    cr_assert_null(bare.meta.exif.data);
    cr_assert_null(bare.meta.xmp.data);
    cr_assert_eq(bare.meta.ntexts, 0);
    cr_assert_eq(bare.orientation, 6);
    cr_assert_not_null(bare.meta.icc.data);

    struct memory_source file;
    struct pm_info info;
    memory_source_init(&file, out.data, out.size);
    cr_assert_eq(codec_probe(&file.source, &info, &lent.error), &codec_png);
    cr_assert_lt(info.icc_size, profile.size, "it is stored deflated");
    cr_assert_eq(codec_png.inspect(&file.source, &info, &lent.error), 0);
    cr_assert_eq(info.icc_size, profile.size);
    free((void *)profile.data);
    buffer_free(&out);
    lent_free(&lent);
}

Test(png_meta, srgb_is_written_unless_a_profile_says_more)
{
    struct lent lent;
    struct pm_image image;
    lent_init(&lent);
    struct pm_blob profile = made_profile(200);
    for (int with_profile = 0; with_profile < 2; with_profile++) {
        struct buffer out = {0};
        cr_assert_eq(
            image_alloc(
                &image,
                &(struct shape){.width = 1, .height = 1, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)},
                &lent.context),
            0);
        memset(image.plane[0].data, 0, 3);
        image.meta.has_srgb = true;
        image.meta.srgb_intent = 2;
        if (with_profile)
            image.meta.icc = profile;
        cr_assert_eq(codec_png.encode(&image, NULL, &out, &lent.context), 0);
        struct pm_image back = decoded(&lent, &out, 0);
        cr_assert_eq(back.meta.has_srgb, !with_profile);
        cr_assert_eq(back.meta.icc.data != NULL, with_profile);
        if (!with_profile)
            cr_assert_eq(back.meta.srgb_intent, 2);
        buffer_free(&out);
    }
    free((void *)profile.data);
    lent_free(&lent);
}

/* The orientation by the probe, which must be the decoder's. */
static unsigned orientation_of(const struct buffer *bytes)
{
    struct lent lent;
    struct memory_source memory;
    struct pm_info info;
    lent_init(&lent);
    memory_source_init(&memory, bytes->data, bytes->size);
    cr_assert_not_null(codec_probe(&memory.source, &info, &lent.error), "%s", lent.error.message);
    cr_assert_eq(decoded(&lent, bytes, KEEP_EXIF).orientation, info.orientation);
    lent_free(&lent);
    return info.orientation;
}

Test(png_meta, orientation_is_the_same_to_probe_and_decoder)
{
    static const uint8_t turned[PNG_EXIF_MAX + 1] = "II*\0\x8\0\0\0\1\0\x12\1\3\0\1\0\0\0\6";
    enum { SHORT = 26, PLACE_OF_CRC = 8 + 25 + 8 + SHORT };
    struct buffer before = dot_with("eXIf", turned, SHORT, true),
                  behind = dot_with("eXIf", turned, SHORT, false);
    struct buffer large = dot_with("eXIf", turned, PNG_EXIF_MAX, true);
    struct buffer larger = dot_with("eXIf", turned, PNG_EXIF_MAX + 1, true);
    cr_assert_eq(orientation_of(&before), 6);
    cr_assert_eq(orientation_of(&behind), 6);
    cr_assert_eq(orientation_of(&large), 6);
    cr_assert_eq(orientation_of(&larger), 1);
    before.data[PLACE_OF_CRC] ^= 1;
    cr_assert_eq(orientation_of(&before), 1);
    buffer_free(&before);
    buffer_free(&behind);
    buffer_free(&large);
    buffer_free(&larger);
}

/* The probe checks no checksums of pixels, the decoder all; both must come to the same result. */
Test(png_meta, orientation_is_found_behind_late_pixels_that_are_damaged)
{
    static const uint8_t turned[26] = "II*\0\x8\0\0\0\1\0\x12\1\3\0\1\0\0\0\6";
    for (unsigned damaged = 0; damaged < 2; damaged++) {
        struct buffer out = {0};
        made_begin(&out, &dot);
        made_pixels(&out, (const uint8_t[]){0, 77}, 2, 1000);
        made_chunk(&out, "tEXt", "a\0b", 3);
        made_chunk(&out, "IDAT", "late", 4);
        out.data[out.size - 1] ^= (uint8_t)damaged;
        made_chunk(&out, "eXIf", turned, sizeof turned);
        made_chunk(&out, "IEND", "", 0);
        cr_assert_eq(orientation_of(&out), 6, "damaged: %u", damaged);
        buffer_free(&out);
    }
}

/* The chunk with the orientation comes after the max number of chunks that are read, and after one more. */
Test(png_meta, orientation_is_looked_for_among_so_many_chunks)
{
    static const uint8_t turned[26] = "II*\0\x8\0\0\0\1\0\x12\1\3\0\1\0\0\0\6";
    for (unsigned extra = 0; extra < 2; extra++) {
        struct buffer out = {0};
        made_begin(&out, &dot);
        made_pixels(&out, (const uint8_t[]){0, 77}, 2, 1000);
        for (unsigned i = 0; i < PNG_CHUNKS_PROBED - 2 + extra; i++)
            made_chunk(&out, "tEXt", "a\0b", 3);
        made_chunk(&out, "eXIf", turned, sizeof turned);
        made_chunk(&out, "IEND", "", 0);
        cr_assert_eq(orientation_of(&out), extra == 0 ? 6 : 1);
        buffer_free(&out);
    }
}

Test(png_meta, orientation_without_exif_is_written_in_the_smallest_one)
{
    struct lent lent;
    struct pm_image image;
    struct pm_info info;
    struct buffer out = {0};
    lent_init(&lent);
    cr_assert_eq(image_alloc(&image,
                             &(struct shape){
                                 .width = 1, .height = 1, .format = PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8)},
                             &lent.context),
                 0);
    image.plane[0].data[0] = 9;
    image.orientation = 8;
    cr_assert_eq(codec_png.encode(&image, NULL, &out, &lent.context), 0);
    cr_assert_eq(decoded(&lent, &out, 0).orientation, 8);
    struct memory_source memory;
    memory_source_init(&memory, out.data, out.size);
    cr_assert_not_null(codec_probe(&memory.source, &info, &lent.error));
    cr_assert_eq(info.orientation, 8);
    buffer_free(&out);
    lent_free(&lent);
}

Test(png_meta, latin1_text_becomes_utf8_wherever_it_stands)
{
    struct lent lent;
    lent_init(&lent);
    for (int before = 0; before < 2; before++) {
        struct buffer bytes = dot_with("tEXt", "Title\0caf\xe9", 10, before);
        struct pm_image image = decoded(&lent, &bytes, KEEP_TEXT);
        cr_assert_eq(image.meta.ntexts, 1);
        cr_assert_str_eq(image.meta.texts[0].keyword, "Title");
        cr_assert_str_eq(image.meta.texts[0].text, "caf\xc3\xa9");
        buffer_free(&bytes);
    }
    lent_free(&lent);
}

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
    struct pm_image image = decoded(&lent, &bytes, KEEP_TEXT);
    cr_assert_eq(image.meta.ntexts, 1);
    cr_assert_str_eq(image.meta.texts[0].text, text);
    buffer_free(&bytes);

    uint8_t unicode[4096] = "Story\0\1\0de\0Geschichte\0";
    const size_t head = 22;
    bytes =
        dot_with("iTXt", unicode, head + deflated(text, 20000, unicode + head, sizeof unicode - head), true);
    image = decoded(&lent, &bytes, KEEP_TEXT);
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
    const struct pm_image image = decoded(&lent, bytes, 0);
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
            cr_assert_null(decoded(&lent, &out, 0).meta.icc.data);
            cr_assert_eq(warnings, 1, "one for all of a kind");
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
        struct pm_image image = decoded(&lent, &bytes, KEEP_ALL);
        cr_assert_eq(warnings, 1, "%s %zu", broken[i].type, i);
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
        struct pm_blob profile = made_profile(500);
        uint8_t *data = (uint8_t *)profile.data;
        if (fault == 0)
            png_put_be32(data, 501);
        else if (fault == 1)
            data[36] = 'x';
        else
            png_put_be32(data, 131);
        struct buffer bytes = dot_with("iCCP", chunk, 6 + deflated(data, 500, chunk + 6, 4000), true);
        cr_assert_null(decoded(&lent, &bytes, 0).meta.icc.data, "%d", fault);
        cr_assert_eq(warnings, 1);
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

Test(png_meta, colour_chunks_of_pngsuite_are_kept)
{
    const char *folder = conformance_folder();
    static const struct {
        const char *name;
        bool gamma, chromaticities, density, exif;
    } files[] = {{"g03n2c08", true, false, false, false},
                 {"ccwn2c08", true, true, false, false},
                 {"cdun2c08", true, false, true, false},
                 {"exif2c08", false, false, false, true}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct lent lent;
        char path[4096];
        lent_init(&lent);
        snprintf(path, sizeof path, "%s/pngsuite/%s.png", folder, files[i].name);
        struct buffer bytes = file_bytes(path);
        struct pm_image image = decoded(&lent, &bytes, KEEP_EXIF);
        cr_assert_eq(image.meta.has_gamma, files[i].gamma, "%s", path);
        cr_assert_eq(image.meta.has_chromaticities, files[i].chromaticities, "%s", path);
        cr_assert_eq(image.meta.has_density, files[i].density, "%s", path);
        cr_assert_eq(image.meta.exif.data != NULL, files[i].exif, "%s", path);
        buffer_free(&bytes);
        lent_free(&lent);
    }
}
