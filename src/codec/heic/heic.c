/* The HEIC codec's table row; codec/heic/heic.h lists the other files. */
#include "codec/heic/heic.h"

#include "codec/heif/reader.h"
#include "codec/part.h"

extern const struct codec codec_jpeg;

static bool heic_sniff(const uint8_t *head, size_t size)
{
    static const uint32_t brands[] = {BMFF_TYPE('h', 'e', 'i', 'c'), BMFF_TYPE('h', 'e', 'i', 'x'),
                                      BMFF_TYPE('h', 'e', 'i', 'm'), BMFF_TYPE('h', 'e', 'i', 's'),
                                      BMFF_TYPE('h', 'e', 'v', 'c'), BMFF_TYPE('h', 'e', 'v', 'x'),
                                      BMFF_TYPE('h', 'e', 'v', 'm'), BMFF_TYPE('h', 'e', 'v', 's')};
    for (size_t i = 0; i < sizeof brands / sizeof *brands; i++) {
        if (bmff_has_brand(head, size, brands[i]))
            return true;
    }
    return false;
}

/* In addition to the planes, libde265 keeps data about blocks (up to 1.1 bytes per pixel), a copy of a plane
 * for SAO, the coded data, a list of bytes removed from them, and 1.4 KiB per slice header. An upper bound,
 * compared with its real use by a test. */
static uint64_t heic_decode_bytes(const struct pm_info *info, const struct decode_request *request)
{
    return heif_decode_bytes(info, request, &(struct heif_cost){.halves = 5, .coded = 4, .fixed = 2 << 20}) +
           (request->animation ? heif_sequence_bytes(info) : 0);
}

const struct codec codec_heic = {
    .name = "heic",
    .mime = "image/heic",
    .suffix = "heic",
    .suffixes = (const char *const[]){"heic", "heif", "hif", NULL},
    .help =
        "HEIC (HEVC in HEIF), with alpha, of 8 to 12 bits, and animations; only read: with --format=same, its "
        "results are JPEG",
    .part = &(const struct codec_part){.file = "pixmill-heic.so", .title = "HEIC", .library = "libde265"},
    .isolated = true,
    .samples = heic_samples,
    .sniff = heic_sniff,
    .probe = heic_probe,
    .probe_page = heic_probe_page,
    .decode_bytes = heic_decode_bytes,
    .has_rows = heif_has_rows,
    .animated = true,
    .written_as = &codec_jpeg,
};
