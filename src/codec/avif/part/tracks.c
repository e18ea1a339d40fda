#include "codec/avif/part/tracks.h"

#include "codec/heif/sequence.h"
#include "image/image.h"

enum { FIXED_ONE = 0x10000 };
#define ENDLESS UINT64_MAX /* a duration that is not known */

static uint64_t shown_once(const struct avif_sequence *sequence)
{
    uint64_t ticks = 0;
    for (uint32_t i = 0; i < sequence->frames; i++)
        ticks += sequence->ticks[i];
    return ticks < UINT32_MAX ? ticks : UINT32_MAX - 1;
}

/* With all repetitions. */
static uint64_t shown(const struct avif_sequence *sequence)
{
    const uint64_t once = shown_once(sequence);
    return sequence->loops == 0 ? ENDLESS : once * sequence->loops;
}

/* A box's version 1 has durations and dates of 64 bits. Chromium takes only those for endless. */
static bool is_wide(const struct avif_sequence *sequence)
{
    return shown(sequence) >= UINT32_MAX;
}

/* Rotates and mirrors a picture of that size, within the first quadrant. */
static void put_matrix(struct box_writer *box, unsigned orientation, uint32_t width, uint32_t height)
{
    enum { A, B, U, C, D, V, X, Y };
    int32_t matrix[HEIF_MATRIX];
    heif_matrix_of(orientation, matrix);
    for (unsigned i = 0; i < HEIF_MATRIX; i++) {
        uint32_t number = (uint32_t)matrix[i];
        if (i == X || i == Y)
            number = matrix[i - X + A] < 0 ? width << 16 : matrix[i - X + C] < 0 ? height << 16 : 0;
        box_number(box, number, 4);
    }
}

/* mvhd (8.2.2) */
static void put_movie_header(struct box_writer *box, const struct avif_sequence *sequence, unsigned tracks)
{
    const unsigned wide = is_wide(sequence), word = wide ? 8 : 4;
    const size_t at = box_begin_full(box, "mvhd", wide, 0);
    box_numbers(box, 0, word, 2); /* dates */
    box_number(box, AVIF_TICKS_PER_SECOND, 4);
    box_number(box, shown(sequence), word);
    box_number(box, FIXED_ONE, 4); /* rate */
    box_number(box, 0x0100, 2);    /* volume */
    box_numbers(box, 0, 2, 5);
    put_matrix(box, 1, 0, 0);
    box_numbers(box, 0, 4, 6);
    box_number(box, tracks + 1, 4);
    box_end(box, at);
}

/* tkhd (8.3.2); and, if it is repeated, an edit list that says so (8.6.6) */
static void put_track_header(struct box_writer *box, const struct pm_image *image,
                             const struct avif_sequence *sequence, unsigned number)
{
    enum { ENABLED = 1, REPEATS = 1 };
    const unsigned wide = is_wide(sequence), word = wide ? 8 : 4;
    size_t at = box_begin_full(box, "tkhd", wide, ENABLED);
    box_numbers(box, 0, word, 2); /* dates */
    box_number(box, number, 4);
    box_number(box, 0, 4);
    box_number(box, shown(sequence), word);
    box_numbers(box, 0, 4, 4);
    put_matrix(box, image->orientation, image->width, image->height);
    box_number(box, (uint64_t)image->width << 16, 4);
    box_number(box, (uint64_t)image->height << 16, 4);
    box_end(box, at);
    const size_t edts = box_begin(box, "edts");
    at = box_begin_full(box, "elst", 0, sequence->loops == 1 ? 0 : REPEATS);
    box_number(box, 1, 4);
    box_number(box, shown_once(sequence), 4);
    box_number(box, 0, 4);
    box_number(box, FIXED_ONE, 4);
    box_end(box, at);
    box_end(box, edts);
}

static void put_colors(struct box_writer *box, const struct pm_metadata *meta, const struct heif_nclx *nclx)
{
    if (meta->icc.size > 0)
        avif_put_profile(box, meta->icc);
    avif_put_nclx(box, nclx);
    if (meta->has_mastering)
        avif_put_mastering(box, meta);
    if (meta->has_light)
        avif_put_light(box, meta);
}

/* stsd (12.1.3; AV1 in ISOBMFF, 2.2; ISO/IEC 23008-12, 7.2.3) */
static void put_description(struct box_writer *box, const struct pm_image *image,
                            const struct av1_header *header, const struct heif_nclx *nclx)
{
    enum { DPI_72 = 72 * FIXED_ONE, DEPTH_24 = 24, ANY_REFERENCES = 0x7c };
    const size_t stsd = box_begin_full(box, "stsd", 0, 0);
    box_number(box, 1, 4);
    const size_t entry = box_begin(box, "av01");
    box_numbers(box, 0, 2, 3);
    box_number(box, 1, 2); /* data in this file */
    box_numbers(box, 0, 4, 4);
    box_number(box, image->width, 2);
    box_number(box, image->height, 2);
    box_numbers(box, DPI_72, 4, 2);
    box_number(box, 0, 4);
    box_number(box, 1, 2);     /* frames a sample */
    box_numbers(box, 0, 4, 8); /* no name */
    box_number(box, DEPTH_24, 2);
    box_number(box, UINT16_MAX, 2);
    avif_put_config(box, header);
    if (nclx != NULL)
        put_colors(box, &image->meta, nclx);
    size_t at = box_begin_full(box, "ccst", 0, 0);
    box_number(box, ANY_REFERENCES, 1);
    box_numbers(box, 0, 1, 3);
    box_end(box, at);
    if (nclx == NULL) {
        at = box_begin_full(box, "auxi", 0, 0);
        box_text(box, "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha");
        box_end(box, at);
    }
    box_end(box, entry);
    box_end(box, stsd);
}

/* stts (8.6.1.2): runs of frames of one duration */
static void put_times(struct box_writer *box, const struct avif_sequence *sequence)
{
    const size_t at = box_begin_full(box, "stts", 0, 0);
    uint32_t runs = 0;
    for (uint32_t i = 0; i < sequence->frames; i++)
        runs += i == 0 || sequence->ticks[i] != sequence->ticks[i - 1];
    box_number(box, runs, 4);
    for (uint32_t i = 0, first = 0; i < sequence->frames; i++) {
        if (i + 1 < sequence->frames && sequence->ticks[i + 1] == sequence->ticks[i])
            continue;
        box_number(box, i + 1 - first, 4);
        box_number(box, sequence->ticks[i], 4);
        first = i + 1;
    }
    box_end(box, at);
}

/* stss (8.6.2): frames that need no other; no box if all are such */
static void put_keys(struct box_writer *box, const struct avif_frames *layer, uint32_t frames)
{
    uint32_t keys = 0;
    for (uint32_t i = 0; i < frames; i++)
        keys += layer->keys[i];
    if (keys == frames)
        return;
    const size_t at = box_begin_full(box, "stss", 0, 0);
    box_number(box, keys, 4);
    for (uint32_t i = 0; i < frames; i++) {
        if (layer->keys[i] != 0)
            box_number(box, i + 1, 4);
    }
    box_end(box, at);
}

/* Returns where the offset of the only chunk is. */
static size_t put_tables(struct box_writer *box, const struct avif_sequence *sequence,
                         const struct avif_frames *layer)
{
    put_times(box, sequence);
    size_t at = box_begin_full(box, "stsc", 0, 0);
    box_numbers(box, 1, 4, 2);
    box_number(box, sequence->frames, 4);
    box_number(box, 1, 4);
    box_end(box, at);
    at = box_begin_full(box, "stsz", 0, 0);
    box_number(box, 0, 4);
    box_number(box, sequence->frames, 4);
    for (uint32_t i = 0; i < sequence->frames; i++)
        box_number(box, layer->sizes[i], 4);
    box_end(box, at);
    at = box_begin_full(box, "stco", 0, 0);
    box_number(box, 1, 4);
    const size_t offset_at = box->boxes.size;
    box_number(box, 0, 4);
    box_end(box, at);
    put_keys(box, layer, sequence->frames);
    return offset_at;
}

/* vmhd and dinf (12.1.2, 8.7.1): pictures in this file */
static void put_media_kind(struct box_writer *box)
{
    enum { ALWAYS = 1, IN_THIS_FILE = 1 };
    size_t at = box_begin_full(box, "vmhd", 0, ALWAYS);
    box_numbers(box, 0, 2, 4);
    box_end(box, at);
    const size_t dinf = box_begin(box, "dinf"), dref = box_begin_full(box, "dref", 0, 0);
    box_number(box, 1, 4);
    at = box_begin_full(box, "url ", 0, IN_THIS_FILE);
    box_end(box, at);
    box_end(box, dref);
    box_end(box, dinf);
}

static void put_media_header(struct box_writer *box, const struct avif_sequence *sequence, bool alpha)
{
    enum { UNDETERMINED = 0x55c4 /* language */ };
    size_t at = box_begin_full(box, "mdhd", 0, 0);
    box_numbers(box, 0, 4, 2);
    box_number(box, AVIF_TICKS_PER_SECOND, 4);
    box_number(box, shown_once(sequence), 4);
    box_number(box, UNDETERMINED, 2);
    box_number(box, 0, 2);
    box_end(box, at);
    at = box_begin_full(box, "hdlr", 0, 0);
    box_number(box, 0, 4);
    box_put(box, alpha ? "auxv" : "pict", 4);
    box_numbers(box, 0, 4, 3);
    box_text(box, "");
    box_end(box, at);
}

void avif_put_tracks(struct box_writer *box, const struct pm_image *image, const struct av1_header headers[2],
                     const struct heif_nclx *nclx, const struct avif_sequence *sequence, size_t chunk_at[2])
{
    const unsigned tracks = pixels_have_alpha(&image->format) ? 2 : 1;
    const size_t moov = box_begin(box, "moov");
    put_movie_header(box, sequence, tracks);
    for (unsigned i = 0; i < tracks; i++) {
        const size_t trak = box_begin(box, "trak");
        put_track_header(box, image, sequence, i + 1);
        if (i == 1) {
            const size_t tref = box_begin(box, "tref"), auxl = box_begin(box, "auxl");
            box_number(box, 1, 4);
            box_end(box, auxl);
            box_end(box, tref);
        }
        const size_t mdia = box_begin(box, "mdia");
        put_media_header(box, sequence, i == 1);
        const size_t minf = box_begin(box, "minf");
        put_media_kind(box);
        const size_t stbl = box_begin(box, "stbl");
        put_description(box, image, &headers[i], i == 0 ? nclx : NULL);
        chunk_at[i] = put_tables(box, sequence, &sequence->layers[i]);
        box_end(box, stbl);
        box_end(box, minf);
        box_end(box, mdia);
        box_end(box, trak);
    }
    box_end(box, moov);
}
