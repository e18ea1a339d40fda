#include "codec/heif/frames.h"

#include <string.h>

static const struct heif_track *track_of(const struct heif_header *header, int i)
{
    return i == 0 ? &header->heif.sequence.color : &header->heif.sequence.alpha;
}

static const struct heif_layer *layer_of(const struct heif_header *header, int i)
{
    return i == 0 ? &header->picture.color : &header->picture.alpha;
}

static bool has_track(const struct heif_header *header, int i)
{
    return layer_of(header, i)->item != NULL;
}

int heif_frames_begin(struct heif_frames *frames, const struct heif_header *header,
                      const struct heif_library *library, struct context *context)
{
    *frames = (struct heif_frames){.header = header};
    for (int i = 0; i < 2 && has_track(header, i); i++) {
        struct heif_decoder *decoder = &frames->tracks[i].decoder;
        struct heif_layer *layer = &frames->tracks[i].layer;
        *layer = *layer_of(header, i);
        heif_use_description(track_of(header, i), &layer->properties);
        *decoder = (struct heif_decoder){.library = library,
                                         .layer = layer,
                                         .expected = i == 0 ? &header->color : &header->alpha,
                                         .filtered = true, /* else errors would add up from frame to frame */
                                         .sequence = true,
                                         .arena = context->job_arena,
                                         .error = context->error};
        frames->tracks[i].samples = heif_samples_of(track_of(header, i));
        frames->tracks[i].open = true;
        if (heif_decoder_begin(decoder) != 0)
            return -1;
    }
    return 0;
}

/* The decoder keeps its planes as references for later frames. */
static int copy_planes(const struct heif_planes *from, struct heif_planes *to, struct context *context)
{
    const unsigned depth = from->bits > 8 ? 16 : 8;
    *to = (struct heif_planes){.nplanes = from->nplanes, .bits = from->bits};
    for (unsigned i = 0; i < from->nplanes; i++) {
        const struct pm_plane *plane = &from->plane[i];
        if (plane_alloc(&to->plane[i], plane->width, plane->height, 1, depth, context) != 0)
            return -1;
        for (uint32_t y = 0; y < plane->height; y++)
            memcpy(plane_row(&to->plane[i], y), plane_row(plane, y), (size_t)plane->width * depth / 8);
    }
    return 0;
}

static int decode(struct heif_frames *frames, int i, const uint8_t *data, size_t size,
                  struct heif_planes *planes, uint32_t *ticks, struct context *context)
{
    struct heif_decoder *decoder = &frames->tracks[i].decoder;
    struct heif_sample sample;
    if (!heif_samples_next(&frames->tracks[i].samples, &sample) || sample.at > size ||
        sample.size > size - sample.at)
        return error_changed(context->error);
    *ticks = sample.ticks;
    context_native_begin(context);
    int status = decoder->library->decode(decoder, (struct pm_blob){data + sample.at, (size_t)sample.size});
    context_native_end(context);
    if (status != 0)
        return -1;
    struct heif_planes decoded = decoder->tile;
    if (i == 1) /* an encoder may have written colours for alpha */
        decoded.nplanes = 1;
    status = copy_planes(&decoded, planes, context);
    if (status == 0)
        heif_crop(&decoder->layer->properties.crop, decoder->expected, planes);
    return status;
}

int heif_frames_next(struct heif_frames *frames, const uint8_t *data, size_t size, struct heif_planes *color,
                     struct heif_planes *alpha, struct frame_time *time, struct context *context)
{
    uint32_t ticks, other;
    if (context_checkpoint(context) != 0 || decode(frames, 0, data, size, color, &ticks, context) != 0 ||
        (has_track(frames->header, 1) && decode(frames, 1, data, size, alpha, &other, context) != 0))
        return -1;
    *time = (struct frame_time){ticks, frames->header->heif.sequence.color.timescale};
    return 0;
}

void heif_frames_end(struct heif_frames *frames)
{
    for (int i = 0; i < 2; i++) {
        if (frames->tracks[i].open)
            heif_decoder_end(&frames->tracks[i].decoder);
        frames->tracks[i].open = false;
    }
}
