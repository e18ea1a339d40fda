#include "codec/webp/copy.h"

#include <string.h>

#include "codec/webp/encode.h"
#include "codec/webp/format.h"

/* Max bytes of what is not the bitstream: RIFF and VP8X, and a head and padding for each kind of metadata. */
static uint64_t head_bytes(const struct pm_metadata *meta)
{
    enum { KINDS = 3, EXIF_LEAST = 26, FIXED = WEBP_RIFF_HEAD + WEBP_CHUNK_HEAD + WEBP_VP8X_SIZE };
    return FIXED + EXIF_LEAST + KINDS * (WEBP_CHUNK_HEAD + 1) + meta->icc.size + meta->exif.size +
           meta->xmp.size;
}

/* The file without metadata: a bitstream with alpha of its own is in the extended form. */
static int append_file(const uint8_t *data, const struct webp_header *header, struct buffer *out)
{
    const struct webp_image *image = &header->image;
    const size_t size = image->end - image->at, padding = size & 1;
    uint8_t head[WEBP_RIFF_HEAD + WEBP_CHUNK_HEAD + WEBP_VP8X_SIZE] = "RIFF\0\0\0\0WEBP";
    const bool extended = webp_get_le32(data + image->at) == WEBP_ALPH;
    const size_t head_size = extended ? sizeof head : WEBP_RIFF_HEAD;
    uint8_t *chunk = head + WEBP_RIFF_HEAD;
    webp_put_le32(head + 4, (uint32_t)(head_size - WEBP_CHUNK_HEAD + size + padding));
    webp_put_le32(chunk, WEBP_VP8X);
    webp_put_le32(chunk + 4, WEBP_VP8X_SIZE);
    chunk[WEBP_CHUNK_HEAD] = WEBP_FLAG_ALPHA;
    webp_put_le24(chunk + WEBP_CHUNK_HEAD + 4, header->width - 1);
    webp_put_le24(chunk + WEBP_CHUNK_HEAD + 7, header->height - 1);
    return buffer_append(out, head, head_size) == 0 && buffer_append(out, data + image->at, size) == 0 &&
                   buffer_append(out, "", padding) == 0
               ? 0
               : -1;
}

enum transcode_status webp_copy(const struct transcode_job *job, const struct pm_image *image, size_t start,
                                struct buffer *out, struct context *context)
{
    struct memory_source memory;
    struct webp_header header;
    memory_source_init(&memory, job->data, job->size);
    if (webp_read_header(&memory.source, &header, context->error) != 0)
        return TRANSCODE_FAILED;
    const struct webp_image *coded = &header.image;
    if (header.animated || header.cut || coded->width != header.width || coded->height != header.height ||
        coded->end > job->size || coded->end - coded->at + head_bytes(&image->meta) >= out->size - start)
        return TRANSCODE_NO;
    out->size = start; /* what follows is within what `out` has */
    if (append_file(job->data, &header, out) != 0) {
        error_memory(context->error, coded->end - coded->at);
        return TRANSCODE_FAILED;
    }
    return webp_add_metadata(out, start, image, context) == 0 ? TRANSCODE_DONE : TRANSCODE_FAILED;
}
