/* The destination of libjpeg is the free end of a buffer. */
#include "codec/jpeg/output.h"

enum { CHUNK = 64 * 1024 };

static struct jpeg_output *output_of(j_compress_ptr cinfo)
{
    return (struct jpeg_output *)cinfo->dest;
}

static void offer(j_compress_ptr cinfo)
{
    struct jpeg_output *output = output_of(cinfo);
    struct buffer *out = output->out;
    /* What room there is may be all that the forecast gave, and less than a chunk. */
    if (out->size == out->capacity && buffer_reserve(out, CHUNK) != 0)
        jpeg_trap_leave(jpeg_trap_of((j_common_ptr)cinfo), PM_ERROR_MEMORY, PM_HINT_LESS_AT_ONCE,
                        "no memory for a result of over %zu bytes", out->size);
    output->manager.next_output_byte = out->data + out->size;
    output->manager.free_in_buffer = out->capacity - out->size;
}

/* The counting of symbols starts as well, and may have filled the room there was. */
static void start(j_compress_ptr cinfo)
{
    struct jpeg_output *output = output_of(cinfo);
    output->out->size = output->start;
    offer(cinfo);
}

static boolean full(j_compress_ptr cinfo)
{
    struct jpeg_output *output = output_of(cinfo);
    output->out->size = output->out->capacity;
    offer(cinfo);
    return TRUE;
}

void jpeg_output_finish(j_compress_ptr cinfo)
{
    struct jpeg_output *output = output_of(cinfo);
    output->out->size = output->out->capacity - output->manager.free_in_buffer;
}

void jpeg_output_init(struct jpeg_output *output, struct buffer *out)
{
    *output = (struct jpeg_output){
        .manager =
            {
                .init_destination = start,
                .empty_output_buffer = full,
                .term_destination = jpeg_output_finish,
            },
        .out = out,
        .start = out->size,
    };
}
