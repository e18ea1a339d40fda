/* Loads the meta box and indexes its items. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "codec/heif/sequence.h"

/* TABLES_MAX: max bytes of boxes in memory; a large ICC profile is the largest part. */
enum { TABLES_MAX = 8 * 1024 * 1024, BOXES_MAX = 10000 };

static int ends_in_header(struct pm_error *error)
{
    return error_set(error, PM_ERROR_TRUNCATED, "ends within its header (fetch or copy it again)");
}

static int broken(struct pm_error *error, const char *box)
{
    return error_set(error, PM_ERROR_CORRUPT, "its box %s is damaged", box);
}

static int no_still(struct pm_error *error)
{
    return error_set(error, PM_ERROR_UNSUPPORTED,
                     "is a video, without a picture or an image sequence (not supported)");
}

/* Appends a box's content to the tables. */
static int load_box(struct heif *heif, const struct bmff_top *top, struct heif_box *box,
                    struct pm_error *error)
{
    struct buffer *tables = &heif->tables;
    const uint64_t size = top->end - top->body;
    if (box->size > 0)
        return 0; /* the first counts */
    if (size > TABLES_MAX - tables->size)
        return error_limit(error, TABLES_MAX, size, "has more than %d MiB of header", TABLES_MAX >> 20);
    if (buffer_reserve(tables, (size_t)size + 1) != 0)
        return error_memory(error, size);
    const long got =
        heif->source->read_at(heif->source, top->body, tables->data + tables->size, (size_t)size);
    if (got < 0)
        return error_set(error, PM_ERROR_IO, "can't be read: %s", strerror(errno));
    if ((uint64_t)got < size)
        return ends_in_header(error);
    *box = (struct heif_box){tables->size, (size_t)size};
    tables->size += (size_t)size;
    return 0;
}

static int load_child(struct heif *heif, const struct bmff_top *top, struct pm_error *error)
{
    switch (top->type) {
    case BMFF_TYPE('p', 'i', 't', 'm'):
        return load_box(heif, top, &heif->pitm, error);
    case BMFF_TYPE('i', 'i', 'n', 'f'):
        return load_box(heif, top, &heif->iinf, error);
    case BMFF_TYPE('i', 'l', 'o', 'c'):
        return load_box(heif, top, &heif->iloc, error);
    case BMFF_TYPE('i', 'r', 'e', 'f'):
        return load_box(heif, top, &heif->iref, error);
    case BMFF_TYPE('i', 'p', 'r', 'p'):
        return load_box(heif, top, &heif->iprp, error);
    case BMFF_TYPE('i', 'd', 'a', 't'):
        heif->idat = top->body;
        heif->idat_end = top->end;
        return 0;
    default:
        return 0;
    }
}

static int too_many(struct pm_error *error)
{
    return error_limit(error, BOXES_MAX, BOXES_MAX + 1, "has more than %d boxes", BOXES_MAX);
}

static int load_meta(struct heif *heif, const struct bmff_top *meta, struct pm_error *error)
{
    enum { VERSION = 4 };
    const uint8_t zero = 0;
    struct bmff_top top;
    uint64_t at = meta->body + VERSION;
    enum bmff_step step = BMFF_BOX;
    if (buffer_append(&heif->tables, &zero, 1) != 0) /* so that no offset in it is 0 */
        return error_memory(error, 1);
    for (unsigned count = 0; (step = bmff_read_top(heif->source, at, meta->end, &top, error)) == BMFF_BOX;
         at = top.end) {
        if (count == BOXES_MAX)
            return too_many(error);
        count++;
        if (top.end == UINT64_MAX)
            return broken(error, "meta");
        if (load_child(heif, &top, error) != 0)
            return -1;
    }
    if (step == BMFF_ERROR)
        return -1;
    return at < meta->end && meta->end != UINT64_MAX ? ends_in_header(error) : 0;
}

/* Number of pictures of the first track: stsz's count. An image sequence's still is in its meta box, so only
 * the number is needed. */
static int count_frames(struct heif *heif, uint64_t at, uint64_t end, unsigned depth, struct pm_error *error)
{
    static const uint32_t path[] = {BMFF_TYPE('t', 'r', 'a', 'k'), BMFF_TYPE('m', 'd', 'i', 'a'),
                                    BMFF_TYPE('m', 'i', 'n', 'f'), BMFF_TYPE('s', 't', 'b', 'l'),
                                    BMFF_TYPE('s', 't', 's', 'z')};
    enum { DEPTH = sizeof path / sizeof *path, STSZ = 12 };
    struct bmff_top top;
    enum bmff_step step;
    unsigned count = 0;
    uint8_t stsz[STSZ];
    for (; (step = bmff_read_top(heif->source, at, end, &top, error)) == BMFF_BOX; at = top.end) {
        if (count++ == BOXES_MAX)
            return too_many(error);
        if (top.type != path[depth])
            continue;
        if (depth + 1 < DEPTH)
            return count_frames(heif, top.body, top.end, depth + 1, error);
        if (heif->source->read_at(heif->source, top.body, stsz, STSZ) != STSZ)
            return 0;
        struct bmff_cursor cursor = bmff_cursor_of(stsz, STSZ);
        bmff_skip(&cursor, STSZ - 4);
        heif->frames = bmff_get32(&cursor);
        return 0;
    }
    return step == BMFF_ERROR ? -1 : 0;
}

/* A video's may be too large to load, or cut: then there are no frames but the still. */
static int load_moov(struct heif *heif, const struct bmff_top *top, struct pm_error *error)
{
    struct pm_error why = {0};
    if (load_box(heif, top, &heif->moov, &why) == 0 || why.kind == PM_ERROR_TRUNCATED ||
        why.kind == PM_ERROR_LIMIT)
        return 0;
    return error_copy(error, &why);
}

/* Finds meta and, for an image sequence, moov. */
static int load_top(struct heif *heif, struct pm_error *error)
{
    struct bmff_top top;
    enum bmff_step step;
    bool found = false, sequence = false;
    uint64_t at = 0;
    unsigned count = 0;
    for (; (step = bmff_read_top(heif->source, at, UINT64_MAX, &top, error)) == BMFF_BOX; at = top.end) {
        if (count++ == BOXES_MAX)
            return too_many(error);
        if (top.type == BMFF_TYPE('m', 'i', 'n', 'i') && !found)
            return error_set(error, PM_ERROR_UNSUPPORTED,
                             "is in HEIF's short form (a mini box), which pixmill does not read");
        if (top.type == BMFF_TYPE('m', 'e', 't', 'a') && !found) {
            found = true;
            if (load_meta(heif, &top, error) != 0)
                return -1;
        } else if (top.type == BMFF_TYPE('m', 'o', 'o', 'v') && !sequence) {
            sequence = true;
            heif->moov_at = top.body;
            if (count_frames(heif, top.body, top.end, 0, error) != 0 || load_moov(heif, &top, error) != 0)
                return -1;
        }
        if (top.end == UINT64_MAX)
            break;
    }
    if (step == BMFF_ERROR && !found)
        return -1;
    if (found) {
        *error = (struct pm_error){0}; /* of what follows it */
        return 0;
    }
    if (sequence)
        return heif->moov.size > 0 ? 0 : no_still(error);
    return ends_in_header(error); /* meta may be at the end of the file */
}

/* --- items ----------------------------------------------------------------------------------------- */

static uint32_t slot_of(const struct heif *heif, uint32_t id)
{
    const uint32_t golden = 2654435769u; /* Knuth, TAOCP 6.4 */
    uint32_t slot = (id * golden >> 7) & (heif->nslots - 1);
    while (heif->slots[slot] != 0 && heif->items[heif->slots[slot] - 1].id != id)
        slot = (slot + 1) & (heif->nslots - 1);
    return slot;
}

struct heif_item *heif_find(const struct heif *heif, uint32_t id)
{
    const uint32_t index = heif->nslots > 0 ? heif->slots[slot_of(heif, id)] : 0;
    return index > 0 ? &heif->items[index - 1] : NULL;
}

/* infe of version 2 or 3 (ISO/IEC 14496-12, 8.11.6); earlier versions have no type and are skipped. */
static bool read_item(struct bmff_box *box, struct heif_item *item)
{
    uint32_t flags;
    struct bmff_cursor *cursor = &box->body;
    const unsigned version = bmff_get_version(cursor, &flags);
    if (box->type != BMFF_TYPE('i', 'n', 'f', 'e') || version < 2 || version > 3)
        return false;
    *item = (struct heif_item){.id = (uint32_t)bmff_get(cursor, version == 3 ? 4 : 2),
                               .hidden = (flags & 1) != 0};
    const bool protected = bmff_get(cursor, 2) != 0;
    item->type = bmff_get32(cursor);
    if (cursor->cut || protected)
        return false;
    if (item->type == HEIF_MIME && bmff_get_string(cursor) != NULL) {
        const char *content = bmff_get_string(cursor);
        item->is_xmp = content != NULL && strcmp(content, "application/rdf+xml") == 0;
    }
    return true;
}

static int index_names(struct heif *heif, struct pm_error *error)
{
    enum { SMALLEST = 20 }; /* bytes of an infe box */
    struct bmff_cursor cursor = heif_cursor(heif, &heif->iinf);
    struct bmff_box box;
    struct heif_item item;
    bmff_skip(&cursor, bmff_get_version(&cursor, NULL) == 0 ? 2 : 4);
    const size_t max = heif->iinf.size / SMALLEST + 1;
    heif->nslots = 4;
    while (heif->nslots < 2 * max)
        heif->nslots *= 2;
    heif->items = calloc(max, sizeof *heif->items);
    heif->slots = calloc(heif->nslots, sizeof *heif->slots);
    if (heif->items == NULL || heif->slots == NULL)
        return error_memory(error, max * sizeof *heif->items);
    while (bmff_next(&cursor, &box) && heif->nitems < max) {
        if (!read_item(&box, &item))
            continue;
        const uint32_t slot = slot_of(heif, item.id);
        if (heif->slots[slot] != 0)
            return error_set(error, PM_ERROR_CORRUPT, "has two items with the same number");
        heif->items[heif->nitems++] = item;
        heif->slots[slot] = heif->nitems;
    }
    return cursor.cut ? broken(error, "iinf") : 0;
}

/* Skips the rest of an entry of iloc. */
static void skip_location(const struct heif *heif, struct bmff_cursor *cursor)
{
    bmff_skip(cursor, (heif->iloc_version > 0 ? 2u : 0u) + 2 + heif->base_size);
    const uint64_t extents = bmff_get(cursor, 2);
    bmff_skip(cursor, extents * (heif->index_size + heif->offset_size + heif->length_size));
}

static bool is_size(unsigned bytes)
{
    return bytes == 0 || bytes == 4 || bytes == 8;
}

static int index_locations(struct heif *heif, struct pm_error *error)
{
    struct bmff_cursor cursor = heif_cursor(heif, &heif->iloc);
    heif->iloc_version = bmff_get_version(&cursor, NULL);
    const unsigned sizes = (unsigned)bmff_get(&cursor, 2);
    heif->offset_size = sizes >> 12;
    heif->length_size = sizes >> 8 & 15;
    heif->base_size = sizes >> 4 & 15;
    heif->index_size = heif->iloc_version > 0 ? sizes & 15 : 0;
    if (heif->iloc_version > 2 || !is_size(heif->offset_size) || !is_size(heif->length_size) ||
        !is_size(heif->base_size) || !is_size(heif->index_size))
        return broken(error, "iloc");
    const unsigned id_size = heif->iloc_version < 2 ? 2 : 4;
    for (uint64_t count = bmff_get(&cursor, id_size); count > 0 && !cursor.cut; count--) {
        struct heif_item *item = heif_find(heif, (uint32_t)bmff_get(&cursor, id_size));
        if (item != NULL && item->location == 0)
            item->location = heif->iloc.at + cursor.at;
        skip_location(heif, &cursor);
    }
    return cursor.cut ? broken(error, "iloc") : 0;
}

int heif_index_items(struct heif *heif, struct pm_error *error)
{
    return index_names(heif, error) != 0 ? -1 : index_locations(heif, error);
}

/* Which of ipco's boxes each item has. */
static int index_associations(struct heif *heif, struct bmff_cursor cursor, struct pm_error *error)
{
    uint32_t flags;
    const unsigned version = bmff_get_version(&cursor, &flags);
    const bool wide = (flags & 1) != 0;
    for (uint32_t count = bmff_get32(&cursor); count > 0 && !cursor.cut; count--) {
        struct heif_item *item = heif_find(heif, (uint32_t)bmff_get(&cursor, version == 0 ? 2 : 4));
        if (item != NULL && item->properties == 0 && !cursor.cut) {
            item->properties = (size_t)(cursor.data - heif->tables.data) + cursor.at;
            item->wide_properties = wide;
        }
        bmff_skip(&cursor, bmff_get(&cursor, 1) * (wide ? 2 : 1));
    }
    return cursor.cut ? broken(error, "ipma") : 0;
}

/* Records where each property begins. */
static int index_properties(struct heif *heif, struct bmff_cursor ipco, struct pm_error *error)
{
    enum { SMALLEST = 8, INDEX_MAX = 32767 };
    const size_t max = ipco.size / SMALLEST < INDEX_MAX ? ipco.size / SMALLEST : INDEX_MAX;
    heif->properties = calloc(max + 1, sizeof *heif->properties);
    if (heif->properties == NULL)
        return error_memory(error, max * sizeof *heif->properties);
    heif->ipco = (struct heif_box){(size_t)(ipco.data - heif->tables.data), ipco.size};
    struct bmff_box box;
    size_t at = ipco.at;
    while (heif->nproperties < max && bmff_next(&ipco, &box)) {
        heif->properties[heif->nproperties++] = heif->ipco.at + at;
        at = ipco.at;
    }
    return ipco.cut ? broken(error, "ipco") : 0;
}

static int index_iprp(struct heif *heif, struct pm_error *error)
{
    struct bmff_cursor cursor = heif_cursor(heif, &heif->iprp);
    struct bmff_box box;
    while (bmff_next(&cursor, &box)) {
        if (box.type == BMFF_TYPE('i', 'p', 'c', 'o') && heif->properties == NULL &&
            index_properties(heif, box.body, error) != 0)
            return -1;
        if (box.type == BMFF_TYPE('i', 'p', 'm', 'a') && index_associations(heif, box.body, error) != 0)
            return -1;
    }
    return cursor.cut ? broken(error, "iprp") : 0;
}

int heif_load(struct heif *heif, struct byte_source *source, struct pm_error *error)
{
    *heif = (struct heif){.source = source};
    if (load_top(heif, error) != 0)
        return -1;
    heif_read_sequence(heif);
    if (heif->pitm.size == 0 && heif->sequence.color.samples > 0 && heif_make_still(heif, error) != 0)
        return -1;
    if (heif->pitm.size == 0 && heif->moov.size > 0)
        return no_still(error);
    if (heif->pitm.size == 0 || heif->iinf.size == 0 || heif->iloc.size == 0 || heif->iprp.size == 0)
        return error_set(error, PM_ERROR_CORRUPT, "holds no picture");
    if (heif_index_items(heif, error) != 0 || index_iprp(heif, error) != 0)
        return -1;
    struct bmff_cursor pitm = heif_cursor(heif, &heif->pitm);
    heif->primary = (uint32_t)bmff_get(&pitm, bmff_get_version(&pitm, NULL) == 0 ? 2 : 4);
    return pitm.cut ? broken(error, "pitm") : 0;
}

void heif_free_items(struct heif *heif)
{
    free(heif->items);
    free(heif->slots);
    heif->items = NULL;
    heif->slots = NULL;
}

void heif_free(struct heif *heif)
{
    buffer_free(&heif->tables);
    heif_free_items(heif);
    free(heif->properties);
    *heif = (struct heif){0};
}

struct heif_references heif_references(const struct heif *heif)
{
    struct heif_references references = {0};
    if (heif->iref.size == 0)
        return references;
    references.cursor = heif_cursor(heif, &heif->iref);
    references.id_size = bmff_get_version(&references.cursor, NULL) == 0 ? 2 : 4;
    return references;
}

bool heif_next_reference(struct heif_references *references, struct heif_reference *reference)
{
    struct bmff_box box;
    if (!bmff_next(&references->cursor, &box))
        return false;
    *reference = (struct heif_reference){.type = box.type, .id_size = references->id_size};
    reference->from = (uint32_t)bmff_get(&box.body, references->id_size);
    reference->count = (unsigned)bmff_get(&box.body, 2);
    reference->to = bmff_take(&box.body, (uint64_t)reference->count * references->id_size);
    return !reference->to.cut;
}
