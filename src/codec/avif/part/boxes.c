/*
 * The boxes that pixmill writes: ftyp, meta and mdat (ISO/IEC 14496-12, 23008-12; AVIF 1.1). Items: the
 * colours, then alpha, EXIF and XMP if present; the same order in mdat.
 */
#include "codec/avif/part/boxes.h"

#include <string.h>

#include "base/bytes.h"
#include "codec/avif/part/tracks.h"
#include "image/exif.h"

enum { ITEMS_MAX = 4, PROPERTIES_MAX = 16, HEAD = 8, ESSENTIAL = 0x80 };

struct item {
    uint32_t type;
    struct pm_blob data;                /* of a sequence: of all frames */
    size_t size;                        /* the first frame's part */
    uint8_t properties[PROPERTIES_MAX]; /* indices in ipco, from 1 on; ESSENTIAL or-ed */
    unsigned nproperties;
    size_t offset_at; /* where iloc has its offset */
};

struct writer {
    struct box_writer box; /* ftyp, meta and moov */
    struct item items[ITEMS_MAX];
    unsigned nitems, alpha, exif, xmp; /* item ids; 0: none. The colours are 1. */
    unsigned nproperties;
    size_t chunk_at[2]; /* where the tracks have the offsets of the first two items; 0: no track */
};

/* --- properties ------------------------------------------------------------------------------------- */

/* Gives the property that was written last to items `first` to `last`. */
static void give_property(struct writer *writer, unsigned first, unsigned last, unsigned essential)
{
    writer->nproperties++;
    for (unsigned id = first; id <= last; id++) {
        struct item *item = &writer->items[id - 1];
        item->properties[item->nproperties++] = (uint8_t)(writer->nproperties | essential);
    }
}

void avif_put_config(struct box_writer *box, const struct av1_header *header)
{
    const size_t at = box_begin(box, "av1C");
    box_number(box, 0x81, 1);
    box_number(box, header->profile << 5 | header->level, 1);
    box_number(box,
               header->tier << 7 | (header->coding.bits > 8 ? 0x40u : 0) |
                   (header->coding.bits == 12 ? 0x20u : 0) | (header->coding.monochrome ? 0x10u : 0) |
                   (header->coding.sampling_x > 1 ? 8u : 0) | (header->coding.sampling_y > 1 ? 4u : 0),
               1);
    box_number(box, 0, 1);
    box_end(box, at);
}

void avif_put_profile(struct box_writer *box, struct pm_blob icc)
{
    const size_t at = box_begin(box, "colr");
    box_put(box, "prof", 4);
    box_put(box, icc.data, icc.size);
    box_end(box, at);
}

void avif_put_nclx(struct box_writer *box, const struct heif_nclx *nclx)
{
    const size_t at = box_begin(box, "colr");
    box_put(box, "nclx", 4);
    box_number(box, nclx->primaries, 2);
    box_number(box, nclx->transfer, 2);
    box_number(box, nclx->matrix, 2);
    box_number(box, nclx->full_range ? 0x80 : 0, 1);
    box_end(box, at);
}

/* mdcv (ISO/IEC 14496-12, 12.1.7) */
void avif_put_mastering(struct box_writer *box, const struct pm_metadata *meta)
{
    enum { PRIMARY = 4 };
    const size_t at = box_begin(box, "mdcv");
    box_put(box, meta->mastering + PRIMARY, 2 * PRIMARY); /* green, blue, red */
    box_put(box, meta->mastering, PRIMARY);
    box_put(box, meta->mastering + 3 * PRIMARY, sizeof meta->mastering - 3 * PRIMARY);
    box_end(box, at);
}

/* clli (ISO/IEC 14496-12, 12.1.6) */
void avif_put_light(struct box_writer *box, const struct pm_metadata *meta)
{
    enum { UNITS = 10000 };
    const size_t at = box_begin(box, "clli");
    for (int i = 0; i < 2; i++) { /* rounded to cd/m2; 0: unknown */
        const uint64_t level = get_be32(meta->light + 4 * i), whole = (level + UNITS / 2) / UNITS;
        box_number(box, level > 0 && whole == 0 ? 1 : whole < UINT16_MAX ? whole : UINT16_MAX, 2);
    }
    box_end(box, at);
}

/* ispe, pixi and av1C of an item. */
static void put_coding(struct writer *writer, const struct pm_image *image, unsigned id,
                       const struct av1_header *header)
{
    size_t at = box_begin_full(&writer->box, "ispe", 0, 0);
    box_number(&writer->box, image->width, 4);
    box_number(&writer->box, image->height, 4);
    box_end(&writer->box, at);
    give_property(writer, id, id, 0);
    const unsigned channels = header->coding.monochrome ? 1 : 3;
    at = box_begin_full(&writer->box, "pixi", 0, 0);
    box_number(&writer->box, channels, 1);
    for (unsigned i = 0; i < channels; i++)
        box_number(&writer->box, header->coding.bits, 1);
    box_end(&writer->box, at);
    give_property(writer, id, id, 0);
    avif_put_config(&writer->box, header);
    give_property(writer, id, id, ESSENTIAL);
}

static void put_colors(struct writer *writer, const struct pm_image *image, const struct heif_nclx *nclx)
{
    if (image->meta.icc.size > 0) {
        avif_put_profile(&writer->box, image->meta.icc);
        give_property(writer, 1, 1, 0);
    }
    avif_put_nclx(&writer->box, nclx);
    give_property(writer, 1, 1, 0);
}

static void put_light_levels(struct writer *writer, const struct pm_metadata *meta)
{
    if (meta->has_mastering) {
        avif_put_mastering(&writer->box, meta);
        give_property(writer, 1, 1, 0);
    }
    if (meta->has_light) {
        avif_put_light(&writer->box, meta);
        give_property(writer, 1, 1, 0);
    }
}

/* An orientation that was kept (usually it is applied): irot rotates anticlockwise, then imir mirrors; its
 * axis 0 exchanges top and bottom, 1 left and right. */
static void put_orientation(struct writer *writer, unsigned orientation, unsigned last)
{
    const struct heif_turn_boxes boxes = heif_turn_boxes_of(orientation);
    if (boxes.quarters > 0) {
        const size_t at = box_begin(&writer->box, "irot");
        box_number(&writer->box, (unsigned)boxes.quarters, 1);
        box_end(&writer->box, at);
        give_property(writer, 1, last, ESSENTIAL);
    }
    if (boxes.axis >= 0) {
        const size_t at = box_begin(&writer->box, "imir");
        box_number(&writer->box, (unsigned)boxes.axis, 1);
        box_end(&writer->box, at);
        give_property(writer, 1, last, ESSENTIAL);
    }
}

static void put_properties(struct writer *writer, const struct pm_image *image,
                           const struct av1_header headers[2], const struct heif_nclx *nclx)
{
    const size_t iprp = box_begin(&writer->box, "iprp"), ipco = box_begin(&writer->box, "ipco");
    put_coding(writer, image, 1, &headers[0]);
    put_colors(writer, image, nclx);
    put_light_levels(writer, &image->meta);
    if (writer->alpha > 0) {
        put_coding(writer, image, writer->alpha, &headers[1]);
        const size_t at = box_begin_full(&writer->box, "auxC", 0, 0);
        box_text(&writer->box, "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha");
        box_end(&writer->box, at);
        give_property(writer, writer->alpha, writer->alpha, 0);
    }
    put_orientation(writer, image->orientation, writer->alpha > 0 ? writer->alpha : 1);
    box_end(&writer->box, ipco);
    const unsigned pictures = writer->alpha > 0 ? 2 : 1;
    const size_t ipma = box_begin_full(&writer->box, "ipma", 0, 0);
    box_number(&writer->box, pictures, 4);
    for (unsigned id = 1; id <= pictures; id++) {
        const struct item *item = &writer->items[id - 1];
        box_number(&writer->box, id, 2);
        box_number(&writer->box, item->nproperties, 1);
        box_put(&writer->box, item->properties, item->nproperties);
    }
    box_end(&writer->box, ipma);
    box_end(&writer->box, iprp);
}

/* --- meta ------------------------------------------------------------------------------------------- */

static void put_locations(struct writer *writer)
{
    enum { OFFSET_AND_LENGTH_OF_4 = 0x4400 };
    const size_t iloc = box_begin_full(&writer->box, "iloc", 0, 0);
    box_number(&writer->box, OFFSET_AND_LENGTH_OF_4, 2);
    box_number(&writer->box, writer->nitems, 2);
    for (unsigned id = 1; id <= writer->nitems; id++) {
        struct item *item = &writer->items[id - 1];
        box_number(&writer->box, id, 2);
        box_number(&writer->box, 0, 2); /* in this file */
        box_number(&writer->box, 1, 2); /* one extent */
        item->offset_at = writer->box.boxes.size;
        box_number(&writer->box, 0, 4);
        /* the offset of the TIFF structure precedes EXIF */
        box_number(&writer->box, item->size + (id == writer->exif ? 4 : 0), 4);
    }
    box_end(&writer->box, iloc);
}

static void put_items(struct writer *writer)
{
    const size_t iinf = box_begin_full(&writer->box, "iinf", 0, 0);
    box_number(&writer->box, writer->nitems, 2);
    for (unsigned id = 1; id <= writer->nitems; id++) {
        const size_t infe =
            box_begin_full(&writer->box, "infe", 2, id == writer->exif || id == writer->xmp ? 1 : 0);
        box_number(&writer->box, id, 2);
        box_number(&writer->box, 0, 2);
        box_number(&writer->box, writer->items[id - 1].type, 4);
        box_text(&writer->box, id == 1 ? "Color" : id == writer->alpha ? "Alpha" : "");
        if (id == writer->xmp)
            box_text(&writer->box, "application/rdf+xml");
        box_end(&writer->box, infe);
    }
    box_end(&writer->box, iinf);
}

static void put_references(struct writer *writer)
{
    if (writer->nitems == 1)
        return;
    const size_t iref = box_begin_full(&writer->box, "iref", 0, 0);
    for (unsigned id = 2; id <= writer->nitems; id++) {
        const size_t at = box_begin(&writer->box, id == writer->alpha ? "auxl" : "cdsc");
        box_number(&writer->box, id, 2);
        box_number(&writer->box, 1, 2);
        box_number(&writer->box, 1, 2);
        box_end(&writer->box, at);
    }
    box_end(&writer->box, iref);
}

static void put_brands(struct writer *writer, const struct av1_header headers[2], bool sequence)
{
    static const char still[] = "avif\0\0\0\0avifmif1miaf", frames[] = "avis\0\0\0\0avifavismsf1iso8mif1miaf";
    const size_t at = box_begin(&writer->box, "ftyp");
    box_put(&writer->box, sequence ? frames : still, sequence ? sizeof frames - 1 : sizeof still - 1);
    if (headers[0].profile < 2) /* the profiles of AVIF 1.1, 8 */
        box_put(&writer->box, headers[0].profile == 0 ? "MA1B" : "MA1A", 4);
    box_end(&writer->box, at);
}

static void put_meta(struct writer *writer, const struct pm_image *image, const struct av1_header headers[2],
                     const struct heif_nclx *nclx)
{
    const size_t meta = box_begin_full(&writer->box, "meta", 0, 0);
    size_t at = box_begin_full(&writer->box, "hdlr", 0, 0);
    box_number(&writer->box, 0, 4);
    box_put(&writer->box, "pict", 4);
    box_put(&writer->box, "\0\0\0\0\0\0\0\0\0\0\0", 12);
    box_text(&writer->box, "");
    box_end(&writer->box, at);
    at = box_begin_full(&writer->box, "pitm", 0, 0);
    box_number(&writer->box, 1, 2);
    box_end(&writer->box, at);
    put_locations(writer);
    put_items(writer);
    put_references(writer);
    put_properties(writer, image, headers, nclx);
    box_end(&writer->box, meta);
}

/* --- the file --------------------------------------------------------------------------------------- */

static unsigned add_item(struct writer *writer, uint32_t type, struct pm_blob data)
{
    if (data.size == 0)
        return 0;
    writer->items[writer->nitems++] = (struct item){.type = type, .data = data, .size = data.size};
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

/* Appends boxes and items; the offsets in iloc and of the tracks are set here. */
static int append_file(struct writer *writer, struct buffer *out, struct pm_error *error)
{
    static const uint8_t no_offset[4];
    uint64_t size = HEAD;
    for (unsigned i = 0; i < writer->nitems; i++)
        size += writer->items[i].data.size + (i + 1 == writer->exif ? sizeof no_offset : 0);
    if (size + writer->box.boxes.size > UINT32_MAX)
        return error_limit(error, UINT32_MAX, size, "would be an AVIF of more than 4 GiB");
    uint64_t at = writer->box.boxes.size + HEAD;
    for (unsigned i = 0; i < writer->nitems; i++) {
        put_be32(writer->box.boxes.data + writer->items[i].offset_at, (uint32_t)at);
        if (i < 2 && writer->chunk_at[i] > 0)
            put_be32(writer->box.boxes.data + writer->chunk_at[i], (uint32_t)at);
        at += writer->items[i].data.size + (i + 1 == writer->exif ? sizeof no_offset : 0);
    }
    uint8_t mdat[HEAD] = {0, 0, 0, 0, 'm', 'd', 'a', 't'};
    put_be32(mdat, (uint32_t)size);
    if (buffer_reserve(out, writer->box.boxes.size + (size_t)size) != 0)
        return error_memory(error, size);
    buffer_append(out, writer->box.boxes.data, writer->box.boxes.size);
    buffer_append(out, mdat, sizeof mdat);
    for (unsigned i = 0; i < writer->nitems; i++) {
        if (i + 1 == writer->exif)
            buffer_append(out, no_offset, sizeof no_offset);
        buffer_append(out, writer->items[i].data.data, writer->items[i].data.size);
    }
    return 0;
}

int avif_write_file(const struct pm_image *image, const struct avif_bitstreams *bits,
                    const struct heif_nclx *nclx, const struct avif_sequence *sequence, struct buffer *out,
                    struct context *context)
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
    for (unsigned i = 0; sequence != NULL && i < writer.nitems; i++)
        writer.items[i].size = sequence->layers[i].sizes[0];
    writer.exif = add_item(&writer, HEIF_EXIF, image->meta.exif);
    writer.xmp = add_item(&writer, HEIF_MIME, image->meta.xmp);
    put_brands(&writer, headers, sequence != NULL);
    put_meta(&writer, image, headers, nclx);
    if (sequence != NULL)
        avif_put_tracks(&writer.box, image, headers, nclx, sequence, writer.chunk_at);
    const int status =
        writer.box.failed ? error_memory(context->error, 0) : append_file(&writer, out, context->error);
    buffer_free(&writer.box.boxes);
    return status;
}
