#include <criterion/criterion.h>
#include <string.h>

#include "codec/codec.h"
#include "codec/kinds.h"

static void is_kind(enum image_kind kind, const char *head, size_t size)
{
    const enum image_kind found = image_kind_find((const uint8_t *)head, size);
    cr_expect_eq(found, kind, "%s: %d", image_kind_name(kind) != NULL ? image_kind_name(kind) : "none",
                 found);
}
#define IS(kind, bytes) is_kind(kind, bytes, sizeof(bytes) - 1)

Test(kinds, are_known_by_their_first_bytes)
{
    IS(KIND_HEIF, "\0\0\0\x18"
                  "ftypmif1\0\0\0\0mif1j2ki");
    IS(KIND_HEIF_SHORT, "\0\0\0\x10"
                        "ftypmif3avif\0\0\0\x60mini");
    IS(KIND_RAW, "\0\0\0\x18"
                 "ftypcrx \0\0\0\1crx isom");
    IS(KIND_RAW, "II*\0\x10\0\0\0CR\2\0");
    IS(KIND_RAW, "FUJIFILMCCD-RAW 0201");
    IS(KIND_JPEG_2000, "\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14");
    IS(KIND_NETPBM, "P6\n3 2\n255\n");
    IS(KIND_NETPBM, "P5 3 2 255\n");
    IS(KIND_NETPBM, "P7\nWIDTH 3\n");
    IS(KIND_PHOTOSHOP, "8BPS\0\1");
    IS(KIND_OPENEXR, "\x76\x2f\x31\x01\2\0\0\0");
    IS(KIND_QOI, "qoif\0\0\0\1");
    IS(KIND_ICON, "\0\0\1\0\1\0");
    IS(KIND_SVG, "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
}

Test(kinds, other_files_are_none)
{
    IS(KIND_NONE, "");
    IS(KIND_NONE, "BM");
    IS(KIND_NONE, "BMW is a make of cars, not a bitmap, and so is this");
    IS(KIND_NONE, "BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\1\0\0\2\0\0\0\2\0\0\0\1\0\x18\0");
    IS(KIND_NONE, "BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\1\2\0\0\0\2\0\0\0\1\0\x18\0");
    IS(KIND_NONE, "BM\x46\0\0\0\1\0\0\0\x36\0\0\0\x28\0\0\0\2\0\0\0\2\0\0\0\1\0\x18\0");
    IS(KIND_NONE, "P6");
    IS(KIND_NONE, "P5 is no number");
    IS(KIND_NONE, "%PDF-1.7\n");
    IS(KIND_NONE, "\x7f"
                  "ELF\2\1\1");
    IS(KIND_NONE, "PK\3\4\x14\0");
    IS(KIND_NONE, "\0\0\0\x20"
                  "ftypisom\0\0\2\0isomiso2avc1mp41");
    IS(KIND_NONE, "RIFF\x24\x08\0\0WAVEfmt ");
    IS(KIND_NONE, "GIF");
    /* Brands are read no further than their box. */
    IS(KIND_NONE, "\0\0\0\x14"
                  "ftypisom\0\0\2\0isomheicheic");
}

Test(kinds, every_kind_has_a_name_and_no_codec_claims_it)
{
    cr_expect_null(image_kind_name(KIND_NONE));
    for (enum image_kind kind = KIND_NONE + 1; kind < IMAGE_KINDS; kind++) {
        cr_assert_not_null(image_kind_name(kind), "%d", kind);
        for (const struct codec *const *codec = codecs; *codec != NULL; codec++)
            cr_expect_neq(strcasecmp((*codec)->name, image_kind_name(kind)), 0, "%s is read", (*codec)->name);
    }
}

Test(kinds, other_files_are_named_in_messages)
{
    static const struct {
        const char *head, *message;
        size_t size;
    } cases[] = {
#define CASE(bytes, message) {bytes, message, sizeof(bytes) - 1}
        CASE("%PDF-1.7", "not a supported image (this is a PDF document; pixmill reads "),
        CASE("PK\3\4\x14\0", "not a supported image (this is a ZIP archive: unpack it; pixmill reads "),
        CASE("\x1f\x8b", "not a supported image (this is gzip data: unpack it; pixmill reads "),
        CASE("\0\0\0\x14"
             "ftypqt  ",
             "not a supported image (this is a video; pixmill reads "),
        CASE("\n <!DOCTYPE html>", "not a supported image (this is a web page: HTML; pixmill reads "),
        CASE("<HTML>", "not a supported image (this is a web page: HTML; pixmill reads "),
        CASE("<htm", "not a supported image (pixmill reads "),
        CASE("%PDF", "not a supported image (pixmill reads "),
        CASE("  ", "not a supported image (pixmill reads "),
#undef CASE
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pm_error error = {0};
        cr_expect_eq(codec_not_supported((const uint8_t *)cases[i].head, cases[i].size, &error), -1);
        cr_expect_eq(strncmp(error.message, cases[i].message, strlen(cases[i].message)), 0, "%s",
                     error.message);
    }
}
