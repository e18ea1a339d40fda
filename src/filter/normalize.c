/*
 * normalize: stretches the tones to the whole range. Black is the smallest luma (BT.601) that more than `low`
 * percent of the pixels do not exceed, and white the largest that more than 100 - `high` percent reach; fully
 * transparent pixels do not count. One linear function that maps these two to 0 and the maximum is applied to
 * red, green and blue, so hues stay. If both are the same level, nothing changes. All frames of an animation
 * are stretched alike, lest it flicker: black is the smallest of the frames' and white the largest, without
 * frames of one level (the first of a fade from black).
 */
#include "filter/tables.h"

struct params {
    double low, high; /* percent */
    /* Found by measure, of all frames so far, 0 to 1; both 0: no two levels */
    double black, white;
};
_Static_assert(sizeof(struct params) <= FILTER_PARAMS_MAX, "params must fit a recipe's step");

static const struct param rows[] = {
    {.name = "low",
     .kind = PARAM_NUMBER,
     .offset = offsetof(struct params, low),
     .min = 0,
     .max = 99,
     .unit = "percent"},
    {.name = "high",
     .kind = PARAM_NUMBER,
     .offset = offsetof(struct params, high),
     .min = 1,
     .max = 100,
     .standard = 99,
     .unit = "percent"},
    {.name = NULL},
};

static int normalize_check(const void *params, struct pm_error *error)
{
    const struct params *p = params;
    if (p->low < p->high)
        return 0;
    return error_set(error, PM_ERROR_USAGE,
                     "normalize needs a low percentage below the high one (1,high=99)");
}

static int normalize_measure(void *params, const struct pm_image *in, struct shape *shape,
                             struct context *context)
{
    struct params *p = params;
    const uint32_t top = in->format.depth == 8 ? UINT8_MAX : UINT16_MAX;
    const struct arena_mark mark = arena_mark(context->arena);
    (void)shape;
    uint64_t *counts = context_alloc_array(context, (size_t)top + 1, sizeof *counts), all = 0;
    if (counts == NULL || luma_count(in, counts, context) != 0)
        return -1;
    for (uint32_t i = 0; i <= top; i++)
        all += counts[i];
    uint32_t black = 0, white = top;
    const double below = (double)all * p->low / 100, above = (double)all * (100 - p->high) / 100;
    for (uint64_t sum = counts[0]; black < top && (double)sum <= below; sum += counts[black])
        black++;
    for (uint64_t sum = counts[top]; white > 0 && (double)sum <= above; sum += counts[white])
        white--;
    arena_release(context->arena, mark);
    if (black < white) {
        const bool first = p->white <= 0;
        const double low = (double)black / top, high = (double)white / top;
        p->black = first || low < p->black ? low : p->black;
        p->white = first || high > p->white ? high : p->white;
    }
    return 0;
}

static double stretched(double sample, const void *params)
{
    const struct params *p = params;
    return p->white > 0 ? (sample - p->black) / (p->white - p->black) : sample;
}

static int normalize_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                           struct pm_image *out, struct context *context)
{
    (void)planned;
    return tone_map(stretched, params, in, out, context);
}

static uint64_t normalize_scratch_bytes(const void *params, const struct shape *in, const struct shape *out)
{
    (void)params, (void)out;
    return luma_count_bytes(in->format.depth);
}

const struct filter normalize_filter = {
    .name = "normalize",
    .argument = "LOW[,high=99]",
    .omitted = "1",
    .help = "stretch the tones: the luma that LOW percent of the pixels are below (1) becomes black, that of "
            "`high` percent (99) white; frames of an animation alike",
    .example = "0.5,high=99.5",
    .accepts = tables_accept,
    .params = rows,
    .check = normalize_check,
    .measure = normalize_measure,
    .joins = true,
    .scratch_bytes = normalize_scratch_bytes,
    .apply = normalize_apply,
};
