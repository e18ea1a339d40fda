/*
 * Run lengths of 8 and 4 bits (Microsoft's "Bitmap compression"): pairs of bytes. A count and a colour, of 4
 * bits two alternating colours; or 0 and a code: the row's end, the bitmap's end, a step right and up, or a
 * number of literal pixels, padded to an even number of bytes. Rows are stored from the bottom up, so the
 * start of each is found first; then they can be decoded in any order.
 */
#include "codec/bmp/bmp.h"

enum { END_OF_ROW, END_OF_BITMAP, STEP };

struct rle {
    const uint8_t *data;
    size_t size, at;
    bool nibbles;
    uint32_t width, height;
    uint32_t x, y; /* the next pixel; y counts from the bottom */
};

struct run {
    unsigned count;        /* of pixels; 0: only the position changed */
    bool literal;          /* each pixel has its own colour */
    const uint8_t *colors; /* packed */
};

static struct rle rle_of(const struct bmp_header *header, const uint8_t *data, size_t size)
{
    return (struct rle){.data = data,
                        .size = size,
                        .nibbles = header->coding == BMP_RLE4,
                        .width = header->width,
                        .height = header->height};
}

static bool take_literal(struct rle *rle, unsigned count, struct run *run)
{
    const size_t bytes = rle->nibbles ? (count + 1) / 2 : count, left = rle->size - rle->at;
    if (bytes > left)
        return false;
    *run = (struct run){.count = count, .literal = true, .colors = rle->data + rle->at};
    rle->at += bytes + bytes % 2 < left ? bytes + bytes % 2 : left;
    return true;
}

/* Reads one pair. False at the data's end. */
static bool next_run(struct rle *rle, struct run *run)
{
    *run = (struct run){0};
    if (rle->size - rle->at < 2)
        return false;
    const uint8_t *pair = rle->data + rle->at;
    rle->at += 2;
    if (pair[0] > 0) {
        *run = (struct run){.count = pair[0], .colors = pair + 1};
        return true;
    }
    switch (pair[1]) {
    case END_OF_ROW:
        rle->x = 0;
        rle->y++;
        return true;
    case END_OF_BITMAP:
        rle->y = rle->height;
        return true;
    case STEP:
        if (rle->size - rle->at < 2)
            return false;
        rle->x = rle->width - rle->x > pair[2] ? rle->x + pair[2] : rle->width;
        rle->y += pair[3];
        rle->at += 2;
        return true;
    default:
        return take_literal(rle, pair[1], run);
    }
}

uint32_t bmp_index_runs(const struct bmp_header *header, const uint8_t *data, size_t size,
                        struct bmp_row_start *starts, bool *clipped)
{
    struct rle rle = rle_of(header, data, size);
    struct run run;
    uint32_t noted = UINT32_MAX;
    /* Some writers also encode the padding of rows. */
    const uint64_t padded = bmp_stride(header) * 8 / header->bits;
    *clipped = false;
    for (uint32_t y = 0; y < header->height; y++)
        starts[y] = (struct bmp_row_start){.skipped = true};
    while (rle.y < rle.height) {
        if (rle.y != noted)
            starts[rle.y] = (struct bmp_row_start){.at = rle.at, .x = rle.x};
        noted = rle.y;
        if (!next_run(&rle, &run))
            break;
        *clipped = *clipped || rle.x + (uint64_t)run.count > padded;
        rle.x = run.count < rle.width - rle.x ? rle.x + run.count : rle.width;
    }
    /* The last row may lack its end code. */
    if (rle.y < rle.height && rle.x == rle.width)
        rle.y++;
    return rle.y < rle.height ? rle.y : rle.height;
}

/* Colour i; with 4 bits, the high half is the first. */
static unsigned color_at(const struct rle *rle, const struct run *run, unsigned i)
{
    if (!rle->nibbles)
        return run->colors[run->literal ? i : 0];
    const uint8_t pair = run->colors[run->literal ? i / 2 : 0];
    return i % 2 == 0 ? pair >> 4u : pair & 15u;
}

void bmp_decode_run_row(struct bmp_converter *converter, const uint8_t *data, size_t size, uint32_t y,
                        const struct bmp_row_start *start, uint8_t *out)
{
    struct rle rle = rle_of(converter->header, data, size);
    struct run run;
    bmp_put_color(converter, 0, rle.width, out);
    if (start->skipped)
        return;
    rle.at = start->at;
    rle.x = start->x;
    rle.y = y;
    while (rle.y == y && next_run(&rle, &run)) {
        for (unsigned i = 0; i < run.count && rle.x < rle.width; i++, rle.x++)
            bmp_put_color(converter, color_at(&rle, &run, i), 1, out + (size_t)rle.x * converter->channels);
    }
}
