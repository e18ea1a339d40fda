/* The frames are kept as libaom encodes them, until the boxes before them can be written. */
#include "codec/avif/part/writer.h"

#include "codec/avif/part/encode.h"
#include "codec/avif/part/tracks.h"

struct avif_writer {
    struct writer writer;
    struct pm_image first; /* for the file's metadata; its samples are freed */
    struct avif_layer layers[2];
    struct heif_nclx nclx;
    struct writer_clock clock;
    uint32_t frames;
    uint32_t *ticks, *sizes[2]; /* of each frame */
    uint8_t *keys[2];
};

static int begin(struct writer *writer, const struct pm_image *first, struct context *context)
{
    struct avif_writer *avif = (struct avif_writer *)writer;
    const size_t frames = writer->animation.frames;
    if (avif_check_image(first, writer->options, context->error) != 0)
        return -1;
    avif->first = *first;
    avif->ticks = arena_alloc(context->job_arena, frames * sizeof *avif->ticks);
    for (unsigned i = 0; i < 2; i++) {
        avif->sizes[i] = arena_alloc(context->job_arena, frames * sizeof *avif->sizes[i]);
        avif->keys[i] = arena_alloc(context->job_arena, frames);
        if (avif->ticks == NULL || avif->sizes[i] == NULL || avif->keys[i] == NULL)
            return error_memory(context->error, frames * sizeof *avif->sizes[i]);
    }
    return 0;
}

static int add(struct writer *writer, const struct frame *frame, struct context *context)
{
    struct avif_writer *avif = (struct avif_writer *)writer;
    const size_t before[2] = {avif->layers[0].bits.size, avif->layers[1].bits.size};
    if (avif_encode_frame(avif->layers, &frame->image, writer->options, false, &avif->nclx, context) != 0)
        return -1;
    const uint64_t ticks = writer_clock_add(&avif->clock, frame->time, AVIF_TICKS_PER_SECOND);
    avif->ticks[avif->frames] = ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
    for (unsigned i = 0; i < 2; i++) {
        avif->sizes[i][avif->frames] = (uint32_t)(avif->layers[i].bits.size - before[i]);
        avif->keys[i][avif->frames] = avif->layers[i].key;
    }
    avif->frames++;
    return 0;
}

static int end(struct writer *writer, struct context *context)
{
    const struct avif_writer *avif = (const struct avif_writer *)writer;
    const struct avif_layer *layers = avif->layers;
    const struct avif_bitstreams bits = {{layers[0].bits.data, layers[0].bits.size},
                                         {layers[1].bits.data, layers[1].bits.size}};
    const struct avif_sequence sequence = {
        .frames = avif->frames,
        .loops = writer->animation.loops,
        .ticks = avif->ticks,
        .layers = {{avif->sizes[0], avif->keys[0]}, {avif->sizes[1], avif->keys[1]}}};
    return avif_write_file(&avif->first, &bits, &avif->nclx, &sequence, writer->out, context);
}

static void close(struct writer *writer)
{
    struct avif_writer *avif = (struct avif_writer *)writer;
    avif_layer_free(&avif->layers[0]);
    avif_layer_free(&avif->layers[1]);
}

const struct codec_writer avif_writer_functions = {
    .size = sizeof(struct avif_writer), .begin = begin, .add = add, .end = end, .close = close};
