/*
 * The boxes that pixmill writes: ftyp, meta and mdat (ISO/IEC 14496-12, 23008-12; AVIF 1.1). Items: the
 * colours, then alpha, EXIF and XMP if present; the same order in mdat.
 */
#include "codec/avif/part/boxes.h"

#include <string.h>

#include "base/bytes.h"
#include "image/exif.h"

enum { ITEMS_MAX = 4, PROPERTIES_MAX = 16, HEAD = 8, ESSENTIAL = 0x80 };

struct item {
    uint32_t type;
    struct pm_blob data;
    uint8_t properties[PROPERTIES_MAX]; /* indices in ipco, from 1 on; ESSENTIAL or-ed */
    unsigned nproperties;
    size_t offset_at; /* where iloc has its offset */
};

struct writer {
    struct buffer boxes; /* ftyp and meta */
    bool failed;         /* memory */
    struct item items[ITEMS_MAX];
    unsigned nitems, alpha, exif, xmp; /* item ids; 0: none. The colours are 1. */
    unsigned nproperties;
};

static void put(struct writer *writer, const void *bytes, size_t size)
{
    writer->failed |= buffer_append(&writer->boxes, bytes, size) != 0;
}

static void put_number(struct writer *writer, uint64_t value, unsigned bytes)
{
    uint8_t big[8];
    for (unsigned i = 0; i < bytes; i++)
        big[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
    put(writer, big, bytes);
}

static void put_text(struct writer *writer, const char *text) /* with its NUL */
{
    put(writer, text, strlen(text) + 1);
}

/* Begins a box; returns where, for box_end, which sets its size. */
static size_t box_begin(struct writer *writer, const char type[5])
{
    const size_t at = writer->boxes.size;
    put_number(writer, 0, 4);
    put(writer, type, 4);
    return at;
}

static size_t full_box_begin(struct writer *writer, const char type[5], unsigned version, uint32_t flags)
{
    const size_t at = box_begin(writer, type);
    put_number(writer, (uint64_t)version << 24 | flags, 4);
    return at;
}

static void box_end(struct writer *writer, size_t at)
{
    if (!writer->failed)
        put_be32(writer->boxes.data + at, (uint32_t)(writer->boxes.size - at));
}

/* --- properties ------------------------------------------------------------------------------------- */

/* Ends a property's box and gives it to items `first` to `last`. */
static void property_end(struct writer *writer, size_t at, unsigned first, unsigned last, unsigned essential)
{
    box_end(writer, at);
    writer->nproperties++;
    for (unsigned id = first; id <= last; id++) {
        struct item *item = &writer->items[id - 1];
        item->properties[item->nproperties++] = (uint8_t)(writer->nproperties | essential);
    }
}

/* ispe, pixi and av1C of an item. */
static void put_coding(struct writer *writer, const struct pm_image *image, unsigned id,
                       const struct av1_header *header)
{
    size_t at = full_box_begin(writer, "ispe", 0, 0);
    put_number(writer, image->width, 4);
    put_number(writer, image->height, 4);
    property_end(writer, at, id, id, 0);
    const unsigned channels = header->coding.monochrome ? 1 : 3;
    at = full_box_begin(writer, "pixi", 0, 0);
    put_number(writer, channels, 1);
    for (unsigned i = 0; i < channels; i++)
        put_number(writer, header->coding.bits, 1);
    property_end(writer, at, id, id, 0);
    at = box_begin(writer, "av1C");
    put_number(writer, 0x81, 1);
    put_number(writer, header->profile << 5 | header->level, 1);
    put_number(writer,
               header->tier << 7 | (header->coding.bits > 8 ? 0x40u : 0) |
                   (header->coding.bits == 12 ? 0x20u : 0) | (header->coding.monochrome ? 0x10u : 0) |
                   (header->coding.sampling_x > 1 ? 8u : 0) | (header->coding.sampling_y > 1 ? 4u : 0),
               1);
    put_number(writer, 0, 1);
    property_end(writer, at, id, id, ESSENTIAL);
}

static void put_colors(struct writer *writer, const struct pm_image *image, const struct heif_nclx *nclx)
{
    size_t at;
    if (image->meta.icc.size > 0) {
        at = box_begin(writer, "colr");
        put(writer, "prof", 4);
        put(writer, image->meta.icc.data, image->meta.icc.size);
        property_end(writer, at, 1, 1, 0);
    }
    at = box_begin(writer, "colr");
    put(writer, "nclx", 4);
    put_number(writer, nclx->primaries, 2);
    put_number(writer, nclx->transfer, 2);
    put_number(writer, nclx->matrix, 2);
    put_number(writer, nclx->full_range ? 0x80 : 0, 1);
    property_end(writer, at, 1, 1, 0);
}

/* mdcv and clli (ISO/IEC 14496-12, 12.1.7 and 12.1.6). */
static void put_light_levels(struct writer *writer, const struct pm_metadata *meta)
{
    enum { PRIMARY = 4, UNITS = 10000 };
    if (meta->has_mastering) {
        const size_t at = box_begin(writer, "mdcv");
        put(writer, meta->mastering + PRIMARY, 2 * PRIMARY); /* green, blue, red */
        put(writer, meta->mastering, PRIMARY);
        put(writer, meta->mastering + 3 * PRIMARY, sizeof meta->mastering - 3 * PRIMARY);
        property_end(writer, at, 1, 1, 0);
    }
    if (meta->has_light) {
        const size_t at = box_begin(writer, "clli");
        for (int i = 0; i < 2; i++) { /* rounded to cd/m2; 0: unknown */
            const uint64_t level = get_be32(meta->light + 4 * i), whole = (level + UNITS / 2) / UNITS;
            put_number(writer, level > 0 && whole == 0 ? 1 : whole < UINT16_MAX ? whole : UINT16_MAX, 2);
        }
        property_end(writer, at, 1, 1, 0);
    }
}

/* An orientation that was kept (usually it is applied): irot rotates anticlockwise, then imir mirrors; its
 * axis 0 exchanges top and bottom, 1 left and right. */
static void put_orientation(struct writer *writer, unsigned orientation, unsigned last)
{
    static const struct {
        int8_t quarters, axis;
    } turns[9] = {{0, -1}, {0, -1}, {0, 1}, {2, -1}, {0, 0}, {1, 0}, {3, -1}, {3, 0}, {1, -1}};
    if (turns[orientation].quarters > 0) {
        const size_t at = box_begin(writer, "irot");
        put_number(writer, (unsigned)turns[orientation].quarters, 1);
        property_end(writer, at, 1, last, ESSENTIAL);
    }
    if (turns[orientation].axis >= 0) {
        const size_t at = box_begin(writer, "imir");
        put_number(writer, (unsigned)turns[orientation].axis, 1);
        property_end(writer, at, 1, last, ESSENTIAL);
    }
}

static void put_properties(struct writer *writer, const struct pm_image *image,
                           const struct av1_header headers[2], const struct heif_nclx *nclx)
{
    const size_t iprp = box_begin(writer, "iprp"), ipco = box_begin(writer, "ipco");
    put_coding(writer, image, 1, &headers[0]);
    put_colors(writer, image, nclx);
    put_light_levels(writer, &image->meta);
    if (writer->alpha > 0) {
        put_coding(writer, image, writer->alpha, &headers[1]);
        const size_t at = full_box_begin(writer, "auxC", 0, 0);
        put_text(writer, "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha");
        property_end(writer, at, writer->alpha, writer->alpha, 0);
    }
    put_orientation(writer, image->orientation, writer->alpha > 0 ? writer->alpha : 1);
    box_end(writer, ipco);
    const unsigned pictures = writer->alpha > 0 ? 2 : 1;
    const size_t ipma = full_box_begin(writer, "ipma", 0, 0);
    put_number(writer, pictures, 4);
    for (unsigned id = 1; id <= pictures; id++) {
        const struct item *item = &writer->items[id - 1];
        put_number(writer, id, 2);
        put_number(writer, item->nproperties, 1);
        put(writer, item->properties, item->nproperties);
    }
    box_end(writer, ipma);
    box_end(writer, iprp);
}

/* --- meta ------------------------------------------------------------------------------------------- */

static void put_locations(struct writer *writer)
{
    enum { OFFSET_AND_LENGTH_OF_4 = 0x4400 };
    const size_t iloc = full_box_begin(writer, "iloc", 0, 0);
    put_number(writer, OFFSET_AND_LENGTH_OF_4, 2);
    put_number(writer, writer->nitems, 2);
    for (unsigned id = 1; id <= writer->nitems; id++) {
        struct item *item = &writer->items[id - 1];
        put_number(writer, id, 2);
        put_number(writer, 0, 2); /* in this file */
        put_number(writer, 1, 2); /* one extent */
        item->offset_at = writer->boxes.size;
        put_number(writer, 0, 4);
        /* the offset of the TIFF structure precedes EXIF */
        put_number(writer, item->data.size + (id == writer->exif ? 4 : 0), 4);
    }
    box_end(writer, iloc);
}

static void put_items(struct writer *writer)
{
    const size_t iinf = full_box_begin(writer, "iinf", 0, 0);
    put_number(writer, writer->nitems, 2);
    for (unsigned id = 1; id <= writer->nitems; id++) {
        const size_t infe =
            full_box_begin(writer, "infe", 2, id == writer->exif || id == writer->xmp ? 1 : 0);
        put_number(writer, id, 2);
        put_number(writer, 0, 2);
        put_number(writer, writer->items[id - 1].type, 4);
        put_text(writer, id == 1 ? "Color" : id == writer->alpha ? "Alpha" : "");
        if (id == writer->xmp)
            put_text(writer, "application/rdf+xml");
        box_end(writer, infe);
    }
    box_end(writer, iinf);
}

static void put_references(struct writer *writer)
{
    if (writer->nitems == 1)
        return;
    const size_t iref = full_box_begin(writer, "iref", 0, 0);
    for (unsigned id = 2; id <= writer->nitems; id++) {
        const size_t at = box_begin(writer, id == writer->alpha ? "auxl" : "cdsc");
        put_number(writer, id, 2);
        put_number(writer, 1, 2);
        put_number(writer, 1, 2);
        box_end(writer, at);
    }
    box_end(writer, iref);
}

static void put_meta(struct writer *writer, const struct pm_image *image, const struct av1_header headers[2],
                     const struct heif_nclx *nclx)
{
    static const char brands[] = "avif\0\0\0\0avifmif1miaf";
    size_t at = box_begin(writer, "ftyp");
    put(writer, brands, sizeof brands - 1);
    if (headers[0].profile < 2) /* the profiles of AVIF 1.1, 8 */
        put(writer, headers[0].profile == 0 ? "MA1B" : "MA1A", 4);
    box_end(writer, at);
    const size_t meta = full_box_begin(writer, "meta", 0, 0);
    at = full_box_begin(writer, "hdlr", 0, 0);
    put_number(writer, 0, 4);
    put(writer, "pict", 4);
    put(writer, "\0\0\0\0\0\0\0\0\0\0\0", 12);
    put_text(writer, "");
    box_end(writer, at);
    at = full_box_begin(writer, "pitm", 0, 0);
    put_number(writer, 1, 2);
    box_end(writer, at);
    put_locations(writer);
    put_items(writer);
    put_references(writer);
    put_properties(writer, image, headers, nclx);
    box_end(writer, meta);
}

/* --- the file --------------------------------------------------------------------------------------- */

static unsigned add_item(struct writer *writer, uint32_t type, struct pm_blob data)
{
    if (data.size == 0)
        return 0;
    writer->items[writer->nitems++] = (struct item){.type = type, .data = data};
    return writer->nitems;
}

/* Warns of metadata that an AVIF can't store. */
static void warn_of_losses(const struct pm_metadata *meta, struct context *context)
{
    if (meta->iptc.size > 0)
        context_warn(context, "IPTC is left out: AVIF can't store it");
    if (meta->ntexts > 0)
        context_warn(context, "text is left out: AVIF can't store it");
    if (exif_lacks_density(meta))
        context_warn(context, "the density is left out: AVIF stores it only in EXIF");
}

/* Appends boxes and items; the offsets in iloc are set here. */
static int append_file(struct writer *writer, struct buffer *out, struct pm_error *error)
{
    static const uint8_t no_offset[4];
    uint64_t size = HEAD;
    for (unsigned i = 0; i < writer->nitems; i++)
        size += writer->items[i].data.size + (i + 1 == writer->exif ? sizeof no_offset : 0);
    if (size + writer->boxes.size > UINT32_MAX)
        return error_limit(error, UINT32_MAX, size, "would be an AVIF of more than 4 GiB");
    uint64_t at = writer->boxes.size + HEAD;
    for (unsigned i = 0; i < writer->nitems; i++) {
        put_be32(writer->boxes.data + writer->items[i].offset_at, (uint32_t)at);
        at += writer->items[i].data.size + (i + 1 == writer->exif ? sizeof no_offset : 0);
    }
    uint8_t mdat[HEAD] = {0, 0, 0, 0, 'm', 'd', 'a', 't'};
    put_be32(mdat, (uint32_t)size);
    if (buffer_reserve(out, writer->boxes.size + (size_t)size) != 0)
        return error_memory(error, size);
    buffer_append(out, writer->boxes.data, writer->boxes.size);
    buffer_append(out, mdat, sizeof mdat);
    for (unsigned i = 0; i < writer->nitems; i++) {
        if (i + 1 == writer->exif)
            buffer_append(out, no_offset, sizeof no_offset);
        buffer_append(out, writer->items[i].data.data, writer->items[i].data.size);
    }
    return 0;
}

int avif_write_file(const struct pm_image *image, const struct avif_bitstreams *bits,
                    const struct heif_nclx *nclx, struct buffer *out, struct context *context)
{
    struct av1_header headers[2];
    struct writer writer = {0};
    if (!av1_read_header(bits->color.data, bits->color.size, &headers[0]) ||
        (bits->alpha.size > 0 && !av1_read_header(bits->alpha.data, bits->alpha.size, &headers[1])))
        return error_set(context->error, PM_ERROR_INTERNAL,
                         "libaom wrote no sequence header (please report this)");
    warn_of_losses(&image->meta, context);
    add_item(&writer, HEIF_AV01, bits->color);
    writer.alpha = add_item(&writer, HEIF_AV01, bits->alpha);
    writer.exif = add_item(&writer, HEIF_EXIF, image->meta.exif);
    writer.xmp = add_item(&writer, HEIF_MIME, image->meta.xmp);
    put_meta(&writer, image, headers, nclx);
    const int status =
        writer.failed ? error_memory(context->error, 0) : append_file(&writer, out, context->error);
    buffer_free(&writer.boxes);
    return status;
}
