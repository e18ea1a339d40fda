/*
 * Decoding HEIF pictures: what AVIF and HEIC have in common besides the boxes (heif.h). Each codec supplies
 * functions that read the header of a layer's coded data and decode it.
 *
 * heif/header.c reads a file's header without a library; heif/forecast.c computes the memory for decoding;
 * heif/layer.c decodes the tiles of a layer to planes, with the codec's library; heif/pixels.c makes pixels
 * from planes that image/convert.h does not support; heif/reader.c (reader.h) is the reader of both codecs.
 */
#ifndef CODEC_HEIF_PLANES_H
#define CODEC_HEIF_PLANES_H

#include "codec/heif/heif.h"
#include "codec/reader.h"

/* The content of a bitstream's own header. */
struct heif_coding {
    uint32_t width, height; /* of the picture */
    unsigned bits;          /* of a sample: 8, 10 or 12 */
    bool monochrome;
    unsigned sampling_x, sampling_y;      /* pixels per chroma sample: 1 or 2 */
    unsigned primaries, transfer, matrix; /* ITU-T H.273; 2 when not stated */
    bool full_range;
    unsigned layers_below; /* pictures that are decoded before this one: layers of a progressive file */
};

/* --- the header ------------------------------------------------------------------------------------- */

/* A codec's function that reads the header of a layer's bitstream, checks it against the layer's properties
 * (ispe, av1C or hvcC) and fills *coding. Returns 0, or -1 with `error` filled. */
typedef int heif_describe(const struct heif *heif, const struct heif_layer *layer, struct heif_coding *coding,
                          struct pm_error *error);

struct heif_header {
    struct heif heif;
    unsigned page, pages; /* number of the picture, from 1; how many there are */
    struct heif_picture picture;
    struct heif_coding color, alpha; /* of the bitstreams; the file's nclx takes precedence */
    /* Are the planes in a format that image/convert.h supports: 8 bits, one of its matrices, alpha not
     * premultiplied? */
    bool native;
};

/* Reads everything except pixels of picture `page`, from 1 (0 is the first). Returns 0, or -1 with `error`
 * filled; call heif_header_free in either case. */
int heif_read_header(struct byte_source *source, unsigned page, heif_describe *describe,
                     struct heif_header *header, struct pm_error *error);
void heif_header_free(struct heif_header *header);

void heif_header_tell(const struct heif_header *header, struct pm_info *info);

/* Max bytes of memory for decoding an image sequence, in addition. */
uint64_t heif_sequence_bytes(const struct pm_info *info);

/* Memory that a library needs in addition to the decoded planes. */
struct heif_cost {
    unsigned halves; /* half bytes per pixel for 8-bit samples; twice as much for deeper ones */
    unsigned coded;  /* multiple of the coded data's size */
    uint64_t fixed;
};

/* As codec->decode_bytes. */
uint64_t heif_decode_bytes(const struct pm_info *info, const struct decode_request *request,
                           const struct heif_cost *cost);

/* codec->has_rows: true for a grid that is neither cropped nor transparent. */
bool heif_has_rows(const struct pm_info *info, const struct decode_request *request);

/* For heif_describe: checks the bitstream's size, and that a grid's tiles have whole chroma samples. `coded`:
 * the coding's name for messages ("AV1"). */
int heif_check_coding(const struct heif_layer *layer, const struct heif_coding *coding, const char *coded,
                      struct pm_error *error);

/* Can heif_make_pixels convert from its matrix (ITU-T H.273)? */
bool heif_knows_matrix(const struct heif_coding *coding);

/* --- planes ----------------------------------------------------------------------------------------- */

/* A layer's planes as decoded: 8-bit samples, or 16-bit ones of which the lowest `bits` are used. Frames give
 * the cropped picture's position on them. */
struct heif_planes {
    struct pm_plane plane[3];
    unsigned nplanes; /* 1: monochrome, or 3 */
    unsigned bits;
};

/* A decoder of a library, which decodes tiles of a layer one after the other. */
struct heif_decoder {
    const struct heif_library *library;
    const struct heif_layer *layer;
    const struct heif_coding *expected;
    bool filtered; /* apply the coding's in-loop filters: exact result */
    bool sequence; /* tiles are frames, which may depend on those before */
    struct arena *arena;
    struct pm_error *error;
    struct heif_planes tile; /* the last tile, whole */
    void *state;             /* the library's */
};

struct heif_library {
    size_t state_size; /* `state` is zeroed memory of that size */
    /* Return 0, or -1 with `error` filled. decode sets `tile`, whose samples are in the arena and valid until
     * the next call of decode; end frees everything else, and is also called after a failed begin. */
    int (*begin)(struct heif_decoder *decoder);
    int (*decode)(struct heif_decoder *decoder, struct pm_blob bits);
    void (*end)(struct heif_decoder *decoder);
};

/* Set up the library's state, and free it (also after a failed begin). */
int heif_decoder_begin(struct heif_decoder *decoder);
void heif_decoder_end(struct heif_decoder *decoder);

/* Moves the planes' first sample to the crop rectangle's, and sets their frames. */
void heif_crop(const struct heif_rectangle *rectangle, const struct heif_coding *coding,
               struct heif_planes *planes);

struct heif_source {
    const struct heif_library *library;
    const struct heif *heif;
    const uint8_t *data; /* the file */
    size_t size;
    bool filtered;        /* as above */
    bool allow_truncated; /* a missing tile is grey (alpha: opaque) */
};

/* A grid whose rows of tiles are decoded one after the other, those of a row in parallel. */
struct heif_grid {
    struct heif_source source;
    const struct heif_layer *layer;
    const struct heif_coding *expected;
    bool opaque;                    /* it is alpha: only its first plane is used */
    const struct heif_item **tiles; /* NULL: missing */
    struct heif_planes planes;      /* of the whole picture; row y of a plane is in row y % window */
    uint32_t window[3];
    uint32_t next; /* row of tiles */
};

/* heif_grid_begin allocates its data in the job_arena. The caller then sets the memory of all `nplanes`
 * planes (e.g. with heif_grid_alloc) and calls heif_grid_row for each row of tiles. Return 0, or -1 with
 * `error` filled. */
int heif_grid_begin(struct heif_grid *grid, const struct heif_source *source, const struct heif_layer *layer,
                    const struct heif_coding *expected, bool opaque, struct context *context);
int heif_grid_alloc(struct heif_grid *grid, unsigned plane, uint32_t window, struct context *context);
int heif_grid_row(struct heif_grid *grid, struct context *context);

/* Decodes a layer to planes in the context's arena. `opaque`: it is alpha. Returns 0, or -1 with `error`
 * filled. */
int heif_decode_layer(const struct heif_source *source, const struct heif_layer *layer,
                      const struct heif_coding *expected, bool opaque, struct heif_planes *planes,
                      struct context *context);

/* Makes *image: interleaved grey or RGB, with alpha if `alpha` is not NULL, of `depth` bits. Returns 0, or -1
 * with `error` filled. */
int heif_make_pixels(const struct heif_header *header, struct heif_planes *color, struct heif_planes *alpha,
                     unsigned depth, struct pm_image *image, struct context *context);

/* Converts alpha in place to a plane of 8 bits and full range. */
int heif_make_alpha(const struct heif_header *header, struct heif_planes *alpha, struct context *context);

#endif
