/* `pixmill run` on JPEG XL files. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/backend.h"
#include "cli/run.h"
#include "codec/jpeg/maker.h"
#include "codec/part.h"
#include "temp.h"

static void begin(void)
{
    struct pm_error missing = {0};
    if (codec_part_find(codec_of_suffix("jxl"), &missing) != 0)
        cr_skip_test("%s", missing.message);
    run_begin();
}

TestSuite(jxl_run, .init = begin);

/* libjxl, built with assertions, prints a trace of each error; in a sandboxed worker that ended the process.
 */
Test(jxl_run, damage_is_reported_by_pixmill_alone, .timeout = 120)
{
    size_t size;
    char name[32];
    put_picture("a.jxl", 61, 47);
    char *file = temp_read("a.jxl", &size);
    for (size_t i = 0; i < size; i += 1 + size / 100) {
        file[i] ^= 0x55;
        snprintf(name, sizeof name, "in/%zu.jxl", i);
        temp_write(name, file, size);
        file[i] ^= 0x55;
    }
    free(file);
    struct run here = RUN("run", "in", "-o", "out", "--format=png"),
               apart = RUN("run", "in", "-o", "out", "--format=png", "--backend=procs", STRICTEST);
    cr_assert_eq(here.status, 1, "%s", here.err);
    cr_assert_eq(apart.status, 1, "%s", apart.err);
    cr_expect_null(strstr(here.err, "JXL_"), "%s", here.err);
    cr_expect_null(strstr(here.err, ".cc:"), "%s", here.err);
    cr_expect_null(strstr(apart.err, "was stopped"), "%s", apart.err);
    cr_expect_not_null(strstr(here.err, "is damaged: libjxl can't decode it"), "%s", here.err);
}

Test(jxl_run, every_backend_decodes_the_same)
{
    put_picture("in/a.jxl", 61, 47);
    put_picture_of("in/b.jxl", 61, 47, PM_COLOR_GRAY, true, 16);
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        char by[64];
        if ((*backend)->why_not() != NULL)
            continue;
        snprintf(by, sizeof by, "--backend=%s", (*backend)->name);
        struct run run = RUN("run", "in", "-o", (*backend)->name, "--format=png", "--resize=40x", by);
        expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
        for (int i = 0; i < 2; i++) {
            char first[64], other[64];
            snprintf(first, sizeof first, "%s/%c.png", backends[0]->name, 'a' + i);
            snprintf(other, sizeof other, "%s/%c.png", (*backend)->name, 'a' + i);
            cr_expect(same_bytes(first, other), "%s differs", other);
        }
    }
}

/* --- JPEG and back ----------------------------------------------------------------------------------- */

static bool holds(const char *path, const char *text)
{
    size_t size = 0;
    char *bytes = temp_read(path, &size);
    const bool found = bytes != NULL && memmem(bytes, size, text, strlen(text)) != NULL;
    free(bytes);
    return found;
}

/* A JPEG with EXIF of that orientation. */
static void put_jpeg_with_exif(const char *path, uint8_t orientation)
{
    static const uint8_t exif[] = "Exif\0\0II*\0\x08\0\0\0\2\0"
                                  "\x0f\1\2\0\4\0\0\0Mak\0"
                                  "\x12\1\3\0\1\0\0\0\1\0\0\0\0\0\0";
    const size_t payload = sizeof exif, at_orientation = 6 + 10 + 12 + 8;
    size_t size;
    put_picture("plain.jpg", 64, 48);
    char *plain = temp_read("plain.jpg", &size);
    uint8_t *file = malloc(size + payload + 4);
    cr_assert_not_null(file);
    const uint8_t head[6] = {0xFF, 0xD8, 0xFF, 0xE1, 0, (uint8_t)(payload + 2)};
    memcpy(file, head, sizeof head);
    memcpy(file + sizeof head, exif, payload);
    file[sizeof head + at_orientation] = orientation;
    memcpy(file + sizeof head + payload, plain + 2, size - 2);
    temp_write(path, file, sizeof head + payload + size - 2);
    free(file);
    free(plain);
}

Test(jxl_run, a_jpeg_is_kept_and_restored_byte_by_byte)
{
    put_picture("in/a.jpg", 61, 47);
    put_picture_of("in/b.jpg", 61, 47, PM_COLOR_GRAY, false, 8);
    struct run there =
                   RUN("run", "in", "-o", "jxl", "--format=jxl", "--lossless", "--backend=procs", STRICTEST),
               back = RUN("run", "jxl", "-o", "jpeg", "--format=jpeg", "--backend=procs", STRICTEST);
    expect_summary(&there, "2 images: 2 ok, 0 skipped, 0 failed");
    expect_summary(&back, "2 images: 2 ok, 0 skipped, 0 failed");
    cr_expect(holds("jxl/a.jxl", "jbrd"));
    cr_expect(same_bytes("in/a.jpg", "jpeg/a.jpg"));
    cr_expect(same_bytes("in/b.jpg", "jpeg/b.jpg"));
}

/* Its scan names a component that its frame lacks. libjxl stores such a file, libjpeg does not decode it. */
Test(jxl_run, a_jpeg_that_is_not_decoded_is_not_kept)
{
    static const uint8_t first[] = {3, 1, 0x11,
                                    0}; /* of the frame: components, and the first one's id, factors, table */
    struct buffer file = make_jpeg(&(struct jpeg_recipe){JPEG_YCC(61, 47, 1, 1)});
    uint8_t *at = memmem(file.data, file.size, first, sizeof first);
    cr_assert_not_null(at);
    at[1] = 0;
    temp_write("in.jpg", file.data, file.size);
    buffer_free(&file);
    struct run run = RUN("run", "in.jpg", "-o", "out", "--format=jxl", "--lossless");
    expect(&run, 1, "in.jpg: can't be decoded by libjpeg: Invalid component ID 1 in SOS");
}

/* A grey BMP of blocks with random levels. */
static void put_blocks(const char *path)
{
    enum { SIDE = 96, BLOCK = 8, HEAD = 54, BYTES = HEAD + 3 * SIDE * SIDE };
    static const uint8_t head[HEAD] = {
        'B', 'M', [10] = HEAD, [14] = 40, [18] = SIDE, [22] = SIDE, [26] = 1, [28] = 24};
    uint8_t file[BYTES], blocks[SIDE / BLOCK][SIDE / BLOCK];
    uint32_t random = 1;
    for (size_t i = 0; i < sizeof blocks; i++)
        (&blocks[0][0])[i] = (uint8_t)((random = random * 1664525 + 1013904223) >> 24);
    memcpy(file, head, HEAD);
    for (int i = 0; i < 3 * SIDE * SIDE; i++)
        file[HEAD + i] = blocks[i / 3 / SIDE / BLOCK][i / 3 % SIDE / BLOCK];
    temp_write(path, file, BYTES);
}

/* With zeros inside, which decode as pixels. libjxl 0.7 stores some of these files and can't restore them: of
 * those that decode with a warning, the coefficients are kept, or, if they are no encoder's, the pixels. */
Test(jxl_run, a_damaged_jpeg_keeps_its_pixels)
{
    enum { HOLE_MAX = 20, EOI = 2 };
    put_blocks("blocks.bmp");
    struct run make = RUN("run", "blocks.bmp", "-o", ".", "--format=jpeg", "--gray", "--quality=95");
    cr_assert_eq(make.status, 0, "%s", make.err);
    size_t size;
    uint8_t *whole = (uint8_t *)temp_read("blocks.jpg", &size);
    const uint8_t *scan = memmem(whole, size, "\xFF\xDA", 2);
    cr_assert_not_null(scan);
    char names[3][32];
    int files = 0, kept = 0;
    for (size_t at = (size_t)(scan - whole) + 10; at + HOLE_MAX + EOI < size; at++, files++) {
        uint8_t file[4096];
        cr_assert_leq(size, sizeof file);
        memcpy(file, whole, size);
        memset(file + at, 0, 1 + files % HOLE_MAX);
        snprintf(names[0], sizeof names[0], "in/%03d.jpg", files);
        temp_write(names[0], file, size);
    }
    free(whole);
    struct run there = RUN("run", "in", "-o", "jxl", "--format=jxl", "--lossless"),
               back = RUN("run", "jxl", "-o", "back", "--format=jpeg"),
               want = RUN("run", "in", "-o", "want", "--format=png"),
               have = RUN("run", "back", "-o", "have", "--format=png");
    cr_assert(there.status <= 1 && want.status <= 1, "%s", there.err); /* some end too early */
    cr_assert_eq(back.status + have.status, 0, "%s%s", back.err, have.err);
    for (int i = 0; i < files; i++) {
        snprintf(names[0], sizeof names[0], "jxl/%03d.jxl", i);
        snprintf(names[1], sizeof names[1], "want/%03d.png", i);
        snprintf(names[2], sizeof names[2], "have/%03d.png", i);
        const bool is_kept = access(names[0], F_OK) == 0 && holds(names[0], "jbrd");
        kept += is_kept;
        cr_expect(!is_kept || same_bytes(names[1], names[2]), "%s", names[1]);
    }
    cr_expect_gt(kept, 0, "%d", kept);
}

/* With coarser tables, the same coefficients are larger than any encoder's, and libjxl 0.7 would store and
 * decode them as others: the pixels are kept. */
Test(jxl_run, a_jpeg_with_coefficients_of_no_encoder_keeps_its_pixels)
{
    enum { DQT_HEAD = 5, STEPS = 64 };
    put_blocks("blocks.bmp");
    struct run make = RUN("run", "blocks.bmp", "-o", "in", "--format=jpeg", "--gray", "--quality=95");
    cr_assert_eq(make.status, 0, "%s", make.err);
    size_t size;
    uint8_t *file = (uint8_t *)temp_read("in/blocks.jpg", &size), *tables = memmem(file, size, "\xFF\xDB", 2);
    cr_assert_not_null(tables);
    memset(tables + DQT_HEAD, 255, STEPS);
    temp_write("in/coarse.jpg", file, size);
    free(file);
    struct run there = RUN("run", "in", "-o", "jxl", "--format=jxl", "--lossless"),
               want = RUN("run", "in", "-o", "want", "--format=webp", "--lossless"),
               have = RUN("run", "jxl", "-o", "have", "--format=webp", "--lossless");
    cr_assert_eq(there.status + want.status + have.status, 0, "%s%s%s", there.err, want.err, have.err);
    cr_expect(holds("jxl/blocks.jxl", "jbrd"));
    cr_expect_not(holds("jxl/coarse.jxl", "jbrd"));
    cr_expect(same_bytes("want/coarse.webp", "have/coarse.webp"));
}

/* A thumbnail in JFIF's segment, bytes after Adobe's fields, and a segment that decoders skip. */
Test(jxl_run, of_a_kept_jpeg_only_what_decoders_read_is_kept)
{
    static const struct {
        unsigned marker;
        const char *payload;
        size_t size;
    } segments[] = {
        {0xE0, "JFIF\0\1\1\0\0\1\0\1\2\2a secret 123", 14 + 12},
        {0xEE, "Adobe\0\144\0\0\0\0\1a secret", 12 + 8},
        {0xDC, "a secret", 8},
    };
    for (size_t i = 0; i < sizeof segments / sizeof *segments; i++) {
        struct buffer file = make_jpeg(&(struct jpeg_recipe){JPEG_YCC(61, 47, 1, 1), .no_jfif = true});
        insert_segment(&file, segments[i].marker, segments[i].payload, segments[i].size);
        temp_write("in.jpg", file.data, file.size);
        buffer_free(&file);
        struct run there = RUN("run", "in.jpg", "-o", "jxl", "--format=jxl", "--lossless"),
                   back = RUN("run", "jxl/in.jxl", "-o", "back", "--format=jpeg");
        cr_assert_eq(there.status + back.status, 0, "%zu: %s%s", i, there.err, back.err);
        cr_expect(holds("jxl/in.jxl", "jbrd"), "%zu", i);
        cr_expect_not(holds("back/in.jpg", "a secret"), "%zu", i);
    }
}

Test(jxl_run, metadata_of_a_kept_jpeg_follows_keep)
{
    put_jpeg_with_exif("in/a.jpg", 1);
    struct run without = RUN("run", "in", "-o", "without", "--format=jxl", "--lossless"),
               all = RUN("run", "in", "-o", "all", "--format=jxl", "--lossless", "--keep=all"),
               back = RUN("run", "all/a.jxl", "-o", "back", "--format=jpeg", "--keep=all"),
               stripped = RUN("run", "all/a.jxl", "-o", "stripped", "--format=jpeg");
    cr_assert_eq(without.status + all.status + back.status + stripped.status, 0, "%s%s%s%s", without.err,
                 all.err, back.err, stripped.err);
    cr_expect(holds("without/a.jxl", "jbrd"));
    cr_expect_not(holds("without/a.jxl", "Mak"));
    cr_expect(same_bytes("in/a.jpg", "back/a.jpg"));
    cr_expect_not(holds("stripped/a.jpg", "Exif"));
}

/* The JPEG is turned without loss before. */
Test(jxl_run, a_kept_jpeg_is_turned_upright)
{
    put_jpeg_with_exif("in/a.jpg", 6);
    struct run there = RUN("run", "in", "-o", "jxl", "--format=jxl", "--lossless"),
               png = RUN("run", "in", "-o", "png", "--format=png"),
               again = RUN("run", "jxl/a.jxl", "-o", "again", "--format=jpeg"),
               jpeg = RUN("run", "in", "-o", "turned");
    cr_assert_eq(there.status + png.status + again.status + jpeg.status, 0, "%s%s%s%s", there.err, png.err,
                 again.err, jpeg.err);
    expect_picture("jxl/a.jxl", "jxl", 48, 64);
    cr_expect(holds("jxl/a.jxl", "jbrd"));
    cr_expect(same_bytes("turned/a.jpg", "again/a.jpg"));
}

Test(jxl_run, what_asks_for_other_samples_is_encoded)
{
    put_picture("a.jpg", 61, 47);
    struct run lossy = RUN("run", "a.jpg", "-o", "lossy", "--format=jxl"),
               resized = RUN("run", "a.jpg", "-o", "resized", "--format=jxl", "--lossless", "--resize=30x"),
               kept = RUN("run", "a.jpg", "-o", "kept", "--format=jxl", "--lossless"),
               quality = RUN("run", "kept/a.jxl", "-o", "quality", "--format=jpeg", "--quality=30");
    cr_assert_eq(lossy.status + resized.status + kept.status + quality.status, 0);
    cr_expect_not(holds("lossy/a.jxl", "jbrd"));
    cr_expect_not(holds("resized/a.jxl", "jbrd"));
    cr_expect(holds("kept/a.jxl", "jbrd"));
    cr_expect_not(same_bytes("a.jpg", "quality/a.jpg"));
}

Test(jxl_run, animations_go_there_and_back)
{
    const struct pm_blob *animation = codec_of_suffix("gif")->samples;
    temp_write("in/a.gif", animation->data, animation->size);
    struct run run = RUN("run", "in", "-o", "threads", "--format=jxl", "--lossless");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    cr_expect_null(strstr(run.err, "left out"), "%s", run.err);
    run = RUN("run", "in", "-o", "procs", "--format=jxl", "--lossless", "--backend=procs", STRICTEST);
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    cr_expect(same_bytes("threads/a.jxl", "procs/a.jxl"));
    run = RUN("run", "threads", "-o", "back", "--format=png", "--backend=procs", STRICTEST);
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    run = RUN("run", "in", "-o", "direct", "--format=png");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    run = RUN("info", "back/a.png", "direct/a.png");
    cr_expect_not_null(strstr(run.out, "2 frames"), "%s", run.out);
}
