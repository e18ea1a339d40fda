#include "codec/heif/wanted.h"

#include "codec/heif/boxes.h"
#include "codec/heif/heif.h"
#include "codec/heif/planes.h"

static void put_id(struct boxes *boxes, const struct wanted *wanted, unsigned id)
{
    box_put(boxes, id, wanted->iloc_version == 2 ? 4 : 2);
}

static void put_infe(struct boxes *boxes, unsigned id, const char *type)
{
    const size_t at = full_box_open(boxes, "infe", 2, 0);
    box_put(boxes, id, 2);
    box_put(boxes, 0, 2);
    box_text(boxes, type, 4);
    box_put(boxes, 0, 1);
    box_close(boxes, at);
}

/* Ids: 1 is the picture, 2 alpha, 3 thumbnail, 4 gain map, 5 an identity's input, tiles from 10 on. */
static unsigned list_items(const struct wanted *wanted, unsigned ids[64])
{
    unsigned count = 0;
    ids[count++] = PRIMARY;
    if (wanted->alpha)
        ids[count++] = 2;
    if (wanted->thumbnail)
        ids[count++] = 3;
    if (wanted->gain_map)
        ids[count++] = 4;
    if (wanted->identity > 0)
        ids[count++] = INPUT;
    for (unsigned i = 0; i < wanted->grid * wanted->grid; i++)
        ids[count++] = 10 + i;
    return count;
}

static void put_iloc(struct boxes *boxes, const struct wanted *wanted, const unsigned *ids, unsigned count,
                     size_t offsets[64])
{
    const unsigned version = wanted->iloc_version;
    const size_t at = full_box_open(boxes, "iloc", version, 0);
    box_put(boxes, version > 0 ? 0x4404 : 0x4400, 2); /* with an index that is not used */
    box_put(boxes, count, version == 2 ? 4 : 2);
    for (unsigned i = 0; i < count; i++) {
        const unsigned several = i == 0        ? wanted->extents
                                 : ids[i] == 2 ? wanted->alpha_extents
                                               : 1,
                       extents = several > 0 ? several : 1;
        const bool inside = wanted->in_idat || (i == 0 && wanted->grid > 0);
        put_id(boxes, wanted, ids[i]);
        if (version > 0)
            box_put(boxes, inside, 2);
        box_put(boxes, 0, 2);
        box_put(boxes, extents, 2);
        for (unsigned e = 0; e < extents; e++) {
            if (version > 0)
                box_put(boxes, 7, 4);
            offsets[i] = boxes->size;
            box_put(boxes, 0, 4);
            box_put(boxes, i == 0 && wanted->open_end ? 0 : i == 0 && wanted->grid > 0 ? 8 : BYTES, 4);
        }
    }
    box_close(boxes, at);
}

static void put_reference(struct boxes *boxes, const char *type, unsigned from, unsigned first,
                          unsigned count)
{
    const size_t at = box_open(boxes, type);
    box_put(boxes, from, 2);
    box_put(boxes, count, 2);
    for (unsigned i = 0; i < count; i++)
        box_put(boxes, first + i, 2);
    box_close(boxes, at);
}

static void put_iref(struct boxes *boxes, const struct wanted *wanted)
{
    const size_t at = full_box_open(boxes, "iref", 0, 0);
    if (wanted->grid > 0)
        put_reference(boxes, "dimg", PRIMARY, 10, wanted->grid * wanted->grid);
    if (wanted->identity > 0)
        put_reference(boxes, "dimg", PRIMARY, INPUT, 1);
    if (wanted->alpha)
        put_reference(boxes, "auxl", 2, PRIMARY, 1);
    if (wanted->premultiplied)
        put_reference(boxes, "prem", PRIMARY, 2, 1);
    if (wanted->thumbnail)
        put_reference(boxes, "thmb", 3, PRIMARY, 1);
    box_close(boxes, at);
}

static void put_ispe(struct boxes *boxes, uint32_t width, uint32_t height)
{
    const size_t at = full_box_open(boxes, "ispe", 0, 0);
    box_put(boxes, width, 4);
    box_put(boxes, height, 4);
    box_close(boxes, at);
}

/* 1: ispe of the picture; 2: of a tile; 3: auxC; from 4 on those of `order`, and an essential one. */
static unsigned put_ipco(struct boxes *boxes, const struct wanted *wanted)
{
    unsigned count = 3;
    const size_t ipco = box_open(boxes, "ipco");
    put_ispe(boxes, SIDE, SIDE);
    put_ispe(boxes, TILE, TILE);
    size_t at = full_box_open(boxes, "auxC", 0, 0);
    box_text(boxes, "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", 44);
    box_close(boxes, at);
    for (const char *letter = wanted->order; letter != NULL && *letter != '\0'; letter++, count++) {
        at = box_open(boxes, *letter == 'r' ? "irot" : *letter == 'c' ? "clap" : "imir");
        if (*letter != 'c')
            box_put(boxes, *letter != 'f', 1);
        for (int i = 0; *letter == 'c' && i < 8; i++)
            box_put(boxes, (uint32_t)wanted->clap[i], 4);
        box_close(boxes, at);
    }
    if (wanted->light_levels > 0) {
        at = box_open(boxes, "mdcv");
        for (unsigned i = 0; i < wanted->light_levels; i++)
            box_put(boxes, i, 1);
        box_close(boxes, at);
        at = box_open(boxes, "clli");
        box_put(boxes, 0x03e80190, 4);
        box_close(boxes, at);
        count += 2;
    }
    if (wanted->essential != NULL) {
        at = box_open(boxes, wanted->essential);
        box_put(boxes, 0, 8);
        box_close(boxes, at);
        count++;
    }
    box_close(boxes, ipco);
    return count;
}

static void put_iprp(struct boxes *boxes, const struct wanted *wanted, const unsigned *ids, unsigned count)
{
    const size_t iprp = box_open(boxes, "iprp");
    const unsigned properties = put_ipco(boxes, wanted);
    const size_t ipma = full_box_open(boxes, "ipma", 0, 0);
    box_put(boxes, count, 4);
    for (unsigned i = 0; i < count; i++) {
        box_put(boxes, ids[i], 2);
        if (ids[i] == PRIMARY) {
            box_put(boxes, properties - 2, 1);
            if (!wanted->late_size)
                box_put(boxes, 1, 1);
            for (unsigned p = 4; p <= properties; p++)
                box_put(boxes, 0x80 | p, 1);
            if (wanted->late_size)
                box_put(boxes, 1, 1);
        } else {
            box_put(boxes, 2, 1);
            box_put(boxes, ids[i] == 2 || (ids[i] == INPUT && wanted->identity == 1) ? 1 : 2, 1);
            box_put(boxes, ids[i] == 2 ? 3 : 0, 1); /* an index of 0 means nothing */
        }
    }
    box_close(boxes, ipma);
    box_close(boxes, iprp);
}

/* A grid's own bytes, then those of each item. */
static void put_pixels(struct boxes *boxes, const struct wanted *wanted, unsigned count, size_t start,
                       const size_t offsets[64])
{
    for (unsigned i = 0; i < count; i++) {
        const bool shared = wanted->shared && i > 1;
        const size_t at = boxes->size;
        if (i == 0 && wanted->grid > 0)
            continue;
        box_set(boxes, offsets[i], shared ? start : at - (wanted->in_idat ? start : 0));
        for (unsigned b = 0; !shared && b < BYTES; b++)
            box_put(boxes, i, 1);
    }
}

void wanted_build(struct boxes *boxes, const struct wanted *wanted)
{
    unsigned ids[64];
    size_t offsets[64];
    const unsigned count = list_items(wanted, ids);
    boxes->size = 0;
    size_t at = box_open(boxes, "ftyp");
    box_text(boxes, "avif\0\0\0\0mif1", 12);
    box_close(boxes, at);
    const size_t meta = full_box_open(boxes, "meta", 0, 0);
    at = full_box_open(boxes, "pitm", 0, 0);
    box_put(boxes, PRIMARY, 2);
    box_close(boxes, at);
    put_iloc(boxes, wanted, ids, count, offsets);
    at = full_box_open(boxes, "iinf", 0, 0);
    box_put(boxes, count, 2);
    for (unsigned i = 0; i < count; i++)
        put_infe(boxes, ids[i],
                 ids[i] == 4                                 ? "tmap"
                 : ids[i] == PRIMARY && wanted->grid > 0     ? "grid"
                 : ids[i] == PRIMARY && wanted->identity > 0 ? "iden"
                                                             : "av01");
    box_close(boxes, at);
    put_iref(boxes, wanted);
    put_iprp(boxes, wanted, ids, count);
    at = box_open(boxes, "idat");
    const size_t idat = boxes->size;
    if (wanted->grid > 0) {
        box_put(boxes, 0, 2);
        box_put(boxes, wanted->grid - 1, 1);
        box_put(boxes, wanted->grid - 1, 1);
        box_put(boxes, wanted->grid_width > 0 ? wanted->grid_width : SIDE, 2);
        box_put(boxes, SIDE, 2);
    }
    if (wanted->in_idat)
        put_pixels(boxes, wanted, count, idat, offsets);
    box_close(boxes, at);
    box_close(boxes, meta);
    if (wanted->in_idat)
        return;
    at = box_open(boxes, "mdat");
    put_pixels(boxes, wanted, count, boxes->size, offsets);
    box_close(boxes, at);
}
