#include "codec/quantize.h"

#include <string.h>

enum { UNKNOWN = UINT16_MAX, LEVELS = 32, LEVEL_BITS = 5, CHANNELS_MAX = 4, SLOTS = 1024 };

struct quantizer {
    unsigned channels;     /* of a colour */
    uint32_t *histogram;   /* by bins: LEVELS for each channel */
    uint32_t *bins;        /* those that have pixels, box by box */
    uint16_t *nearest;     /* index of the palette for each bin; UNKNOWN: not looked up yet */
    uint64_t slots[SLOTS]; /* a hash table of the exact colours, 0: free */
    uint16_t indices[SLOTS];
    int *errors; /* of two rows, for error diffusion */
};

/* A part of the histogram: bins[first] to bins[end - 1], of levels from `min` to `max`. */
struct box {
    size_t first, end;
    unsigned min[CHANNELS_MAX], max[CHANNELS_MAX];
    uint64_t count;
};

const struct param_word dither_words[] = {
    {"none", DITHER_NONE}, {"ordered", DITHER_ORDERED}, {"diffusion", DITHER_DIFFUSION}, {NULL, 0}};

static size_t count_bins(unsigned channels)
{
    return (size_t)1 << (LEVEL_BITS * channels);
}

static size_t errors_of_row(uint32_t width, unsigned channels)
{
    return channels * ((size_t)width + 2);
}

uint64_t quantizer_bytes(uint32_t width, unsigned channels)
{
    enum { GAPS = 512 };
    return sizeof(struct quantizer) + count_bins(channels) * (2 * sizeof(uint32_t) + sizeof(uint16_t)) +
           2 * errors_of_row(width, channels) * sizeof(int) + GAPS;
}

struct quantizer *quantizer_new_list(unsigned channels, struct context *context)
{
    struct quantizer *quantizer = arena_alloc(context->job_arena, sizeof *quantizer);
    if (quantizer == NULL)
        error_memory(context->error, sizeof *quantizer);
    else
        *quantizer = (struct quantizer){.channels = channels};
    return quantizer;
}

struct quantizer *quantizer_new(uint32_t width, unsigned channels, struct context *context)
{
    struct arena *arena = context->job_arena;
    struct quantizer *quantizer = quantizer_new_list(channels, context);
    if (quantizer == NULL)
        return NULL;
    quantizer->histogram = arena_alloc_array(arena, count_bins(channels), sizeof *quantizer->histogram);
    quantizer->bins = arena_alloc_array(arena, count_bins(channels), sizeof *quantizer->bins);
    quantizer->nearest = arena_alloc_array(arena, count_bins(channels), sizeof *quantizer->nearest);
    quantizer->errors =
        arena_alloc_array(arena, 2 * errors_of_row(width, channels), sizeof *quantizer->errors);
    if (quantizer->histogram != NULL && quantizer->bins != NULL && quantizer->nearest != NULL &&
        quantizer->errors != NULL)
        return quantizer;
    error_memory(context->error, quantizer_bytes(width, channels));
    return NULL;
}

/* The colour of a pixel, as a histogram and a palette have it: without alpha where that is not a channel, and
 * nothing but that where it is 0. */
static void take_color(const struct quantizer *quantizer, const uint8_t *pixel, uint8_t color[CHANNELS_MAX])
{
    const bool clear = quantizer->channels == CHANNELS_MAX && pixel[3] == 0;
    for (unsigned c = 0; c < 3; c++)
        color[c] = clear ? 0 : pixel[c];
    color[3] = quantizer->channels == CHANNELS_MAX ? pixel[3] : UINT8_MAX;
}

static size_t bin_of(const struct quantizer *quantizer, const uint8_t color[CHANNELS_MAX])
{
    size_t bin = 0;
    for (unsigned c = 0; c < quantizer->channels; c++)
        bin = bin << LEVEL_BITS | color[c] >> 3;
    return bin;
}

static bool is_wanted(const uint8_t *drawn, size_t pixel)
{
    return drawn == NULL || drawn[pixel] != QUANTIZER_SKIPPED;
}

/* --- few colours ------------------------------------------------------------------------------------- */

static uint64_t key_of(const struct quantizer *quantizer, const uint8_t *pixel)
{
    const uint32_t alpha = quantizer->channels == CHANNELS_MAX ? pixel[3] : UINT8_MAX;
    return ((uint64_t)alpha << 24 | (uint64_t)pixel[0] << 16 | (uint64_t)pixel[1] << 8 | pixel[2]) + 1;
}

/* The slot of a colour, or the free slot for it. */
static unsigned slot_of(const struct quantizer *quantizer, uint64_t key)
{
    enum { SLOT_SHIFT = 54 };
    unsigned slot =
        (unsigned)(key * UINT64_C(0x9E3779B97F4A7C15) >> SLOT_SHIFT); /* Knuth's multiplicative hash */
    while (quantizer->slots[slot] != 0 && quantizer->slots[slot] != key)
        slot = (slot + 1) % SLOTS;
    return slot;
}

/* False if there are more than `max`. */
static bool add_color(struct quantizer *quantizer, const uint8_t *pixel, unsigned max,
                      struct palette *palette)
{
    const uint64_t key = key_of(quantizer, pixel);
    const unsigned slot = slot_of(quantizer, key);
    if (quantizer->slots[slot] != 0)
        return true;
    if (palette->count == max)
        return false;
    quantizer->slots[slot] = key;
    quantizer->indices[slot] = (uint16_t)palette->count;
    uint8_t *color = palette->rgba[palette->count++];
    memcpy(color, pixel, 3);
    color[3] = quantizer->channels == CHANNELS_MAX ? pixel[3] : UINT8_MAX;
    return true;
}

bool quantizer_list(struct quantizer *quantizer, const struct pm_image *image, const uint8_t *drawn,
                    unsigned max, struct palette *palette)
{
    const struct pm_plane *plane = &image->plane[0];
    *palette = (struct palette){.exact = true};
    memset(quantizer->slots, 0, sizeof quantizer->slots);
    for (uint32_t y = 0; y < image->height; y++) {
        const uint8_t *row = plane_row(plane, y);
        const size_t first = (size_t)y * image->width;
        for (uint32_t x = 0; x < image->width; x++) {
            if (is_wanted(drawn, first + x) &&
                !add_color(quantizer, row + (size_t)x * plane->channels, max, palette))
                return false;
        }
    }
    return true;
}

void quantizer_reorder(struct quantizer *quantizer, struct palette *palette, const uint8_t order[PALETTE_MAX])
{
    const struct palette before = *palette;
    for (unsigned i = 0; i < palette->count; i++)
        memcpy(palette->rgba[order[i]], before.rgba[i], sizeof before.rgba[i]);
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        if (quantizer->slots[slot] != 0)
            quantizer->indices[slot] = order[quantizer->indices[slot]];
    }
}

/* --- median cut --------------------------------------------------------------------------------------- */

/* The level of a bin on an axis. */
static unsigned level_of(const struct quantizer *quantizer, uint32_t bin, unsigned axis)
{
    return bin >> (LEVEL_BITS * (quantizer->channels - 1 - axis)) & (LEVELS - 1);
}

/* Counts the box's pixels by level on each axis. */
static void project(const struct quantizer *quantizer, const struct box *box,
                    uint64_t levels[CHANNELS_MAX][LEVELS])
{
    memset(levels, 0, sizeof(uint64_t[CHANNELS_MAX][LEVELS]));
    for (size_t i = box->first; i < box->end; i++) {
        const uint32_t bin = quantizer->bins[i];
        for (unsigned c = 0; c < quantizer->channels; c++)
            levels[c][level_of(quantizer, bin, c)] += quantizer->histogram[bin];
    }
}

/* Shrinks the box to the bins that have pixels. */
static void shrink(const struct quantizer *quantizer, struct box *box)
{
    uint64_t levels[CHANNELS_MAX][LEVELS];
    project(quantizer, box, levels);
    for (unsigned axis = 0; axis < quantizer->channels; axis++) {
        while (box->min[axis] < box->max[axis] && levels[axis][box->min[axis]] == 0)
            box->min[axis]++;
        while (box->max[axis] > box->min[axis] && levels[axis][box->max[axis]] == 0)
            box->max[axis]--;
    }
    box->count = 0;
    for (unsigned i = box->min[0]; i <= box->max[0]; i++)
        box->count += levels[0][i];
}

static unsigned longest_axis(const struct quantizer *quantizer, const struct box *box)
{
    unsigned axis = 1; /* green first: the eye is most sensitive to it */
    for (unsigned i = 0; i < quantizer->channels; i++) {
        if (box->max[i] - box->min[i] > box->max[axis] - box->min[axis])
            axis = i;
    }
    return axis;
}

/* Moves the bins up to level `at` before the others; returns where those begin. */
static size_t partition(struct quantizer *quantizer, const struct box *box, unsigned axis, unsigned at)
{
    size_t low = box->first;
    for (size_t i = box->first; i < box->end; i++) {
        const uint32_t bin = quantizer->bins[i];
        if (level_of(quantizer, bin, axis) > at)
            continue;
        quantizer->bins[i] = quantizer->bins[low];
        quantizer->bins[low++] = bin;
    }
    return low;
}

/* Splits `box` at its median. `other` becomes the upper part. */
static void split(struct quantizer *quantizer, struct box *box, struct box *other)
{
    uint64_t levels[CHANNELS_MAX][LEVELS], below = 0;
    const unsigned axis = longest_axis(quantizer, box);
    unsigned at = box->min[axis];
    project(quantizer, box, levels);
    while (at + 1 < box->max[axis] && below + levels[axis][at] < (box->count + 1) / 2)
        below += levels[axis][at++];
    *other = *box;
    box->max[axis] = at;
    other->min[axis] = at + 1;
    box->end = other->first = partition(quantizer, box, axis, at);
    shrink(quantizer, box);
    shrink(quantizer, other);
}

/* The box to split next: with many pixels and a long side. `count` if none can be split. */
static unsigned choose_box(const struct quantizer *quantizer, const struct box *boxes, unsigned count)
{
    unsigned best = count;
    uint64_t best_worth = 0;
    for (unsigned i = 0; i < count; i++) {
        const unsigned axis = longest_axis(quantizer, &boxes[i]);
        const uint64_t worth = boxes[i].count * (boxes[i].max[axis] - boxes[i].min[axis]);
        if (worth > best_worth) {
            best_worth = worth;
            best = i;
        }
    }
    return best;
}

static void fill_histogram(struct quantizer *quantizer, const struct pm_image *image, const uint8_t *drawn)
{
    const struct pm_plane *plane = &image->plane[0];
    memset(quantizer->histogram, 0, count_bins(quantizer->channels) * sizeof *quantizer->histogram);
    for (uint32_t y = 0; y < image->height; y++) {
        const uint8_t *pixel = plane_row(plane, y);
        const size_t first = (size_t)y * image->width;
        for (uint32_t x = 0; x < image->width; x++, pixel += plane->channels) {
            uint8_t color[CHANNELS_MAX];
            take_color(quantizer, pixel, color);
            quantizer->histogram[bin_of(quantizer, color)] += is_wanted(drawn, first + x);
        }
    }
}

/* Makes the first box, of all bins that have pixels. */
static void begin_boxes(struct quantizer *quantizer, struct box *box)
{
    const size_t bins = count_bins(quantizer->channels);
    *box = (struct box){.max = {LEVELS - 1, LEVELS - 1, LEVELS - 1, LEVELS - 1}};
    for (size_t bin = 0; bin < bins; bin++) {
        if (quantizer->histogram[bin] > 0)
            quantizer->bins[box->end++] = (uint32_t)bin;
    }
    shrink(quantizer, box);
}

/* Each colour is the mean of its box's pixels, weighted by their alpha. */
static void average(struct quantizer *quantizer, const struct pm_image *image, const uint8_t *drawn,
                    struct palette *palette)
{
    const struct pm_plane *plane = &image->plane[0];
    struct {
        uint64_t color[3], alpha, count;
    } sums[PALETTE_MAX] = {{{0}, 0, 0}};
    for (uint32_t y = 0; y < image->height; y++) {
        const uint8_t *pixel = plane_row(plane, y);
        const size_t first = (size_t)y * image->width;
        for (uint32_t x = 0; x < image->width; x++, pixel += plane->channels) {
            uint8_t color[CHANNELS_MAX];
            if (!is_wanted(drawn, first + x))
                continue;
            take_color(quantizer, pixel, color);
            const unsigned index = quantizer->nearest[bin_of(quantizer, color)];
            for (unsigned c = 0; c < 3; c++)
                sums[index].color[c] += (uint64_t)color[c] * color[3];
            sums[index].alpha += color[3];
            sums[index].count++;
        }
    }
    for (unsigned i = 0; i < palette->count; i++) {
        const uint64_t alpha = sums[i].alpha, count = sums[i].count;
        for (unsigned c = 0; c < 3; c++)
            palette->rgba[i][c] = alpha > 0 ? (uint8_t)((sums[i].color[c] + alpha / 2) / alpha) : 0;
        palette->rgba[i][3] = (uint8_t)((alpha + count / 2) / count);
    }
}

void quantizer_choose(struct quantizer *quantizer, const struct pm_image *image, const uint8_t *drawn,
                      unsigned max, struct palette *palette)
{
    struct box boxes[PALETTE_MAX];
    const size_t bins = count_bins(quantizer->channels);
    if (quantizer_list(quantizer, image, drawn, max, palette))
        return;
    *palette = (struct palette){.count = 1};
    fill_histogram(quantizer, image, drawn);
    begin_boxes(quantizer, &boxes[0]);
    while (palette->count < max) {
        const unsigned next = choose_box(quantizer, boxes, palette->count);
        if (next == palette->count)
            break;
        split(quantizer, &boxes[next], &boxes[palette->count]);
        palette->count++;
    }
    for (unsigned i = 0; i < palette->count; i++) {
        for (size_t k = boxes[i].first; k < boxes[i].end; k++)
            quantizer->nearest[quantizer->bins[k]] = (uint16_t)i;
    }
    average(quantizer, image, drawn, palette);
    memset(quantizer->nearest, 0xFF, bins * sizeof *quantizer->nearest);
}

/* --- mapping ------------------------------------------------------------------------------------------ */

static unsigned find_nearest(struct quantizer *quantizer, const struct palette *palette,
                             const uint8_t color[CHANNELS_MAX])
{
    uint16_t *known = &quantizer->nearest[bin_of(quantizer, color)];
    int best = INT32_MAX;
    if (*known != UNKNOWN)
        return *known;
    for (unsigned i = 0; i < palette->count; i++) {
        int distance = 0;
        for (unsigned c = 0; c < quantizer->channels; c++) {
            const int difference = ((color[c] & 0xF8) | 4) - palette->rgba[i][c];
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
 * `at`: the pixel's channel in a row of errors, of `channels` for each pixel. */
static void spread(int *errors, int *below, size_t at, size_t channels, int error)
{
    errors[at + channels] += 7 * error;
    below[at - channels] += 3 * error;
    below[at] += 5 * error;
    below[at + channels] += error;
}

/* Bayer's 4 x 4 matrix (1973), as -7 to 7 levels: about the distance of 256 colours of a photograph. */
static int threshold(uint32_t x, uint32_t y)
{
    static const int8_t bayer[4][4] = {{0, 8, 2, 10}, {12, 4, 14, 6}, {3, 11, 1, 9}, {15, 7, 13, 5}};
    return (2 * bayer[y % 4][x % 4] - 15) / 2;
}

static void map_row(struct quantizer *quantizer, const struct pm_image *image, uint32_t y, uint8_t *drawn,
                    const struct palette *palette, enum dither dither, uint8_t skipped)
{
    enum { SIXTEENTHS = 16 };
    const size_t channels = quantizer->channels, row = errors_of_row(image->width, quantizer->channels);
    const uint8_t *pixel = plane_row(&image->plane[0], y);
    int *errors = quantizer->errors + (y % 2) * row, *below = quantizer->errors + ((y + 1) % 2) * row;
    memset(below, 0, row * sizeof *below);
    for (uint32_t x = 0; x < image->width; x++, pixel += image->plane[0].channels) {
        uint8_t wanted[CHANNELS_MAX];
        const size_t at = channels * ((size_t)x + 1);
        if (drawn[x] == QUANTIZER_SKIPPED) {
            drawn[x] = skipped;
            continue;
        }
        take_color(quantizer, pixel, wanted);
        const bool dithered = wanted[3] != 0; /* what is clear stays clear */
        for (unsigned c = 0; c < channels && dithered; c++) {
            if (dither == DITHER_DIFFUSION)
                wanted[c] = clamp(wanted[c] + errors[at + c] / SIXTEENTHS);
            else if (dither == DITHER_ORDERED && c < 3)
                wanted[c] = clamp(wanted[c] + threshold(x, y));
        }
        const unsigned index = find_nearest(quantizer, palette, wanted);
        for (unsigned c = 0; c < channels && dithered && dither == DITHER_DIFFUSION; c++)
            spread(errors, below, at + c, channels, wanted[c] - palette->rgba[index][c]);
        drawn[x] = (uint8_t)index;
    }
}

void quantizer_map(struct quantizer *quantizer, const struct pm_image *image, uint8_t *drawn,
                   const struct palette *palette, enum dither dither, uint8_t skipped)
{
    const struct pm_plane *plane = &image->plane[0];
    if (!palette->exact)
        memset(quantizer->errors, 0,
               errors_of_row(image->width, quantizer->channels) * sizeof *quantizer->errors);
    for (uint32_t y = 0; y < image->height; y++, drawn += image->width) {
        if (!palette->exact) {
            map_row(quantizer, image, y, drawn, palette, dither, skipped);
            continue;
        }
        const uint8_t *row = plane_row(plane, y);
        for (uint32_t x = 0; x < image->width; x++)
            drawn[x] =
                drawn[x] == QUANTIZER_SKIPPED
                    ? skipped
                    : (uint8_t)quantizer
                          ->indices[slot_of(quantizer, key_of(quantizer, row + (size_t)x * plane->channels))];
    }
}
