#include "codec/heif/reader.h"

#include <string.h>

#include "image/convert.h"

static int read_item(const struct heif_reader *self, const struct heif_item *item, struct pm_blob *blob,
                     struct context *context)
{
    const struct reader *reader = &self->reader;
    const struct heif *heif = &self->header.heif;
    struct heif_data_size whole;
    if (item == NULL)
        return 0;
    if (heif_data_size(heif, item, reader->size, &whole, context->error) != 0)
        return -1;
    if (whole.cut)
        context_warn(context, "the file ends within its metadata");
    return heif_item_data(heif, item, reader->data, reader->size, blob, context->job_arena, context->error);
}

static int read_metadata(struct heif_reader *self, struct context *context)
{
    const struct heif_picture *picture = &self->header.picture;
    const struct reader *reader = &self->reader;
    const unsigned keep = reader->request.keep;
    struct pm_metadata *meta = &self->meta;
    const struct heif_properties *color = &picture->color.properties;
    const struct pm_blob icc = color->icc;
    if (icc.size > 0) { /* the header is freed before the picture is encoded */
        uint8_t *copy = arena_alloc(context->job_arena, icc.size);
        if (copy == NULL)
            return error_memory(context->error, icc.size);
        meta->icc = (struct pm_blob){memcpy(copy, icc.data, icc.size), icc.size};
    }
    if ((keep & KEEP_EXIF) != 0) {
        if (read_item(self, picture->exif, &meta->exif, context) != 0)
            return -1;
        meta->exif = bmff_exif(meta->exif);
    }
    if ((keep & KEEP_XMP) != 0 && read_item(self, picture->xmp, &meta->xmp, context) != 0)
        return -1;
    meta->has_srgb = reader->info.has_srgb;
    meta->has_cicp = reader->info.has_cicp;
    memcpy(meta->cicp, reader->info.cicp, sizeof meta->cicp);
    meta->has_mastering = color->has_mastering;
    meta->has_light = color->has_light;
    memcpy(meta->mastering, color->mastering, sizeof meta->mastering);
    memcpy(meta->light, color->light, sizeof meta->light);
    return 0;
}

static void warn_of_losses(const struct reader *reader, struct context *context)
{
    const struct pm_info *info = &reader->info;
    const unsigned others = info->extra_pictures - (info->gain_map ? 1 : 0);
    if (info->gain_map && !reader->request.quiet_gain_map)
        context_warn(context, "its gain map is left out: the result is the picture for SDR displays");
    if (others > 0)
        context_warn(context, "%u further %s in the file %s left out", others,
                     others == 1 ? "picture" : "pictures", others == 1 ? "is" : "are");
}

/* Checks that the whole picture is in the file. A grid's missing tiles may be grey; a single picture can't be
 * decoded if truncated. */
static int check_whole(struct heif_reader *self, const struct heif_layer *layer, struct context *context)
{
    const struct reader *reader = &self->reader;
    bool cut;
    if (layer->item == NULL)
        return 0;
    if (heif_check_layer(&self->header.heif, layer, reader->size, &cut, context->error) != 0)
        return -1;
    if (!cut)
        return 0;
    if (layer->tiles.data == NULL)
        return error_set(context->error, PM_ERROR_TRUNCATED,
                         "ends before its picture is whole (fetch or copy it again)");
    if (!reader->request.allow_truncated)
        return error_set_hint(context->error, PM_ERROR_TRUNCATED, PM_HINT_ALLOW_TRUNCATED,
                              "ends before its picture is whole");
    self->cut = true;
    return 0;
}

/* Decides whether frames are read, and refuses those that can't be. */
static int open_sequence(struct heif_reader *self, struct context *context)
{
    const struct heif_sequence *sequence = &self->header.heif.sequence;
    const struct decode_request *request = &self->reader.request;
    const bool missing = sequence->fault.kind == PM_ERROR_TRUNCATED;
    self->animates = self->reader.info.animated && request->animation;
    if (!self->animates && sequence->fault.kind != PM_OK && self->reader.codec->animated)
        context_warn(context, "its animation, which is left out, %s", sequence->fault.message);
    if (!self->animates)
        return 0;
    if (sequence->fault.kind != PM_OK && !(missing && request->allow_truncated && sequence->frames > 0))
        return error_copy(context->error, &sequence->fault);
    if (missing)
        context_warn(context, "ends too early; %u of %u frames are missing",
                     sequence->color.samples - sequence->frames, sequence->color.samples);
    return 0;
}

int heif_reader_open(struct reader *reader, heif_describe *describe, const struct heif_library *library,
                     struct context *context)
{
    struct heif_reader *self = (struct heif_reader *)reader;
    struct heif_header *header = &self->header;
    const struct heif_picture *picture = &header->picture;
    self->library = library;
    memory_source_init(&self->source, reader->data, reader->size);
    if (heif_read_header(&self->source.source, reader->request.page, describe, header, context->error) != 0 ||
        image_check_size(picture->color.width, picture->color.height, context->max_pixels, context->error) !=
            0 ||
        check_whole(self, &picture->color, context) != 0 || check_whole(self, &picture->alpha, context) != 0)
        return -1;
    heif_header_tell(header, &reader->info);
    warn_of_losses(reader, context);
    if (self->cut)
        context_warn(context, "ends too early; the missing tiles are grey");
    if (open_sequence(self, context) != 0)
        return -1;
    return read_metadata(self, context);
}

/* In-loop filters are not needed if the picture is reduced to half its size or less: without AV1's, the
 * reduced samples/lake.jpg, dunes.png and spheres-444.jpg were as close to their originals (quality 60).
 * min_width is 1.5 times the width of a resize. */
static bool is_filtered(const struct reader *reader)
{
    const struct decode_request *request = &reader->request;
    const struct pm_info *info = &reader->info;
    return request->min_width == 0 || request->min_height == 0 ||
           3 * (uint64_t)info->width < 4 * (uint64_t)request->min_width ||
           3 * (uint64_t)info->height < 4 * (uint64_t)request->min_height;
}

static int make_ycc(const struct heif_reader *self, struct heif_planes *color, struct heif_planes *alpha,
                    struct pm_image *image, struct context *context)
{
    static const uint8_t black[3];
    const struct reader *reader = &self->reader;
    const struct pm_pixel_format rgb = PIXELS(PM_COLOR_RGB, reader->info.pixels.alpha, 8);
    const struct conversion *step;
    struct convert_goal goal;
    int status = 0;
    image->width = color->plane[0].width;
    image->height = color->plane[0].height;
    image->format = reader->info.pixels;
    image->nplanes = 3;
    memcpy(image->plane, color->plane, sizeof color->plane);
    if (alpha != NULL) {
        if (heif_make_alpha(&self->header, alpha, context) != 0)
            return -1;
        image->plane[image->nplanes++] = alpha->plane[0];
    }
    while (!reader->request.planes && status == 0 &&
           (step = convert_next(&image->format, &rgb, black, &goal)) != NULL)
        status = step->run(image, &goal, image, context);
    return status;
}

static struct heif_source source_of(const struct heif_reader *self)
{
    const struct reader *reader = &self->reader;
    return (struct heif_source){.library = self->library,
                                .heif = &self->header.heif,
                                .data = reader->data,
                                .size = reader->size,
                                .filtered = is_filtered(reader),
                                .allow_truncated = reader->request.allow_truncated};
}

static int decode_still(const struct heif_reader *self, struct heif_planes *color, struct heif_planes *alpha,
                        struct context *context)
{
    const struct heif_header *header = &self->header;
    const struct heif_picture *picture = &header->picture;
    const struct heif_source source = source_of(self);
    if (heif_decode_layer(&source, &picture->color, &header->color, false, color, context) != 0)
        return -1;
    return picture->alpha.item == NULL
               ? 0
               : heif_decode_layer(&source, &picture->alpha, &header->alpha, true, alpha, context);
}

static int decode_next(struct heif_reader *self, struct heif_planes *color, struct heif_planes *alpha,
                       struct frame_time *time, struct context *context)
{
    const struct reader *reader = &self->reader;
    if (self->frames.header == NULL &&
        heif_frames_begin(&self->frames, &self->header, self->library, context) != 0)
        return -1;
    return heif_frames_next(&self->frames, reader->data, reader->size, color, alpha, time, context);
}

int heif_reader_frame(struct reader *reader, struct frame *frame, struct context *context)
{
    struct heif_reader *self = (struct heif_reader *)reader;
    const struct heif_header *header = &self->header;
    struct pm_image *image = &frame->image;
    struct heif_planes color, alpha;
    const bool clear = header->picture.alpha.item != NULL;
    if ((self->animates ? decode_next(self, &color, &alpha, &frame->time, context)
                        : decode_still(self, &color, &alpha, context)) != 0)
        return -1;
    const int status = header->native ? make_ycc(self, &color, clear ? &alpha : NULL, image, context)
                                      : heif_make_pixels(header, &color, clear ? &alpha : NULL,
                                                         reader->info.pixels.depth, image, context);
    image->orientation = reader->info.orientation;
    image->meta = self->meta;
    return status;
}

void heif_reader_close(struct reader *reader)
{
    struct heif_reader *self = (struct heif_reader *)reader;
    heif_frames_end(&self->frames);
    heif_header_free(&self->header);
}

/* --- row by row ------------------------------------------------------------------------------------- */

/* Number of rows of plane i in a row of tiles. */
static uint32_t rows_at_once(const struct heif_reader *self, unsigned i)
{
    const struct heif_coding *coding = &self->header.color;
    return self->header.picture.color.tile_height / (i == 0 ? 1 : coding->sampling_y);
}

static int rows_begin(struct row_source *source, uint32_t window, struct context *context)
{
    struct heif_reader *self = source->decoder;
    struct heif_grid *grid = &self->grid;
    const unsigned i = (unsigned)(source - self->rows);
    const uint32_t step = rows_at_once(self, i);
    grid->next = 0;
    /* The first requested row may be the last row of its tiles. */
    window = window < UINT32_MAX - step ? window + step : window;
    if (heif_grid_alloc(grid, i, window, context) != 0)
        return -1;
    source->plane.data = grid->planes.plane[i].data;
    source->plane.stride = grid->planes.plane[i].stride;
    source->window = grid->window[i];
    return 0;
}

static int rows_make(struct row_source *source, uint32_t end, struct context *context)
{
    struct heif_reader *self = source->decoder;
    while (source->made < end) {
        if (heif_grid_row(&self->grid, context) != 0)
            return -1;
        for (unsigned i = 0; i < self->grid.planes.nplanes; i++) {
            const uint64_t made = (uint64_t)self->grid.next * rows_at_once(self, i);
            const uint32_t height = self->rows[i].plane.height;
            self->rows[i].made = made < height ? (uint32_t)made : height;
        }
    }
    return 0;
}

static void rows_end(struct row_source *source)
{
    (void)source; /* all memory belongs to the context */
}

int heif_reader_rows(struct reader *reader, struct pm_image *image, struct row_source **rows,
                     struct context *context)
{
    struct heif_reader *self = (struct heif_reader *)reader;
    const struct heif_header *header = &self->header;
    const struct heif_source source = source_of(self);
    if (heif_grid_begin(&self->grid, &source, &header->picture.color, &header->color, false, context) != 0)
        return -1;
    for (unsigned i = 0; i < self->grid.planes.nplanes; i++) {
        const unsigned x = i == 0 ? 1 : header->color.sampling_x, y = i == 0 ? 1 : header->color.sampling_y;
        const uint32_t width = (reader->info.width + x - 1) / x, height = (reader->info.height + y - 1) / y;
        self->rows[i] = (struct row_source){
            .plane = {.width = width,
                      .height = height,
                      .channels = 1,
                      .frame = {0, 0, (double)reader->info.width / x, (double)reader->info.height / y}},
            .decoder = self,
            .begin = rows_begin,
            .make = rows_make,
            .end = rows_end};
    }
    *image = (struct pm_image){.width = reader->info.width,
                               .height = reader->info.height,
                               .format = reader->info.pixels,
                               .orientation = reader->info.orientation,
                               .meta = self->meta};
    *rows = self->rows;
    return 0;
}
