/*
 * pixelate: squares of N x N pixels, each of the mean colour of its pixels, over the whole picture or a
 * region. The first square is at the upper left corner; at the right and lower edges they are smaller.
 * Colours are multiplied by alpha.
 */
#include "filter/filter.h"
#include "filter/region.h"

struct params {
    int size; /* pixels */
    struct rectangle region;
};
_Static_assert(sizeof(struct params) <= FILTER_PARAMS_MAX, "params must fit a recipe's step");

static const struct param rows[] = {
    {.name = "size",
     .kind = PARAM_INTEGER,
     .offset = offsetof(struct params, size),
     .min = 2,
     .max = 65535,
     .unit = "pixels"},
    REGION_ROW,
    {.name = NULL},
};

struct job {
    const struct pm_plane *in, *out;
    uint32_t size, squares; /* squares in a column */
    unsigned depth, bands;
};

enum { CHANNELS_MAX = 4 };

static void add_row(const struct job *job, uint32_t x, uint32_t width, uint32_t y,
                    uint64_t sums[CHANNELS_MAX])
{
    const unsigned channels = job->in->channels;
    const uint8_t *narrow = plane_row(job->in, y);
    const uint16_t *wide = (const void *)narrow;
    for (size_t i = (size_t)x * channels; i < (size_t)(x + width) * channels; i += channels) {
        for (unsigned c = 0; c < channels; c++)
            sums[c] += job->depth == 8 ? narrow[i + c] : wide[i + c];
    }
}

static void fill_row(const struct job *job, uint32_t x, uint32_t width, uint32_t y,
                     const uint64_t color[CHANNELS_MAX])
{
    const unsigned channels = job->out->channels;
    uint8_t *narrow = plane_row(job->out, y);
    uint16_t *wide = (void *)narrow;
    for (size_t i = (size_t)x * channels; i < (size_t)(x + width) * channels; i += channels) {
        for (unsigned c = 0; c < channels; c++) {
            if (job->depth == 8)
                narrow[i + c] = (uint8_t)color[c];
            else
                wide[i + c] = (uint16_t)color[c];
        }
    }
}

static void make_square(const struct job *job, uint32_t x, uint32_t y)
{
    const uint32_t right = job->in->width - x, below = job->in->height - y;
    const uint32_t width = job->size < right ? job->size : right,
                   height = job->size < below ? job->size : below;
    const uint64_t count = (uint64_t)width * height;
    uint64_t sums[CHANNELS_MAX] = {0};
    for (uint32_t i = 0; i < height; i++)
        add_row(job, x, width, y + i, sums);
    for (unsigned c = 0; c < CHANNELS_MAX; c++)
        sums[c] = (sums[c] + count / 2) / count;
    for (uint32_t i = 0; i < height; i++)
        fill_row(job, x, width, y + i, sums);
}

static int pixelate_band(void *argument, unsigned band, struct arena *scratch)
{
    (void)scratch;
    const struct job *job = argument;
    uint32_t first, end;
    context_band_rows(job->squares, job->bands, band, &first, &end);
    for (uint32_t row = first; row < end; row++) {
        for (uint32_t x = 0; x < job->in->width; x += job->size)
            make_square(job, x, row * job->size);
    }
    return 0;
}

static int pixelate_plan(const void *params, struct shape *shape, struct pm_error *error)
{
    const struct params *p = params;
    return region_check(&p->region, shape, "pixelate", error);
}

static bool pixelate_conceals(const void *params)
{
    (void)params;
    return true;
}

static uint64_t pixelate_scratch_bytes(const void *params, const struct shape *in, const struct shape *out)
{
    (void)params, (void)out;
    return shape_bytes(in);
}

static int pixelate_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                          struct pm_image *out, struct context *context)
{
    const struct params *p = params;
    const struct pm_image part = region_of(in, &p->region);
    const uint32_t size = (uint32_t)p->size;
    struct pm_image made;
    (void)planned;
    if (image_alloc_like(&made, &part, part.format, context) != 0)
        return -1;
    made.width = part.width;
    made.height = part.height;
    struct job job = {
        .in = &part.plane[0],
        .out = &made.plane[0],
        .size = size,
        .squares = (part.height - 1) / size + 1,
        .depth = in->format.depth,
    };
    job.bands = context_band_count(context, job.squares, 1 + 15 / size);
    if (context_for_bands(context, job.bands, pixelate_band, &job) != 0)
        return -1;
    if (p->region.width > 0)
        return region_replace(in, &p->region, &made, out, context);
    *out = made;
    return 0;
}

const struct filter pixelate_filter = {
    .name = "pixelate",
    .argument = "N[,region=WxH+X+Y]",
    .help = "squares of N pixels (2 to 65535), of the whole picture or of a region, to hide what it shows: "
            "positions in kept metadata are dropped, too",
    .example = "16,region=60x40+10+8",
    .accepts = region_accepts,
    .params = rows,
    .conceals = pixelate_conceals,
    .plan = pixelate_plan,
    .scratch_bytes = pixelate_scratch_bytes,
    .apply = pixelate_apply,
};
