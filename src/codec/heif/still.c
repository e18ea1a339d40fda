/*
 * The still picture of an image sequence that has none (brands msf1, hevc and avis alone): its first frame.
 * The items and properties that a meta box would have are written from what the tracks say, and read like
 * others.
 */
#include <string.h>

#include "base/bytes.h"
#include "codec/heif/sequence.h"

enum { COLOR = 1, ALPHA = 2 /* numbers of the items */, PROPERTIES_MAX = 8 };

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

static void put_items(struct maker *maker, const struct heif_sequence *sequence)
{
    const unsigned count = has_alpha(sequence) ? ALPHA : COLOR;
    put(maker, count, 2);
    for (unsigned item = COLOR; item <= count; item++) {
        const size_t infe = open_box(maker, BMFF_TYPE('i', 'n', 'f', 'e'));
        put(maker, 2u << 24, 4);
        put(maker, item, 2);
        put(maker, 0, 2);
        put(maker, track_of(sequence, item)->coding, 4);
        put(maker, 0, 1);
        close_box(maker, infe);
    }
}

/* Where the first samples are. False: there are none. */
static bool put_locations(struct maker *maker, const struct heif_sequence *sequence)
{
    enum { OFFSET_AND_LENGTH_OF_8 = 0x8800 };
    const unsigned count = has_alpha(sequence) ? ALPHA : COLOR;
    put(maker, OFFSET_AND_LENGTH_OF_8, 2);
    put(maker, count, 2);
    for (unsigned item = COLOR; item <= count; item++) {
        struct heif_samples samples = heif_samples_of(track_of(sequence, item));
        struct heif_sample first;
        if (!heif_samples_next(&samples, &first))
            return false;
        put(maker, item, 2);
        put(maker, 0, 2); /* in this file */
        put(maker, 1, 2); /* one extent */
        put(maker, first.at, 8);
        put(maker, first.size, 8);
    }
    return true;
}

static void put_reference(struct maker *maker, uint32_t type, unsigned from, unsigned to)
{
    const size_t box = open_box(maker, type);
    put(maker, from, 2);
    put(maker, 1, 2);
    put(maker, to, 2);
    close_box(maker, box);
}

static void put_references(struct maker *maker, const struct heif_sequence *sequence)
{
    if (!has_alpha(sequence))
        return;
    put_reference(maker, BMFF_TYPE('a', 'u', 'x', 'l'), ALPHA, COLOR);
    if (sequence->color.multiplied_by == sequence->alpha.id)
        put_reference(maker, BMFF_TYPE('p', 'r', 'e', 'm'), COLOR, ALPHA);
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

int heif_make_still(struct heif *heif, struct pm_error *error)
{
    const struct heif_sequence *sequence = &heif->sequence;
    struct buffer *tables = &heif->tables;
    struct maker maker = {0};
    struct heif_box *all[] = {&heif->pitm, &heif->iinf, &heif->iloc, &heif->iref, &heif->iprp};
    heif->pitm = begin_table(&maker);
    put(&maker, COLOR, 2);
    end_table(&maker, &heif->pitm);
    heif->iinf = begin_table(&maker);
    put_items(&maker, sequence);
    end_table(&maker, &heif->iinf);
    heif->iloc = begin_table(&maker);
    const bool found = put_locations(&maker, sequence);
    end_table(&maker, &heif->iloc);
    heif->iref = begin_table(&maker);
    put_references(&maker, sequence);
    end_table(&maker, &heif->iref);
    heif->iprp = (struct heif_box){maker.out.size, 0};
    put_all_properties(&maker, sequence);
    end_table(&maker, &heif->iprp);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        all[i]->at += tables->size;
    maker.failed |= buffer_append(tables, maker.out.data, maker.out.size) != 0;
    buffer_free(&maker.out);
    if (maker.failed)
        return error_memory(error, tables->size);
    heif_read_sequence(heif); /* the tables may have moved */
    return found ? 0 : error_set(error, PM_ERROR_CORRUPT, "is an image sequence without frames");
}
