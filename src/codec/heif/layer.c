/*
 * Decodes the tiles of a layer. The planes of a single picture are the decoder's, without a copy. In a grid,
 * the tiles of each row are divided among the context's threads, each with its own decoder.
 */
#include <string.h>

#include "codec/heif/planes.h"

/* Width or height of plane i of a layer with width or height `side`. */
static uint32_t plane_side(uint32_t side, unsigned plane, unsigned sampling)
{
    return plane == 0 ? side : (side + sampling - 1) / sampling;
}

void heif_crop(const struct heif_rectangle *rectangle, const struct heif_coding *coding,
               struct heif_planes *planes)
{
    const size_t bytes = planes->bits > 8 ? 2 : 1;
    for (unsigned i = 0; i < planes->nplanes; i++) {
        struct pm_plane *plane = &planes->plane[i];
        const unsigned x = i == 0 ? 1 : coding->sampling_x, y = i == 0 ? 1 : coding->sampling_y;
        const uint32_t left = rectangle->x / x, top = rectangle->y / y;
        plane->data += top * plane->stride + left * bytes;
        plane->width = (rectangle->x + rectangle->width + x - 1) / x - left;
        plane->height = (rectangle->y + rectangle->height + y - 1) / y - top;
        plane->frame = (struct pm_frame){(double)rectangle->x / x - left, (double)rectangle->y / y - top,
                                         (double)rectangle->width / x, (double)rectangle->height / y};
    }
}

int heif_decoder_begin(struct heif_decoder *decoder)
{
    const size_t size = decoder->library->state_size;
    decoder->state = arena_alloc(decoder->arena, size);
    if (decoder->state == NULL)
        return error_memory(decoder->error, size);
    memset(decoder->state, 0, size);
    return decoder->library->begin(decoder);
}

void heif_decoder_end(struct heif_decoder *decoder)
{
    if (decoder->state != NULL)
        decoder->library->end(decoder);
}

/* --- a grid ----------------------------------------------------------------------------------------- */

/* Finds every tile. */
static int find_tiles(struct heif_grid *grid, struct context *context)
{
    const struct heif_source *source = &grid->source;
    const struct heif_layer *layer = grid->layer;
    struct bmff_cursor cursor = layer->tiles;
    const uint64_t count = (uint64_t)layer->rows * layer->columns;
    grid->tiles = arena_alloc(context->job_arena, count * sizeof *grid->tiles);
    if (grid->tiles == NULL)
        return error_memory(context->error, count * sizeof *grid->tiles);
    for (uint64_t i = 0; i < count; i++) {
        struct heif_data_size whole;
        const struct heif_item *tile = heif_next_tile(source->heif, layer, &cursor, context->error);
        if (tile == NULL || heif_data_size(source->heif, tile, source->size, &whole, context->error) != 0)
            return -1;
        grid->tiles[i] = whole.cut && source->allow_truncated ? NULL : tile;
    }
    return 0;
}

int heif_grid_begin(struct heif_grid *grid, const struct heif_source *source, const struct heif_layer *layer,
                    const struct heif_coding *expected, bool opaque, struct context *context)
{
    *grid = (struct heif_grid){.source = *source, .layer = layer, .expected = expected, .opaque = opaque};
    grid->planes.nplanes = expected->monochrome || opaque ? 1 : 3;
    grid->planes.bits = expected->bits;
    return find_tiles(grid, context);
}

int heif_grid_alloc(struct heif_grid *grid, unsigned plane, uint32_t window, struct context *context)
{
    const struct heif_layer *layer = grid->layer;
    const uint32_t width = plane_side(layer->width, plane, grid->expected->sampling_x),
                   height = plane_side(layer->height, plane, grid->expected->sampling_y);
    struct pm_plane *made = &grid->planes.plane[plane];
    grid->window[plane] = window < height ? window : height;
    if (plane_alloc(made, width, grid->window[plane], 1, grid->planes.bits > 8 ? 16 : 8, context) != 0)
        return -1;
    made->height = height;
    made->frame = (struct pm_frame){0, 0, width, height};
    return 0;
}

/* The samples of a missing tile: grey, or opaque alpha. */
static unsigned missing_level(const struct heif_grid *grid)
{
    const unsigned bits = grid->planes.bits;
    const unsigned white = grid->expected->full_range ? (1u << bits) - 1 : 235u << (bits - 8);
    return grid->opaque ? white : 1u << (bits - 1);
}

static void fill(uint8_t *row, size_t bytes, unsigned level, uint32_t width)
{
    for (uint32_t x = 0; bytes == 2 && x < width; x++)
        ((uint16_t *)(void *)row)[x] = (uint16_t)level;
    if (bytes == 1)
        memset(row, (int)level, width);
}

/* Copies a tile to its position in plane i; `tile` NULL: it is missing. */
static void put(const struct heif_grid *grid, unsigned i, uint32_t column, const struct heif_planes *tile)
{
    const struct heif_layer *layer = grid->layer;
    const struct pm_plane *to = &grid->planes.plane[i];
    const size_t bytes = grid->planes.bits > 8 ? 2 : 1;
    const uint32_t width = plane_side(layer->tile_width, i, grid->expected->sampling_x),
                   height = plane_side(layer->tile_height, i, grid->expected->sampling_y);
    const uint64_t x = (uint64_t)column * width, y = (uint64_t)grid->next * height;
    const uint32_t part = x + width <= to->width ? width : (uint32_t)(to->width - x);
    for (uint32_t row = 0; row < height && y + row < to->height; row++) {
        uint8_t *out = plane_row(to, ((uint32_t)y + row) % grid->window[i]) + x * bytes;
        if (tile != NULL)
            memcpy(out, plane_row(&tile->plane[i], row), part * bytes);
        else
            fill(out, bytes, missing_level(grid), part);
    }
}

struct row_job {
    const struct heif_grid *grid;
    struct pm_blob *tiles; /* of the row; data NULL: missing */
    unsigned bands;
    struct pm_error *errors; /* one a band */
};

/* Finds the bytes of the next row of tiles. */
static int find_bytes(struct row_job *job, struct context *context)
{
    const struct heif_source *source = &job->grid->source;
    const uint32_t columns = job->grid->layer->columns;
    const struct heif_item *const *tiles = job->grid->tiles + (size_t)job->grid->next * columns;
    job->tiles = context_alloc_array(context, columns, sizeof *job->tiles);
    if (job->tiles == NULL)
        return -1;
    for (uint32_t i = 0; i < columns; i++) {
        job->tiles[i] = (struct pm_blob){0};
        if (tiles[i] != NULL && heif_item_data(source->heif, tiles[i], source->data, source->size,
                                               &job->tiles[i], context->arena, context->error) != 0)
            return -1;
    }
    return 0;
}

static int decode_tiles(const struct row_job *job, struct heif_decoder *decoder, uint32_t first,
                        uint32_t last)
{
    const struct heif_grid *grid = job->grid;
    for (uint32_t column = first; column < last; column++) {
        const struct pm_blob bits = job->tiles[column];
        if (bits.data != NULL && decoder->library->decode(decoder, bits) != 0)
            return -1;
        for (unsigned i = 0; i < grid->planes.nplanes; i++)
            put(grid, i, column, bits.data != NULL ? &decoder->tile : NULL);
    }
    return 0;
}

static int run_band(void *argument, unsigned band, struct arena *scratch)
{
    const struct row_job *job = argument;
    const struct heif_grid *grid = job->grid;
    uint32_t first, last;
    struct heif_decoder decoder = {.library = grid->source.library,
                                   .layer = grid->layer,
                                   .expected = grid->expected,
                                   .filtered = grid->source.filtered,
                                   .arena = scratch,
                                   .error = &job->errors[band]};
    context_band_rows(grid->layer->columns, job->bands, band, &first, &last);
    if (heif_decoder_begin(&decoder) == 0)
        (void)decode_tiles(job, &decoder, first, last); /* the failure is in `errors` */
    heif_decoder_end(&decoder);
    return 0;
}

int heif_grid_row(struct heif_grid *grid, struct context *context)
{
    const uint32_t columns = grid->layer->columns;
    const struct arena_mark mark = arena_mark(context->arena);
    if (context_checkpoint(context) != 0)
        return -1;
    /* Tiles take unequal times: each free thread takes the next one. */
    struct row_job job = {.grid = grid, .bands = context->lanes > 1 ? columns : 1};
    job.errors = context_alloc_array(context, job.bands, sizeof *job.errors);
    if (job.errors == NULL || find_bytes(&job, context) != 0)
        return -1;
    memset(job.errors, 0, job.bands * sizeof *job.errors);
    if (context_for_bands(context, job.bands, run_band, &job) != 0)
        return -1;
    for (unsigned i = 0; i < job.bands; i++) {
        if (job.errors[i].kind != PM_OK) {
            error_copy(context->error, &job.errors[i]);
            return -1;
        }
    }
    arena_release(context->arena, mark);
    grid->next++;
    return 0;
}

static int decode_grid(const struct heif_source *source, const struct heif_layer *layer,
                       const struct heif_coding *expected, bool opaque, struct heif_planes *planes,
                       struct context *context)
{
    struct heif_grid grid;
    if (heif_grid_begin(&grid, source, layer, expected, opaque, context) != 0)
        return -1;
    for (unsigned i = 0; i < grid.planes.nplanes; i++) {
        if (heif_grid_alloc(&grid, i, UINT32_MAX, context) != 0)
            return -1;
    }
    while (grid.next < layer->rows) {
        if (heif_grid_row(&grid, context) != 0)
            return -1;
    }
    *planes = grid.planes;
    return 0;
}

/* --- any layer -------------------------------------------------------------------------------------- */

static int decode_single(const struct heif_source *source, const struct heif_layer *layer,
                         const struct heif_coding *expected, bool opaque, struct heif_planes *planes,
                         struct context *context)
{
    struct pm_blob bits;
    struct heif_decoder decoder = {.library = source->library,
                                   .layer = layer,
                                   .expected = expected,
                                   .filtered = source->filtered,
                                   .arena = context->arena,
                                   .error = context->error};
    if (context_checkpoint(context) != 0 ||
        heif_item_data(source->heif, layer->item, source->data, source->size, &bits, context->job_arena,
                       context->error) != 0)
        return -1;
    context_native_begin(context);
    int status = heif_decoder_begin(&decoder);
    if (status == 0)
        status = decoder.library->decode(&decoder, bits);
    heif_decoder_end(&decoder);
    context_native_end(context);
    *planes = decoder.tile;
    /* An encoder may have written colours for alpha: the decoder makes them, but they are ignored. */
    planes->nplanes = expected->monochrome || opaque ? 1 : 3;
    return status;
}

int heif_decode_layer(const struct heif_source *source, const struct heif_layer *layer,
                      const struct heif_coding *expected, bool opaque, struct heif_planes *planes,
                      struct context *context)
{
    const int status = layer->tiles.data != NULL
                           ? decode_grid(source, layer, expected, opaque, planes, context)
                           : decode_single(source, layer, expected, opaque, planes, context);
    if (status == 0)
        heif_crop(&layer->properties.crop, expected, planes);
    return status;
}
