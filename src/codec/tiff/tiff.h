/*
 * TIFF (TIFF 6.0, its supplements, and BigTIFF): shared by the files of this codec. A file is a chain of
 * directories (IFDs): pages, and smaller versions of them (levels of a pyramid), which are decoded instead of
 * the page where they are large enough. One page is read.
 *
 * tiff.c is the codec's row; directory.c reads directories without a library, page.c what a page's says,
 * probe.c finds the page; exif.c copies EXIF into a structure of its own and back, left_out.c warns of what a
 * page has beyond that; part/ is pixmill-tiff.so: decode.c decodes with libtiff, rows.c row by row, samples.c
 * converts its samples to pixels, lab.c, luv.c and rgba.c those of CIELAB, LogLuv and YCbCr; encode.c writes.
 */
#ifndef CODEC_TIFF_TIFF_H
#define CODEC_TIFF_TIFF_H

#include "codec/codec.h"

enum {
    TIFF_SAMPLES_MAX = 16,          /* a pixel, extra samples included */
    TIFF_TILE_BYTES_MAX = 16 << 20, /* of a tile, all samples */
    TIFF_PAGES_MAX = 4096,
    TIFF_LEVELS_MAX = 16,
};

enum tiff_photometric {
    TIFF_WHITE_IS_ZERO = 0,
    TIFF_BLACK_IS_ZERO = 1,
    TIFF_RGB = 2,
    TIFF_PALETTE = 3,
    TIFF_SEPARATED = 5,
    TIFF_YCBCR = 6,
    TIFF_CIELAB = 8,
    TIFF_ICCLAB = 9,
    TIFF_LOGL = 32844,
    TIFF_LOGLUV = 32845,
};

enum tiff_compression {
    TIFF_UNCOMPRESSED = 1,
    TIFF_LZW = 5,
    TIFF_OLD_JPEG = 6,
    TIFF_JPEG = 7,
    TIFF_DEFLATE = 8,
    TIFF_PACKBITS = 32773,
    TIFF_SGILOG = 34676,
    TIFF_SGILOG24 = 34677,
};

enum tiff_format { TIFF_UNSIGNED_INTEGER = 1, TIFF_SIGNED_INTEGER = 2, TIFF_FLOATING = 3 };

struct tiff_extent {
    uint64_t at, size; /* in the file; size 0: none */
};

struct tiff_header {
    bool big_endian;
    uint64_t ifd;         /* offset of the page's directory */
    unsigned page, pages; /* its number, from 1; how many there are */
    uint32_t width, height;
    unsigned bits;    /* of a sample as stored: 1 to 16, 24 or 32, or 64 for float */
    unsigned samples; /* a pixel, extra samples included */
    unsigned colors;  /* of those, colour samples: 1, 3 or 4 */
    enum tiff_photometric photometric;
    enum tiff_format format;
    unsigned compression;
    unsigned sampling_x, sampling_y; /* of YCbCr: pixels per chroma sample; else 0 */
    bool by_library;                 /* libtiff makes pixels of it, not only samples: RGB */
    bool planar;                     /* each sample in separate strips or tiles */
    bool tiled;
    uint32_t tile_width, tile_height;
    unsigned alpha;     /* number of the sample that is alpha; 0: none */
    bool premultiplied; /* colour samples were multiplied by it */
    unsigned orientation;
    struct tiff_extent icc, xmp, iptc,
        photoshop;      /* photoshop: image resources, which may have IPTC in them */
    bool loses_profile; /* its ICC profile is of other samples than the picture's, and is not in `icc` */
    size_t exif_size;   /* max bytes of its EXIF as a structure of its own; 0: none */
    bool has_density;
    uint32_t density_x, density_y; /* pixels per metre, or only the ratio */
    bool density_metre;
    bool has_chromaticities;
    double chromaticities[8]; /* as in struct pm_metadata; of grey pictures without meaning */
    bool cut;                 /* strips or tiles of some page are beyond the end of the file */
    struct tiff_level {
        uint64_t ifd;
        uint32_t width, height;
    } levels[TIFF_LEVELS_MAX]; /* smaller versions of the page */
    unsigned nlevels;
};

static inline bool tiff_is_lab(const struct tiff_header *header)
{
    return header->photometric == TIFF_CIELAB || header->photometric == TIFF_ICCLAB;
}

/* Light of any range as logarithms, which libtiff gives as floats (LogLuv: G. Larson, 1998). */
static inline bool tiff_is_log(const struct tiff_header *header)
{
    return header->photometric == TIFF_LOGL || header->photometric == TIFF_LOGLUV;
}

/* Can it be decoded from the top down, each row by itself? Only if libtiff's decoder keeps no more than a
 * row; not if another version of the page may be decoded instead, or if rows are missing. */
static inline bool tiff_has_rows(const struct tiff_header *header)
{
    const bool coded_so = header->compression == TIFF_UNCOMPRESSED || header->compression == TIFF_LZW ||
                          header->compression == TIFF_DEFLATE || header->compression == TIFF_PACKBITS;
    return coded_so && !header->tiled && !header->planar && !header->by_library && !header->premultiplied &&
           !tiff_is_lab(header) && header->nlevels == 0 && !header->cut;
}

/* Reads everything except pixels of page `page`, from 1. Returns 0, or -1 with `error` filled. */
int tiff_read_header(struct byte_source *source, unsigned page, struct tiff_header *header,
                     struct pm_error *error);

/* Reads how the samples are stored of the smallest version of the page that the request allows, which may be
 * the page itself. Returns 0, or -1 with `error` filled. */
int tiff_read_level(struct byte_source *source, const struct tiff_header *page,
                    const struct decode_request *request, struct tiff_header *level, struct pm_error *error);

void tiff_header_tell(const struct tiff_header *header, struct pm_info *info);

int tiff_probe_page(struct byte_source *source, unsigned page, struct pm_info *info, struct pm_error *error);
int tiff_probe(struct byte_source *source, struct pm_info *info, struct pm_error *error);

/* --- options --------------------------------------------------------------------------------------- */

struct tiff_options {
    int compression; /* index in the row's words: deflate, lzw, none */
};
enum { TIFF_OPTION_DEFLATE, TIFF_OPTION_LZW, TIFF_OPTION_NONE };

/* Rows of a strip that is written. */
uint32_t tiff_strip_rows(size_t row_bytes);

/* As in codec/codec.h. */
uint64_t tiff_encode_bound(const struct shape *shape, const void *options);

#endif
