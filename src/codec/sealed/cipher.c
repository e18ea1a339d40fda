/*
 * Each band is one GCM message: its rows, one after the other, as big-endian samples. 8-bit rows are
 * encrypted from plane to plane in one call each; 16-bit rows in parts that fit the L1 cache.
 */
#include "codec/sealed/cipher.h"
#include "base/bytes.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdatomic.h>
#include <string.h>

enum { NONCE_BYTES = 12, PIECE_BYTES = 16 * 1024 };

/* Status of a message. An image has the status of its first band that is not GOOD. */
enum verdict { GOOD, CHANGED, FAILED };

static int verdict_error(enum verdict verdict, const char *part, struct pm_error *error)
{
    if (verdict == CHANGED)
        return error_set(
            error, PM_ERROR_CHANGED,
            "was changed since it was encrypted: its %s do not match their seal (take an unchanged copy)",
            part);
    if (verdict == FAILED)
        return error_set(error, PM_ERROR_INTERNAL, "OpenSSL failed at AES-256-GCM (check its installation)");
    return 0;
}

/* One message: begin, any number of updates, end. */
static bool message_begin(EVP_CIPHER_CTX *message, enum seal_direction direction, const EVP_CIPHER *cipher,
                          const uint8_t key[PM_KEY_BYTES], uint32_t nonce,
                          const uint8_t header[SEAL_HEADER_BYTES], struct pm_blob name)
{
    uint8_t nonce_bytes[NONCE_BYTES] = {0};
    put_be32(nonce_bytes + NONCE_BYTES - 4, nonce);
    int ignored;
    return EVP_CipherInit_ex2(message, cipher, key, nonce_bytes, direction == SEAL_ENCRYPT, NULL) == 1 &&
           EVP_CipherUpdate(message, NULL, &ignored, header, SEAL_HEADER_BYTES) == 1 &&
           (name.size == 0 || EVP_CipherUpdate(message, NULL, &ignored, name.data, (int)name.size) == 1);
}

static bool message_update(EVP_CIPHER_CTX *message, const uint8_t *in, uint8_t *out, size_t size)
{
    enum { PART_MAX = 1 << 30 }; /* OpenSSL counts in int */
    int done;
    for (size_t at = 0; at < size; at += (size_t)done) {
        size_t part = size - at < PART_MAX ? size - at : PART_MAX;
        if (EVP_CipherUpdate(message, out + at, &done, in + at, (int)part) != 1 || done != (int)part)
            return false;
    }
    return true;
}

static enum verdict message_end(EVP_CIPHER_CTX *message, enum seal_direction direction,
                                uint8_t tag[SEAL_TAG_BYTES])
{
    uint8_t rest[16];
    int ignored;
    if (direction == SEAL_DECRYPT) {
        if (EVP_CIPHER_CTX_ctrl(message, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_BYTES, tag) != 1)
            return FAILED;
        return EVP_CipherFinal_ex(message, rest, &ignored) == 1 ? GOOD : CHANGED;
    }
    if (EVP_CipherFinal_ex(message, rest, &ignored) != 1 ||
        EVP_CIPHER_CTX_ctrl(message, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_BYTES, tag) != 1)
        return FAILED;
    return GOOD;
}

struct bands_job {
    enum seal_direction direction;
    const struct seal *seal;
    const EVP_CIPHER *cipher;
    const uint8_t *key, *header;
    const struct pm_plane *in, *out;
    size_t row_bytes;
    uint8_t *tags;
    atomic_int verdict; /* GOOD until a band is not */
};

/* Copies 16-bit samples, each with its bytes exchanged; `size` is even. */
static void copy_swapped(uint8_t *to, const uint8_t *from, size_t size)
{
    typedef uint16_t samples __attribute__((vector_size(16)));
    size_t i = 0;
    for (; i + sizeof(samples) <= size; i += sizeof(samples)) {
        samples some;
        memcpy(&some, from + i, sizeof some);
        some = some << 8 | some >> 8;
        memcpy(to + i, &some, sizeof some);
    }
    for (; i < size; i += 2) {
        to[i] = from[i + 1];
        to[i + 1] = from[i];
    }
}

/* Encrypts or decrypts one row. Samples that are not big-endian in memory are converted in `piece`. */
static bool cipher_row(EVP_CIPHER_CTX *message, const uint8_t *in, uint8_t *out, size_t size, unsigned depth,
                       uint8_t piece[PIECE_BYTES])
{
    if (depth == 8 || __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
        return message_update(message, in, out, size);
    for (size_t at = 0; at < size; at += PIECE_BYTES) {
        size_t part = size - at < PIECE_BYTES ? size - at : PIECE_BYTES;
        copy_swapped(piece, in + at, part);
        if (!message_update(message, piece, piece, part))
            return false;
        copy_swapped(out + at, piece, part);
    }
    return true;
}

static enum verdict cipher_band(const struct bands_job *job, unsigned band, EVP_CIPHER_CTX *message,
                                uint8_t piece[PIECE_BYTES])
{
    const struct seal *seal = job->seal;
    uint32_t first = band * seal->band_rows, left = seal->shape.height - first;
    uint32_t end = first + (left < seal->band_rows ? left : seal->band_rows);
    if (!message_begin(message, job->direction, job->cipher, job->key, band, job->header, seal->name))
        return FAILED;
    for (uint32_t y = first; y < end; y++) {
        if (!cipher_row(message, plane_row(job->in, y), plane_row(job->out, y), job->row_bytes,
                        seal->shape.format.depth, piece))
            return FAILED;
    }
    return message_end(message, job->direction, job->tags + (size_t)band * SEAL_TAG_BYTES);
}

static int run_band(void *argument, unsigned band, struct arena *scratch)
{
    struct bands_job *job = argument;
    if (atomic_load(&job->verdict) != GOOD)
        return 0;
    uint8_t *piece = arena_alloc(scratch, PIECE_BYTES);
    EVP_CIPHER_CTX *message = EVP_CIPHER_CTX_new();
    if (piece == NULL || message == NULL) {
        EVP_CIPHER_CTX_free(message);
        return -1;
    }
    enum verdict verdict = cipher_band(job, band, message, piece);
    EVP_CIPHER_CTX_free(message);
    if (verdict != GOOD)
        atomic_store(&job->verdict, (int)verdict);
    return 0;
}

int seal_cipher_bands(enum seal_direction direction, const struct seal *seal, const uint8_t key[PM_KEY_BYTES],
                      const struct pm_plane *in, const struct pm_plane *out, uint8_t *tags,
                      struct context *context)
{
    const struct shape *shape = &seal->shape;
    assert(in->width == shape->width && in->height == shape->height &&
           in->channels == pm_channels(&shape->format));
    assert(out->width == in->width && out->height == in->height && out->channels == in->channels);
    uint8_t header[SEAL_HEADER_BYTES];
    seal_write_header(seal, header);
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    if (cipher == NULL)
        return verdict_error(FAILED, "pixels", context->error);
    struct bands_job job = {
        .direction = direction,
        .seal = seal,
        .cipher = cipher,
        .key = key,
        .header = header,
        .in = in,
        .out = out,
        .row_bytes = (size_t)shape->width * in->channels * (shape->format.depth / 8),
        .tags = tags,
    };
    int status = context_for_bands(context, seal->band_count, run_band, &job);
    EVP_CIPHER_free(cipher);
    return status != 0 ? -1
                       : verdict_error((enum verdict)atomic_load(&job.verdict), "pixels", context->error);
}

int seal_cipher_metadata(enum seal_direction direction, const struct seal *seal,
                         const uint8_t key[PM_KEY_BYTES], const uint8_t *bytes, uint8_t *out,
                         uint8_t tag[SEAL_TAG_BYTES], struct pm_error *error)
{
    static const struct pm_blob no_name;
    uint8_t header[SEAL_HEADER_BYTES];
    seal_write_header(seal, header);
    enum verdict verdict = FAILED;
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    EVP_CIPHER_CTX *message = EVP_CIPHER_CTX_new();
    if (cipher != NULL && message != NULL &&
        message_begin(message, direction, cipher, key, 0, header, no_name) &&
        message_update(message, bytes, out, seal->metadata_size))
        verdict = message_end(message, direction, tag);
    EVP_CIPHER_CTX_free(message);
    EVP_CIPHER_free(cipher);
    return verdict_error(verdict, "profile and metadata", error);
}
