/* HEIC compared with libheif's tools, if installed: files by heif-enc are decoded to the same samples as by
 * heif-convert. */
#include <malloc.h>

#include "codec/heif/peers.h"
#include "codec/part.h"
#include "codec/peak.h"

extern const struct codec codec_heic;

static struct lent lent;

static void begin(void)
{
    struct pm_error missing = {0};
    if (codec_part_find(&codec_heic, &missing) != 0)
        cr_skip_test("%s", missing.message);
    if (!runs("command -v heif-enc && command -v heif-convert && heif-enc --list-encoders | grep x265"))
        cr_skip_test("libheif's heif-enc and heif-convert are not installed (Debian: libheif-examples)");
    lent_init(&lent);
}

static void end(void)
{
    lent_free(&lent);
}

TestSuite(heic_peers, .init = begin, .fini = end, .timeout = 120);

/* Converts in.png by heif-enc with these options to a.heic, and that by heif-convert to a file of that
 * suffix.
 */
static void convert(const char *options, const char *suffix)
{
    char command[256];
    snprintf(command, sizeof command, "heif-enc %s -o a.heic in.png && heif-convert a.heic a.%s", options,
             suffix);
    cr_assert(runs(command), "%s", command);
}

/* A picture of noise near to grey, of `depth` bits. */
static void put_muted(uint32_t width, uint32_t height, enum pm_color color, unsigned depth)
{
    struct buffer file = {0};
    struct pm_image image = picture(&lent, width, height, color, false, depth);
    const unsigned channels = image.plane[0].channels;
    for (uint32_t y = 0; y < height; y++) {
        uint8_t *row = plane_row(&image.plane[0], y);
        for (uint32_t x = 0; x < width * depth / 8; x++) {
            for (unsigned c = 0; c < channels; c++)
                row[x * channels + c] = (uint8_t)(60 + (x * 2 + y) % 120 + row[x * channels + c] / 16);
        }
    }
    cr_assert_eq(codec_png.encode(&image, NULL, &file, &lent.context), 0);
    temp_write("in.png", file.data, file.size);
    buffer_free(&file);
}

/* heif-convert's YUV4MPEG2 is only 4:2:0, and has only colours within RGB, because it converts through
 * RGB. */
Test(heic_peers, planes_are_exact)
{
    static const char *const ways[] = {"-q 20", "-q 50", "-q 90", "-q 50 --full_range_flag=0"};
    static const uint32_t sides[][2] = {{101, 67}, {240, 200}, {8, 8}, {1, 1}};
    for (size_t side = 0; side < sizeof sides / sizeof *sides; side++) {
        put_muted(sides[side][0], sides[side][1], PM_COLOR_RGB, 8);
        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
            convert(ways[i], "y4m");
            const struct pm_image image = read_image(&lent, &codec_heic, "a.heic", true);
            cr_assert_eq(image.nplanes, 3u, "%s", ways[i]);
            expect_planes(&image, "a.y4m");
        }
    }
}

struct way {
    const char *options;
    int apart_max; /* by rounding YCbCr's conversion to RGB */
};

static void expect_pixels(const struct way *way)
{
    convert(way->options, "png");
    const struct pm_image image = read_image(&lent, &codec_heic, "a.heic", false);
    const struct pm_image other = read_image(&lent, &codec_png, "a.png", false);
    expect_same(&image, &other, way->apart_max, way->options);
}

Test(heic_peers, pixels_are_exact_but_for_rounding)
{
    static const struct way ways[] = {{"-q 50 -p chroma=444", 1},
                                      {"-q 90 -p chroma=444", 1},
                                      {"-q 50 -p chroma=444 --full_range_flag=0", 1},
                                      {"-q 50 -p chroma=444 --matrix_coefficients=1", 1},
                                      {"-L -p chroma=444", 1}};
    for (int alpha = 0; alpha < 2; alpha++) {
        put_png(&lent, "in.png", 101, 67, alpha);
        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
            expect_pixels(&ways[i]);
    }
}

/* heif-convert shifts samples of more than 8 bits up to 16 bits: less than one of 10 bits (64) or 12 bits
 * (16) is between its white and full white. Colours may be one level apart by rounding. */
Test(heic_peers, grey_and_more_bits_are_exact_but_for_rounding)
{
    static const struct way grays[] = {{"-q 50", 0}, {"-L", 0}},
                            deep[] = {{"-b 10 -q 50 -p chroma=444", 64 + 63},
                                      {"-b 12 -q 50 -p chroma=444", 16 + 15}},
                            deep_grays[] = {{"-b 10 -q 50", 63}, {"-b 12 -q 30", 15}};
    for (size_t i = 0; i < 2; i++) {
        put_muted(101, 67, PM_COLOR_GRAY, 8);
        expect_pixels(&grays[i]);
        put_muted(240, 200, PM_COLOR_GRAY, 16);
        expect_pixels(&deep_grays[i]);
        put_muted(101, 67, PM_COLOR_RGB, 16);
        expect_pixels(&deep[i]);
    }
}

/* --- memory ------------------------------------------------------------------------------------------ */

static void check_memory(const char *options, bool planes)
{
    char command[256];
    size_t size;
    struct lent fresh;
    struct pm_info info;
    struct pm_image image;
    struct memory_source memory;
    const struct decode_request request = {.planes = planes};
    snprintf(command, sizeof command, "heif-enc %s -o a.heic in.png", options);
    cr_assert(runs(command), "%s", command);
    char *data = temp_read(temp_path("a.heic"), &size);
    memory_source_init(&memory, data, size);
    cr_assert_eq(codec_probe(&memory.source, &info, &lent.error), &codec_heic);
    lent_init(&fresh);
    (void)malloc_trim(0);
    const long long before = reset_peak();
    cr_assert_eq(reader_decode(&codec_heic, (const uint8_t *)data, size, &request, &image, &fresh.context),
                 0);
    const long long taken = resident("VmHWM:") - before;
    const long long forecast = (long long)codec_heic.decode_bytes(&info, &request);
    cr_expect_leq(taken, forecast, "%s: %lld, forecast %lld", command, taken, forecast);
    cr_expect_geq(taken, forecast / 3, "%s: %lld, forecast %lld", command, taken, forecast);
    lent_free(&fresh);
    free(data);
}

/* The forecast includes what libde265 allocates with malloc. */
Test(heic_peers, memory_is_as_forecast)
{
    put_muted(1024, 1024, PM_COLOR_RGB, 8);
    check_memory("-q 50", true);
    check_memory("-q 10 -p chroma=444", false);
    put_muted(512, 1024, PM_COLOR_RGB, 16);
    check_memory("-b 10 -q 30 -p chroma=444", false);
    put_muted(1024, 1024, PM_COLOR_GRAY, 8);
    check_memory("-q 50", false);
    put_png(&lent, "in.png", 512, 512, true);
    check_memory("-q 95", false);
}

/* A file of several pictures, by libheif's encoder: each is found by its number. */
Test(heic_peers, each_picture_is_found_by_its_number, .timeout = 120)
{
    put_png(&lent, "a.png", 64, 48, false);
    put_png(&lent, "b.png", 80, 32, true);
    cr_assert(runs("heif-enc -q 60 -p preset=ultrafast a.png b.png -o two.heic"));
    size_t size;
    uint8_t *file = (uint8_t *)temp_read(temp_path("two.heic"), &size);
    cr_assert_not_null(file);
    static const uint32_t widths[] = {64, 80};
    for (unsigned page = 1; page <= 3; page++) {
        struct memory_source memory;
        struct pm_info info;
        struct pm_error error = {0};
        memory_source_init(&memory, file, size);
        const bool found = codec_probe_page(&memory.source, page, &info, &error) == &codec_heic;
        cr_assert_eq(found, page < 3, "%u: %s", page, error.message);
        if (!found) {
            cr_expect_str_eq(error.message, "has no page 3 (its last page is 2)");
            continue;
        }
        cr_expect_eq(info.width, widths[page - 1]);
        cr_expect_eq(info.pages, 2);
        cr_expect_eq(info.page, page);
        cr_expect_eq(info.pixels.alpha != PM_ALPHA_NONE, page == 2);
        const struct decode_request request = {.page = page};
        struct frame frame;
        struct reader *reader = reader_open(&codec_heic, &info, file, size, &request, &lent.context);
        cr_assert_not_null(reader, "%s", lent.error.message);
        cr_assert_eq(reader_frame(reader, &frame, &lent.context), 0, "%s", lent.error.message);
        cr_expect_eq(frame.image.width, widths[page - 1]);
        reader_close(reader);
    }
    free(file);
}
