/*
 * Gain maps in JPEG files ("Ultra HDR"): a second JPEG after the image, from which and from the image an HDR
 * display computes a brighter picture:
 *
 *     hdr = (image + base_offset) * 2^(min + (max - min) * map^(1 / gamma)) - hdr_offset
 *
 * in linear light, for each channel, at full headroom. The image's header announces the map: by XMP (Google's
 * container), by ISO 21496-1, and by an index (CIPA DC-007, Multi-Picture Format). The parameters are in the
 * map's own header: as XMP (Adobe's namespace hdrgm), as ISO 21496-1, or both; pixmill writes all of them.
 */
#ifndef CODEC_JPEG_GAIN_MAP_H
#define CODEC_JPEG_GAIN_MAP_H

#include "base/buffer.h"
#include "base/error.h"
#include "pixmill/image.h"

/* Logarithms are to base 2. */
struct gain_map {
    double min[3], max[3], gamma[3], base_offset[3], hdr_offset[3];
    double base_headroom, hdr_headroom; /* log of the displays' headroom, without and with the whole map */
    bool base_is_hdr;                   /* the map leads from HDR to SDR */
    bool own_primaries; /* the formula is in the primaries of the HDR picture, not the image's */
};

/* Finds the map in the file data[size]: a whole JPEG, in place. Returns 0, or -1 with `error` filled:
 * there is none, it is damaged, or it is of a kind without these parameters (Apple's). */
int gain_map_find(const uint8_t *data, size_t size, struct pm_blob *jpeg, struct gain_map *map,
                  struct pm_error *error);

/* Reads ISO 21496-1's parameters (annex C), after its versions. Returns false if they are not valid. */
bool gain_map_read_iso(const uint8_t *bytes, size_t size, struct gain_map *map);

/* Reads those of XMP. */
bool gain_map_read_xmp(const char *text, size_t size, struct gain_map *map);

/* Appends the map: jpeg[size] with the parameters in its header. Returns 0, or -1 (memory). */
int gain_map_append(const struct gain_map *map, const struct buffer *jpeg, struct buffer *out);

/* Writes the image's XMP packet: `xmp`, which may be empty, with the announcement of a map of `map_size`
 * bytes. Returns its size, at most xmp.size + GAIN_MAP_XMP; 0 if `xmp` is not a packet that it can be added
 * to. */
enum { GAIN_MAP_XMP = 1024 };
size_t gain_map_announce(struct pm_blob xmp, size_t map_size, char *out);

/* Inserts ISO's announcement and the index into the JPEG at `at` in `out`, which ends there, and appends the
 * map. Returns 0, or -1 (memory). */
int gain_map_join(struct buffer *out, size_t at, const struct buffer *map);

#endif
