/* Does an animation fit the picture of its file, and how many of its frames are in the file? */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "codec/heif/sequence.h"

/* Of a track. A few bytes may state thousands of millions. */
enum { FRAMES_MAX = 65536 };

static int reaches(struct byte_source *source, uint64_t end, bool *there, struct pm_error *error)
{
    uint8_t last;
    const long got = source->read_at(source, end - 1, &last, 1);
    *there = got == 1;
    return got < 0 ? error_set(error, PM_ERROR_IO, "can't be read: %s", strerror(errno)) : 0;
}

/* Counts the samples before the first that is not described or not whole. */
static int count_whole(const struct heif *heif, const struct heif_track *track, uint32_t *count,
                       struct pm_error *error)
{
    struct heif_samples samples = heif_samples_of(track);
    struct heif_sample sample;
    uint64_t end = 0;
    bool there = true;
    for (*count = 0; heif_samples_next(&samples, &sample); ++*count)
        end = sample.at + sample.size > end ? sample.at + sample.size : end;
    if (*count == 0)
        return 0;
    if (reaches(heif->source, end, &there, error) != 0)
        return -1;
    samples = heif_samples_of(track);
    for (uint32_t i = 0; !there && i < *count && heif_samples_next(&samples, &sample); i++) {
        bool whole;
        if (reaches(heif->source, sample.at + sample.size, &whole, error) != 0)
            return -1;
        if (!whole)
            *count = i;
    }
    return 0;
}

static bool fits(const struct heif_track *track, const struct heif_layer *layer)
{
    return track->coding == layer->coding && layer->tiles.data == NULL && track->width == layer->width &&
           track->height == layer->height;
}

static bool same_profile(const struct heif_track *track, const struct heif_properties *still)
{
    return track->icc.size == still->icc.size &&
           (track->icc.size == 0 || memcmp(track->icc.data, still->icc.data, still->icc.size) == 0);
}

static void adopt(const struct heif_track *track, struct heif_properties *still)
{
    if (still->has_nclx)
        return;
    if (still->icc.size == 0)
        still->icc = track->icc;
    if (track->has_nclx && same_profile(track, still)) {
        still->nclx = track->nclx;
        still->has_nclx = true;
    }
}

void heif_adopt_colors(const struct heif *heif, struct heif_picture *picture)
{
    const struct heif_sequence *sequence = &heif->sequence;
    if (sequence->color.samples < 2)
        return;
    adopt(&sequence->color, &picture->color.properties);
    if (picture->alpha.item != NULL)
        adopt(&sequence->alpha, &picture->alpha.properties);
}

/* What the track says of its colours is what the still picture says. */
static bool same_colors(const struct heif_track *track, const struct heif_properties *still)
{
    const struct heif_nclx *a = &track->nclx, *b = &still->nclx;
    if (track->has_nclx && (!still->has_nclx || a->primaries != b->primaries || a->transfer != b->transfer ||
                            a->matrix != b->matrix || a->full_range != b->full_range))
        return false;
    return track->icc.size == 0 || same_profile(track, still);
}

/* Only the range says what alpha means. */
static bool same_range(const struct heif_track *track, const struct heif_properties *still)
{
    return !track->has_nclx || (still->has_nclx && track->nclx.full_range == still->nclx.full_range);
}

void heif_refuse_frames(struct heif_sequence *sequence)
{
    error_set(&sequence->fault, PM_ERROR_UNSUPPORTED,
              "is an animation whose frames are of another kind than its still picture (not supported)");
}

/* Are the first `count` frames of both shown from the same moments on? The clocks may differ: then by less
 * than a tick of the coarser one. */
static bool same_times(const struct heif_track *color, const struct heif_track *alpha, uint32_t count)
{
    struct heif_samples colors = heif_samples_of(color), alphas = heif_samples_of(alpha);
    struct heif_sample a, b;
    const double scale_a = color->timescale, scale_b = alpha->timescale;
    double at_a = 0, at_b = 0;
    for (uint32_t i = 0; i < count && heif_samples_next(&colors, &a) && heif_samples_next(&alphas, &b); i++) {
        if (fabs(at_a * scale_b - at_b * scale_a) >= fmax(scale_a, scale_b))
            return false;
        at_a += a.ticks;
        at_b += b.ticks;
    }
    return true;
}

/* What of the tracks themselves is not supported. */
static void check_tracks(struct heif_sequence *sequence, const struct heif_picture *picture)
{
    const struct heif_track *color = &sequence->color, *alpha = &sequence->alpha;
    struct pm_error *fault = &sequence->fault;
    const unsigned turned = picture->color.properties.orientation;
    if (color->samples > FRAMES_MAX || alpha->samples > FRAMES_MAX)
        error_limit(fault, FRAMES_MAX, color->samples > alpha->samples ? color->samples : alpha->samples,
                    "is an animation of more than %d frames", FRAMES_MAX);
    else if (color->reordered || alpha->reordered)
        error_set(fault, PM_ERROR_UNSUPPORTED,
                  "is an animation whose frames are stored in another order than they are shown (not "
                  "supported)");
    else if (color->several_kinds || alpha->several_kinds)
        error_set(fault, PM_ERROR_UNSUPPORTED,
                  "is an animation of frames with several descriptions (not supported)");
    else if (color->orientation == 0 || (alpha->samples > 0 && alpha->orientation == 0))
        error_set(fault, PM_ERROR_UNSUPPORTED,
                  "is an animation that a matrix scales or distorts (not supported)");
    else if (color->orientation != turned)
        error_set(fault, PM_ERROR_UNSUPPORTED,
                  "is an animation that is rotated otherwise than its still picture (not supported)");
    else if (alpha->samples > 0 && alpha->orientation != 1 && alpha->orientation != turned)
        error_set(fault, PM_ERROR_UNSUPPORTED,
                  "is an animation whose alpha is rotated otherwise than its colours (not supported)");
    else if (alpha->samples > 0 && alpha->samples != color->samples)
        error_set(fault, PM_ERROR_UNSUPPORTED,
                  "is an animation of %" PRIu32 " frames with %" PRIu32 " frames of alpha (not supported)",
                  color->samples, alpha->samples);
    else if (alpha->samples > 0 && !same_times(color, alpha, color->samples))
        error_set(fault, PM_ERROR_UNSUPPORTED,
                  "is an animation whose alpha is shown at other times than its colours (not supported)");
}

int heif_settle_sequence(struct heif *heif, const struct heif_picture *picture, struct pm_error *error)
{
    struct heif_sequence *sequence = &heif->sequence;
    const struct heif_track *color = &sequence->color, *alpha = &sequence->alpha;
    const bool clear = picture->alpha.item != NULL;
    uint32_t whole, whole_alpha = UINT32_MAX;
    sequence->frames = color->samples;
    if (color->samples < 2)
        return 0;
    if (!fits(color, &picture->color) || clear != (alpha->samples > 0) ||
        (clear && !fits(alpha, &picture->alpha))) {
        heif_refuse_frames(sequence);
        return 0;
    }
    check_tracks(sequence, picture);
    if (sequence->fault.kind != PM_OK)
        return 0;
    if (!same_colors(color, &picture->color.properties) ||
        (clear && !same_range(alpha, &picture->alpha.properties))) {
        error_set(&sequence->fault, PM_ERROR_UNSUPPORTED,
                  "is an animation whose frames have other colours than its still picture (not supported)");
        return 0;
    }
    if (count_whole(heif, color, &whole, error) != 0 ||
        (clear && count_whole(heif, alpha, &whole_alpha, error) != 0))
        return -1;
    sequence->frames = whole < whole_alpha ? whole : whole_alpha;
    if (sequence->frames < color->samples)
        error_set_hint(&sequence->fault, PM_ERROR_TRUNCATED, PM_HINT_ALLOW_TRUNCATED,
                       "ends before its animation is whole (%" PRIu32 " of %" PRIu32 " frames are there)",
                       sequence->frames, color->samples);
    return 0;
}
