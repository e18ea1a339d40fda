/* Headers of WebP files that are refused. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "codec/options.h"
#include "codec/peak.h"
#include "codec/reader.h"
#include "codec/webp/decode.h"

static int probe_error(const void *data, size_t size, struct pm_error *error)
{
    struct memory_source memory;
    struct pm_info info;
    *error = (struct pm_error){0};
    memory_source_init(&memory, data, size);
    return codec_probe(&memory.source, &info, error) == NULL ? (int)error->kind : PM_OK;
}

static void expect_refused(const char *what, const void *data, size_t size, enum pm_error_kind kind,
                           const char *message)
{
    struct pm_error error;
    cr_expect_eq(probe_error(data, size, &error), (int)kind, "%s: %s", what, error.message);
    cr_expect_not_null(strstr(error.message, message), "%s: %s", what, error.message);
}
#define REFUSED(what, bytes, kind, message) expect_refused(what, bytes, sizeof(bytes) - 1, kind, message)

Test(webp, headers_that_promise_too_much_or_nothing_are_refused)
{
    REFUSED("canvas", "RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\0\0", PM_ERROR_LIMIT,
            "at most 16383 on a side");
    REFUSED("start code", "RIFF\x20\0\0\0WEBPVP8 \x14\0\0\0\x30\1\0\x9d\1\x2b\x08\0\x08\0aaaaaaaaaa",
            PM_ERROR_CORRUPT, "start code");
    REFUSED("no pixels", "RIFF\x20\0\0\0WEBPVP8 \x14\0\0\0\x30\1\0\x9d\1\x2a\0\0\x08\0aaaaaaaaaa",
            PM_ERROR_CORRUPT, "no pixels");
    REFUSED("interframe", "RIFF\x20\0\0\0WEBPVP8 \x14\0\0\0\x31\1\0\x9d\1\x2a\x08\0\x08\0aaaaaaaaaa",
            PM_ERROR_CORRUPT, "video");
    REFUSED("signature", "RIFF\x14\0\0\0WEBPVP8L\x08\0\0\0\x2e\7\0\0\0aaa", PM_ERROR_CORRUPT, "signature");
    REFUSED("version",
            "RIFF\x14\0\0\0WEBPVP8L\x08\0\0\0\x2f\7\0\0\x20"
            "aaa",
            PM_ERROR_UNSUPPORTED, "version 1");
    REFUSED("nothing", "RIFF\x0c\0\0\0WEBPabcd\0\0\0\0", PM_ERROR_CORRUPT, "holds no picture");
    REFUSED("short", "RIFF\x20\0\0\0WEBPVP8 ", PM_ERROR_TRUNCATED, "ends within its header");
    REFUSED("short chunk", "RIFF\x20\0\0\0WEBPVP8 \x14\0\0\0\x30\1", PM_ERROR_TRUNCATED,
            "ends within its header");
    REFUSED("canvas of another size",
            "RIFF\x2c\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\7\0\0\7\0\0VP8L\x08\0\0\0\x2f\3\0\0\0aaa",
            PM_ERROR_CORRUPT, "on a canvas of 8x8");
    REFUSED("no frame", "RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\2\0\0\0\7\0\0\7\0\0", PM_ERROR_CORRUPT,
            "holds no picture");
    REFUSED("frame beyond the canvas",
            "RIFF\x2e\0\0\0WEBPVP8X\x0a\0\0\0\2\0\0\0\7\0\0\7\0\0"
            "ANMF\x10\0\0\0\1\0\0\0\0\0\7\0\0\7\0\0\0\0\0\0",
            PM_ERROR_CORRUPT, "within its canvas");
}

Test(webp, more_chunks_than_are_looked_at_are_refused)
{
    enum { CHUNKS = 100001 };
    const size_t size = WEBP_RIFF_HEAD + WEBP_CHUNK_HEAD + WEBP_VP8X_SIZE + (size_t)CHUNKS * WEBP_CHUNK_HEAD;
    uint8_t *data = calloc(1, size);
    cr_assert_not_null(data);
    memcpy(data, "RIFF\0\0\0\0WEBPVP8X\x0a", 17);
    webp_put_le32(data + 4, (uint32_t)size - WEBP_CHUNK_HEAD);
    struct pm_error error;
    cr_expect_eq(probe_error(data, size, &error), PM_ERROR_LIMIT, "%s", error.message);
    free(data);
}
