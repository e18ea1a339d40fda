/*
 * The seal of an encrypted image: what stands in its file beside the noise, and what decrypt needs to know.
 * It travels as pm_metadata.sealed, in PNG as one ancillary, private chunk that is unsafe to copy.
 *
 *     header     100 bytes, below
 *     tags       band_count times 16 bytes: the AES-256-GCM tag of each band of rows
 *     metadata   metadata_size bytes, encrypted: profile, orientation, ... (codec/sealed_metadata.h)
 *     tag        16 bytes: of the metadata
 *
 * Every number is big-endian. The header, version 1:
 *
 *     offset  bytes
 *          0      8  "pmsealed"
 *          8      1  version: 1
 *          9      1  depth: 8 or 16 bits a sample
 *         10      1  colour: 0 grey, 1 RGB
 *         11      1  alpha: 0 or 1
 *         12      4  width  \  in pixels, 1 to 2^31 - 1
 *         16      4  height /
 *         20      4  band_rows: rows a band; the last may have fewer
 *         24      4  band_count
 *         28      4  metadata_size
 *         32     32  id of the image, random
 *         64     16  salt of scrypt; all zero when the master key came from a key file
 *         80      3  scrypt's log2 N, r, p: 17, 8, 1; or 0, 0, 0 without a passphrase
 *         83      1  0
 *         84     16  key-check value
 *        100         end
 *
 * Band i is rows [i * band_rows, (i + 1) * band_rows) of big-endian samples, encrypted under the image's
 * pixel key with nonce i (96 bits); the metadata under the image's metadata key with nonce 0. The whole
 * header is associated data of each, so no part of it, and no band or tag, can be changed or moved unnoticed.
 * Both keys serve one image only, so no nonce is ever used twice.
 */
#ifndef CODEC_SEALED_HEADER_H
#define CODEC_SEALED_HEADER_H

#include "image/image.h"
#include "pixmill/secret.h"

enum { SEAL_HEADER_BYTES = 100, SEAL_TAG_BYTES = 16, SEAL_METADATA_MAX = 32 << 20 };

/* scrypt's parameters, the only ones there are (RFC 7914). */
enum { SEAL_SCRYPT_LOG2_N = 17, SEAL_SCRYPT_R = 8, SEAL_SCRYPT_P = 1 };

struct seal {
    struct shape shape; /* grey or RGB */
    uint32_t band_rows, band_count, metadata_size;
    uint8_t id[PM_ID_BYTES], salt[PM_SALT_BYTES], check[PM_CHECK_BYTES];
};

/* The seal of a picture of that shape under those keys. */
struct seal seal_for(const struct shape *shape, uint32_t metadata_size, const struct pm_secret *secret);

/* Bytes of the whole: header, tags, metadata, tag. */
uint64_t seal_bytes(const struct seal *seal);

void seal_write_header(const struct seal *seal, uint8_t header[SEAL_HEADER_BYTES]);

/* Reads the header of data[size] and checks every field and the size. Returns 0, or -1 with `error` filled:
 * PM_ERROR_UNSUPPORTED for another version or other scrypt parameters, PM_ERROR_CHANGED for what pixmill
 * never wrote. Nothing but the tags says that a header was not forged. */
int seal_read(const uint8_t *data, size_t size, struct seal *seal, struct pm_error *error);

/* Was the master key made from a passphrase? */
bool seal_salted(const uint8_t salt[PM_SALT_BYTES]);

static inline void seal_put_u32(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

static inline uint32_t seal_get_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

#endif
