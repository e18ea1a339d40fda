#include "batch/work.h"

#include <inttypes.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "codec/part.h"
#include "image/convert.h"
#include "transform/pictures.h"
#include "transform/variants.h"

static void run_recipe(const struct pm_recipe *recipe, const struct plan *plan, const struct job_input *input,
                       struct buffer *out, struct job_result *result, struct context *context)
{
    struct transform_result made;
    transform(recipe, plan, input->data, input->size, input->secrets, context, out, &made);
    result->width = made.width;
    result->height = made.height;
    result->colors = made.colors;
    result->pixels_in = made.pixels_in;
}

/* Copies the plan from the job's argument, which is not aligned. */
static int take_plan(const struct job_input *input, struct plan *plan, struct pm_error *error)
{
    struct plan_message message;
    if (input->argument_size < sizeof message)
        return error_set(error, PM_ERROR_INTERNAL, "it has no plan (please report this)");
    memcpy(&message, input->argument, sizeof message);
    return plan_unpack(&message, plan, error);
}

static void run_one_recipe(const struct work *work, const struct job_input *input, struct buffer *out,
                           struct job_result *result, struct context *context)
{
    struct plan plan;
    if (input->argument_size == 0)
        run_recipe(work->argument, NULL, input, out, result, context);
    else if (take_plan(input, &plan, &result->error) == 0)
        run_recipe(work->argument, &plan, input, out, result, context);
}

static void run_own_recipe(const struct work *work, const struct job_input *input, struct buffer *out,
                           struct job_result *result, struct context *context)
{
    struct plan plan;
    struct pm_recipe recipe;
    struct recipe_message message;
    const size_t before = offsetof(struct work_argument, recipe);
    const size_t size = input->argument_size > before ? input->argument_size - before : 0;
    if (size > 0 && size <= sizeof message)
        memcpy(&message, (const char *)input->argument + before, size); /* it is not aligned */
    if (take_plan(input, &plan, &result->error) == 0 &&
        recipe_unpack(&message, size <= sizeof message ? size : 0, &recipe, &result->error) == 0) {
        recipe.pictures = work->argument;
        run_recipe(&recipe, &plan, input, out, result, context);
    }
}

static void run_variants(const struct work *work, const struct job_input *input, struct buffer *out,
                         struct job_result *result, struct context *context)
{
    const struct variants *variants = work->argument;
    struct transform_result made;
    struct plan first;
    struct variants_plan *plan = arena_alloc(context->job_arena, sizeof *plan);
    if (plan == NULL) {
        error_memory(&result->error, sizeof *plan);
        return;
    }
    const int planned = input->argument_size > 0
                            ? take_plan(input, &first, &result->error)
                            : plan_make_for(&variants->variant[0].recipe, input->data, input->size,
                                            context->max_pixels, &first, &result->error);
    if (planned != 0 ||
        variants_plan_make(variants, first.input, &first.info, context->max_pixels, plan, &result->error) !=
            0 ||
        transform_variants(variants, plan, input->data, input->size, input->secrets, context, out,
                           result->parts, &made) != 0)
        return;
    result->nparts = (unsigned)variants->count;
    result->width = made.width;
    result->height = made.height;
    result->pixels_in = made.pixels_in;
}

/* Is it of the planned size, or at most that size if pixels decide it? */
static bool has_planned_size(const struct pm_info *info, const struct shape *planned)
{
    if (planned->at_most)
        return info->width <= planned->width && info->height <= planned->height;
    return info->width == planned->width && info->height == planned->height;
}

/* Compares a file with its plan. The orientation of an encrypted image is unknown to the plan: it is part of
 * the encrypted data. */
static int check_file(const struct plan *plan, const uint8_t *data, size_t size, uint32_t *width,
                      uint32_t *height)
{
    struct pm_info info;
    struct memory_source memory;
    struct pm_error error = {0};
    memory_source_init(&memory, data, size);
    if (codec_probe(&memory.source, &info, &error) != plan->format)
        return -1;
    if (!plan->info.encrypted && !has_planned_size(&info, &plan->result))
        return -1;
    *width = info.width;
    *height = info.height;
    return 0;
}

static uint64_t pixels_in(const struct plan *plan)
{
    return (uint64_t)plan->info.width * plan->info.height * plan->frames;
}

static int check_result(const struct work *work, const struct job_input *input, const struct buffer *out,
                        struct job_result *result)
{
    struct plan plan;
    struct pm_error error = {0};
    const int planned = input->argument_size > 0
                            ? take_plan(input, &plan, &error)
                            : plan_make_for(work->argument, input->data, input->size, 0, &plan, &error);
    if (planned != 0 || check_file(&plan, out->data, out->size, &result->width, &result->height) != 0)
        return -1;
    result->pixels_in = pixels_in(&plan);
    return 0;
}

/* All results, within the bytes of `out`, which the backend has checked. */
static int check_parts(const struct variants *variants, const struct plan *first, const struct buffer *out,
                       struct job_result *result)
{
    struct pm_error error = {0};
    struct variants_plan *plan = malloc(sizeof *plan);
    int status = plan != NULL && result->nparts == variants->count &&
                         variants_plan_make(variants, first->input, &first->info, 0, plan, &error) == 0
                     ? 0
                     : -1;
    for (unsigned i = 0; i < variants->count && status == 0; i++) {
        struct job_part *part = &result->parts[i];
        status =
            check_file(&plan->plans[i], out->data + part->offset, part->size, &part->width, &part->height);
    }
    free(plan);
    return status;
}

static int check_variants(const struct work *work, const struct job_input *input, const struct buffer *out,
                          struct job_result *result)
{
    const struct variants *variants = work->argument;
    struct plan first;
    struct pm_error error = {0};
    const int planned = input->argument_size > 0 ? take_plan(input, &first, &error)
                                                 : plan_make_for(&variants->variant[0].recipe, input->data,
                                                                 input->size, 0, &first, &error);
    if (planned != 0 || check_parts(variants, &first, out, result) != 0)
        return -1;
    result->width = result->parts[0].width;
    result->height = result->parts[0].height;
    result->pixels_in = pixels_in(&first);
    return 0;
}

/* Of the images with which workers are warmed, and the pixels that a recipe may make of one. */
enum { WARM_SIDE = 16, WARM_PIXELS = 64 * 64 };

/* Encodes a small image of noise, which exercises as much of a library as possible. False: the codec does not
 * support such an image. */
static bool make_file(const struct codec *codec, struct pm_pixel_format format, bool lossless,
                      struct context *context, struct buffer *file)
{
    const struct shape shape = {.width = WARM_SIDE, .height = WARM_SIDE, .format = format};
    alignas(8) unsigned char options[CODEC_OPTIONS_BYTES];
    struct pm_image image;
    uint32_t noise = 1;
    *context->error = (struct pm_error){0};
    codec_options_init(codec, options);
    if (lossless && (codec_option_row(codec, "lossless") == NULL ||
                     codec_option_set(codec, options, "lossless", NULL, context->error) != 0))
        return false;
    if (!convert_accepted(&format, codec->accepts(options)) || image_alloc(&image, &shape, context) != 0)
        return false;
    const size_t row = (size_t)WARM_SIDE * image.plane[0].channels * (format.depth / 8);
    for (uint32_t y = 0; y < WARM_SIDE; y++) {
        for (size_t x = 0; x < row; x++) {
            noise = noise * 1664525 + 1013904223; /* Numerical Recipes' generator */
            plane_row(&image.plane[0], y)[x] = (uint8_t)(noise >> 24);
        }
    }
    file->size = 0;
    return codec_encode(codec, &image, options, file, context) == 0;
}

/* One transform for its side effects only. It fails if the recipe's steps can't be done with such an image (a
 * crop larger than it) or make a large one of it, which takes the memory and the time of a job. */
static void warm_transform(const struct pm_recipe *recipe, const struct buffer *file, struct context *context,
                           struct buffer *out)
{
    static const uint8_t key[PM_KEY_BYTES], id[PM_ID_BYTES], own_id[PM_ID_BYTES] = {1};
    struct pm_secrets secrets = {.has_decrypt = recipe->decrypts, .has_encrypt = recipe->encrypts};
    struct transform_result made;
    *context->error = (struct pm_error){0};
    context->max_pixels = recipe->nsteps > 0 ? WARM_PIXELS : 0;
    if ((recipe->decrypts && pm_secret_derive(key, id, NULL, &secrets.decrypt, context->error) != 0) ||
        (recipe->encrypts && pm_secret_derive(key, own_id, NULL, &secrets.encrypt, context->error) != 0))
        return;
    out->size = 0;
    transform(recipe, NULL, file->data, file->size, &secrets, context, out, &made);
}

/* The recipe, or all of it except its steps, which use nothing of the system but memory. */
static void warm_recipe(const struct pm_recipe *recipe, const struct buffer *file, struct context *context,
                        struct buffer *out)
{
    warm_transform(recipe, file, context, out);
    if (context->error->kind == PM_OK || recipe->nsteps == 0)
        return;
    struct pm_recipe rest = *recipe;
    rest.nsteps = 0;
    warm_transform(&rest, file, context, out);
}

/* Transforms the file with the recipe; NULL: only decodes and encodes it. */
static void warm_file(const struct buffer *file, const struct pm_recipe *recipe, struct context *context)
{
    struct pm_recipe plain, encrypt;
    struct buffer sealed = {0}, out = {0};
    recipe_init(&plain);
    recipe_init(&encrypt);
    encrypt.encrypts = true;
    if (recipe != NULL && recipe->decrypts)
        warm_transform(&encrypt, file, context, &sealed);
    warm_recipe(recipe != NULL ? recipe : &plain, sealed.size > 0 ? &sealed : file, context, &out);
    /* A format that is named is decoded and encoded, where files of the same may be transcoded. */
    plain.format = codec_sniff(file->data, file->size);
    if (recipe == NULL && plain.format != NULL && plain.format->transcoders != NULL)
        warm_recipe(&plain, file, context, &out);
    buffer_free(&sealed);
    buffer_free(&out);
}

/* Is this one of the files that are enough to warm a codec that encodes slowly? Each file would delay the
 * start by milliseconds, and RGB with alpha sets up everything; with 8 bits if the recipe writes another
 * format. */
static bool is_enough(const struct codec *codec, const struct pm_recipe *recipe,
                      const struct pm_pixel_format *format, bool lossless)
{
    const struct codec *result = recipe != NULL ? recipe_result_format(recipe) : NULL;
    const bool written = result == NULL || result == codec;
    return format->color == PM_COLOR_RGB && format->alpha != PM_ALPHA_NONE &&
           (written || (format->depth == 8 && !lossless));
}

/* Warms a codec with small files of all kinds that it writes, and of those that it only reads. */
static void warm_codec(const struct codec *codec, const struct pm_recipe *recipe, struct context *context)
{
    static const struct pm_pixel_format formats[] = {
        PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8),   PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8),
        PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8),  PIXELS(PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, 8),
        PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 16),  PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 16),
        PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 16), PIXELS(PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, 16),
    };
    enum { FORMATS = sizeof formats / sizeof *formats };
    struct buffer file = {0};
    for (int i = 0; i < 2 * FORMATS && codec_writes(codec); i++) {
        if ((codec->slow && !is_enough(codec, recipe, &formats[i % FORMATS], i >= FORMATS)) ||
            !make_file(codec, formats[i % FORMATS], i >= FORMATS, context, &file))
            continue;
        if (!codec->slow || recipe == NULL)
            warm_file(&file, NULL, context);
        if (recipe != NULL)
            warm_file(&file, recipe, context);
    }
    for (const struct pm_blob *sample = codec->samples; sample != NULL && sample->size > 0; sample++) {
        file.size = 0;
        if (buffer_append(&file, sample->data, sample->size) == 0)
            warm_file(&file, NULL, context);
    }
    buffer_free(&file);
}

/* Warms the codecs of `mask`, bit i is codecs[i], and the recipe; NULL: none. */
static void warm_codecs(const struct pm_recipe *recipe, uint32_t mask)
{
    struct arena arenas[3];
    for (int i = 0; i < 3; i++)
        arena_init(&arenas[i], 0);
    struct context context = {
        .arena = &arenas[0], .spare = &arenas[1], .job_arena = &arenas[2], .simd = simd_detect(), .lanes = 1};
    struct pm_error error = {0};
    context.error = &error;
    for (int i = 0; codecs[i] != NULL; i++) {
        if ((mask >> i & 1) != 0 && codec_is_loaded(codecs[i]))
            warm_codec(codecs[i], recipe, &context);
    }
    for (int i = 0; i < 3; i++)
        arena_free(&arenas[i]);
}

/* Codecs with a part wait for a job that needs them. */
static void warm_one_recipe(const struct work *work)
{
    warm_codecs(work->argument, ~codec_parts());
}

static void prepare_one_recipe(const struct work *work, uint32_t needs)
{
    codec_parts_load(needs);
    warm_codecs(work->argument, needs);
}

static void warm_any_recipe(const struct work *work)
{
    (void)work;
    warm_codecs(NULL, ~codec_parts());
}

static void prepare_any_recipe(const struct work *work, uint32_t needs)
{
    (void)work;
    codec_parts_load(needs);
    warm_codecs(NULL, needs);
}

/* Is variant `index` like an earlier one, except for its size? */
static bool is_warm(const struct variants *variants, size_t index)
{
    const struct variant *variant = &variants->variant[index];
    for (size_t i = 0; i < index; i++) {
        const struct variant *other = &variants->variant[i];
        if (variant->width != 0 && other->width != 0 && variant->recipe.format == other->recipe.format &&
            variant->recipe.nsteps == other->recipe.nsteps)
            return true;
    }
    return false;
}

static void warm_each(const struct variants *variants, uint32_t mask)
{
    for (size_t i = 0; i < variants->count; i++) {
        if (!is_warm(variants, i))
            warm_codecs(&variants->variant[i].recipe, mask);
    }
}

static void warm_variants(const struct work *work)
{
    warm_each(work->argument, ~codec_parts());
}

static void prepare_variants(const struct work *work, uint32_t needs)
{
    codec_parts_load(needs);
    warm_each(work->argument, needs);
}

_Static_assert(sizeof(struct work_argument) <= JOB_ARGUMENT_MAX, "it travels with the job");

/* If the result's format is fixed, its part is needed for every input. */
static uint32_t recipe_needs(const struct pm_recipe *recipe)
{
    const struct codec *format = recipe_result_format(recipe);
    return format != NULL ? codec_part_bit(format) : 0;
}

uint32_t work_needs(const struct pm_recipe *recipe, const uint8_t *data, size_t size)
{
    const struct codec *input = codec_sniff(data, size);
    return recipe_needs(recipe) | (input != NULL ? codec_part_bit(input) : 0);
}

struct work work_for_recipe(const struct pm_recipe *recipe)
{
    return (struct work){.run = run_one_recipe,
                         .warm = warm_one_recipe,
                         .prepare = prepare_one_recipe,
                         .needs = recipe_needs(recipe),
                         .check = check_result,
                         .argument = recipe};
}

struct work work_for_variants(const struct variants *variants)
{
    struct work work = {.run = run_variants,
                        .warm = warm_variants,
                        .prepare = prepare_variants,
                        .check = check_variants,
                        .argument = variants};
    if (variants->count == 1)
        return work_for_recipe(&variants->variant[0].recipe);
    for (size_t i = 0; i < variants->count; i++)
        work.needs |= recipe_needs(&variants->variant[i].recipe);
    return work;
}

struct work work_for_any_recipe(const struct pictures *pictures)
{
    return (struct work){.run = run_own_recipe,
                         .warm = warm_any_recipe,
                         .prepare = prepare_any_recipe,
                         .needs = codec_parts(),
                         .check = check_result,
                         .argument = pictures};
}

static void run_picture(const struct work *work, const struct job_input *input, struct buffer *out,
                        struct job_result *result, struct context *context)
{
    (void)work, (void)result;
    pictures_decode(input->data, input->size, out, context);
}

/* pictures_take checks the result. */
struct work work_for_pictures(void)
{
    return (struct work){.run = run_picture, .warm = warm_any_recipe, .prepare = prepare_any_recipe};
}

size_t work_set_recipe(struct work_argument *argument, const struct pm_recipe *recipe)
{
    return offsetof(struct work_argument, recipe) + recipe_pack(recipe, &argument->recipe);
}

int work_set_charge(uint64_t charge, uint64_t available, struct job *job)
{
    if (charge > available)
        return error_limit(&job->result.error, available, charge,
                           "needs up to %" PRIu64 " MiB of memory, but only %" PRIu64
                           " MiB are available (free some, or make the image smaller first)",
                           (charge >> 20) + 1, available >> 20);
    job->charge = charge;
    return 0;
}

int work_charge(const struct plan *plan, uint64_t size, uint64_t available, struct job *job)
{
    uint64_t charge;
    if (__builtin_add_overflow(size, plan->work_bytes, &charge) ||
        __builtin_add_overflow(charge, plan->result_bytes, &charge))
        charge = UINT64_MAX;
    return work_set_charge(charge, available, job);
}

int work_plan(const struct pm_recipe *recipe, const struct codec *codec, const struct pm_info *info,
              uint64_t size, uint64_t max_pixels, uint64_t available, struct plan_message *message,
              struct job *job)
{
    struct plan plan;
    if (plan_make(recipe, codec, info, max_pixels, &plan, &job->result.error) != 0)
        return -1;
    plan_pack(&plan, message);
    job->needs = codec_part_bit(plan.input) | codec_part_bit(plan.format);
    return work_charge(&plan, size, available, job);
}

int work_plan_variants(const struct variants *variants, const struct codec *codec, const struct pm_info *info,
                       uint64_t size, uint64_t max_pixels, uint64_t available, struct plan_message *message,
                       struct job *job)
{
    if (variants->count == 1)
        return work_plan(&variants->variant[0].recipe, codec, info, size, max_pixels, available, message,
                         job);
    struct variants_plan *plan = malloc(sizeof *plan);
    if (plan == NULL)
        return error_memory(&job->result.error, sizeof *plan);
    int status = variants_plan_make(variants, codec, info, max_pixels, plan, &job->result.error);
    if (status == 0) {
        struct plan *first = &plan->plans[0];
        first->work_bytes = plan->work_bytes;
        first->result_bytes = plan->result_bytes;
        plan_pack(first, message);
        job->needs = codec_part_bit(codec);
        for (size_t i = 0; i < variants->count; i++)
            job->needs |= codec_part_bit(plan->plans[i].format);
        status = work_charge(first, size, available, job);
    }
    free(plan);
    return status;
}

bool work_may_convert(const struct variants *variants, const struct plan_message *message)
{
    struct plan plan;
    struct pm_error ignored = {0};
    if (plan_unpack(message, &plan, &ignored) != 0)
        return true;
    bool converts = plan.recolor_at != PLAN_NEVER || plan.srgb_at != PLAN_NEVER;
    for (size_t i = 1; i < variants->count && !converts; i++)
        converts = variants->variant[i].recipe.color != COLOR_KEEP || plan.info.pixels.color == PM_COLOR_CMYK;
    return converts;
}
