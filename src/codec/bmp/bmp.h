/*
 * BMP, Windows' and OS/2's bitmaps, read by pixmill's own code: a file header, an information header of one
 * of several sizes, colour masks or a palette, and rows of pixels (Microsoft's BITMAPFILEHEADER to
 * BITMAPV5HEADER; OS/2's BITMAPCOREHEADER and the longer one of 16 to 64 bytes). It is not written: PNG holds
 * all of it.
 *
 * bmp/bmp.c is the codec's row and reader; bmp/header.c parses the headers; bmp/pixels.c converts rows;
 * bmp/rle.c decodes run lengths.
 */
#ifndef CODEC_BMP_H
#define CODEC_BMP_H

#include "codec/codec.h"

enum {
    BMP_HEAD_MIN = 26,        /* the file header and the shortest information header */
    BMP_FILE_HEADER = 14,     /* "BM", size, reserved, offset of the pixels */
    BMP_HEAD_MAX = 14 + 1400, /* both headers, masks and palette */
    BMP_COLORS_MAX = 256,
    BMP_CHANNELS = 4
};

enum bmp_coding { BMP_RAW, BMP_RLE8, BMP_RLE4 };

/* Where a channel's bits are in a pixel of 16, 24 or 32 bits. */
struct bmp_mask {
    unsigned shift;
    uint32_t max; /* its largest value; 0: the channel is absent */
};

struct bmp_header {
    uint32_t width, height;
    bool top_down;
    unsigned bits; /* per pixel: 1, 2, 4, 8 (of a palette), 16, 24 or 32 */
    enum bmp_coding coding;
    uint32_t pixels;                     /* where they begin in the file */
    struct bmp_mask masks[BMP_CHANNELS]; /* red, green, blue, alpha */
    unsigned colors;                     /* of the palette, at most 1 << bits */
    bool gray;                           /* all colours of the palette are grey */
    uint8_t palette[BMP_COLORS_MAX][3];  /* RGB; black past `colors` */
    uint32_t density_x, density_y;       /* pixels per metre; 0: not known */
    uint32_t icc_at, icc_size;           /* in the file */
    bool linked_profile;                 /* it is in another file */
    bool calibrated;                     /* the colours are given by primaries and gamma: */
    double gamma;                        /* as in struct pm_metadata */
    double chromaticities[8];
};

/* Parses head[size], the file's first BMP_HEAD_MAX bytes, or all of it. Returns 0, or -1 with `error` filled.
 */
int bmp_read_header(const uint8_t *head, size_t size, struct bmp_header *header, struct pm_error *error);

/* Bytes of a stored row, and those of them that hold pixels. */
uint64_t bmp_stride(const struct bmp_header *header);
uint64_t bmp_row_bytes(const struct bmp_header *header);

/* The format of the decoded pixels. */
struct pm_pixel_format bmp_pixels(const struct bmp_header *header);

/* Converts rows: what is derived from the header once. */
struct bmp_converter {
    const struct bmp_header *header;
    unsigned channels;
    bool deep;                         /* result of 16 bits: some mask has more than 8 bits */
    uint8_t levels[BMP_CHANNELS][256]; /* for masks of at most 8 bits: the value scaled to 8 bits */
    unsigned used;                     /* highest index of the palette that a pixel had, plus 1 */
};
void bmp_converter_init(struct bmp_converter *converter, const struct bmp_header *header);

/* One stored row to interleaved samples. */
void bmp_convert_row(struct bmp_converter *converter, const uint8_t *in, uint8_t *out);

/* Writes `count` pixels of that palette index. */
void bmp_put_color(struct bmp_converter *converter, unsigned index, uint32_t count, uint8_t *out);

/* Position where a row's run lengths begin. */
struct bmp_row_start {
    size_t at;    /* in the data */
    uint32_t x;   /* of the first pixel */
    bool skipped; /* the row has none: its pixels have the palette's first colour */
};

/* Finds where each of header->height rows begins in data[size], from the bottom up. Returns the number of
 * rows found; all of them if the data contains the bitmap's end code. *clipped: a run exceeds its row. */
uint32_t bmp_index_runs(const struct bmp_header *header, const uint8_t *data, size_t size,
                        struct bmp_row_start *starts, bool *clipped);

/* Decodes row y, counted from the bottom, to interleaved samples. */
void bmp_decode_run_row(struct bmp_converter *converter, const uint8_t *data, size_t size, uint32_t y,
                        const struct bmp_row_start *start, uint8_t *out);

#endif
