#include "pixmill/decode.h"

#include <stdlib.h>

#include "codec/reader.h"
#include "transform/conform.h"

/* What pm_decode hands out: the image first, and behind it the memory that it lives in. */
struct decoded {
    struct pm_image image;
    struct arena samples, metadata, spare;
};

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
        .max_pixels = limits != NULL ? limits->max_pixels : 0,
        .max_bytes = limits != NULL ? limits->max_bytes : 0,
    };
    struct memory_source memory;
    struct pm_info info;
    struct decode_request request = {.keep = KEEP_ALL};
    memory_source_init(&memory, data, size);
    const struct codec *codec = codec_probe(&memory.source, &info, error);
    int status =
        codec != NULL ? reader_decode(codec, data, size, &request, &decoded->image, &context, error) : -1;
    struct pm_image planes = decoded->image;
    if (status == 0 && planes.format.color == PM_COLOR_YCC)
        status = conform_merge(&planes, &decoded->image, NULL, &context, error);
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
