#include "codec/sealed/sealed.h"

#include <assert.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <string.h>

#include "base/text.h"
#include "codec/png/chunks.h"
#include "codec/sealed/cipher.h"
#include "codec/sealed/metadata.h"

extern const struct codec codec_png;
const struct codec *const sealed_codec = &codec_png;

static int not_encrypted(struct pm_error *error)
{
    return error_set_hint(error, PM_ERROR_UNSUPPORTED, PM_HINT_NO_DECRYPT, "is not encrypted by pixmill");
}

int sealed_encrypt(const struct pm_image *picture, const struct pm_secret *secret, struct pm_image *noise,
                   struct context *context)
{
    assert((picture->format.color == PM_COLOR_GRAY || picture->format.color == PM_COLOR_RGB) &&
           picture->format.alpha != PM_ALPHA_PREMULTIPLIED);
    assert(plane_is_full(&picture->plane[0]) && picture->orientation >= 1);
    if (secret == NULL)
        return error_set_hint(context->error, PM_ERROR_KEY, PM_HINT_KEY, "encrypt needs a key");
    const struct pm_blob name = {(const uint8_t *)secret->name, strlen(secret->name)};
    uint64_t metadata_size = seal_meta_bytes(picture, name);
    if (metadata_size > SEAL_METADATA_MAX)
        return error_limit_hint(context->error, SEAL_METADATA_MAX, metadata_size, PM_HINT_KEEP_LESS,
                                "has %" PRIu64
                                " bytes of profile and metadata, and an encrypted image holds %d",
                                metadata_size, SEAL_METADATA_MAX);
    struct shape shape = image_shape(picture);
    struct seal seal = seal_for(&shape, (uint32_t)metadata_size, secret);
    size_t size = (size_t)seal_bytes(&seal);
    uint8_t *sealed = arena_alloc(context->job_arena, size);
    if (sealed == NULL)
        return error_memory(context->error, size);

    struct pm_image made;
    if (image_alloc(&made, &shape, context) != 0)
        return -1;
    uint8_t *tags = sealed + SEAL_HEADER_BYTES;
    uint8_t *metadata = tags + (size_t)seal.band_count * SEAL_TAG_BYTES;
    seal_write_header(&seal, sealed);
    seal_meta_write(picture, name, metadata);
    if (seal_cipher_metadata(SEAL_ENCRYPT, &seal, secret->metadata_key, metadata, metadata,
                             metadata + metadata_size, context->error) != 0 ||
        seal_cipher_bands(SEAL_ENCRYPT, &seal, secret->pixel_key, &picture->plane[0], &made.plane[0], tags,
                          context) != 0)
        return -1;
    made.meta.sealed = (struct pm_blob){sealed, size};
    *noise = made;
    return 0;
}

int sealed_check_key(const struct seal *seal, const struct pm_secret *secret, struct pm_error *error)
{
    if (memcmp(seal->id, secret->id, sizeof seal->id) != 0 ||
        CRYPTO_memcmp(seal->check, secret->check, sizeof seal->check) != 0)
        return error_set_hint(error, PM_ERROR_KEY, PM_HINT_KEY,
                              "the key is not the one this image was encrypted with");
    return 0;
}

static int check_shape(const struct pm_image *noise, const struct shape *sealed, struct pm_error *error)
{
    if (noise->width == sealed->width && noise->height == sealed->height &&
        pixels_equal(&noise->format, &sealed->format) && plane_is_full(&noise->plane[0]))
        return 0;
    return error_set(error, PM_ERROR_CHANGED,
                     "was changed since it was encrypted: it is %" PRIu32 "x%" PRIu32
                     ", %u channels of %u bits, and was %" PRIu32 "x%" PRIu32
                     ", %u of %u (take an unchanged copy)",
                     noise->width, noise->height, pm_channels(&noise->format), noise->format.depth,
                     sealed->width, sealed->height, pm_channels(&sealed->format), sealed->format.depth);
}

/* Compares the name in the metadata with the file's current name. */
static int check_name(const struct seal *seal, const struct pm_secret *secret, struct pm_error *error)
{
    char name[PM_NAME_BYTES] = "", shown[128];
    if (seal->named != (seal->name.size > 0))
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "has encrypted metadata that does not fit its header (use a newer pixmill)");
    if (!seal->named || (seal->name.size == strlen(secret->name) &&
                         memcmp(seal->name.data, secret->name, seal->name.size) == 0))
        return 0;
    memcpy(name, seal->name.data, seal->name.size);
    text_shown(name, shown, sizeof shown);
    if (secret->name[0] == '\0')
        return error_set_hint(error, PM_ERROR_CHANGED, PM_HINT_NAME,
                              "is bound to the name it was encrypted under, %s, and its own is not known",
                              shown);
    return error_set_hint(error, PM_ERROR_CHANGED, PM_HINT_NAME, "was encrypted under another name: %s",
                          shown);
}

static int decrypt_metadata(struct seal *seal, const struct pm_blob *sealed, const struct pm_secret *secret,
                            struct pm_image *picture, struct context *context)
{
    const uint8_t *bytes = sealed->data + SEAL_HEADER_BYTES + (size_t)seal->band_count * SEAL_TAG_BYTES;
    uint8_t tag[SEAL_TAG_BYTES];
    memcpy(tag, bytes + seal->metadata_size, sizeof tag);
    uint8_t *plain = arena_alloc(context->job_arena, seal->metadata_size);
    if (plain == NULL)
        return error_memory(context->error, seal->metadata_size);
    if (seal_cipher_metadata(SEAL_DECRYPT, seal, secret->metadata_key, bytes, plain, tag, context->error) !=
        0)
        return -1;
    if (seal_meta_read(plain, seal->metadata_size, picture, &seal->name, context) != 0)
        return -1;
    return check_name(seal, secret, context->error);
}

int sealed_decrypt(const struct pm_image *noise, const struct pm_secret *secret, struct pm_image *picture,
                   struct context *context)
{
    const struct pm_blob sealed = noise->meta.sealed;
    if (sealed.data == NULL)
        return not_encrypted(context->error);
    if (secret == NULL)
        return error_set_hint(context->error, PM_ERROR_KEY, PM_HINT_KEY, "decrypt needs a key");
    struct seal seal;
    if (seal_read(sealed.data, sealed.size, &seal, context->error) != 0 ||
        sealed_check_key(&seal, secret, context->error) != 0 ||
        check_shape(noise, &seal.shape, context->error) != 0)
        return -1;

    struct pm_image made;
    size_t tags_size = (size_t)seal.band_count * SEAL_TAG_BYTES;
    uint8_t *tags = arena_alloc(context->job_arena, tags_size);
    if (tags == NULL)
        return error_memory(context->error, tags_size);
    memcpy(tags, sealed.data + SEAL_HEADER_BYTES, tags_size);
    if (image_alloc(&made, &seal.shape, context) != 0 ||
        decrypt_metadata(&seal, &sealed, secret, &made, context) != 0 ||
        seal_cipher_bands(SEAL_DECRYPT, &seal, secret->pixel_key, &noise->plane[0], &made.plane[0], tags,
                          context) != 0)
        return -1;
    *picture = made;
    return 0;
}

/* Finds the header by walking over chunks, without a decoder, so that the process with the master key need
 * not trust a decoder. */
static int find_seal(const uint8_t *data, size_t size, struct pm_blob *sealed, struct pm_error *error)
{
    struct memory_source memory;
    struct png_chunk chunk;
    if (size < PNG_SIGNATURE_SIZE || memcmp(data, png_signature, PNG_SIGNATURE_SIZE) != 0)
        return not_encrypted(error);
    memory_source_init(&memory, data, size);
    if (png_find_chunk(&memory.source, TYPE_SEALED, &chunk, error) != 0)
        return -1;
    if (chunk.type != TYPE_SEALED)
        return not_encrypted(error);
    if (chunk.size > size - chunk.offset)
        return png_end_before_pixels(error);
    *sealed = (struct pm_blob){data + chunk.offset, chunk.size};
    return 0;
}

int sealed_find(const uint8_t *data, size_t size, struct seal *seal, struct pm_error *error)
{
    struct pm_blob sealed = {0};
    return find_seal(data, size, &sealed, error) == 0 ? seal_read(sealed.data, sealed.size, seal, error) : -1;
}

int pm_secret_ids(const uint8_t *data, size_t size, uint8_t id[PM_ID_BYTES], uint8_t salt[PM_SALT_BYTES],
                  struct pm_error *error)
{
    struct seal seal;
    if (sealed_find(data, size, &seal, error) != 0)
        return -1;
    memcpy(id, seal.id, PM_ID_BYTES);
    memcpy(salt, seal.salt, PM_SALT_BYTES);
    return 0;
}
