/* The library's probe and decode. */
#include <stdlib.h>

#include "codec/reader.h"
#include "image/convert.h"
#include "pixmill/decode.h"
#include "pixmill/transform.h"

int pm_probe(const uint8_t *data, size_t size, struct pm_info *info, struct pm_error *error)
{
    struct memory_source memory;
    memory_source_init(&memory, data, size);
    return codec_probe(&memory.source, info, error) != NULL ? 0 : -1;
}

/* The result of pm_decode: the image, followed by its memory. */
struct decoded {
    struct pm_image image;
    struct arena samples, metadata, spare;
};

/* All formats of decoders except YCC. */
static const struct pm_pixel_format interleaved[] = {
    PIXELS_GRAY_RGB,
    PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8),
    {.depth = 0},
};

static const uint8_t black[3];

int pm_decode(const uint8_t *data, size_t size, const struct pm_limits *limits, struct pm_image **image,
              struct pm_error *error)
{
    *image = NULL;
    struct decoded *decoded = calloc(1, sizeof *decoded);
    if (decoded == NULL)
        return error_memory(error, sizeof *decoded);
    arena_init(&decoded->samples, 0);
    arena_init(&decoded->metadata, 0);
    arena_init(&decoded->spare, 0);
    struct context context = {
        .arena = &decoded->samples,
        .spare = &decoded->spare,
        .job_arena = &decoded->metadata,
        .simd = simd_detect(),
        .lanes = 1,
        .error = error,
        .max_pixels = limits != NULL ? limits->max_pixels : 0,
        .max_bytes = limits != NULL ? limits->max_bytes : 0,
    };
    struct memory_source memory;
    struct pm_info info;
    struct decode_request request = {.keep = KEEP_ALL};
    memory_source_init(&memory, data, size);
    const struct codec *codec = codec_probe(&memory.source, &info, error);
    int status = codec != NULL ? reader_decode(codec, data, size, &request, &decoded->image, &context) : -1;
    const struct pm_pixel_format *want = convert_best(&decoded->image.format, interleaved, black);
    const struct conversion *step;
    struct convert_goal goal;
    while (status == 0 && (step = convert_next(&decoded->image.format, want, black, &goal)) != NULL)
        status = step->run(&decoded->image, &goal, &decoded->image, &context);
    arena_free(&decoded->spare);
    if (status != 0) {
        pm_image_free(&decoded->image);
        return -1;
    }
    *image = &decoded->image;
    return 0;
}

void pm_image_free(struct pm_image *image)
{
    if (image == NULL)
        return;
    struct decoded *decoded = (struct decoded *)(void *)image;
    arena_free(&decoded->samples);
    arena_free(&decoded->metadata);
    free(decoded);
}
