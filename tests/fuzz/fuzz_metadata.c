/*
 * Updating EXIF, XMP and IPTC: the first byte chooses which, and the facts of the result. Checks: the output
 * fits its bound, states the given orientation, and a second update changes nothing.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "image/exif.h"
#include "image/iptc.h"
#include "image/xmp.h"

/* A block of its own, so that the sanitizer sees a byte too far. */
static void *block(size_t size)
{
    void *bytes = malloc(size > 0 ? size : 1);
    FUZZ_ASSERT(bytes != NULL);
    return bytes;
}

static void try_exif(const uint8_t *data, size_t size, struct picture_facts facts)
{
    struct exif_left_out left_out;
    uint8_t *once = block(exif_room(size));
    size_t kept = exif_restate(data, size, &facts, once, &left_out);
    FUZZ_ASSERT(kept <= exif_room(size) && (kept == 0 || !(left_out.broken || left_out.full)));
    if (kept > 0) {
        FUZZ_ASSERT(exif_orientation(once, kept) == facts.orientation);
        facts.transposed = false;
        uint8_t *in = block(kept), *twice = block(exif_room(kept));
        memcpy(in, once, kept);
        FUZZ_ASSERT(exif_restate(in, kept, &facts, twice, &left_out) == kept);
        FUZZ_ASSERT(memcmp(in, twice, kept) == 0 && left_out.count == 0);
        free(in);
        free(twice);
    }
    free(once);
}

static void try_utf16(const uint8_t *data, size_t size)
{
    const size_t room = 3 * (size / 2);
    char *out = block(room);
    FUZZ_ASSERT(xmp_from_utf16(data, size, out) <= room);
    free(out);
}

static void try_xmp(const uint8_t *data, size_t size, struct picture_facts facts)
{
    unsigned left_out;
    if (xmp_is_utf16(data, size))
        try_utf16(data, size);
    char *once = block(size + XMP_GROWTH);
    size_t kept = xmp_restate((const char *)data, size, &facts, once, &left_out);
    FUZZ_ASSERT(kept <= size + XMP_GROWTH);
    if (kept > 0) {
        facts.transposed = false;
        char *in = block(kept), *twice = block(kept + XMP_GROWTH);
        memcpy(in, once, kept);
        FUZZ_ASSERT(xmp_restate(in, kept, &facts, twice, &left_out) == kept);
        FUZZ_ASSERT(memcmp(in, twice, kept) == 0 && left_out == 0);
        free(in);
        free(twice);
    }
    free(once);
}

static void try_iptc(const uint8_t *data, size_t size, struct picture_facts facts)
{
    uint8_t *once = block(size), *twice = block(size);
    size_t kept = iptc_restate(data, size, &facts, once);
    FUZZ_ASSERT(kept <= size);
    FUZZ_ASSERT(iptc_restate(once, kept, &facts, twice) == kept && memcmp(once, twice, kept) == 0);
    free(once);
    free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const unsigned choice = data[0];
    const struct picture_facts facts = {
        .width = choice & 4 ? 70000 : 48,
        .height = 64,
        .orientation = choice & 8 ? 6 : 1,
        .mime = "image/png",
        .transposed = choice & 16,
        .moved = choice & 32,
        .reframed = choice & 64,
    };
    uint8_t *copy = block(size - 1);
    memcpy(copy, data + 1, size - 1);
    if (choice % 4 == 0)
        try_iptc(copy, size - 1, facts);
    else if (choice % 4 == 1)
        try_exif(copy, size - 1, facts);
    else
        try_xmp(copy, size - 1, facts);
    free(copy);
    return 0;
}
