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

/* What a file's header says, learnt without decoding. */
struct pm_info {
    const char *format;            /* "jpeg", "png" or "webp" */
    uint32_t width, height;        /* stored size in pixels, before orientation is applied */
    unsigned depth;                /* bits a sample as stored: 1, 2, 4, 8 or 16 */
    struct pm_pixel_format pixels; /* of the decoded picture; YCC decodes to planes or to RGB */
    bool palette;
    bool interlaced; /* comes in several passes: Adam7, or a JPEG that is progressive or of several scans */
    bool encrypted;  /* carries pixmill's encryption header */
    unsigned orientation; /* EXIF, 1 to 8; 1 when it says nothing */
    /* Bytes of each as stored in the file; 0 when there is none. */
    size_t icc_size, exif_size, xmp_size, iptc_size;
    unsigned frames;         /* pictures of an animation, with a still for readers that know none; else 1 */
    bool animated;           /* these pictures are drawn on one canvas, even a single one */
    unsigned loops;          /* how often an animation is shown; 0: without end, or not known */
    unsigned extra_pictures; /* besides the main picture: MPF/MPO pictures, gain maps; not EXIF thumbnails */
    bool gain_map;           /* one of the extra pictures is a gain map */
    bool has_cicp, has_mastering, has_light; /* as in struct pm_metadata */
    uint8_t cicp[4];
    double gamma; /* as in struct pm_metadata; 0: none */
    bool has_chromaticities;
};

/* Reads the header of data[size]. Returns 0, or -1 with `error` filled, and *info is of no use then:
 * PM_ERROR_UNSUPPORTED for what is of no format that is read, or of a kind that is not; PM_ERROR_TRUNCATED
 * for what is empty or ends within its header; PM_ERROR_CORRUPT for a header that breaks its format's rules;
 * PM_ERROR_LIMIT for more segments or chunks before the picture than are looked at. */
int pm_probe(const uint8_t *data, size_t size, struct pm_info *info, struct pm_error *error);

/* Limits of one transform; 0 means none. */
struct pm_limits {
    uint64_t max_pixels; /* width * height of any picture on the way */
    uint64_t max_bytes;  /* memory for decoded pictures */
};

/* Runs `recipe` on data[size] in the calling thread. On success *result is a block of *result_size bytes that
 * the caller frees with free(). `limits` may be NULL; `secrets` is NULL unless the recipe encrypts or
 * decrypts. Returns 0, or -1 with `error` filled and *result NULL. */
int pm_transform(const struct pm_recipe *recipe, const uint8_t *data, size_t size,
                 const struct pm_limits *limits, const struct pm_secrets *secrets, uint8_t **result,
                 size_t *result_size, struct pm_error *error);

/* Who hears of a transform while it runs. */
struct pm_listener {
    /* What the result lacks or a user should know, and is no error: one line of UTF-8, which lives during the
     * call. The same words may come again, and warnings may come before an error. NULL: nobody. */
    void (*warning)(void *user, const char *message);
    void *user; /* the caller's own */
};

/* pm_transform, with a listener, which may be NULL. It is called by the calling thread. */
int pm_transform_with(const struct pm_recipe *recipe, const uint8_t *data, size_t size,
                      const struct pm_limits *limits, const struct pm_secrets *secrets,
                      const struct pm_listener *listener, uint8_t **result, size_t *result_size,
                      struct pm_error *error);

#pragma GCC visibility pop

#endif
