/*
 * The seal of an encrypted image, and its header; SEALED.md describes their bytes. It is stored in
 * pm_metadata.sealed, and in PNG as an ancillary, private chunk that is unsafe to copy.
 */
#ifndef CODEC_SEALED_HEADER_H
#define CODEC_SEALED_HEADER_H

#include "image/image.h"
#include "pixmill/secret.h"

enum { SEAL_HEADER_BYTES = 100, SEAL_TAG_BYTES = 16 };

/* Bytes of metadata; the minimum is only an orientation. */
enum { SEAL_METADATA_MIN = 6, SEAL_METADATA_MAX = 32 << 20 };

/* scrypt's parameters, the only ones there are (RFC 7914). */
enum { SEAL_SCRYPT_LOG2_N = 17, SEAL_SCRYPT_R = 8, SEAL_SCRYPT_P = 1 };

struct seal {
    struct shape shape; /* grey or RGB */
    uint32_t band_rows, band_count, metadata_size;
    uint8_t id[PM_ID_BYTES], salt[PM_SALT_BYTES], check[PM_CHECK_BYTES];
    bool named;          /* the image is bound to a name */
    struct pm_blob name; /* that name, not owned: the secret's, or the one in the metadata; else none */
};

/* The seal of a picture of that shape under those keys. */
struct seal seal_for(const struct shape *shape, uint32_t metadata_size, const struct pm_secret *secret);

/* Total bytes: header, tags, metadata, tag. */
uint64_t seal_bytes(const struct seal *seal);

void seal_write_header(const struct seal *seal, uint8_t header[SEAL_HEADER_BYTES]);

/* Reads the header of data[size] and checks every field and the size. Returns 0, or -1 with `error` filled:
 * PM_ERROR_UNSUPPORTED for another version or other scrypt parameters, PM_ERROR_CHANGED for values that
 * pixmill never writes. Only the tags prove that a header is authentic. */
int seal_read(const uint8_t *data, size_t size, struct seal *seal, struct pm_error *error);

/* Was the master key derived from a passphrase? */
bool seal_salted(const uint8_t salt[PM_SALT_BYTES]);

#endif
