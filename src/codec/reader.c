#include "codec/reader.h"

#include <assert.h>
#include <string.h>

#include "codec/part.h"
#include "image/row_source.h"

/* Is the opened file still the one that was probed? Compares everything that a plan depends on and that every
 * codec's open reports. */
static bool is_as_probed(const struct codec *codec, const struct pm_info *found, const struct pm_info *probed)
{
    return found->width == probed->width && found->height == probed->height &&
           found->depth == probed->depth && pixels_equal(&found->pixels, &probed->pixels) &&
           found->interlaced == probed->interlaced && found->by_rows == probed->by_rows &&
           found->encrypted == probed->encrypted && found->orientation == probed->orientation &&
           (!codec->animated || found->frames == probed->frames);
}

struct reader *reader_open(const struct codec *codec, const struct pm_info *info, const uint8_t *data,
                           size_t size, const struct decode_request *request, struct context *context)
{
    const struct codec *coder = codec_coder(codec, context->error);
    if (coder == NULL)
        return NULL;
    struct reader *reader = arena_alloc(context->job_arena, coder->reader_size);
    if (reader == NULL) {
        error_memory(context->error, coder->reader_size);
        return NULL;
    }
    memset(reader, 0, coder->reader_size);
    *reader = (struct reader){.codec = codec,
                              .coder = coder,
                              .data = data,
                              .size = size,
                              .request = *request,
                              .info = codec_blank_info(codec->name)};
    int status = coder->open(reader, context);
    if (status == 0 && info != NULL && !is_as_probed(codec, &reader->info, info))
        status = error_changed(context->error);
    if (status == 0)
        return reader;
    reader_close(reader);
    return NULL;
}

int reader_frame(struct reader *reader, struct frame *frame, struct context *context)
{
    *frame = (struct frame){.image.orientation = 1};
    return reader->coder->frame(reader, frame, context);
}

int reader_rows(struct reader *reader, struct pm_image *image, struct row_source **rows,
                struct context *context)
{
    assert(codec_has_rows(reader->codec, &reader->info, &reader->request));
    return reader->coder->rows(reader, image, rows, context);
}

void reader_close(struct reader *reader)
{
    if (reader != NULL && reader->coder->close != NULL)
        reader->coder->close(reader);
}

int reader_decode(const struct codec *codec, const uint8_t *data, size_t size,
                  const struct decode_request *request, struct pm_image *image, struct context *context)
{
    struct reader *reader = reader_open(codec, NULL, data, size, request, context);
    struct frame frame;
    const int status = reader != NULL ? reader_frame(reader, &frame, context) : -1;
    reader_close(reader);
    if (status == 0)
        *image = frame.image;
    return status;
}
