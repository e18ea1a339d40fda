/* Progressive results: the scans that libjpeg makes of the baseline result's coefficients. */
#include <criterion/criterion.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "codec/jpeg/fixture.h"
#include "codec/options.h"
#include "pictures.h"

enum { GAPS = 2048 /* between pieces of an arena */ };

static int encode(struct fixture *fixture, const struct pm_image *image, bool progressive, struct buffer *out)
{
    alignas(8) unsigned char options[CODEC_OPTIONS_BYTES];
    codec_options_init(&codec_jpeg, options);
    cr_assert_eq(codec_option_set(&codec_jpeg, options, "quality", "88", &fixture->error), 0);
    if (progressive)
        cr_assert_eq(codec_option_set(&codec_jpeg, options, "progressive", NULL, &fixture->error), 0);
    const struct shape shape = image_shape(image);
    const struct arena_mark mark = arena_mark(&fixture->arena);
    out->size = 0;
    fixture->error = (struct pm_error){0};
    fixture->arena.peak = mark.used;
    const int status = codec_jpeg.encode(image, options, out, &fixture->context);
    cr_expect_leq(fixture->arena.peak - mark.used, codec_jpeg.encode_bytes(&shape, options) + GAPS);
    cr_expect_leq(out->size, codec_jpeg.encode_bound(&shape, options));
    cr_expect_eq(arena_mark(&fixture->arena).used, mark.used);
    return status;
}

/* What jpegtran -progressive makes of the file, without metadata. */
static struct buffer plain_progressive(const struct buffer *file)
{
    struct jpeg_decompress_struct in;
    struct jpeg_compress_struct out;
    struct jpeg_error_mgr errors;
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    in.err = out.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&in);
    jpeg_create_compress(&out);
    jpeg_mem_src(&in, file->data, file->size);
    jpeg_mem_dest(&out, &bytes, &size);
    jpeg_read_header(&in, TRUE);
    jvirt_barray_ptr *arrays = jpeg_read_coefficients(&in);
    jpeg_copy_critical_parameters(&in, &out);
    jpeg_simple_progression(&out);
    jpeg_write_coefficients(&out, arrays);
    jpeg_finish_compress(&out);
    jpeg_destroy_compress(&out);
    jpeg_destroy_decompress(&in);
    return (struct buffer){.data = bytes, .size = size, .capacity = size};
}

static void expect_progressive(struct fixture *fixture, const struct pm_image *image)
{
    struct buffer baseline = {0}, progressive = {0};
    cr_assert_eq(encode(fixture, image, false, &baseline), 0, "%s", fixture->error.message);
    cr_assert_eq(encode(fixture, image, true, &progressive), 0, "%s", fixture->error.message);
    struct buffer expected = plain_progressive(&baseline);
    cr_assert_eq(progressive.size, expected.size, "colour %d", image->format.color);
    cr_expect_arr_eq(progressive.data, expected.data, expected.size);
    buffer_free(&baseline);
    buffer_free(&progressive);
    buffer_free(&expected);
}

Test(jpeg_progressive, has_the_standard_scans)
{
    static const struct {
        uint32_t width, height;
    } sizes[] = {{1, 1}, {17, 9}, {64, 48}, {131, 75}};
    static const struct {
        enum pm_color color;
        unsigned channels;
    } colors[] = {{PM_COLOR_GRAY, 1}, {PM_COLOR_RGB, 3}, {PM_COLOR_CMYK, 4}};
    struct fixture fixture;
    fixture_open(&fixture);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (size_t c = 0; c < sizeof colors / sizeof *colors; c++) {
            uint8_t *samples = make_samples(sizes[s].width, sizes[s].height, colors[c].channels);
            struct pm_image image = wrap_samples(samples, sizes[s].width, sizes[s].height, colors[c].color);
            expect_progressive(&fixture, &image);
            free(samples);
        }
    }
    fixture_close(&fixture);
}

Test(jpeg_progressive, has_them_of_planes)
{
    struct fixture fixture;
    struct lent lent;
    lent_init(&lent);
    fixture_open(&fixture);
    struct pm_image image = picture_ycc(&lent, 131, 75, 2, 2);
    expect_progressive(&fixture, &image);
    fixture_close(&fixture);
    lent_free(&lent);
}

Test(jpeg_progressive, stops_at_a_checkpoint)
{
    struct fixture fixture;
    struct buffer out = {0};
    fixture_open(&fixture);
    uint8_t *samples = make_samples(160, 640, 3);
    struct pm_image image = wrap_samples(samples, 160, 640, PM_COLOR_RGB);
    cr_assert_eq(encode(&fixture, &image, true, &out), 0);
    const unsigned all = fixture.checkpoints;
    cr_assert_geq(all, 40);
    for (unsigned i = 1; i <= all; i += 13) {
        fixture.checkpoints = 0;
        fixture.stop_after = i;
        cr_expect_eq(encode(&fixture, &image, true, &out), -1, "%u", i);
        cr_expect_eq(out.size, 0);
    }
    buffer_free(&out);
    free(samples);
    fixture_close(&fixture);
}
