/*
 * The header of an encrypted image, and the metadata that it seals, as if the tags were right: no chance
 * finds one. Holds: what is read and written again is what was read.
 */
#include <string.h>

#include "codec/sealed_header.h"
#include "codec/sealed_metadata.h"
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
    FUZZ_ASSERT(memcmp(written, data, sizeof written) == 0 || data[83] != 0);
}

static void try_metadata(const uint8_t *data, size_t size)
{
    struct lent lent;
    struct pm_image image = {0}, again = {0};
    lent_init(&lent);
    if (seal_meta_read(data, size, &image, &lent.context, &lent.error) == 0) {
        size_t bytes = (size_t)seal_meta_bytes(&image);
        uint8_t *written = malloc(bytes);
        FUZZ_ASSERT(written != NULL);
        seal_meta_write(&image, written);
        FUZZ_ASSERT(seal_meta_read(written, bytes, &again, &lent.context, &lent.error) == 0);
        FUZZ_ASSERT(again.orientation == image.orientation && again.meta.ntexts == image.meta.ntexts);
        FUZZ_ASSERT(seal_meta_bytes(&again) == bytes);
        free(written);
    }
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
    if (data[0] % 2 == 0)
        try_header(copy, size - 1);
    else
        try_metadata(copy, size - 1);
    free(copy);
    return 0;
}
