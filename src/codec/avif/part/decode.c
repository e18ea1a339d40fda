/*
 * Decodes tiles with dav1d, without threads. Its pictures are in the decoder's arena, so that they are
 * counted and limited like others.
 */
#include "codec/avif/part/decode.h"

#include <dav1d/dav1d.h>
#include <errno.h>
#include <string.h>

/* Max pictures that dav1d uses at a time: one, a second one for film grain, one for each of up to 3 lower
 * layers; in a sequence also 8 references. */
enum { STILL_SLOTS = 5, SLOTS = 10, ALIGNMENT = 128 };

struct slot {
    uint8_t *data;
    bool used;
};

struct state {
    struct heif_decoder *decoder;
    Dav1dContext *dav1d;
    Dav1dPicture picture; /* the last one */
    struct slot slots[SLOTS];
    unsigned nslots;
    bool mismatch; /* the bitstream has another size or format than its header */
    bool full;     /* no slot, or no memory, is left */
};

static enum Dav1dPixelLayout layout_of(const struct heif_coding *coding)
{
    if (coding->monochrome)
        return DAV1D_PIXEL_LAYOUT_I400;
    return coding->sampling_y > 1   ? DAV1D_PIXEL_LAYOUT_I420
           : coding->sampling_x > 1 ? DAV1D_PIXEL_LAYOUT_I422
                                    : DAV1D_PIXEL_LAYOUT_I444;
}

/* Of a picture's memory, in bytes. */
struct layout {
    size_t stride, chroma; /* of rows */
    size_t luma_size, chroma_size, size;
};

static struct layout memory_of(const struct heif_decoder *decoder)
{
    const struct heif_coding *expected = decoder->expected;
    const size_t bytes = expected->bits > 8 ? 2 : 1,
                 width = ((size_t)decoder->layer->tile_width + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT,
                 height = ((size_t)decoder->layer->tile_height + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct layout layout = {.stride = width * bytes};
    layout.chroma = expected->monochrome ? 0 : layout.stride / expected->sampling_x;
    /* A stride that is a multiple of 1024 makes rows compete for the same cache lines. */
    layout.stride += layout.stride % 1024 == 0 ? DAV1D_PICTURE_ALIGNMENT : 0;
    layout.chroma += layout.chroma > 0 && layout.chroma % 1024 == 0 ? DAV1D_PICTURE_ALIGNMENT : 0;
    layout.luma_size = layout.stride * height;
    layout.chroma_size = layout.chroma * height / expected->sampling_y;
    layout.size = layout.luma_size + 2 * layout.chroma_size + DAV1D_PICTURE_ALIGNMENT;
    return layout;
}

/* A sequence's slots are allocated at once: memory that is allocated after its first frame is released. */
static int prepare_slots(struct state *state)
{
    const struct heif_decoder *decoder = state->decoder;
    const struct layout layout = memory_of(decoder);
    state->nslots = decoder->sequence ? SLOTS : STILL_SLOTS;
    for (unsigned i = 0; decoder->sequence && i < SLOTS; i++) {
        state->slots[i].data = arena_alloc(decoder->arena, layout.size);
        if (state->slots[i].data == NULL)
            return error_memory(decoder->error, layout.size);
    }
    return 0;
}

/* All pictures of a layer's tiles have the same size, so that their memory can be reused. Lower layers of a
 * progressive file may be smaller. */
static int alloc_picture(Dav1dPicture *picture, void *cookie)
{
    struct state *state = cookie;
    const struct heif_decoder *decoder = state->decoder;
    const struct heif_coding *expected = decoder->expected;
    const Dav1dPictureParameters *p = &picture->p;
    if ((uint32_t)p->w > decoder->layer->tile_width || (uint32_t)p->h > decoder->layer->tile_height ||
        (unsigned)p->bpc != expected->bits || p->layout != layout_of(expected)) {
        state->mismatch = true;
        return DAV1D_ERR(EINVAL);
    }
    const struct layout layout = memory_of(decoder);
    struct slot *slot = state->slots, *end = state->slots + state->nslots;
    while (slot < end && slot->used)
        slot++;
    if (slot < end && slot->data == NULL)
        slot->data = arena_alloc(decoder->arena, layout.size);
    if (slot == end || slot->data == NULL) {
        state->full = true;
        return DAV1D_ERR(ENOMEM);
    }
    slot->used = true;
    picture->data[0] = slot->data;
    picture->data[1] = expected->monochrome ? NULL : slot->data + layout.luma_size;
    picture->data[2] = expected->monochrome ? NULL : slot->data + layout.luma_size + layout.chroma_size;
    picture->stride[0] = (ptrdiff_t)layout.stride;
    picture->stride[1] = (ptrdiff_t)layout.chroma;
    picture->allocator_data = slot;
    return 0;
}

static void release_picture(Dav1dPicture *picture, void *cookie)
{
    (void)cookie;
    ((struct slot *)picture->allocator_data)->used = false;
}

static void keep_data(const uint8_t *data, void *cookie)
{
    (void)data;
    (void)cookie;
}

static int begin(struct heif_decoder *decoder)
{
    struct state *state = decoder->state;
    Dav1dSettings settings;
    state->decoder = decoder;
    if (prepare_slots(state) != 0)
        return -1;
    dav1d_default_settings(&settings);
    settings.n_threads = 1;
    settings.max_frame_delay = 1;
    settings.operating_point = (int)decoder->layer->properties.operating_point;
    settings.all_layers = decoder->layer->properties.selects_layer; /* else the highest alone */
    settings.frame_size_limit = decoder->layer->tile_width * decoder->layer->tile_height;
    settings.allocator = (Dav1dPicAllocator){.cookie = state,
                                             .alloc_picture_callback = alloc_picture,
                                             .release_picture_callback = release_picture};
    settings.logger.callback = NULL;
    settings.inloop_filters = decoder->filtered ? DAV1D_INLOOPFILTER_ALL : DAV1D_INLOOPFILTER_NONE;
    return dav1d_open(&state->dav1d, &settings) == 0 ? 0 : error_memory(decoder->error, 0);
}

static int refuse(const struct heif_decoder *decoder, int status)
{
    const struct state *state = decoder->state;
    if (state->mismatch)
        return error_set(decoder->error, PM_ERROR_CORRUPT,
                         "has AV1 data of another size or kind than its header says");
    if (status == DAV1D_ERR(EAGAIN) && decoder->layer->properties.selects_layer)
        return error_set(decoder->error, PM_ERROR_CORRUPT, "has no layer %u (lsel)",
                         decoder->layer->properties.layer);
    if (state->full || status == DAV1D_ERR(ENOMEM))
        return error_memory(decoder->error, 0);
    return error_set(decoder->error, PM_ERROR_CORRUPT, "its picture is damaged");
}

static void set_tile(struct heif_decoder *decoder, const Dav1dPicture *picture)
{
    const struct heif_coding *expected = decoder->expected;
    decoder->tile = (struct heif_planes){.nplanes = expected->monochrome ? 1 : 3, .bits = expected->bits};
    for (unsigned i = 0; i < decoder->tile.nplanes; i++) {
        const unsigned x = i == 0 ? 1 : expected->sampling_x, y = i == 0 ? 1 : expected->sampling_y;
        const uint32_t width = ((uint32_t)picture->p.w + x - 1) / x,
                       height = ((uint32_t)picture->p.h + y - 1) / y;
        decoder->tile.plane[i] = (struct pm_plane){.data = picture->data[i],
                                                   .stride = (size_t)picture->stride[i > 0],
                                                   .width = width,
                                                   .height = height,
                                                   .channels = 1,
                                                   .frame = {0, 0, width, height}};
    }
}

/* Frees a picture's slot for the next one. */
static void forget(struct state *state)
{
    if (state->picture.data[0] != NULL)
        dav1d_picture_unref(&state->picture);
    memset(&state->picture, 0, sizeof state->picture);
}

/* Frees further pictures of a frame's data, of which only the first is shown here. */
static void drain(struct state *state)
{
    Dav1dPicture picture = {0};
    while (dav1d_get_picture(state->dav1d, &picture) == 0)
        dav1d_picture_unref(&picture);
}

/* Is the picture that was decoded the layer that is asked for? */
static bool is_wanted(const struct heif_decoder *decoder)
{
    const struct state *state = decoder->state;
    const struct heif_properties *properties = &decoder->layer->properties;
    return !properties->selects_layer || (unsigned)state->picture.frame_hdr->spatial_id == properties->layer;
}

/* Decodes the first picture of a bitstream, or the next one of a sequence. */
static int decode(struct heif_decoder *decoder, struct pm_blob bits)
{
    struct state *state = decoder->state;
    Dav1dData data = {0};
    if (state->picture.data[0] != NULL) {
        forget(state);
        if (!decoder->sequence)
            dav1d_flush(state->dav1d);
    }
    if (dav1d_data_wrap(&data, bits.data, bits.size, keep_data, NULL) != 0)
        return error_memory(decoder->error, 0);
    int status;
    bool dropped;
    do {
        dropped = false;
        status = data.sz > 0 ? dav1d_send_data(state->dav1d, &data) : 0;
        if (status == 0 || status == DAV1D_ERR(EAGAIN))
            status = dav1d_get_picture(state->dav1d, &state->picture);
        if (status == 0 && !is_wanted(decoder)) {
            forget(state);
            dropped = true;
            status = DAV1D_ERR(EAGAIN);
        }
    } while (status == DAV1D_ERR(EAGAIN) && (data.sz > 0 || dropped));
    dav1d_data_unref(&data);
    const Dav1dPictureParameters *shown = &state->picture.p;
    state->mismatch |= status == 0 && ((uint32_t)shown->w != decoder->layer->tile_width ||
                                       (uint32_t)shown->h != decoder->layer->tile_height);
    if (status != 0 || state->mismatch)
        return refuse(decoder, status);
    if (decoder->sequence)
        drain(state);
    set_tile(decoder, &state->picture);
    return 0;
}

static void end(struct heif_decoder *decoder)
{
    struct state *state = decoder->state;
    forget(state);
    if (state->dav1d != NULL)
        dav1d_close(&state->dav1d);
}

const struct heif_library avif_dav1d = {
    .state_size = sizeof(struct state), .begin = begin, .decode = decode, .end = end};
