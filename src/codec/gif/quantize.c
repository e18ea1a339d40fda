#include "codec/gif/quantize.h"

#include <string.h>

enum { UNKNOWN = UINT16_MAX, LEVELS = 32 };

/* A part of the histogram: bins of red, green and blue from `min` to `max`. */
struct box {
    unsigned min[3], max[3];
    uint64_t count;
};

struct gif_quantizer *gif_quantizer_new(uint32_t width, struct context *context)
{
    struct gif_quantizer *quantizer = arena_alloc(context->job_arena, sizeof *quantizer);
    const size_t errors = 2 * 3 * ((size_t)width + 2) * sizeof *quantizer->errors;
    if (quantizer != NULL)
        quantizer->errors = arena_alloc(context->job_arena, errors);
    if (quantizer != NULL && quantizer->errors != NULL)
        return quantizer;
    error_memory(context->error, sizeof *quantizer + errors);
    return NULL;
}

static unsigned bin_of(const uint8_t *rgb)
{
    return (unsigned)(rgb[0] >> 3) << 10 | (unsigned)(rgb[1] >> 3) << 5 | rgb[2] >> 3;
}

/* --- few colours ------------------------------------------------------------------------------------- */

/* The slot of a colour, or the free slot for it. */
static unsigned slot_of(const struct gif_quantizer *quantizer, const uint8_t *rgb)
{
    const uint32_t key = ((uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2]) + 1;
    unsigned slot = (key * 2654435761u) >> 22; /* Knuth's multiplicative hash */
    while (quantizer->slots[slot] != 0 && quantizer->slots[slot] != key)
        slot = (slot + 1) % GIF_SLOTS;
    return slot;
}

/* False if there are more than `max`. */
static bool add_color(struct gif_quantizer *quantizer, const uint8_t *rgb, unsigned max,
                      struct gif_palette *palette)
{
    const unsigned slot = slot_of(quantizer, rgb);
    if (quantizer->slots[slot] != 0)
        return true;
    if (palette->count == max)
        return false;
    quantizer->slots[slot] = ((uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2]) + 1;
    quantizer->indices[slot] = (uint16_t)palette->count;
    memcpy(palette->rgb[palette->count++], rgb, 3);
    return true;
}

static bool choose_exact(struct gif_quantizer *quantizer, const struct pm_image *image, const uint8_t *drawn,
                         unsigned max, struct gif_palette *palette)
{
    const struct pm_plane *plane = &image->plane[0];
    memset(quantizer->slots, 0, sizeof quantizer->slots);
    for (uint32_t y = 0; y < image->height; y++) {
        const uint8_t *row = plane_row(plane, y), *wanted = drawn + (size_t)y * image->width;
        for (uint32_t x = 0; x < image->width; x++) {
            if (wanted[x] != GIF_SKIPPED &&
                !add_color(quantizer, row + (size_t)x * plane->channels, max, palette))
                return false;
        }
    }
    return true;
}

/* --- median cut --------------------------------------------------------------------------------------- */

static unsigned bin_at(unsigned r, unsigned g, unsigned b)
{
    return r << 10 | g << 5 | b;
}

/* Counts the box's pixels by level on an axis. */
static void project(const struct gif_quantizer *quantizer, const struct box *box, unsigned axis,
                    uint64_t levels[LEVELS])
{
    unsigned at[3];
    memset(levels, 0, LEVELS * sizeof *levels);
    for (at[0] = box->min[0]; at[0] <= box->max[0]; at[0]++) {
        for (at[1] = box->min[1]; at[1] <= box->max[1]; at[1]++) {
            for (at[2] = box->min[2]; at[2] <= box->max[2]; at[2]++)
                levels[at[axis]] += quantizer->histogram[bin_at(at[0], at[1], at[2])];
        }
    }
}

/* Shrinks the box to the bins that have pixels. */
static void shrink(const struct gif_quantizer *quantizer, struct box *box)
{
    uint64_t levels[LEVELS];
    for (unsigned axis = 0; axis < 3; axis++) {
        project(quantizer, box, axis, levels);
        while (box->min[axis] < box->max[axis] && levels[box->min[axis]] == 0)
            box->min[axis]++;
        while (box->max[axis] > box->min[axis] && levels[box->max[axis]] == 0)
            box->max[axis]--;
    }
    box->count = 0;
    for (unsigned i = box->min[2]; i <= box->max[2]; i++)
        box->count += levels[i];
}

static unsigned longest_axis(const struct box *box)
{
    unsigned axis = 1; /* green first: the eye is most sensitive to it */
    for (unsigned i = 0; i < 3; i += 2) {
        if (box->max[i] - box->min[i] > box->max[axis] - box->min[axis])
            axis = i;
    }
    return axis;
}

/* Splits `box` at its median. `other` becomes the upper part. */
static void split(const struct gif_quantizer *quantizer, struct box *box, struct box *other)
{
    uint64_t levels[LEVELS], below = 0;
    const unsigned axis = longest_axis(box);
    unsigned at = box->min[axis];
    project(quantizer, box, axis, levels);
    while (at + 1 < box->max[axis] && below + levels[at] < (box->count + 1) / 2)
        below += levels[at++];
    *other = *box;
    box->max[axis] = at;
    other->min[axis] = at + 1;
    shrink(quantizer, box);
    shrink(quantizer, other);
}

/* The box to split next: with many pixels and a long side. `count` if none can be split. */
static unsigned choose_box(const struct box *boxes, unsigned count)
{
    unsigned best = count;
    uint64_t best_worth = 0;
    for (unsigned i = 0; i < count; i++) {
        const unsigned axis = longest_axis(&boxes[i]);
        const uint64_t worth = boxes[i].count * (boxes[i].max[axis] - boxes[i].min[axis]);
        if (worth > best_worth) {
            best_worth = worth;
            best = i;
        }
    }
    return best;
}

static void fill_histogram(struct gif_quantizer *quantizer, const struct pm_image *image,
                           const uint8_t *drawn)
{
    const struct pm_plane *plane = &image->plane[0];
    memset(quantizer->histogram, 0, sizeof quantizer->histogram);
    for (uint32_t y = 0; y < image->height; y++) {
        const uint8_t *row = plane_row(plane, y), *wanted = drawn + (size_t)y * image->width;
        for (uint32_t x = 0; x < image->width; x++) {
            if (wanted[x] != GIF_SKIPPED)
                quantizer->histogram[bin_of(row + (size_t)x * plane->channels)]++;
        }
    }
}

static void note_box(struct gif_quantizer *quantizer, const struct box *box, unsigned index)
{
    for (unsigned r = box->min[0]; r <= box->max[0]; r++) {
        for (unsigned g = box->min[1]; g <= box->max[1]; g++) {
            for (unsigned b = box->min[2]; b <= box->max[2]; b++)
                quantizer->nearest[bin_at(r, g, b)] = (uint16_t)index;
        }
    }
}

/* Each colour is the mean of its box's pixels. */
static void average(struct gif_quantizer *quantizer, const struct pm_image *image, const uint8_t *drawn,
                    struct gif_palette *palette)
{
    const struct pm_plane *plane = &image->plane[0];
    uint64_t sums[GIF_PALETTE_MAX][4] = {{0}};
    for (uint32_t y = 0; y < image->height; y++) {
        const uint8_t *pixel = plane_row(plane, y), *wanted = drawn + (size_t)y * image->width;
        for (uint32_t x = 0; x < image->width; x++, pixel += plane->channels) {
            if (wanted[x] == GIF_SKIPPED)
                continue;
            uint64_t *sum = sums[quantizer->nearest[bin_of(pixel)]];
            for (unsigned c = 0; c < 3; c++)
                sum[c] += pixel[c];
            sum[3]++;
        }
    }
    for (unsigned i = 0; i < palette->count; i++) {
        for (unsigned c = 0; c < 3; c++)
            palette->rgb[i][c] = (uint8_t)((sums[i][c] + sums[i][3] / 2) / sums[i][3]);
    }
}

void gif_choose_palette(struct gif_quantizer *quantizer, const struct pm_image *image, const uint8_t *drawn,
                        unsigned max, struct gif_palette *palette)
{
    struct box boxes[GIF_PALETTE_MAX] = {{.max = {LEVELS - 1, LEVELS - 1, LEVELS - 1}}};
    *palette = (struct gif_palette){.exact = true};
    if (choose_exact(quantizer, image, drawn, max, palette))
        return;
    *palette = (struct gif_palette){.count = 1};
    fill_histogram(quantizer, image, drawn);
    shrink(quantizer, &boxes[0]);
    while (palette->count < max) {
        const unsigned next = choose_box(boxes, palette->count);
        if (next == palette->count)
            break;
        split(quantizer, &boxes[next], &boxes[palette->count]);
        palette->count++;
    }
    for (unsigned i = 0; i < palette->count; i++)
        note_box(quantizer, &boxes[i], i);
    average(quantizer, image, drawn, palette);
    memset(quantizer->nearest, 0xFF, sizeof quantizer->nearest);
}

/* --- mapping ------------------------------------------------------------------------------------------ */

static unsigned find_nearest(struct gif_quantizer *quantizer, const struct gif_palette *palette,
                             const uint8_t *rgb)
{
    uint16_t *known = &quantizer->nearest[bin_of(rgb)];
    int best = INT32_MAX;
    if (*known != UNKNOWN)
        return *known;
    for (unsigned i = 0; i < palette->count; i++) {
        int distance = 0;
        for (unsigned c = 0; c < 3; c++) {
            const int difference = ((rgb[c] & 0xF8) | 4) - palette->rgb[i][c];
            distance += difference * difference;
        }
        if (distance < best) {
            best = distance;
            *known = (uint16_t)i;
        }
    }
    return *known;
}

static uint8_t clamp(int value)
{
    return (uint8_t)(value < 0 ? 0 : value > UINT8_MAX ? UINT8_MAX : value);
}

/* Floyd and Steinberg (1976): 7, 3, 5 and 1 sixteenths of a pixel's error go to the right and the next row.
 */
static void spread(int *errors, int *below, size_t x, unsigned c, int error)
{
    errors[3 * (x + 1) + c] += 7 * error;
    below[3 * (x - 1) + c] += 3 * error;
    below[3 * x + c] += 5 * error;
    below[3 * (x + 1) + c] += error;
}

/* Bayer's 4 x 4 matrix (1973), as -7 to 7 levels: about the distance of 256 colours of a photograph. */
static int threshold(uint32_t x, uint32_t y)
{
    static const int8_t bayer[4][4] = {{0, 8, 2, 10}, {12, 4, 14, 6}, {3, 11, 1, 9}, {15, 7, 13, 5}};
    return (2 * bayer[y % 4][x % 4] - 15) / 2;
}

static void map_row(struct gif_quantizer *quantizer, const struct pm_image *image, uint32_t y, uint8_t *drawn,
                    const struct gif_palette *palette, enum gif_dither dither, uint8_t skipped)
{
    enum { SIXTEENTHS = 16 };
    const size_t row = 3 * ((size_t)image->width + 2);
    const uint8_t *pixel = plane_row(&image->plane[0], y);
    int *errors = quantizer->errors + (y % 2) * row, *below = quantizer->errors + ((y + 1) % 2) * row;
    memset(below, 0, row * sizeof *below);
    for (uint32_t x = 0; x < image->width; x++, pixel += image->plane[0].channels) {
        uint8_t wanted[3];
        if (drawn[x] == GIF_SKIPPED) {
            drawn[x] = skipped;
            continue;
        }
        for (unsigned c = 0; c < 3; c++) {
            int value = pixel[c];
            if (dither == GIF_DITHER_DIFFUSION)
                value += errors[3 * ((size_t)x + 1) + c] / SIXTEENTHS;
            else if (dither == GIF_DITHER_ORDERED)
                value += threshold(x, y);
            wanted[c] = clamp(value);
        }
        const unsigned index = find_nearest(quantizer, palette, wanted);
        for (unsigned c = 0; c < 3 && dither == GIF_DITHER_DIFFUSION; c++)
            spread(errors, below, (size_t)x + 1, c, wanted[c] - palette->rgb[index][c]);
        drawn[x] = (uint8_t)index;
    }
}

void gif_map(struct gif_quantizer *quantizer, const struct pm_image *image, uint8_t *drawn,
             const struct gif_palette *palette, enum gif_dither dither, uint8_t skipped)
{
    const struct pm_plane *plane = &image->plane[0];
    memset(quantizer->errors, 0, 3 * ((size_t)image->width + 2) * sizeof *quantizer->errors);
    for (uint32_t y = 0; y < image->height; y++, drawn += image->width) {
        if (!palette->exact) {
            map_row(quantizer, image, y, drawn, palette, dither, skipped);
            continue;
        }
        const uint8_t *row = plane_row(plane, y);
        for (uint32_t x = 0; x < image->width; x++)
            drawn[x] =
                drawn[x] == GIF_SKIPPED
                    ? skipped
                    : (uint8_t)quantizer->indices[slot_of(quantizer, row + (size_t)x * plane->channels)];
    }
}
