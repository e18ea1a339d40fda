/*
 * Encoding: baseline or progressive, with optimised Huffman tables, libjpeg's accurate DCT. Grey, YCC planes
 * and RGB are encoded by pixmill itself (encode_fast.h), CMYK by libjpeg, in rows. CMYK is written as
 * Photoshop does: as YCCK, inverted, with an Adobe marker.
 *
 * An image is encoded in strips, each a row of MCUs, and twice: first to count symbols and fit the tables
 * (huffman.c), all strips of a small image or a sample of a tall one's; then to write. libjpeg's own
 * optimiser would keep all coefficients between the two, twice the memory of the image. A progressive file
 * needs them all: its scans are libjpeg's standard ones (jpeg_simple_progression, as of jpegtran).
 */
#include <inttypes.h>
#include <string.h>

#include "codec/jpeg/encode_fast.h"
#include "codec/jpeg/huffman.h"
#include "codec/jpeg/library.h"
#include "codec/jpeg/memory.h"
#include "codec/jpeg/meta.h"
#include "codec/jpeg/options.h"
#include "codec/jpeg/output.h"

enum { BLOCK = 8, MAX_SAMPLING = 2, STRIP_ROWS_MOST = MAX_SAMPLING * BLOCK };

struct encoder {
    struct jpeg_compress_struct cinfo;
    struct jpeg_trap trap;
    struct jpeg_memory memory;
    struct jpeg_output output;
    const struct pm_image *image;
    const struct jpeg_options *options;
    uint32_t strip_rows;       /* of the picture, in a strip */
    uint32_t step;             /* interval in strips */
    struct jpeg_counts counts; /* of symbols */
    uint64_t mcus;             /* that were counted */
    struct jpeg_library library;
};

/* --- samples --------------------------------------------------------------------------------------- */

/* The rows of strip `strip`; how many there are. */
static uint32_t strip_of(const struct encoder *encoder, uint32_t strip, JSAMPROW rows[STRIP_ROWS_MOST])
{
    const struct pm_plane *plane = &encoder->image->plane[0];
    uint32_t first = strip * encoder->strip_rows, count = 0;
    for (; count < encoder->strip_rows && first + count < plane->height; count++)
        rows[count] = plane_row(plane, first + count);
    return count;
}

static int encode_cmyk(struct encoder *encoder)
{
    struct jpeg_compress_struct *cinfo = &encoder->cinfo;
    size_t samples = (size_t)encoder->image->plane[0].width * 4;
    JSAMPROW inverted = context_alloc(encoder->trap.context, samples);
    if (inverted == NULL)
        return -1;
    for (uint32_t strip = 0; cinfo->next_scanline < cinfo->image_height; strip += encoder->step) {
        JSAMPROW rows[STRIP_ROWS_MOST];
        uint32_t count = strip_of(encoder, strip, rows);
        for (uint32_t row = 0; row < count; row++) {
            for (size_t x = 0; x < samples; x++)
                inverted[x] = (JSAMPLE)(255 - rows[row][x]);
            jpeg_write_scanlines(cinfo, &inverted, 1);
        }
    }
    return 0;
}

static uint32_t divide_up(uint32_t a, uint32_t b)
{
    return a / b + (a % b != 0);
}

/* --- fitted tables --------------------------------------------------------------------------------- */

static boolean count_mcu(j_compress_ptr cinfo, JBLOCKROW *blocks)
{
    struct encoder *encoder = cinfo->client_data;
    jpeg_counts_add(&encoder->counts, cinfo, blocks);
    encoder->mcus++;
    return TRUE;
}

/* Of an image of this height; a scan of one component has one block in each. */
static uint64_t mcus_of(const struct jpeg_compress_struct *cinfo, uint32_t height)
{
    const bool one = cinfo->num_components == 1;
    const uint32_t width = (uint32_t)(one ? 1 : cinfo->comp_info[0].h_samp_factor) * BLOCK;
    const uint32_t rows = (uint32_t)(one ? 1 : cinfo->comp_info[0].v_samp_factor) * BLOCK;
    return (uint64_t)divide_up(cinfo->image_width, width) * divide_up(height, rows);
}

/* One strip in this many is in the sample; 1: all of them, because the image is small. With a sample of a few
 * hundred rows, photographs at full size became less than 0.1 % larger than with all of them. */
static uint32_t sample_step(const struct pm_image *image)
{
    enum { ROWS_LEAST = 384, STEP_LEAST = 4, STEP_MOST = 8 };
    uint32_t step = image->height / ROWS_LEAST;
    return step < STEP_LEAST ? 1 : step > STEP_MOST ? STEP_MOST : step;
}

/* Runs the sample through the encoder up to its entropy coder, in whose place its symbols are counted.
 * Returns 0, or -1 with the error filled. */
static int count_sample(struct encoder *encoder)
{
    struct jpeg_compress_struct *cinfo = &encoder->cinfo;
    jpeg_start_compress(cinfo, TRUE);
    if (cinfo->entropy->method[JPEG_ENCODE_MCU] != encoder->library.encode_mcu)
        return 0; /* nothing is counted */
    cinfo->entropy->method[JPEG_ENCODE_MCU] = (jpeg_method)count_mcu;
    return encode_cmyk(encoder);
}

/* Sets the tables, or has libjpeg find them where not all that should be was counted. What was written to the
 * destination is dropped: the next start begins there again. Returns 0, or -1 with the error filled. */
static int fit_tables(struct encoder *encoder)
{
    struct jpeg_compress_struct *cinfo = &encoder->cinfo;
    const uint32_t height = cinfo->image_height, strips = height / encoder->strip_rows;
    encoder->step = sample_step(encoder->image);
    if (encoder->step == 1) {
        jpeg_counts_init(&encoder->counts);
    } else {
        jpeg_counts_init_sample(&encoder->counts);
        cinfo->image_height = (strips + encoder->step - 1) / encoder->step * encoder->strip_rows;
    }
    int status = count_sample(encoder);
    jpeg_abort_compress(cinfo);
    cinfo->optimize_coding = encoder->mcus != mcus_of(cinfo, cinfo->image_height);
    if (!cinfo->optimize_coding)
        jpeg_counts_to_tables(&encoder->counts, cinfo);
    cinfo->image_height = height;
    encoder->step = 1;
    return status;
}

/* --- the file -------------------------------------------------------------------------------------- */

static void set_parameters(struct encoder *encoder)
{
    static const struct {
        J_COLOR_SPACE in, out;
    } spaces[] = {
        [PM_COLOR_GRAY] = {JCS_GRAYSCALE, JCS_GRAYSCALE},
        [PM_COLOR_RGB] = {JCS_RGB, JCS_YCbCr},
        [PM_COLOR_YCC] = {JCS_YCbCr, JCS_YCbCr},
        [PM_COLOR_CMYK] = {JCS_CMYK, JCS_YCCK},
    };
    struct jpeg_compress_struct *cinfo = &encoder->cinfo;
    const struct pm_image *image = encoder->image;
    cinfo->image_width = image->width;
    cinfo->image_height = image->height;
    cinfo->input_components = (int)pm_channels(&image->format);
    cinfo->in_color_space = spaces[image->format.color].in;
    jpeg_set_defaults(cinfo);
    jpeg_set_colorspace(cinfo, spaces[image->format.color].out);
    jpeg_set_quality(cinfo, encoder->options->quality, TRUE);
    cinfo->optimize_coding = (encoder->library.uses & JPEG_COUNT_MCUS) == 0;
    cinfo->dct_method = JDCT_ISLOW;
    cinfo->raw_data_in = image->format.color != PM_COLOR_CMYK;
    unsigned h = 1, v = 1;
    if (image->format.color != PM_COLOR_GRAY)
        jpeg_sampling(encoder->options, &h, &v);
    for (int i = 0; i < cinfo->num_components; i++) {
        bool chroma = i == 1 || i == 2;
        cinfo->comp_info[i].h_samp_factor = chroma ? 1 : (int)h;
        cinfo->comp_info[i].v_samp_factor = chroma ? 1 : (int)v;
    }
    if (encoder->options->progressive) {
        jpeg_simple_progression(cinfo);
        cinfo->optimize_coding = TRUE;
    }
    encoder->strip_rows = v * BLOCK;
    encoder->step = 1;
    jpeg_write_density(cinfo, &image->meta);
}

/* Arrays of all coefficients, up to whole MCUs. */
static void request_arrays(struct jpeg_compress_struct *cinfo, jvirt_barray_ptr *arrays)
{
    const uint32_t h_max = (uint32_t)cinfo->comp_info[0].h_samp_factor;
    const uint32_t v_max = (uint32_t)cinfo->comp_info[0].v_samp_factor;
    const uint32_t mcus_x = divide_up(cinfo->image_width, h_max * BLOCK),
                   mcus_y = divide_up(cinfo->image_height, v_max * BLOCK);
    for (int i = 0; i < cinfo->num_components; i++) {
        const uint32_t h = (uint32_t)cinfo->comp_info[i].h_samp_factor,
                       v = (uint32_t)cinfo->comp_info[i].v_samp_factor;
        arrays[i] = cinfo->mem->request_virt_barray((j_common_ptr)cinfo, JPOOL_IMAGE, FALSE, mcus_x * h,
                                                    mcus_y * v, v);
    }
    cinfo->mem->realize_virt_arrays((j_common_ptr)cinfo);
}

/* libjpeg writes the scans, each with the best tables for it; the coefficients are pixmill's. */
static int encode_progressive(struct encoder *encoder)
{
    struct jpeg_compress_struct *cinfo = &encoder->cinfo;
    jvirt_barray_ptr arrays[MAX_COMPS_IN_SCAN];
    struct fast_encoder *fast = fast_encoder_open(cinfo, encoder->image, encoder->trap.context);
    request_arrays(cinfo, arrays);
    if (fast == NULL || fast_encoder_copy(fast, cinfo, arrays) != 0)
        return -1;
    jpeg_write_coefficients(cinfo, arrays);
    jpeg_write_metadata(cinfo, encoder->image, encoder->trap.context);
    jpeg_finish_compress(cinfo);
    return 0;
}

/* libjpeg writes only what comes before the frame header. */
static int encode_fast(struct encoder *encoder)
{
    struct jpeg_compress_struct *cinfo = &encoder->cinfo;
    const uint32_t step = sample_step(encoder->image), height = cinfo->image_height;
    const uint32_t strips =
        step == 1 ? divide_up(height, encoder->strip_rows) : divide_up(height / encoder->strip_rows, step);
    struct fast_encoder *fast = fast_encoder_open(cinfo, encoder->image, encoder->trap.context);
    if (fast == NULL || fast_encoder_fit(fast, cinfo, step, strips) != 0)
        return -1;
    cinfo->optimize_coding = FALSE;
    jpeg_start_compress(cinfo, TRUE);
    jpeg_write_metadata(cinfo, encoder->image, encoder->trap.context);
    jpeg_output_finish(cinfo);
    return fast_encoder_write(fast, cinfo, encoder->output.out);
}

static int encode_file(void *argument)
{
    struct encoder *encoder = argument;
    struct jpeg_compress_struct *cinfo = &encoder->cinfo;
    jpeg_create_compress(cinfo);
    if ((encoder->library.uses & JPEG_LEND_ARRAYS) != 0)
        jpeg_memory_lend((j_common_ptr)cinfo, &encoder->memory);
    cinfo->client_data = encoder;
    cinfo->progress = &encoder->trap.progress;
    cinfo->dest = &encoder->output.manager;
    set_parameters(encoder);
    if (cinfo->raw_data_in)
        return cinfo->scan_info != NULL ? encode_progressive(encoder) : encode_fast(encoder);
    if (!cinfo->optimize_coding && fit_tables(encoder) != 0)
        return -1;
    jpeg_start_compress(cinfo, TRUE);
    jpeg_write_metadata(cinfo, encoder->image, encoder->trap.context);
    if (encode_cmyk(encoder) != 0)
        return -1;
    jpeg_finish_compress(cinfo);
    return 0;
}

static int check_image(const struct pm_image *image, const struct jpeg_options *options,
                       struct pm_error *error)
{
    if (image->format.depth != 8 || image->format.alpha)
        return error_set(error, PM_ERROR_INTERNAL,
                         "a JPEG was to hold 16 bits or alpha (please report this)");
    if (image->width > JPEG_SIDE_MAX || image->height > JPEG_SIDE_MAX) {
        uint32_t side = image->width > image->height ? image->width : image->height;
        return error_limit_hint(error, JPEG_SIDE_MAX, side, PM_HINT_FORMAT_PNG,
                                "a JPEG of %" PRIu32 "x%" PRIu32 " can't be written: at most %d on a side",
                                image->width, image->height, JPEG_SIDE_MAX);
    }
    unsigned h, v;
    jpeg_sampling(options, &h, &v);
    for (unsigned i = 0; i < image->nplanes; i++) {
        uint32_t width = i == 0 ? image->width : divide_up(image->width, h);
        uint32_t height = i == 0 ? image->height : divide_up(image->height, v);
        if (image->plane[i].width != width || image->plane[i].height != height)
            return error_set(error, PM_ERROR_INTERNAL,
                             "plane %u is %" PRIu32 "x%" PRIu32 " where the JPEG has %" PRIu32 "x%" PRIu32
                             " (please report this)",
                             i, image->plane[i].width, image->plane[i].height, width, height);
    }
    return 0;
}

int jpeg_encode(const struct pm_image *image, const void *options, struct buffer *out,
                struct context *context)
{
    if (check_image(image, options, context->error) != 0)
        return -1;
    struct encoder encoder = {
        .image = image,
        .options = options,
        .memory = {.arena = context->arena},
    };
    if (jpeg_library_get(&encoder.library, context->error) != 0)
        return -1;
    jpeg_trap_init(&encoder.trap, context);
    jpeg_output_init(&encoder.output, out);
    encoder.cinfo.err = &encoder.trap.manager;
    struct arena_mark mark = arena_mark(context->arena);

    context_native_begin(context);
    int status = jpeg_try(&encoder.trap, encode_file, &encoder);
    jpeg_destroy_compress(&encoder.cinfo);
    context_native_end(context);
    arena_release(context->arena, mark);
    if (status != 0)
        out->size = encoder.output.start;
    return status;
}
