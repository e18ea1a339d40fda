#include "codec/transcode.h"

#include "codec/part.h"

static const struct transcoder *find_row(const struct codec *owner, const struct codec *from,
                                         const struct codec *to)
{
    const struct transcoder *row = owner->transcoders;
    for (; row != NULL && row->from != NULL; row++) {
        if (row->from == from && row->to == to)
            return row;
    }
    return NULL;
}

const struct transcoder *transcoder_find(const struct codec *from, const struct codec *to)
{
    const struct transcoder *row = find_row(to, from, to);
    return row != NULL ? row : find_row(from, from, to);
}

/* The codec in whose list the row is. */
static const struct codec *owner_of(const struct transcoder *row)
{
    return find_row(row->to, row->from, row->to) == row ? row->to : row->from;
}

enum transcode_status transcoder_run(const struct transcoder *transcoder, const struct transcode_job *job,
                                     struct buffer *out, struct context *context)
{
    const struct codec *owner = owner_of(transcoder);
    const struct codec *coder = codec_coder(owner, context->error);
    if (coder == NULL)
        return TRANSCODE_FAILED;
    return coder->transcoders[transcoder - owner->transcoders].run(job, out, context);
}
