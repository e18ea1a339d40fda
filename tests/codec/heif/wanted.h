/* A file of HEIF made as a test wants it: items, their properties, places and references. */
#ifndef TESTS_CODEC_HEIF_WANTED_H
#define TESTS_CODEC_HEIF_WANTED_H

#include <stdbool.h>
#include <stdint.h>

#include "codec/heif/boxes.h"

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

/* Sides of a picture and a tile, bytes of pixels, and numbers of items. */
enum { SIDE = 40, TILE = 16, BYTES = 30, PRIMARY = 1, INPUT = 5 };

/* Writes the file. */
void wanted_build(struct boxes *boxes, const struct wanted *wanted);

#endif
