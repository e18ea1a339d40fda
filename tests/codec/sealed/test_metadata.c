#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "codec/sealed/metadata.h"
#include "lent.h"
#include "pixmill/secret.h"

static const struct pm_blob no_name;

static struct pm_blob blob(const char *text)
{
    return (struct pm_blob){(const uint8_t *)text, strlen(text)};
}

static const struct pm_text texts[] = {{"Title", "Ein Bild"}, {"Comment", ""}, {"", "\xc3\xa4"}};

static struct pm_image full_image(void)
{
    return (struct pm_image){
        .orientation = 7,
        .meta =
            {
                .icc = blob("a profile"),
                .exif = blob("II*"),
                .xmp = blob("<x/>"),
                .iptc = blob("\x1c\x02\x50"),
                .texts = texts,
                .ntexts = 3,
                .has_gamma = true,
                .has_chromaticities = true,
                .has_srgb = true,
                .has_density = true,
                .gamma = 0.45455,
                .chromaticities = {1e-5, 2e-5, 3e-5, 4e-5, 5e-5, 6e-5, 7e-5, 0xfffffffe / 1e5},
                .srgb_intent = 3,
                .density_x = 2835,
                .density_y = 0x80000001,
                .density_unit = 1,
                .has_cicp = true,
                .has_mastering = true,
                .has_light = true,
                .cicp = {9, 16, 0, 1},
                .mastering = {1, 2, 3, [23] = 4},
                .light = {5, [7] = 6},
            },
    };
}

static void expect_blob(const struct pm_blob *got, const struct pm_blob *expected)
{
    cr_assert_eq(got->size, expected->size);
    cr_assert_eq(got->data == NULL, expected->data == NULL);
    if (got->size > 0)
        cr_assert_arr_eq(got->data, expected->data, got->size);
}

Test(seal_meta, everything_comes_back)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_blob name;
    struct pm_image image = full_image(), back = {0};
    size_t size = (size_t)seal_meta_bytes(&image, no_name);
    uint8_t *bytes = malloc(size); /* exactly as large, for the address sanitizer */
    seal_meta_write(&image, no_name, bytes);
    cr_assert_eq(seal_meta_read(bytes, size, &back, &name, &lent.context), 0, "%s", lent.error.message);
    const struct pm_metadata *meta = &back.meta;
    cr_assert_eq(back.orientation, 7);
    expect_blob(&meta->icc, &image.meta.icc);
    expect_blob(&meta->exif, &image.meta.exif);
    expect_blob(&meta->xmp, &image.meta.xmp);
    expect_blob(&meta->iptc, &image.meta.iptc);
    cr_assert(meta->has_gamma && meta->gamma == 0.45455);
    cr_assert(meta->has_chromaticities);
    cr_assert_arr_eq(meta->chromaticities, image.meta.chromaticities, sizeof meta->chromaticities);
    cr_assert(meta->has_srgb && meta->srgb_intent == 3);
    cr_assert(meta->has_density && meta->density_x == 2835 && meta->density_y == 0x80000001 &&
              meta->density_unit == 1);
    cr_assert(meta->has_cicp && meta->has_mastering && meta->has_light);
    cr_assert_arr_eq(meta->cicp, image.meta.cicp, sizeof meta->cicp);
    cr_assert_arr_eq(meta->mastering, image.meta.mastering, sizeof meta->mastering);
    cr_assert_arr_eq(meta->light, image.meta.light, sizeof meta->light);
    cr_assert_eq(meta->ntexts, 3);
    for (int i = 0; i < 3; i++) {
        cr_assert_str_eq(meta->texts[i].keyword, texts[i].keyword);
        cr_assert_str_eq(meta->texts[i].text, texts[i].text);
    }
    cr_assert_null(meta->sealed.data);
    free(bytes);
    lent_free(&lent);
}

Test(seal_meta, what_is_absent_stays_absent)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_blob name;
    struct pm_image image = {.orientation = 1}, back = full_image();
    uint8_t bytes[16];
    cr_assert_eq(seal_meta_bytes(&image, no_name), 6);
    seal_meta_write(&image, no_name, bytes);
    cr_assert_eq(seal_meta_read(bytes, 6, &back, &name, &lent.context), 0);
    const struct pm_metadata *meta = &back.meta;
    cr_assert_eq(back.orientation, 1);
    cr_assert(meta->icc.data == NULL && meta->exif.data == NULL && meta->xmp.data == NULL);
    cr_assert(meta->iptc.data == NULL && !meta->has_cicp && !meta->has_mastering && !meta->has_light);
    cr_assert(meta->texts == NULL && meta->ntexts == 0);
    cr_assert(!meta->has_gamma && !meta->has_chromaticities && !meta->has_srgb && !meta->has_density);
    lent_free(&lent);
}

/* Sealed bytes are authentic, so this is a second check: nothing may be read past the end. */
Test(seal_meta, bytes_cut_anywhere_are_read_within_bounds)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = full_image();
    size_t size = (size_t)seal_meta_bytes(&image, no_name);
    uint8_t *whole = malloc(size);
    seal_meta_write(&image, no_name, whole);
    size_t refused = 0;
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *bytes = malloc(cut + (cut == 0));
        memcpy(bytes, whole, cut);
        struct pm_blob name;
        struct pm_image back = {0};
        lent.error = (struct pm_error){0};
        refused += seal_meta_read(bytes, cut, &back, &name, &lent.context) != 0;
        free(bytes);
    }
    cr_assert_eq(refused, size - 14); /* all but those that end between two of the 15 entries */
    free(whole);
    lent_free(&lent);
}

static void expect_refused(const void *bytes, size_t size)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_blob name;
    struct pm_image back = {0};
    cr_assert_eq(seal_meta_read(bytes, size, &back, &name, &lent.context), -1);
    cr_assert_eq(lent.error.kind, PM_ERROR_UNSUPPORTED);
    lent_free(&lent);
}

Test(seal_meta, broken_entries_are_refused)
{
    expect_refused("\1\0\0\0\1\0", 6);                   /* orientation 0 */
    expect_refused("\1\0\0\0\1\11", 6);                  /* orientation 9 */
    expect_refused("\1\0\0\0\2\1\1", 7);                 /* orientation of two bytes */
    expect_refused("\5\0\0\0\0", 5);                     /* no orientation, empty gamma */
    expect_refused("\1\0\0\0\1\1\7\0\0\0\1\4", 12);      /* sRGB intent 4 */
    expect_refused("\1\0\0\0\1\1\17\0\0\0\0", 11);       /* unknown tag */
    expect_refused("\1\0\0\0\1\1\16\0\0\0\0", 11);       /* an empty name */
    expect_refused("\1\0\0\0\1\1\16\0\0\0\3a\0b", 14);   /* NUL in a name */
    expect_refused("\1\0\0\0\1\1\13\0\0\0\3\1\1\0", 14); /* cICP of three bytes */
    expect_refused("\1\0\0\0\1\1\14\0\0\0\1\0", 12);     /* mDCV of one */
    expect_refused("\1\0\0\0\1\1\15\0\0\0\0", 11);       /* empty cLLI */
    expect_refused("\1\0\0\0\1\1\2\377\377\377\377", 11);
    expect_refused("\1\0\0\0\1\1\11\0\0\0\0", 11);        /* empty text */
    expect_refused("\1\0\0\0\1\1\11\0\0\0\2a\0", 13);     /* keyword only */
    expect_refused("\1\0\0\0\1\1\11\0\0\0\3a\0b", 14);    /* text without an end */
    expect_refused("\1\0\0\0\1\1\11\0\0\0\4a\0\0\0", 15); /* a NUL too many */
}

/* Entries of every type, one after the other: full_image's, and a name. */
static uint8_t *every_entry(size_t *size)
{
    const struct pm_blob name = blob("a.png");
    struct pm_image image = full_image();
    *size = (size_t)seal_meta_bytes(&image, name);
    uint8_t *bytes = malloc(*size);
    seal_meta_write(&image, name, bytes);
    return bytes;
}

/* The entry at bytes[at] once more, at the end. */
static int read_with_repeated(const uint8_t *bytes, size_t size, size_t at)
{
    enum { HEAD = 5 };
    struct lent lent;
    struct pm_blob name;
    struct pm_image back = {0};
    const size_t length = HEAD + get_be32(bytes + at + 1);
    uint8_t *repeated = malloc(size + length);
    memcpy(repeated, bytes, size);
    memcpy(repeated + size, bytes + at, length);
    lent_init(&lent);
    const int status = seal_meta_read(repeated, size + length, &back, &name, &lent.context);
    if (status != 0)
        cr_assert_eq(lent.error.kind, PM_ERROR_UNSUPPORTED);
    lent_free(&lent);
    free(repeated);
    return status;
}

Test(sealed_metadata, only_texts_may_be_repeated)
{
    enum { TEXT = 9, TYPES = 14 };
    size_t size, entries = 0;
    uint8_t *bytes = every_entry(&size);
    for (size_t at = 0; at < size; at += 5 + get_be32(bytes + at + 1), entries++)
        cr_assert_eq(read_with_repeated(bytes, size, at), bytes[at] == TEXT ? 0 : -1, "type %u", bytes[at]);
    cr_assert_eq(entries, TYPES + 2, "every type, and three texts");
    free(bytes);
}

Test(sealed_metadata, an_empty_entry_says_the_same_as_none)
{
    static const uint8_t bytes[] = "\1\0\0\0\1\1\2\0\0\0\0\3\0\0\0\0\4\0\0\0\0\12\0\0\0\0";
    struct lent lent;
    struct pm_blob name;
    struct pm_image read = {0};
    lent_init(&lent);
    cr_assert_eq(seal_meta_read(bytes, sizeof bytes - 1, &read, &name, &lent.context), 0);
    cr_expect_null(read.meta.icc.data);
    cr_expect_null(read.meta.exif.data);
    cr_expect_null(read.meta.xmp.data);
    cr_expect_null(read.meta.iptc.data);
    lent_free(&lent);
}

Test(sealed_metadata, texts_must_be_utf8)
{
    expect_refused("\1\0\0\0\1\1\11\0\0\0\4a\0\377\0", 15);         /* never a byte of UTF-8 */
    expect_refused("\1\0\0\0\1\1\11\0\0\0\3\344\0\0", 14);          /* Latin-1, in the keyword */
    expect_refused("\1\0\0\0\1\1\11\0\0\0\4a\0\303\0", 15);         /* half a character */
    expect_refused("\1\0\0\0\1\1\11\0\0\0\5a\0\300\200\0", 16);     /* overlong */
    expect_refused("\1\0\0\0\1\1\11\0\0\0\6a\0\355\240\200\0", 17); /* a surrogate */
}

Test(sealed_metadata, a_name_comes_back_unless_it_is_too_long)
{
    struct lent lent;
    lent_init(&lent);
    char text[PM_NAME_BYTES];
    memset(text, 'n', sizeof text);
    for (size_t length = PM_NAME_BYTES - 1; length <= PM_NAME_BYTES; length++) {
        struct pm_blob name = {(const uint8_t *)text, length}, back;
        struct pm_image image = {.orientation = 1}, read = {0};
        uint8_t *bytes = malloc(seal_meta_bytes(&image, name));
        seal_meta_write(&image, name, bytes);
        const int status = seal_meta_read(bytes, seal_meta_bytes(&image, name), &read, &back, &lent.context);
        cr_assert_eq(status, length < PM_NAME_BYTES ? 0 : -1);
        if (status == 0)
            cr_assert(back.size == length && memcmp(back.data, text, length) == 0);
        free(bytes);
    }
    lent_free(&lent);
}
