#include "transform/target.h"

#include <inttypes.h>
#include <math.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/options.h"

/* A result that fits is good enough if it uses this fraction of the target. */
static const double close_enough = 0.97;

/* First estimate of how quality changes the file's size: a factor of 2 per STEPS_A_DOUBLING steps of quality.
 */
enum { STEPS_A_DOUBLING = 28, FULL_CHROMA = 90 };

struct search {
    const struct pm_recipe *recipe;
    const struct codec *format;
    const struct pm_image *image;
    struct buffer *out;
    size_t before; /* bytes of `out` before the result */
    struct context *context;
    alignas(8) unsigned char options[CODEC_OPTIONS_BYTES];
    int low, high;           /* highest known quality that fits (0: none), lowest that does not */
    uint64_t low_size, size; /* size of the file at `low`; of the last file */
    uint64_t high_size;      /* size of the file at `high` */
    uint8_t *best;           /* the file at `low`, in the job's arena */
};

int target_check(const struct pm_recipe *recipe, const struct codec *format, struct pm_error *error)
{
    char text[PARAM_VALUE_MAX];
    const void *options = recipe_options(recipe, format);
    const struct param *lossless = codec_option_row(format, "lossless");
    if (codec_option_row(format, "quality") == NULL)
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "%s has no quality to reach target-size with (choose format=jpeg, webp or avif)",
                         format->name);
    if (lossless != NULL && param_print(lossless, options, text, sizeof text))
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "a lossless result has no target-size (omit one of them)");
    return 0;
}

static int quality_of(const struct search *search)
{
    char text[PARAM_VALUE_MAX];
    param_print(codec_option_row(search->format, "quality"), search->options, text, sizeof text);
    return atoi(text);
}

static int set_option(struct search *search, const char *name, const char *text)
{
    return codec_option_set(search->format, search->options, name, text, search->context->error);
}

/* The image was converted for the recipe's quality; a lower one must not ask for coarser chroma. */
static int fix_subsampling(struct search *search, int quality)
{
    char text[PARAM_VALUE_MAX];
    const struct param *row = codec_option_row(search->format, "subsampling");
    if (quality < FULL_CHROMA || row == NULL || param_print(row, search->options, text, sizeof text))
        return 0;
    return set_option(search, "subsampling", "444");
}

/* Encodes at a quality; replaces the previous encoding. */
static int encode_at(struct search *search, int quality)
{
    char text[16];
    struct buffer *out = search->out;
    snprintf(text, sizeof text, "%d", quality);
    out->size = search->before;
    if (context_checkpoint(search->context) != 0 || set_option(search, "quality", text) != 0 ||
        codec_encode(search->format, search->image, search->options, out, search->context) != 0)
        return -1;
    search->size = out->size - search->before;
    return 0;
}

/* Records the size of the file at `quality`. */
static int note(struct search *search, int quality)
{
    if (search->size > search->recipe->target_size) {
        search->high = quality;
        search->high_size = search->size;
        return 0;
    }
    search->low = quality;
    search->low_size = search->size;
    if (search->best == NULL)
        search->best = arena_alloc(search->context->job_arena, search->recipe->target_size);
    if (search->best == NULL)
        return error_memory(search->context->error, search->recipe->target_size);
    memcpy(search->best, search->out->data + search->before, search->size);
    return 0;
}

/* Estimates by interpolation the quality, between `low` and `high`, that gives the target; assumes that the
 * logarithm of the size is linear. */
static int guess(const struct search *search)
{
    const double target = log((double)search->recipe->target_size), high = log((double)search->high_size);
    double quality = search->high - STEPS_A_DOUBLING * (high - target) / log(2);
    if (search->low > 0) {
        const double low = log((double)search->low_size);
        quality = search->low + (search->high - search->low) * (target - low) / (high - low);
    }
    const int least = search->low + 1, most = search->high - 1;
    return quality < least ? least : quality > most ? most : (int)quality;
}

/* Every second step halves the range, because sizes may not follow the estimate. */
static int choose(const struct search *search, int encodes)
{
    return encodes % 2 == 0 ? (search->low + search->high) / 2 : guess(search);
}

static bool is_close(const struct search *search)
{
    return search->low > 0 && (double)search->low_size >= close_enough * (double)search->recipe->target_size;
}

static int finish(struct search *search)
{
    const uint64_t target = search->recipe->target_size;
    if (search->low == 0)
        return error_limit(search->context->error, target, search->high_size,
                           "is %" PRIu64 " bytes even at quality 1, more than target-size %" PRIu64
                           " (make it smaller first, with resize)",
                           search->high_size, target);
    search->out->size = search->before;
    return buffer_append(search->out, search->best, search->low_size) == 0
               ? 0
               : error_memory(search->context->error, search->low_size);
}

static int run_search(struct search *search)
{
    const int quality = quality_of(search);
    if (fix_subsampling(search, quality) != 0 || encode_at(search, quality) != 0)
        return -1;
    if (search->size <= search->recipe->target_size)
        return 0;
    search->high = quality;
    search->high_size = search->size;
    for (int encodes = 1; search->high - search->low > 1 && !is_close(search); encodes++) {
        /* If nothing fits yet, the last attempt is the lowest quality. */
        if (encodes == TARGET_ENCODES - 1 && search->low > 0)
            break;
        const int next = encodes == TARGET_ENCODES - 1 ? 1 : choose(search, encodes);
        if (encode_at(search, next) != 0 || note(search, next) != 0)
            return -1;
        if (encodes == TARGET_ENCODES - 1)
            break;
    }
    return finish(search);
}

int target_encode(const struct pm_recipe *recipe, const struct codec *format, const struct pm_image *image,
                  struct buffer *out, struct context *context)
{
    struct search search = {.recipe = recipe,
                            .format = format,
                            .image = image,
                            .out = out,
                            .before = out->size,
                            .context = context};
    memcpy(search.options, recipe_options(recipe, format), sizeof search.options);
    return run_search(&search);
}
