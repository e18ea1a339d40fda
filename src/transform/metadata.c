#include "transform/metadata.h"

#include <stdio.h>
#include <string.h>

#include "codec/codec.h"
#include "image/exif.h"
#include "image/iptc.h"
#include "image/profile.h"
#include "image/xmp.h"

static const struct pm_blob none = {NULL, 0};

static void warn_of_tags(const struct exif_left_out *left_out, struct context *context)
{
    enum { TAGS = sizeof left_out->tags / sizeof *left_out->tags };
    static const struct {
        uint16_t tag;
        const char *name;
    } names[] = {{0x83BB, " IPTC"},        {0x8649, " Photoshop resources"}, {0x02BC, " XMP"},
                 {0x8773, " ICC profile"}, {0x927C, " MakerNote"},           {0x9214, " SubjectArea"},
                 {0x9286, " UserComment"}, {0x935C, " Photoshop layers"},    {0xA214, " SubjectLocation"}};
    char list[128] = "";
    size_t used = 0;
    for (unsigned i = 0; i < left_out->count && i < TAGS && used < sizeof list; i++) {
        const char *name = "";
        for (size_t n = 0; n < sizeof names / sizeof *names; n++)
            name = names[n].tag == left_out->tags[i] ? names[n].name : name;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s0x%04X%s", i > 0 ? ", " : "",
                                 left_out->tags[i], name);
    }
    if (left_out->count > 0)
        context_warn(context,
                     "EXIF tags left out, because they may contain or describe the old picture: %s%s", list,
                     left_out->count > TAGS ? ", ..." : "");
}

static void *job_alloc(size_t size, struct context *context)
{
    void *bytes = arena_alloc(context->job_arena, size);
    if (bytes == NULL)
        error_memory(context->error, size);
    return bytes;
}

static int settle_exif(struct pm_blob *exif, const struct picture_facts *facts, struct context *context)
{
    if (exif->data == NULL)
        return 0;
    struct exif_left_out left_out;
    uint8_t *out = job_alloc(exif_room(exif->size), context);
    if (out == NULL)
        return -1;
    size_t size = exif_restate(exif->data, exif->size, facts, out, &left_out);
    *exif = size > 0 ? (struct pm_blob){out, size} : none;
    if (left_out.broken)
        context_warn(context, "EXIF is broken and left out");
    else if (left_out.full)
        context_warn(context, "EXIF is left out: it has no room to add the orientation");
    else
        warn_of_tags(&left_out, context);
    return 0;
}

/* A malformed UTF-16 packet is left unchanged; xmp_restate then rejects it. */
static int convert_xmp(struct pm_blob *xmp, struct context *context)
{
    if (!xmp_is_utf16(xmp->data, xmp->size))
        return 0;
    char *out = job_alloc(3 * (xmp->size / 2), context);
    if (out == NULL)
        return -1;
    const size_t size = xmp_from_utf16(xmp->data, xmp->size, out);
    if (size > 0)
        *xmp = (struct pm_blob){(const uint8_t *)out, size};
    return 0;
}

static int settle_xmp(struct pm_blob *xmp, const struct picture_facts *facts, struct context *context)
{
    if (xmp->data == NULL)
        return 0;
    unsigned left_out;
    if (convert_xmp(xmp, context) != 0)
        return -1;
    char *out = job_alloc(xmp->size + XMP_GROWTH, context);
    if (out == NULL)
        return -1;
    size_t size = xmp_restate((const char *)xmp->data, xmp->size, facts, out, &left_out);
    *xmp = size > 0 ? (struct pm_blob){(const uint8_t *)out, size} : none;
    if (size == 0)
        context_warn(
            context,
            "XMP is left out: it is not well-formed XML in UTF-8 or UTF-16, so it can't be brought up to date");
    if ((left_out & XMP_PICTURE) != 0)
        context_warn(
            context,
            "XMP: what is or may be a picture is left out (a depth map, an original, an encrypted note)");
    if ((left_out & XMP_REGIONS) != 0)
        context_warn(context, "XMP: positions in the old picture are left out (of faces, of a panorama)");
    return 0;
}

static int settle_iptc(struct pm_blob *iptc, const struct picture_facts *facts, struct context *context)
{
    if (iptc->data == NULL)
        return 0;
    uint8_t *out = job_alloc(iptc->size, context);
    if (out == NULL)
        return -1;
    size_t size = iptc_restate(iptc->data, iptc->size, facts, out);
    *iptc = size > 0 ? (struct pm_blob){out, size} : none;
    if (size == 0)
        context_warn(context, "IPTC is broken and left out");
    return 0;
}

/* How ImageMagick and others store EXIF, XMP and IPTC in PNG text. */
static bool is_raw_profile(const struct pm_text *text)
{
    static const char keyword[] = "Raw profile type ";
    return strncmp(text->keyword, keyword, sizeof keyword - 1) == 0;
}

static int settle_texts(struct pm_metadata *meta, struct context *context)
{
    size_t raw = 0, kept = 0;
    for (size_t i = 0; i < meta->ntexts; i++)
        raw += is_raw_profile(&meta->texts[i]);
    if (raw > 0)
        context_warn(
            context,
            "text that holds EXIF, XMP or the like (Raw profile type) is left out: it would be outdated");
    if (meta->ntexts - raw > TEXTS_MAX)
        context_warn(context, "%zu texts, of which only the first %d are kept", meta->ntexts - raw,
                     TEXTS_MAX);
    else if (raw == 0)
        return 0;
    struct pm_text *texts = job_alloc((meta->ntexts - raw) * sizeof *texts, context);
    if (texts == NULL)
        return -1;
    for (size_t i = 0; i < meta->ntexts && kept < TEXTS_MAX; i++) {
        if (!is_raw_profile(&meta->texts[i]))
            texts[kept++] = meta->texts[i];
    }
    meta->texts = kept > 0 ? texts : NULL;
    meta->ntexts = kept;
    return 0;
}

static void drop_unwanted(struct pm_metadata *meta, unsigned keep)
{
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
}

int metadata_settle(struct pm_image *image, struct picture_facts facts, unsigned keep,
                    struct context *context)
{
    struct pm_metadata *meta = &image->meta;
    facts.width = image->width;
    facts.height = image->height;
    facts.orientation = image->orientation;
    if (meta->icc.data != NULL && !profile_matches(&meta->icc, image->format.color)) {
        context_warn(context, "the ICC profile does not match the result's channels and was dropped");
        meta->icc = none;
    }
    if (facts.transposed) {
        uint32_t x = meta->density_x;
        meta->density_x = meta->density_y;
        meta->density_y = x;
    }
    drop_unwanted(meta, keep);
    if (settle_exif(&meta->exif, &facts, context) != 0 || settle_xmp(&meta->xmp, &facts, context) != 0 ||
        settle_iptc(&meta->iptc, &facts, context) != 0)
        return -1;
    return settle_texts(meta, context);
}
