/* The AVIF codec's table row; codec/avif/avif.h lists the other files. */
#include "codec/avif/avif.h"

#include "codec/avif/encode.h"
#include "codec/avif/options.h"
#include "codec/avif/reader.h"

static bool avif_sniff(const uint8_t *head, size_t size)
{
    return bmff_has_brand(head, size, BMFF_TYPE('a', 'v', 'i', 'f')) ||
           bmff_has_brand(head, size, BMFF_TYPE('a', 'v', 'i', 's'));
}

const struct codec codec_avif = {
    .name = "avif",
    .mime = "image/avif",
    .suffix = "avif",
    .suffixes = (const char *const[]){"avif", NULL},
    .help =
        "AVIF: lossy and lossless, with alpha; 8, 10 and 12 bits, at most 65535 pixels on a side; the first "
        "picture of a sequence. The scale of quality is that of avifenc and sharp. Equal bytes are promised "
        "for one version of libaom",
    .sniff = avif_sniff,
    .probe = avif_probe,
    .decode_bytes = avif_decode_bytes,
    .reader_size = sizeof(struct avif_reader),
    .open = avif_open,
    .frame = avif_frame,
    .close = avif_close,
    .accepts = avif_accepts,
    .side_max = AVIF_SIDE_MAX,
    .slow = true,
    .cicp = true,
    .encode_bound = avif_encode_bound,
    .encode_bytes = avif_encode_bytes,
    .options = avif_option_rows,
    .tolerance = 32,
    .encode = avif_encode,
};
