/* The scale and size of the decoded planes, from the header alone. */
#include "codec/jpeg/scale.h"

#include "codec/jpeg/internals.h"

enum { BLOCK = 8, MAX_SAMPLING = 4, PAD = MAX_SAMPLING * BLOCK };

const struct jpeg_share jpeg_share_whole = {1, 1, 1, 1};

struct jpeg_share jpeg_chroma_share(struct jpeg_share factors, const struct decode_request *request)
{
    factors.h *= request->sampling_x > 0 ? request->sampling_x : 1;
    factors.v *= request->sampling_y > 0 ? request->sampling_y : 1;
    return factors;
}

unsigned jpeg_choose_scale(uint32_t width, uint32_t height, struct jpeg_share share,
                           const struct decode_request *request)
{
    if (request->min_width == 0 || request->min_height == 0)
        return BLOCK;
    const uint64_t have_x = (uint64_t)width * share.h, have_y = (uint64_t)height * share.v;
    const uint64_t least_x = (uint64_t)request->min_width * share.h_max * BLOCK;
    const uint64_t least_y = (uint64_t)request->min_height * share.v_max * BLOCK;
    unsigned n = 1;
    while (n < BLOCK && (have_x * n < least_x || have_y * n < least_y))
        n *= 2;
    return n;
}

unsigned jpeg_common_scale(const struct pm_info *info, const struct decode_request *request)
{
    const struct jpeg_share chroma = jpeg_chroma_share(
        (struct jpeg_share){1, info->pixels.sampling_x, 1, info->pixels.sampling_y}, request);
    const unsigned n = jpeg_choose_scale(info->width, info->height, jpeg_share_whole, request),
                   of_chroma = jpeg_choose_scale(info->width, info->height, chroma, request);
    return n > of_chroma ? n : of_chroma;
}

uint64_t jpeg_plane_bytes(unsigned uses, const struct pm_info *info, const struct decode_request *request,
                          bool chroma)
{
    enum { ALIGNMENT = 64 };
    struct jpeg_share factors = jpeg_share_whole;
    uint64_t n = jpeg_choose_scale(info->width, info->height, jpeg_share_whole, request);
    if (request->planes && (uses & JPEG_SCALE_PLANES) == 0) {
        n = jpeg_common_scale(info, request);
    } else if (request->planes && chroma) {
        factors = (struct jpeg_share){1, info->pixels.sampling_x, 1, info->pixels.sampling_y};
        n = jpeg_choose_scale(info->width, info->height, jpeg_chroma_share(factors, request), request);
    }
    const uint64_t width = (((uint64_t)info->width + PAD) / factors.h_max + 1) * n / BLOCK + 1;
    const uint64_t height = (((uint64_t)info->height + PAD) / factors.v_max + 1) * n / BLOCK + 1;
    return height * (width + ALIGNMENT);
}
