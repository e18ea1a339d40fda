/* The memory for decoding a HEIF picture, from its header. */
#include "codec/heif/planes.h"

bool heif_has_rows(const struct pm_info *info, const struct decode_request *request)
{
    return info->tile_height > 0 && request->planes && info->pixels.color == PM_COLOR_YCC &&
           info->pixels.alpha == PM_ALPHA_NONE && info->width == info->coded_width &&
           info->height == info->coded_height;
}

static uint64_t aligned(uint64_t side)
{
    enum { ALIGNMENT = 128 };
    return (side + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Half bytes per pixel of a picture's planes; for formats other than YCC, the max of all kinds. */
static uint64_t plane_halves(const struct pm_info *info)
{
    if (info->pixels.color == PM_COLOR_GRAY)
        return 2;
    if (info->pixels.color != PM_COLOR_YCC)
        return 6;
    return info->pixels.sampling_y > 1 ? 3 : info->pixels.sampling_x > 1 ? 4 : 6;
}

uint64_t heif_sequence_bytes(const struct pm_info *info)
{
    /* dav1d: 10 in the decoder, a copy, and what it keeps of each. libde265: up to 17, of which it keeps 1.1
     * bytes a pixel. */
    enum { PICTURES = 13, LIBRARY = 4, ALPHA = 6, FIXED = 8 << 20 };
    const uint64_t pixels = aligned(info->coded_width) * aligned(info->coded_height),
                   bytes = info->depth > 8 ? 2 : 1;
    const bool alpha = info->pixels.alpha != PM_ALPHA_NONE; /* coded as colours in the worst case */
    const uint64_t planes = pixels * bytes * (plane_halves(info) + (alpha ? ALPHA : 0)) / 2,
                   library = pixels * LIBRARY * (alpha ? 2 : 1);
    return (planes + library) * PICTURES + FIXED;
}

uint64_t heif_decode_bytes(const struct pm_info *info, const struct decode_request *request,
                           const struct heif_cost *cost)
{
    const bool grid = info->tile_width > 0, alpha = info->pixels.alpha != PM_ALPHA_NONE;
    const bool gray = info->pixels.color == PM_COLOR_GRAY, ycc = info->pixels.color == PM_COLOR_YCC;
    const uint64_t bytes = info->depth > 8 ? 2 : 1, halves = plane_halves(info);
    const uint64_t columns =
        grid ? (info->coded_width + (uint64_t)info->tile_width - 1) / info->tile_width : 1;
    const uint64_t decoded = columns * aligned(grid ? info->tile_width : info->coded_width) *
                             aligned(grid ? info->tile_height : info->coded_height);
    uint64_t height = info->coded_height;
    if (request->window > 0 && heif_has_rows(info, request) &&
        (uint64_t)request->window + info->tile_height < height)
        height = (uint64_t)request->window + info->tile_height;
    const uint64_t pixels = aligned(info->coded_width) * (grid ? height : aligned(height));
    /* All tiles of a grid's row may be decoded at the same time. */
    uint64_t total = decoded * (halves + cost->halves) * bytes / 2 * (1 + info->layers_below);
    total += (grid ? pixels * halves * bytes / 2 : 0) + (alpha ? pixels * bytes : 0);
    if (!ycc || !request->planes) {
        const unsigned channels = (gray ? 1 : 3) + (alpha ? 1 : 0);
        total += pixels * bytes * (channels + (gray ? 0 : 2)); /* plus chroma at full size */
    }
    /* An item in several pieces is joined: a row of tiles at a time, or a picture and its alpha. */
    const uint64_t joined = grid || !alpha ? 1 : 2;
    return total + (cost->coded + joined) * info->coded_bytes + cost->fixed;
}
