#include "transform/pictures.h"

#include <stdlib.h>
#include <string.h>

#include "base/constant.h"
#include "base/md5.h"
#include "codec/reader.h"
#include "color/pipeline.h"
#include "color/source.h"
#include "color/target.h"
#include "filter/orient.h"
#include "image/convert.h"
#include "image/pixels.h"
#include "transform/recolor.h"

struct entry {
    struct entry *next;
    char *name;
    struct filter_picture picture;
    struct pm_image image;
    struct arena samples; /* the samples until then */
    void *constant;       /* the samples in constant memory; NULL: not available, they stay in the arena */
    size_t constant_size;
};

bool pictures_is_profile(const uint8_t *data, size_t size)
{
    return profile_is_sound(&(struct profile){data, size});
}

/* Channels of the samples that a profile is for; 0: others than grey, RGB and CMYK. */
static unsigned profile_channels(const uint8_t *data, size_t size)
{
    const struct profile profile = {data, size};
    return profile_space_is(&profile, "GRAY")   ? 1
           : profile_space_is(&profile, "RGB ") ? 3
           : profile_space_is(&profile, "CMYK") ? 4
                                                : 0;
}

/* Tries to convert to the profile. */
static int check_profile(const uint8_t *data, size_t size, struct context *context)
{
    struct color_space srgb;
    color_target_space(COLOR_SRGB, false, &srgb);
    const struct color_side from = {.space = &srgb, .channels = 3},
                            to = {.profile = {data, size}, .channels = profile_channels(data, size)};
    struct pipeline *pipeline = context_alloc(context, sizeof *pipeline);
    if (pipeline == NULL)
        return -1;
    switch (to.channels == 0 ? PIPELINE_BROKEN
                             : pipeline_make(&from, &to, INTENT_PERCEPTUAL, true, context->arena, pipeline)) {
    case PIPELINE_MADE:
        return 0;
    case PIPELINE_NO_MEMORY:
        return error_memory(context->error, size);
    case PIPELINE_TOO_LARGE:
        return error_set(context->error, PM_ERROR_UNSUPPORTED, "its tables have too many points");
    case PIPELINE_BROKEN:
    default:
        return error_set(context->error, PM_ERROR_UNSUPPORTED,
                         "is no ICC profile to which grey, RGB or CMYK can be converted");
    }
}

struct pictures {
    struct entry *first;
};

/* What filters are given: interleaved samples, without alpha or with straight alpha. */
static const struct pm_pixel_format kept[] = {
    FILTER_INTERLEAVED(PM_ALPHA_NONE),
    FILTER_INTERLEAVED(PM_ALPHA_STRAIGHT),
    {.depth = 0},
};

struct pictures *pictures_new(void)
{
    return calloc(1, sizeof(struct pictures));
}

static void free_entry(struct entry *entry)
{
    arena_free(&entry->samples);
    constant_free(entry->constant, entry->constant_size);
    free(entry->name);
    free(entry);
}

void pictures_free(struct pictures *pictures)
{
    while (pictures != NULL && pictures->first != NULL) {
        struct entry *entry = pictures->first;
        pictures->first = entry->next;
        free_entry(entry);
    }
    free(pictures);
}

/* Probes the header: NULL with `error` filled if the file can't be a second picture. */
static const struct codec *probe(const uint8_t *data, size_t size, uint64_t max_pixels, struct pm_info *info,
                                 struct pm_error *error)
{
    struct memory_source memory;
    memory_source_init(&memory, data, size);
    const struct codec *codec = codec_probe(&memory.source, info, error);
    if (codec == NULL)
        return NULL;
    if (info->encrypted)
        error_set(error, PM_ERROR_UNSUPPORTED, "is encrypted and can't be a watermark (decrypt it first)");
    else if (image_check_size(info->width, info->height, max_pixels, error) == 0)
        return codec;
    return NULL;
}

static const struct decode_request whole = {.keep = 0};

int pictures_forecast(const uint8_t *data, size_t size, uint64_t max_pixels, uint64_t *bytes,
                      struct pm_error *error)
{
    enum { COPIES = 6 }; /* converted twice, rotated, sent, and kept before and after it is constant */
    enum { PROFILE_BYTES = 16 << 20 };
    struct pm_info info;
    if (pictures_is_profile(data, size)) {
        *bytes = size + PROFILE_BYTES;
        return 0;
    }
    const struct codec *codec = probe(data, size, max_pixels, &info, error);
    if (codec == NULL)
        return -1;
    const struct shape largest = {
        .width = info.width,
        .height = info.height,
        .format =
            PIXELS(info.pixels.color == PM_COLOR_GRAY ? PM_COLOR_GRAY : PM_COLOR_RGB,
                   info.pixels.alpha == PM_ALPHA_NONE ? PM_ALPHA_NONE : PM_ALPHA_STRAIGHT, info.pixels.depth),
    };
    *bytes = codec->decode_bytes(&info, &whole) + COPIES * shape_bytes(&largest) +
             (color_may_differ_from_srgb(&info) ? PROFILE_BYTES : 0);
    return 0;
}

static int convert(struct pm_image *image, const struct pm_pixel_format *accepts, struct context *context)
{
    static const uint8_t black[3];
    const struct pm_pixel_format *want = convert_best(&image->format, accepts, black);
    const struct conversion *step;
    struct convert_goal goal;
    while ((step = convert_next(&image->format, want, black, &goal)) != NULL) {
        if (step->run(image, &goal, image, context) != 0)
            return -1;
    }
    return 0;
}

/* Converts its colours to sRGB, as profile=srgb does: the steps that use it convert them to the image's. */
static int make_srgb(const struct pm_info *info, struct pm_image *image, struct context *context)
{
    static const struct pm_recipe recipe = {.intent = INTENT_PERCEPTUAL};
    struct recolor recolor = {.begun = false};
    if (image->format.color != PM_COLOR_CMYK && convert(image, kept, context) != 0)
        return -1;
    if (recolor_begin(&recolor, &recipe, COLOR_SRGB, info, image, context) != 0 ||
        convert(image, recolor_formats(&recolor), context) != 0)
        return -1;
    const struct pm_image stored = *image;
    return recolor_apply(&recolor, &stored, image, context);
}

/* Decodes into context->arena, in sRGB, in one of the formats `kept`, upright. */
static int decode(const uint8_t *data, size_t size, struct pm_image *image, struct context *context)
{
    struct pm_info info;
    const struct codec *codec = probe(data, size, context->max_pixels, &info, context->error);
    if (codec == NULL || reader_decode(codec, data, size, &whole, image, context) != 0 ||
        make_srgb(&info, image, context) != 0 || convert(image, kept, context) != 0)
        return -1;
    const struct pm_image stored = *image;
    return stored.orientation > 1 ? orient_apply(&stored, stored.orientation, image, context) : 0;
}

/* A decoded picture as bytes: this, then its rows without padding. */
struct decoded_head {
    uint32_t width, height;
    uint32_t is_rgb, has_alpha, depth;
};

static size_t row_bytes(const struct pm_plane *plane, const struct pm_pixel_format *format)
{
    return (size_t)plane->width * plane->channels * (format->depth / 8);
}

int pictures_decode(const uint8_t *data, size_t size, struct buffer *out, struct context *context)
{
    struct pm_image image;
    context_enter(context, PM_STAGE_DECODE);
    if (pictures_is_profile(data, size))
        return check_profile(data, size, context);
    if (decode(data, size, &image, context) != 0)
        return -1;
    const struct decoded_head head = {.width = image.width,
                                      .height = image.height,
                                      .is_rgb = image.format.color == PM_COLOR_RGB,
                                      .has_alpha = image.format.alpha == PM_ALPHA_STRAIGHT,
                                      .depth = image.format.depth};
    const struct pm_plane *plane = &image.plane[0];
    const size_t row = row_bytes(plane, &image.format);
    if (buffer_reserve(out, sizeof head + row * image.height) != 0)
        return error_memory(context->error, row * image.height);
    buffer_append(out, &head, sizeof head);
    for (uint32_t y = 0; y < image.height; y++)
        buffer_append(out, plane_row(plane, y), row);
    return 0;
}

/* The shape of the decoded picture. Returns 0, or -1: pictures_decode can't have made these bytes. */
static int read_head(const struct buffer *decoded, struct shape *shape)
{
    struct decoded_head head;
    struct pm_error ignored = {0};
    if (decoded->size < sizeof head)
        return -1;
    memcpy(&head, decoded->data, sizeof head);
    if (head.is_rgb > 1 || head.has_alpha > 1 || (head.depth != 8 && head.depth != 16) || head.width == 0 ||
        head.height == 0 || image_check_size(head.width, head.height, 0, &ignored) != 0)
        return -1;
    *shape = (struct shape){
        .width = head.width,
        .height = head.height,
        .format = PIXELS(head.is_rgb ? PM_COLOR_RGB : PM_COLOR_GRAY,
                         head.has_alpha ? PM_ALPHA_STRAIGHT : PM_ALPHA_NONE, head.depth),
    };
    const uint64_t pixel = pm_channels(&shape->format) * (head.depth / 8);
    return decoded->size - sizeof head == pixel * head.width * head.height ? 0 : -1;
}

/* Moves the samples into memory that workers have only once and can't change. */
static void make_constant(struct entry *entry)
{
    struct pm_plane *plane = &entry->image.plane[0];
    entry->constant_size = plane->stride * plane->height;
    entry->constant = constant_copy(plane->data, entry->constant_size);
    if (entry->constant == NULL)
        return;
    plane->data = entry->constant;
    arena_free(&entry->samples);
}

static int fill_entry(struct entry *entry, const struct buffer *decoded, struct pm_error *error)
{
    struct shape shape;
    struct context context = {.arena = &entry->samples, .lanes = 1, .error = error};
    if (read_head(decoded, &shape) != 0)
        return error_set(error, PM_ERROR_WORKER, "its worker process sent no valid picture");
    if (image_alloc(&entry->image, &shape, &context) != 0)
        return -1;
    const struct pm_plane *plane = &entry->image.plane[0];
    const size_t row = row_bytes(plane, &shape.format);
    for (uint32_t y = 0; y < shape.height; y++)
        memcpy(plane_row(plane, y), decoded->data + sizeof(struct decoded_head) + y * row, row);
    make_constant(entry);
    return 0;
}

/* The file itself; a worker has checked it. */
static int fill_profile(struct entry *entry, const uint8_t *data, size_t size, struct pm_error *error)
{
    uint8_t *copy = arena_alloc(&entry->samples, size);
    if (copy == NULL)
        return error_memory(error, size);
    memcpy(copy, data, size);
    entry->picture.profile = (struct pm_blob){copy, size};
    return 0;
}

static void remove_entry(struct pictures *pictures, const char *name)
{
    for (struct entry **at = &pictures->first; *at != NULL; at = &(*at)->next) {
        struct entry *entry = *at;
        if (strcmp(entry->name, name) != 0)
            continue;
        *at = entry->next;
        free_entry(entry);
        return;
    }
}

int pictures_take(struct pictures *pictures, const char *name, const uint8_t *data, size_t file_size,
                  const struct buffer *decoded, struct pm_error *error)
{
    struct entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return error_memory(error, sizeof *entry);
    arena_init(&entry->samples, 0);
    entry->name = strdup(name);
    if (entry->name == NULL) {
        free_entry(entry);
        return error_memory(error, strlen(name) + 1);
    }
    const bool profile = pictures_is_profile(data, file_size);
    if ((profile ? fill_profile(entry, data, file_size, error) : fill_entry(entry, decoded, error)) != 0) {
        free_entry(entry);
        return -1;
    }
    if (!profile)
        entry->picture.image = &entry->image;
    md5(data, file_size, entry->picture.digest);
    remove_entry(pictures, name);
    entry->next = pictures->first;
    pictures->first = entry;
    return 0;
}

int pictures_add(struct pictures *pictures, const char *name, const uint8_t *data, size_t size,
                 uint64_t max_pixels, struct pm_error *error)
{
    enum { DECODED, SPARE, JOB, ARENAS };
    struct arena arenas[ARENAS];
    struct buffer decoded = {0};
    for (int i = 0; i < ARENAS; i++)
        arena_init(&arenas[i], 0);
    struct context context = {.arena = &arenas[DECODED],
                              .spare = &arenas[SPARE],
                              .job_arena = &arenas[JOB],
                              .simd = simd_detect(),
                              .lanes = 1,
                              .max_pixels = max_pixels,
                              .error = error};
    int status = pictures_decode(data, size, &decoded, &context);
    for (int i = 0; i < ARENAS; i++)
        arena_free(&arenas[i]);
    if (status == 0)
        status = pictures_take(pictures, name, data, size, &decoded, error);
    else
        error->stage = PM_STAGE_DECODE;
    buffer_free(&decoded);
    return status;
}

uint64_t pictures_bytes(const struct pictures *pictures)
{
    uint64_t bytes = 0;
    for (const struct entry *entry = pictures != NULL ? pictures->first : NULL; entry != NULL;
         entry = entry->next) {
        const struct pm_plane *plane = &entry->image.plane[0];
        bytes += plane->stride * plane->height + entry->picture.profile.size;
    }
    return bytes;
}

const struct filter_picture *pictures_find(const struct pictures *pictures, const char *name)
{
    for (const struct entry *entry = pictures != NULL ? pictures->first : NULL; entry != NULL;
         entry = entry->next) {
        if (strcmp(entry->name, name) == 0)
            return &entry->picture;
    }
    return NULL;
}
