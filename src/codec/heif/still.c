/*
 * The still picture of an image sequence that has none (brands msf1, hevc and avis alone): its first frame.
 * The items and properties that a meta box would have are written from what the tracks say, and read like
 * others.
 */
#include <string.h>

#include "base/bytes.h"
#include "codec/heif/sequence.h"

enum { COLOR = 1, ALPHA, EXIF, XMP /* numbers of the items */, PROPERTIES_MAX = 8 };

/* EXIF and XMP of the whole sequence: items of a meta box without a picture, of the file or of the track. */
struct loose {
    struct heif boxes[2]; /* the items of each of the two */
    const struct heif *of[XMP + 1];
    const struct heif_item *item[XMP + 1];
    unsigned pictures; /* that are left out */
};

struct maker {
    struct buffer out;
    unsigned nproperties, first[3]; /* of each item: the number of its first property */
    bool failed;                    /* no memory */
};

static void put(struct maker *maker, uint64_t value, unsigned bytes)
{
    uint8_t number[8];
    for (unsigned i = 0; i < bytes; i++)
        number[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
    maker->failed |= buffer_append(&maker->out, number, bytes) != 0;
}

static void put_bytes(struct maker *maker, const void *bytes, size_t size)
{
    maker->failed |= buffer_append(&maker->out, bytes, size) != 0;
}

static size_t open_box(struct maker *maker, uint32_t type)
{
    put(maker, 0, 4);
    put(maker, type, 4);
    return maker->out.size - 8;
}

static void close_box(struct maker *maker, size_t at)
{
    if (!maker->failed)
        put_be32(maker->out.data + at, (uint32_t)(maker->out.size - at));
}

/* One of the five boxes: its content alone, which begins with a version of 0. */
static struct heif_box begin_table(struct maker *maker)
{
    const struct heif_box table = {maker->out.size, 0};
    put(maker, 0, 4);
    return table;
}

static void end_table(const struct maker *maker, struct heif_box *table)
{
    table->size = maker->out.size - table->at;
}

static bool has_alpha(const struct heif_sequence *sequence)
{
    return sequence->alpha.samples > 0;
}

static const struct heif_track *track_of(const struct heif_sequence *sequence, unsigned item)
{
    return item == COLOR ? &sequence->color : &sequence->alpha;
}

/* --- metadata of the sequence ------------------------------------------------------------------------ */

static int note_items(struct loose *loose, struct heif *boxes, struct pm_error *error)
{
    if (boxes->iinf.size == 0)
        return 0;
    if (heif_index_items(boxes, error) != 0)
        return -1;
    for (uint32_t i = 0; i < boxes->nitems; i++) {
        const struct heif_item *item = &boxes->items[i];
        const unsigned number = item->type == HEIF_EXIF ? EXIF : item->is_xmp ? XMP : 0;
        loose->pictures +=
            !item->hidden && (item->type == HEIF_AV01 || item->type == HEIF_HVC1 || item->type == HEIF_GRID);
        if (number == 0 || loose->item[number] != NULL)
            continue;
        loose->item[number] = item;
        loose->of[number] = boxes;
    }
    return 0;
}

static struct heif_box box_of(const struct heif *heif, const struct bmff_cursor *body)
{
    return (struct heif_box){(size_t)(body->data - heif->tables.data), body->size};
}

/* The boxes of the colours' track. */
static struct heif boxes_of_track(const struct heif *heif)
{
    struct heif boxes = {.source = heif->source, .tables = heif->tables};
    struct bmff_cursor meta = heif->sequence.color.meta;
    struct bmff_box box;
    bmff_skip(&meta, 4);
    while (bmff_next(&meta, &box)) {
        const struct heif_box found = box_of(heif, &box.body);
        if (box.type == BMFF_TYPE('i', 'i', 'n', 'f')) {
            boxes.iinf = found;
        } else if (box.type == BMFF_TYPE('i', 'l', 'o', 'c')) {
            boxes.iloc = found;
        } else if (box.type == BMFF_TYPE('i', 'd', 'a', 't')) {
            boxes.idat = heif->moov_at + (found.at - heif->moov.at);
            boxes.idat_end = boxes.idat + found.size;
        }
    }
    return boxes;
}

static int find_loose(const struct heif *heif, struct loose *loose, struct pm_error *error)
{
    loose->boxes[0] = (struct heif){.source = heif->source,
                                    .tables = heif->tables,
                                    .iinf = heif->iinf,
                                    .iloc = heif->iloc,
                                    .idat = heif->idat,
                                    .idat_end = heif->idat_end};
    loose->boxes[1] = boxes_of_track(heif);
    return note_items(loose, &loose->boxes[0], error) != 0 ? -1 : note_items(loose, &loose->boxes[1], error);
}

static unsigned count_loose(const struct loose *loose)
{
    return (loose->item[EXIF] != NULL) + (loose->item[XMP] != NULL);
}

static int put_loose_locations(struct maker *maker, const struct loose *loose, struct pm_error *error)
{
    for (unsigned number = EXIF; number <= XMP; number++) {
        struct heif_extents extents;
        uint64_t at, length;
        int status;
        if (loose->item[number] == NULL)
            continue;
        if (heif_extents_begin(loose->of[number], loose->item[number], &extents, error) != 0)
            return -1;
        put(maker, number, 2);
        put(maker, 0, 2); /* in this file */
        put(maker, extents.left, 2);
        while ((status = heif_extents_next(&extents, &at, &length, error)) > 0) {
            put(maker, at, 8);
            put(maker, length == UINT64_MAX ? 0 : length, 8);
        }
        if (status < 0)
            return -1;
    }
    return 0;
}

/* --- the boxes --------------------------------------------------------------------------------------- */

static void put_item(struct maker *maker, unsigned number, uint32_t type)
{
    static const char xmp[] = "\0application/rdf+xml"; /* no name, and the kind */
    const size_t infe = open_box(maker, BMFF_TYPE('i', 'n', 'f', 'e'));
    put(maker, 2u << 24, 4);
    put(maker, number, 2);
    put(maker, 0, 2);
    put(maker, type, 4);
    put_bytes(maker, xmp, type == HEIF_MIME ? sizeof xmp : 1);
    close_box(maker, infe);
}

static void put_items(struct maker *maker, const struct heif_sequence *sequence, const struct loose *loose)
{
    const unsigned count = has_alpha(sequence) ? ALPHA : COLOR;
    put(maker, count + count_loose(loose), 2);
    for (unsigned item = COLOR; item <= count; item++)
        put_item(maker, item, track_of(sequence, item)->coding);
    if (loose->item[EXIF] != NULL)
        put_item(maker, EXIF, HEIF_EXIF);
    if (loose->item[XMP] != NULL)
        put_item(maker, XMP, HEIF_MIME);
}

/* Where the first samples are. */
static int put_locations(struct maker *maker, const struct heif_sequence *sequence, const struct loose *loose,
                         struct pm_error *error)
{
    enum { OFFSET_AND_LENGTH_OF_8 = 0x8800 };
    const unsigned count = has_alpha(sequence) ? ALPHA : COLOR;
    put(maker, OFFSET_AND_LENGTH_OF_8, 2);
    put(maker, count + count_loose(loose), 2);
    for (unsigned item = COLOR; item <= count; item++) {
        struct heif_samples samples = heif_samples_of(track_of(sequence, item));
        struct heif_sample first;
        if (!heif_samples_next(&samples, &first))
            return error_set(error, PM_ERROR_CORRUPT, "is an image sequence without frames");
        put(maker, item, 2);
        put(maker, 0, 2); /* in this file */
        put(maker, 1, 2); /* one extent */
        put(maker, first.at, 8);
        put(maker, first.size, 8);
    }
    return put_loose_locations(maker, loose, error);
}

static void put_reference(struct maker *maker, uint32_t type, unsigned from, unsigned to)
{
    const size_t box = open_box(maker, type);
    put(maker, from, 2);
    put(maker, 1, 2);
    put(maker, to, 2);
    close_box(maker, box);
}

static void put_references(struct maker *maker, const struct heif_sequence *sequence,
                           const struct loose *loose)
{
    for (unsigned number = EXIF; number <= XMP; number++) {
        if (loose->item[number] != NULL)
            put_reference(maker, BMFF_TYPE('c', 'd', 's', 'c'), number, COLOR);
    }
    if (!has_alpha(sequence))
        return;
    put_reference(maker, BMFF_TYPE('a', 'u', 'x', 'l'), ALPHA, COLOR);
    if (sequence->color.multiplied_by == sequence->alpha.id)
        put_reference(maker, BMFF_TYPE('p', 'r', 'e', 'm'), COLOR, ALPHA);
}

static void put_turn(struct maker *maker, unsigned orientation)
{
    const struct heif_turn_boxes boxes = heif_turn_boxes_of(orientation);
    if (boxes.quarters > 0) {
        const size_t at = open_box(maker, BMFF_TYPE('i', 'r', 'o', 't'));
        put(maker, (unsigned)boxes.quarters, 1);
        close_box(maker, at);
        maker->nproperties++;
    }
    if (boxes.axis >= 0) {
        const size_t at = open_box(maker, BMFF_TYPE('i', 'm', 'i', 'r'));
        put(maker, (unsigned)boxes.axis, 1);
        close_box(maker, at);
        maker->nproperties++;
    }
}

/* The size, and those boxes of the track's description that are properties of a picture as well. */
static void put_properties(struct maker *maker, const struct heif_track *track, unsigned item)
{
    static const uint32_t same[] = {BMFF_TYPE('a', 'v', '1', 'C'), BMFF_TYPE('h', 'v', 'c', 'C'),
                                    BMFF_TYPE('c', 'o', 'l', 'r'), BMFF_TYPE('c', 'l', 'a', 'p'),
                                    BMFF_TYPE('m', 'd', 'c', 'v'), BMFF_TYPE('c', 'l', 'l', 'i')};
    static const char alpha[] = "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha";
    struct bmff_cursor description = track->description;
    struct bmff_box box;
    maker->first[item] = maker->nproperties + 1;
    size_t at = open_box(maker, BMFF_TYPE('i', 's', 'p', 'e'));
    put(maker, 0, 4);
    put(maker, track->width, 4);
    put(maker, track->height, 4);
    close_box(maker, at);
    maker->nproperties++;
    for (unsigned count = 1; bmff_next(&description, &box) && count < PROPERTIES_MAX;) {
        for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
            if (same[i] != box.type)
                continue;
            at = open_box(maker, box.type);
            put_bytes(maker, box.body.data, box.body.size);
            close_box(maker, at);
            maker->nproperties++;
            count++;
        }
    }
    put_turn(maker, item == COLOR ? track->orientation : 1);
    if (item == COLOR)
        return;
    at = open_box(maker, BMFF_TYPE('a', 'u', 'x', 'C'));
    put(maker, 0, 4);
    put_bytes(maker, alpha, sizeof alpha);
    close_box(maker, at);
    maker->nproperties++;
}

static void put_all_properties(struct maker *maker, const struct heif_sequence *sequence)
{
    const unsigned count = has_alpha(sequence) ? ALPHA : COLOR;
    const size_t ipco = open_box(maker, BMFF_TYPE('i', 'p', 'c', 'o'));
    for (unsigned item = COLOR; item <= count; item++)
        put_properties(maker, track_of(sequence, item), item);
    close_box(maker, ipco);
    const size_t ipma = open_box(maker, BMFF_TYPE('i', 'p', 'm', 'a'));
    put(maker, 0, 4);
    put(maker, count, 4);
    for (unsigned item = COLOR; item <= count; item++) {
        const unsigned last = item < count ? maker->first[item + 1] - 1 : maker->nproperties;
        put(maker, item, 2);
        put(maker, last - maker->first[item] + 1, 1);
        for (unsigned number = maker->first[item]; number <= last; number++)
            put(maker, number, 1);
    }
    close_box(maker, ipma);
}

static int make_tables(struct heif *heif, struct maker *maker, const struct loose *loose,
                       struct pm_error *error)
{
    const struct heif_sequence *sequence = &heif->sequence;
    heif->pitm = begin_table(maker);
    put(maker, COLOR, 2);
    end_table(maker, &heif->pitm);
    heif->iinf = begin_table(maker);
    put_items(maker, sequence, loose);
    end_table(maker, &heif->iinf);
    heif->iloc = begin_table(maker);
    if (put_locations(maker, sequence, loose, error) != 0)
        return -1;
    end_table(maker, &heif->iloc);
    heif->iref = begin_table(maker);
    put_references(maker, sequence, loose);
    end_table(maker, &heif->iref);
    heif->iprp = (struct heif_box){maker->out.size, 0};
    put_all_properties(maker, sequence);
    end_table(maker, &heif->iprp);
    return 0;
}

static int append_tables(struct heif *heif, const struct maker *maker, struct pm_error *error)
{
    struct heif_box *all[] = {&heif->pitm, &heif->iinf, &heif->iloc, &heif->iref, &heif->iprp};
    struct buffer *tables = &heif->tables;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        all[i]->at += tables->size;
    if (maker->failed || buffer_append(tables, maker->out.data, maker->out.size) != 0)
        return error_memory(error, tables->size);
    return 0;
}

int heif_make_still(struct heif *heif, struct pm_error *error)
{
    struct maker maker = {0};
    struct loose loose = {0};
    if (heif->sequence.color.orientation == 0)
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "is an image sequence that a matrix scales or distorts (not supported)");
    int status = find_loose(heif, &loose, error);
    if (status == 0)
        status = make_tables(heif, &maker, &loose, error);
    if (status == 0)
        status = append_tables(heif, &maker, error);
    buffer_free(&maker.out);
    for (size_t i = 0; i < sizeof loose.boxes / sizeof *loose.boxes; i++)
        heif_free_items(&loose.boxes[i]);
    if (status != 0)
        return -1;
    heif_read_sequence(heif); /* the tables may have moved */
    heif->sequence.others += loose.pictures;
    return 0;
}
