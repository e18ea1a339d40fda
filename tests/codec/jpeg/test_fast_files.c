/* pixmill's own decoder beside libjpeg's: samples, conformance files, and folders that the user names. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/jpeg/blocks.h"
#include "codec/jpeg/fixture.h"
#include "codec/jpeg/pair.h"
#include "codec/jpeg/reader.h"
#include "conformance.h"

static struct buffer read_file(const char *path)
{
    struct buffer file = {0};
    uint8_t bytes[4096];
    FILE *in = fopen(path, "rb");
    cr_assert_not_null(in, "%s", path);
    for (size_t got; (got = fread(bytes, 1, sizeof bytes, in)) > 0;)
        cr_assert_eq(buffer_append(&file, bytes, got), 0);
    fclose(in);
    return file;
}

/* What was compared: files, those of them that pixmill's own decoder decoded at full size, and those that
 * both refuse. */
struct tally {
    unsigned files, own, refused;
};

/* Planes and pixels at 8, 4, 2 and 1. */
static void check_file(struct pair *pair, const char *path, struct tally *tally)
{
    struct memory_source memory;
    struct pm_info info = codec_blank_info("jpeg");
    struct pm_error error = {0};
    struct buffer file = read_file(path);
    memory_source_init(&memory, file.data, file.size);
    tally->files++;
    if (codec_jpeg.probe(&memory.source, &info, &error) != 0)
        tally->refused++;
    for (unsigned n = 1; n <= 8 && error.kind == PM_OK; n *= 2) {
        struct decode_request request = request_of(info.width, info.height, n);
        pair_expect_same(pair, &file, &request, simd_detect(), path);
        request.planes = false;
        const bool own = pair_expect_same(pair, &file, &request, simd_detect(), path);
        tally->own += own && n == 8;
        tally->refused += pair->own.error.kind != PM_OK && n == 8;
    }
    buffer_free(&file);
}

static bool is_jpeg(const char *name)
{
    static const char *const suffixes[] = {".jpg", ".jpeg", ".JPG"};
    const char *suffix = strrchr(name, '.');
    for (size_t i = 0; suffix != NULL && i < sizeof suffixes / sizeof *suffixes; i++) {
        if (strcmp(suffix, suffixes[i]) == 0)
            return true;
    }
    return false;
}

/* With all folders in it. */
static void check_folder(struct pair *pair, const char *folder, struct tally *tally)
{
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            check_folder(pair, path, tally);
        else if (entry->d_type == DT_REG && is_jpeg(entry->d_name))
            check_file(pair, path, tally);
    }
    if (dir != NULL)
        closedir(dir);
}

Test(jpeg_fast, samples_are_libjpegs)
{
    struct pair pair;
    struct tally tally = {0};
    pair_open(&pair);
    check_folder(&pair, "samples", &tally);
    cr_expect_geq(tally.files, 6);
    cr_expect_eq(tally.own, tally.files);
    pair_close(&pair);
}

Test(jpeg_fast, conformance_files_are_libjpegs)
{
    char folder[512];
    struct pair pair;
    struct tally tally = {0};
    pair_open(&pair);
    check_folder(&pair, conformance_folder(), &tally);
    snprintf(folder, sizeof folder, "%s/../cases", conformance_folder());
    check_folder(&pair, folder, &tally);
    cr_assert_gt(tally.files, 0);
    pair_close(&pair);
}

/* Every JPEG in the folders that $PIXMILL_JPEGS names, with colons between them. */
Test(jpeg_fast, collections_are_libjpegs, .timeout = 3600)
{
    const char *folders = getenv("PIXMILL_JPEGS");
    char list[4096], *rest = list;
    struct pair pair;
    if (folders == NULL || folders[0] == '\0')
        cr_skip_test("PIXMILL_JPEGS names no folders of JPEGs");
    snprintf(list, sizeof list, "%s", folders);
    pair_open(&pair);
    for (char *folder; (folder = strsep(&rest, ":")) != NULL;) {
        struct tally tally = {0};
        check_folder(&pair, folder, &tally);
        printf("%s: %u JPEGs equal at 8, 4, 2 and 1; %u by pixmill's own decoder, %u refused by both\n",
               folder, tally.files, tally.own, tally.refused);
        cr_expect_gt(tally.files, 0, "%s has none", folder);
    }
    pair_close(&pair);
}
