/*
 * An untrusted JPEG file; checks: see fuzz/codec.h. Input that begins with '<' is an XMP packet that is split
 * and joined. Checks: its parts fit their space, have the right names, and join to a packet that is split in
 * the same way.
 */
#include <string.h>

#include "codec/jpeg/meta.h"
#include "fuzz/codec.h"
#include "fuzz/fuzz.h"
#include "fuzz/mutate.h"
#include "lent.h"

extern const struct codec codec_jpeg;

static void append_segment(struct buffer *file, const char *head, size_t head_size, struct pm_blob part)
{
    const size_t length = 2 + head_size + part.size;
    const uint8_t marker[] = {0xFF, JPEG_APP1, (uint8_t)(length >> 8), (uint8_t)length};
    FUZZ_ASSERT(length <= UINT16_MAX && buffer_append(file, marker, sizeof marker) == 0 &&
                buffer_append(file, head, head_size) == 0 && buffer_append(file, part.data, part.size) == 0);
}

/* A file that has both, and no more than it takes to read them. */
static struct buffer make_file(struct pm_blob standard, struct pm_blob extension, const char *guid)
{
    struct buffer file = {0};
    char head[JPEG_XMP_EXTENSION_HEAD] = JPEG_XMP_EXTENSION_ID;
    char *rest = head + sizeof JPEG_XMP_EXTENSION_ID;
    memcpy(rest, guid, MD5_HEX);
    for (int i = 0; i < 4; i++)
        rest[MD5_HEX + i] = (char)(extension.size >> (24 - 8 * i));
    FUZZ_ASSERT(buffer_append(&file, "\xFF\xD8", 2) == 0);
    append_segment(&file, JPEG_XMP_ID, JPEG_XMP_HEAD, standard);
    append_segment(&file, head, sizeof head, extension);
    FUZZ_ASSERT(buffer_append(&file, "\xFF\xDA\0\2", 4) == 0);
    return file;
}

static void try_xmp(const uint8_t *data, size_t size, size_t room)
{
    struct lent lent;
    struct pm_blob standard = {0}, extension = {0}, joined;
    char guid[MD5_HEX + 1], hex[MD5_HEX + 1];
    lent_init(&lent);
    int parted =
        jpeg_part_xmp((struct pm_blob){data, size}, room, &standard, &extension, guid, &lent.context);
    FUZZ_ASSERT(parted == 0 || (parted == 1 && standard.size <= room));
    if (parted == 1 && extension.data != NULL &&
        extension.size < JPEG_PAYLOAD_MAX - JPEG_XMP_EXTENSION_HEAD) {
        md5_hex(extension.data, extension.size, hex);
        FUZZ_ASSERT(strcmp(guid, hex) == 0);
        struct buffer file = make_file(standard, extension, guid);
        joined = standard;
        FUZZ_ASSERT(jpeg_join_xmp(file.data, file.size, &joined, &lent.context) == 0);
        FUZZ_ASSERT(joined.size >= standard.size);
        FUZZ_ASSERT(joined.data == standard.data || joined.size <= standard.size + extension.size);
        buffer_free(&file);
    }
    lent_free(&lent);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 2 && data[0] == '<')
        try_xmp(data, size - 2, 64 + 16 * (size_t)data[size - 1] + data[size - 2]);
    else
        fuzz_codec(&codec_jpeg, data, size);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    return fuzz_mutate_image(data, size, most, FUZZ_CODEC_TAIL, seed);
}
