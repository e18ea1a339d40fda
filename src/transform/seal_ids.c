/*
 * The ids of an encrypted file, found by its chunks' lengths alone: no decoder runs, so that whoever holds
 * the master key need not trust one.
 */
#include "pixmill/secret.h"

#include <string.h>

#include "codec/png_chunks.h"
#include "codec/sealed_header.h"

/* Finds the chunk that holds the seal, which comes before the pixels. */
static int find_seal(const uint8_t *data, size_t size, struct pm_blob *sealed, struct pm_error *error)
{
    struct memory_source memory;
    struct png_walk walk;
    struct png_chunk chunk = {0};
    memory_source_init(&memory, data, size);
    png_walk_start(&walk, &memory.source);
    bool png = size >= PNG_SIGNATURE_SIZE && memcmp(data, png_signature, PNG_SIGNATURE_SIZE) == 0;
    enum png_walk_status status = PNG_WALK_CHUNK;
    while (png && chunk.type != TYPE_IDAT && chunk.type != TYPE_IEND) {
        status = png_walk_next(&walk, &chunk, error);
        if (status == PNG_WALK_BROKEN)
            return png_walk_error(&walk, error);
        if (status != PNG_WALK_CHUNK)
            break;
        if (chunk.size > size - chunk.offset)
            return error_set(error, PM_ERROR_TRUNCATED,
                             "ends before its first pixel (fetch or copy it again)");
        if (chunk.type != TYPE_SEALED)
            continue;
        *sealed = (struct pm_blob){data + chunk.offset, chunk.size};
        return 0;
    }
    return error_set_hint(error, PM_ERROR_UNSUPPORTED, PM_HINT_NO_DECRYPT, "is not encrypted by pixmill");
}

int pm_secret_ids(const uint8_t *data, size_t size, uint8_t id[PM_ID_BYTES], uint8_t salt[PM_SALT_BYTES],
                  struct pm_error *error)
{
    struct pm_blob sealed = {0};
    struct seal seal;
    if (find_seal(data, size, &sealed, error) != 0 || seal_read(sealed.data, sealed.size, &seal, error) != 0)
        return -1;
    memcpy(id, seal.id, PM_ID_BYTES);
    memcpy(salt, seal.salt, PM_SALT_BYTES);
    return 0;
}
