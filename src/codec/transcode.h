/*
 * Transcoding: a result made of a file's coded data, without decoding it to samples and encoding those again:
 * nothing is lost, and less is computed. The recipe changes no sample, or only turns the image.
 *
 * A codec lists its transcoders (codec->transcoders): of its own format to itself, to another, and back.
 * transform asks for one before it decodes; one that can't do a file returns TRANSCODE_NO before it has
 * written anything, and the file is decoded and encoded.
 */
#ifndef CODEC_TRANSCODE_H
#define CODEC_TRANSCODE_H

#include "codec/codec.h"

enum transcode_status { TRANSCODE_FAILED = -1, TRANSCODE_DONE, TRANSCODE_NO };

/* One file. */
struct reader; /* reader.h */

struct transcode_job {
    const uint8_t *data;
    size_t size;
    const struct pm_info *info;           /* its header */
    const struct decode_request *request; /* how it would be decoded: what metadata is kept */
    const void *options;                  /* of the result's codec */
    unsigned turn;        /* the EXIF orientation from which the image is turned upright; 1: not turned */
    unsigned orientation; /* of the result */
    const struct reader *reader; /* for `copy`: from which the image was decoded; NULL: it was not */
    /* Updates the metadata of *image for the result, as the recipe says, with the size, format and
     * orientation that *image states. Called at most once, when all metadata of the file is known, before the
     * result is written. Returns 0, or -1 with `error` filled. */
    int (*settle)(const struct transcode_job *job, struct pm_image *image);
    void *lender; /* settle's own data */
};

/* A function that appends the result to `out`. TRANSCODE_NO: with `out` as it was and no error filled. What
 * it allocates in the context's arenas is released, except from job_arena. */
typedef enum transcode_status transcode_function(const struct transcode_job *job, struct buffer *out,
                                                 struct context *context);

/* A function that takes the place of an encoder: the image was encoded as out->data[start] and what follows,
 * and this is replaced by a file with the input's coded data, byte for byte, and with the metadata of
 * `image`, which is what was encoded. TRANSCODE_NO: that is not smaller, or not possible; `out` is as it was.
 * Only for still images that are not turned. */
typedef enum transcode_status transcode_copy(const struct transcode_job *job, const struct pm_image *image,
                                             size_t start, struct buffer *out, struct context *context);

struct transcoder {
    const struct codec *from, *to; /* from NULL: ends a list */
    transcode_copy *copy;          /* NULL: never possible */
    bool lossless; /* the encoder is: where the recipe gives it no option, `copy` is always asked */
    /* One of the two formats holds files of the other as they are: that one's transcoder to itself turns
     * them and updates their metadata, before or after. Then a job has no turn and no settle. */
    bool wraps;
    /* From the header and the options of the result's codec: can `run` do it? True if only the whole file can
     * tell. NULL: there is no `run`. */
    bool (*suits)(const struct pm_info *info, unsigned turn, const void *options);
    /* Of `run`: max bytes of memory, and of the result without metadata. */
    uint64_t (*work_bytes)(const struct pm_info *info, unsigned turn);
    uint64_t (*result_bytes)(const struct pm_info *info);
    /* NULL in the row of a codec with a part (part.h): the part's coder has a list with as many rows, in
     * which only `run` is set. */
    transcode_function *run;
    /* Of a transcoder to the same format: is there nothing in the file data[size] that could be left out, as
     * no metadata? NULL: there may always be. */
    bool (*is_plain)(const uint8_t *data, size_t size);
};

/* The transcoder for files of one format to results of another, or of the same; NULL: none. */
const struct transcoder *transcoder_find(const struct codec *from, const struct codec *to);

/* Calls its `run`. */
enum transcode_status transcoder_run(const struct transcoder *transcoder, const struct transcode_job *job,
                                     struct buffer *out, struct context *context);

#endif
