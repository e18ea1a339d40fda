/*
 * decrypt: the exact samples, orientation and metadata that encrypt was given, or an error. The picture is
 * made in new memory and handed out only after every tag was found right.
 */
#include <inttypes.h>
#include <openssl/crypto.h>
#include <string.h>

#include "filter/filter.h"
#include "codec/sealed_cipher.h"
#include "codec/sealed_metadata.h"

static int check_key(const struct seal *seal, const struct pm_secret *secret, struct pm_error *error)
{
    if (secret == NULL)
        return error_set_hint(error, PM_ERROR_KEY, PM_HINT_KEY, "decrypt needs a key");
    if (memcmp(seal->id, secret->id, sizeof seal->id) != 0 ||
        CRYPTO_memcmp(seal->check, secret->check, sizeof seal->check) != 0)
        return error_set_hint(error, PM_ERROR_KEY, PM_HINT_KEY,
                              "the key is not the one this image was encrypted with");
    return 0;
}

static int check_shape(const struct pm_image *in, const struct shape *sealed, struct pm_error *error)
{
    if (in->width == sealed->width && in->height == sealed->height &&
        in->format.depth == sealed->format.depth && in->format.color == sealed->format.color &&
        in->format.alpha == sealed->format.alpha && plane_is_full(&in->plane[0]))
        return 0;
    return error_set(error, PM_ERROR_CHANGED,
                     "was changed since it was encrypted: it is %" PRIu32 "x%" PRIu32
                     ", %u channels of %u bits, and was %" PRIu32 "x%" PRIu32
                     ", %u of %u (take an unchanged copy)",
                     in->width, in->height, pm_channels(&in->format), in->format.depth, sealed->width,
                     sealed->height, pm_channels(&sealed->format), sealed->format.depth);
}

static int open_metadata(const struct seal *seal, const struct pm_blob *sealed,
                         const struct pm_secret *secret, struct pm_image *picture, struct context *context,
                         struct pm_error *error)
{
    const uint8_t *bytes = sealed->data + SEAL_HEADER_BYTES + (size_t)seal->band_count * SEAL_TAG_BYTES;
    uint8_t tag[SEAL_TAG_BYTES];
    memcpy(tag, bytes + seal->metadata_size, sizeof tag);
    uint8_t *plain = arena_alloc(context->job_arena, seal->metadata_size);
    if (plain == NULL)
        return error_memory(error, seal->metadata_size);
    if (seal_cipher_metadata(SEAL_DECRYPT, seal, secret->metadata_key, bytes, plain, tag, error) != 0)
        return -1;
    return seal_meta_read(plain, seal->metadata_size, picture, context, error);
}

static int decrypt_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                         const struct pm_secret *secret, struct pm_image *out, struct context *context,
                         struct pm_error *error)
{
    (void)params, (void)planned;
    const struct pm_blob sealed = in->meta.sealed;
    if (sealed.data == NULL)
        return error_set_hint(error, PM_ERROR_UNSUPPORTED, PM_HINT_NO_DECRYPT, "is not encrypted by pixmill");
    struct seal seal;
    if (seal_read(sealed.data, sealed.size, &seal, error) != 0 || check_key(&seal, secret, error) != 0 ||
        check_shape(in, &seal.shape, error) != 0)
        return -1;

    struct pm_image picture;
    size_t tags_size = (size_t)seal.band_count * SEAL_TAG_BYTES;
    uint8_t *tags = arena_alloc(context->job_arena, tags_size);
    if (tags == NULL)
        return error_memory(error, tags_size);
    memcpy(tags, sealed.data + SEAL_HEADER_BYTES, tags_size);
    if (image_alloc(&picture, &seal.shape, context, error) != 0 ||
        open_metadata(&seal, &sealed, secret, &picture, context, error) != 0 ||
        seal_cipher_bands(SEAL_DECRYPT, &seal, secret->pixel_key, &in->plane[0], &picture.plane[0], tags,
                          context, error) != 0)
        return -1;
    *out = picture;
    return 0;
}

const struct filter decrypt_filter = {
    .name = "decrypt",
    .help = "give an encrypted picture back; the first filter, needs the key",
    .place = FILTER_FIRST,
    .apply = decrypt_apply,
};
