#include "codec/writer.h"

#include <assert.h>
#include <string.h>

struct writer *writer_begin(const struct codec *codec, const struct pm_image *first,
                            const struct animation *animation, const void *options, struct buffer *out,
                            struct context *context)
{
    assert(codec->writer != NULL && animation->frames > 1);
    if (codec_check(codec, context) != 0)
        return NULL;
    struct writer *writer = arena_alloc(context->job_arena, codec->writer->size);
    if (writer == NULL) {
        error_memory(context->error, codec->writer->size);
        return NULL;
    }
    memset(writer, 0, codec->writer->size);
    *writer = (struct writer){.codec = codec, .animation = *animation, .options = options, .out = out};
    if (codec->writer->begin(writer, first, context) == 0)
        return writer;
    writer_close(writer);
    return NULL;
}

int writer_add(struct writer *writer, const struct frame *frame, struct context *context)
{
    return writer->codec->writer->add(writer, frame, context);
}

int writer_end(struct writer *writer, struct context *context)
{
    return writer->codec->writer->end(writer, context);
}

uint64_t writer_clock_add(struct writer_clock *clock, struct frame_time time, uint32_t per_second)
{
    const uint64_t second = 1000000000, max = second * 4000000; /* 46 days; its product with 1000 fits */
    const uint64_t whole = time.per_second > 0 ? time.ticks / time.per_second : 0;
    const uint64_t rest = time.per_second > 0 ? time.ticks % time.per_second : 0;
    if (whole >= max / second)
        clock->nanoseconds = max;
    else if (rest > 0 || whole > 0)
        clock->nanoseconds += whole * second + (rest * second + time.per_second / 2) / time.per_second;
    if (clock->nanoseconds > max)
        clock->nanoseconds = max;
    const uint64_t before = clock->shown;
    clock->shown = (clock->nanoseconds * per_second + second / 2) / second;
    return clock->shown - before;
}

void writer_close(struct writer *writer)
{
    if (writer != NULL)
        writer->codec->writer->close(writer);
}
