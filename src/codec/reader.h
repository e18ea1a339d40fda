/*
 * A reader: an open file of one format, from which images are decoded. Opened once per job; its header is
 * read only then.
 *
 *     struct reader *reader = reader_open(codec, &info, data, size, &request, context, error);
 *     reader_frame(reader, &frame, context, error);      the first picture; again for the next frame
 *     reader_close(reader);                              after an error, too
 *
 * Instead of the first reader_frame, reader_rows returns a source of the image's rows, for a caller that
 * reads them from the top down (image/row_source.h).
 *
 * `info` is codec_probe's result, on which the plan is based. If the file's header has changed since,
 * reader_open fails (PM_ERROR_IO).
 *
 * Memory: the bytes belong to the caller and must outlive the reader. The reader, with all that it decodes
 * from the header, is in the context's job_arena; a codec frees in `close` what its library has allocated. A
 * frame outlives the reader: its samples are in the context's arena, its metadata in the job_arena or in the
 * file's bytes.
 *
 * How a codec implements it:
 *
 * - its own struct begins with a struct reader, and codec->reader_size is its size. reader_open allocates it,
 *   zeroed, sets the members below `set before open`, and calls codec->open.
 * - open reads the header: fills reader->info as probe does, as far as decoding depends on it, reads what
 *   metadata comes with the header, and checks sizes against the context's limits (image_check_size).
 * - frame decodes the next picture: info.frames of them when codec->animated, else one. Each frame of an
 *   animation is the whole canvas as a viewer shows it: the codec disposes and blends, so that it keeps one
 *   canvas and makes one frame. The first frame's metadata (image.meta) is used for the whole file. What
 *   frame allocates in the job_arena after the first frame is released before the next one.
 * - rows: NULL if the format is never decoded row by row. Called where codec_has_rows says so.
 * - close frees. It is also called after an open that failed half-way: members not set yet are zero.
 */
#ifndef CODEC_READER_H
#define CODEC_READER_H

#include "codec/codec.h"

struct row_source; /* image/row_source.h */

struct reader {
    /* Set before open: */
    const struct codec *codec, *coder; /* the row; where its functions are (part.h) */
    const uint8_t *data;               /* the file */
    size_t size;
    struct decode_request request;
    struct pm_info info; /* open fills it; format, orientation (1) and frames (1) are set before */
};

/* How long a frame is shown: ticks / per_second. 0 / 0 for a still picture. */
struct frame_time {
    uint32_t ticks, per_second;
};

struct frame {
    struct pm_image image;
    struct frame_time time;
};

/* Opens data[size]; `info` NULL: not probed, any header is accepted. Returns the reader, or NULL with `error`
 * filled and everything closed. */
struct reader *reader_open(const struct codec *codec, const struct pm_info *info, const uint8_t *data,
                           size_t size, const struct decode_request *request, struct context *context);

/* Decodes the next frame. Returns 0, or -1 with `error` filled. */
int reader_frame(struct reader *reader, struct frame *frame, struct context *context);

/* Sets *image to the image without planes and *rows to its row source (an array of three for YCC), which
 * belongs to the reader: row_source_end may be called before reader_close, or not at all. Returns 0, or -1
 * with `error` filled. */
int reader_rows(struct reader *reader, struct pm_image *image, struct row_source **rows,
                struct context *context);

/* NULL is allowed. */
void reader_close(struct reader *reader);

/* Decodes the first image of a file that was not probed: open, frame, close. */
int reader_decode(const struct codec *codec, const uint8_t *data, size_t size,
                  const struct decode_request *request, struct pm_image *image, struct context *context);

#endif
