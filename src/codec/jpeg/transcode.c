/*
 * A file to a file by its coefficients, as jpegtran does: turned if asked for, with fitted Huffman tables and
 * with the metadata of the result. Blocks are moved, and within them coefficients transposed, and negated
 * where a mirrored cosine changes its sign (Wallace 1991; libjpeg-turbo's transupp.c).
 *
 * libjpeg reads and writes all coefficients. A mirrored axis must consist of whole MCUs: otherwise the
 * partial ones, which must be the last, would become the first. Such files, and those that a decoder would
 * not read silently to their EOI, are decoded and encoded instead.
 */
#include "codec/jpeg/transcode.h"

#include <stdlib.h>
#include <string.h>

#include "codec/jpeg/internals.h"
#include "codec/jpeg/meta.h"
#include "codec/jpeg/options.h"
#include "codec/jpeg/output.h"
#include "codec/jpeg/reader.h"
#include "image/orientation.h"

enum { BLOCK = DCTSIZE, MCU_BLOCKS_MAX = 10 /* T.81, B.2.3 */ };

struct transcoding {
    const struct transcode_job *job;
    struct turn turn;
    struct context *context;
    struct jpeg_decoder *decoder;
    jvirt_barray_ptr *read;                     /* the file's coefficients, by component */
    jvirt_barray_ptr turned[MAX_COMPS_IN_SCAN]; /* the result's, if it is turned */
    bool refused;                               /* TRANSCODE_NO */
    struct pm_image image;                      /* the result, without samples */
    struct jpeg_compress_struct cinfo;
    struct jpeg_trap trap;
    struct jpeg_memory memory;
    struct jpeg_output output;
};

static uint32_t divide_up(uint32_t a, uint32_t b)
{
    return a / b + (a % b != 0);
}

/* --- what can be done ------------------------------------------------------------------------------ */

static bool is_turned(const struct turn *turn)
{
    return turn->mirror_x || turn->mirror_y || turn->transpose;
}

/* Sampling factors of one component mean nothing: its blocks are the MCUs. */
static uint32_t mcu_side(const struct jpeg_decompress_struct *cinfo, int factor)
{
    return (uint32_t)(cinfo->num_components == 1 ? 1 : factor) * BLOCK;
}

/* Are the axes that are mirrored whole MCUs? */
static bool is_perfect(const struct jpeg_decompress_struct *cinfo, const struct turn *turn)
{
    return (!turn->mirror_x || cinfo->image_width % mcu_side(cinfo, cinfo->max_h_samp_factor) == 0) &&
           (!turn->mirror_y || cinfo->image_height % mcu_side(cinfo, cinfo->max_v_samp_factor) == 0);
}

/* Can one scan have all components? */
static bool fits_scan(const struct jpeg_decompress_struct *cinfo)
{
    int blocks = 0;
    for (int i = 0; i < cinfo->num_components; i++)
        blocks += cinfo->comp_info[i].h_samp_factor * cinfo->comp_info[i].v_samp_factor;
    return cinfo->num_components == 1 || blocks <= MCU_BLOCKS_MAX;
}

/* Was the component coded, with one table for all of its scans? */
static bool is_whole(const struct jpeg_decompress_struct *cinfo, int i)
{
    const jpeg_component_info *component = &cinfo->comp_info[i];
    const JQUANT_TBL *last = cinfo->quant_tbl_ptrs[component->quant_tbl_no], *own = component->quant_table;
    return own != NULL && last != NULL && memcmp(own->quantval, last->quantval, sizeof own->quantval) == 0 &&
           (!cinfo->progressive_mode || cinfo->coef_bits[i][0] >= 0);
}

static bool are_whole(const struct jpeg_decompress_struct *cinfo)
{
    int i = 0;
    while (i < cinfo->num_components && is_whole(cinfo, i))
        i++;
    return i == cinfo->num_components;
}

/* Are all coefficients such as an encoder gives? Of samples from -128 to 127, none is larger than 1024, up to
 * half a step of its quantisation (the transform keeps the length of a block); twice that is accepted,
 * because some encoders overshoot. Larger ones, of damaged files, decoders wrap as they like, and libjxl
 * stores them as others. */
static bool block_is_legal(const JCOEF *block, const UINT16 *steps)
{
    enum { SIZE_MAX_LEGAL = 2048 };
    int beyond = 0;
    for (unsigned k = 0; k < DCTSIZE2; k++) {
        const int size = abs(block[k]) * steps[k];
        beyond |= size > SIZE_MAX_LEGAL + steps[k];
    }
    return beyond == 0;
}

static bool coefficients_are_legal(const struct transcoding *this)
{
    struct jpeg_decompress_struct *cinfo = &this->decoder->cinfo;
    for (int i = 0; i < cinfo->num_components; i++) {
        const jpeg_component_info *component = &cinfo->comp_info[i];
        const UINT16 *steps = component->quant_table->quantval;
        for (uint32_t y = 0; y < component->height_in_blocks; y++) {
            JBLOCKROW row =
                cinfo->mem->access_virt_barray((j_common_ptr)cinfo, this->read[i], y, 1, FALSE)[0];
            for (uint32_t x = 0; x < component->width_in_blocks; x++) {
                if (!block_is_legal(row[x], steps))
                    return false;
            }
        }
    }
    return true;
}

bool jpeg_transcode_find_scans(struct jpeg_decoder *decoder)
{
    struct jpeg_walk walk;
    struct jpeg_segment segment = {0};
    struct pm_error none = {0};
    const struct reader *reader = &decoder->reader;
    struct jpeg_input *input = &decoder->input;
    if (!decoder->several_scans) {
        jpeg_walk_start_memory(&walk, reader->data, reader->size, JPEG_FIRST_SEGMENT);
        while (segment.marker != JPEG_SOS) {
            if (jpeg_walk_next(&walk, &segment, &none) != 0)
                return false;
        }
        if (jpeg_input_find_scans(input, &walk, &decoder->header, &none) != 0 || input->scans.count > 0)
            return false;
    }
    decoder->picture_end = input->scans.end;
    return input->scans.ended;
}

/* --- reading --------------------------------------------------------------------------------------- */

/* Arrays for the turned coefficients; libjpeg makes them with its own. */
static void request_turned(struct transcoding *this)
{
    struct jpeg_decompress_struct *cinfo = &this->decoder->cinfo;
    for (int i = 0; i < cinfo->num_components; i++) {
        const jpeg_component_info *component = &cinfo->comp_info[i];
        const uint32_t h = (uint32_t)component->h_samp_factor, v = (uint32_t)component->v_samp_factor;
        const uint32_t mcus_x = divide_up(cinfo->image_width, (uint32_t)cinfo->max_h_samp_factor * BLOCK),
                       mcus_y = divide_up(cinfo->image_height, (uint32_t)cinfo->max_v_samp_factor * BLOCK);
        const uint32_t width = mcus_x * h, height = mcus_y * v;
        this->turned[i] = cinfo->mem->request_virt_barray(
            (j_common_ptr)cinfo, JPOOL_IMAGE, FALSE, this->turn.transpose ? height : width,
            this->turn.transpose ? width : height, this->turn.transpose ? h : v);
    }
}

/* For jpeg_try. */
static int read_coefficients(void *argument)
{
    struct transcoding *this = argument;
    struct jpeg_decoder *decoder = this->decoder;
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    jpeg_create_and_read_header(decoder);
    const bool perfect = is_perfect(cinfo, &this->turn);
    if (!perfect)
        context_note(
            this->context,
            "decoded and encoded again: a lossless turn needs whole blocks at the edge that becomes the first");
    this->refused = !perfect || !fits_scan(cinfo);
    if (this->refused)
        return 0;
    if (is_turned(&this->turn))
        request_turned(this);
    this->read = jpeg_read_coefficients(cinfo);
    this->refused = !are_whole(cinfo) || !coefficients_are_legal(this);
    return 0;
}

/* --- turning --------------------------------------------------------------------------------------- */

/* How a block's coefficients are turned: coefficient k comes from `from`, with its sign changed by XOR with
 * `flip` (-1 or 0) and the subtraction of it. */
struct block_turn {
    uint8_t from[DCTSIZE2];
    JCOEF flip[DCTSIZE2];
};

static struct block_turn turn_of_block(const struct turn *turn)
{
    struct block_turn made;
    for (unsigned v = 0; v < DCTSIZE; v++) {
        for (unsigned u = 0; u < DCTSIZE; u++) {
            const unsigned from_v = turn->transpose ? u : v, from_u = turn->transpose ? v : u;
            const bool negate = (turn->mirror_x && from_u % 2 == 1) != (turn->mirror_y && from_v % 2 == 1);
            made.from[v * DCTSIZE + u] = (uint8_t)(from_v * DCTSIZE + from_u);
            made.flip[v * DCTSIZE + u] = negate ? -1 : 0;
        }
    }
    return made;
}

static void turn_block(const struct block_turn *turn, const JCOEF *in, JCOEF *out)
{
    for (unsigned k = 0; k < DCTSIZE2; k++)
        out[k] = (JCOEF)((in[turn->from[k]] ^ turn->flip[k]) - turn->flip[k]);
}

/* Row y of the result's blocks. */
static void turn_row(const struct transcoding *this, int i, const struct block_turn *turn, uint32_t y)
{
    struct jpeg_decompress_struct *cinfo = &this->decoder->cinfo;
    const jpeg_component_info *component = &cinfo->comp_info[i];
    const uint32_t width = component->width_in_blocks, height = component->height_in_blocks;
    const uint32_t across = this->turn.transpose ? height : width;
    JBLOCKROW out = cinfo->mem->access_virt_barray((j_common_ptr)cinfo, this->turned[i], y, 1, TRUE)[0];
    for (uint32_t x = 0; x < across; x++) {
        const uint32_t from_x = this->turn.transpose ? y : x, from_y = this->turn.transpose ? x : y;
        const uint32_t row = this->turn.mirror_y ? height - 1 - from_y : from_y;
        JBLOCKROW in = cinfo->mem->access_virt_barray((j_common_ptr)cinfo, this->read[i], row, 1, FALSE)[0];
        turn_block(turn, in[this->turn.mirror_x ? width - 1 - from_x : from_x], out[x]);
    }
}

/* For jpeg_try. */
static int turn_coefficients(void *argument)
{
    enum { CHECKPOINT_ROWS = 32 };
    struct transcoding *this = argument;
    const struct jpeg_decompress_struct *cinfo = &this->decoder->cinfo;
    const struct block_turn turn = turn_of_block(&this->turn);
    for (int i = 0; i < cinfo->num_components; i++) {
        const jpeg_component_info *component = &cinfo->comp_info[i];
        const uint32_t rows = this->turn.transpose ? component->width_in_blocks : component->height_in_blocks;
        for (uint32_t y = 0; y < rows; y++) {
            if (y % CHECKPOINT_ROWS == 0 && context_checkpoint(this->context) != 0)
                return -1;
            turn_row(this, i, &turn, y);
        }
    }
    return 0;
}

/* --- writing --------------------------------------------------------------------------------------- */

static void swap_ints(int *a, int *b)
{
    const int first = *a;
    *a = *b;
    *b = first;
}

static void transpose_table(JQUANT_TBL *table)
{
    for (unsigned v = 0; v < DCTSIZE; v++) {
        for (unsigned u = 0; u < v; u++) {
            const UINT16 first = table->quantval[v * DCTSIZE + u];
            table->quantval[v * DCTSIZE + u] = table->quantval[u * DCTSIZE + v];
            table->quantval[u * DCTSIZE + v] = first;
        }
    }
}

static void transpose_parameters(struct jpeg_compress_struct *cinfo)
{
    const JDIMENSION width = cinfo->image_width;
    cinfo->image_width = cinfo->image_height;
    cinfo->image_height = width;
    for (int i = 0; i < cinfo->num_components; i++)
        swap_ints(&cinfo->comp_info[i].h_samp_factor, &cinfo->comp_info[i].v_samp_factor);
    for (int i = 0; i < NUM_QUANT_TBLS; i++) {
        if (cinfo->quant_tbl_ptrs[i] != NULL)
            transpose_table(cinfo->quant_tbl_ptrs[i]);
    }
}

static void set_parameters(struct transcoding *this)
{
    struct jpeg_compress_struct *cinfo = &this->cinfo;
    struct jpeg_decompress_struct *from = &this->decoder->cinfo;
    const struct jpeg_options *options = this->job->options;
    jpeg_copy_critical_parameters(from, cinfo);
    if (this->turn.transpose)
        transpose_parameters(cinfo);
#if JPEG_LIB_VERSION >= 70
    cinfo->jpeg_width = cinfo->image_width;
    cinfo->jpeg_height = cinfo->image_height;
#endif
    if (cinfo->num_components == 1)
        cinfo->comp_info[0].h_samp_factor = cinfo->comp_info[0].v_samp_factor = 1;
    cinfo->optimize_coding = TRUE;
    if (from->progressive_mode || (options != NULL && options->progressive))
        jpeg_simple_progression(cinfo);
    jpeg_write_density(cinfo, &this->image.meta);
}

/* For jpeg_try. */
static int write_coefficients(void *argument)
{
    struct transcoding *this = argument;
    struct jpeg_compress_struct *cinfo = &this->cinfo;
    jpeg_create_compress(cinfo);
    if ((this->decoder->uses & JPEG_LEND_ARRAYS) != 0)
        jpeg_memory_lend((j_common_ptr)cinfo, &this->memory);
    cinfo->progress = &this->trap.progress;
    cinfo->dest = &this->output.manager;
    set_parameters(this);
    jpeg_write_coefficients(cinfo, is_turned(&this->turn) ? this->turned : this->read);
    jpeg_write_metadata(cinfo, &this->image, this->context);
    jpeg_finish_compress(cinfo);
    return 0;
}

/* --- a file ---------------------------------------------------------------------------------------- */

/* Reads the file's metadata and updates it for the result. */
static int settle(struct transcoding *this)
{
    struct jpeg_decoder *decoder = this->decoder;
    const struct pm_info *info = this->job->info;
    struct pm_image *image = &this->image;
    const bool transposed = this->turn.transpose;
    *image = (struct pm_image){.width = transposed ? info->height : info->width,
                               .height = transposed ? info->width : info->height,
                               .format = info->pixels,
                               .orientation = this->job->orientation};
    if (decoder->input.scans.late)
        context_warn(this->context, "has metadata after a scan, which is ignored");
    jpeg_read_density(&decoder->cinfo, &image->meta);
    if (jpeg_finish(decoder, &image->meta, this->context) != 0)
        return -1;
    return this->job->settle(this->job, image);
}

static enum transcode_status write_file(struct transcoding *this, struct buffer *out)
{
    struct context *context = this->context;
    if (settle(this) != 0)
        return TRANSCODE_FAILED;
    context_enter(context, PM_STAGE_ENCODE);
    this->memory.arena = context->spare;
    jpeg_trap_init(&this->trap, context);
    jpeg_output_init(&this->output, out);
    this->cinfo.err = &this->trap.manager;
    context_native_begin(context);
    const int status = jpeg_try(&this->trap, write_coefficients, this);
    jpeg_destroy_compress(&this->cinfo);
    context_native_end(context);
    if (status == 0)
        return TRANSCODE_DONE;
    out->size = this->output.start;
    /* A decoder clamps what coefficients larger than any encoder's give; libjpeg does not write them. */
    if (context->error->kind != PM_ERROR_CORRUPT)
        return TRANSCODE_FAILED;
    *context->error = (struct pm_error){0};
    return TRANSCODE_NO;
}

static enum transcode_status transcode(struct transcoding *this, struct buffer *out)
{
    struct context *context = this->context;
    struct jpeg_decoder *decoder = this->decoder;
    if (!jpeg_transcode_find_scans(decoder))
        return TRANSCODE_NO;
    jpeg_set_trap(decoder, context);
    context_native_begin(context);
    int status = jpeg_try(&decoder->trap, read_coefficients, this);
    if (status == 0 && !this->refused && is_turned(&this->turn))
        status = jpeg_try(&decoder->trap, turn_coefficients, this);
    context_native_end(context);
    if (status != 0)
        return TRANSCODE_FAILED;
    return this->refused ? TRANSCODE_NO : write_file(this, out);
}

enum transcode_status jpeg_transcode(const struct transcode_job *job, struct buffer *out,
                                     struct context *context)
{
    const struct decode_request request = {.allow_truncated = job->request->allow_truncated,
                                           .keep = job->request->keep,
                                           .quiet_gain_map = job->request->quiet_gain_map};
    const struct arena_mark mark = arena_mark(context->arena), spare_mark = arena_mark(context->spare);
    struct transcoding *this = context_alloc(context, sizeof *this);
    struct reader *reader = NULL;
    enum transcode_status status = TRANSCODE_FAILED;
    if (this != NULL)
        reader = reader_open(&codec_jpeg, job->info, job->data, job->size, &request, context);
    if (reader != NULL) {
        memset(this, 0, sizeof *this);
        this->job = job;
        this->turn = orientation_turn(job->turn);
        this->context = context;
        this->decoder = (struct jpeg_decoder *)reader;
        status = transcode(this, out);
    }
    reader_close(reader);
    arena_release(context->spare, spare_mark);
    arena_release(context->arena, mark);
    return status;
}

/* --- forecasts ------------------------------------------------------------------------------------- */

/* Of all components, up to whole MCUs of the largest factors that a file may have. */
static uint64_t count_blocks(const struct pm_info *info)
{
    enum { MCU_MAX = 4 * BLOCK };
    const uint64_t width = ((uint64_t)info->width + MCU_MAX) / BLOCK,
                   height = ((uint64_t)info->height + MCU_MAX) / BLOCK;
    if (info->pixels.color != PM_COLOR_YCC)
        return width * height * pm_channels(&info->pixels);
    return width * height +
           2 * (width / info->pixels.sampling_x + 1) * (height / info->pixels.sampling_y + 1);
}

uint64_t jpeg_transcode_bytes(const struct pm_info *info, unsigned turn)
{
    enum { TABLES = 1 << 18, STRIPS = 64 };
    const uint64_t arrays = turn != 1 ? 2 : 1;
    const uint64_t rows = 4 * ((uint64_t)info->width + info->height + 2) * sizeof(JBLOCKROW);
    return arrays * count_blocks(info) * sizeof(JBLOCK) + rows + (uint64_t)STRIPS * info->width + TABLES;
}

/* A coefficient of a file may have any of the values that can be coded, in all 64 at once, which no samples
 * lead to: 10 bits, and a code of 9 on average, as the best codes of 256 symbols have; and a 0 after every
 * second byte. */
uint64_t jpeg_transcode_result_bytes(const struct pm_info *info)
{
    enum { BLOCK_BYTES = DCTSIZE2 * (10 + 9) / 8 * 2, HEAD = 8192 };
    return count_blocks(info) * BLOCK_BYTES + HEAD;
}

/* Only the file's sampling factors say which turns are possible. */
bool jpeg_transcode_suits(const struct pm_info *info, unsigned turn, const void *options)
{
    (void)info, (void)turn, (void)options;
    return true;
}
