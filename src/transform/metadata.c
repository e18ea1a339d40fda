#include "transform/metadata.h"

#include <string.h>

#include "codec/codec.h"
#include "image/exif.h"
#include "image/profile.h"

int metadata_settle(struct pm_image *image, unsigned keep, struct context *context, struct pm_error *error)
{
    static const struct pm_blob none = {NULL, 0};
    struct pm_metadata *meta = &image->meta;
    if (meta->icc.data != NULL && !profile_matches(&meta->icc, image->color)) {
        context_warn(context, "the ICC profile does not match the result's channels and was dropped");
        meta->icc = none;
    }
    if (!(keep & KEEP_EXIF))
        meta->exif = none;
    if (!(keep & KEEP_XMP))
        meta->xmp = none;
    if (!(keep & KEEP_IPTC))
        meta->iptc = none;
    if (!(keep & KEEP_TEXT)) {
        meta->texts = NULL;
        meta->ntexts = 0;
    }
    if (meta->exif.data == NULL)
        return 0;
    uint8_t *exif = arena_alloc(context->job_arena, meta->exif.size);
    if (exif == NULL)
        return error_memory(error, meta->exif.size);
    memcpy(exif, meta->exif.data, meta->exif.size);
    exif_set_orientation(exif, meta->exif.size, image->orientation);
    meta->exif.data = exif;
    return 0;
}
