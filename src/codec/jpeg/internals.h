/*
 * What the JPEG codec uses of libjpeg beyond its documented interface (libjpeg.txt), all of it. The layouts
 * were read in the sources of libjpeg-turbo 1.5.3, 2.0.6, 2.1.5, 3.0.0, 3.1.3 and 3.2.0, for the APIs of
 * libjpeg 6b, 7 and 8. The headers say nothing about the library that is loaded, so each use is tried out on
 * it once per process, and replaced where it does not work as expected:
 *
 *     use                 what is assumed                                      replaced by
 *     JPEG_COUNT_MCUS     the second method of cinfo->entropy, encode_mcu, is  libjpeg's own optimiser
 *                         called for each MCU, and its successor is restored   (optimize_coding): as small,
 *                         by the next jpeg_start_compress; MCU_membership,     with twice the image's memory
 *                         cur_comp_info and blocks_in_MCU describe the MCU,
 *                         and its pointers to blocks are in cinfo->coef
 *     JPEG_SCALE_PLANES   the first method of cinfo->idct, start_pass, may be  libjpeg's choice of scales:
 *                         called again after DCT_scaled_size and               larger chroma planes, resized
 *                         MCU_sample_width were set                            afterwards
 *     JPEG_LEND_ARRAYS    arrays of coefficients are reached through three     libjpeg's own memory
 *                         methods of cinfo->mem only, requested in the order
 *                         of the components; at 1/8 only DC coefficients are
 *                         touched
 *
 * What has no replacement: JWRN_HIT_MARKER and the other message codes of jerror.h are those of the loaded
 * library; unread_marker and coef_bits tell where and how complete an image ended. Where the trial's damaged
 * or cut file decodes without an error this does not hold, and JPEG is neither read nor written.
 * src/PRIVATE.md lists what is used of other libraries.
 *
 *     internals.h    the layouts, and which code is the library's own
 *     trial.h        tries out each use
 *     library.h      what works with the loaded library
 */
#ifndef CODEC_JPEG_INTERNALS_H
#define CODEC_JPEG_INTERNALS_H

#include <stdbool.h>

#include "codec/jpeg/jpeg.h"

enum jpeg_use {
    JPEG_COUNT_MCUS = 1,
    JPEG_SCALE_PLANES = 2,
    JPEG_LEND_ARRAYS = 4,
    JPEG_ALL_USES = JPEG_COUNT_MCUS | JPEG_SCALE_PLANES | JPEG_LEND_ARRAYS,
    JPEG_TRIAL = 8, /* the first time: methods are checked before they are called or replaced */
};

typedef void (*jpeg_method)(void);

enum { JPEG_START_PASS, JPEG_ENCODE_MCU, JPEG_ENTROPY_METHODS = 3 };

/* The heads of two structs of jpegint.h, a header that not every distribution installs. The third method of
 * the entropy encoder is finish_pass up to 2.1, encode_mcus from 3.0 on; it is never used. */
struct jpeg_entropy_encoder {
    jpeg_method method[JPEG_ENTROPY_METHODS];
};
struct jpeg_inverse_dct {
    void (*start_pass)(j_decompress_ptr cinfo);
};

/* The size in samples, on a side, of a component's decoded blocks; the field's name depends on the ABI that
 * libjpeg-turbo was built for. */
#if JPEG_LIB_VERSION >= 70
#define JPEG_BLOCK_SIDE(component) ((component)->DCT_h_scaled_size)
#define JPEG_SET_BLOCK_SIDE(component, n)                                                                    \
    ((component)->DCT_h_scaled_size = (component)->DCT_v_scaled_size = (n))
#else
#define JPEG_BLOCK_SIDE(component) ((component)->DCT_scaled_size)
#define JPEG_SET_BLOCK_SIDE(component, n) ((component)->DCT_scaled_size = (n))
#endif

/* Is it a version whose sources were read, by the texts in its message table? */
bool jpeg_known_version(const struct jpeg_error_mgr *manager);

/* Is `method` code of the same library as libjpeg's own error_exit? */
bool jpeg_is_method(jpeg_method method);

#endif
