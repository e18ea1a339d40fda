/*
 * The ids of an encrypted file, found by its chunks' lengths alone: no decoder runs, so that whoever holds
 * the master key need not trust one.
 */
#include "pixmill/secret.h"

#include <string.h>

#include "codec/png.h"
#include "filter/seal.h"

/* Finds the chunk that holds the seal, which stands before the pixels. */
static int find_seal(const uint8_t *data, size_t size, struct pm_blob *sealed, struct pm_error *error)
{
    size_t at = PNG_SIGNATURE_SIZE;
    bool png = size >= at && memcmp(data, png_signature, at) == 0;
    while (png && size - at >= 8) {
        uint32_t length = png_get_be32(data + at), type = png_get_be32(data + at + 4);
        if (type == TYPE_IDAT || type == TYPE_IEND)
            break;
        if (length > size - at - 8)
            return error_set(error, PM_ERROR_TRUNCATED,
                             "ends before its first pixel (fetch or copy it again)");
        if (type == TYPE_SEALED) {
            *sealed = (struct pm_blob){data + at + 8, length};
            return 0;
        }
        if (size - at - 8 - length < 4)
            break;
        at += PNG_CHUNK_FRAME + (size_t)length;
    }
    return error_set(error, PM_ERROR_UNSUPPORTED, "is not encrypted by pixmill (leave --decrypt out)");
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
