/* Metadata in texts: EXIF, XMP and IPTC as "raw profiles", and writing IPTC. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "codec/png/pngs.h"
#include "codec/reader.h"

static const struct png_header dot = {.width = 1, .height = 1, .depth = 8};

static const uint8_t tiff[26] = "II*\0\x8\0\0\0\1\0\x12\1\3\0\1\0\0\0\6";

struct fixture {
    struct lent lent;
    struct buffer file;
    struct warnings warnings;
    struct pm_image image;
};

static void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    made_begin(&fixture->file, &dot);
}

/* A raw profile of bytes[size], in lines of a few digits. */
static void add_raw(struct fixture *fixture, const char *keyword, const void *bytes, size_t size)
{
    char text[1024] = "";
    size_t length = strlen(keyword) + 1;
    memcpy(text, keyword, length);
    length += (size_t)sprintf(text + length, "\nname\n%8zu", size);
    for (size_t i = 0; i < size; i++)
        length += (size_t)sprintf(text + length, i % 9 == 0 ? "\n%02X" : "%02x", ((const uint8_t *)bytes)[i]);
    text[length++] = '\n';
    made_chunk(&fixture->file, "tEXt", text, length);
}

static void decode(struct fixture *fixture, unsigned keep)
{
    const struct decode_request request = {.keep = keep};
    made_pixels(&fixture->file, (const uint8_t[]){0, 77}, 2, 1000);
    made_chunk(&fixture->file, "IEND", "", 0);
    lent_init(&fixture->lent);
    collect_warnings(&fixture->lent, &fixture->warnings);
    cr_assert_eq(reader_decode(&codec_png, fixture->file.data, fixture->file.size, &request, &fixture->image,
                               &fixture->lent.context),
                 0, "%s", fixture->lent.error.message);
}

static void fixture_free(struct fixture *fixture)
{
    lent_free(&fixture->lent);
    buffer_free(&fixture->file);
}

static void expect_blob(struct pm_blob blob, const void *bytes, size_t size)
{
    cr_assert_eq(blob.size, size, "%zu", blob.size);
    cr_assert_arr_eq(blob.data, bytes, size);
}

/* Every raw profile that is understood, by its keyword. */
static void add_all(struct fixture *fixture)
{
    uint8_t exif[6 + sizeof tiff] = "Exif\0";
    memcpy(exif + 6, tiff, sizeof tiff);
    add_raw(fixture, "Raw profile type exif", exif, sizeof exif);
    add_raw(fixture, "Raw profile type APP1", "http://ns.adobe.com/xap/1.0/\0<app1/>", 36);
    add_raw(fixture, "Raw profile type iptc", "\x1c\2\x50\0\1Z", 6);
}

Test(png_text, raw_profiles_are_what_they_hold)
{
    struct fixture fixture;
    fixture_init(&fixture);
    add_all(&fixture);
    decode(&fixture, KEEP_ALL);
    const struct pm_metadata *meta = &fixture.image.meta;
    expect_blob(meta->exif, tiff, sizeof tiff);
    expect_blob(meta->xmp, "<app1/>", 7);
    expect_blob(meta->iptc, "\x1c\2\x50\0\1Z", 6);
    cr_assert_eq(meta->ntexts, 0);
    cr_assert_eq(fixture.warnings.count, 0, "%s", fixture.warnings.text);
    cr_assert_eq(fixture.image.orientation, 1, "no viewer turns a picture by that");
    fixture_free(&fixture);
}

Test(png_text, raw_profiles_are_never_texts)
{
    static const unsigned keeps[] = {0, KEEP_TEXT, KEEP_EXIF, KEEP_XMP, KEEP_IPTC};
    for (size_t i = 0; i < sizeof keeps / sizeof *keeps; i++) {
        struct fixture fixture;
        fixture_init(&fixture);
        add_all(&fixture);
        decode(&fixture, keeps[i]);
        const struct pm_metadata *meta = &fixture.image.meta;
        cr_assert_eq(meta->exif.data != NULL, keeps[i] == KEEP_EXIF);
        cr_assert_eq(meta->xmp.data != NULL, keeps[i] == KEEP_XMP);
        cr_assert_eq(meta->iptc.data != NULL, keeps[i] == KEEP_IPTC);
        cr_assert_eq(meta->ntexts, 0);
        fixture_free(&fixture);
    }
}

Test(png_text, iptc_is_found_in_photoshops_resources)
{
    static const char *const keywords[] = {"Raw profile type iptc", "Raw profile type 8bim"};
    for (size_t i = 0; i < 2; i++) {
        struct fixture fixture;
        fixture_init(&fixture);
        add_raw(&fixture, keywords[i], "8BIM\4\4\0\0\0\0\0\6\x1c\2\x50\0\1Z", 18);
        decode(&fixture, KEEP_IPTC);
        expect_blob(fixture.image.meta.iptc, "\x1c\2\x50\0\1Z", 6);
        fixture_free(&fixture);
    }
}

/* Wherever the two are. */
Test(png_text, a_chunk_of_its_own_outranks_a_raw_profile)
{
    static const char xmp[] = "XML:com.adobe.xmp\0\0\0\0\0<itxt/>";
    for (int before = 0; before < 2; before++) {
        struct fixture fixture;
        fixture_init(&fixture);
        if (!before)
            add_all(&fixture);
        made_chunk(&fixture.file, "eXIf", "MM\0*\0\0\0\x8\0\0\0\0\0\0", 14);
        made_chunk(&fixture.file, "iTXt", xmp, sizeof xmp - 1);
        if (before)
            add_all(&fixture);
        decode(&fixture, KEEP_ALL);
        expect_blob(fixture.image.meta.exif, "MM\0*\0\0\0\x8\0\0\0\0\0\0", 14);
        expect_blob(fixture.image.meta.xmp, "<itxt/>", 7);
        cr_assert_eq(fixture.warnings.count, 0, "%s", fixture.warnings.text);
        fixture_free(&fixture);
    }
}

Test(png_text, exif_with_a_jpegs_prefix_is_kept_without_it)
{
    uint8_t exif[6 + sizeof tiff] = "Exif\0";
    struct fixture fixture;
    fixture_init(&fixture);
    memcpy(exif + 6, tiff, sizeof tiff);
    made_chunk(&fixture.file, "eXIf", exif, sizeof exif);
    decode(&fixture, KEEP_EXIF);
    expect_blob(fixture.image.meta.exif, tiff, sizeof tiff);
    cr_assert_eq(fixture.image.orientation, 6);
    fixture_free(&fixture);
}

Test(png_text, broken_and_unknown_raw_profiles_are_left_out_with_a_warning)
{
    static const struct {
        const char *text, *words;
        size_t size;
    } texts[] = {
        {"Raw profile type iptc\0", "broken", 22},
        {"Raw profile type iptc\0\niptc\n", "broken", 28},
        {"Raw profile type iptc\0\niptc\n 0\n", "broken", 31},
        {"Raw profile type icc\0\nicc\n 1\n00\n", "does not know", 33},
        {"Raw profile type 8bim\0\n8bim\n 2\n0000\n", "without whole IPTC", 37},
        {"Raw profile type iptc\0\niptc\n 16\n3842494d0404000000000009"
         "1c020500\n",
         "without whole IPTC", 66},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct fixture fixture;
        fixture_init(&fixture);
        made_chunk(&fixture.file, "tEXt", texts[i].text, texts[i].size);
        decode(&fixture, KEEP_ALL);
        cr_assert_eq(fixture.warnings.count, 1, "%zu: %s", i, fixture.warnings.text);
        cr_assert_not_null(strstr(fixture.warnings.text, texts[i].words), "%s", fixture.warnings.text);
        cr_assert_eq(fixture.image.meta.ntexts, 0);
        fixture_free(&fixture);
    }
}

/* No warning about metadata that was not requested. */
Test(png_text, an_unknown_raw_profile_is_missed_only_with_texts)
{
    for (unsigned i = 0; i < 2; i++) {
        struct fixture fixture;
        fixture_init(&fixture);
        add_raw(&fixture, "Raw profile type icc", "\0", 1);
        decode(&fixture, i == 0 ? KEEP_EXIF | KEEP_XMP | KEEP_IPTC : KEEP_TEXT);
        cr_assert_eq(fixture.warnings.count, i, "%s", fixture.warnings.text);
        fixture_free(&fixture);
    }
}

Test(png_text, iptc_survives_encode_and_decode)
{
    static const size_t sizes[] = {1, 35, 36, 37, 5000};
    uint8_t iptc[5000];
    for (size_t i = 0; i < sizeof iptc; i++)
        iptc[i] = i == 0 ? 0x1c : (uint8_t)(i * 7);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct fixture fixture;
        struct buffer out = {0};
        fixture_init(&fixture);
        decode(&fixture, 0);
        struct pm_image image = fixture.image, back;
        image.meta.iptc = (struct pm_blob){iptc, sizes[i]};
        cr_assert_eq(codec_png.encode(&image, NULL, &out, &fixture.lent.context), 0);
        cr_assert_eq(reader_decode(&codec_png, out.data, out.size,
                                   &(struct decode_request){.keep = KEEP_IPTC}, &back, &fixture.lent.context),
                     0);
        expect_blob(back.meta.iptc, iptc, sizes[i]);
        cr_assert_eq(fixture.warnings.count, 0, "%s", fixture.warnings.text);
        buffer_free(&out);
        fixture_free(&fixture);
    }
}
