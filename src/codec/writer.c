#include "codec/writer.h"

#include <assert.h>
#include <string.h>

#include "codec/part.h"

struct writer *writer_begin(const struct codec *codec, const struct pm_image *first,
                            const struct animation *animation, const void *options, struct buffer *out,
                            struct context *context)
{
    assert(codec->writer != NULL && animation->frames > 1 && first->nplanes == 1);
    const struct codec *coder = codec_coder(codec, context->error);
    if (coder == NULL || codec_check(codec, context) != 0)
        return NULL;
    struct writer *writer = arena_alloc(context->job_arena, coder->writer->size);
    if (writer == NULL) {
        error_memory(context->error, coder->writer->size);
        return NULL;
    }
    memset(writer, 0, coder->writer->size);
    *writer =
        (struct writer){.functions = coder->writer, .animation = *animation, .options = options, .out = out};
    if (writer->functions->begin(writer, first, context) == 0)
        return writer;
    writer_close(writer);
    return NULL;
}

int writer_add(struct writer *writer, const struct frame *frame, struct context *context)
{
    return writer->functions->add(writer, frame, context);
}

int writer_end(struct writer *writer, struct context *context)
{
    return writer->functions->end(writer, context);
}

void writer_close(struct writer *writer)
{
    if (writer != NULL)
        writer->functions->close(writer);
}
