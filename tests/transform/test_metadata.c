/*
 * The metadata of a result: everything that was requested, nothing about the picture it was made from, and
 * nothing that contradicts the result.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "codec/codec.h"
#include "image/exif.h"
#include "image/profile.h"
#include "image/tiff_maker.h"
#include "pictures.h"
#include "transform/metadata.h"
#include "transform/old_picture.h"
#include "transform/transformed.h"

/* A file with all of this metadata. */
static struct buffer make_file(struct lent *lent, const char *format, unsigned orientation)
{
    static const char iptc[] = "\x1c\2\x83\0\1L\x1c\2\x50\0\3Zoe\x1c\2\xca\0\x0fTHE OLD PICTURE";
    static const struct pm_text texts[] = {{"Title", "a title"},
                                           {"Raw profile type exif", "THE OLD PICTURE"}};
    struct pm_image image = picture(lent, WIDTH, HEIGHT, PM_COLOR_RGB, false, 8);
    struct tiff_maker exif;
    char xmp[2048];
    old_exif(&exif, orientation);
    int size = old_xmp(xmp, sizeof xmp, orientation);
    image.orientation = orientation;
    image.meta = (struct pm_metadata){
        .exif = {exif.bytes, exif.size},
        .xmp = {(const uint8_t *)xmp, (size_t)size},
        .iptc = {(const uint8_t *)iptc, sizeof iptc - 1},
        .texts = texts,
        .ntexts = strcmp(format, "png") == 0 ? 2 : 1, /* a comment of a JPEG has no keyword */
        .has_density = true,
        .density_unit = 1,
        .density_x = 7874, /* 200 dpi */
        .density_y = 3937,
    };
    struct buffer file = encoded(lent, format, &image);
    cr_assert_not_null(memmem(file.data, file.size, "THE OLD PICTURE", 15));
    return file;
}

static void expect_in_xmp(const struct pm_metadata *meta, const char *name, uint32_t value, const char *about)
{
    char text[64];
    int size = snprintf(text, sizeof text, "%s=\"%u", name, value);
    cr_expect_not_null(memmem(meta->xmp.data, meta->xmp.size, text, (size_t)size), "%s: not %s in %.*s",
                       about, text, (int)meta->xmp.size, (const char *)meta->xmp.data);
}

/* EXIF, XMP and the format itself state the same about the result. */
static void expect_true(struct lent *lent, const struct buffer *out, bool transposed, const char *about)
{
    cr_expect_null(memmem(out->data, out->size, "THE OLD PICTURE", 15), "%s", about);
    struct pm_image image = decoded(lent, out);
    const struct pm_metadata *meta = &image.meta;
    struct tiff tiff;
    cr_assert(meta->exif.data != NULL && meta->xmp.data != NULL, "%s", about);
    cr_assert(tiff_open(&tiff, meta->exif.data, meta->exif.size));
    size_t ifd0 = tiff_get_32(&tiff, 4);
    struct tiff_entry pointer = tiff_find(&tiff, ifd0, 0x8769);
    size_t exif = tiff_number(&tiff, &pointer);
    struct tiff_entry width = tiff_find(&tiff, exif, 0xA002), height = tiff_find(&tiff, exif, 0xA003),
                      orientation = tiff_find(&tiff, ifd0, 0x0112), density = tiff_find(&tiff, ifd0, 0x011A),
                      maker = tiff_find(&tiff, ifd0, 0x010F);
    cr_expect_eq(image.orientation, 1, "%s", about);
    cr_expect_eq(tiff_number(&tiff, &orientation), 1, "%s", about);
    cr_expect_eq(tiff_number(&tiff, &width), image.width, "%s", about);
    cr_expect_eq(tiff_number(&tiff, &height), image.height, "%s", about);
    cr_expect_eq(maker.value_size, 10, "%s", about);
    expect_in_xmp(meta, "tiff:Orientation", 1, about);
    expect_in_xmp(meta, "exif:PixelXDimension", image.width, about);
    expect_in_xmp(meta, "exif:PixelYDimension", image.height, about);
    expect_in_xmp(meta, "tiff:XResolution", transposed ? 100 : 200, about);
    cr_expect_not_null(memmem(meta->xmp.data, meta->xmp.size, "<xmp:Rating>5<", 14));
    cr_expect_eq(tiff_get_32(&tiff, density.value_at), transposed ? 100 : 200, "%s", about);
    cr_expect_eq(meta->density_x, transposed ? 3937 : 7874, "%s", about);
    cr_expect_eq(meta->density_y, transposed ? 7874 : 3937, "%s", about);
    cr_expect_eq(meta->ntexts, 1, "%s", about);
}

Test(metadata, nothing_is_left_of_the_old_picture_and_nothing_contradicts_the_new_one)
{
    static const struct {
        const char *recipe;
        bool transposes;
    } steps[] = {
        {"", false},
        {"blur=4", false},
        {"sharpen=1", false},
        {"gray", false},
        {"crop=20x10+3+4", false},
        {"resize=50%", false},
        {"flip", false},
        {"flop", false},
        {"rotate=180", false},
        {"rotate=90", true},
        {"rotate=270/crop=10x12+1+2/blur=1", true},
        {"rotate=90/rotate=90", false},
        {"pixelate=4,region=9x9+3+4/blur=3,region=9x9+20+4", false},
    };
    for (unsigned i = 0; i < sizeof steps / sizeof *steps * 4 * 2; i++) {
        const char *recipe = steps[i / 8].recipe, *from = formats[i & 1], *to = formats[i >> 1 & 1];
        const unsigned orientation = i & 4 ? 6 : 1;
        char text[128];
        struct lent lent;
        struct pm_error error;
        lent_init(&lent);
        snprintf(text, sizeof text, "%s%sformat=%s/keep=all", recipe, *recipe != '\0' ? "/" : "", to);
        struct buffer file = make_file(&lent, from, orientation), out = transformed(text, &file, &error);
        cr_assert_gt(out.size, 0, "%s: %s", text, error.message);
        expect_true(&lent, &out, steps[i / 8].transposes != (orientation == 6), text);
        buffer_free(&out);
        buffer_free(&file);
        lent_free(&lent);
    }
}

/* Positions of faces, which name people, survive a blur of everything, but not one that hides a part. */
Test(metadata, positions_are_dropped_if_a_region_is_hidden)
{
    static const char core[] =
        "<r:RDF xmlns:r=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><r:Description "
        "xmlns:m=\"http://www.metadataworkinggroup.com/schemas/regions/\" "
        "xmlns:x=\"http://ns.adobe.com/xap/1.0/\" x:Rating=\"5\">"
        "<m:Regions>a face</m:Regions></r:Description></r:RDF>";
    static const struct {
        const char *recipe;
        bool kept;
    } cases[] = {{"blur=2/keep=xmp", true},
                 {"blur=2,region=9x9+3+4/keep=xmp", false},
                 {"pixelate=5,region=9x9+3+4/keep=xmp", false},
                 {"pixelate=5/keep=xmp", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lent lent;
        lent_init(&lent);
        struct pm_image image = picture(&lent, WIDTH, HEIGHT, PM_COLOR_RGB, false, 8);
        image.meta.xmp = (struct pm_blob){(const uint8_t *)core, sizeof core - 1};
        struct buffer file = encoded(&lent, "png", &image);
        struct buffer out = transformed_well(cases[i].recipe, &file);
        cr_expect_eq(memmem(out.data, out.size, "a face", 6) != NULL, cases[i].kept, "%s", cases[i].recipe);
        cr_expect_not_null(memmem(out.data, out.size, "Rating", 6), "%s", cases[i].recipe);
        buffer_free(&out);
        buffer_free(&file);
        lent_free(&lent);
    }
}

/* Without autorotation the samples keep their orientation, and all metadata states it. */
Test(metadata, an_orientation_that_is_kept_is_stated_everywhere)
{
    for (unsigned i = 0; i < 4; i++) {
        struct lent lent;
        struct pm_error error;
        char text[64];
        lent_init(&lent);
        snprintf(text, sizeof text, "no-autorotate/format=%s/keep=exif,xmp", formats[i >> 1]);
        struct buffer file = make_file(&lent, formats[i & 1], 8), out = transformed(text, &file, &error);
        cr_assert_gt(out.size, 0, "%s", error.message);
        struct pm_image image = decoded(&lent, &out);
        cr_expect(image.width == WIDTH && image.orientation == 8);
        cr_expect_eq(exif_orientation(image.meta.exif.data, image.meta.exif.size), 8);
        expect_in_xmp(&image.meta, "tiff:Orientation", 8, text);
        cr_expect_eq(image.meta.density_x, 7874);
        buffer_free(&out);
        buffer_free(&file);
        lent_free(&lent);
    }
}
