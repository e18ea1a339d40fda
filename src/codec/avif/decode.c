/*
 * Decodes the tiles of a layer by dav1d. Its pictures are in the context's arena, so that they are charged
 * and limited like any other; a single tile's are the result, without a copy. Only one decoder is open at a
 * time, and it starts no thread.
 */
#include <dav1d/dav1d.h>
#include <errno.h>
#include <string.h>

#include "codec/avif/avif.h"

/* Pictures that dav1d has at a time: one, and a second one for film grain; a bitstream of several layers
 * more. */
enum { SLOTS = 4, ALIGNMENT = 128 };

struct slot {
    uint8_t *data;
    bool used;
};

struct decoder {
    Dav1dContext *dav1d;
    struct context *context;
    const struct heif_layer *layer;
    const struct av1_header *expected;
    struct slot slots[SLOTS];
    bool misled; /* the bitstream has another size or format than its header */
    bool full;   /* no slot, or no memory, is left */
};

static enum Dav1dPixelLayout layout_of(const struct av1_header *header)
{
    if (header->monochrome)
        return DAV1D_PIXEL_LAYOUT_I400;
    return header->sampling_y > 1   ? DAV1D_PIXEL_LAYOUT_I420
           : header->sampling_x > 1 ? DAV1D_PIXEL_LAYOUT_I422
                                    : DAV1D_PIXEL_LAYOUT_I444;
}

/* All pictures of a layer's tiles have one size, so that their memory is reused. */
static int alloc_picture(Dav1dPicture *picture, void *cookie)
{
    struct decoder *decoder = cookie;
    const struct av1_header *expected = decoder->expected;
    const Dav1dPictureParameters *p = &picture->p;
    if ((uint32_t)p->w != decoder->layer->tile_width || (uint32_t)p->h != decoder->layer->tile_height ||
        (unsigned)p->bpc != expected->bits || p->layout != layout_of(expected)) {
        decoder->misled = true;
        return DAV1D_ERR(EINVAL);
    }
    /* A stride that is a multiple of 1024 makes rows compete for the same cache lines. */
    const size_t bytes = p->bpc > 8 ? 2 : 1, width = ((size_t)p->w + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT,
                 height = ((size_t)p->h + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    const unsigned x = expected->sampling_x, y = expected->sampling_y;
    size_t stride = width * bytes, chroma = expected->monochrome ? 0 : stride / x;
    stride += stride % 1024 == 0 ? DAV1D_PICTURE_ALIGNMENT : 0;
    chroma += chroma > 0 && chroma % 1024 == 0 ? DAV1D_PICTURE_ALIGNMENT : 0;
    const size_t luma_size = stride * height, chroma_size = chroma * height / y;
    struct slot *slot = decoder->slots;
    while (slot < decoder->slots + SLOTS && slot->used)
        slot++;
    if (slot < decoder->slots + SLOTS && slot->data == NULL)
        slot->data =
            arena_alloc(decoder->context->arena, luma_size + 2 * chroma_size + DAV1D_PICTURE_ALIGNMENT);
    if (slot == decoder->slots + SLOTS || slot->data == NULL) {
        decoder->full = true;
        return DAV1D_ERR(ENOMEM);
    }
    slot->used = true;
    picture->data[0] = slot->data;
    picture->data[1] = expected->monochrome ? NULL : slot->data + luma_size;
    picture->data[2] = expected->monochrome ? NULL : slot->data + luma_size + chroma_size;
    picture->stride[0] = (ptrdiff_t)stride;
    picture->stride[1] = (ptrdiff_t)chroma;
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

static int begin(struct decoder *decoder, bool filtered)
{
    Dav1dSettings settings;
    dav1d_default_settings(&settings);
    settings.n_threads = 1;
    settings.max_frame_delay = 1;
    settings.all_layers = 0; /* of a bitstream with several, the best */
    settings.frame_size_limit = decoder->layer->tile_width * decoder->layer->tile_height;
    settings.allocator = (Dav1dPicAllocator){.cookie = decoder,
                                             .alloc_picture_callback = alloc_picture,
                                             .release_picture_callback = release_picture};
    settings.logger.callback = NULL;
    settings.inloop_filters = filtered ? DAV1D_INLOOPFILTER_ALL : DAV1D_INLOOPFILTER_NONE;
    return dav1d_open(&decoder->dav1d, &settings) == 0 ? 0 : error_memory(decoder->context->error, 0);
}

static int refuse(const struct decoder *decoder, int status)
{
    struct pm_error *error = decoder->context->error;
    if (decoder->misled)
        return error_set(error, PM_ERROR_CORRUPT,
                         "has AV1 data of another size or kind than its header says");
    if (decoder->full || status == DAV1D_ERR(ENOMEM))
        return error_memory(error, 0);
    return error_set(error, PM_ERROR_CORRUPT, "its picture is damaged");
}

/* Decodes the first picture of a bitstream. */
static int decode(struct decoder *decoder, struct pm_blob bits, Dav1dPicture *picture)
{
    Dav1dData data = {0};
    struct context *context = decoder->context;
    if (context_checkpoint(context) != 0)
        return -1;
    if (dav1d_data_wrap(&data, bits.data, bits.size, keep_data, NULL) != 0)
        return error_memory(context->error, 0);
    memset(picture, 0, sizeof *picture);
    context_native_begin(context);
    int status;
    do {
        status = data.sz > 0 ? dav1d_send_data(decoder->dav1d, &data) : 0;
        if (status == 0 || status == DAV1D_ERR(EAGAIN))
            status = dav1d_get_picture(decoder->dav1d, picture);
    } while (status == DAV1D_ERR(EAGAIN) && data.sz > 0);
    context_native_end(context);
    dav1d_data_unref(&data);
    return status == 0 ? 0 : refuse(decoder, status);
}

static void end(struct decoder *decoder)
{
    if (decoder->dav1d != NULL)
        dav1d_close(&decoder->dav1d);
}

/* --- planes ---------------------------------------------------------------------------------------- */

static void set_plane(struct pm_plane *plane, uint8_t *data, size_t stride, uint32_t width, uint32_t height)
{
    *plane = (struct pm_plane){.data = data,
                               .stride = stride,
                               .width = width,
                               .height = height,
                               .channels = 1,
                               .frame = {0, 0, width, height}};
}

/* Width and height of plane i of a layer of that size. */
static uint32_t plane_side(uint32_t side, unsigned plane, unsigned sampling)
{
    return plane == 0 ? side : (side + sampling - 1) / sampling;
}

/* Moves the planes' first sample to the crop rectangle's, and sets their frames. */
static void crop(const struct heif_rectangle *rectangle, const struct av1_header *header,
                 struct avif_planes *planes)
{
    const size_t bytes = planes->bits > 8 ? 2 : 1;
    for (unsigned i = 0; i < planes->nplanes; i++) {
        struct pm_plane *plane = &planes->plane[i];
        const unsigned x = i == 0 ? 1 : header->sampling_x, y = i == 0 ? 1 : header->sampling_y;
        const uint32_t left = rectangle->x / x, top = rectangle->y / y;
        plane->data += top * plane->stride + left * bytes;
        plane->width = (rectangle->x + rectangle->width + x - 1) / x - left;
        plane->height = (rectangle->y + rectangle->height + y - 1) / y - top;
        plane->frame = (struct pm_frame){(double)rectangle->x / x - left, (double)rectangle->y / y - top,
                                         (double)rectangle->width / x, (double)rectangle->height / y};
    }
}

/* Copies a tile's part of a plane of the grid. */
static void paste(const struct pm_plane *to, size_t bytes, uint64_t x, uint64_t y, const uint8_t *from,
                  ptrdiff_t stride, uint32_t width, uint32_t height)
{
    if (x + width > to->width)
        width = x < to->width ? to->width - (uint32_t)x : 0;
    for (uint32_t row = 0; row < height && y + row < to->height && width > 0; row++)
        memcpy(plane_row(to, (uint32_t)y + row) + x * bytes, from + row * stride, width * bytes);
}

static void fill(const struct pm_plane *plane, size_t bytes, unsigned level)
{
    for (uint32_t y = 0; y < plane->height; y++) {
        uint8_t *row = plane_row(plane, y);
        for (uint32_t x = 0; bytes == 2 && x < plane->width; x++)
            ((uint16_t *)(void *)row)[x] = (uint16_t)level;
        if (bytes == 1)
            memset(row, (int)level, plane->width);
    }
}

static int make_canvas(const struct heif_layer *layer, const struct av1_header *header, bool opaque,
                       struct avif_planes *planes, struct context *context)
{
    const unsigned depth = planes->bits > 8 ? 16 : 8, bits = planes->bits;
    const unsigned white = header->full_range ? (1u << bits) - 1 : 235u << (bits - 8);
    for (unsigned i = 0; i < planes->nplanes; i++) {
        const uint32_t width = plane_side(layer->width, i, header->sampling_x),
                       height = plane_side(layer->height, i, header->sampling_y);
        if (plane_alloc(&planes->plane[i], width, height, 1, depth, context) != 0)
            return -1;
        fill(&planes->plane[i], depth / 8, opaque ? white : 1u << (bits - 1));
    }
    return 0;
}

static int decode_grid(const struct avif_source *source, struct decoder *decoder, struct avif_planes *planes)
{
    const struct heif_layer *layer = decoder->layer;
    struct context *context = decoder->context;
    struct bmff_cursor tiles = layer->tiles;
    const struct av1_header *header = decoder->expected;
    for (uint64_t i = 0; i < (uint64_t)layer->rows * layer->columns; i++) {
        const struct heif_item *tile = heif_next_tile(source->heif, layer, &tiles, context->error);
        struct heif_data_size whole;
        struct pm_blob bits;
        Dav1dPicture picture;
        if (tile == NULL || heif_data_size(source->heif, tile, source->size, &whole, context->error) != 0)
            return -1;
        if (whole.cut && source->allow_truncated)
            continue;
        if (heif_item_data(source->heif, tile, source->data, source->size, &bits, context) != 0 ||
            decode(decoder, bits, &picture) != 0)
            return -1;
        const uint64_t x = i % layer->columns * layer->tile_width,
                       y = i / layer->columns * layer->tile_height;
        for (unsigned p = 0; p < planes->nplanes; p++) {
            const unsigned across = p == 0 ? 1 : header->sampling_x, down = p == 0 ? 1 : header->sampling_y;
            paste(&planes->plane[p], planes->bits > 8 ? 2 : 1, x / across, y / down, picture.data[p],
                  picture.stride[p > 0], plane_side(layer->tile_width, p, across),
                  plane_side(layer->tile_height, p, down));
        }
        dav1d_picture_unref(&picture);
        dav1d_flush(decoder->dav1d);
    }
    return 0;
}

static int decode_single(const struct avif_source *source, struct decoder *decoder,
                         struct avif_planes *planes)
{
    const struct heif_layer *layer = decoder->layer;
    struct pm_blob bits;
    Dav1dPicture picture;
    if (heif_item_data(source->heif, layer->item, source->data, source->size, &bits, decoder->context) != 0 ||
        decode(decoder, bits, &picture) != 0)
        return -1;
    for (unsigned i = 0; i < planes->nplanes; i++)
        set_plane(&planes->plane[i], picture.data[i], (size_t)picture.stride[i > 0],
                  plane_side(layer->width, i, decoder->expected->sampling_x),
                  plane_side(layer->height, i, decoder->expected->sampling_y));
    dav1d_picture_unref(&picture);
    return 0;
}

int avif_decode_layer(const struct avif_source *source, const struct heif_layer *layer,
                      const struct av1_header *expected, bool opaque, struct avif_planes *planes,
                      struct context *context)
{
    struct decoder decoder = {.context = context, .layer = layer, .expected = expected};
    /* Alpha's colours, if an encoder wrote any, have no meaning, but the decoder makes them. */
    *planes = (struct avif_planes){.nplanes = expected->monochrome || opaque ? 1 : 3, .bits = expected->bits};
    const bool grid = layer->tiles.data != NULL;
    if (grid && make_canvas(layer, expected, opaque, planes, context) != 0)
        return -1;
    const struct arena_mark mark = arena_mark(context->arena);
    int status = begin(&decoder, source->filtered);
    if (status == 0)
        status = grid ? decode_grid(source, &decoder, planes) : decode_single(source, &decoder, planes);
    end(&decoder);
    if (grid)
        arena_release(context->arena, mark);
    if (status == 0)
        crop(&layer->properties.crop, expected, planes);
    return status;
}
