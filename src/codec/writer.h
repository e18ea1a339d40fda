/*
 * A writer: writes a file of several frames, frame by frame, so that only one is in memory. Only for formats
 * with animations; still images of all formats are written by codec_encode.
 *
 *     struct writer *writer = writer_begin(codec, &image, &animation, options, out, context, error);
 *     writer_add(writer, &frame, context, error);        for each frame, the first included
 *     writer_end(writer, context, error);                the file is whole; not after an error
 *     writer_close(writer);                              always, at last
 *
 * All frames have the first one's size and pixel format, which the codec must accept (codec->accepts) and
 * which are of one plane: transform composes animations in RGB. Each is a complete image: finding the
 * differences from the previous one is the writer's task.
 *
 * How a codec implements it: a `struct codec_writer` that its descriptor names as `writer`, whose functions
 * are those below. Its own struct begins with a struct writer; writer_begin allocates `size` bytes, zeroed,
 * in the context's job_arena, sets the members below, and calls begin. Bytes may be appended to `out` at any
 * time: the file is complete after end. close frees what begin and add have allocated, also if they failed
 * half-way.
 */
#ifndef CODEC_WRITER_H
#define CODEC_WRITER_H

#include "codec/reader.h"

/* Properties of the whole animation. */
struct animation {
    unsigned frames; /* how many will be added: 2 or more */
    unsigned loops;  /* number of repetitions; 0: endless */
};

struct writer {
    const struct codec_writer *functions;
    struct animation animation;
    const void *options; /* as in codec->encode; must outlive the writer */
    struct buffer *out;
};

/* How long the frames so far are shown, for formats with a fixed unit of time. */
struct writer_clock {
    uint64_t nanoseconds;
    uint64_t shown; /* the same, rounded, in the format's unit */
};

/* Adds a frame. Returns its duration in units of 1 / per_second s (at most 1000), such that rounding errors
 * don't accumulate: the end of each frame is rounded, not its duration. */
uint64_t writer_clock_add(struct writer_clock *clock, struct frame_time time, uint32_t per_second);

/* Of a codec with a part (part.h), the codec's row has `bytes` alone, and the part's coder the others. */
struct codec_writer {
    size_t size; /* of the codec's own struct */
    /* Max bytes of memory for writing `frames` frames, in addition to encode_bytes of one of them; NULL:
     * none. */
    uint64_t (*bytes)(const struct shape *shape, unsigned frames, const void *options);
    /* `first`: the first frame, for the file's size and metadata; its samples are added later. */
    int (*begin)(struct writer *writer, const struct pm_image *first, struct context *context);
    int (*add)(struct writer *writer, const struct frame *frame, struct context *context);
    int (*end)(struct writer *writer, struct context *context);
    void (*close)(struct writer *writer);
};

/* Runs the codec's self-test first, as codec_encode does. NULL with `error` filled on failure. */
struct writer *writer_begin(const struct codec *codec, const struct pm_image *first,
                            const struct animation *animation, const void *options, struct buffer *out,
                            struct context *context);

/* Each returns 0, or -1 with `error` filled. */
int writer_add(struct writer *writer, const struct frame *frame, struct context *context);
int writer_end(struct writer *writer, struct context *context);

/* NULL is allowed. */
void writer_close(struct writer *writer);

#endif
