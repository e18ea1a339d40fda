/* Applying a gain map: the HDR picture at the map's full headroom, in PQ. */
#include <string.h>

#include "codec/jpeg/gain_map.h"
#include "codec/reader.h"
#include "color/curve_tables.h"
#include "color/source.h"
#include "image/resample.h"
#include "transform/gainmap.h"
#include "transform/metadata.h"

enum { FACTORS = 4097 }; /* equally spaced values of the map */

struct gain_tables {
    float light[3][256];          /* of the image's samples, with base_offset added */
    float factor[3][FACTORS + 1]; /* by the map's samples; the last one repeated */
    float offset[3];              /* hdr_offset */
    float matrix[3][3];           /* to the primaries of BT.2020, relative to 10000 cd/m2 */
    float sample[POINTS + 1];     /* of PQ, 0 to 65535, by light */
};

static const uint8_t hdr_cicp[4] = {9, CICP_PQ, 0, 1};

/* Returns false if the image's colours are unknown. */
static bool make_matrix(const struct color_space *from, float matrix[3][3])
{
    const double white = 203, pq_max = 10000; /* cd/m2; ITU-R BT.2408-7, 2.1 */
    static const uint8_t linear_2020[4] = {9, 8, 0, 1};
    struct color_description description, srgb;
    struct color_matrix rgb = from->to_xyz, adapt, wide, back;
    if (!color_from_cicp(linear_2020, &description) || !color_matrix_of(&description, &wide, &adapt) ||
        !color_matrix_invert(&wide, &back))
        return false;
    if (from->gray &&
        (!color_from_cicp((const uint8_t[]){1, 13, 0, 1}, &srgb) || !color_matrix_of(&srgb, &rgb, &adapt)))
        return false;
    const struct color_matrix all = color_matrix_multiply(&back, &rgb);
    for (int i = 0; i < 9; i++)
        matrix[i / 3][i % 3] = (float)(all.at[i / 3][i % 3] * white / pq_max);
    return true;
}

static bool make_tables(const struct gain_map *map, const struct color_space *from,
                        struct gain_tables *tables)
{
    static const struct tone_curve pq = {.transfer = TONE_PQ};
    if (!make_matrix(from, tables->matrix))
        return false;
    for (int c = 0; c < 3; c++) {
        const struct tone_curve *curve = &from->curve[from->gray ? 0 : c];
        for (int v = 0; v < 256; v++)
            tables->light[c][v] = (float)(tone_curve_light(curve, v / 255.0) + map->base_offset[c]);
        for (int i = 0; i <= FACTORS; i++) {
            const double at = i < FACTORS ? (double)i / (FACTORS - 1) : 1;
            const double log = map->min[c] + (map->max[c] - map->min[c]) * color_power(at, 1 / map->gamma[c]);
            tables->factor[c][i] = (float)(log >= 0 ? color_power(2, log) : 1 / color_power(2, -log));
        }
        tables->offset[c] = (float)map->hdr_offset[c];
    }
    curve_table_points(&pq, tone_curve_sample, 65535, tables->sample);
    return true;
}

struct gain_job {
    const struct gain_tables *tables;
    const struct pm_plane *base, *map, *out;
    unsigned bands;
};

static inline float factor_at(const float *factor, uint16_t sample)
{
    const float at = sample * ((FACTORS - 1) / 65535.0f);
    const int32_t low = (int32_t)at;
    return factor[low] + (factor[low + 1] - factor[low]) * (at - (float)low);
}

/* The PQ sample of light 0 to 1, interpolated between two points (color/curve_tables.h). */
static inline uint16_t pq_sample(const float *sample, float light)
{
    enum { BITS = MANTISSA_BITS - POINT_BITS, MASK = (1 << BITS) - 1 };
    const float clamped = light > 0 ? (light < 1 ? light : 1) : 0;
    int32_t bits;
    memcpy(&bits, &clamped, sizeof bits);
    const int32_t place = (bits < POINT_FIRST ? POINT_FIRST : bits) - POINT_FIRST;
    const float left = sample[place >> BITS], right = sample[(place >> BITS) + 1];
    return (uint16_t)(int32_t)(left + (right - left) * ((float)(place & MASK) * (1.0f / (1 << BITS))) + 0.5f);
}

static void apply_row(const struct gain_job *job, uint32_t y)
{
    const struct gain_tables *tables = job->tables;
    const unsigned in = job->base->channels, gains = job->map->channels;
    const uint8_t *base = plane_row(job->base, y);
    const uint16_t *map = (const uint16_t *)(const void *)plane_row(job->map, y);
    uint16_t *out = (uint16_t *)(void *)plane_row(job->out, y);
    for (uint32_t x = 0; x < job->out->width; x++, base += in, map += gains, out += 3) {
        float light[3];
        for (unsigned c = 0; c < 3; c++)
            light[c] = tables->light[c][base[in == 3 ? c : 0]] *
                           factor_at(tables->factor[c], map[gains == 3 ? c : 0]) -
                       tables->offset[c];
        for (unsigned i = 0; i < 3; i++) {
            const float *m = tables->matrix[i];
            out[i] = pq_sample(tables->sample, m[0] * light[0] + m[1] * light[1] + m[2] * light[2]);
        }
    }
}

static int apply_band(void *argument, unsigned band, struct arena *scratch)
{
    const struct gain_job *job = argument;
    uint32_t first, end;
    (void)scratch;
    context_band_rows(job->out->height, job->bands, band, &first, &end);
    for (uint32_t y = first; y < end; y++)
        apply_row(job, y);
    return 0;
}

/* The map in 16 bits, at the size of the image. */
static int load_map(const struct pm_blob *jpeg, const struct pm_plane *base, struct pm_plane *map,
                    struct context *context)
{
    const struct decode_request request = {.quiet_gain_map = true};
    struct memory_source memory;
    struct pm_info info;
    struct pm_image image;
    struct pm_plane deep;
    memory_source_init(&memory, jpeg->data, jpeg->size);
    const struct codec *codec = codec_probe(&memory.source, &info, context->error);
    if (codec == NULL || reader_decode(codec, jpeg->data, jpeg->size, &request, &image, context) != 0)
        return -1;
    const struct pm_plane *small = &image.plane[0];
    if (image.nplanes != 1 || (small->channels != 1 && small->channels != 3))
        return error_set(context->error, PM_ERROR_UNSUPPORTED, "its gain map is neither grey nor RGB");
    if (plane_alloc(&deep, small->width, small->height, small->channels, 16, context) != 0 ||
        plane_alloc(map, base->width, base->height, small->channels, 16, context) != 0)
        return -1;
    for (uint32_t y = 0; y < small->height; y++) {
        uint16_t *row = (uint16_t *)(void *)plane_row(&deep, y);
        for (size_t i = 0; i < (size_t)small->width * small->channels; i++)
            row[i] = (uint16_t)(plane_row(small, y)[i] * 257);
    }
    return resize_plane(&deep, NULL, 16, map, &kernel_linear, context);
}

static int check_map(const struct gain_map *map, struct pm_error *error)
{
    if (map->base_is_hdr)
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "its gain map leads from HDR to SDR, which is not supported");
    if (map->own_primaries)
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "its gain map is for other primaries than the image's, which is not supported");
    return 0;
}

int gainmap_apply(const struct pm_image *base, const uint8_t *data, size_t size, enum pm_exif_color exif,
                  struct pm_image *out, struct context *context)
{
    enum { MIN_ROWS = 16 };
    struct pm_blob jpeg;
    struct gain_map map;
    struct pm_error found = {.kind = PM_OK};
    struct color_source source;
    struct pm_plane gains;
    if (gain_map_find(data, size, &jpeg, &map, &found) != 0)
        return error_set(context->error, PM_ERROR_UNSUPPORTED, "its gain map can't be applied: %.160s",
                         found.message);
    color_source_find(&base->meta, exif, base->format.color == PM_COLOR_GRAY, &source);
    struct gain_tables *tables = arena_alloc(context->job_arena, sizeof *tables);
    if (tables == NULL)
        return error_memory(context->error, sizeof *tables);
    if (check_map(&map, context->error) != 0)
        return -1;
    if (!source.known || !make_tables(&map, &source.space, tables))
        return error_set(context->error, PM_ERROR_UNSUPPORTED,
                         "its gain map can't be applied: its colours are not a matrix with curves");
    if (image_alloc_like(out, base, (struct pm_pixel_format)PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 16),
                         context) != 0)
        return -1;
    const struct arena_mark mark = arena_mark(context->arena);
    int status = load_map(&jpeg, &base->plane[0], &gains, context);
    if (status == 0) {
        struct gain_job job = {
            .tables = tables, .base = &base->plane[0], .map = &gains, .out = &out->plane[0]};
        job.bands = context_band_count(context, job.out->height, MIN_ROWS);
        status = context_for_bands(context, job.bands, apply_band, &job);
    }
    arena_release(context->arena, mark);
    metadata_clear_colors(&out->meta);
    out->meta.has_cicp = true;
    memcpy(out->meta.cicp, hdr_cicp, sizeof out->meta.cicp);
    return status;
}
