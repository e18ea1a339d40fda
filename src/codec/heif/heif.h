/*
 * HEIF (ISO/IEC 23008-12) and AVIF: the items of a file's meta box, read by pixmill's own code. A picture is
 * an item: coded data (av01, hvc1), a grid of such items (its tiles), or either of these with other
 * properties (iden). Properties give its size, colours
 * and orientation; references lead to its alpha, EXIF and XMP.
 *
 * heif/bmff.c reads boxes; heif/meta.c loads the meta box and indexes its items; heif/extents.c finds an
 * item's bytes; heif/sequence.c reads the tracks of an animation, heif/settle.c checks that they fit the
 * picture, and heif/still.c makes the first frame a picture where the file has none; heif/properties.c reads
 * an item's properties; heif/picture.c describes the file's primary picture from them.
 *
 * Everything is limited: the boxes to TABLES_MAX bytes, work to a few passes over them, extents to the file's
 * size (checked by the reader), pictures to the caller's max pixels.
 */
#ifndef CODEC_HEIF_H
#define CODEC_HEIF_H

#include "codec/heif/bmff.h"

enum {
    HEIF_AV01 = BMFF_TYPE('a', 'v', '0', '1'),
    HEIF_HVC1 = BMFF_TYPE('h', 'v', 'c', '1'),
    HEIF_GRID = BMFF_TYPE('g', 'r', 'i', 'd'),
    HEIF_IDEN = BMFF_TYPE('i', 'd', 'e', 'n'),
    HEIF_EXIF = BMFF_TYPE('E', 'x', 'i', 'f'),
    HEIF_MIME = BMFF_TYPE('m', 'i', 'm', 'e'),
};

struct heif_item {
    uint32_t id, type;
    bool hidden, is_xmp;
    bool wide_properties; /* indices of properties are 16 bits, not 8 */
    bool noted;           /* a tile, an alpha, a thumbnail: belongs to another picture */
    bool auxiliary;       /* alpha, a depth map or the like of another picture */
    size_t location;      /* offset in `tables` of its entry in iloc, after the id; 0: none */
    size_t properties;    /* offset in `tables`, of its count of properties in ipma; 0: none */
};

struct heif_nclx {
    unsigned primaries, transfer, matrix; /* ITU-T H.273 */
    bool full_range;
};

/* A range of `tables`. */
struct heif_box {
    size_t at, size;
};

struct heif {
    struct byte_source *source;
    struct buffer tables; /* the contents of the meta box's children, except idat */
    struct heif_box pitm, iinf, iloc, iref, iprp, ipco;
    uint64_t idat, idat_end; /* offsets in the file */
    uint32_t primary;
    struct heif_item *items; /* in the file's order */
    uint32_t *slots;         /* hash table of items by id: index + 1, or 0 */
    size_t *properties;      /* offset in `tables` of each of ipco's boxes */
    uint32_t nitems, nslots, nproperties;
    unsigned iloc_version, offset_size, length_size, base_size, index_size; /* sizes in bytes */
    unsigned frames;      /* of an image sequence in addition to the picture; 0: none */
    struct heif_box moov; /* size 0: none, or too large */
    uint64_t moov_at;     /* offset of its content in the file */
    struct heif_sequence {
        struct heif_track {
            uint32_t id, of;        /* its number; that of the track whose alpha it is, or 0 */
            uint32_t multiplied_by; /* number of the track whose alpha its colours were multiplied by, or 0 */
            uint32_t coding, width, height;
            uint32_t timescale;   /* ticks a second */
            uint64_t duration;    /* in units of the whole file; UINT64_MAX: endless */
            unsigned loops;       /* as in struct pm_info */
            unsigned orientation; /* EXIF, from its matrix; 0: that does more than rotate and mirror */
            uint32_t samples;
            uint32_t size; /* of each sample; 0: see `sizes` */
            unsigned offset_size;
            bool other;         /* an auxiliary track that is not alpha: a depth map or the like */
            bool thumbnail;     /* of another track */
            bool reordered;     /* frames are shown in another order than they are stored */
            bool several_kinds; /* frames have other descriptions than the first one */
            bool has_nclx;
            struct heif_nclx nclx;
            struct pm_blob icc;             /* in the tables */
            struct bmff_cursor description; /* the boxes of its sample entry */
            struct bmff_cursor offsets, groups, sizes,
                times;               /* stco or co64, stsc, stsz, stts: their entries */
            struct bmff_cursor meta; /* EXIF and XMP, as items; data NULL: none */
        } color, alpha;              /* samples 0: none */
        unsigned others;             /* further tracks: another animation, a depth map or the like */
        uint32_t frames;
        struct pm_error fault; /* why it can't be decoded; PM_ERROR_TRUNCATED: frames are missing */
    } sequence;                /* see heif/sequence.h */
};

/* Loads the meta box. Returns 0, or -1 with `error` filled: PM_ERROR_TRUNCATED if the file ends before its
 * end. Call heif_free afterwards, also on failure. */
int heif_load(struct heif *heif, struct byte_source *source, struct pm_error *error);
void heif_free(struct heif *heif);

/* Index the items of iinf, with their locations in iloc, and free that. Returns 0, or -1 with `error` filled.
 */
int heif_index_items(struct heif *heif, struct pm_error *error);
void heif_free_items(struct heif *heif);

static inline struct bmff_cursor heif_cursor(const struct heif *heif, const struct heif_box *box)
{
    return bmff_cursor_of(heif->tables.data + box->at, box->size);
}

struct heif_item *heif_find(const struct heif *heif, uint32_t id); /* NULL: none */

/* One kind of reference from an item to others: dimg, auxl, cdsc, thmb, prem. */
struct heif_reference {
    uint32_t type, from;
    unsigned count;
    unsigned id_size;      /* bytes */
    struct bmff_cursor to; /* `count` ids */
};

/* Walks iref, with the cursor from heif_references. False at the end. */
struct heif_references {
    struct bmff_cursor cursor;
    unsigned id_size;
};
struct heif_references heif_references(const struct heif *heif);
bool heif_next_reference(struct heif_references *references, struct heif_reference *reference);

/* --- bytes of an item ------------------------------------------------------------------------------- */

struct heif_extents {
    struct bmff_cursor cursor;
    unsigned left;
    unsigned index_size, offset_size, length_size;
    uint64_t base;
    uint64_t from, to; /* the range of the file that the extents must be in */
};

/* Starts at an item's first extent. Returns 0, or -1 with `error` filled. */
int heif_extents_begin(const struct heif *heif, const struct heif_item *item, struct heif_extents *extents,
                       struct pm_error *error);

/* Returns the next extent as a range of the file; *length is UINT64_MAX for "to the end". Returns 1, 0 if
 * there are no more, or -1 with `error` filled. */
int heif_extents_next(struct heif_extents *extents, uint64_t *at, uint64_t *length, struct pm_error *error);

/* Size of an item as stated in the header; NULL: 0; HEIF_SIZE_UNKNOWN: it ends with the file. */
#define HEIF_SIZE_UNKNOWN (SIZE_MAX / 2)
size_t heif_stated_size(const struct heif *heif, const struct heif_item *item);

/* The part of an item that is within a file of `size` bytes. */
struct heif_data_size {
    uint64_t bytes; /* of all its extents within the file */
    bool cut;       /* some are beyond its end */
};
int heif_data_size(const struct heif *heif, const struct heif_item *item, uint64_t size,
                   struct heif_data_size *found, struct pm_error *error);

/* The item's bytes in the file data[size], cut at its end: in place, or joined in the arena if it has several
 * extents. Returns 0, or -1 with `error` filled. */
int heif_item_data(const struct heif *heif, const struct heif_item *item, const uint8_t *data, size_t size,
                   struct pm_blob *bytes, struct arena *arena, struct pm_error *error);

/* Reads up to `size` of an item's first bytes. Returns how many, or -1 with `error` filled. */
long heif_item_peek(const struct heif *heif, const struct heif_item *item, uint8_t *bytes, size_t size,
                    struct pm_error *error);

/* --- properties ------------------------------------------------------------------------------------- */

struct heif_rectangle {
    uint32_t x, y, width, height;
};

struct heif_properties {
    uint32_t width, height; /* ispe; 0: none */
    bool has_nclx;
    struct heif_nclx nclx;
    struct pm_blob icc; /* in the tables */
    bool has_mastering, has_light;
    uint8_t mastering[24], light[8]; /* mdcv and clli, in the form of struct pm_metadata */
    struct bmff_cursor config;       /* av1C or hvcC; data NULL: none */
    uint32_t config_type;
    unsigned operating_point; /* a1op: of the AV1 bitstream; 0: its first */
    bool selects_layer;       /* lsel: the picture is that spatial layer, not the highest */
    unsigned layer;
    const char *auxiliary;      /* auxC's type, or NULL */
    unsigned orientation;       /* EXIF, from irot and imir in their order */
    struct heif_rectangle crop; /* clap, in stored pixels; the whole picture if there is none */
};

/* The combined effect of irot and imir: optional mirroring left to right, then an anticlockwise rotation. */
struct heif_turn {
    unsigned quarters;
    bool mirrored;
};

/* Adds a box's effect, if it is irot or imir; false: it is neither. */
bool heif_read_turn(struct bmff_box *box, struct heif_turn *turn);

unsigned heif_orientation_of(struct heif_turn turn); /* EXIF */

/* The boxes for an orientation: irot's quarters (0: no such box), then imir's axis (-1: none). */
struct heif_turn_boxes {
    int8_t quarters, axis;
};
struct heif_turn_boxes heif_turn_boxes_of(unsigned orientation);

/* Reads a colr box's content; the first of each kind counts. */
void heif_read_colr(struct bmff_cursor *body, struct heif_properties *properties);

/* Is it an auxiliary picture's type for alpha? NULL: no. */
bool heif_is_alpha(const char *type);

int heif_read_properties(const struct heif *heif, const struct heif_item *item,
                         struct heif_properties *properties, struct pm_error *error);

/* --- the primary picture ---------------------------------------------------------------------------- */

/* The pixels of one item: the picture's colours, or its alpha. */
struct heif_layer {
    const struct heif_item *item;
    uint32_t coding;        /* HEIF_AV01 or HEIF_HVC1 */
    uint32_t width, height; /* of the whole picture, before clap */
    uint32_t columns, rows; /* of the grid; 1 and 1 for a single item */
    uint32_t tile_width, tile_height;
    struct bmff_cursor tiles; /* the grid's item ids, from left to right and from the top down */
    unsigned id_size;
    const struct heif_item *first; /* the first tile, or the item itself */
    struct heif_properties properties;
};

struct heif_picture {
    struct heif_layer color, alpha; /* alpha.item NULL: none */
    bool premultiplied;
    const struct heif_item *exif, *xmp;
    unsigned extra_pictures; /* besides it, its alpha, tiles and thumbnails */
    bool gain_map;           /* one of them is a gain map */
};

/* Describes picture `page` of the file: 1 is the primary picture, the others follow in the file's order.
 * *pages: how many there are. Returns 0, or -1 with `error` filled. */
int heif_read_page(struct heif *heif, unsigned page, struct heif_picture *picture, unsigned *pages,
                   struct pm_error *error);

/* Describes the primary picture. Returns 0, or -1 with `error` filled. */
int heif_read_picture(struct heif *heif, struct heif_picture *picture, struct pm_error *error);

/* The item of the next tile, `index`; advances `tiles` (a copy of layer->tiles). NULL with `error` filled. */
const struct heif_item *heif_next_tile(const struct heif *heif, const struct heif_layer *layer,
                                       struct bmff_cursor *tiles, struct pm_error *error);

/* Checks the layer's data against the file data[size]; *cut: some is missing. Rejects extents with a sum
 * larger than both the file and 2 bytes per pixel. Returns 0, or -1 with `error` filled. */
int heif_check_layer(const struct heif *heif, const struct heif_layer *layer, uint64_t size, bool *cut,
                     struct pm_error *error);

/* Fills *info for the picture, except pixels and depth. */
void heif_tell(const struct heif *heif, const struct heif_picture *picture, struct pm_info *info);

#endif
