/* One ancillary chunk into struct pm_metadata: colours, density, EXIF and the encryption header; texts are
 * text.c's. */
#include "codec/png/facts.h"
#include "codec/png/meta.h"
#include "image/exif.h"
#include "image/profile.h"

/* name NUL method(0) zlib data. */
static int take_profile(struct png_meta *meta, const struct png_chunk *chunk)
{
    size_t name = png_keyword_length(chunk->data, chunk->size);
    if (meta->metadata->icc.data != NULL)
        return png_meta_leave_out(meta, "a second ICC profile");
    if (name == 0 || chunk->size < name + 2 || chunk->data[name + 1] != 0)
        return png_meta_leave_out(meta, "a broken ICC profile");
    const struct pm_blob packed = {chunk->data + name + 2, chunk->size - name - 2};
    struct pm_blob profile;
    if (png_meta_inflate(meta, packed, true, &profile) != 0)
        return -1;
    size_t size = profile.data != NULL ? profile_size(profile.data, profile.size) : 0;
    if (size == 0)
        return png_meta_leave_out(meta, "an ICC profile that is broken or over 8 MB");
    meta->metadata->icc = (struct pm_blob){profile.data, size};
    return 0;
}

/* Samples of a PNG are RGB, so that matrix coefficients other than 0 contradict them (11.3.2.6). */
static int take_fact(struct png_meta *meta, const struct png_fact *fact, const struct png_chunk *chunk)
{
    const bool contradicts = fact->type == TYPE_CICP && chunk->size == 4 && chunk->data[2] != 0;
    if (contradicts || png_fact_known(fact, meta->metadata) ||
        !png_fact_read(fact, chunk->data, chunk->size, meta->metadata))
        return png_meta_leave_out(meta, fact->fault);
    return 0;
}

/* Which of two headers decrypts an image must not depend on the reader: reject a second one anywhere, and one
 * that pm_secret_ids, which stops at the pixels, does not find. */
static int take_sealed(struct png_meta *meta, const struct png_chunk *chunk, bool before_pixels)
{
    if (meta->metadata->sealed.data != NULL)
        return error_set(meta->error, PM_ERROR_CORRUPT, "has two encryption headers (pmEN chunks)");
    if (!before_pixels)
        return error_set(meta->error, PM_ERROR_CORRUPT,
                         "has its encryption header (pmEN chunk) after its pixels");
    if (chunk->size > PNG_SEALED_MAX)
        return error_limit(meta->error, PNG_SEALED_MAX, chunk->size,
                           "has an encryption header of %u bytes, more than the %u allowed", chunk->size,
                           PNG_SEALED_MAX);
    meta->metadata->sealed = (struct pm_blob){chunk->data, chunk->size};
    return 0;
}

/* These are valid only before the pixels. */
static int take_color(struct png_meta *meta, const struct png_chunk *chunk)
{
    const struct png_fact *fact = png_fact_find(chunk->type);
    if (fact != NULL)
        return take_fact(meta, fact, chunk);
    return take_profile(meta, chunk);
}

/* The orientation must be the one that png_probe found, because the memory forecast depends on it: use only
 * chunks that the probe reads, too. */
static int take_exif(struct png_meta *meta, const struct png_chunk *chunk)
{
    const struct pm_blob tiff = png_exif_tiff(chunk->data, chunk->size);
    if (meta->orientation == 0 && chunk->size <= PNG_EXIF_MAX && chunk->number <= PNG_CHUNKS_PROBED)
        meta->orientation = exif_orientation(tiff.data, tiff.size);
    if ((meta->keep & KEEP_EXIF) == 0)
        return 0;
    if (meta->metadata->exif.data != NULL && !meta->exif_is_text)
        return png_meta_leave_out(meta, "a second eXIf chunk");
    meta->metadata->exif = tiff;
    meta->exif_is_text = false;
    return 0;
}

int png_meta_take(struct png_meta *meta, const struct png_chunk *chunk, bool before_pixels)
{
    switch (chunk->type) {
    case TYPE_EXIF:
        return take_exif(meta, chunk);
    case TYPE_TEXT:
    case TYPE_ZTXT:
        return png_text_take_latin1(meta, chunk);
    case TYPE_ITXT:
        return png_text_take_unicode(meta, chunk);
    case TYPE_SEALED:
        return take_sealed(meta, chunk, before_pixels);
    default:
        return before_pixels
                   ? take_color(meta, chunk)
                   : png_meta_leave_out(meta, "a chunk after the pixels that must come before them");
    }
}
