#include "codec/heif/sequence.h"

#include <string.h>

#include "image/orientation.h"

enum { TRACK_ENABLED = 1, EDIT_REPEATS = 1 };

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

void heif_matrix_of(unsigned orientation, int32_t matrix[HEIF_MATRIX])
{
    enum { A, B, U, C, D, V, X, Y, W, ONE = 0x10000, W_ONE = 0x40000000 };
    const struct turn turn = orientation_turn(orientation);
    const int32_t x = turn.mirror_x ? -ONE : ONE, y = turn.mirror_y ? -ONE : ONE;
    memset(matrix, 0, HEIF_MATRIX * sizeof *matrix);
    matrix[turn.transpose ? B : A] = x;
    matrix[turn.transpose ? C : D] = y;
    matrix[W] = W_ONE;
}

/* The matrix of a track or of the whole file as an orientation; 0: it does more than rotate and mirror. Where
 * it moves the picture says nothing of one picture alone. Zeros: it was never filled in. */
static unsigned read_matrix(struct bmff_cursor *cursor)
{
    enum { X = 6, Y = 7 };
    int32_t matrix[HEIF_MATRIX], one[HEIF_MATRIX];
    bool empty = true;
    for (unsigned i = 0; i < HEIF_MATRIX; i++) {
        matrix[i] = (int32_t)bmff_get32(cursor);
        empty &= matrix[i] == 0;
    }
    matrix[X] = matrix[Y] = 0;
    for (unsigned i = 1; i <= 8; i++) {
        heif_matrix_of(i, one);
        if (empty || memcmp(matrix, one, sizeof one) == 0)
            return i;
    }
    return 0;
}

/* tkhd (8.3.2): the track's number, duration and matrix. */
static bool read_track_header(struct bmff_cursor tkhd, struct heif_track *track)
{
    enum { BEFORE_MATRIX = 16 };
    const bool wide = bmff_get_version(&tkhd, NULL) == 1;
    bmff_skip(&tkhd, wide ? 16 : 8);
    track->id = bmff_get32(&tkhd);
    bmff_skip(&tkhd, 4);
    const uint64_t duration = bmff_get(&tkhd, wide ? 8 : 4);
    track->duration = duration == (wide ? UINT64_MAX : UINT32_MAX) ? UINT64_MAX : duration;
    bmff_skip(&tkhd, BEFORE_MATRIX);
    track->orientation = read_matrix(&tkhd);
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

/* stsc: which of stsd's entries describes the first chunk's samples; others may have another one. */
static uint32_t find_description(struct heif_track *track)
{
    struct bmff_cursor groups = track->groups;
    uint32_t first = 0;
    while (groups.at < groups.size) {
        bmff_skip(&groups, 8);
        const uint32_t number = bmff_get32(&groups);
        if (groups.cut)
            break;
        track->several_kinds |= first > 0 && number != first;
        first = first > 0 ? first : number;
    }
    return first;
}

/* Entry `number` of stsd, from 1 (8.5.2, 12.1.3): how samples are coded, their size, colours, and, of an
 * auxiliary track, kind. */
static bool read_description(struct bmff_cursor stsd, uint32_t number, struct heif_track *track)
{
    enum { BEFORE_SIZE = 24, BEFORE_BOXES = 50 };
    struct heif_properties colors = {0};
    struct heif_turn turn = {0};
    struct bmff_box entry, box;
    bmff_skip(&stsd, 8);
    for (uint32_t i = 0; i == 0 || i < number; i++) {
        if (!bmff_next(&stsd, &entry))
            return false;
    }
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
        } else {
            heif_read_turn(&box, &turn);
        }
    }
    if (track->orientation == 1) /* libavif's form, beside a matrix that rotates nothing */
        track->orientation = heif_orientation_of(turn);
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
    enum { COUNTED = 8 };
    struct bmff_cursor stsd;
    track->offset_size = 4;
    if (!find_box(stbl, BMFF_TYPE('s', 't', 'c', 'o'), &track->offsets)) {
        track->offset_size = 8;
        if (!find_box(stbl, BMFF_TYPE('c', 'o', '6', '4'), &track->offsets))
            return false;
    }
    if (!find_box(stbl, BMFF_TYPE('s', 't', 's', 'd'), &stsd) ||
        !find_box(stbl, BMFF_TYPE('s', 't', 's', 'z'), &track->sizes) ||
        !find_box(stbl, BMFF_TYPE('s', 't', 's', 'c'), &track->groups) ||
        !find_box(stbl, BMFF_TYPE('s', 't', 't', 's'), &track->times))
        return false;
    track->reordered = is_reordered(stbl);
    bmff_skip(&track->offsets, COUNTED);
    bmff_skip(&track->groups, COUNTED);
    bmff_skip(&track->times, COUNTED);
    if (!read_description(stsd, find_description(track), track))
        return false;
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
    if (!find_box(trak, BMFF_TYPE('m', 'e', 't', 'a'), &track->meta))
        track->meta = (struct bmff_cursor){0};
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

/* mvhd (8.2.2): does the file leave its tracks as they are? */
static bool is_plain(struct bmff_cursor moov)
{
    enum { BEFORE_MATRIX = 16 };
    struct bmff_cursor mvhd;
    if (!find_box(moov, BMFF_TYPE('m', 'v', 'h', 'd'), &mvhd))
        return true;
    bmff_skip(&mvhd, bmff_get_version(&mvhd, NULL) == 1 ? 28 : 16);
    bmff_skip(&mvhd, BEFORE_MATRIX);
    return read_matrix(&mvhd) == 1;
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
    if (heif->moov.size > 0 && !is_plain(heif_cursor(heif, &heif->moov)))
        heif->sequence.color.orientation = 0;
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
