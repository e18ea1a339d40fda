/*
 * Ancillary chunks to metadata (sections 11.3.2 to 11.3.4). Each chunk is bytes from an untrusted file, its
 * checksum already held; one that breaks its own rules is left out with a warning, for the picture does not
 * depend on it. What is stored plainly is not copied: it points into the file. Inflated bytes come out of one
 * budget, so that a small chunk cannot ask for much memory; png_bomb.c has bounded the time.
 */
#include <libdeflate.h>
#include <string.h>

#include "base/text.h"
#include "codec/png.h"
#include "image/exif.h"
#include "image/profile.h"

enum { KEYWORD_MAX = 79 };

static int leave_out(struct context *context, const char *what)
{
    context_warn(context, "PNG: %s is left out", what);
    return 0;
}

/* `size` bytes of the budget, or NULL. */
static uint8_t *meta_alloc(struct png_meta *meta, size_t size, struct context *context)
{
    if (size > meta->budget)
        return NULL;
    uint8_t *bytes = arena_alloc(context->job_arena, size);
    if (bytes != NULL)
        meta->budget -= size;
    return bytes;
}

/* Inflates zlib data of unknown length, a NUL behind it; NULL when it is broken or over the budget. */
static uint8_t *inflate_blob(struct png_meta *meta, struct pm_blob packed, size_t *size,
                             struct context *context)
{
    struct libdeflate_decompressor *inflater = libdeflate_alloc_decompressor();
    if (inflater == NULL)
        return NULL;
    const struct arena_mark mark = arena_mark(context->job_arena);
    const size_t budget = meta->budget;
    uint8_t *bytes = NULL;
    enum libdeflate_result result = LIBDEFLATE_INSUFFICIENT_SPACE;
    /* Four times is what profiles and text usually need; then twice as much, until the budget ends. */
    size_t room = packed.size < budget / 4 ? packed.size * 4 + 1024 : budget;
    while (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
        room = room < budget ? room : budget;
        bytes = room > 0 ? meta_alloc(meta, room, context) : NULL;
        if (bytes == NULL)
            break;
        result = libdeflate_zlib_decompress(inflater, packed.data, packed.size, bytes, room - 1, size);
        if (result == LIBDEFLATE_SUCCESS)
            break;
        arena_release(context->job_arena, mark);
        meta->budget = budget;
        bytes = NULL;
        if (room == budget)
            break;
        room *= 2;
    }
    libdeflate_free_decompressor(inflater);
    if (bytes != NULL)
        bytes[*size] = '\0';
    return bytes;
}

/* Length of the NUL-terminated keyword that a chunk begins with; 0 when it is none. */
static size_t keyword_length(const struct png_chunk *chunk)
{
    size_t most = chunk->size < KEYWORD_MAX + 1 ? chunk->size : KEYWORD_MAX + 1;
    const uint8_t *end = memchr(chunk->data, 0, most);
    return end != NULL ? (size_t)(end - chunk->data) : 0;
}

/* name NUL method(0) zlib data. */
static int take_profile(struct png_meta *meta, const struct png_chunk *chunk, struct context *context)
{
    size_t name = keyword_length(chunk), size = 0;
    if (meta->metadata->icc.data != NULL)
        return leave_out(context, "a second ICC profile");
    if (name == 0 || chunk->size < name + 2 || chunk->data[name + 1] != 0)
        return leave_out(context, "a broken ICC profile");
    const struct pm_blob packed = {chunk->data + name + 2, chunk->size - name - 2};
    const uint8_t *profile = inflate_blob(meta, packed, &size, context);
    if (profile == NULL)
        return leave_out(context, "an ICC profile that is broken or over 8 MB");
    size = profile_size(profile, size);
    if (size == 0)
        return leave_out(context, "a broken ICC profile");
    meta->metadata->icc = (struct pm_blob){profile, size};
    return 0;
}

/* Latin-1 to UTF-8, NUL-terminated; NULL when the budget ends. */
static char *latin1_to_utf8(struct png_meta *meta, const uint8_t *latin1, size_t size,
                            struct context *context)
{
    size_t wide = 0;
    for (size_t i = 0; i < size; i++)
        wide += latin1[i] >= 0x80;
    char *utf8 = (char *)meta_alloc(meta, size + wide + 1, context);
    if (utf8 != NULL)
        utf8[text_from_latin1(latin1, size, utf8)] = '\0';
    return utf8;
}

static int add_text(struct png_meta *meta, const char *keyword, const char *text, struct context *context,
                    struct pm_error *error)
{
    if (keyword == NULL || text == NULL || meta->ntexts == TEXTS_MAX)
        return leave_out(context, "text beyond 8 MB or 1000 entries");
    if (meta->ntexts == meta->texts_capacity) {
        size_t capacity = meta->texts_capacity > 0 ? meta->texts_capacity * 2 : 16;
        struct pm_text *texts = arena_alloc(context->job_arena, capacity * sizeof *texts);
        if (texts == NULL)
            return error_memory(error, capacity * sizeof *texts);
        if (meta->ntexts > 0)
            memcpy(texts, meta->texts, meta->ntexts * sizeof *texts);
        meta->texts = texts;
        meta->texts_capacity = capacity;
    }
    meta->texts[meta->ntexts++] = (struct pm_text){keyword, text};
    meta->metadata->texts = meta->texts;
    meta->metadata->ntexts = meta->ntexts;
    return 0;
}

/* tEXt: keyword NUL text. zTXt: keyword NUL method(0) zlib data. Both Latin-1. */
static int take_latin1_text(struct png_meta *meta, const struct png_chunk *chunk, struct context *context,
                            struct pm_error *error)
{
    if ((meta->keep & KEEP_TEXT) == 0)
        return 0;
    size_t length = keyword_length(chunk), size = 0;
    if (length == 0)
        return leave_out(context, "text without keyword");
    const uint8_t *text = chunk->data + length + 1;
    size = chunk->size - length - 1;
    if (chunk->type == TYPE_ZTXT) {
        if (size < 1 || *text != 0)
            return leave_out(context, "broken text (zTXt)");
        const struct pm_blob packed = {text + 1, size - 1};
        text = inflate_blob(meta, packed, &size, context);
        if (text == NULL)
            return leave_out(context, "text (zTXt) that is broken or over 8 MB");
    }
    const char *keyword = latin1_to_utf8(meta, chunk->data, length, context);
    return add_text(meta, keyword, latin1_to_utf8(meta, text, size, context), context, error);
}

/* keyword NUL compressed? method language NUL translated-keyword NUL text. XMP is one of these by its
 * keyword. */
static int take_unicode_text(struct png_meta *meta, const struct png_chunk *chunk, struct context *context,
                             struct pm_error *error)
{
    static const char xmp_keyword[] = "XML:com.adobe.xmp";
    size_t length = keyword_length(chunk);
    bool xmp = length == sizeof xmp_keyword - 1 && memcmp(chunk->data, xmp_keyword, length) == 0;
    if ((meta->keep & (xmp ? KEEP_XMP : KEEP_TEXT)) == 0)
        return 0;
    const uint8_t *end = chunk->data + chunk->size, *flags = chunk->data + length + 1;
    if (length == 0 || end - flags < 2 || flags[0] > 1 || flags[1] != 0)
        return leave_out(context, "broken text (iTXt)");
    const uint8_t *language_end = memchr(flags + 2, 0, (size_t)(end - flags) - 2);
    const uint8_t *translated_end =
        language_end != NULL ? memchr(language_end + 1, 0, (size_t)(end - language_end) - 1) : NULL;
    if (translated_end == NULL)
        return leave_out(context, "broken text (iTXt)");
    struct pm_blob text = {translated_end + 1, (size_t)(end - translated_end) - 1};
    if (flags[0] == 1)
        text.data = inflate_blob(meta, text, &text.size, context);
    if (text.data == NULL || !text_is_utf8(text.data, text.size))
        return leave_out(context, "text (iTXt) that is broken or over 8 MB");
    if (xmp) {
        if (meta->metadata->xmp.data == NULL)
            meta->metadata->xmp = text;
        return 0;
    }
    char *copy = (char *)meta_alloc(meta, text.size + 1, context);
    if (copy != NULL) {
        memcpy(copy, text.data, text.size);
        copy[text.size] = '\0';
    }
    return add_text(meta, latin1_to_utf8(meta, chunk->data, length, context), copy, context, error);
}

static int take_chromaticities(struct pm_metadata *metadata, const struct png_chunk *chunk,
                               struct context *context)
{
    if (chunk->size != 32)
        return leave_out(context, "a broken cHRM chunk");
    for (size_t i = 0; i < 8; i++)
        metadata->chromaticities[i] = png_get_be32(chunk->data + 4 * i);
    metadata->has_chromaticities = true;
    return 0;
}

static int take_color(struct pm_metadata *metadata, const struct png_chunk *chunk, struct context *context)
{
    switch (chunk->type) {
    case TYPE_GAMA:
        if (chunk->size != 4 || png_get_be32(chunk->data) == 0)
            return leave_out(context, "a broken gAMA chunk");
        metadata->gamma = png_get_be32(chunk->data);
        metadata->has_gamma = true;
        return 0;
    case TYPE_SRGB:
        if (chunk->size != 1 || chunk->data[0] > 3)
            return leave_out(context, "a broken sRGB chunk");
        metadata->srgb_intent = chunk->data[0];
        metadata->has_srgb = true;
        return 0;
    case TYPE_PHYS:
        if (chunk->size != 9 || chunk->data[8] > 1)
            return leave_out(context, "a broken pHYs chunk");
        metadata->density_x = png_get_be32(chunk->data);
        metadata->density_y = png_get_be32(chunk->data + 4);
        metadata->density_unit = chunk->data[8];
        metadata->has_density = true;
        return 0;
    default:
        return take_chromaticities(metadata, chunk, context);
    }
}

static int take_sealed(struct pm_metadata *metadata, const struct png_chunk *chunk, struct pm_error *error)
{
    if (metadata->sealed.data != NULL)
        return error_set(error, PM_ERROR_CORRUPT, "has two encryption headers (pmEN chunks)");
    if (chunk->size > PNG_SEALED_MAX)
        return error_limit(error, PNG_SEALED_MAX, chunk->size,
                           "has an encryption header of %u bytes, more than the %u allowed", chunk->size,
                           PNG_SEALED_MAX);
    metadata->sealed = (struct pm_blob){chunk->data, chunk->size};
    return 0;
}

/* The orientation must be the one that png_probe found, for memory was forecast by it: it counts where that
 * looks, too. */
static int take_exif(struct png_meta *meta, const struct png_chunk *chunk)
{
    if (meta->orientation == 0 && chunk->size <= PNG_EXIF_MAX && meta->chunk < PNG_CHUNKS_LOOKED)
        meta->orientation = exif_orientation(chunk->data, chunk->size);
    if ((meta->keep & KEEP_EXIF) != 0 && meta->metadata->exif.data == NULL)
        meta->metadata->exif = (struct pm_blob){chunk->data, chunk->size};
    return 0;
}

int png_meta_take(struct png_meta *meta, const struct png_chunk *chunk, bool before_pixels,
                  struct context *context, struct pm_error *error)
{
    if (png_refuse_bomb(meta, chunk, error) != 0)
        return -1;
    switch (chunk->type) {
    case TYPE_GAMA:
    case TYPE_CHRM:
    case TYPE_SRGB:
    case TYPE_PHYS:
        return before_pixels ? take_color(meta->metadata, chunk, context) : 0;
    case TYPE_ICCP:
        return before_pixels ? take_profile(meta, chunk, context) : 0;
    case TYPE_SEALED:
        return before_pixels ? take_sealed(meta->metadata, chunk, error) : 0;
    case TYPE_EXIF:
        return take_exif(meta, chunk);
    case TYPE_TEXT:
    case TYPE_ZTXT:
        return take_latin1_text(meta, chunk, context, error);
    case TYPE_ITXT:
        return take_unicode_text(meta, chunk, context, error);
    default:
        return 0;
    }
}
