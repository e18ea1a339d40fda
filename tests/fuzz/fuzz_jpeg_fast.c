/*
 * A JPEG file from a stranger, decoded by pixmill's own decoder and by libjpeg, in one of the ways that a
 * request may ask for. Holds: both have the same verdict, in the same words, the same warnings and the same
 * samples; pixmill's own says no word of its own. The two last bytes choose the way.
 */
#include <string.h>

#include "codec/reader.h"
#include "fuzz/fuzz.h"
#include "fuzz/mutate.h"
#include "lent.h"

extern const struct codec codec_jpeg;

enum { TAIL = 2, PIXELS_MAX = 1 << 18, BYTES_MAX = 64 << 20, WORDS_MAX = 4096 };

struct decoding {
    struct lent lent;
    struct pm_image image;
    int status;
    char warnings[WORDS_MAX];
};

static void hear(struct context *context, const char *message)
{
    char *warnings = ((struct decoding *)context->lender)->warnings;
    const size_t used = strlen(warnings);
    snprintf(warnings + used, WORDS_MAX - used, "%s\n", message);
}

static void decode(struct decoding *decoding, const uint8_t *file, size_t size,
                   const struct decode_request *request, enum simd_level level, unsigned lanes)
{
    static const struct context_ops ops = {.warn = hear};
    memset(decoding, 0, sizeof *decoding);
    lent_init(&decoding->lent);
    decoding->lent.context.ops = &ops;
    decoding->lent.context.lender = decoding;
    decoding->lent.context.simd = level;
    decoding->lent.context.lanes = lanes;
    decoding->lent.context.max_pixels = PIXELS_MAX;
    decoding->lent.context.max_bytes = BYTES_MAX;
    decoding->status =
        reader_decode(&codec_jpeg, file, size, request, &decoding->image, &decoding->lent.context);
}

static void expect_same(const struct decoding *own, const struct decoding *libjpeg)
{
    FUZZ_ASSERT(own->status == libjpeg->status);
    FUZZ_ASSERT(own->lent.error.kind == libjpeg->lent.error.kind);
    FUZZ_ASSERT(strcmp(own->lent.error.message, libjpeg->lent.error.message) == 0);
    FUZZ_ASSERT(strcmp(own->warnings, libjpeg->warnings) == 0);
    FUZZ_ASSERT(own->image.nplanes == libjpeg->image.nplanes);
    for (unsigned i = 0; own->status == 0 && i < own->image.nplanes; i++) {
        const struct pm_plane *a = &own->image.plane[i], *b = &libjpeg->image.plane[i];
        FUZZ_ASSERT(a->width == b->width && a->height == b->height && a->channels == b->channels);
        for (uint32_t y = 0; y < a->height; y++)
            FUZZ_ASSERT(memcmp(plane_row(a, y), plane_row(b, y), (size_t)a->width * a->channels) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct decoding own, libjpeg;
    struct pm_info info = codec_blank_info("jpeg");
    struct memory_source memory;
    struct pm_error error = {0};
    if (size < TAIL)
        return 0;
    const unsigned how = data[size - 1], share = data[size - 2];
    uint8_t *file = malloc(size -= TAIL); /* so that the sanitizer sees a byte too far */
    FUZZ_ASSERT(file != NULL);
    memcpy(file, data, size);
    memory_source_init(&memory, file, size);
    if (codec_jpeg.probe(&memory.source, &info, &error) == 0) {
        struct decode_request request = {
            .min_width = how & 1 ? (uint32_t)((uint64_t)info.width * share / 256) : 0,
            .min_height = how & 1 ? (uint32_t)((uint64_t)info.height * share / 256) : 0,
            .sampling_x = how & 2 ? 2 : 1,
            .sampling_y = how & 4 ? 2 : 1,
            .planes = (how & 8) == 0,
            .allow_truncated = (how & 16) != 0,
        };
        decode(&own, file, size, &request, how & 32 ? SIMD_BASE : simd_detect(), how & 64 ? 2 : 1);
        request.libjpeg = true;
        decode(&libjpeg, file, size, &request, SIMD_BASE, 1);
        expect_same(&own, &libjpeg);
        lent_free(&own.lent);
        lent_free(&libjpeg.lent);
    }
    free(file);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    return fuzz_mutate_image(data, size, most, TAIL, seed);
}
