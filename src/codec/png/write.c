/*
 * Chunks and metadata of a PNG file. All of the image's metadata is written, in the order that section 5.6
 * requires; an ICC profile replaces sRGB, as only one is allowed. ASCII text becomes tEXt, other text iTXt.
 */
#include <libdeflate.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "codec/png/facts.h"
#include "codec/png/write.h"
#include "color/description.h"
#include "image/exif.h"

enum { KEYWORD_MAX = 79, PACK_LEVEL = 9 };

/* Chunks are written in place: begun with unknown length, ended when the data is complete. */
static int chunk_begin(struct buffer *out, uint32_t type, size_t *start, struct pm_error *error)
{
    uint8_t frame[8] = {0};
    png_put_be32(frame + 4, type);
    *start = out->size;
    return buffer_append(out, frame, sizeof frame) == 0 ? 0 : error_memory(error, sizeof frame);
}

static int chunk_end(struct buffer *out, size_t start, struct pm_error *error)
{
    size_t size = out->size - start - 8;
    uint8_t sum[4];
    if (size > PNG_CHUNK_MAX)
        return error_limit_hint(error, PNG_CHUNK_MAX, size, PM_HINT_KEEP_LESS,
                                "a chunk of %zu bytes is more than PNG allows", size);
    png_put_be32(out->data + start, (uint32_t)size);
    png_put_be32(sum, libdeflate_crc32(0, out->data + start + 4, size + 4));
    return buffer_append(out, sum, sizeof sum) == 0 ? 0 : error_memory(error, sizeof sum);
}

static int append(struct buffer *out, const void *bytes, size_t size, struct pm_error *error)
{
    return buffer_append(out, bytes, size) == 0 ? 0 : error_memory(error, size);
}

int png_chunk_append(struct buffer *out, uint32_t type, const void *data, size_t size, struct pm_error *error)
{
    size_t start;
    if (chunk_begin(out, type, &start, error) != 0 || append(out, data, size, error) != 0)
        return -1;
    return chunk_end(out, start, error);
}

static int append_header(struct buffer *out, const struct pm_image *image, const struct png_form *form,
                         bool interlaced, struct pm_error *error)
{
    uint8_t ihdr[PNG_IHDR_SIZE] = {0};
    png_put_be32(ihdr, image->width);
    png_put_be32(ihdr + 4, image->height);
    ihdr[8] = (uint8_t)form->depth;
    ihdr[9] = (uint8_t)form->type;
    ihdr[12] = interlaced;
    return png_chunk_append(out, TYPE_IHDR, ihdr, sizeof ihdr, error);
}

/* PLTE, and tRNS with the alpha of the first colours (11.3.1.1). */
static int append_palette(struct buffer *out, const struct png_form *form, struct pm_error *error)
{
    uint8_t colors[3 * PALETTE_MAX], alpha[PALETTE_MAX];
    const struct palette *palette = &form->palette;
    if (form->type != PNG_PALETTE)
        return 0;
    for (unsigned i = 0; i < palette->count; i++) {
        memcpy(colors + (size_t)3 * i, palette->rgba[i], 3);
        alpha[i] = palette->rgba[i][3];
    }
    if (png_chunk_append(out, TYPE_PLTE, colors, (size_t)3 * palette->count, error) != 0)
        return -1;
    return form->translucent > 0 ? png_chunk_append(out, TYPE_TRNS, alpha, form->translucent, error) : 0;
}

/* Appends bytes[size] as a zlib stream. */
static int append_packed(struct buffer *out, const void *bytes, size_t size, struct pm_error *error)
{
    struct libdeflate_compressor *deflater = libdeflate_alloc_compressor(PACK_LEVEL);
    if (deflater == NULL)
        return error_memory(error, 0);
    const size_t bound = libdeflate_zlib_compress_bound(deflater, size);
    int status = buffer_reserve(out, bound) == 0 ? 0 : error_memory(error, bound);
    if (status == 0)
        out->size += libdeflate_zlib_compress(deflater, bytes, size, out->data + out->size, bound);
    libdeflate_free_compressor(deflater);
    return status;
}

/* Appends a chunk of name[name_size] (including its NUL), method 0 and bytes[size] compressed: iCCP or
 * zTXt. */
static int append_named(struct buffer *out, uint32_t type, const char *name, size_t name_size,
                        const void *bytes, size_t size, struct pm_error *error)
{
    size_t start;
    if (chunk_begin(out, type, &start, error) != 0 || append(out, name, name_size, error) != 0 ||
        append(out, "", 1, error) != 0 || append_packed(out, bytes, size, error) != 0)
        return -1;
    return chunk_end(out, start, error);
}

/* Appends one of png/facts.h's chunks, if set in the metadata. */
static int append_fact(struct buffer *out, uint32_t type, const struct pm_metadata *meta,
                       struct pm_error *error)
{
    uint8_t data[PNG_FACT_MAX];
    const size_t size = png_fact_write(png_fact_find(type), meta, data);
    return size > 0 ? png_chunk_append(out, type, data, size, error) : 0;
}

/* gAMA and cHRM, for programs that support nothing better. With sRGB they must have sRGB's values
 * (11.3.2.5). */
static int append_gamma(struct buffer *out, const struct pm_metadata *meta, struct pm_error *error)
{
    const bool srgb = meta->has_srgb && meta->icc.data == NULL;
    if ((!srgb || color_gamma_is_srgb(meta->gamma)) && append_fact(out, TYPE_GAMA, meta, error) != 0)
        return -1;
    return srgb && !color_primaries_are_srgb(meta->chromaticities) ? 0
                                                                   : append_fact(out, TYPE_CHRM, meta, error);
}

/* In order of priority: a reader uses the first that it supports. */
static int append_color(struct buffer *out, const struct pm_metadata *meta, const struct png_chunk *profile,
                        struct pm_error *error)
{
    static const char profile_name[] = "ICC profile";
    if (append_fact(out, TYPE_CICP, meta, error) != 0)
        return -1;
    if (profile != NULL) {
        if (png_chunk_append(out, TYPE_ICCP, profile->data, profile->size, error) != 0)
            return -1;
    } else if (meta->icc.data != NULL) {
        if (append_named(out, TYPE_ICCP, profile_name, sizeof profile_name, meta->icc.data, meta->icc.size,
                         error) != 0)
            return -1;
    } else if (append_fact(out, TYPE_SRGB, meta, error) != 0) {
        return -1;
    }
    if (append_gamma(out, meta, error) != 0 || append_fact(out, TYPE_MDCV, meta, error) != 0 ||
        append_fact(out, TYPE_CLLI, meta, error) != 0)
        return -1;
    return append_fact(out, TYPE_PHYS, meta, error);
}

/* Appends the EXIF block, with the orientation, or a minimal one. */
static int append_exif(struct buffer *out, const struct pm_image *image, struct pm_error *error)
{
    const struct pm_blob exif = image->meta.exif;
    uint8_t minimal[EXIF_MINIMAL_BYTES];
    if (exif.data != NULL)
        return png_chunk_append(out, TYPE_EXIF, exif.data, exif.size, error);
    if (image->orientation <= 1)
        return 0;
    exif_minimal(minimal, image->orientation);
    return png_chunk_append(out, TYPE_EXIF, minimal, sizeof minimal, error);
}

/* Converts UTF-8 to the Latin-1 of a keyword, at most 79 bytes; characters not in Latin-1 become '?'. Returns
 * the length. */
static size_t latin1_keyword(const char *utf8, uint8_t latin1[KEYWORD_MAX])
{
    size_t length = 0;
    for (const uint8_t *c = (const uint8_t *)utf8; *c != 0 && length < KEYWORD_MAX; c++) {
        if ((*c & 0xc0) == 0x80)
            continue; /* continuation byte: handled with its lead byte */
        if (*c < 0x80)
            latin1[length++] = *c;
        else
            latin1[length++] = (*c & 0xfe) == 0xc2 ? (uint8_t)(*c << 6 | (c[1] & 0x3f)) : '?';
    }
    return length;
}

static bool is_ascii(const char *text)
{
    while (*text != '\0') {
        if ((*text++ & 0x80) != 0)
            return false;
    }
    return true;
}

static int append_text(struct buffer *out, const char *keyword, const void *text, size_t size, bool unicode,
                       struct pm_error *error)
{
    static const uint8_t plain[4] = {0}; /* not compressed, method 0, no language, no translated keyword */
    uint8_t latin1[KEYWORD_MAX + 1] = {0};
    size_t start, length = latin1_keyword(keyword, latin1);
    if (length == 0)
        return 0; /* PNG has no text without keyword */
    if (chunk_begin(out, unicode ? TYPE_ITXT : TYPE_TEXT, &start, error) != 0 ||
        append(out, latin1, length + 1, error) != 0 ||
        (unicode && append(out, plain, sizeof plain, error) != 0) || append(out, text, size, error) != 0)
        return -1;
    return chunk_end(out, start, error);
}

/* PNG has no chunk for IPTC: write it as hexadecimal text, as ImageMagick does; exiftool, exiv2 and
 * png/text.c read that. */
static int append_iptc(struct buffer *out, struct pm_blob iptc, struct pm_error *error)
{
    enum { BYTES_A_LINE = 36, HEAD_MAX = 32, LINE_MAX = 2 * BYTES_A_LINE + 2 };
    static const char keyword[] = "Raw profile type iptc";
    const size_t lines = (iptc.size + BYTES_A_LINE - 1) / BYTES_A_LINE, room = HEAD_MAX + lines * LINE_MAX;
    struct buffer text = {0};
    if (buffer_reserve(&text, room) != 0)
        return error_memory(error, room);
    text.size = (size_t)snprintf((char *)text.data, HEAD_MAX, "\niptc\n%8zu\n", iptc.size);
    for (size_t at = 0; at < iptc.size; at += BYTES_A_LINE) {
        const size_t part = iptc.size - at < BYTES_A_LINE ? iptc.size - at : BYTES_A_LINE;
        text_hex(iptc.data + at, part, (char *)text.data + text.size);
        text.size += 2 * part;
        text.data[text.size++] = '\n';
    }
    int status = append_named(out, TYPE_ZTXT, keyword, sizeof keyword, text.data, text.size, error);
    buffer_free(&text);
    return status;
}

int png_meta_append(struct buffer *out, const struct pm_image *image, const struct png_chunk *profile,
                    struct pm_error *error)
{
    const struct pm_metadata *meta = &image->meta;
    if (append_color(out, meta, profile, error) != 0 || append_exif(out, image, error) != 0)
        return -1;
    if (meta->xmp.data != NULL &&
        append_text(out, "XML:com.adobe.xmp", meta->xmp.data, meta->xmp.size, true, error) != 0)
        return -1;
    if (meta->iptc.data != NULL && append_iptc(out, meta->iptc, error) != 0)
        return -1;
    for (size_t i = 0; i < meta->ntexts; i++) {
        const struct pm_text *text = &meta->texts[i];
        if (append_text(out, text->keyword, text->text, strlen(text->text), !is_ascii(text->text), error) !=
            0)
            return -1;
    }
    return meta->sealed.data != NULL
               ? png_chunk_append(out, TYPE_SEALED, meta->sealed.data, meta->sealed.size, error)
               : 0;
}

int png_head_append(struct buffer *out, const struct pm_image *image, const struct png_form *form,
                    bool interlaced, struct pm_error *error)
{
    if (append(out, png_signature, PNG_SIGNATURE_SIZE, error) != 0 ||
        append_header(out, image, form, interlaced, error) != 0 ||
        png_meta_append(out, image, NULL, error) != 0)
        return -1;
    return append_palette(out, form, error);
}
