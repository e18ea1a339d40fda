/*
 * Interposed between the command and libjpeg (LD_PRELOAD): makes it behave like a different library, as
 * $PIXMILL_JPEG says:
 *
 *     moved      the slot of encode_mcu holds a function that is not libjpeg's
 *     deaf       the function put into that slot is never called, in images over 32 pixels wide
 *     keeping    the function put into that slot is still there when the next image starts
 *     spoiling   the last bytes of a file's data are overwritten when it is finished
 *     hushed     damage in a decoded file is not reported
 *     boasting   all coefficients of a progressive file seem to have arrived
 *     blank      decoded planes are filled with one level
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h> /* jpeglib.h needs it but does not include it */
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#define EXPORT __attribute__((visibility("default")))

/* REAL(name)(...): the real function that this one replaces. */
#define REAL(name)                                                                                           \
    ({                                                                                                       \
        static __typeof__(&name) real;                                                                       \
        if (real == NULL)                                                                                    \
            real = (__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name);                                    \
        real;                                                                                                \
    })

enum { DEAF_WIDTH = 32 };

struct jpeg_entropy_encoder {
    void (*start_pass)(j_compress_ptr cinfo, boolean gather_statistics);
    boolean (*encode_mcu)(j_compress_ptr cinfo, JBLOCKROW *blocks);
};

static _Thread_local boolean (*encode_mcu)(j_compress_ptr cinfo, JBLOCKROW *blocks);

static int is_mode(const char *mode)
{
    const char *asked = getenv("PIXMILL_JPEG");
    return asked != NULL && strcmp(asked, mode) == 0;
}

static boolean encode_elsewhere(j_compress_ptr cinfo, JBLOCKROW *blocks)
{
    return encode_mcu(cinfo, blocks);
}

/* The function in an image's slot, if it is not libjpeg's own. */
static _Thread_local boolean (*put_there)(j_compress_ptr cinfo, JBLOCKROW *blocks);

EXPORT void jpeg_abort_compress(j_compress_ptr cinfo)
{
    if (is_mode("keeping") && cinfo->entropy != NULL && !cinfo->optimize_coding &&
        cinfo->entropy->encode_mcu != encode_mcu)
        put_there = cinfo->entropy->encode_mcu;
    REAL(jpeg_abort_compress)(cinfo);
}

EXPORT void jpeg_start_compress(j_compress_ptr cinfo, boolean all_tables)
{
    REAL(jpeg_start_compress)(cinfo, all_tables);
    encode_mcu = cinfo->entropy->encode_mcu;
    if (put_there != NULL && !cinfo->optimize_coding) {
        cinfo->entropy->encode_mcu = put_there;
        put_there = NULL;
    }
    if (is_mode("moved") && !cinfo->optimize_coding)
        cinfo->entropy->encode_mcu = encode_elsewhere;
}

static void turn_deaf(j_compress_ptr cinfo)
{
    if (is_mode("deaf") && cinfo->image_width > DEAF_WIDTH)
        cinfo->entropy->encode_mcu = encode_mcu;
}

EXPORT JDIMENSION jpeg_write_raw_data(j_compress_ptr cinfo, JSAMPIMAGE data, JDIMENSION rows)
{
    turn_deaf(cinfo);
    return REAL(jpeg_write_raw_data)(cinfo, data, rows);
}

EXPORT JDIMENSION jpeg_write_scanlines(j_compress_ptr cinfo, JSAMPARRAY data, JDIMENSION rows)
{
    turn_deaf(cinfo);
    return REAL(jpeg_write_scanlines)(cinfo, data, rows);
}

EXPORT void jpeg_finish_compress(j_compress_ptr cinfo)
{
    enum { BEFORE_END = 64, SPOILT = 56 };
    REAL(jpeg_finish_compress)(cinfo);
    if (is_mode("spoiling"))
        memset((JOCTET *)cinfo->dest->next_output_byte - BEFORE_END, 0x55, SPOILT);
}

static void say_nothing(j_common_ptr cinfo, int level)
{
    (void)cinfo, (void)level;
}

EXPORT int jpeg_read_header(j_decompress_ptr cinfo, boolean require_image)
{
    if (is_mode("hushed"))
        cinfo->err->emit_message = say_nothing;
    return REAL(jpeg_read_header)(cinfo, require_image);
}

EXPORT JDIMENSION jpeg_read_raw_data(j_decompress_ptr cinfo, JSAMPIMAGE data, JDIMENSION rows)
{
    JDIMENSION count = REAL(jpeg_read_raw_data)(cinfo, data, rows);
    if (is_mode("blank"))
        memset(data[0][0], 99, cinfo->output_width);
    if (is_mode("boasting") && cinfo->coef_bits != NULL)
        memset(cinfo->coef_bits, 0, (size_t)cinfo->num_components * sizeof *cinfo->coef_bits);
    return count;
}
