/* Turning coefficients: each block's samples, by the definition of the inverse transform, are those of the
 * block that it came from, turned. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/jpeg/blocks.h"
#include "codec/jpeg/fixture.h"
#include "codec/transcode.h"
#include "image/orientation.h"

/* A component's samples, whole blocks. */
struct samples {
    uint32_t width, height;
    double *sample;
};

struct samples_of_file {
    int components;
    bool progressive, arithmetic;
    uint32_t width, height;
    struct samples component[4];
};

/* T.81, A.3.3 */
static void invert(const JCOEF *block, const UINT16 *quantizers, double *out, uint32_t stride)
{
    for (unsigned y = 0; y < 8; y++) {
        for (unsigned x = 0; x < 8; x++) {
            double sum = 0;
            for (unsigned v = 0; v < 8; v++) {
                for (unsigned u = 0; u < 8; u++)
                    sum += (u == 0 ? M_SQRT1_2 : 1) * (v == 0 ? M_SQRT1_2 : 1) * block[8 * v + u] *
                           quantizers[8 * v + u] * cos((2 * x + 1) * u * M_PI / 16) *
                           cos((2 * y + 1) * v * M_PI / 16);
            }
            out[(size_t)y * stride + x] = sum / 4;
        }
    }
}

static struct samples samples_of(struct jpeg_decompress_struct *cinfo, jvirt_barray_ptr *arrays, int i)
{
    const jpeg_component_info *component = &cinfo->comp_info[i];
    struct samples samples = {component->width_in_blocks * 8, component->height_in_blocks * 8, NULL};
    samples.sample = calloc((size_t)samples.width * samples.height, sizeof *samples.sample);
    for (uint32_t y = 0; y < component->height_in_blocks; y++) {
        JBLOCKROW row = cinfo->mem->access_virt_barray((j_common_ptr)cinfo, arrays[i], y, 1, FALSE)[0];
        for (uint32_t x = 0; x < component->width_in_blocks; x++)
            invert(row[x], component->quant_table->quantval,
                   samples.sample + (size_t)y * 8 * samples.width + (size_t)x * 8, samples.width);
    }
    return samples;
}

static struct samples_of_file read_samples(const struct buffer *file)
{
    struct jpeg_decompress_struct cinfo;
    struct jpeg_error_mgr errors;
    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&cinfo);
    jpeg_mem_src(&cinfo, file->data, file->size);
    jpeg_read_header(&cinfo, TRUE);
    jvirt_barray_ptr *arrays = jpeg_read_coefficients(&cinfo);
    struct samples_of_file samples = {.components = cinfo.num_components,
                                      .progressive = cinfo.progressive_mode,
                                      .arithmetic = cinfo.arith_code,
                                      .width = cinfo.image_width,
                                      .height = cinfo.image_height};
    for (int i = 0; i < cinfo.num_components; i++)
        samples.component[i] = samples_of(&cinfo, arrays, i);
    jpeg_destroy_decompress(&cinfo);
    return samples;
}

static void free_samples(struct samples_of_file *samples)
{
    for (int i = 0; i < samples->components; i++)
        free(samples->component[i].sample);
}

static void expect_turned(const struct samples *in, const struct samples *out, unsigned orientation,
                          const char *name)
{
    const struct turn turn = orientation_turn(orientation);
    cr_assert_eq(out->width, turn.transpose ? in->height : in->width, "%s", name);
    cr_assert_eq(out->height, turn.transpose ? in->width : in->height, "%s", name);
    for (uint32_t y = 0; y < out->height; y++) {
        for (uint32_t x = 0; x < out->width; x++) {
            const uint32_t u = turn.transpose ? y : x, v = turn.transpose ? x : y;
            const uint32_t from_x = turn.mirror_x ? in->width - 1 - u : u;
            const uint32_t from_y = turn.mirror_y ? in->height - 1 - v : v;
            const double expected = in->sample[(size_t)from_y * in->width + from_x];
            cr_assert_float_eq(out->sample[(size_t)y * out->width + x], expected, 1e-6, "%s, %u: %u, %u",
                               name, orientation, x, y);
        }
    }
}

static int settle(const struct transcode_job *job, struct pm_image *image)
{
    (void)image;
    ++*(int *)job->lender;
    return 0;
}

static enum transcode_status transcode(struct fixture *fixture, const struct buffer *file,
                                       unsigned orientation, struct buffer *out)
{
    struct pm_info info;
    int settled = 0;
    arena_reset(&fixture->arena);
    arena_reset(&fixture->spare);
    arena_reset(&fixture->job_arena);
    fixture->error = (struct pm_error){0};
    cr_assert_eq(fixture_probe(fixture, file, &info), 0, "%s", fixture->error.message);
    const struct decode_request request = {0};
    const struct transcoder *transcoder = transcoder_find(&codec_jpeg, &codec_jpeg);
    const struct transcode_job job = {.data = file->data,
                                      .size = file->size,
                                      .info = &info,
                                      .request = &request,
                                      .options = NULL,
                                      .turn = orientation,
                                      .orientation = 1,
                                      .settle = settle,
                                      .lender = &settled};
    out->size = 0;
    const enum transcode_status status = transcoder_run(transcoder, &job, out, &fixture->context);
    cr_expect(settled <= 1 && (settled == 1 || status != TRANSCODE_DONE));
    cr_expect_eq(fixture->native, 0);
    cr_expect(status == TRANSCODE_DONE || out->size == 0);
    cr_expect(out->size <= transcoder->result_bytes(&info));
    cr_expect(fixture->arena.peak + fixture->spare.peak <= transcoder->work_bytes(&info, orientation),
              "%zu + %zu bytes", fixture->arena.peak, fixture->spare.peak);
    cr_expect(arena_mark(&fixture->arena).used == 0 && arena_mark(&fixture->spare).used == 0);
    return status;
}

static void expect_all_turns(const struct buffer *file, const char *name)
{
    struct fixture fixture;
    struct buffer out = {0};
    fixture_open(&fixture);
    struct samples_of_file in = read_samples(file);
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        cr_assert_eq(transcode(&fixture, file, orientation, &out), TRANSCODE_DONE, "%s, %u: %s", name,
                     orientation, fixture.error.message);
        struct samples_of_file made = read_samples(&out);
        cr_assert_eq(made.components, in.components);
        cr_expect_eq(made.width, orientation_transposes(orientation) ? in.height : in.width);
        cr_expect_eq(made.progressive, in.progressive, "%s", name);
        cr_expect_not(made.arithmetic, "%s", name);
        for (int i = 0; i < in.components; i++)
            expect_turned(&in.component[i], &made.component[i], orientation, name);
        free_samples(&made);
    }
    free_samples(&in);
    buffer_free(&out);
    fixture_close(&fixture);
}

#define GREY(pixels_wide, pixels_high) JPEG_GREY(pixels_wide, pixels_high)

static const struct {
    const char *name;
    struct jpeg_recipe recipe;
} files[] = {
    {"4:2:0", {JPEG_YCC(48, 32, 2, 2)}},
    {"4:4:4", {JPEG_YCC(40, 24, 1, 1)}},
    {"4:2:2", {JPEG_YCC(48, 24, 2, 1)}},
    {"4:4:0", {JPEG_YCC(40, 32, 1, 2)}},
    {"4:1:1", {JPEG_YCC(64, 24, 4, 1)}},
    {"grey", {GREY(40, 24)}},
    {"grey with factors", {GREY(40, 24), .h = 2, .v = 2}},
    {"CMYK", {.width = 40, .height = 24, .in = JCS_CMYK, .out = JCS_CMYK}},
    {"YCCK", {.width = 48, .height = 32, .in = JCS_CMYK, .out = JCS_YCCK, .h = 2, .v = 2}},
    {"RGB", {.width = 40, .height = 24, .in = JCS_RGB, .out = JCS_RGB}},
    {"progressive", {JPEG_YCC(48, 32, 2, 2), .progressive = true}},
    {"a scan per component", {JPEG_YCC(48, 32, 2, 2), JPEG_APART}},
    {"arithmetic", {JPEG_YCC(48, 32, 2, 2), .arithmetic = true}},
    {"restarts", {JPEG_YCC(48, 32, 2, 2), .restart_rows = 1}},
};
enum { FILES = sizeof files / sizeof *files };

Test(jpeg_transcode, turns_every_kind_of_file)
{
    for (size_t i = 0; i < FILES; i++) {
        struct buffer file = make_jpeg(&files[i].recipe);
        expect_all_turns(&file, files[i].name);
        buffer_free(&file);
    }
}

/* Of every magnitude that a file can have. */
Test(jpeg_transcode, turns_any_coefficients)
{
    const struct jpeg_blocks blocks = {.width = 64,
                                       .height = 48,
                                       .components = 3,
                                       .factors = {{2, 2}, {1, 1}, {1, 1}},
                                       .filled = 200,
                                       .largest = 1023,
                                       .quantizer = 1};
    struct buffer file = make_jpeg_of_blocks(&blocks);
    expect_all_turns(&file, "random coefficients");
    buffer_free(&file);
}

/* A partial MCU can only be the last one. */
Test(jpeg_transcode, mirrors_only_whole_mcus)
{
    static const struct {
        uint32_t width, height;
        const char *turns; /* the orientations that can be done */
    } sizes[] = {{48, 32, "12345678"}, {47, 32, "1456"}, {48, 40, "1258"}, {49, 33, "15"}, {8, 8, "15"}};
    struct fixture fixture;
    struct buffer out = {0};
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct buffer file =
            make_jpeg(&(struct jpeg_recipe){JPEG_YCC(sizes[i].width, sizes[i].height, 2, 2)});
        struct samples_of_file in = read_samples(&file);
        for (unsigned orientation = 1; orientation <= 8; orientation++) {
            const bool possible = strchr(sizes[i].turns, '0' + (int)orientation) != NULL;
            cr_assert_eq(transcode(&fixture, &file, orientation, &out),
                         possible ? TRANSCODE_DONE : TRANSCODE_NO, "%u x %u, %u", sizes[i].width,
                         sizes[i].height, orientation);
            if (!possible)
                continue;
            struct samples_of_file made = read_samples(&out);
            for (int c = 0; c < in.components; c++)
                expect_turned(&in.component[c], &made.component[c], orientation, "a size");
            free_samples(&made);
        }
        free_samples(&in);
        buffer_free(&file);
    }
    buffer_free(&out);
    fixture_close(&fixture);
}

/* What a decoder would warn of or refuse is left to it. */
Test(jpeg_transcode, leaves_odd_files_to_the_decoder)
{
    struct fixture fixture;
    struct buffer out = {0};
    fixture_open(&fixture);
    struct buffer file = make_jpeg(&(struct jpeg_recipe){JPEG_YCC(48, 32, 2, 2)});
    file.size -= 2;
    cr_expect_eq(transcode(&fixture, &file, 1, &out), TRANSCODE_NO, "no EOI");
    file.size -= 40;
    cr_expect_eq(transcode(&fixture, &file, 1, &out), TRANSCODE_NO, "cut");
    buffer_free(&file);
    file = make_jpeg_of_blocks(&(struct jpeg_blocks){.width = 48,
                                                     .height = 32,
                                                     .components = 3,
                                                     .factors = {{4, 2}, {2, 2}, {2, 2}},
                                                     .filled = 40,
                                                     .largest = 60,
                                                     .quantizer = 3,
                                                     .scans = jpeg_scans_apart,
                                                     .nscans = 3});
    cr_expect_eq(transcode(&fixture, &file, 1, &out), TRANSCODE_NO, "MCUs of more than ten blocks");
    cr_expect_eq(fixture.error.kind, PM_OK, "%s", fixture.error.message);
    cr_expect_eq(fixture.warnings, 0, "%s", fixture.all_warnings);
    buffer_free(&file);
    buffer_free(&out);
    fixture_close(&fixture);
}

Test(jpeg_transcode, stops_at_a_checkpoint)
{
    struct fixture fixture;
    struct buffer out = {0};
    fixture_open(&fixture);
    struct buffer file = make_jpeg(&(struct jpeg_recipe){JPEG_YCC(640, 480, 2, 2)});
    cr_assert_eq(transcode(&fixture, &file, 6, &out), TRANSCODE_DONE);
    const unsigned all = fixture.checkpoints;
    cr_assert_geq(all, 20);
    for (unsigned i = 1; i <= all; i += 7) {
        fixture.checkpoints = 0;
        fixture.stop_after = i;
        cr_expect_eq(transcode(&fixture, &file, 6, &out), TRANSCODE_FAILED, "%u", i);
        cr_expect_eq(fixture.error.kind, PM_ERROR_CANCELLED);
    }
    buffer_free(&file);
    buffer_free(&out);
    fixture_close(&fixture);
}

/* Damage of every kind: a result is a file with the file's size, or there is none. */
Test(jpeg_transcode, damaged_files_are_no_danger)
{
    enum { ROUNDS = 400 };
    struct fixture fixture;
    struct buffer out = {0};
    uint32_t seed = 1;
    fixture_open(&fixture);
    for (int round = 0; round < ROUNDS; round++) {
        struct buffer file = make_jpeg(&files[round % FILES].recipe);
        struct pm_info info;
        for (int i = 0; i < 1 + round % 3; i++) {
            seed = seed * 1664525 + 1013904223;
            file.data[(seed >> 8) % file.size] ^= (uint8_t)(1u << (seed >> 4) % 8);
        }
        const unsigned orientation = 1 + (unsigned)round % 8;
        fixture.error = (struct pm_error){0};
        if (fixture_probe(&fixture, &file, &info) == 0 && info.width < 4096 && info.height < 4096 &&
            transcode(&fixture, &file, orientation, &out) == TRANSCODE_DONE) {
            struct pm_info made;
            cr_assert_eq(fixture_probe(&fixture, &out, &made), 0, "round %d", round);
            cr_expect_eq(made.width, orientation_transposes(orientation) ? info.height : info.width);
        }
        buffer_free(&file);
    }
    buffer_free(&out);
    fixture_close(&fixture);
}
