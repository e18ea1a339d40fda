#include "transform/recolor.h"

#include <string.h>

#include "color/source.h"
#include "image/exif.h"
#include "image/profile.h"
#include "transform/metadata.h"
#include "transform/pictures.h"

const struct pm_pixel_format recolor_accepts[] = {
    FILTER_INTERLEAVED(PM_ALPHA_NONE),
    FILTER_INTERLEAVED(PM_ALPHA_OPAQUE),
    FILTER_INTERLEAVED(PM_ALPHA_STRAIGHT),
    {.depth = 0},
};

/* Everything that a shaper depends on, without padding; followed by a profile, or by the matrix and curve. */
struct shaper_key {
    uint32_t what, target, gray, depth;
};

enum { SHAPER_KEY = 0x73686170, YCC_SHAPER_KEY }; /* distinguish these keys from others in the memo */

/* Sets *key to the bytes of the key. Returns its size, or 0 if there is no memory. */
static size_t make_key(const struct shaper_key *head, const struct pm_metadata *meta,
                       const struct color_source *source, struct arena *arena, const void **key)
{
    const bool icc = source->origin == COLOR_FROM_ICC && meta->icc.data != NULL;
    double numbers[9 + 5];
    memcpy(numbers, source->space.to_xyz.at, sizeof source->space.to_xyz.at);
    memcpy(numbers + 9, &source->space.curve[0].power, 5 * sizeof *numbers);
    const void *tail = icc ? (const void *)meta->icc.data : numbers;
    const size_t size = icc ? meta->icc.size : sizeof numbers;
    uint8_t *bytes = arena_alloc(arena, sizeof *head + size);
    if (bytes == NULL)
        return 0;
    memcpy(bytes, head, sizeof *head);
    memcpy(bytes + sizeof *head, tail, size);
    *key = bytes;
    return sizeof *head + size;
}

static const struct pm_pixel_format planes_accepts = PIXELS_YCC(2, 2);

/* What a shaper is made of: `what` of the head says which of them. */
struct shaper_order {
    const struct shaper_key *head;
    const struct color_source *source;
    bool failed;
};

static void *make_shaper(void *argument, struct arena *arena)
{
    struct shaper_order *order = argument;
    const struct color_space *from = &order->source->space;
    struct color_space to;
    color_target_space((enum color_target)order->head->target, from->gray, &to);
    void *made = order->head->what == YCC_SHAPER_KEY ? (void *)ycc_shaper_make(from, &to, arena)
                                                     : shaper_make(from, &to, order->head->depth, arena);
    order->failed = made == NULL;
    return made;
}

/* The shaper is one that all workers share or, where they share nothing, is kept in the memo. NULL: no
 * memory, or for planes that its polynomials don't fit. */
static const void *find_shaper(const struct color_source *source, const struct shaper_key *head,
                               const struct pm_metadata *meta, struct context *context)
{
    struct shaper_order order = {.head = head, .source = source};
    struct memo *memo = context->memo;
    const bool shares = memo != NULL && memo->hold.shared != NULL;
    const void *key = NULL;
    const size_t size = make_key(head, meta, source, context->job_arena, &key);
    if (size == 0)
        return NULL;
    const void *shaper =
        shares ? shared_table(&memo->hold, key, size, make_shaper, &order) : memo_find(memo, key, size);
    if (shaper != NULL || order.failed)
        return shaper;
    shaper = make_shaper(&order, context->job_arena);
    if (shaper != NULL && !shares)
        memo_keep(memo, key, size, shaper,
                  head->what == YCC_SHAPER_KEY ? ycc_shaper_bytes() : ((const struct shaper *)shaper)->bytes);
    return shaper;
}

/* Planes of half-size chroma get a shaper of their own, if their curves allow it. Returns 0, or -1 with
 * `error` filled. */
static int find_shapers(struct recolor *recolor, const struct color_source *source,
                        const struct pm_image *image, struct context *context)
{
    struct shaper_key head = {YCC_SHAPER_KEY, recolor->target, source->space.gray, image->format.bits};
    if (pixels_equal(&image->format, &planes_accepts))
        recolor->ycc = find_shaper(source, &head, &image->meta, context);
    recolor->planes = recolor->ycc != NULL;
    if (recolor->planes)
        return 0;
    head.what = SHAPER_KEY;
    recolor->shaper = find_shaper(source, &head, &image->meta, context);
    return recolor->shaper != NULL ? 0 : error_memory(context->error, 0);
}

static void warn_unknown(const struct pm_metadata *meta, const struct color_source *source,
                         struct context *context)
{
    if (source->origin == COLOR_FROM_CICP)
        context_warn(context, "its colours are not converted: there is no conversion from cICP %u/%u/%u/%u",
                     meta->cicp[0], meta->cicp[1], meta->cicp[2], meta->cicp[3]);
    else if (source->origin == COLOR_FROM_ICC)
        context_warn(context, "its colours are not converted: its ICC profile is not a matrix with curves");
    else
        context_warn(context, "its colours are not converted: its gAMA or cHRM is invalid");
}

unsigned recolor_channels(const struct filter_picture *file)
{
    const struct profile profile = {file->profile.data, file->profile.size};
    return profile_space_is(&profile, "CMYK") ? 4 : profile_space_is(&profile, "GRAY") ? 1 : 3;
}

const struct pm_pixel_format *recolor_accepts_for(unsigned channels)
{
    static const struct pm_pixel_format to_cmyk[] = {
        PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8), PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8), {.depth = 0}};
    return channels == 4 ? to_cmyk : recolor_accepts;
}

struct pm_pixel_format recolor_format(unsigned channels, struct pm_pixel_format format)
{
    format.color = channels == 4 ? PM_COLOR_CMYK : channels == 1 ? PM_COLOR_GRAY : PM_COLOR_RGB;
    return format;
}

/* What a pipeline is made of. */
struct pipeline_order {
    const struct color_side *from, *to;
    const struct pm_recipe *recipe;
    enum pipeline_result result;
    bool made; /* `result` is set */
};

static void *make_pipeline(void *argument, struct arena *arena)
{
    struct pipeline_order *order = argument;
    struct pipeline *pipeline = arena_alloc(arena, sizeof *pipeline);
    order->made = true;
    order->result = pipeline == NULL ? PIPELINE_NO_MEMORY
                                     : pipeline_make(order->from, order->to, order->recipe->intent,
                                                     order->recipe->compensate, arena, pipeline);
    return order->result == PIPELINE_MADE ? pipeline : NULL;
}

/* Everything that a pipeline depends on, without padding; the bytes of up to two profiles follow. */
struct pipeline_key {
    uint32_t what, intent, compensate, from_kind, from_channels, target, transfer, zero;
    uint64_t from_size, to_size;
    double numbers[9 + 3 * 7 + 2];
};

enum { PIPELINE_KEY = 0x70697065 }; /* distinguishes this key from others */

/* `icc`: the profile that the space `from` was read from, or NULL. Returns the key's size; 0: no memory. */
static size_t make_pipeline_key(const struct pipeline_order *order, const struct pm_blob *icc,
                                enum color_target target, struct arena *arena, uint8_t **bytes)
{
    const struct color_side *from = order->from, *to = order->to;
    const struct pm_blob first =
        icc != NULL ? *icc : (struct pm_blob){from->profile.bytes, from->profile.size};
    struct pipeline_key head = {.what = PIPELINE_KEY,
                                .intent = order->recipe->intent,
                                .compensate = order->recipe->compensate,
                                .from_kind = from->hdr != NULL ? 2 : from->space != NULL,
                                .from_channels = from->channels,
                                .target = target,
                                .from_size = first.data != NULL ? first.size : 0,
                                .to_size = to->profile.bytes != NULL ? to->profile.size : 0};
    if (from->hdr != NULL) {
        head.transfer = from->hdr->transfer;
        memcpy(head.numbers, from->hdr->to_xyz.at, sizeof from->hdr->to_xyz.at);
        head.numbers[9] = from->hdr->peak;
    } else if (from->space != NULL && icc == NULL) {
        memcpy(head.numbers, from->space->to_xyz.at, sizeof from->space->to_xyz.at);
        for (int c = 0; c < 3; c++) {
            const struct tone_curve *curve = &from->space->curve[c];
            memcpy(head.numbers + 9 + 7 * c, &curve->power, 5 * sizeof(double));
            head.numbers[9 + 7 * c + 5] = curve->e;
            head.numbers[9 + 7 * c + 6] = curve->f;
        }
    }
    *bytes = arena_alloc(arena, sizeof head + head.from_size + head.to_size);
    if (*bytes == NULL)
        return 0;
    memcpy(*bytes, &head, sizeof head);
    if (head.from_size > 0)
        memcpy(*bytes + sizeof head, first.data, head.from_size);
    if (head.to_size > 0)
        memcpy(*bytes + sizeof head + head.from_size, to->profile.bytes, head.to_size);
    return sizeof head + head.from_size + head.to_size;
}

/* The pipeline that all workers share, or one in the job_arena; NULL: order->result says why not. */
static const struct pipeline *share_pipeline(struct pipeline_order *order, const struct pm_blob *icc,
                                             enum color_target target, struct context *context)
{
    uint8_t *key;
    const struct pipeline *pipeline = NULL;
    if (context->memo != NULL && context->memo->hold.shared != NULL) {
        const struct arena_mark mark = arena_mark(context->job_arena);
        const size_t size = make_pipeline_key(order, icc, target, context->job_arena, &key);
        if (size > 0)
            pipeline = shared_table(&context->memo->hold, key, size, make_pipeline, order);
        arena_release(context->job_arena, mark);
    }
    if (pipeline == NULL && (!order->made || order->result == PIPELINE_MADE))
        pipeline = make_pipeline(order, context->job_arena);
    return pipeline;
}

/* Sets up a pipeline to the recipe's target. `icc`: the profile that a space was read from, or NULL. Returns
 * 0; 1 if a profile can't be used; -1 with `error` filled. */
static int find_pipeline(struct recolor *recolor, const struct color_side *from, const struct pm_blob *icc,
                         const struct pm_recipe *recipe, enum color_target target, struct context *context)
{
    struct color_space space;
    struct color_side to = {.profile = {recolor->profile.data, recolor->profile.size},
                            .channels = recolor->channels};
    if (target != COLOR_FILE) {
        color_target_space(target, from->channels == 1, &space);
        to = (struct color_side){.space = &space, .channels = space.gray ? 1 : 3};
    }
    struct pipeline_order order = {.from = from, .to = &to, .recipe = recipe};
    recolor->pipeline = share_pipeline(&order, icc, target, context);
    if (recolor->pipeline == NULL)
        return order.result == PIPELINE_NO_MEMORY ? error_memory(context->error, 0) : 1;
    recolor->from_cmyk = from->channels == 4;
    return 0;
}

static struct color_side profile_side(const struct pm_metadata *meta, unsigned channels)
{
    return (struct color_side){.profile = {meta->icc.data, meta->icc.size}, .channels = channels};
}

/* CMYK by its profile. Returns 0; 1 if it has none that can be used; -1 with `error` filled. */
static int begin_cmyk(struct recolor *recolor, const struct pm_recipe *recipe, enum color_target target,
                      struct pm_metadata *meta, struct context *context)
{
    if (meta->icc.data == NULL)
        return 1;
    const struct color_side from = profile_side(meta, 4);
    const int status =
        profile_is_sound(&from.profile) ? find_pipeline(recolor, &from, NULL, recipe, target, context) : 1;
    if (status == 1) {
        context_warn(context, "its CMYK profile is broken, too large or not for CMYK: colours are converted "
                              "without it");
        meta->icc = (struct pm_blob){.data = NULL};
    }
    return status;
}

/* HDR to standard dynamic range, and then to the target. */
static int begin_hdr(struct recolor *recolor, const struct pm_recipe *recipe, const struct pm_image *image,
                     struct context *context)
{
    struct color_hdr hdr;
    const struct color_side from = {.hdr = &hdr, .channels = image->format.color == PM_COLOR_GRAY ? 1 : 3};
    const bool kept = recolor->target == COLOR_KEEP;
    if (!color_hdr_of(&image->meta, &hdr))
        return error_set(context->error, PM_ERROR_INTERNAL, "its HDR colours were lost (please report this)");
    if (kept)
        recolor->target = COLOR_SRGB;
    context_warn(context, "its high dynamic range (%s, up to %.0f cd/m2) is tone-mapped to %s%s",
                 hdr.transfer == TONE_PQ ? "PQ" : "HLG", hdr.peak,
                 recolor->target == COLOR_P3     ? "Display P3"
                 : recolor->target == COLOR_SRGB ? "sRGB"
                                                 : "SDR",
                 kept ? ": the result's format can't store it" : "");
    const int status = find_pipeline(recolor, &from, NULL, recipe, recolor->target, context);
    return status == 1 ? error_set(context->error, PM_ERROR_UNSUPPORTED,
                                   "the ICC profile to convert to can't be used with this intent")
                       : status;
}

int recolor_begin(struct recolor *recolor, const struct pm_recipe *recipe, enum color_target target,
                  const struct pm_info *info, struct pm_image *image, struct context *context)
{
    struct pm_metadata *meta = &image->meta;
    if (recolor->begun)
        return 0;
    recolor->begun = true;
    recolor->target = target;
    if (target == COLOR_FILE) {
        const struct filter_picture *file =
            pictures_find(recipe->pictures, recipe_picture_name(recipe, recipe->nsteps));
        recolor->profile = file->profile; /* the plan has seen it */
        recolor->channels = recolor_channels(file);
        if (meta->icc.size == file->profile.size &&
            memcmp(meta->icc.data, file->profile.data, meta->icc.size) == 0)
            return 0;
    }
    if (image->format.color == PM_COLOR_CMYK && target == COLOR_KEEP)
        return 0;
    if (image->format.color == PM_COLOR_CMYK) {
        const int status = begin_cmyk(recolor, recipe, target, meta, context);
        if (status <= 0)
            return status;
    }
    const bool gray = image->format.color == PM_COLOR_GRAY;
    const enum pm_exif_color exif =
        meta->exif.data != NULL ? exif_color(meta->exif.data, meta->exif.size) : info->exif_color;
    struct color_source source;
    color_source_find(meta, exif, gray, &source);
    if (source.is_hdr)
        return begin_hdr(recolor, recipe, image, context);
    if (target == COLOR_KEEP)
        return 0;
    if (source.icc_skipped)
        context_warn(context, "the ICC profile is broken or not of the picture's channels, and is ignored");
    if (!source.known) {
        const struct color_side from = profile_side(meta, gray ? 1 : 3);
        const int status = source.origin == COLOR_FROM_ICC
                               ? find_pipeline(recolor, &from, NULL, recipe, target, context)
                               : 1;
        recolor->failed = status == 1;
        if (recolor->failed)
            warn_unknown(meta, &source, context);
        return recolor->failed ? 0 : status;
    }
    if (target == COLOR_FILE) {
        const struct color_side from = {.space = &source.space, .channels = gray ? 1 : 3};
        const struct pm_blob *icc = source.origin == COLOR_FROM_ICC ? &meta->icc : NULL;
        const int status = find_pipeline(recolor, &from, icc, recipe, target, context);
        return status == 1 ? error_set(context->error, PM_ERROR_UNSUPPORTED,
                                       "the ICC profile to convert to can't be used with this intent")
                           : status;
    }
    struct color_space to;
    color_target_space(target, gray, &to);
    if (color_space_equal(&source.space, &to)) {
        recolor->planes = pixels_equal(&image->format, &planes_accepts);
        return 0;
    }
    return find_shapers(recolor, &source, image, context);
}

const struct pm_pixel_format *recolor_formats(const struct recolor *recolor)
{
    static const struct pm_pixel_format cmyk[] = {PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8), {.depth = 0}};
    static const struct pm_pixel_format any[] = {
        FILTER_INTERLEAVED(PM_ALPHA_NONE),
        FILTER_INTERLEAVED(PM_ALPHA_OPAQUE),
        FILTER_INTERLEAVED(PM_ALPHA_STRAIGHT),
        PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8),
        {.depth = 0},
    };
    static const struct pm_pixel_format planes[] = {PIXELS_YCC(2, 2), {.depth = 0}};
    if ((recolor->channels > 0 || recolor->target == COLOR_KEEP) && recolor->pipeline == NULL)
        return any; /* it has the colours already, or keeps its own */
    if (recolor->planes)
        return planes;
    return recolor->from_cmyk ? cmyk : recolor_accepts_for(recolor->channels);
}

bool recolor_converts(const struct recolor *recolor)
{
    return recolor->shaper != NULL || recolor->ycc != NULL || recolor->pipeline != NULL;
}

/* Tables have one for each intent, and black of their own; the absolute one looks at any profile's white. */
bool recolor_uses_intent(const struct recolor *recolor, const struct pm_recipe *recipe)
{
    const struct pipeline *pipeline = recolor->pipeline;
    bool has_table = false;
    for (unsigned i = 0; pipeline != NULL && i < pipeline->count; i++)
        has_table = has_table || pipeline->stage[i].kind == STAGE_TABLE;
    return has_table || (pipeline != NULL && recipe->intent == INTENT_ABSOLUTE);
}

/* Planes of half-size chroma. */
struct plane_job {
    const struct ycc_shaper *shaper;
    enum simd_level simd;
    const struct pm_plane *in, *out;
    unsigned bands;
};

static struct ycc_rows rows_at(const struct pm_plane *planes, uint32_t y)
{
    const uint32_t top = 2 * y, bottom = top + 1 < planes[0].height ? top + 1 : top;
    return (struct ycc_rows){{plane_row(&planes[0], top), plane_row(&planes[0], bottom)},
                             plane_row(&planes[1], y),
                             plane_row(&planes[2], y)};
}

static int plane_band(void *argument, unsigned band, struct arena *scratch)
{
    const struct plane_job *job = argument;
    uint32_t first, end;
    (void)scratch;
    context_band_rows(job->in[1].height, job->bands, band, &first, &end);
    for (uint32_t y = first; y < end; y++) {
        const struct ycc_rows in = rows_at(job->in, y), out = rows_at(job->out, y);
        ycc_shaper_rows(job->shaper, job->simd, &in, &out, job->in[0].width);
    }
    return 0;
}

static int recolor_planes(const struct ycc_shaper *shaper, const struct pm_image *in, struct pm_image *out,
                          struct context *context)
{
    enum { ROWS_MIN = 16 };
    for (unsigned i = 0; i < in->nplanes; i++) {
        if (plane_alloc(&out->plane[i], in->plane[i].width, in->plane[i].height, 1, 8, context) != 0)
            return -1;
    }
    struct plane_job job = {.shaper = shaper, .simd = context->simd, .in = in->plane, .out = out->plane};
    job.bands = context_band_count(context, in->plane[1].height, ROWS_MIN);
    return context_for_bands(context, job.bands, plane_band, &job);
}

struct recolor_rows {
    const struct shaper *shaper;
    enum simd_level simd;
    unsigned channels;
    const struct pipeline *pipeline;
    unsigned depth;
    bool alpha;
};

static void pipeline_rows(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct recolor_rows *rows = argument;
    pipeline_row(rows->pipeline, rows->simd, rows->depth, rows->alpha, in, out, width);
}

static void recolor_row(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct recolor_rows *rows = argument;
    shaper_row(rows->shaper, rows->simd, in, out, width, rows->channels);
}

int recolor_apply(const struct recolor *recolor, const struct pm_image *in, struct pm_image *out,
                  struct context *context)
{
    const struct pm_plane *plane = &in->plane[0];
    const struct recolor_rows rows = {
        .shaper = recolor->shaper,
        .simd = context->simd,
        .channels = plane->channels,
        .pipeline = recolor->pipeline,
        .depth = in->format.depth,
        .alpha = pixels_have_alpha(&in->format),
    };
    struct pm_pixel_format format = in->format;
    if (recolor->pipeline != NULL)
        format = recolor_format(recolor->channels > 0 ? recolor->channels
                                : recolor->from_cmyk  ? 3
                                                      : recolor->pipeline->stage[0].in,
                                format);
    *out = *in;
    if (recolor->ycc != NULL) {
        if (recolor_planes(recolor->ycc, in, out, context) != 0)
            return -1;
    } else if ((recolor->shaper != NULL || recolor->pipeline != NULL) &&
               (image_alloc_like(out, in, format, context) != 0 ||
                plane_map_rows(plane, &out->plane[0], recolor->pipeline != NULL ? pipeline_rows : recolor_row,
                               &rows, context) != 0))
        return -1;
    if (!recolor->failed && recolor->target != COLOR_KEEP)
        metadata_clear_colors(&out->meta);
    return 0;
}
