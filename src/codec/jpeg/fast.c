/* Pictures that are decoded without libjpeg; codec/jpeg/fast.h says which and how. */
#include "codec/jpeg/fast.h"

#include <string.h>

#include "codec/jpeg/bits.h"
#include "image/image.h"

SIMD_TABLE(struct fast_kernels, fast_kernels)
SIMD_TABLE(struct idct_kernels, idct_kernels)

enum { PIECE = 16, EOI_BYTES = 2 }; /* MCUs whose coefficients fit the first cache; they fill vectors */

/* --- setting up ------------------------------------------------------------------------------------ */

/* The last coefficient in zigzag order that a block's samples need: of all, or of the first `side` in rows
 * and columns. */
static unsigned last_needed(unsigned side, bool low_only)
{
    const unsigned corner = side - 1;
    return side == 1 ? 0 : low_only && side < DCTSIZE ? 2 * corner * (corner + 1) : DCTSIZE2 - 1;
}

/* What a component is, from its frame header. False when libjpeg would refuse it. */
static bool set_component(struct fast_picture *picture, unsigned i, unsigned side)
{
    const struct jpeg_decoder *decoder = picture->decoder;
    const jpeg_component_info *info = &decoder->cinfo.comp_info[i];
    if (info->quant_tbl_no < 0 || info->quant_tbl_no >= NUM_QUANT_TBLS ||
        decoder->cinfo.quant_tbl_ptrs[info->quant_tbl_no] == NULL)
        return false;
    struct fast_component *component = &picture->component[i];
    *component = (struct fast_component){
        .h = (unsigned)info->h_samp_factor,
        .v = (unsigned)info->v_samp_factor,
        .width = info->width_in_blocks,
        .height = info->height_in_blocks,
        .side = side,
        .flat = side == 1,
        .last = last_needed(side, decoder->low_only),
    };
    for (unsigned k = 0; k < DCTSIZE2; k++)
        component->quant[k] = (int16_t)decoder->cinfo.quant_tbl_ptrs[info->quant_tbl_no]->quantval[k];
    return true;
}

/* One scan of all components is decoded piece by piece, of several a row of MCUs at a time. Returns the bytes
 * that there was no memory for, or 0. */
static size_t allot_coefficients(struct fast_picture *picture, struct arena *arena)
{
    const bool whole_rows = picture->scans > 1 || picture->components == 1;
    picture->piece = whole_rows || picture->mcus < PIECE ? picture->mcus : PIECE;
    for (unsigned c = 0; c < picture->components; c++) {
        struct fast_component *component = &picture->component[c];
        component->across = (size_t)picture->piece * component->h;
        const size_t blocks = component->across * component->v;
        const size_t size = component->flat ? sizeof(int16_t) : DCTSIZE2 * sizeof(int16_t);
        component->coefficients = arena_alloc_array(arena, blocks, size);
        if (component->coefficients != NULL && picture->progressive && !component->flat)
            component->nonzero = arena_alloc_array(arena, blocks, sizeof(uint64_t));
        if (component->coefficients == NULL ||
            (picture->progressive && !component->flat && component->nonzero == NULL))
            return blocks * size;
    }
    return 0;
}

/* --- a row of MCUs --------------------------------------------------------------------------------- */

static void clear_coefficients(const struct fast_picture *picture)
{
    for (unsigned c = 0; c < picture->components; c++) {
        const struct fast_component *component = &picture->component[c];
        const size_t blocks = component->across * component->v;
        if (!component->flat)
            memset(component->coefficients, 0, blocks * DCTSIZE2 * sizeof(int16_t));
        if (component->nonzero != NULL)
            memset(component->nonzero, 0, blocks * sizeof(uint64_t));
    }
}

/* Continues after a restart marker (T.81, E.2.4). */
static void restart(struct fast_scan *scan)
{
    struct fast_bits *bits = &scan->bits;
    if (!bits_at_marker(bits) || bits->next[1] != JPEG_RST0 + scan->next_restart) {
        scan->broken = true;
        return;
    }
    *bits = (struct fast_bits){.next = bits->next + 2, .end = bits->end};
    scan->next_restart = (scan->next_restart + 1) & 7;
    scan->until = scan->interval;
    scan->ended_blocks = 0;
    memset(scan->last_dc, 0, sizeof scan->last_dc);
}

/* Decodes `count` MCUs, from one restart marker to the next. */
static bool run_scan(const struct fast_kernels *kernels, struct fast_scan *scan, struct fast_target *target,
                     unsigned targets, uint32_t count)
{
    while (count > 0 && !scan->broken) {
        if (scan->interval > 0 && scan->until == 0)
            restart(scan);
        const uint32_t now = scan->interval > 0 && scan->until < count ? scan->until : count;
        if (scan->broken)
            break;
        kernels->run[scan->kind](scan, target, targets, now);
        for (unsigned i = 0; i < targets; i++) {
            target[i].coefficients += now * target[i].step * (target[i].flat ? 1 : DCTSIZE2);
            if (target[i].nonzero != NULL)
                target[i].nonzero += now * target[i].step;
        }
        scan->until -= scan->interval > 0 ? now : 0;
        count -= now;
        scan->broken |= bits_overrun(&scan->bits);
    }
    return !scan->broken;
}

static struct fast_target target_of(const struct fast_picture *picture, const struct fast_scan *scan,
                                    unsigned i, size_t block, size_t step)
{
    const struct fast_component *component = &picture->component[scan->component[i]];
    return (struct fast_target){
        .coefficients = component->coefficients + block * (component->flat ? 1 : DCTSIZE2),
        .nonzero = component->nonzero != NULL ? component->nonzero + block : NULL,
        .step = step,
        .component = i,
        .flat = component->flat,
        .last = component->last,
    };
}

/* MCUs of several components: their blocks side by side and over one another (T.81, A.2.3). */
static bool run_interleaved(const struct fast_picture *picture, const struct fast_kernels *kernels,
                            struct fast_scan *scan, uint32_t mcus)
{
    struct fast_target target[FAST_BLOCKS_MAX];
    unsigned targets = 0;
    for (unsigned i = 0; i < scan->components; i++) {
        const struct fast_component *component = &picture->component[scan->component[i]];
        for (unsigned y = 0; y < component->v; y++) {
            for (unsigned x = 0; x < component->h; x++)
                target[targets++] = target_of(picture, scan, i, y * component->across + x, component->h);
        }
    }
    return run_scan(kernels, scan, target, targets, mcus);
}

/* Rows of a component's blocks in the row `row` of MCUs. */
static unsigned rows_of(const struct fast_component *component, uint32_t row)
{
    const uint32_t left = component->height - row * component->v;
    return left < component->v ? left : component->v;
}

/* One component: its blocks in rows, of those alone that have samples (T.81, A.2.2). */
static bool run_component(const struct fast_picture *picture, const struct fast_kernels *kernels,
                          struct fast_scan *scan, uint32_t row)
{
    const struct fast_component *component = &picture->component[scan->component[0]];
    for (unsigned y = 0; y < rows_of(component, row); y++) {
        struct fast_target target = target_of(picture, scan, 0, y * component->across, 1);
        if (!run_scan(kernels, scan, &target, 1, component->width))
            return false;
    }
    return true;
}

/* Writes the samples of the part of a row that starts at MCU `mcu`. */
static bool transform_piece(const struct fast_picture *picture, const struct idct_kernels *idct, uint32_t row,
                            uint32_t mcu)
{
    bool fits = true;
    for (unsigned c = 0; c < picture->components; c++) {
        const struct fast_component *component = &picture->component[c];
        const uint32_t block = mcu * component->h,
                       left = component->width > block ? component->width - block : 0;
        const size_t count = left < component->across ? left : component->across;
        const unsigned side = component->side;
        for (unsigned y = 0; y < rows_of(component, row); y++) {
            const int16_t *from =
                component->coefficients + y * component->across * (component->flat ? 1 : DCTSIZE2);
            const size_t stride = component->stride;
            const uint32_t at = (row * component->v + y) * side % component->window;
            uint8_t *out = component->rows + at * stride + (size_t)block * side;
            switch (side) {
            case 8:
                fits &= idct->to_8(from, component->quant, count, out, stride);
                break;
            case 4:
                fits &= idct->to_4(from, component->quant, count, out, stride);
                break;
            case 2:
                fits &= idct->to_2(from, component->quant, count, out, stride);
                break;
            default:
                fits &= idct->to_1(from, component->quant, count, out, stride);
            }
        }
    }
    return fits;
}

static bool decode_row(struct fast_picture *picture, const struct fast_kernels *kernels,
                       const struct idct_kernels *idct, uint32_t row)
{
    for (uint32_t mcu = 0; mcu < picture->mcus; mcu += picture->piece) {
        const uint32_t left = picture->mcus - mcu, mcus = left < picture->piece ? left : picture->piece;
        clear_coefficients(picture);
        for (unsigned i = 0; i < picture->scans; i++) {
            struct fast_scan *scan = &picture->scan[i];
            if (scan->components > 1 ? !run_interleaved(picture, kernels, scan, mcus)
                                     : !run_component(picture, kernels, scan, row))
                return false;
        }
        if (!transform_piece(picture, idct, row, mcu))
            return false;
    }
    return true;
}

/* --- the picture ----------------------------------------------------------------------------------- */

/* Do all scans end where their data end? *end is where the last ones do. */
static bool ends_well(const struct fast_picture *picture, const uint8_t **end)
{
    for (unsigned i = 0; i < picture->scans; i++) {
        const struct fast_scan *scan = &picture->scan[i];
        *end = scan->bits.next;
        if (!bits_at_marker(&scan->bits) ||
            (scan->marker != NULL ? *end != scan->marker : (*end)[1] != JPEG_EOI))
            return false;
    }
    return true;
}

static bool is_ours(const struct jpeg_decoder *decoder)
{
    const struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    return !cinfo->arith_code && cinfo->data_precision == 8 && cinfo->num_components <= FAST_COMPONENTS_MAX;
}

enum { BATCH_MAX = FAST_BATCH_SAMPLES / DCTSIZE };

/* Rows of MCUs in the intervals that are decoded at once; 1: none are. Intervals must be whole rows, and at
 * least two of them few enough for a window. */
static uint32_t choose_batch(const struct fast_picture *picture)
{
    const struct fast_scan *scan = &picture->scan[0];
    unsigned v = 1;
    for (unsigned c = 0; c < picture->components; c++)
        v = picture->component[c].v > v ? picture->component[c].v : v;
    if (picture->scans > 1 || scan->components < 2 || scan->interval == 0 ||
        scan->interval % picture->mcus != 0)
        return 1;
    const uint32_t interval = scan->interval / picture->mcus, most = BATCH_MAX / v;
    return interval <= most / 2 ? most / interval * interval : 1;
}

enum fast_status fast_open(struct jpeg_decoder *decoder, const unsigned *side, bool leaves_out,
                           struct arena *arena, struct fast_picture **opened)
{
    const struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    const unsigned mcu_width = (unsigned)cinfo->max_h_samp_factor * DCTSIZE;
    if (!is_ours(decoder))
        return FAST_NO;
    struct fast_picture *picture = *opened = arena_alloc(arena, sizeof *picture);
    if (picture == NULL) {
        error_memory(decoder->trap.error, sizeof *picture);
        return FAST_FAILED;
    }
    *picture = (struct fast_picture){
        .decoder = decoder,
        .arena = arena,
        .progressive = cinfo->progressive_mode,
        .leaves_out = leaves_out,
        .components = (unsigned)cinfo->num_components,
        .mcus = (cinfo->image_width + mcu_width - 1) / mcu_width,
        .rows = cinfo->total_iMCU_rows,
    };
    for (unsigned c = 0; c < picture->components; c++) {
        /* AC scans must be checked even if their coefficients are not kept. */
        if (!set_component(picture, c, side[c]) ||
            (picture->progressive && picture->component[c].flat && !leaves_out))
            return FAST_NO;
    }
    const enum fast_status status = fast_find_scans(picture);
    const size_t lacking = status == FAST_OK ? allot_coefficients(picture, arena) : 0;
    picture->batch = choose_batch(picture);
    if (lacking == 0)
        return status;
    error_memory(decoder->trap.error, lacking);
    return FAST_FAILED;
}

void fast_place(struct fast_picture *picture, unsigned i, uint8_t *rows, size_t stride, uint32_t window)
{
    struct fast_component *component = &picture->component[i];
    component->rows = rows;
    component->stride = stride;
    component->window = window;
}

/* After a row: has the image come to its end, and is that right? */
static enum fast_status finish_rows(struct fast_picture *picture)
{
    struct jpeg_decoder *decoder = picture->decoder;
    const uint8_t *end = NULL;
    if (picture->row < picture->rows)
        return FAST_OK;
    if (!ends_well(picture, &end))
        return FAST_NO;
    const struct jpeg_input *input = &decoder->input;
    decoder->picture_end =
        decoder->several_scans ? input->scans.end : (size_t)(end - input->data) + EOI_BYTES;
    return FAST_OK;
}

/* --- intervals side by side ------------------------------------------------------------------------ */

struct batch {
    const struct fast_picture *picture;
    enum simd_level level;
    uint32_t interval, rows; /* of MCUs: between two markers; in all */
    unsigned bands;
    struct fast_scan scan[BATCH_MAX]; /* where each interval begins, then where it ended */
};

/* The restart marker that comes next; NULL if another marker does, or the end. */
static const uint8_t *find_restart(const uint8_t *p, const uint8_t *end)
{
    while (end - p >= 2 && (p = memchr(p, 0xFF, (size_t)(end - p) - 1)) != NULL) {
        if (p[1] != 0)
            return p[1] >= JPEG_RST0 && p[1] <= JPEG_RST7 ? p : NULL;
        p += 2;
    }
    return NULL;
}

/* Each interval is decoded as if the one before had just ended at its marker. */
static bool find_intervals(struct batch *batch)
{
    struct fast_scan scan = batch->picture->scan[0];
    for (unsigned i = 0; i < batch->bands; i++) {
        if (i > 0) {
            const bool starts = batch->picture->row == 0 && i == 1;
            if (scan.bits.end - scan.bits.next < 2)
                return false;
            scan.next_restart = starts ? 0 : (scan.next_restart + 1) & 7;
            scan.bits = (struct fast_bits){
                .next = find_restart(scan.bits.next + (starts ? 0 : 2), scan.bits.end), .end = scan.bits.end};
            scan.until = 0;
            if (scan.bits.next == NULL)
                return false;
        }
        batch->scan[i] = scan;
    }
    return true;
}

static int decode_interval(void *argument, unsigned band, struct arena *scratch)
{
    struct batch *batch = argument;
    struct fast_picture *picture = arena_alloc(scratch, sizeof *picture);
    if (picture == NULL)
        return -1;
    *picture = *batch->picture;
    picture->scan[0] = batch->scan[band];
    if (allot_coefficients(picture, scratch) > 0)
        return -1;
    const uint32_t first = picture->row + band * batch->interval, last = picture->row + batch->rows;
    for (uint32_t row = first; row < last && row < first + batch->interval; row++) {
        if (!decode_row(picture, fast_kernels(batch->level), idct_kernels(batch->level), row)) {
            picture->scan[0].broken = true;
            break;
        }
    }
    batch->scan[band] = picture->scan[0];
    return 0;
}

/* Has each interval ended at the marker where the next one began? `begun`: those markers. */
static bool are_joined(const struct batch *batch, const uint8_t *const begun[BATCH_MAX])
{
    for (unsigned i = 0; i < batch->bands; i++) {
        const struct fast_scan *scan = &batch->scan[i];
        if (scan->broken)
            return false;
        if (i + 1 < batch->bands && (!bits_at_marker(&scan->bits) || scan->bits.next != begun[i + 1]))
            return false;
    }
    return true;
}

static enum fast_status decode_batch(struct fast_picture *picture)
{
    struct context *context = picture->decoder->trap.context;
    const uint32_t left = picture->rows - picture->row;
    const uint8_t *begun[BATCH_MAX] = {NULL};
    struct batch batch = {
        .picture = picture,
        .level = context->simd,
        .interval = picture->scan[0].interval / picture->mcus,
        .rows = left < picture->batch ? left : picture->batch,
    };
    batch.bands = (batch.rows + batch.interval - 1) / batch.interval;
    if (!find_intervals(&batch))
        return FAST_NO;
    for (unsigned i = 0; i < batch.bands; i++)
        begun[i] = batch.scan[i].bits.next;
    context_native_end(context);
    const int status = context_for_bands(context, batch.bands, decode_interval, &batch);
    context_native_begin(context);
    if (status != 0)
        return FAST_FAILED;
    if (!are_joined(&batch, begun))
        return FAST_NO;
    picture->scan[0] = batch.scan[batch.bands - 1];
    picture->row += batch.rows;
    return finish_rows(picture);
}

enum fast_status fast_decode_rows(struct fast_picture *picture)
{
    const struct context *context = picture->decoder->trap.context;
    const enum simd_level level = context->simd;
    if (context->lanes > 1 && picture->batch > 1 &&
        picture->row % (picture->scan[0].interval / picture->mcus) == 0)
        return decode_batch(picture);
    if (!decode_row(picture, fast_kernels(level), idct_kernels(level), picture->row))
        return FAST_NO;
    picture->row++;
    return finish_rows(picture);
}
