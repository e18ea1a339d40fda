/* Metadata in and out, and what the probe tells of it. */
#include <criterion/criterion.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/png/dots.h"
#include "codec/png/pngs.h"
#include "codec/reader.h"
#include "image/exif.h"

Test(png_meta, all_metadata_survives_encode_and_decode)
{
    static const char xmp[] = "<x:xmpmeta>\xc3\xa9</x:xmpmeta>";
    static const struct pm_text texts[] = {{"Title", "A tarn"}, {"Author", "Zo\xc3\xab \xe2\x82\xac"}};
    struct lent lent;
    struct buffer out = {0};
    uint8_t exif[EXIF_MINIMAL_BYTES];
    lent_init(&lent);
    exif_minimal(exif, 6);
    struct pm_blob profile = dot_profile(3000);
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
    struct pm_image back = dot_decoded(&lent, &out, KEEP_ALL);
    cr_assert_eq(dot_warnings, 0);
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

    struct pm_image bare = dot_decoded(&lent, &out, 0);
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
    struct pm_blob profile = dot_profile(200);
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
        struct pm_image back = dot_decoded(&lent, &out, 0);
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
    cr_assert_eq(dot_decoded(&lent, bytes, KEEP_EXIF).orientation, info.orientation);
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
    cr_assert_eq(dot_decoded(&lent, &out, 0).orientation, 8);
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
        struct pm_image image = dot_decoded(&lent, &bytes, KEEP_TEXT);
        cr_assert_eq(image.meta.ntexts, 1);
        cr_assert_str_eq(image.meta.texts[0].keyword, "Title");
        cr_assert_str_eq(image.meta.texts[0].text, "caf\xc3\xa9");
        buffer_free(&bytes);
    }
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
        struct pm_image image = dot_decoded(&lent, &bytes, KEEP_EXIF);
        cr_assert_eq(image.meta.has_gamma, files[i].gamma, "%s", path);
        cr_assert_eq(image.meta.has_chromaticities, files[i].chromaticities, "%s", path);
        cr_assert_eq(image.meta.has_density, files[i].density, "%s", path);
        cr_assert_eq(image.meta.exif.data != NULL, files[i].exif, "%s", path);
        buffer_free(&bytes);
        lent_free(&lent);
    }
}
