/*
 * The header of an encrypted image and its metadata, without checking tags, which random input never matches.
 * Checks: reading and writing gives the same bytes. And pictures of every kind, encrypted and decrypted.
 * Checks: they are reproduced, and their noise does not depend on the order of bands.
 */
#include <string.h>

#include "codec/sealed/header.h"
#include "codec/sealed/metadata.h"
#include "codec/sealed/sealed.h"
#include "fuzz/fuzz.h"
#include "lent.h"

static void try_header(const uint8_t *data, size_t size)
{
    struct pm_error error = {0};
    struct seal seal;
    uint8_t written[SEAL_HEADER_BYTES];
    if (seal_read(data, size, &seal, &error) != 0) {
        FUZZ_ASSERT(error.kind != PM_OK && error.message[0] != '\0');
        return;
    }
    FUZZ_ASSERT(seal_bytes(&seal) == size);
    seal_write_header(&seal, written);
    FUZZ_ASSERT(memcmp(written, data, sizeof written) == 0);
}

static void try_metadata(const uint8_t *data, size_t size)
{
    struct lent lent;
    struct pm_image image = {0}, again = {0};
    struct pm_blob name, name_again;
    lent_init(&lent);
    if (seal_meta_read(data, size, &image, &name, &lent.context) == 0) {
        size_t bytes = (size_t)seal_meta_bytes(&image, name);
        uint8_t *written = malloc(bytes);
        FUZZ_ASSERT(written != NULL);
        seal_meta_write(&image, name, written);
        FUZZ_ASSERT(seal_meta_read(written, bytes, &again, &name_again, &lent.context) == 0);
        FUZZ_ASSERT(again.orientation == image.orientation && again.meta.ntexts == image.meta.ntexts);
        FUZZ_ASSERT(seal_meta_bytes(&again, name_again) == bytes);
        free(written);
    }
    lent_free(&lent);
}

static int backward_bands(struct context *context, unsigned bands, band_function *band, void *argument)
{
    for (unsigned i = bands; i-- > 0;) {
        if (band(argument, i, context->arena) != 0)
            return error_memory(context->error, 0);
    }
    return 0;
}

static bool same_samples(const struct pm_image *a, const struct pm_image *b)
{
    const size_t row = (size_t)a->width * a->plane[0].channels * (a->format.depth / 8);
    bool same = a->width == b->width && a->height == b->height && pixels_equal(&a->format, &b->format);
    for (uint32_t y = 0; same && y < a->height; y++)
        same = memcmp(plane_row(&a->plane[0], y), plane_row(&b->plane[0], y), row) == 0;
    return same;
}

/* The first three bytes are kind, width and height; the rest is repeated as samples. */
static void try_picture(const uint8_t *data, size_t size)
{
    enum { HEAD = 3 };
    static const struct context_ops backward = {.for_bands = backward_bands};
    const uint8_t master[PM_KEY_BYTES] = {1}, id[PM_ID_BYTES] = {2};
    struct pm_secret secret;
    struct pm_image in, noise, other, back;
    struct lent lent;
    if (size <= HEAD)
        return;
    const struct shape shape = {
        .width = 1u + data[1] * 2u,
        .height = 1u + data[2],
        .format = PIXELS(data[0] & 1 ? PM_COLOR_RGB : PM_COLOR_GRAY,
                         data[0] & 2 ? PM_ALPHA_STRAIGHT : PM_ALPHA_NONE, data[0] & 4 ? 16 : 8),
    };
    lent_init(&lent);
    struct context *context = &lent.context;
    FUZZ_ASSERT(pm_secret_derive(master, id, NULL, &secret, &lent.error) == 0);
    FUZZ_ASSERT(image_alloc(&in, &shape, context) == 0);
    for (uint32_t y = 0, at = 0; y < in.height; y++) {
        for (size_t i = 0; i < (size_t)in.width * in.plane[0].channels * (in.format.depth / 8); i++)
            plane_row(&in.plane[0], y)[i] = data[HEAD + at++ % (size - HEAD)];
    }
    FUZZ_ASSERT(sealed_encrypt(&in, &secret, &noise, context) == 0);
    context->ops = &backward;
    FUZZ_ASSERT(sealed_encrypt(&in, &secret, &other, context) == 0);
    FUZZ_ASSERT(sealed_decrypt(&noise, &secret, &back, context) == 0);
    FUZZ_ASSERT(same_samples(&in, &back) && same_samples(&noise, &other));
    lent_free(&lent);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    /* In a block of its own, so that the sanitizer sees a byte too far. */
    uint8_t *copy = malloc(size);
    FUZZ_ASSERT(copy != NULL);
    memcpy(copy, data + 1, size - 1);
    if (data[0] % 3 == 0)
        try_header(copy, size - 1);
    else if (data[0] % 3 == 1)
        try_metadata(copy, size - 1);
    else
        try_picture(copy, size - 1);
    free(copy);
    return 0;
}
