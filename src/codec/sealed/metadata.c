/*
 * Written in one pass; without a buffer, the writer only counts bytes. Read in two passes: texts are counted
 * first, so that their list is allocated once. Every length is checked, although the bytes were authenticated
 * before.
 */
#include "codec/sealed/metadata.h"

#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "codec/png/facts.h"
#include "pixmill/secret.h"

/* Never change these numbers: files contain them. */
enum entry_type {
    ENTRY_ORIENTATION = 1, /* 1 byte */
    ENTRY_ICC = 2,
    ENTRY_EXIF = 3,
    ENTRY_XMP = 4,
    ENTRY_TEXT = 9, /* keyword, NUL, text, NUL; may be repeated */
    ENTRY_IPTC = 10,
    ENTRY_NAME = 14, /* the image is bound to it: 1 to PM_NAME_BYTES - 1 bytes without NUL */
};

/* Entries with the data of a PNG chunk, in writing order. */
static const struct {
    uint8_t entry;
    uint32_t chunk;
} chunks[] = {{5, TYPE_GAMA},  {6, TYPE_CHRM},  {7, TYPE_SRGB}, {8, TYPE_PHYS},
              {11, TYPE_CICP}, {12, TYPE_MDCV}, {13, TYPE_CLLI}};
enum { CHUNKS = sizeof chunks / sizeof *chunks };

enum { ENTRY_HEAD = 5 };

struct writer {
    uint8_t *bytes; /* NULL: only count */
    uint64_t size;
};

static void put(struct writer *writer, const void *bytes, size_t size)
{
    if (writer->bytes != NULL && size > 0)
        memcpy(writer->bytes + writer->size, bytes, size);
    writer->size += size;
}

static void put_head(struct writer *writer, uint8_t type, size_t size)
{
    uint8_t head[ENTRY_HEAD] = {type};
    put_be32(head + 1, (uint32_t)size);
    put(writer, head, sizeof head);
}

static void put_entry(struct writer *writer, uint8_t type, const void *bytes, size_t size)
{
    put_head(writer, type, size);
    put(writer, bytes, size);
}

static void put_blob(struct writer *writer, enum entry_type type, const struct pm_blob *blob)
{
    if (blob->data != NULL)
        put_entry(writer, type, blob->data, blob->size);
}

static void put_color(struct writer *writer, const struct pm_metadata *meta)
{
    uint8_t data[PNG_FACT_MAX];
    for (size_t i = 0; i < CHUNKS; i++) {
        const size_t size = png_fact_write(png_fact_find(chunks[i].chunk), meta, data);
        if (size > 0)
            put_entry(writer, chunks[i].entry, data, size);
    }
}

static void put_all(struct writer *writer, const struct pm_image *image, struct pm_blob name)
{
    const struct pm_metadata *meta = &image->meta;
    uint8_t orientation = (uint8_t)image->orientation;
    put_entry(writer, ENTRY_ORIENTATION, &orientation, 1);
    put_blob(writer, ENTRY_ICC, &meta->icc);
    put_blob(writer, ENTRY_EXIF, &meta->exif);
    put_blob(writer, ENTRY_XMP, &meta->xmp);
    put_blob(writer, ENTRY_IPTC, &meta->iptc);
    put_color(writer, meta);
    if (name.size > 0)
        put_blob(writer, ENTRY_NAME, &name);
    for (size_t i = 0; i < meta->ntexts; i++) {
        size_t keyword = strlen(meta->texts[i].keyword) + 1, text = strlen(meta->texts[i].text) + 1;
        put_head(writer, ENTRY_TEXT, keyword + text);
        put(writer, meta->texts[i].keyword, keyword);
        put(writer, meta->texts[i].text, text);
    }
}

uint64_t seal_meta_bytes(const struct pm_image *image, struct pm_blob name)
{
    struct writer counter = {0};
    put_all(&counter, image, name);
    return counter.size;
}

void seal_meta_write(const struct pm_image *image, struct pm_blob name, uint8_t *bytes)
{
    struct writer writer = {.bytes = bytes};
    put_all(&writer, image, name);
}

static bool take_orientation(struct pm_image *image, const uint8_t *bytes, size_t size)
{
    if (size != 1 || bytes[0] < 1 || bytes[0] > 8)
        return false;
    image->orientation = bytes[0];
    return true;
}

static bool take_color(struct pm_metadata *meta, unsigned type, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < CHUNKS; i++) {
        if (chunks[i].entry == type)
            return png_fact_read(png_fact_find(chunks[i].chunk), bytes, size, meta);
    }
    return false;
}

static bool take_name(struct pm_blob *name, const uint8_t *bytes, size_t size)
{
    *name = (struct pm_blob){bytes, size};
    return size > 0 && size < PM_NAME_BYTES && memchr(bytes, 0, size) == NULL;
}

/* Two UTF-8 strings, each terminated by its only NUL. */
static bool take_text(struct pm_text *text, const uint8_t *bytes, size_t size)
{
    const uint8_t *keyword_end = memchr(bytes, 0, size);
    if (keyword_end == NULL)
        return false;
    const uint8_t *value = keyword_end + 1;
    size_t left = size - (size_t)(value - bytes);
    if (left == 0 || value[left - 1] != 0 || !text_is_utf8(value, left - 1) ||
        !text_is_utf8(bytes, (size_t)(keyword_end - bytes)))
        return false;
    *text = (struct pm_text){.keyword = (const char *)bytes, .text = (const char *)value};
    return true;
}

/* The entry at bytes[size]: its type, and its length in *length; 0 when it does not fit. */
static unsigned entry_at(const uint8_t *bytes, size_t size, uint32_t *length)
{
    if (size < ENTRY_HEAD)
        return 0;
    *length = get_be32(bytes + 1);
    return *length <= size - ENTRY_HEAD ? bytes[0] : 0;
}

static size_t count_texts(const uint8_t *bytes, size_t size)
{
    size_t count = 0;
    uint32_t length;
    for (size_t at = 0; at < size; at += ENTRY_HEAD + length) {
        unsigned type = entry_at(bytes + at, size - at, &length);
        if (type == 0)
            break;
        count += type == ENTRY_TEXT;
    }
    return count;
}

/* An empty entry says the same as none. */
static struct pm_blob blob_of(const uint8_t *bytes, uint32_t length)
{
    return (struct pm_blob){length > 0 ? bytes : NULL, length};
}

static bool take_entry(struct pm_image *image, struct pm_text *texts, struct pm_blob *name, unsigned type,
                       const uint8_t *bytes, uint32_t length)
{
    struct pm_metadata *meta = &image->meta;
    switch (type) {
    case ENTRY_ORIENTATION:
        return take_orientation(image, bytes, length);
    case ENTRY_ICC:
        meta->icc = blob_of(bytes, length);
        return true;
    case ENTRY_EXIF:
        meta->exif = blob_of(bytes, length);
        return true;
    case ENTRY_XMP:
        meta->xmp = blob_of(bytes, length);
        return true;
    case ENTRY_IPTC:
        meta->iptc = blob_of(bytes, length);
        return true;
    case ENTRY_NAME:
        return take_name(name, bytes, length);
    case ENTRY_TEXT:
        return take_text(&texts[meta->ntexts++], bytes, length);
    default:
        return take_color(meta, type, bytes, length);
    }
}

/* Is it the first entry of its type, or may the type be repeated? */
static bool may_come(uint32_t *seen, unsigned type)
{
    const uint32_t bit = type < 32 ? UINT32_C(1) << type : 0; /* larger types are unknown anyway */
    const bool again = (*seen & bit) != 0;
    *seen |= bit;
    return !again || type == ENTRY_TEXT;
}

int seal_meta_read(const uint8_t *bytes, size_t size, struct pm_image *image, struct pm_blob *name,
                   struct context *context)
{
    size_t ntexts = count_texts(bytes, size);
    struct pm_text *texts = arena_alloc(context->job_arena, ntexts * sizeof *texts);
    if (texts == NULL)
        return error_memory(context->error, ntexts * sizeof *texts);
    image->meta = (struct pm_metadata){.texts = ntexts > 0 ? texts : NULL};
    image->orientation = 0;
    *name = (struct pm_blob){0};
    uint32_t length, seen = 0;
    for (size_t at = 0; at < size; at += ENTRY_HEAD + length) {
        unsigned type = entry_at(bytes + at, size - at, &length);
        if (type == 0 || !may_come(&seen, type) ||
            !take_entry(image, texts, name, type, bytes + at + ENTRY_HEAD, length))
            return error_set(
                context->error, PM_ERROR_UNSUPPORTED,
                "has encrypted metadata (entry type %u) that this version can't read (use a newer "
                "pixmill)",
                type);
    }
    if (image->orientation == 0)
        return error_set(context->error, PM_ERROR_UNSUPPORTED,
                         "has encrypted metadata without orientation (use a newer pixmill)");
    return 0;
}
