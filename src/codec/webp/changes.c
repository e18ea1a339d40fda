#include "codec/webp/changes.h"

#include <string.h>

#include "image/image.h"

enum { BLOCK = 8, RGBA = 4, OPAQUE = 255 };

static uint32_t min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* A block of both images, cut off at their edges. */
struct block {
    const uint8_t *now, *was;
    size_t now_stride, was_stride;
    uint32_t width, height;
    unsigned channels;
};

static struct block block_at(const struct pm_image *image, const struct pm_image *last, uint32_t x,
                             uint32_t y)
{
    const struct pm_plane *now = &image->plane[0], *was = &last->plane[0];
    return (struct block){.now = plane_row(now, y) + (size_t)x * now->channels,
                          .was = plane_row(was, y) + (size_t)x * now->channels,
                          .now_stride = now->stride,
                          .was_stride = was->stride,
                          .width = min(BLOCK, image->width - x),
                          .height = min(BLOCK, image->height - y),
                          .channels = now->channels};
}

static bool is_same(const struct block *block)
{
    for (uint32_t y = 0; y < block->height; y++) {
        if (memcmp(block->now + y * block->now_stride, block->was + y * block->was_stride,
                   (size_t)block->width * block->channels) != 0)
            return false;
    }
    return true;
}

/* Is each pixel opaque, or as it was? */
static bool is_opaque(const struct block *block)
{
    for (uint32_t y = 0; block->channels == RGBA && y < block->height; y++) {
        const uint8_t *now = block->now + y * block->now_stride, *was = block->was + y * block->was_stride;
        for (uint32_t x = 0; x < block->width; x++, now += RGBA, was += RGBA) {
            if (now[3] != OPAQUE && memcmp(now, was, RGBA) != 0)
                return false;
        }
    }
    return true;
}

struct webp_changes webp_compare(const struct pm_image *image, const struct pm_image *last)
{
    uint32_t left = image->width, right = 0, top = image->height, bottom = 0;
    uint64_t changed = 0;
    bool opaque = true;
    for (uint32_t y = 0; y < image->height; y += BLOCK) {
        for (uint32_t x = 0; x < image->width; x += BLOCK) {
            const struct block block = block_at(image, last, x, y);
            if (is_same(&block))
                continue;
            changed++;
            opaque = opaque && is_opaque(&block);
            left = min(left, x);
            right = x + block.width > right ? x + block.width : right;
            top = min(top, y);
            bottom = y + block.height;
        }
    }
    if (changed == 0)
        return (struct webp_changes){0};
    const uint64_t blocks =
        (uint64_t)((right - left + BLOCK - 1) / BLOCK) * ((bottom - top + BLOCK - 1) / BLOCK);
    return (struct webp_changes){.x = left,
                                 .y = top,
                                 .width = right - left,
                                 .height = bottom - top,
                                 .blocks = blocks,
                                 .kept = blocks - changed,
                                 .opaque = opaque};
}

struct pm_image webp_part(const struct pm_image *image, const struct webp_changes *changes)
{
    struct pm_image part = *image;
    struct pm_plane *plane = &part.plane[0];
    part.width = plane->width = changes->width;
    part.height = plane->height = changes->height;
    plane->data = plane_row(plane, changes->y) + (size_t)changes->x * plane->channels;
    return part;
}

/* Copies a block; transparent where it is as it was: whole, or pixels that show what is below. */
static void copy_block(const struct block *block, uint8_t *out, size_t stride)
{
    const unsigned channels = block->channels;
    if (is_same(block))
        return;
    for (uint32_t y = 0; y < block->height; y++) {
        const uint8_t *now = block->now + y * block->now_stride;
        uint8_t *to = out + y * stride;
        for (uint32_t x = 0; x < block->width; x++, now += channels, to += RGBA) {
            const bool shown = channels < RGBA || now[3] == OPAQUE;
            if (shown) {
                memcpy(to, now, 3);
                to[3] = OPAQUE;
            }
        }
    }
}

int webp_make_holes(const struct pm_image *part, const struct pm_image *last, struct pm_image *out,
                    struct context *context)
{
    const struct shape shape = {
        .width = part->width, .height = part->height, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8)};
    if (image_alloc(out, &shape, context) != 0)
        return -1;
    struct pm_plane *plane = &out->plane[0];
    for (uint32_t y = 0; y < part->height; y++)
        memset(plane_row(plane, y), 0, (size_t)part->width * RGBA);
    for (uint32_t y = 0; y < part->height; y += BLOCK) {
        for (uint32_t x = 0; x < part->width; x += BLOCK) {
            const struct block block = block_at(part, last, x, y);
            copy_block(&block, plane_row(plane, y) + (size_t)x * RGBA, plane->stride);
        }
    }
    return 0;
}
