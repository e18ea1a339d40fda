/* The JPEG XL codec's table row; codec/jxl/jxl.h lists the other files. */
#include "codec/jxl/jxl.h"

#include <string.h>

#include "codec/jpeg/transcode.h"
#include "codec/jxl/options.h"
#include "codec/options.h"
#include "codec/part.h"
#include "codec/transcode.h"
#include "codec/writer.h"

static bool jxl_sniff(const uint8_t *head, size_t size)
{
    static const char box[12] = "\0\0\0\x0cJXL \r\n\x87\n", codestream[2] = "\xff\x0a";
    return (size >= sizeof codestream && memcmp(head, codestream, sizeof codestream) == 0) ||
           (size >= sizeof box && memcmp(head, box, sizeof box) == 0);
}

/* --- JPEG and back without loss --------------------------------------------------------------------- */

extern const struct codec codec_jxl;

static bool suits_jpeg(const struct pm_info *info, unsigned turn, const void *options)
{
    (void)info, (void)turn;
    return ((const struct jxl_options *)options)->lossless;
}

static bool holds_jpeg(const struct pm_info *info, unsigned turn, const void *options)
{
    (void)turn, (void)options;
    return info->holds_jpeg;
}

/* Coefficients of all components, several times. */
static uint64_t wrap_bytes(const struct pm_info *info, unsigned turn)
{
    enum { A_PIXEL = 64, FIXED = 24 << 20 };
    (void)turn;
    return (uint64_t)(info->width + 16) * (info->height + 16) * A_PIXEL + FIXED;
}

static const struct transcoder transcoders[] = {
    {.from = &codec_jpeg,
     .to = &codec_jxl,
     .wraps = true,
     .suits = suits_jpeg,
     .work_bytes = wrap_bytes,
     .result_bytes = jpeg_transcode_result_bytes},
    {.from = &codec_jxl,
     .to = &codec_jpeg,
     .wraps = true,
     .suits = holds_jpeg,
     .work_bytes = wrap_bytes,
     .result_bytes = jpeg_transcode_result_bytes},
    {.from = NULL},
};

/* A copy of the frame before. */
static uint64_t jxl_writer_bytes(const struct shape *shape, unsigned frames, const void *options)
{
    (void)frames, (void)options;
    return shape_bytes(shape);
}

const struct codec codec_jxl = {
    .name = "jxl",
    .mime = "image/jxl",
    .suffix = "jxl",
    .suffixes = (const char *const[]){"jxl", NULL},
    .help =
        "JPEG XL: lossy and lossless, with alpha, 8 to 16 bits, and float read as 16 bits; animations. "
        "With lossless and no filter a JPEG is kept as it is, in about 20 % fewer bytes, and --format=jpeg "
        "restores it. The scale of quality is that of cjxl and sharp. Equal bytes are promised for one version of "
        "libjxl: lossless on every machine, lossy on machines of one instruction set",
    .part = &(const struct codec_part){.file = "pixmill-jxl.so", .title = "JPEG XL", .library = "libjxl"},
    .sniff = jxl_sniff,
    .probe = jxl_probe,
    .decode_bytes = jxl_decode_bytes,
    .animated = true,
    .accepts = jxl_accepts,
    .side_max = JXL_SIDE_MAX,
    .slow = true,
    .isolated = true, /* its assertions end the process */
    .cicp = true,
    .encode_bound = jxl_encode_bound,
    .encode_bytes = jxl_encode_bytes,
    .options = jxl_option_rows,
    .tolerance = 32,
    .writer = &(const struct codec_writer){.bytes = jxl_writer_bytes},
    .transcoders = transcoders,
};
