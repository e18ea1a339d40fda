#include "transform/pictures.h"

#include <stdlib.h>
#include <string.h>

#include "base/md5.h"
#include "codec/reader.h"
#include "filter/orient.h"
#include "image/convert.h"

struct entry {
    struct entry *next;
    char *name;
    struct filter_picture picture;
    struct pm_image image;
    struct arena samples;
};

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

/* Decodes into context->arena, in one of the formats `kept`, upright. */
static int decode(const uint8_t *data, size_t size, struct pm_image *image, struct context *context)
{
    static const uint8_t black[3];
    struct memory_source memory;
    struct pm_info info;
    const struct decode_request request = {.keep = 0};
    memory_source_init(&memory, data, size);
    const struct codec *codec = codec_probe(&memory.source, &info, context->error);
    if (codec == NULL)
        return -1;
    if (codec->isolated) /* only in a sandbox */
        return error_set(context->error, PM_ERROR_UNSUPPORTED,
                         "a %s can't be a second picture (convert it to PNG)", codec->name);
    if (info.encrypted)
        return error_set(context->error, PM_ERROR_UNSUPPORTED, "is encrypted");
    if (image_check_size(info.width, info.height, context->max_pixels, context->error) != 0 ||
        reader_decode(codec, data, size, &request, image, context) != 0)
        return -1;
    const struct pm_pixel_format *want = convert_best(&image->format, kept, black);
    const struct conversion *step;
    struct convert_goal goal;
    while ((step = convert_next(&image->format, want, black, &goal)) != NULL) {
        if (step->run(image, &goal, image, context) != 0)
            return -1;
    }
    const struct pm_image stored = *image;
    return stored.orientation > 1 ? orient_apply(&stored, stored.orientation, image, context) : 0;
}

/* Copies the samples alone: no metadata. */
static int keep_samples(const struct pm_image *from, struct entry *entry, struct context *context)
{
    const struct shape shape = image_shape(from);
    context->arena = &entry->samples;
    if (image_alloc(&entry->image, &shape, context) != 0)
        return -1;
    const struct pm_plane *plane = &entry->image.plane[0];
    for (uint32_t y = 0; y < plane->height; y++)
        memcpy(plane_row(plane, y), plane_row(&from->plane[0], y),
               (size_t)plane->width * plane->channels * (from->format.depth / 8));
    return 0;
}

static int fill_entry(struct entry *entry, const uint8_t *data, size_t size, uint64_t max_pixels,
                      struct pm_error *error)
{
    enum { DECODED, SPARE, JOB, ARENAS };
    struct arena arenas[ARENAS];
    for (int i = 0; i < ARENAS; i++)
        arena_init(&arenas[i], 0);
    struct context context = {.arena = &arenas[DECODED],
                              .spare = &arenas[SPARE],
                              .job_arena = &arenas[JOB],
                              .simd = simd_detect(),
                              .lanes = 1,
                              .max_pixels = max_pixels,
                              .error = error};
    struct pm_image image;
    int status = decode(data, size, &image, &context);
    if (status == 0)
        status = keep_samples(&image, entry, &context);
    for (int i = 0; i < ARENAS; i++)
        arena_free(&arenas[i]);
    if (status != 0)
        error->stage = PM_STAGE_DECODE;
    entry->picture.image = &entry->image;
    md5(data, size, entry->picture.digest);
    return status;
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

int pictures_add(struct pictures *pictures, const char *name, const uint8_t *data, size_t size,
                 uint64_t max_pixels, struct pm_error *error)
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
    if (fill_entry(entry, data, size, max_pixels, error) != 0) {
        free_entry(entry);
        return -1;
    }
    remove_entry(pictures, name);
    entry->next = pictures->first;
    pictures->first = entry;
    return 0;
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
