#include "codec/heif/sequence.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* FRAMES_MAX: of a track. A few bytes may state thousands of millions. */
enum { TRACK_ENABLED = 1, EDIT_REPEATS = 1, FRAMES_MAX = 65536 };

/* The first child box of that type; false: none. */
static bool find_box(struct bmff_cursor parent, uint32_t type, struct bmff_cursor *body)
{
    struct bmff_box box;
    while (bmff_next(&parent, &box)) {
        if (box.type == type) {
            *body = box.body;
            return true;
        }
    }
    return false;
}

static bool find_path(struct bmff_cursor parent, const uint32_t *path, struct bmff_cursor *body)
{
    for (*body = parent; *path != 0; path++) {
        if (!find_box(*body, *path, body))
            return false;
    }
    return true;
}

/* tkhd (8.3.2): the track's number and duration. */
static bool read_track_header(struct bmff_cursor tkhd, struct heif_track *track)
{
    const bool wide = bmff_get_version(&tkhd, NULL) == 1;
    bmff_skip(&tkhd, wide ? 16 : 8);
    track->id = bmff_get32(&tkhd);
    bmff_skip(&tkhd, 4);
    const uint64_t duration = bmff_get(&tkhd, wide ? 8 : 4);
    track->duration = duration == (wide ? UINT64_MAX : UINT32_MAX) ? UINT64_MAX : duration;
    return !tkhd.cut;
}

static bool read_timescale(struct bmff_cursor mdhd, struct heif_track *track)
{
    bmff_skip(&mdhd, bmff_get_version(&mdhd, NULL) == 1 ? 16 : 8);
    track->timescale = bmff_get32(&mdhd);
    return track->timescale > 0 && !mdhd.cut;
}

/* An edit list of one entry may repeat it (8.6.6): until the track's duration is reached, or endlessly.
 * Without a list, viewers repeat endlessly. */
static unsigned count_loops(struct bmff_cursor trak, const struct heif_track *track)
{
    static const uint32_t path[] = {BMFF_TYPE('e', 'd', 't', 's'), BMFF_TYPE('e', 'l', 's', 't'), 0};
    struct bmff_cursor elst;
    uint32_t flags;
    if (!find_path(trak, path, &elst))
        return 0;
    const bool wide = bmff_get_version(&elst, &flags) == 1;
    const uint32_t entries = bmff_get32(&elst);
    const uint64_t once = bmff_get(&elst, wide ? 8 : 4);
    if (elst.cut || entries != 1 || (flags & EDIT_REPEATS) == 0)
        return 1;
    if (track->duration == UINT64_MAX || once == 0)
        return 0;
    const uint64_t loops = track->duration / once + (track->duration % once > 0);
    return loops == 0 ? 1 : loops < UINT32_MAX ? (unsigned)loops : 0;
}

/* stsd's first entry (8.5.2, 12.1.3): how samples are coded, their size, colours, and, of an auxiliary track,
 * kind. */
static bool read_description(struct bmff_cursor stsd, struct heif_track *track)
{
    enum { BEFORE_SIZE = 24, BEFORE_BOXES = 50 };
    struct heif_properties colors = {0};
    struct bmff_box entry, box;
    bmff_skip(&stsd, 8);
    if (!bmff_next(&stsd, &entry))
        return false;
    track->coding = entry.type;
    bmff_skip(&entry.body, BEFORE_SIZE);
    track->width = (uint32_t)bmff_get(&entry.body, 2);
    track->height = (uint32_t)bmff_get(&entry.body, 2);
    if (entry.body.cut)
        return false;
    bmff_skip(&entry.body, BEFORE_BOXES);
    track->description = bmff_take(&entry.body, entry.body.size - entry.body.at);
    entry.body = track->description;
    while (bmff_next(&entry.body, &box)) {
        if (box.type == BMFF_TYPE('c', 'o', 'l', 'r')) {
            heif_read_colr(&box.body, &colors);
        } else if (box.type == BMFF_TYPE('a', 'u', 'x', 'i')) {
            bmff_get_version(&box.body, NULL);
            track->other = !heif_is_alpha(bmff_get_string(&box.body));
        }
    }
    track->has_nclx = colors.has_nclx;
    track->nclx = colors.nclx;
    track->icc = colors.icc;
    return true;
}

/* ctts (8.6.1.3): each frame's delay between decoding and showing it. */
static bool is_reordered(struct bmff_cursor stbl)
{
    struct bmff_cursor ctts;
    uint32_t first = 0;
    if (!find_box(stbl, BMFF_TYPE('c', 't', 't', 's'), &ctts))
        return false;
    bmff_skip(&ctts, 4);
    const uint32_t entries = bmff_get32(&ctts);
    for (uint32_t i = 0; i < entries && !ctts.cut; i++) {
        bmff_skip(&ctts, 4);
        const uint32_t delay = bmff_get32(&ctts);
        if (i > 0 && delay != first)
            return true;
        first = delay;
    }
    return false;
}

/* stsz, stsc, stco or co64, stts (8.6.1, 8.7). */
static bool read_tables(struct bmff_cursor stbl, struct heif_track *track)
{
    struct bmff_cursor stsd;
    track->offset_size = 4;
    if (!find_box(stbl, BMFF_TYPE('s', 't', 'c', 'o'), &track->offsets)) {
        track->offset_size = 8;
        if (!find_box(stbl, BMFF_TYPE('c', 'o', '6', '4'), &track->offsets))
            return false;
    }
    if (!find_box(stbl, BMFF_TYPE('s', 't', 's', 'd'), &stsd) || !read_description(stsd, track) ||
        !find_box(stbl, BMFF_TYPE('s', 't', 's', 'z'), &track->sizes) ||
        !find_box(stbl, BMFF_TYPE('s', 't', 's', 'c'), &track->groups) ||
        !find_box(stbl, BMFF_TYPE('s', 't', 't', 's'), &track->times))
        return false;
    track->reordered = is_reordered(stbl);
    bmff_skip(&track->offsets, 8);
    bmff_skip(&track->groups, 8);
    bmff_skip(&track->times, 8);
    bmff_skip(&track->sizes, 4);
    track->size = bmff_get32(&track->sizes);
    track->samples = bmff_get32(&track->sizes);
    return track->samples > 0;
}

/* Is it of pictures (hdlr, 8.4.3) and enabled (tkhd, 8.3.2)? Others belong to no presentation. */
static bool is_shown(struct bmff_cursor trak)
{
    static const uint32_t path[] = {BMFF_TYPE('m', 'd', 'i', 'a'), BMFF_TYPE('h', 'd', 'l', 'r'), 0};
    struct bmff_cursor tkhd, hdlr;
    uint32_t flags;
    if (!find_box(trak, BMFF_TYPE('t', 'k', 'h', 'd'), &tkhd) || !find_path(trak, path, &hdlr))
        return false;
    bmff_get_version(&tkhd, &flags);
    bmff_skip(&hdlr, 8);
    const uint32_t kind = bmff_get32(&hdlr);
    return (flags & TRACK_ENABLED) != 0 &&
           (kind == BMFF_TYPE('p', 'i', 'c', 't') || kind == BMFF_TYPE('a', 'u', 'x', 'v'));
}

static bool read_track(struct bmff_cursor trak, struct heif_track *track)
{
    static const uint32_t header[] = {BMFF_TYPE('m', 'd', 'i', 'a'), BMFF_TYPE('m', 'd', 'h', 'd'), 0};
    static const uint32_t tables[] = {BMFF_TYPE('m', 'd', 'i', 'a'), BMFF_TYPE('m', 'i', 'n', 'f'),
                                      BMFF_TYPE('s', 't', 'b', 'l'), 0};
    static const uint32_t alpha[] = {BMFF_TYPE('t', 'r', 'e', 'f'), BMFF_TYPE('a', 'u', 'x', 'l'), 0};
    static const uint32_t multiplied[] = {BMFF_TYPE('t', 'r', 'e', 'f'), BMFF_TYPE('p', 'r', 'e', 'm'), 0};
    static const uint32_t thumbnail[] = {BMFF_TYPE('t', 'r', 'e', 'f'), BMFF_TYPE('t', 'h', 'm', 'b'), 0};
    struct bmff_cursor body;
    *track = (struct heif_track){0};
    if (!find_box(trak, BMFF_TYPE('t', 'k', 'h', 'd'), &body) || !read_track_header(body, track) ||
        !find_path(trak, header, &body) || !read_timescale(body, track) || !find_path(trak, tables, &body) ||
        !read_tables(body, track))
        return false;
    track->of = find_path(trak, alpha, &body) ? bmff_get32(&body) : 0;
    track->multiplied_by = find_path(trak, multiplied, &body) ? bmff_get32(&body) : 0;
    track->thumbnail = find_path(trak, thumbnail, &body);
    track->loops = count_loops(trak, track);
    return true;
}

/* The first track of pictures is the animation, as in libavif; its alpha is the first that refers to it. */
static void place_track(struct heif_sequence *sequence, const struct heif_track *track, bool alphas)
{
    if (track->thumbnail)
        return;
    if (track->of == 0 && !track->other) {
        if (!alphas && sequence->color.samples == 0)
            sequence->color = *track;
        else
            sequence->others += !alphas;
    } else if (alphas) {
        if (!track->other && track->of == sequence->color.id && sequence->alpha.samples == 0)
            sequence->alpha = *track;
        else
            sequence->others++;
    }
}

void heif_read_sequence(struct heif *heif)
{
    struct heif_track track;
    struct bmff_box box;
    heif->sequence = (struct heif_sequence){0};
    for (int alphas = 0; alphas <= 1 && heif->moov.size > 0; alphas++) {
        struct bmff_cursor moov = heif_cursor(heif, &heif->moov);
        while (bmff_next(&moov, &box)) {
            if (box.type != BMFF_TYPE('t', 'r', 'a', 'k') || !is_shown(box.body))
                continue;
            if (read_track(box.body, &track))
                place_track(&heif->sequence, &track, alphas != 0);
            else /* damaged, or in tables that are not supported */
                heif->sequence.others += alphas == 0;
        }
    }
}

/* --- samples ----------------------------------------------------------------------------------------- */

/* The next entry of stsc. */
static void next_group(struct heif_samples *samples)
{
    struct bmff_cursor *groups = &samples->track.groups;
    samples->next_group = bmff_get32(groups);
    samples->next_count = bmff_get32(groups);
    bmff_skip(groups, 4);
    if (groups->cut)
        samples->next_group = 0;
}

struct heif_samples heif_samples_of(const struct heif_track *track)
{
    struct heif_samples samples = {.track = *track};
    next_group(&samples);
    return samples;
}

static bool next_chunk(struct heif_samples *samples)
{
    struct heif_track *track = &samples->track;
    samples->chunk++;
    while (samples->next_group != 0 && samples->next_group <= samples->chunk) {
        samples->a_chunk = samples->next_count;
        next_group(samples);
    }
    samples->left = samples->a_chunk;
    samples->at = bmff_get(&track->offsets, track->offset_size);
    return samples->left > 0 && !track->offsets.cut;
}

bool heif_samples_next(struct heif_samples *samples, struct heif_sample *sample)
{
    struct heif_track *track = &samples->track;
    if (samples->next == track->samples || (samples->left == 0 && !next_chunk(samples)))
        return false;
    while (samples->same == 0) {
        samples->same = bmff_get32(&track->times);
        samples->ticks = bmff_get32(&track->times);
        if (track->times.cut)
            return false;
    }
    sample->at = samples->at;
    sample->size = track->size > 0 ? track->size : bmff_get32(&track->sizes);
    sample->ticks = samples->ticks;
    samples->same--;
    samples->left--;
    samples->next++;
    return !track->sizes.cut && sample->size > 0 &&
           !__builtin_add_overflow(samples->at, sample->size, &samples->at) && samples->at <= INT64_MAX;
}

void heif_use_description(const struct heif_track *track, struct heif_properties *properties)
{
    struct bmff_cursor config;
    if (!find_box(track->description, BMFF_TYPE('h', 'v', 'c', 'C'), &config))
        return;
    properties->config = config;
    properties->config_type = BMFF_TYPE('h', 'v', 'c', 'C');
}

/* --- does it fit the picture? ------------------------------------------------------------------------ */

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
    if (color->samples > FRAMES_MAX || alpha->samples > FRAMES_MAX) {
        error_limit(&sequence->fault, FRAMES_MAX,
                    color->samples > alpha->samples ? color->samples : alpha->samples,
                    "is an animation of more than %d frames", FRAMES_MAX);
        return 0;
    }
    if (color->reordered || alpha->reordered) {
        error_set(&sequence->fault, PM_ERROR_UNSUPPORTED,
                  "is an animation whose frames are stored in another order than they are shown (not "
                  "supported)");
        return 0;
    }
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
