#include "codec/png/copy.h"

#include "codec/png/write.h"

/* The file's own profile chunk, which may be packed better than pixmill would. */
static struct png_chunk find_profile(const struct png_file *file, const struct pm_image *image)
{
    struct memory_source memory;
    struct png_chunk chunk = {0};
    struct pm_error none = {0};
    memory_source_init(&memory, file->data, file->size);
    if (image->meta.icc.data == NULL || png_find_chunk(&memory.source, TYPE_ICCP, &chunk, &none) != 0 ||
        chunk.type != TYPE_ICCP)
        return (struct png_chunk){0};
    chunk.data = file->data + chunk.offset;
    return chunk;
}

/* Everything before the pixels. */
static int append_head(const struct png_file *file, const struct pm_image *image, struct buffer *head,
                       struct pm_error *error)
{
    const struct png_chunk profile = find_profile(file, image), *const chunks[] = {&file->palette,
                                                                                   &file->key};
    if (buffer_append(head, file->data, PNG_START) != 0)
        return error_memory(error, PNG_START);
    if (png_meta_append(head, image, profile.type != 0 ? &profile : NULL, error) != 0)
        return -1;
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        const struct png_chunk *chunk = chunks[i];
        if (chunk->type != 0 &&
            png_chunk_append(head, chunk->type, file->data + chunk->offset, chunk->size, error) != 0)
            return -1;
    }
    return 0;
}

enum transcode_status png_copy(const struct png_file *file, const struct pm_image *image, size_t start,
                               struct buffer *out, struct context *context)
{
    struct buffer head = {0};
    enum transcode_status status = TRANSCODE_FAILED;
    const size_t idats = file->idat_bytes + file->idat_chunks * PNG_CHUNK_FRAME;
    if (append_head(file, image, &head, context->error) == 0) {
        const size_t size = head.size + idats + PNG_CHUNK_FRAME;
        status = size < out->size - start ? TRANSCODE_DONE : TRANSCODE_NO;
    }
    if (status == TRANSCODE_DONE) { /* within what `out` has */
        out->size = start;
        if (buffer_append(out, head.data, head.size) != 0 ||
            buffer_append(out, file->data + file->first_idat, idats) != 0 ||
            png_chunk_append(out, TYPE_IEND, NULL, 0, context->error) != 0)
            status = TRANSCODE_FAILED;
    }
    buffer_free(&head);
    return status;
}
