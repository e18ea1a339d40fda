#include "color/shaper.h"

#include <stdlib.h>
#include <string.h>

#include "color/shaper_tables.h"

SIMD_TABLE(struct shaper_rows, shaper_rows)

static void *alloc(struct arena *arena, size_t bytes, unsigned colors, unsigned depth)
{
    struct shaper *shaper = arena_alloc(arena, bytes);
    if (shaper == NULL)
        return NULL;
    memset(shaper, 0, bytes);
    *shaper = (struct shaper){.bytes = bytes, .colors = colors, .depth = depth};
    return shaper;
}

static struct shaper *make_gray_8(const struct color_space *from, const struct color_space *to,
                                  struct arena *arena)
{
    struct gray_shaper_8 *gray = alloc(arena, sizeof *gray, 1, 8);
    for (int i = 0; gray != NULL && i < 256; i++) {
        const double light = tone_curve_light(&from->curve[0], i / 255.0);
        gray->sample[i] = (uint8_t)(255 * tone_curve_sample(&to->curve[0], light) + 0.5);
    }
    return gray != NULL ? &gray->shaper : NULL;
}

static struct shaper *make_rgb_8(const struct color_space *from, const struct color_space *to,
                                 const struct color_matrix *matrix, struct arena *arena)
{
    unsigned table[3];
    const unsigned tables = curve_tables_assign(to, 0, table);
    struct rgb_shaper_8 *rgb = alloc(arena, sizeof *rgb + tables * sizeof rgb->sample[0], 3, 8);
    if (rgb == NULL)
        return NULL;
    for (int c = 0; c < 3; c++) {
        for (int v = 0; v < 256; v++) {
            const double light = tone_curve_light(&from->curve[c], v / 255.0);
            for (int i = 0; i < 3; i++)
                rgb->light[c][v][i] = (float)(matrix->at[i][c] * light);
        }
        rgb->table[c] = table[c];
        curve_table_bytes(&to->curve[c], rgb->sample[table[c]]);
    }
    return &rgb->shaper;
}

static struct shaper *make_16(const struct color_space *from, const struct color_space *to,
                              const struct color_matrix *matrix, struct arena *arena)
{
    unsigned in[3], out[3], tables = curve_tables_assign(from, 0, in);
    const unsigned colors = from->gray ? 1 : 3;
    tables += curve_tables_assign(to, tables, out);
    struct shaper_16 *deep = alloc(arena, sizeof *deep + tables * sizeof deep->value[0], colors, 16);
    if (deep == NULL)
        return NULL;
    for (unsigned c = 0; c < colors; c++) {
        for (unsigned i = 0; i < colors; i++)
            deep->matrix[i][c] = (float)matrix->at[i][c];
        deep->from[c] = in[c];
        deep->to[c] = out[c];
        curve_table_points(&from->curve[c], tone_curve_light, 1, deep->value[in[c]]);
        curve_table_points(&to->curve[c], tone_curve_sample, 65535, deep->value[out[c]]);
    }
    return &deep->shaper;
}

struct shaper *shaper_make(const struct color_space *from, const struct color_space *to, unsigned depth,
                           struct arena *arena)
{
    struct color_matrix matrix = {{{1}}}, from_xyz;
    if (from->gray && depth == 8)
        return make_gray_8(from, to, arena);
    if (!from->gray && color_matrix_invert(&to->to_xyz, &from_xyz))
        matrix = color_matrix_multiply(&from_xyz, &from->to_xyz);
    return depth == 8 ? make_rgb_8(from, to, &matrix, arena) : make_16(from, to, &matrix, arena);
}

void shaper_row(const struct shaper *shaper, enum simd_level simd, const void *in, void *out, size_t width,
                unsigned channels)
{
    const struct shaper_rows *rows = shaper_rows(simd);
    if (shaper->depth == 8)
        (shaper->colors == 1 ? rows->gray_8 : rows->rgb_8)(shaper, in, out, width, channels);
    else
        (shaper->colors == 1 ? rows->gray_16 : rows->rgb_16)(shaper, in, out, width, channels);
}
