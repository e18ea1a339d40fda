/* HEIF's items, properties and references, in files built by code. */
#include "codec/heif/heif.h"

#include <stdlib.h>

#include "codec/heif/boxes.h"
#include "codec/heif/planes.h"
#include "lent.h"

/* Description of the file to build. */
struct wanted {
    unsigned iloc_version;
    bool in_idat;     /* the pixels are in idat, not behind the boxes */
    bool open_end;    /* the first item's extent has no length: to the end */
    unsigned extents; /* of the first item, each of all its bytes; 0: 1 */
    unsigned alpha_extents;
    unsigned grid;     /* tiles on a side; 0: no grid */
    bool shared;       /* all tiles have the bytes of the first */
    const char *order; /* of the properties: r (irot 1), m (imir 1), f (imir 0), c (clap) */
    int clap[8];
    const char *essential; /* a property that is marked so */
    bool alpha, premultiplied, thumbnail, gain_map;
    unsigned
        identity;   /* 1: the picture is derived from another item by identity; 2: which has another size */
    bool late_size; /* ispe is the last property */
    uint32_t grid_width;   /* 0: that of ispe */
    unsigned light_levels; /* bytes of an mdcv, and a clli; 0: neither */
};

enum { SIDE = 40, TILE = 16, BYTES = 30, PRIMARY = 1, INPUT = 5 };

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

static void build(struct boxes *boxes, const struct wanted *wanted)
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

/* A file in memory of exactly its size, so that AddressSanitizer and valgrind see a read past its end. */
struct file {
    uint8_t *data;
    size_t size;
    struct memory_source memory;
    struct heif heif;
    struct heif_picture picture;
    struct pm_error error;
};

static int open_bytes(struct file *file, const uint8_t *data, size_t size)
{
    *file = (struct file){.data = malloc(size > 0 ? size : 1), .size = size};
    cr_assert_not_null(file->data);
    memcpy(file->data, data, size);
    memory_source_init(&file->memory, file->data, size);
    if (heif_load(&file->heif, &file->memory.source, &file->error) != 0)
        return -1;
    return heif_read_picture(&file->heif, &file->picture, &file->error);
}

static void close_file(struct file *file)
{
    heif_free(&file->heif);
    free(file->data);
}

static struct boxes boxes;

static void open_wanted(struct file *file, const struct wanted *wanted)
{
    build(&boxes, wanted);
    cr_assert_eq(open_bytes(file, boxes.data, boxes.size), 0, "%s", file->error.message);
}

static void expect_refusal(const struct wanted *wanted, enum pm_error_kind kind)
{
    struct file file;
    build(&boxes, wanted);
    cr_expect_eq(open_bytes(&file, boxes.data, boxes.size), -1);
    cr_expect_eq(file.error.kind, kind, "%s", file.error.message);
    close_file(&file);
}

Test(heif, an_item_is_found_by_every_version_of_iloc)
{
    for (unsigned version = 0; version <= 2; version++) {
        for (int inside = 0; inside <= (version > 0); inside++) {
            struct file file;
            struct lent lent;
            struct pm_blob bytes;
            lent_init(&lent);
            open_wanted(&file, &(struct wanted){.iloc_version = version, .in_idat = inside, .alpha = true});
            cr_expect_eq(file.picture.color.width, (uint32_t)SIDE);
            cr_assert_not_null(file.picture.alpha.item);
            cr_assert_eq(heif_item_data(&file.heif, file.picture.alpha.item, file.data, file.size, &bytes,
                                        &lent.job_arena, &lent.error),
                         0);
            cr_assert_eq(bytes.size, (size_t)BYTES, "version %u", version);
            cr_expect_eq(bytes.data[0], 1, "version %u", version);
            close_file(&file);
            lent_free(&lent);
        }
    }
}

Test(heif, extents_are_joined_and_may_end_with_the_file)
{
    struct file file;
    struct lent lent;
    struct pm_blob bytes;
    uint8_t peeked[50];
    lent_init(&lent);
    open_wanted(&file, &(struct wanted){.open_end = true});
    cr_assert_eq(heif_item_data(&file.heif, file.picture.color.item, file.data, file.size, &bytes,
                                &lent.job_arena, &lent.error),
                 0);
    cr_expect_eq(bytes.size, (size_t)BYTES);
    cr_expect_eq(bytes.data, file.data + file.size - BYTES, "in place");
    close_file(&file);
    open_wanted(&file, &(struct wanted){.extents = 3});
    /* of three extents only the last was given its offset: the others are the file's first bytes */
    cr_assert_eq(heif_item_data(&file.heif, file.picture.color.item, file.data, file.size, &bytes,
                                &lent.job_arena, &lent.error),
                 0);
    cr_expect_eq(bytes.size, (size_t)3 * BYTES);
    cr_expect_eq(memcmp(bytes.data, file.data, BYTES), 0);
    cr_expect_eq(memcmp(bytes.data + 2 * BYTES, file.data + file.size - BYTES, BYTES), 0);
    cr_expect_eq(heif_item_peek(&file.heif, file.picture.color.item, peeked, sizeof peeked, &file.error), 50);
    cr_expect_eq(memcmp(peeked + BYTES, file.data, 50 - BYTES), 0);
    close_file(&file);
    lent_free(&lent);
}

static int describe(const struct heif *heif, const struct heif_layer *layer, struct heif_coding *coding,
                    struct pm_error *error)
{
    (void)heif;
    (void)error;
    *coding = (struct heif_coding){.width = layer->tile_width,
                                   .height = layer->tile_height,
                                   .bits = 8,
                                   .sampling_x = 1,
                                   .sampling_y = 1,
                                   .matrix = 6};
    return 0;
}

static void expect_coded_bytes(const struct wanted *wanted, uint64_t expected)
{
    struct heif_header header = {0};
    struct memory_source memory;
    struct pm_info info = {0};
    struct pm_error error = {0};
    build(&boxes, wanted);
    memory_source_init(&memory, boxes.data, boxes.size);
    cr_assert_eq(heif_read_header(&memory.source, 1, describe, &header, &error), 0, "%s", error.message);
    heif_header_tell(&header, &info);
    cr_expect_eq(info.coded_bytes, expected, "%llu", (unsigned long long)info.coded_bytes);
    const struct heif_cost cost = {.coded = 4};
    const struct decode_request request = {0};
    cr_expect_geq(heif_decode_bytes(&info, &request, &cost),
                  (cost.coded + (wanted->alpha ? 2 : 1)) * expected);
    heif_header_free(&header);
}

/* Of the larger of colours and alpha; of a grid, of a row of tiles; of what ends with the file, as many as no
 * picture needs. */
Test(heif, memory_for_coded_data_is_counted_from_the_header)
{
    expect_coded_bytes(&(struct wanted){.extents = 3}, 3 * BYTES);
    expect_coded_bytes(&(struct wanted){.alpha = true, .alpha_extents = 200}, 200 * BYTES);
    expect_coded_bytes(&(struct wanted){.iloc_version = 1, .grid = 3}, 3 * BYTES);
    expect_coded_bytes(&(struct wanted){.open_end = true}, SIDE * SIDE * 8);
}

Test(heif, one_extent_used_sixty_thousand_times_is_refused)
{
    struct file file;
    struct heif_data_size found;
    open_wanted(&file, &(struct wanted){.extents = 256});
    cr_expect_eq(heif_data_size(&file.heif, file.picture.color.item, file.size, &found, &file.error), -1);
    cr_expect_eq(file.error.kind, PM_ERROR_CORRUPT);
    close_file(&file);
    /* more could be beyond the file's end, and be walked over again for each tile of a grid */
    open_wanted(&file, &(struct wanted){.extents = 257});
    cr_expect_eq(heif_data_size(&file.heif, file.picture.color.item, file.size, &found, &file.error), -1);
    cr_expect(file.error.kind == PM_ERROR_LIMIT && file.error.limit == 256 && file.error.value == 257);
    close_file(&file);
}

/* A longer type would be searched again for each reference. */
Test(heif, a_type_of_alpha_has_at_most_255_letters)
{
    for (unsigned letters = 255; letters <= 256; letters++) {
        struct heif heif = {0};
        struct heif_properties properties;
        struct pm_error error = {0};
        struct heif_item item = {.properties = 1};
        size_t at[1] = {3};
        boxes.size = 0;
        box_put(&boxes, 0, 1);      /* no offset is 0 */
        box_put(&boxes, 0x0101, 2); /* one property, the first */
        const size_t auxc = full_box_open(&boxes, "auxC", 0, 0);
        for (unsigned i = 0; i < letters; i++)
            box_put(&boxes, 'a', 1);
        box_put(&boxes, 0, 1);
        box_close(&boxes, auxc);
        heif.tables = (struct buffer){.data = boxes.data, .size = boxes.size};
        heif.iprp = heif.ipco = (struct heif_box){0, boxes.size};
        heif.properties = at;
        heif.nproperties = 1;
        cr_assert_eq(heif_read_properties(&heif, &item, &properties, &error), 0, "%s", error.message);
        cr_expect_eq(properties.auxiliary != NULL, letters == 255, "%u", letters);
    }
}

/* The extents of all tiles become the file's first bytes. */
static void set_tiles(struct file *file, uint32_t size)
{
    for (unsigned i = 0; i < 9; i++) {
        struct heif_item *tile = heif_find(&file->heif, 10 + i);
        uint8_t *entry = file->heif.tables.data + tile->location + 6 + 4;
        memset(entry, 0, 8);
        entry[6] = (uint8_t)(size >> 8);
        entry[7] = (uint8_t)size;
    }
}

Test(heif, a_grid_s_tiles_are_held_against_the_file)
{
    struct file file;
    bool cut;
    open_wanted(&file, &(struct wanted){.iloc_version = 1, .grid = 3});
    cr_expect_eq(file.picture.color.columns, 3u);
    cr_expect_eq(file.picture.color.tile_width, (uint32_t)TILE);
    cr_assert_eq(heif_check_layer(&file.heif, &file.picture.color, file.size, &cut, &file.error), 0);
    cr_expect_not(cut);
    cr_assert_eq(heif_check_layer(&file.heif, &file.picture.color, file.size - 1, &cut, &file.error), 0);
    cr_expect(cut, "the last tile lacks a byte");
    cr_expect_eq(heif_check_layer(&file.heif, &file.picture.color, 9 * BYTES - 1, &cut, &file.error), 0);
    close_file(&file);
    open_wanted(&file, &(struct wanted){.iloc_version = 1, .grid = 3, .shared = true});
    cr_expect_eq(heif_check_layer(&file.heif, &file.picture.color, file.size, &cut, &file.error), 0);
    set_tiles(&file, 200); /* nine times the same: more than the file, but less than 2 bytes a pixel */
    cr_expect_lt(file.size, 9 * 200u);
    cr_expect_eq(heif_check_layer(&file.heif, &file.picture.color, file.size, &cut, &file.error), 0);
    set_tiles(&file, 2 * TILE * TILE + 1);
    cr_expect_geq(file.size, 2u * TILE * TILE + 1);
    cr_expect_eq(heif_check_layer(&file.heif, &file.picture.color, file.size, &cut, &file.error), -1);
    cr_expect_eq(file.error.kind, PM_ERROR_CORRUPT);
    close_file(&file);
}

Test(heif, a_grid_must_agree_with_its_size_and_tiles)
{
    expect_refusal(&(struct wanted){.iloc_version = 1, .grid = 3, .grid_width = SIDE + 1}, PM_ERROR_CORRUPT);
    expect_refusal(&(struct wanted){.iloc_version = 1, .grid = 2}, PM_ERROR_CORRUPT); /* 32 of 40 pixels */
    expect_refusal(&(struct wanted){.iloc_version = 1, .grid = 4},
                   PM_ERROR_CORRUPT); /* a whole row too many */
}

Test(heif, irot_and_imir_count_in_their_order)
{
    /* irot 1 is a quarter anticlockwise, orientation 8; imir 1 exchanges left and right, orientation 2 */
    static const struct {
        const char *order;
        unsigned orientation;
    } rows[] = {{NULL, 1}, {"r", 8},  {"rr", 3}, {"rrr", 6}, {"m", 2}, {"f", 4},
                {"mf", 3}, {"mr", 5}, {"rm", 7}, {"rf", 5},  {"fr", 7}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct file file;
        open_wanted(&file, &(struct wanted){.order = rows[i].order});
        cr_expect_eq(file.picture.color.properties.orientation, rows[i].orientation, "%s: %u", rows[i].order,
                     file.picture.color.properties.orientation);
        close_file(&file);
    }
}

Test(heif, clap_is_a_rectangle_in_the_picture)
{
    struct file file;
    /* 20 x 10 pixels, their centre 3 right of and 2 above that of 40 x 40 */
    open_wanted(&file, &(struct wanted){.order = "cr", .clap = {20, 1, 10, 1, 6, 2, -2, 1}});
    const struct heif_rectangle *crop = &file.picture.color.properties.crop;
    cr_expect_eq(crop->x, 13u);
    cr_expect_eq(crop->y, 13u);
    cr_expect_eq(crop->width, 20u);
    cr_expect_eq(crop->height, 10u);
    struct pm_info info = {0};
    heif_tell(&file.heif, &file.picture, &info);
    cr_expect_eq(info.width, 20u);
    cr_expect_eq(info.orientation, 8u);
    close_file(&file);
    /* from -0.5: libheif drops what is behind the point */
    open_wanted(&file, &(struct wanted){.order = "c", .clap = {40, 1, 40, 1, -1, 2, 0, 1}});
    cr_expect(file.picture.color.properties.crop.width == 40u && file.picture.color.properties.crop.x == 0u);
    close_file(&file);
    /* 41/2 x 21/2 pixels from 9.75 and 14.75: rounded down */
    open_wanted(&file, &(struct wanted){.order = "c", .clap = {41, 2, 21, 2, 0, 2, 0, 2}});
    cr_expect(file.picture.color.properties.crop.width == 20u &&
              file.picture.color.properties.crop.height == 10u);
    cr_expect_eq(file.picture.color.properties.crop.x, 10u);
    close_file(&file);
    open_wanted(&file, &(struct wanted){.order = "c", .clap = {19, 1, 10, 1, 0, 1, 0, 1}});
    cr_expect(file.picture.color.properties.crop.width == 19u && file.picture.color.properties.crop.x == 10u);
    close_file(&file);
    open_wanted(&file, &(struct wanted){.order = "c", .clap = {20, 1, 10, 1, 0, 1, 0, 1}, .late_size = true});
    cr_expect_eq(file.picture.color.properties.crop.width, 20u);
    close_file(&file);
    expect_refusal(&(struct wanted){.order = "c", .clap = {41, 1, 10, 1, 0, 1, 0, 1}}, PM_ERROR_CORRUPT);
    expect_refusal(&(struct wanted){.order = "c", .clap = {42, 1, 10, 1, 0, 1, 0, 1}}, PM_ERROR_CORRUPT);
    expect_refusal(&(struct wanted){.order = "c", .clap = {20, 1, 10, 1, 11, 1, 0, 1}}, PM_ERROR_CORRUPT);
    expect_refusal(&(struct wanted){.order = "c", .clap = {0, 1, 10, 1, 0, 1, 0, 1}}, PM_ERROR_CORRUPT);
    expect_refusal(&(struct wanted){.order = "c", .clap = {20, 0, 10, 1, 0, 1, 0, 1}}, PM_ERROR_CORRUPT);
    expect_refusal(&(struct wanted){.order = "rc", .clap = {20, 1, 10, 1, 0, 1, 0, 1}}, PM_ERROR_UNSUPPORTED);
    expect_refusal(&(struct wanted){.order = "c", .clap = {20, 1, 10, 1, 0, INT32_MIN, 0, 1}},
                   PM_ERROR_CORRUPT);
}

/* No product of what clap and ispe say may be too large for its type: a sanitizer would tell. */
Test(heif, clap_of_the_largest_numbers)
{
    static const int offsets[] = {-1, INT32_MAX, INT32_MIN, 1};
    for (unsigned i = 0; i < 4 * 4; i++) {
        const int below = offsets[i % 4], size = i / 4 % 2 == 0 ? 1 : -1;
        struct file file;
        build(&boxes,
              &(struct wanted){.order = "c",
                               .clap = {size, 1, 1, 1, i / 8 == 0 ? INT32_MAX : INT32_MIN, below, 0, 1}});
        uint8_t *ispe = memmem(boxes.data, boxes.size, "ispe", 4);
        cr_assert_not_null(ispe);
        memset(ispe + 8, size == 1 ? 0xFF : 0, 3);
        const int status = open_bytes(&file, boxes.data, boxes.size);
        cr_expect(status == 0 || file.error.kind == PM_ERROR_CORRUPT, "%u: %s", i, file.error.message);
        cr_expect(status == 0 || strstr(file.error.message, "clap") != NULL, "%u: %s", i, file.error.message);
        cr_expect_eq(status == 0, below == INT32_MAX && size == 1, "%u: %s", i, file.error.message);
        close_file(&file);
    }
}

/* A film's tracks alone, and with a meta box that names no picture. */
Test(heif, a_video_is_told_as_such)
{
    for (int with_meta = 0; with_meta <= 1; with_meta++) {
        struct file file;
        boxes.size = 0;
        size_t at = box_open(&boxes, "ftyp");
        box_text(&boxes, "avif\0\0\0\0avis", 12);
        box_close(&boxes, at);
        at = full_box_open(&boxes, "meta", 0, 0);
        box_close(&boxes, at);
        if (with_meta == 0)
            memcpy(boxes.data + at + 4, "free", 4);
        at = box_open(&boxes, "moov");
        box_put(&boxes, 8, 4);
        box_text(&boxes, "free", 4);
        box_close(&boxes, at);
        cr_assert_eq(open_bytes(&file, boxes.data, boxes.size), -1);
        cr_expect_str_eq(file.error.message,
                         "is a video, without a picture or an image sequence (not supported)");
        close_file(&file);
    }
}

/* The other item's data, with this one's properties. */
Test(heif, an_identity_is_another_picture_turned)
{
    struct file file;
    open_wanted(&file, &(struct wanted){.identity = 1, .order = "r", .alpha = true});
    const struct heif_layer *color = &file.picture.color;
    cr_expect_eq(color->item->id, (uint32_t)INPUT);
    cr_expect_eq(color->coding, (uint32_t)HEIF_AV01);
    cr_expect_eq(color->properties.orientation, 8u);
    cr_expect_not_null(file.picture.alpha.item);
    cr_expect_eq(file.picture.extra_pictures, 0u);
    close_file(&file);
    expect_refusal(&(struct wanted){.identity = 2}, PM_ERROR_UNSUPPORTED);
}

Test(heif, references_lead_to_alpha_and_count_what_is_left_out)
{
    struct file file;
    open_wanted(&file, &(struct wanted){.alpha = true, .premultiplied = true, .thumbnail = true});
    cr_expect_not_null(file.picture.alpha.item);
    cr_expect(file.picture.premultiplied);
    cr_expect_eq(file.picture.extra_pictures, 0u);
    cr_expect_not(file.picture.gain_map);
    close_file(&file);
    open_wanted(&file, &(struct wanted){.premultiplied = true, .gain_map = true});
    cr_expect_null(file.picture.alpha.item);
    cr_expect_not(file.picture.premultiplied, "without alpha it means nothing");
    cr_expect_eq(file.picture.extra_pictures, 1u);
    cr_expect(file.picture.gain_map);
    close_file(&file);
}

Test(heif, a_property_that_must_be_known_is_refused_and_others_are_not)
{
    struct file file;
    build(&boxes, &(struct wanted){.essential = "a\nb\1"});
    cr_expect_eq(open_bytes(&file, boxes.data, boxes.size), -1);
    cr_expect_str_eq(file.error.message, "needs the property 'a?b?', which pixmill does not read");
    close_file(&file);
    expect_refusal(&(struct wanted){.essential = "abcd"}, PM_ERROR_UNSUPPORTED);
    open_wanted(&file, &(struct wanted){.essential = "lsel"});
    cr_expect(file.picture.color.properties.selects_layer);
    close_file(&file);
    open_wanted(&file, &(struct wanted){.essential = "pasp"});
    close_file(&file);
}

/* mdcv in the order of PNG's mDCV, clli in its unit; one that is too short is skipped. */
Test(heif, light_levels_are_read_as_png_has_them)
{
    static const uint8_t mastering[24] = {8,  9,  10, 11, 0,  1,  2,  3,  4,  5,  6,  7,
                                          12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23},
                         light[8] = {0, 0x98, 0x96, 0x80, 0, 0x3d, 0x09, 0};
    for (unsigned size = 23; size <= 25; size++) {
        struct file file;
        open_wanted(&file, &(struct wanted){.light_levels = size});
        const struct heif_properties *properties = &file.picture.color.properties;
        cr_expect_eq(properties->has_mastering, size >= 24, "%u bytes", size);
        if (size >= 24)
            cr_expect_arr_eq(properties->mastering, mastering, sizeof mastering);
        cr_expect(properties->has_light);
        cr_expect_arr_eq(properties->light, light, sizeof light);
        close_file(&file);
    }
    struct file file;
    open_wanted(&file, &(struct wanted){.grid = 0});
    cr_expect(!file.picture.color.properties.has_mastering && !file.picture.color.properties.has_light);
    close_file(&file);
}

/* No read past the end, no endless loop, and an error of the right kind. */
Test(heif, a_file_cut_anywhere_in_its_header_is_truncated)
{
    static const struct wanted wanted = {.iloc_version = 1, .grid = 3, .alpha = true, .order = "rm"};
    build(&boxes, &wanted);
    size_t mdat = 0;
    for (size_t at = 0; at < boxes.size; at++) {
        if (memcmp(boxes.data + at, "mdat", 4) == 0)
            mdat = at - 4;
    }
    for (size_t size = 20; size < boxes.size; size++) {
        struct file file;
        const int status = open_bytes(&file, boxes.data, size);
        if (size >= mdat)
            cr_expect_eq(status, 0, "%zu of %zu: %s", size, boxes.size, file.error.message);
        else
            cr_expect_eq(file.error.kind, PM_ERROR_TRUNCATED, "%zu: %s", size, file.error.message);
        close_file(&file);
    }
}

Test(heif, any_byte_may_be_any_other)
{
    static const struct wanted wanted = {
        .iloc_version = 1, .grid = 3, .alpha = true, .order = "cr", .clap = {20, 1, 10, 1, 0, 1, 0, 1}};
    static const uint8_t values[] = {0, 1, 0x7F, 0x80, 0xFF};
    build(&boxes, &wanted);
    for (size_t at = 0; at < boxes.size; at++) {
        for (size_t v = 0; v < sizeof values; v++) {
            struct file file;
            struct heif_picture *picture = &file.picture;
            const uint8_t before = boxes.data[at];
            bool cut;
            boxes.data[at] = values[v];
            if (open_bytes(&file, boxes.data, boxes.size) == 0)
                heif_check_layer(&file.heif, &picture->color, file.size, &cut, &file.error);
            else
                cr_expect_neq(file.error.kind, PM_OK, "%zu", at);
            boxes.data[at] = before;
            close_file(&file);
        }
    }
}
