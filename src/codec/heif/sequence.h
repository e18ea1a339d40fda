/*
 * Image sequences (ISO/IEC 23008-12, 7; boxes: ISO/IEC 14496-12, 8): the tracks of a file's moov box. A
 * track's samples are coded frames, in groups called chunks that are anywhere in the file. One track has the
 * colours; another, which refers to it, may have the alpha.
 */
#ifndef CODEC_HEIF_SEQUENCE_H
#define CODEC_HEIF_SEQUENCE_H

#include "codec/heif/heif.h"

/* Walks over a track's samples. */
struct heif_samples {
    struct heif_track track; /* a copy, whose cursors advance */
    uint32_t next;           /* number of the next sample, from 0 */
    uint32_t chunk;          /* chunks so far */
    uint32_t left;           /* samples left in the current chunk */
    uint32_t a_chunk;        /* samples of a chunk */
    uint32_t next_group;     /* number of the first chunk, from 1, for which a_chunk changes; 0: none */
    uint32_t next_count;
    uint32_t same; /* further samples of the same duration */
    uint32_t ticks;
    uint64_t at;
};

struct heif_sample {
    uint64_t at, size; /* in the file */
    uint32_t ticks;    /* duration; the track says how many a second */
};

/* Reads the moov box that heif_load has loaded, to heif->sequence. */
void heif_read_sequence(struct heif *heif);

/* The matrix of an orientation (ISO/IEC 14496-12, 6.2.2): a, b, u, c, d, v, x, y, w. It leaves the picture at
 * the origin, which a rotation may take outside. */
enum { HEIF_MATRIX = 9 };
void heif_matrix_of(unsigned orientation, int32_t matrix[HEIF_MATRIX]);

/* For a sequence without a still picture: makes the first frame that. Returns 0, or -1 with `error` filled.
 */
int heif_make_still(struct heif *heif, struct pm_error *error);

struct heif_samples heif_samples_of(const struct heif_track *track);

/* HEVC frames are decoded with parameter sets of their track: gives `properties` these in place of the
 * still's.
 */
void heif_use_description(const struct heif_track *track, struct heif_properties *properties);

/* Returns false at the end, and when a table ends too early. */
bool heif_samples_next(struct heif_samples *samples, struct heif_sample *sample);

/* Gives a picture without a colour description that of the tracks. */
void heif_adopt_colors(const struct heif *heif, struct heif_picture *picture);

/* Notes that the frames are of another kind than the still picture. */
void heif_refuse_frames(struct heif_sequence *sequence);

/* Completes heif->sequence for a file whose picture is the frames' still: whether the tracks fit it, and how
 * many frames are within the file. Returns 0, or -1 with `error` filled (I/O). */
int heif_settle_sequence(struct heif *heif, const struct heif_picture *picture, struct pm_error *error);

#endif
