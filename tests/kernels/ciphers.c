/* Encryption and decryption of all samples, compared with the library's cipher on the same bytes in one
 * message. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/sealed/cipher.h"
#include "kernels/kernels.h"

static void insist(bool well)
{
    if (well)
        return;
    fprintf(stderr, "kernels: OpenSSL failed at AES-256-GCM (check its installation)\n");
    exit(1);
}

static struct seal seal_of(const struct stage *stage)
{
    const struct shape shape = {
        .width = KERNEL_WIDTH,
        .height = KERNEL_HEIGHT,
        .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, stage->depth),
    };
    static const struct pm_secret secret = {.id = {1}};
    return seal_for(&shape, 0, &secret);
}

static const uint8_t key[PM_KEY_BYTES] = {7};

/* Shared by both directions: decryption takes what was encrypted last and must match its tags. */
static uint8_t *tags;

static size_t cipher_fast(struct stage *stage, const struct kernel_row *row)
{
    const struct seal seal = seal_of(stage);
    const bool back = row->choice == SEAL_DECRYPT;
    if (!back)
        tags = realloc(tags, (size_t)seal.band_count * SEAL_TAG_BYTES);
    insist(tags != NULL);
    insist(seal_cipher_bands((enum seal_direction)row->choice, &seal, key, back ? &stage->out : &stage->in,
                             back ? &stage->in : &stage->out, tags, &stage->lent.context) == 0);
    return (size_t)KERNEL_WIDTH * KERNEL_HEIGHT * CHANNELS;
}

static size_t cipher_plain(struct stage *stage, const struct kernel_row *row)
{
    static const uint8_t nonce[12];
    const size_t size = stage->in.stride * KERNEL_HEIGHT;
    EVP_CIPHER_CTX *message = EVP_CIPHER_CTX_new();
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    int done = 0;
    insist(message != NULL && cipher != NULL);
    insist(EVP_CipherInit_ex2(message, cipher, key, nonce, row->choice == SEAL_ENCRYPT, NULL) == 1);
    /* The tag is not checked: this measures the cipher alone. */
    insist(EVP_CipherUpdate(message, stage->rows, &done, stage->in.data, (int)size) == 1);
    EVP_CIPHER_CTX_free(message);
    EVP_CIPHER_free(cipher);
    return (size_t)KERNEL_WIDTH * KERNEL_HEIGHT * CHANNELS;
}

#define CIPHER(bits, title, way)                                                                             \
    {                                                                                                        \
        .name = (title), .depth = (bits), .choice = (way), .fast = cipher_fast, .plain = cipher_plain        \
    }

const struct kernel_row cipher_rows[] = {
    CIPHER(8, "encrypt", SEAL_ENCRYPT),
    CIPHER(8, "decrypt", SEAL_DECRYPT),
    CIPHER(16, "encrypt", SEAL_ENCRYPT),
    CIPHER(16, "decrypt", SEAL_DECRYPT),
    {.name = NULL},
};
