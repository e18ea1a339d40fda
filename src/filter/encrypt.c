/*
 * encrypt: turns the samples into noise that is itself a picture of the same size, depth and channels, and
 * puts all that is needed to undo it, but the key, into meta.sealed (codec/sealed_header.h). Samples are taken as
 * they lie; orientation is sealed with the rest of the metadata, and nothing of it stays in the open.
 */
#include <assert.h>
#include <inttypes.h>

#include "filter/filter.h"
#include "codec/sealed_cipher.h"
#include "codec/sealed_metadata.h"

/* Planes and inks become RGB before: transform does that to any picture that a plan wants in RGB. */
static int encrypt_plan(const void *params, struct shape *shape, struct pm_error *error)
{
    (void)params, (void)error;
    const enum pm_color color = shape->format.color == PM_COLOR_GRAY ? PM_COLOR_GRAY : PM_COLOR_RGB;
    shape->format = (struct pm_pixel_format)PIXELS(color, shape->format.alpha, shape->format.depth);
    return 0;
}

static int encrypt_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                         const struct pm_secret *secret, struct pm_image *out, struct context *context,
                         struct pm_error *error)
{
    (void)params, (void)planned;
    assert((in->format.color == PM_COLOR_GRAY || in->format.color == PM_COLOR_RGB) &&
           in->format.alpha != PM_ALPHA_PREMULTIPLIED);
    assert(plane_is_full(&in->plane[0]) && in->orientation >= 1);
    if (secret == NULL)
        return error_set_hint(error, PM_ERROR_KEY, PM_HINT_KEY, "encrypt needs a key");
    uint64_t metadata_size = seal_meta_bytes(in);
    if (metadata_size > SEAL_METADATA_MAX)
        return error_limit_hint(error, SEAL_METADATA_MAX, metadata_size, PM_HINT_KEEP_LESS,
                                "has %" PRIu64
                                " bytes of profile and metadata, and an encrypted image holds %d",
                                metadata_size, SEAL_METADATA_MAX);
    struct shape shape = image_shape(in);
    struct seal seal = seal_for(&shape, (uint32_t)metadata_size, secret);
    size_t size = (size_t)seal_bytes(&seal);
    uint8_t *sealed = arena_alloc(context->job_arena, size);
    if (sealed == NULL)
        return error_memory(error, size);

    struct pm_image noise;
    if (image_alloc(&noise, &shape, context, error) != 0)
        return -1;
    uint8_t *tags = sealed + SEAL_HEADER_BYTES;
    uint8_t *metadata = tags + (size_t)seal.band_count * SEAL_TAG_BYTES;
    seal_write_header(&seal, sealed);
    seal_meta_write(in, metadata);
    if (seal_cipher_metadata(SEAL_ENCRYPT, &seal, secret->metadata_key, metadata, metadata,
                             metadata + metadata_size, error) != 0 ||
        seal_cipher_bands(SEAL_ENCRYPT, &seal, secret->pixel_key, &in->plane[0], &noise.plane[0], tags,
                          context, error) != 0)
        return -1;
    noise.meta.sealed = (struct pm_blob){sealed, size};
    *out = noise;
    return 0;
}

const struct filter encrypt_filter = {
    .name = "encrypt",
    .help = "turn the picture into noise; the last filter, needs a key",
    .place = FILTER_LAST,
    .plan = encrypt_plan,
    .apply = encrypt_apply,
};
