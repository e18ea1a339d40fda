/* Metadata that a result can not have, or that was not asked for: what is left out, and how it is told. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "codec/codec.h"
#include "image/exif.h"
#include "image/profile.h"
#include "image/tiff_maker.h"
#include "pictures.h"
#include "transform/metadata.h"
#include "transform/old_picture.h"
#include "transform/transformed.h"

/* A context that counts warnings. */
static unsigned warnings;
static char last_warning[256];

static void count_warning(struct context *context, const char *message)
{
    (void)context;
    warnings++;
    snprintf(last_warning, sizeof last_warning, "%s", message);
}

static const struct context_ops counting = {.warn = count_warning};
static const struct picture_facts facts = {.mime = "image/png", .moved = true};

static struct pm_blob blob(const char *text)
{
    return (struct pm_blob){(const uint8_t *)text, strlen(text)};
}

Test(metadata, only_what_was_asked_for_is_kept)
{
    static const struct pm_text texts[] = {{"Title", "a title"}};
    static const char iptc[] = "\x1c\2\x50\0\3Zoe";
    for (unsigned keep = 0; keep <= KEEP_ALL; keep++) {
        struct lent lent;
        uint8_t exif[EXIF_MINIMAL_BYTES];
        char xmp[2048];
        lent_init(&lent);
        lent.context.ops = &counting;
        warnings = 0;
        exif_minimal(exif, 1);
        int size = old_xmp(xmp, sizeof xmp, 1);
        struct pm_image image = picture(&lent, 4, 4, PM_COLOR_RGB, false, 8);
        image.meta = (struct pm_metadata){.exif = {exif, sizeof exif},
                                          .xmp = {(const uint8_t *)xmp, (size_t)size},
                                          .iptc = {(const uint8_t *)iptc, sizeof iptc - 1},
                                          .texts = texts,
                                          .ntexts = 1,
                                          .has_cicp = true,
                                          .has_mastering = true,
                                          .has_light = true};
        cr_assert_eq(metadata_settle(&image, facts, keep, &lent.context), 0);
        cr_expect_eq(image.meta.exif.data != NULL, (keep & KEEP_EXIF) != 0);
        cr_expect_eq(image.meta.xmp.data != NULL, (keep & KEEP_XMP) != 0);
        cr_expect_eq(image.meta.iptc.data != NULL, (keep & KEEP_IPTC) != 0);
        cr_expect_eq(image.meta.ntexts, (keep & KEEP_TEXT) != 0);
        cr_expect(image.meta.has_cicp && image.meta.has_mastering && image.meta.has_light);
        cr_expect_eq(warnings, 0, "%s", last_warning);
        lent_free(&lent);
    }
}

Test(metadata, of_many_tags_left_out_the_first_are_named)
{
    enum { NAMED = 8 };
    for (unsigned count = NAMED; count <= NAMED + 1; count++) {
        struct made_entry entries[1 + NAMED + 1] = {{0x0131, TIFF_ASCII, 8, "program", {0}}};
        struct tiff_maker maker;
        struct lent lent;
        lent_init(&lent);
        lent.context.ops = &counting;
        warnings = 0;
        for (unsigned i = 0; i < count; i++)
            entries[1 + i] = (struct made_entry){(uint16_t)(0xC700 + i), 99, 1, NULL, {0}};
        tiff_maker_begin(&maker, false);
        tiff_maker_end(&maker, tiff_maker_ifd(&maker, entries, 1 + count, 0));
        struct pm_image image = picture(&lent, 4, 4, PM_COLOR_RGB, false, 8);
        image.meta.exif = (struct pm_blob){maker.bytes, maker.size};
        cr_assert_eq(metadata_settle(&image, facts, KEEP_EXIF, &lent.context), 0);
        cr_assert_eq(warnings, 1);
        cr_expect_not_null(strstr(last_warning, ": 0xC700, 0xC701, "), "%s", last_warning);
        cr_expect_not_null(strstr(last_warning, ", 0xC707"), "%s", last_warning);
        cr_expect_eq(strstr(last_warning, ", ...") != NULL, count > NAMED, "%s", last_warning);
        lent_free(&lent);
    }
}

/* UTF-8 to UTF-16, for test data. */
static size_t to_utf16(const char *utf8, bool big, uint8_t *utf16)
{
    uint8_t *end = utf16;
    for (const uint8_t *s = (const uint8_t *)utf8; *s != 0;) {
        static const uint8_t masks[] = {0x7f, 0x1f, 0x0f, 0x07};
        const size_t more = text_character((const char *)s) - 1;
        uint32_t character = *s++ & masks[more];
        for (size_t i = 0; i < more; i++)
            character = character << 6 | (*s++ & 0x3f);
        const bool pair = character > 0xffff;
        const unsigned units[] = {pair ? 0xd800 + ((character - 0x10000) >> 10) : character,
                                  0xdc00 + (character & 0x3ff)};
        for (int i = 0; i <= pair; i++) {
            end[big ? 0 : 1] = (uint8_t)(units[i] >> 8);
            end[big ? 1 : 0] = (uint8_t)units[i];
            end += 2;
        }
    }
    return (size_t)(end - utf16);
}

/* In both byte orders, with and without a byte order mark and declaration, and with characters of one to four
 * bytes. */
Test(metadata, xmp_in_utf16_is_kept_as_utf8)
{
    static const char declaration[] = "<?xml version='1.0' encoding='UTF-16'?>",
                      core[] =
                          "<r:RDF xmlns:r=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
                          "<r:Description xmlns:t=\"http://ns.adobe.com/tiff/1.0/\" t:Orientation=\"%d\" "
                          "t:Artist=\"Zo\xc3\xab \xe2\x82\xac \xf0\x9f\x90\xb1 \xf4\x8f\xbf\xbd\"/></r:RDF>";
    for (unsigned i = 0; i < 8; i++) {
        char text[640], before[512], after[512];
        uint8_t utf16[1024];
        struct lent lent;
        lent_init(&lent);
        lent.context.ops = &counting;
        warnings = 0;
        snprintf(before, sizeof before, core, 6);
        snprintf(after, sizeof after, core, 1);
        snprintf(text, sizeof text, "%s%s%s", i & 2 ? "\xEF\xBB\xBF" : "", i & 4 ? declaration : "", before);
        struct pm_image image = picture(&lent, 4, 4, PM_COLOR_RGB, false, 8);
        image.meta.xmp = (struct pm_blob){utf16, to_utf16(text, i & 1, utf16)};
        cr_assert_eq(metadata_settle(&image, facts, KEEP_XMP, &lent.context), 0);
        cr_expect_eq(warnings, 0, "%s", last_warning);
        cr_assert_eq(image.meta.xmp.size, strlen(after), "%u", i);
        cr_expect_arr_eq(image.meta.xmp.data, after, strlen(after));
        lent_free(&lent);
    }
}

Test(metadata, xmp_in_malformed_utf16_is_left_out)
{
    static const char *const malformed[] = {"<\0\x3d\xd8<\0", "<\0\x31\xdc<\0", "<\0<\0\x3d\xd8"};
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        for (size_t size = 5; size <= 6; size++) {
            struct lent lent;
            uint8_t *bytes = malloc(size);
            lent_init(&lent);
            lent.context.ops = &counting;
            warnings = 0;
            memcpy(bytes, malformed[i], size);
            struct pm_image image = picture(&lent, 4, 4, PM_COLOR_RGB, false, 8);
            image.meta.xmp = (struct pm_blob){bytes, size};
            cr_assert_eq(metadata_settle(&image, facts, KEEP_XMP, &lent.context), 0);
            cr_expect(warnings == 1 && image.meta.xmp.data == NULL);
            free(bytes);
            lent_free(&lent);
        }
    }
}

/* An EXIF block without an orientation tag, in a rotated picture: the block is kept and the tag added. */
Test(metadata, an_orientation_that_exif_lacks_is_added)
{
    struct tiff_maker maker;
    tiff_maker_begin(&maker, true);
    tiff_maker_end(&maker,
                   tiff_maker_ifd(&maker, (struct made_entry[]){{0x4746, TIFF_SHORT, 1, NULL, {5}}}, 1, 0));
    for (unsigned i = 0; i < 2; i++) {
        struct lent lent;
        lent_init(&lent);
        lent.context.ops = &counting;
        warnings = 0;
        struct pm_image image = picture(&lent, 4, 4, PM_COLOR_RGB, false, 8);
        image.orientation = 6;
        image.meta.exif = (struct pm_blob){maker.bytes, maker.size};
        cr_assert_eq(metadata_settle(&image, facts, KEEP_EXIF, &lent.context), 0);
        cr_expect_eq(warnings, 0, "%s", last_warning);
        struct buffer file = encoded(&lent, formats[i], &image);
        struct pm_image result = decoded(&lent, &file);
        cr_expect_eq(result.orientation, 6);
        cr_expect_eq(exif_orientation(result.meta.exif.data, result.meta.exif.size), 6);
        struct tiff tiff;
        cr_assert(tiff_open(&tiff, result.meta.exif.data, result.meta.exif.size));
        const struct tiff_entry entry = tiff_find(&tiff, tiff_get_32(&tiff, 4), 0x4746);
        cr_expect_eq(tiff_number(&tiff, &entry), 5);
        buffer_free(&file);
        lent_free(&lent);
    }
}

/* The block does not fit into a JPEG; only the orientation is written. */
Test(metadata, exif_that_is_too_long_for_jpeg_leaves_its_orientation)
{
    enum { SIZE = 70000 };
    struct lent lent;
    lent_init(&lent);
    lent.context.ops = &counting;
    warnings = 0;
    uint8_t *exif = calloc(1, SIZE);
    exif_minimal(exif, 6);
    struct pm_image image = picture(&lent, 4, 4, PM_COLOR_RGB, false, 8);
    image.orientation = 6;
    image.meta.exif = (struct pm_blob){exif, SIZE};
    struct buffer file = encoded(&lent, "jpeg", &image);
    cr_expect(warnings == 1 && strstr(last_warning, "EXIF of 70000 bytes is left out") != NULL, "%s",
              last_warning);
    struct pm_image result = decoded(&lent, &file);
    cr_expect_eq(result.orientation, 6);
    buffer_free(&file);
    free(exif);
    lent_free(&lent);
}

/* Everything that is written can be read: the longest allowed profile, in both formats. */
Test(metadata, the_longest_profile_is_read_again)
{
    uint8_t *profile = calloc(1, PROFILE_MAX);
    cr_assert_not_null(profile);
    memcpy(profile, "\0\x7f\xff\xff", 4);
    memcpy(profile + 16, "RGB ", 4);
    memcpy(profile + 36, "acsp", 4);
    for (unsigned i = 0; i < 4; i++) {
        char text[32];
        struct lent lent;
        lent_init(&lent);
        struct pm_image image = picture(&lent, 4, 4, PM_COLOR_RGB, false, 8);
        image.meta.icc = (struct pm_blob){profile, PROFILE_MAX};
        struct buffer file = encoded(&lent, formats[i & 1], &image);
        snprintf(text, sizeof text, "format=%s", formats[i >> 1]);
        struct pm_image result = result_of(&lent, text, &file);
        cr_expect_eq(result.meta.icc.size, PROFILE_MAX, "%s from %s", text, formats[i & 1]);
        buffer_free(&file);
        lent_free(&lent);
    }
    free(profile);
}

/* A PNG reader refuses a file with more chunks before the pixels than its limit. */
Test(metadata, the_first_thousand_texts_are_kept)
{
    enum { TEXTS = 5000 };
    static struct pm_text texts[TEXTS];
    for (size_t i = 0; i < TEXTS; i++)
        texts[i] = (struct pm_text){"Comment", i == 0 ? "first" : "another"};
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 4, 4, PM_COLOR_RGB, false, 8);
    image.meta = (struct pm_metadata){.texts = texts, .ntexts = TEXTS};
    struct buffer file = encoded(&lent, "jpeg", &image);
    struct pm_image result = result_of(&lent, "format=png/keep=text", &file);
    cr_expect_eq(result.meta.ntexts, TEXTS_MAX);
    cr_expect_str_eq(result.meta.texts[0].text, "first");
    lent.context.ops = &counting;
    warnings = 0;
    cr_assert_eq(metadata_settle(&image, facts, KEEP_TEXT, &lent.context), 0);
    cr_expect_eq(image.meta.ntexts, TEXTS_MAX);
    cr_expect(warnings == 1 && strcmp(last_warning, "5000 texts, of which only the first 1000 are kept") == 0,
              "%s", last_warning);
    buffer_free(&file);
    lent_free(&lent);
}

/* Each loss of something that was requested is reported once. */
Test(metadata, losses_are_warned_of)
{
    static const struct pm_text raw[] = {{"Raw profile type exif", "0"}, {"Raw profile type xmp", "0"}};
    struct tiff_maker camera;
    old_exif(&camera, 1);
    const struct {
        struct pm_metadata meta;
        const char *warning;
    } cases[] = {
        {{.exif = blob("Exif")}, "EXIF is broken and left out"},
        {{.exif = {camera.bytes, camera.size}},
         "EXIF tags left out, because they may contain or describe the old picture: 0x927C MakerNote"},
        {{.xmp = blob("<x:xmpmeta>")},
         "XMP is left out: it is not well-formed XML in UTF-8 or UTF-16, so it can't be updated"},
        {{.xmp = blob("<r:RDF xmlns:r=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><!--/9j/--></r:RDF>")},
         "XMP: pictures and what may be pictures are left out (a depth map, an original, an encrypted note)"},
        {{.xmp = blob("<r:RDF xmlns:r=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" "
                      "xmlns:e=\"http://ns.adobe.com/exif/1.0/\"><e:SubjectArea/></r:RDF>")},
         "XMP: positions in the old picture are left out (of faces, of a panorama)"},
        {{.iptc = blob("8BIM")}, "IPTC is broken and left out"},
        {{.texts = raw, .ntexts = 2},
         "text that holds EXIF, XMP or the like (Raw profile type) is left out: it would be outdated"},
        {{.icc = blob("profile")}, "the ICC profile does not match the result's channels and was dropped"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lent lent;
        lent_init(&lent);
        lent.context.ops = &counting;
        warnings = 0;
        struct pm_image image = picture(&lent, 4, 4, PM_COLOR_RGB, false, 8);
        image.meta = cases[i].meta;
        cr_assert_eq(metadata_settle(&image, facts, KEEP_ALL, &lent.context), 0);
        cr_expect_eq(warnings, 1, "%zu", i);
        cr_expect_str_eq(last_warning, cases[i].warning);
        cr_expect(image.meta.iptc.data == NULL && image.meta.ntexts == 0 && image.meta.texts == NULL &&
                  image.meta.icc.data == NULL);
        lent_free(&lent);
    }
}
