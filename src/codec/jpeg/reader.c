/* Opening a file, and decoding its whole image at once. */
#include "codec/jpeg/reader.h"

#include <inttypes.h>

#include "codec/jpeg/library.h"
#include "codec/jpeg/meta.h"
#include "codec/jpeg/scale.h"

enum { BLOCK = DCTSIZE, MAX_SAMPLING = 4, PAD = MAX_SAMPLING * BLOCK };

/* The sum of: the image; tables and a few strips of rows; for pixels, also the windows of their components;
 * for a file with several scans, tables for each, and all coefficients at full size, 16 bits each, which
 * libjpeg keeps in memory if the file is damaged. */
static uint64_t bytes_with(unsigned uses, const struct pm_info *info, const struct decode_request *request)
{
    enum {
        STRIPS = 3 * PAD,
        WINDOWS = 2 * PAD + FAST_BATCH_SAMPLES + 2, /* and an upsampled row */
        TABLES = 1 << 18,
        TABLES_OF_SCANS = FAST_TABLES_MAX * sizeof(struct fast_table)
    };
    const bool ycc = info->pixels.color == PM_COLOR_YCC;
    const uint64_t width = (uint64_t)info->width + PAD, height = (uint64_t)info->height + PAD;
    const uint64_t picture = jpeg_plane_bytes(uses, info, request, false) +
                             (pm_channels(&info->pixels) - 1) * jpeg_plane_bytes(uses, info, request, ycc);
    uint64_t samples = width * height * pm_channels(&info->pixels);
    if (ycc)
        samples = width * height +
                  2 * (width / info->pixels.sampling_x + 1) * (height / info->pixels.sampling_y + 1);
    const uint64_t coefficients = info->interlaced ? samples * sizeof(JCOEF) : 0;
    /* Needed in addition to windows if damage is found. */
    const uint64_t n = jpeg_choose_scale(info->width, info->height, jpeg_share_whole, request);
    const uint64_t window =
        (request->window * n / BLOCK + 2 * PAD + FAST_BATCH_SAMPLES) * (width + PAD) * n / BLOCK;
    const uint64_t windows = request->window > 0 ? pm_channels(&info->pixels) * window : 0;
    const uint64_t tables = info->interlaced && !request->libjpeg ? TABLES + TABLES_OF_SCANS : TABLES;
    const bool planes = info->pixels.color == PM_COLOR_GRAY || (ycc && request->planes);
    const uint64_t strips = planes || request->libjpeg ? STRIPS : WINDOWS * pm_channels(&info->pixels);
    return picture + (windows < picture ? windows : picture) + coefficients + strips * width + tables;
}

uint64_t jpeg_decode_bytes(const struct pm_info *info, const struct decode_request *request)
{
    return bytes_with(jpeg_library_uses(), info, request);
}

int jpeg_open(struct reader *reader, struct context *context)
{
    struct jpeg_library library;
    if (jpeg_library_get(&library, context->error) != 0 ||
        jpeg_decoder_open((struct jpeg_decoder *)reader, library.uses, context) != 0)
        return -1;
    const uint64_t needed = bytes_with(library.uses, &reader->info, &reader->request);
    if (context->max_bytes > 0 && needed > context->max_bytes)
        return error_limit_hint(context->error, context->max_bytes, needed, PM_HINT_MAX_MEMORY,
                                "takes %" PRIu64 " bytes to decode, more than the %" PRIu64 " allowed",
                                needed, context->max_bytes);
    return 0;
}

int jpeg_finish(struct jpeg_decoder *decoder, struct pm_metadata *meta, struct context *context)
{
    const struct reader *reader = &decoder->reader;
    struct jpeg_trailer trailer;
    jpeg_read_trailer(reader->data, reader->size, decoder->picture_end, &trailer);
    jpeg_warn_of_losses(&decoder->header.besides, &trailer, &reader->request, context);
    return jpeg_read_metadata(reader->data, reader->size, &decoder->header.besides, reader->request.keep,
                              meta, context);
}

static int decode_image(struct jpeg_decoder *decoder)
{
    struct arena *spare = decoder->trap.context->spare;
    const struct arena_mark mark = arena_mark(spare);
    if (jpeg_own_open(decoder, spare) != 0 || jpeg_allot_image(decoder) != 0)
        return -1;
    const enum fast_status status = jpeg_own_image(decoder, spare);
    arena_release(spare, mark);
    if (status == FAST_NO)
        return jpeg_try(&decoder->trap, jpeg_decode_by_libjpeg, decoder);
    return status == FAST_OK ? 0 : -1;
}

int jpeg_frame(struct reader *reader, struct frame *frame, struct context *context)
{
    struct jpeg_decoder *decoder = (struct jpeg_decoder *)reader;
    struct pm_image *image = &decoder->image;
    struct arena_mark mark = arena_mark(context->spare);
    jpeg_set_trap(decoder, context);
    context_native_begin(context);
    int status = jpeg_try(&decoder->trap, jpeg_start, decoder);
    if (status == 0)
        status = decode_image(decoder);
    if (status == 0)
        jpeg_read_density(&decoder->cinfo, &image->meta);
    jpeg_destroy_decompress(&decoder->cinfo);
    context_native_end(context);
    arena_release(context->spare, mark);
    if (status != 0 || jpeg_finish(decoder, &image->meta, context) != 0)
        return -1;
    frame->image = *image;
    return 0;
}

void jpeg_close(struct reader *reader)
{
    jpeg_destroy_decompress(&((struct jpeg_decoder *)reader)->cinfo);
}
