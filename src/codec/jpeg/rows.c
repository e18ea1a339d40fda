/*
 * A picture row by row. Where pixmill's own decoder gives up libjpeg decodes the whole picture, and rows come
 * from there: those that were made before are the same in it, for nothing of what came before the first fault
 * depends on what comes after it.
 */
#include "codec/jpeg/meta.h"
#include "codec/jpeg/reader.h"

bool jpeg_has_rows(const struct pm_info *info, const struct decode_request *request)
{
    return info->pixels.color == PM_COLOR_GRAY || (info->pixels.color == PM_COLOR_YCC && request->planes);
}

static int index_of(const struct row_source *source)
{
    const struct jpeg_decoder *decoder = source->decoder;
    return (int)(source - decoder->rows);
}

/* Rows of plane i that a row of MCUs has. */
static uint32_t rows_at_once(const struct jpeg_decoder *decoder, int i)
{
    return (uint32_t)decoder->cinfo.comp_info[i].v_samp_factor * jpeg_plane_scale(decoder, i);
}

/* The source's memory is now that of its plane. */
static void follow_plane(struct row_source *source)
{
    const struct jpeg_decoder *decoder = source->decoder;
    const int i = index_of(source);
    source->plane.data = decoder->image.plane[i].data;
    source->plane.stride = decoder->image.plane[i].stride;
    source->window = decoder->window[i];
}

/* Gives plane i memory, of `window` rows or all (0), and says so to who decodes it. */
static int allot(struct jpeg_decoder *decoder, int i, uint32_t window)
{
    const struct pm_plane *plane = &decoder->image.plane[i];
    if (jpeg_allot_plane(decoder, i, window) != 0)
        return -1;
    if (decoder->picture != NULL)
        fast_place(decoder->picture, (unsigned)i, plane->data, plane->stride, decoder->window[i]);
    return 0;
}

static int rows_begin(struct row_source *source, uint32_t window, struct context *context)
{
    struct jpeg_decoder *decoder = source->decoder;
    const int i = index_of(source);
    const uint32_t step = rows_at_once(decoder, i);
    decoder->trap.context = context;
    decoder->trap.error = context->error;
    if (i == 0 && jpeg_own_open(decoder, context->arena) != 0)
        return -1;
    /* Of the rows that are asked for the first may be the last of its row of MCUs. */
    if (decoder->picture != NULL)
        window = (window + step - 1) / step * step + step * decoder->picture->batch;
    else
        window = 0;
    if (allot(decoder, i, window) != 0)
        return -1;
    follow_plane(source);
    return 0;
}

/* Rows of MCUs that are decoded are rows of the sources. */
static void count_rows(struct jpeg_decoder *decoder, uint32_t mcu_rows)
{
    for (int i = 0; i < decoder->cinfo.num_components; i++) {
        struct row_source *source = &decoder->rows[i];
        const uint64_t made = (uint64_t)mcu_rows * rows_at_once(decoder, i);
        source->made = made < source->plane.height ? (uint32_t)made : source->plane.height;
    }
}

static int make_all_by_libjpeg(struct jpeg_decoder *decoder)
{
    struct context *context = decoder->trap.context;
    const struct arena_mark mark = arena_mark(context->spare);
    decoder->memory.arena = context->spare;
    if (decoder->picture != NULL && jpeg_allot_image(decoder) != 0)
        return -1;
    decoder->picture = NULL;
    const int status = jpeg_try(&decoder->trap, jpeg_decode_by_libjpeg, decoder);
    arena_release(context->spare, mark);
    if (status != 0)
        return -1;
    /* libjpeg has no components any more. */
    for (unsigned i = 0; i < decoder->image.nplanes; i++) {
        follow_plane(&decoder->rows[i]);
        decoder->rows[i].made = decoder->rows[i].plane.height;
    }
    return 0;
}

/* After the last row: reports what jpeg_frame reports there. Metadata were read at the start, without
 * warnings. */
static int say_the_rest(struct jpeg_decoder *decoder)
{
    struct context *context = decoder->trap.context;
    struct pm_metadata said = {0};
    const struct arena_mark mark = arena_mark(context->job_arena);
    const int status = jpeg_finish(decoder, &said, context);
    arena_release(context->job_arena, mark);
    return status;
}

static int rows_make(struct row_source *source, uint32_t end, struct context *context)
{
    struct jpeg_decoder *decoder = source->decoder;
    enum fast_status status = decoder->picture != NULL ? FAST_OK : FAST_NO;
    decoder->trap.context = context;
    decoder->trap.error = context->error;
    context_native_begin(context);
    while (status == FAST_OK && source->made < end) {
        status = jpeg_own_rows(decoder);
        if (status == FAST_OK)
            count_rows(decoder, decoder->picture->row);
    }
    if (status == FAST_NO)
        status = make_all_by_libjpeg(decoder) == 0 ? FAST_OK : FAST_FAILED;
    context_native_end(context);
    if (status == FAST_OK && decoder->rows[0].made == decoder->rows[0].plane.height)
        return say_the_rest(decoder);
    return status == FAST_OK ? 0 : -1;
}

static void rows_end(struct row_source *source)
{
    struct jpeg_decoder *decoder = source->decoder;
    jpeg_destroy_decompress(&decoder->cinfo);
}

/* Without a word: it is said when the picture is known to be good. */
static int read_metadata(struct jpeg_decoder *decoder, struct context *context)
{
    struct context_ops silent = context->ops != NULL ? *context->ops : (struct context_ops){0};
    struct context quiet = *context;
    silent.warn = NULL;
    quiet.ops = &silent;
    jpeg_read_density(&decoder->cinfo, &decoder->image.meta);
    return jpeg_read_metadata(decoder->reader.data, decoder->reader.size, &decoder->header.besides,
                              decoder->reader.request.keep, &decoder->image.meta, &quiet);
}

int jpeg_rows(struct reader *reader, struct pm_image *image, struct row_source **rows,
              struct context *context)
{
    struct jpeg_decoder *decoder = (struct jpeg_decoder *)reader;
    jpeg_set_trap(decoder, context);
    context_native_begin(context);
    const int status = jpeg_try(&decoder->trap, jpeg_start, decoder);
    context_native_end(context);
    if (status != 0 || read_metadata(decoder, context) != 0)
        return -1;
    if (!decoder->raw)
        return error_set(context->error, PM_ERROR_INTERNAL,
                         "is of other colours than its header says (please report this)");
    for (unsigned i = 0; i < decoder->image.nplanes; i++)
        decoder->rows[i] = (struct row_source){.plane = decoder->image.plane[i],
                                               .decoder = decoder,
                                               .begin = rows_begin,
                                               .make = rows_make,
                                               .end = rows_end};
    *image = decoder->image;
    image->nplanes = 0;
    *rows = decoder->rows;
    return 0;
}
