/*
 * Metadata to segments of at most 65533 bytes: EXIF in one, XMP in one or, parted, in several, an ICC profile
 * and IPTC in as many as they need. What no JPEG can hold is left out with a warning.
 */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "codec/jpeg/meta.h"
#include "codec/jpeg/trap.h"
#include "image/exif.h"

enum { ICC_SEGMENTS_MAX = 255 };

static void write_bytes(struct jpeg_compress_struct *cinfo, const void *data, size_t size)
{
    const uint8_t *p = data;
    for (size_t i = 0; i < size; i++)
        jpeg_write_m_byte(cinfo, p[i]);
}

/* One segment: prefix[prefix_size], then data[size]. */
static void write_segment(struct jpeg_compress_struct *cinfo, int marker, const void *prefix,
                          size_t prefix_size, const void *data, size_t size)
{
    jpeg_write_m_header(cinfo, marker, (unsigned)(prefix_size + size));
    write_bytes(cinfo, prefix, prefix_size);
    write_bytes(cinfo, data, size);
}

/* Is there room for `size` bytes in a segment that begins with `prefix_size` others? Warns when not. */
static bool fits(size_t prefix_size, size_t size, const char *what, struct context *context)
{
    if (size <= JPEG_PAYLOAD_MAX - prefix_size)
        return true;
    context_warn(context, "%s of %zu bytes is left out (a JPEG holds %zu)", what, size,
                 JPEG_PAYLOAD_MAX - prefix_size);
    return false;
}

static void write_exif(struct jpeg_compress_struct *cinfo, const struct pm_image *image,
                       struct context *context)
{
    uint8_t minimal[EXIF_MINIMAL_BYTES];
    struct pm_blob exif = image->meta.exif;
    if (exif.data != NULL && !fits(JPEG_EXIF_HEAD, exif.size, "EXIF", context))
        exif.data = NULL;
    if (exif.data == NULL && image->orientation > 1) {
        exif_minimal(minimal, image->orientation);
        exif = (struct pm_blob){.data = minimal, .size = sizeof minimal};
    }
    if (exif.data != NULL)
        write_segment(cinfo, JPEG_APP1, JPEG_EXIF_ID, JPEG_EXIF_HEAD, exif.data, exif.size);
}

static void write_extension(struct jpeg_compress_struct *cinfo, struct pm_blob extension,
                            const char guid[MD5_HEX])
{
    const size_t most = JPEG_PAYLOAD_MAX - JPEG_XMP_EXTENSION_HEAD;
    uint8_t head[JPEG_XMP_EXTENSION_HEAD] = JPEG_XMP_EXTENSION_ID;
    uint8_t *rest = head + sizeof JPEG_XMP_EXTENSION_ID;
    memcpy(rest, guid, MD5_HEX);
    put_be32(rest + MD5_HEX, (uint32_t)extension.size);
    for (size_t at = 0; at < extension.size; at += most) {
        size_t left = extension.size - at;
        put_be32(rest + MD5_HEX + 4, (uint32_t)at);
        write_segment(cinfo, JPEG_APP1, head, sizeof head, extension.data + at, left < most ? left : most);
    }
}

static void write_xmp(struct jpeg_compress_struct *cinfo, struct pm_blob xmp, struct context *context)
{
    const size_t room = JPEG_PAYLOAD_MAX - JPEG_XMP_HEAD;
    struct jpeg_trap *trap = jpeg_trap_of((j_common_ptr)cinfo);
    struct pm_blob extension = {0};
    char guid[MD5_HEX + 1];
    if (xmp.size > room) {
        int status = jpeg_part_xmp(xmp, room, &xmp, &extension, guid, context);
        if (status < 0)
            jpeg_trap_leave(trap, PM_ERROR_MEMORY, PM_HINT_LESS_AT_ONCE, "no memory for its XMP");
    }
    if (xmp.data == NULL || !fits(JPEG_XMP_HEAD, xmp.size, "XMP", context))
        return;
    write_segment(cinfo, JPEG_APP1, JPEG_XMP_ID, JPEG_XMP_HEAD, xmp.data, xmp.size);
    if (extension.data != NULL)
        write_extension(cinfo, extension, guid);
}

static void write_icc(struct jpeg_compress_struct *cinfo, struct pm_blob icc, struct context *context)
{
    const size_t most = (size_t)ICC_SEGMENTS_MAX * (JPEG_PAYLOAD_MAX - JPEG_ICC_HEAD);
    if (icc.data == NULL || icc.size == 0)
        return;
    if (icc.size > most)
        context_warn(context, "an ICC profile of %zu bytes is left out (a JPEG holds %zu)", icc.size, most);
    else
        jpeg_write_icc_profile(cinfo, icc.data, (unsigned)icc.size);
}

/* As the one image resource of Photoshop's that there is, which segments are cut from as they come. */
static void write_iptc(struct jpeg_compress_struct *cinfo, struct pm_blob iptc, struct context *context)
{
    enum { HEAD = 12, SIZE = 8 };
    const size_t room = JPEG_PAYLOAD_MAX - JPEG_PHOTOSHOP_HEAD;
    uint8_t head[HEAD] = {'8', 'B', 'I', 'M', 0x04, 0x04};
    if (iptc.data == NULL || iptc.size == 0)
        return;
    if (iptc.size > INT32_MAX) {
        context_warn(context, "IPTC of %zu bytes is left out", iptc.size);
        return;
    }
    put_be32(head + SIZE, (uint32_t)iptc.size);
    const size_t padding = iptc.size & 1, whole = HEAD + iptc.size + padding;
    for (size_t at = 0; at < whole; at += room) {
        const size_t end = whole - at < room ? whole : at + room;
        jpeg_write_m_header(cinfo, JPEG_APP13, (unsigned)(JPEG_PHOTOSHOP_HEAD + end - at));
        write_bytes(cinfo, JPEG_PHOTOSHOP_ID, JPEG_PHOTOSHOP_HEAD);
        for (size_t i = at; i < end; i++)
            jpeg_write_m_byte(cinfo, i < HEAD ? head[i] : i - HEAD < iptc.size ? iptc.data[i - HEAD] : 0);
    }
}

static void write_text(struct jpeg_compress_struct *cinfo, const struct pm_text *text,
                       struct context *context)
{
    /* A comment has no keyword: other texts say theirs. */
    char keyword[96] = "";
    if (strcmp(text->keyword, "Comment") != 0)
        snprintf(keyword, sizeof keyword, "%s: ", text->keyword);
    if (fits(strlen(keyword), strlen(text->text), "a text", context))
        write_segment(cinfo, JPEG_COM, keyword, strlen(keyword), text->text, strlen(text->text));
}

void jpeg_write_metadata(struct jpeg_compress_struct *cinfo, const struct pm_image *image,
                         struct context *context)
{
    const struct pm_metadata *meta = &image->meta;
    write_exif(cinfo, image, context);
    write_xmp(cinfo, meta->xmp, context);
    write_icc(cinfo, meta->icc, context);
    write_iptc(cinfo, meta->iptc, context);
    for (size_t i = 0; i < meta->ntexts; i++)
        write_text(cinfo, &meta->texts[i], context);
}
