#include "transform/metadata.h"

#include <stdio.h>
#include <string.h>

#include "color/matrix_profile.h"
#include "color/target.h"
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
        context_warn(context,
                     "XMP is left out: it is not well-formed XML in UTF-8 or UTF-16, so it can't be updated");
    if ((left_out & XMP_PICTURE) != 0)
        context_warn(
            context,
            "XMP: pictures and what may be pictures are left out (a depth map, an original, an encrypted note)");
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

/* Makes the profile. Returns 0, or -1 with `error` filled; *made says whether there is one. */
static int make_profile(struct pm_image *image, const struct color_description *description, const char *name,
                        bool *made, struct context *context)
{
    uint8_t *bytes = job_alloc(MATRIX_PROFILE_MAX, context);
    if (bytes == NULL)
        return -1;
    const size_t size = matrix_profile_write(description, image->format.color == PM_COLOR_GRAY, name, bytes);
    *made = size > 0;
    if (*made)
        image->meta.icc = (struct pm_blob){bytes, size};
    return 0;
}

static int settle_cicp(struct pm_image *image, const struct codec *format, struct context *context)
{
    static const uint8_t srgb[4] = {1, 13, 0, 1};
    struct pm_metadata *meta = &image->meta;
    const uint8_t *cicp = meta->cicp;
    struct color_description description;
    char name[32];
    bool made = false;
    if (memcmp(cicp, srgb, sizeof srgb) == 0 && meta->icc.data == NULL)
        return 0;
    snprintf(name, sizeof name, "cICP %u/%u", cicp[0], cicp[1]);
    if (color_from_cicp(cicp, &description) && make_profile(image, &description, name, &made, context) != 0)
        return -1;
    if (!made)
        context_warn(context,
                     "its colours change: %s can't store %s/%u/%u, and there is no equal ICC profile%s",
                     format->name, name, cicp[2], cicp[3],
                     meta->icc.data != NULL ? "; the file's own ICC profile is used" : "");
    return 0;
}

static int settle_gamma(struct pm_image *image, struct context *context)
{
    struct pm_metadata *meta = &image->meta;
    const double gamma = meta->has_gamma ? meta->gamma : 0;
    const double *primaries = meta->has_chromaticities ? meta->chromaticities : NULL;
    const bool same_primaries =
        primaries == NULL || image->format.color == PM_COLOR_GRAY || color_primaries_are_srgb(primaries);
    struct color_description description;
    char name[48];
    bool made = false;
    if ((gamma == 0 || color_gamma_is_srgb(gamma)) && same_primaries)
        return 0;
    snprintf(name, sizeof name, "gAMA %.5f%s", gamma, primaries != NULL ? ", cHRM" : "");
    if (color_from_gamma(gamma, primaries, &description) &&
        make_profile(image, &description, gamma > 0 ? name : "cHRM", &made, context) != 0)
        return -1;
    if (!made)
        context_warn(context, "its colours change: there is no ICC profile equal to its gAMA or cHRM");
    return 0;
}

/* For a format that can't store PNG's colour chunks: makes an equal ICC profile from the chunk with the
 * highest priority (cICP, then ICC profile or sRGB, then gAMA and cHRM), or warns that colours change. Makes
 * none for sRGB, the default of a file without a profile. */
static int keep_colors(struct pm_image *image, const struct codec *format, struct context *context)
{
    const struct pm_metadata *meta = &image->meta;
    if (format->color_chunks)
        return 0;
    if ((meta->has_mastering || meta->has_light) && !format->light_levels)
        context_warn(context,
                     "its mastering display and light levels (mDCV, cLLI) are left out: %s can't store them",
                     format->name);
    if (meta->has_cicp)
        return format->cicp ? 0 : settle_cicp(image, format, context);
    if (meta->icc.data != NULL || meta->has_srgb)
        return 0;
    return settle_gamma(image, context);
}

void metadata_clear_colors(struct pm_metadata *meta)
{
    meta->icc = none;
    meta->has_gamma = meta->has_chromaticities = meta->has_srgb = false;
    meta->has_cicp = meta->has_mastering = meta->has_light = false;
}

enum facts_colors metadata_color_facts(enum color_target target, bool converted)
{
    if (target == COLOR_KEEP || !converted)
        return FACTS_COLORS_KEPT;
    return target == COLOR_SRGB ? FACTS_COLORS_SRGB : FACTS_COLORS_OTHER;
}

int metadata_settle_colors(struct pm_image *image, const struct codec *format, enum color_target target,
                           const struct pm_blob *profile, bool no_profile, bool converted,
                           struct context *context)
{
    struct pm_metadata *meta = &image->meta;
    if (!no_profile && (target == COLOR_KEEP || !converted))
        return keep_colors(image, format, context);
    metadata_clear_colors(meta);
    if (no_profile)
        return 0;
    if (target == COLOR_FILE) {
        meta->icc = *profile;
        return 0;
    }
    const bool gray = image->format.color == PM_COLOR_GRAY, numbers = format->color_chunks || format->cicp;
    if (format->color_chunks && (gray || target == COLOR_SRGB)) {
        meta->has_srgb = true;
        meta->srgb_intent = 0;
        return 0;
    }
    meta->has_cicp = numbers;
    memcpy(meta->cicp, color_target_cicp(target), sizeof meta->cicp);
    if (format->cicp)
        return 0;
    uint8_t *made = job_alloc(MATRIX_PROFILE_MAX, context);
    if (made == NULL)
        return -1;
    meta->icc = (struct pm_blob){made, color_target_profile(target, gray, made)};
    return 0;
}
