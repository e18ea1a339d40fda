/*
 * transform: the bytes of one image file into the bytes of another. Pure: no file, no clock, no random
 * number, no thread of its own; the same input and recipe give the same bytes on every machine.
 */
#ifndef PIXMILL_TRANSFORM_H
#define PIXMILL_TRANSFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pixmill/error.h"
#include "pixmill/image.h"
#include "pixmill/recipe.h"
#include "pixmill/secret.h"

#pragma GCC visibility push(default)

/* What EXIF says of the colours of RGB samples. */
enum pm_exif_color { PM_EXIF_COLOR_NONE, PM_EXIF_COLOR_SRGB, PM_EXIF_COLOR_ADOBE_RGB };

/* What a file's header says, without decoding. */
struct pm_info {
    const char *format;                 /* "jpeg", "png", ...: the word of --format */
    uint32_t width, height;             /* stored size in pixels, before orientation is applied */
    uint32_t coded_width, coded_height; /* of the decoded picture, if the file crops it; else 0 */
    uint32_t tile_width, tile_height;   /* of separately coded tiles; 0: none */
    unsigned layers_below;              /* pictures of the decoded size that are decoded before it; 0: none */
    uint64_t coded_bytes;          /* max bytes of coded data that the decoder copies at a time; 0: none */
    unsigned depth;                /* bits per sample as stored: 1 to 16, 32 or 64 */
    struct pm_pixel_format pixels; /* of the decoded picture; YCC decodes to planes or to RGB */
    unsigned stored_x, stored_y;   /* of YCbCr that decodes to RGB alone: pixels per chroma sample; else 0 */
    bool palette;
    bool interlaced; /* stored in several passes: Adam7, or a JPEG that is progressive or has several scans */
    bool by_rows;    /* of a TIFF: it can be decoded row by row */
    bool encrypted;  /* has pixmill's encryption header */
    unsigned orientation; /* EXIF, 1 to 8; 1 if it is not there */
    /* Bytes of each as stored in the file; 0: none. */
    size_t icc_size, exif_size, xmp_size, iptc_size;
    uint64_t icc_at;      /* offset of the ICC profile's beginning, if it is there as it is; else 0 */
    char icc_name[64];    /* the profile's description, for people; pm_probe may leave it empty */
    unsigned page, pages; /* number of the page that this describes, from 1; how many the file has */
    bool still_apart;     /* one of the extra pictures is for programs that show no animation */
    unsigned frames;      /* pictures of an animation; else 1 */
    bool animated;        /* the frames are drawn on one canvas, even if there is only one */
    unsigned loops;       /* how often an animation is shown; 0: endlessly, or unknown */
    /* Besides the main picture: MPF/MPO pictures, gain maps, a PNG's still picture that is no frame of its
     * animation; not EXIF thumbnails. */
    unsigned extra_pictures;
    bool gain_map;                           /* one of the extra pictures is a gain map */
    bool has_cicp, has_mastering, has_light; /* as in struct pm_metadata */
    uint8_t cicp[4];
    double gamma; /* as in struct pm_metadata; 0: none */
    bool has_chromaticities, has_srgb;
    enum pm_exif_color exif_color;
    /* Samples that the decoder needs at a time besides the picture's: of further channels, and of frames that
     * it keeps to draw others on them; 0: none. */
    uint64_t other_samples;
    bool holds_jpeg; /* a JPEG XL from which the JPEG that it was made of can be restored, byte by byte */
};

/* Reads the header of data[size]. Returns 0, or -1 with `error` filled, and *info undefined:
 * PM_ERROR_UNSUPPORTED for a format or a kind of file that is not read; PM_ERROR_TRUNCATED for an empty file
 * or one that ends within its header; PM_ERROR_CORRUPT for a header that breaks its format's rules;
 * PM_ERROR_LIMIT for too many segments or chunks before the picture. */
int pm_probe(const uint8_t *data, size_t size, struct pm_info *info, struct pm_error *error);

/* Limits of one transform; 0 means none. */
struct pm_limits {
    uint64_t max_pixels; /* width * height of any decoded or resulting picture */
    uint64_t max_bytes;  /* memory for decoded pictures */
};

/* Runs `recipe` on data[size] in the calling thread. On success *result is a block of *result_size bytes that
 * the caller frees with free(). `limits` may be NULL; `secrets` is NULL unless the recipe encrypts or
 * decrypts. Returns 0, or -1 with `error` filled and *result NULL. */
int pm_transform(const struct pm_recipe *recipe, const uint8_t *data, size_t size,
                 const struct pm_limits *limits, const struct pm_secrets *secrets, uint8_t **result,
                 size_t *result_size, struct pm_error *error);

/* Receives warnings while a transform runs. */
struct pm_listener {
    /* A warning: what the result lacks, or the user should know. One line of UTF-8, valid during the call.
     * The same text may be repeated, and an error may follow. NULL: warnings are ignored. */
    void (*warning)(void *user, const char *message);
    void *user; /* any pointer of the caller */
};

/* pm_transform with a listener, which may be NULL. It is called in the calling thread. */
int pm_transform_with(const struct pm_recipe *recipe, const uint8_t *data, size_t size,
                      const struct pm_limits *limits, const struct pm_secrets *secrets,
                      const struct pm_listener *listener, uint8_t **result, size_t *result_size,
                      struct pm_error *error);

#pragma GCC visibility pop

#endif
