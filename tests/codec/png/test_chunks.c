/* Each chunk is kept, is ignored as harmless, or is left out with one warning per kind. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/png/pngs.h"
#include "codec/reader.h"

static const struct png_header dot = {.width = 1, .height = 1, .depth = 8};

struct added {
    const char *type;
    const void *data;
    size_t size;
    bool behind; /* the pixels */
};

static struct buffer dot_with(const struct added *added, size_t count)
{
    struct buffer file = {0};
    made_begin(&file, &dot);
    for (size_t i = 0; i < count; i++) {
        if (!added[i].behind)
            made_chunk(&file, added[i].type, added[i].data, added[i].size);
    }
    made_pixels(&file, (const uint8_t[]){0, 77}, 2, 1000);
    for (size_t i = 0; i < count; i++) {
        if (added[i].behind)
            made_chunk(&file, added[i].type, added[i].data, added[i].size);
    }
    made_chunk(&file, "IEND", "", 0);
    return file;
}

/* Decodes such a file; its warnings. */
static struct warnings warnings_of(const struct added *added, size_t count)
{
    struct lent lent;
    struct warnings warnings;
    struct pm_image image;
    struct buffer file = dot_with(added, count);
    lent_init(&lent);
    collect_warnings(&lent, &warnings);
    cr_assert_eq(
        reader_decode(&codec_png, file.data, file.size, &(struct decode_request){0}, &image, &lent.context),
        0, "%s", lent.error.message);
    cr_assert_eq(image.plane[0].data[0], 77);
    lent_free(&lent);
    buffer_free(&file);
    return warnings;
}

static struct pm_info info_of(const struct added *added, size_t count)
{
    struct lent lent;
    struct pm_info info;
    struct memory_source memory;
    struct buffer file = dot_with(added, count);
    lent_init(&lent);
    memory_source_init(&memory, file.data, file.size);
    cr_assert_not_null(codec_probe(&memory.source, &info, &lent.error), "%s", lent.error.message);
    cr_assert_eq(codec_png.inspect(&memory.source, &info, &lent.error), 0, "%s", lent.error.message);
    lent_free(&lent);
    buffer_free(&file);
    return info;
}

Test(png_chunks, harmless_ones_are_left_out_without_a_word)
{
    static const struct added harmless[] = {
        {"sBIT", "\5", 1, false},
        {"bKGD", "\0\5", 2, false},
        {"hIST", "\0\1", 2, false},
        {"sPLT", "name\0\10", 6, false},
        {"tIME", "\7\352\1\1\1\1\1", 7, true},
        {"iDOT", "1234", 4, false},
        {"oFFs", "123456789", 9, false},
        {"caNv", "0123456789abcdef", 16, false},
        {"vpAg", "123456789", 9, false},
    };
    struct warnings warnings = warnings_of(harmless, sizeof harmless / sizeof *harmless);
    cr_assert_eq(warnings.count, 0, "%s", warnings.text);
}

Test(png_chunks, each_lost_kind_draws_one_warning)
{
    static const struct added lost[] = {
        {"sTER", "\0", 1, false}, {"pCAL", "x", 1, false}, {"sCAL", "x", 1, true},   {"dSIG", "x", 1, false},
        {"dSIG", "x", 1, true},   {"caBX", "x", 1, false}, {"orNT", "\6", 1, false}, {"npTc", "x", 1, false},
        {"npLb", "x", 1, false},  {"mkBF", "x", 1, false}, {"mkBS", "x", 1, false},  {"mkBS", "y", 1, false},
        {"prVW", "x", 1, false},  {"abCd", "x", 1, false}, {"abCd", "y", 1, true},   {"zzZz", "x", 1, true},
    };
    static const char *const words[] = {"stereo pair (sTER)",
                                        "(pCAL)",
                                        "(sCAL)",
                                        "(dSIG)",
                                        "C2PA",
                                        "(orNT)",
                                        "nine-patch",
                                        "Fireworks' layers",
                                        "chunk abCd, which pixmill does not know, is left out",
                                        "chunk zzZz"};
    struct warnings warnings = warnings_of(lost, sizeof lost / sizeof *lost);
    cr_assert_eq(warnings.count, sizeof words / sizeof *words, "%s", warnings.text);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        cr_assert_not_null(strstr(warnings.text, words[i]), "%s: %s", words[i], warnings.text);
}

Test(png_chunks, no_file_draws_many_warnings)
{
    enum { COUNT = 500 };
    static struct added many[COUNT];
    static char types[COUNT][5];
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(types[i], sizeof types[i], "a%cZ%c", 'a' + (int)i / 26, 'a' + (int)i % 26);
        many[i] = (struct added){types[i], "", 0, false};
    }
    struct warnings warnings = warnings_of(many, COUNT);
    cr_assert_eq(warnings.count, 8, "%s", warnings.text);
}

Test(png_chunks, an_unknown_critical_chunk_refuses_before_the_pixels_alone)
{
    static const struct added before = {"ABCd", "x", 1, false}, behind = {"ABCd", "x", 1, true};
    struct lent lent;
    struct pm_image image;
    struct buffer file = dot_with(&before, 1);
    lent_init(&lent);
    cr_assert_eq(
        reader_decode(&codec_png, file.data, file.size, &(struct decode_request){0}, &image, &lent.context),
        -1);
    cr_assert_eq(lent.error.kind, PM_ERROR_UNSUPPORTED);
    cr_assert_not_null(strstr(lent.error.message, "needs chunk ABCd"), "%s", lent.error.message);
    buffer_free(&file);
    lent_free(&lent);
    struct warnings warnings = warnings_of(&behind, 1);
    cr_assert_eq(warnings.count, 1);
    cr_assert_not_null(strstr(warnings.text, "has all of its pixels, but is broken after them"), "%s",
                       warnings.text);
}

Test(png_chunks, colours_behind_the_pixels_are_left_out_with_a_warning)
{
    static const struct added late[] = {{"gAMA", "\0\0\xb1\x8f", 4, true}, {"cICP", "\14\15\0\1", 4, true}};
    struct warnings warnings = warnings_of(late, 2);
    cr_assert_eq(warnings.count, 1, "%s", warnings.text);
    cr_assert_not_null(strstr(warnings.text, "must come before"), "%s", warnings.text);
}

/* --- animations --- */

static const struct added counter = {"acTL", "\0\0\0\3\0\0\0\0", 8, false};
#define FRAME(number) "\0\0\0" number "\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0\0\0\1\0\12\0\0"
#define DATA(number) "\0\0\0" number "xyz"
static const struct added first = {"fcTL", FRAME("\0"), 26, false};

Test(png_chunks, frames_left_out_are_counted)
{
    const struct added whole[] = {counter,
                                  first,
                                  {"fcTL", FRAME("\1"), 26, true},
                                  {"fdAT", DATA("\2"), 7, true},
                                  {"fcTL", FRAME("\3"), 26, true},
                                  {"fdAT", DATA("\4"), 7, true},
                                  {"fdAT", DATA("\5"), 7, true}};
    struct warnings warnings = warnings_of(whole, 7);
    cr_assert_eq(warnings.count, 0, "%s", warnings.text); /* transform warns */
    cr_assert_eq(info_of(whole, 7).frames, 3);

    /* The decoded picture is not part of the animation. */
    const struct added apart[] = {counter,
                                  {"fcTL", FRAME("\0"), 26, true},
                                  {"fdAT", DATA("\1"), 7, true},
                                  {"fcTL", FRAME("\2"), 26, true},
                                  {"fdAT", DATA("\3"), 7, true},
                                  {"fcTL", FRAME("\4"), 26, true},
                                  {"fdAT", DATA("\5"), 7, true}};
    warnings = warnings_of(apart, 7);
    cr_assert_not_null(strstr(warnings.text, "3 frames of an animation are left out"), "%s", warnings.text);
    cr_assert_eq(info_of(apart, 7).frames, 3);
    cr_assert_eq(info_of(apart, 7).extra_pictures, 1);
}

Test(png_chunks, an_animation_of_the_picture_alone_loses_nothing)
{
    static const struct added one = {"acTL", "\0\0\0\1\0\0\0\0", 8, false};
    const struct added single[] = {one, first};
    struct warnings warnings = warnings_of(single, 2);
    cr_assert_eq(warnings.count, 0, "%s", warnings.text);
    cr_assert_eq(info_of(single, 2).frames, 1);
    const struct added apart[] = {one, {"fcTL", FRAME("\0"), 26, true}, {"fdAT", DATA("\1"), 7, true}};
    warnings = warnings_of(apart, 3);
    cr_assert_not_null(strstr(warnings.text, "1 frame of an animation is left out"), "%s", warnings.text);
    cr_assert_eq(info_of(apart, 3).frames, 1);
    cr_assert_eq(info_of(apart, 3).extra_pictures, 1);
}

Test(png_chunks, what_is_no_animation_is_a_still)
{
    static const struct added broken[] = {{"acTL", "\0\0\0\3", 4, false},
                                          {"acTL", "\0\0\0\0\0\0\0\0", 8, false},
                                          {"acTL", "\0\0\0\3\0\0\0\0", 8, true}};
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(info_of(&broken[i], 1).frames, 1, "%zu", i);
}

/* --- what a probe tells --- */

Test(png_chunks, a_probe_finds_colours_and_metadata_wherever_they_are)
{
    for (int behind = 0; behind < 2; behind++) {
        const struct added rich[] = {
            {"cICP", "\14\15\0\1", 4, false},
            {"mDCV", "012345678901234567890123", 24, false},
            {"cLLI", "01234567", 8, false},
            {"gAMA", "\0\1\x86\xa0", 4, false},
            {"cHRM", "01234567012345670123456701234567", 32, false},
            {"eXIf", "Exif\0\0II*\0\x8\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0", 32, behind},
            {"iTXt", "XML:com.adobe.xmp\0\0\0en\0\0<x/>", 28, behind},
            {"tEXt", "Raw profile type iptc\0\niptc\n 2\n1c02\n", 36, behind},
        };
        struct pm_info info = info_of(rich, 8);
        cr_assert(info.has_cicp && info.has_mastering && info.has_light && info.has_chromaticities);
        cr_assert_eq(info.gamma, 1);
        cr_assert_arr_eq(info.cicp, "\14\15\0\1", 4);
        cr_assert_eq(info.exif_size, 26);
        cr_assert_eq(info.orientation, 6);
        cr_assert_eq(info.xmp_size, 4);
        cr_assert_eq(info.iptc_size, 14);
    }
}

/* --- iOS --- */

Test(png_chunks, an_ios_file_is_called_what_it_is)
{
    struct lent lent;
    struct memory_source memory;
    struct pm_info info;
    struct buffer file = {0}, plain = dot_with(NULL, 0);
    lent_init(&lent);
    cr_assert_eq(buffer_append(&file, png_signature, PNG_SIGNATURE_SIZE), 0);
    made_chunk(&file, "CgBI", "P\0 \6", 4);
    cr_assert_eq(buffer_append(&file, plain.data + PNG_SIGNATURE_SIZE, plain.size - PNG_SIGNATURE_SIZE), 0);
    memory_source_init(&memory, file.data, file.size);
    cr_assert_null(codec_probe(&memory.source, &info, &lent.error));
    cr_assert_eq(lent.error.kind, PM_ERROR_UNSUPPORTED);
    cr_assert_not_null(strstr(lent.error.message, "an iOS-optimised PNG (CgBI)"), "%s", lent.error.message);
    cr_assert_not_null(strstr(lent.error.message, "-revert-iphone-optimizations"), "%s", lent.error.message);
    buffer_free(&file);
    buffer_free(&plain);
    lent_free(&lent);
}
