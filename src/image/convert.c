#include "image/convert.h"

#include <limits.h>

typedef struct pm_pixel_format format;

static bool is_jfif(const format *f)
{
    return f->color == PM_COLOR_YCC && f->matrix == PM_MATRIX_BT601 && !f->limited_range;
}

static bool is_interleaved(const format *f)
{
    return f->color == PM_COLOR_GRAY || f->color == PM_COLOR_RGB;
}

/* Is its chroma coarser than some encoder accepts? */
static bool is_coarse(const format *f)
{
    return f->sampling_x > 2 || f->sampling_y > f->sampling_x;
}

static bool is_one_of(const format *have, const format *accepted)
{
    if (have->color != accepted->color || have->alpha != accepted->alpha || have->depth != accepted->depth ||
        have->bits != accepted->bits || have->limited_range != accepted->limited_range)
        return false;
    if (accepted->sampling_x == CONVERT_ANY_SAMPLING)
        return true;
    return pixels_equal(have, accepted);
}

/* The sampling that the next conversion from YCC needs: the requested one, or full size for merging planes or
 * converting wide samples to 8 bits. */
static format sampling_towards(const format *have, const format *want)
{
    format towards = *have;
    if (want->color == PM_COLOR_YCC && want->sampling_x == CONVERT_ANY_SAMPLING)
        return towards;
    const bool keep = want->color == PM_COLOR_YCC && pixels_wide(have) == pixels_wide(want);
    towards.sampling_x = keep ? want->sampling_x : 1;
    towards.sampling_y = keep ? want->sampling_y : 1;
    towards.unaligned = false;
    return towards;
}

static bool unpremultiply_due(const format *have, const format *want)
{
    return have->alpha == PM_ALPHA_PREMULTIPLIED &&
           (want->alpha != PM_ALPHA_PREMULTIPLIED || want->color != have->color);
}

static format unpremultiplied(const format *have, const format *want)
{
    (void)want;
    return pixels_with_depth(pixels_with_alpha(*have, PM_ALPHA_STRAIGHT), have->bits);
}

static bool resample_due(const format *have, const format *want)
{
    if (have->color != PM_COLOR_YCC)
        return false;
    const format towards = sampling_towards(have, want);
    return !pixels_equal(have, &towards);
}

static bool narrow_due(const format *have, const format *want)
{
    return pixels_wide(have) && is_jfif(have) && want->color == PM_COLOR_YCC && want->depth == 8;
}

static format narrowed(const format *have, const format *want)
{
    (void)want;
    return pixels_with_depth(*have, 8);
}

static bool range_due(const format *have, const format *want)
{
    return have->color == PM_COLOR_YCC && want->color == PM_COLOR_YCC && have->depth == 8 &&
           have->limited_range != want->limited_range;
}

static format ranged(const format *have, const format *want)
{
    format next = *have;
    next.limited_range = want->limited_range;
    return next;
}

static bool merge_due(const format *have, const format *want)
{
    return have->color == PM_COLOR_YCC && have->bits == 8 && is_interleaved(want);
}

static format to_rgb(const format *have, const format *want)
{
    (void)want;
    return (format)PIXELS(PM_COLOR_RGB, have->alpha, have->bits);
}

static bool uninked_due(const format *have, const format *want)
{
    return have->color == PM_COLOR_CMYK && is_interleaved(want);
}

static bool spread_due(const format *have, const format *want)
{
    return have->color == PM_COLOR_GRAY && want->color == PM_COLOR_RGB;
}

static bool gray_due(const format *have, const format *want)
{
    return have->color == PM_COLOR_RGB && want->color == PM_COLOR_GRAY;
}

static format to_gray(const format *have, const format *want)
{
    (void)want;
    return (format)PIXELS(PM_COLOR_GRAY, have->alpha, have->bits);
}

static bool premultiply_due(const format *have, const format *want)
{
    return have->alpha == PM_ALPHA_STRAIGHT && want->alpha == PM_ALPHA_PREMULTIPLIED && is_interleaved(have);
}

static format premultiplied(const format *have, const format *want)
{
    (void)want;
    return pixels_premultiplied(*have);
}

static bool flatten_due(const format *have, const format *want)
{
    return have->alpha == PM_ALPHA_STRAIGHT && want->alpha == PM_ALPHA_NONE && is_interleaved(have);
}

static format without_alpha(const format *have, const format *want)
{
    (void)want;
    return pixels_with_alpha(*have, PM_ALPHA_NONE);
}

static bool drop_due(const format *have, const format *want)
{
    return have->alpha == PM_ALPHA_OPAQUE && want->alpha == PM_ALPHA_NONE;
}

static bool add_due(const format *have, const format *want)
{
    return !pixels_have_alpha(have) && want->alpha == PM_ALPHA_STRAIGHT && is_interleaved(have);
}

static format with_alpha(const format *have, const format *want)
{
    (void)want;
    return pixels_with_alpha(*have, PM_ALPHA_STRAIGHT);
}

static bool to_8bit_due(const format *have, const format *want)
{
    return have->bits == 16 && want->depth == 8 && have->alpha != PM_ALPHA_PREMULTIPLIED &&
           is_interleaved(have);
}

/* In the order of application: colour before premultiplying, alpha before depth reduction. */
static const struct conversion table[] = {
    {unpremultiply_due, unpremultiplied, image_unpremultiply},
    {resample_due, sampling_towards, image_ycc_resample},
    {narrow_due, narrowed, image_ycc_to_8bit},
    {range_due, ranged, image_ycc_range},
    {merge_due, to_rgb, image_ycc_to_rgb},
    {uninked_due, to_rgb, image_cmyk_to_rgb},
    {spread_due, to_rgb, image_gray_to_rgb},
    {gray_due, to_gray, image_to_gray},
    {premultiply_due, premultiplied, image_premultiply},
    {flatten_due, without_alpha, image_flatten},
    {drop_due, without_alpha, image_drop_opaque},
    {add_due, with_alpha, image_add_alpha},
    {to_8bit_due, narrowed, image_to_8bit},
};

static const struct conversion *first_due(const format *have, const format *want)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (table[i].due(have, want))
            return &table[i];
    }
    return NULL;
}

/* Number of conversions from `have` to `want`; -1: impossible. */
static int count_steps(format have, const format *want)
{
    enum { STEPS_MAX = 16 };
    for (int steps = 0; steps < STEPS_MAX; steps++) {
        if (is_one_of(&have, want))
            return steps;
        const struct conversion *step = first_due(&have, want);
        if (step == NULL)
            return -1;
        have = step->becomes(&have, want);
    }
    return -1;
}

static unsigned color_loss(const format *have, const format *want, const uint8_t background[3])
{
    enum { NOTHING, ROUNDING, COARSE_CHROMA, INKS, COLOR };
    const bool colored = background[0] != background[1] || background[1] != background[2];
    if (have->color == PM_COLOR_GRAY)
        return colored && have->alpha != PM_ALPHA_NONE && want->color == PM_COLOR_GRAY &&
                       want->alpha == PM_ALPHA_NONE
                   ? COLOR
                   : NOTHING;
    if (want->color == PM_COLOR_GRAY)
        return COLOR;
    if (have->color == PM_COLOR_CMYK)
        return want->color == PM_COLOR_CMYK ? NOTHING : INKS;
    if (have->color == PM_COLOR_YCC && want->color == PM_COLOR_YCC)
        return want->sampling_x != CONVERT_ANY_SAMPLING && is_coarse(have) ? COARSE_CHROMA : NOTHING;
    return have->color == want->color ? NOTHING : ROUNDING;
}

/* Cost of converting `have` to `want`; loss of information outweighs the number of steps. */
static unsigned cost(const format *have, const format *want, const uint8_t background[3])
{
    const int steps = count_steps(*have, want);
    if (steps < 0)
        return UINT_MAX;
    const unsigned alpha = have->alpha != PM_ALPHA_NONE && want->alpha == PM_ALPHA_NONE;
    return color_loss(have, want, background) << 16 | alpha << 9 | (unsigned)(have->bits > want->bits) << 8 |
           (unsigned)steps;
}

bool convert_accepted(const struct pm_pixel_format *have, const struct pm_pixel_format *accepts)
{
    for (; accepts->depth != 0; accepts++) {
        if (is_one_of(have, accepts))
            return true;
    }
    return false;
}

const struct pm_pixel_format *convert_planes_row(const struct pm_pixel_format *accepts,
                                                 const struct pm_pixel_format *planes)
{
    while (accepts->depth != 0 &&
           (accepts->color != PM_COLOR_YCC || accepts->alpha != planes->alpha ||
            (accepts->sampling_x != CONVERT_ANY_SAMPLING && accepts->matrix != planes->matrix)))
        accepts++;
    return accepts->depth != 0 ? accepts : NULL;
}

const struct pm_pixel_format *convert_best(const struct pm_pixel_format *have,
                                           const struct pm_pixel_format *accepts, const uint8_t background[3])
{
    const struct pm_pixel_format *best = NULL;
    unsigned min = UINT_MAX;
    for (; accepts->depth != 0; accepts++) {
        const unsigned loss = cost(have, accepts, background);
        if (loss < min) {
            min = loss;
            best = accepts;
        }
    }
    return best;
}

const struct conversion *convert_next(const struct pm_pixel_format *have, const struct pm_pixel_format *want,
                                      const uint8_t background[3], struct convert_goal *goal)
{
    const struct conversion *step = is_one_of(have, want) ? NULL : first_due(have, want);
    if (step != NULL)
        *goal = (struct convert_goal){.format = step->becomes(have, want),
                                      .background = {background[0], background[1], background[2]}};
    return step;
}
