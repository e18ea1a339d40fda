/*
 * Written in one pass by a writer that also counts: with nowhere to write, it only adds up. Read in two:
 * texts are counted first, so that their list is allocated once. The bytes were authenticated before they are
 * read, yet every length is checked all the same.
 */
#include "codec/sealed_metadata.h"

#include <string.h>

#include "codec/sealed_header.h"

/* Never renumbered: files are made of these. */
enum tag {
    TAG_ORIENTATION = 1,    /* 1 byte */
    TAG_ICC = 2,            /* the blob */
    TAG_EXIF = 3,           /* the blob */
    TAG_XMP = 4,            /* the blob */
    TAG_GAMMA = 5,          /* 4 bytes */
    TAG_CHROMATICITIES = 6, /* 8 times 4 bytes */
    TAG_SRGB = 7,           /* 1 byte */
    TAG_DENSITY = 8,        /* x and y, 4 bytes each, and the unit, 1 byte */
    TAG_TEXT = 9,           /* keyword, NUL, text, NUL; may come many times */
    TAG_IPTC = 10,          /* the blob */
    TAG_CICP = 11,          /* 4 bytes */
    TAG_MASTERING = 12,     /* 24 bytes */
    TAG_LIGHT = 13,         /* 8 bytes */
};

enum { ENTRY_HEAD = 5, CHROMATICITIES = 8, DENSITY_BYTES = 9 };

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

static void put_head(struct writer *writer, enum tag tag, size_t size)
{
    uint8_t head[ENTRY_HEAD] = {(uint8_t)tag};
    seal_put_u32(head + 1, (uint32_t)size);
    put(writer, head, sizeof head);
}

static void put_entry(struct writer *writer, enum tag tag, const void *bytes, size_t size)
{
    put_head(writer, tag, size);
    put(writer, bytes, size);
}

static void put_blob(struct writer *writer, enum tag tag, const struct pm_blob *blob)
{
    if (blob->data != NULL)
        put_entry(writer, tag, blob->data, blob->size);
}

static void put_color(struct writer *writer, const struct pm_metadata *meta)
{
    uint8_t bytes[4 * CHROMATICITIES];
    if (meta->has_gamma) {
        seal_put_u32(bytes, meta->gamma);
        put_entry(writer, TAG_GAMMA, bytes, 4);
    }
    if (meta->has_chromaticities) {
        for (int i = 0; i < CHROMATICITIES; i++)
            seal_put_u32(bytes + 4 * i, meta->chromaticities[i]);
        put_entry(writer, TAG_CHROMATICITIES, bytes, sizeof bytes);
    }
    if (meta->has_srgb)
        put_entry(writer, TAG_SRGB, &meta->srgb_intent, 1);
    if (meta->has_density) {
        seal_put_u32(bytes, meta->density_x);
        seal_put_u32(bytes + 4, meta->density_y);
        bytes[8] = meta->density_unit;
        put_entry(writer, TAG_DENSITY, bytes, DENSITY_BYTES);
    }
    if (meta->has_cicp)
        put_entry(writer, TAG_CICP, meta->cicp, sizeof meta->cicp);
    if (meta->has_mastering)
        put_entry(writer, TAG_MASTERING, meta->mastering, sizeof meta->mastering);
    if (meta->has_light)
        put_entry(writer, TAG_LIGHT, meta->light, sizeof meta->light);
}

static void put_all(struct writer *writer, const struct pm_image *image)
{
    const struct pm_metadata *meta = &image->meta;
    uint8_t orientation = (uint8_t)image->orientation;
    put_entry(writer, TAG_ORIENTATION, &orientation, 1);
    put_blob(writer, TAG_ICC, &meta->icc);
    put_blob(writer, TAG_EXIF, &meta->exif);
    put_blob(writer, TAG_XMP, &meta->xmp);
    put_blob(writer, TAG_IPTC, &meta->iptc);
    put_color(writer, meta);
    for (size_t i = 0; i < meta->ntexts; i++) {
        size_t keyword = strlen(meta->texts[i].keyword) + 1, text = strlen(meta->texts[i].text) + 1;
        put_head(writer, TAG_TEXT, keyword + text);
        put(writer, meta->texts[i].keyword, keyword);
        put(writer, meta->texts[i].text, text);
    }
}

uint64_t seal_meta_bytes(const struct pm_image *image)
{
    struct writer counter = {0};
    put_all(&counter, image);
    return counter.size;
}

void seal_meta_write(const struct pm_image *image, uint8_t *bytes)
{
    struct writer writer = {.bytes = bytes};
    put_all(&writer, image);
}

/* Takes a part of exactly `part_size` bytes that stands in the picture as it is stored. */
static bool take_stored(bool *has, uint8_t *part, size_t part_size, const uint8_t *bytes, size_t size)
{
    if (size != part_size)
        return false;
    memcpy(part, bytes, size);
    *has = true;
    return true;
}

static bool take_fixed(struct pm_image *image, enum tag tag, const uint8_t *bytes, size_t size)
{
    struct pm_metadata *meta = &image->meta;
    switch (tag) {
    case TAG_ORIENTATION:
        if (size != 1 || bytes[0] < 1 || bytes[0] > 8)
            return false;
        image->orientation = bytes[0];
        return true;
    case TAG_GAMMA:
        if (size != 4)
            return false;
        meta->has_gamma = true;
        meta->gamma = seal_get_u32(bytes);
        return true;
    case TAG_CHROMATICITIES:
        if (size != 4 * CHROMATICITIES)
            return false;
        meta->has_chromaticities = true;
        for (int i = 0; i < CHROMATICITIES; i++)
            meta->chromaticities[i] = seal_get_u32(bytes + 4 * i);
        return true;
    case TAG_SRGB:
        if (size != 1 || bytes[0] > 3)
            return false;
        meta->has_srgb = true;
        meta->srgb_intent = bytes[0];
        return true;
    case TAG_DENSITY:
        if (size != DENSITY_BYTES || bytes[8] > 1)
            return false;
        meta->has_density = true;
        meta->density_x = seal_get_u32(bytes);
        meta->density_y = seal_get_u32(bytes + 4);
        meta->density_unit = bytes[8];
        return true;
    case TAG_CICP:
        return take_stored(&meta->has_cicp, meta->cicp, sizeof meta->cicp, bytes, size);
    case TAG_MASTERING:
        return take_stored(&meta->has_mastering, meta->mastering, sizeof meta->mastering, bytes, size);
    case TAG_LIGHT:
        return take_stored(&meta->has_light, meta->light, sizeof meta->light, bytes, size);
    default:
        return false;
    }
}

/* Two strings, each ended by the only NUL in it. */
static bool take_text(struct pm_text *text, const uint8_t *bytes, size_t size)
{
    const uint8_t *keyword_end = memchr(bytes, 0, size);
    if (keyword_end == NULL)
        return false;
    const uint8_t *value = keyword_end + 1;
    size_t left = size - (size_t)(value - bytes);
    if (left == 0 || memchr(value, 0, left) != value + left - 1)
        return false;
    *text = (struct pm_text){.keyword = (const char *)bytes, .text = (const char *)value};
    return true;
}

/* The entry at bytes[size]: its tag, and its length in *length; 0 when it does not fit. */
static unsigned entry_at(const uint8_t *bytes, size_t size, uint32_t *length)
{
    if (size < ENTRY_HEAD)
        return 0;
    *length = seal_get_u32(bytes + 1);
    return *length <= size - ENTRY_HEAD ? bytes[0] : 0;
}

static size_t count_texts(const uint8_t *bytes, size_t size)
{
    size_t count = 0;
    uint32_t length;
    for (size_t at = 0; at < size; at += ENTRY_HEAD + length) {
        unsigned tag = entry_at(bytes + at, size - at, &length);
        if (tag == 0)
            break;
        count += tag == TAG_TEXT;
    }
    return count;
}

static bool take_entry(struct pm_image *image, struct pm_text *texts, unsigned tag, const uint8_t *bytes,
                       uint32_t length)
{
    struct pm_metadata *meta = &image->meta;
    switch (tag) {
    case TAG_ICC:
        meta->icc = (struct pm_blob){bytes, length};
        return true;
    case TAG_EXIF:
        meta->exif = (struct pm_blob){bytes, length};
        return true;
    case TAG_XMP:
        meta->xmp = (struct pm_blob){bytes, length};
        return true;
    case TAG_IPTC:
        meta->iptc = (struct pm_blob){bytes, length};
        return true;
    case TAG_TEXT:
        return take_text(&texts[meta->ntexts++], bytes, length);
    default:
        return take_fixed(image, tag, bytes, length);
    }
}

int seal_meta_read(const uint8_t *bytes, size_t size, struct pm_image *image, struct context *context,
                   struct pm_error *error)
{
    size_t ntexts = count_texts(bytes, size);
    struct pm_text *texts = arena_alloc(context->job_arena, ntexts * sizeof *texts);
    if (texts == NULL)
        return error_memory(error, ntexts * sizeof *texts);
    image->meta = (struct pm_metadata){.texts = ntexts > 0 ? texts : NULL};
    image->orientation = 0;
    uint32_t length;
    for (size_t at = 0; at < size; at += ENTRY_HEAD + length) {
        unsigned tag = entry_at(bytes + at, size - at, &length);
        if (tag == 0 || !take_entry(image, texts, tag, bytes + at + ENTRY_HEAD, length))
            return error_set(
                error, PM_ERROR_UNSUPPORTED,
                "has encrypted metadata of a kind this version does not know (use a newer pixmill)");
    }
    if (image->orientation == 0)
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "has encrypted metadata without orientation (use a newer pixmill)");
    return 0;
}
