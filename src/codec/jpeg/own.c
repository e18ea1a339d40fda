/* Decodes with pixmill's own decoder: chooses the files, and assembles an image from rows of MCUs. */
#include "codec/jpeg/reader.h"
#include "codec/jpeg/upsample.h"

int jpeg_own_open(struct jpeg_decoder *decoder, struct arena *arena)
{
    unsigned side[FAST_COMPONENTS_MAX] = {0};
    const int components = decoder->cinfo.num_components;
    decoder->picture = NULL;
    decoder->fast = false;
    if (decoder->reader.request.libjpeg || (!decoder->raw && !upsampler_takes(&decoder->cinfo)))
        return 0;
    for (int i = 0; i < components; i++)
        side[i] = jpeg_plane_scale(decoder, i);
    struct fast_picture *picture;
    const enum fast_status status = fast_open(decoder, side, decoder->leaves_out, arena, &picture);
    if (status == FAST_OK)
        decoder->picture = picture;
    return status != FAST_FAILED ? 0 : -1;
}

enum fast_status jpeg_own_rows(struct jpeg_decoder *decoder)
{
    struct context *context = decoder->trap.context;
    if (context_checkpoint(context) != 0)
        return FAST_FAILED;
    const enum fast_status status = fast_decode_rows(decoder->picture);
    decoder->fast = status == FAST_OK && decoder->picture->row == decoder->picture->rows;
    if (decoder->fast && decoder->several_scans && decoder->input.scans.late)
        context_warn(context, "has metadata after a scan, which is ignored");
    return status;
}

static enum fast_status make_planes(struct jpeg_decoder *decoder)
{
    enum fast_status status = FAST_OK;
    for (unsigned i = 0; i < decoder->image.nplanes; i++) {
        const struct pm_plane *plane = &decoder->image.plane[i];
        fast_place(decoder->picture, i, plane->data, plane->stride, decoder->window[i]);
    }
    while (status == FAST_OK && !decoder->fast)
        status = jpeg_own_rows(decoder);
    return status;
}

static enum fast_status make_pixels(struct jpeg_decoder *decoder, struct arena *arena)
{
    struct upsampler upsampler;
    if (upsampler_init(&upsampler, decoder, arena) != 0)
        return FAST_FAILED;
    enum fast_status status = FAST_OK;
    while (status == FAST_OK && !decoder->fast) {
        status = jpeg_own_rows(decoder);
        if (status == FAST_OK)
            upsampler_make(&upsampler, decoder->picture);
    }
    return status;
}

enum fast_status jpeg_own_image(struct jpeg_decoder *decoder, struct arena *arena)
{
    if (decoder->picture == NULL)
        return FAST_NO;
    return decoder->raw ? make_planes(decoder) : make_pixels(decoder, arena);
}
