#include "codec/png/copy.h"

#include "codec/inflate.h"
#include "codec/png/meta.h"
#include "codec/png/write.h"

enum { SCRATCH = 4096 };

/* Inflates the next part of a zlib stream, and discards the samples. */
static bool inflate_part(struct inflater *inflater, const struct pm_blob *part, size_t *inflated)
{
    uint8_t scratch[SCRATCH];
    inflater->next_in = part->data;
    inflater->avail_in = (uint32_t)part->size;
    while (!inflater->ended) {
        inflater->next_out = scratch;
        inflater->avail_out = sizeof scratch;
        const bool moved = inflater_step(inflater);
        *inflated += sizeof scratch - inflater->avail_out;
        if (!moved)
            return inflater->avail_in == 0;
        if (inflater->avail_in == 0 && inflater->avail_out > 0)
            return true;
    }
    return true;
}

/* Is nothing after the end of the stream? Decoders ignore what is. */
static bool is_used_up(const struct inflater *inflater)
{
    return inflater->ended && inflater->avail_in == 0 && !inflater_took_surplus(inflater);
}

bool png_pixels_end_with_stream(const struct png_file *file)
{
    struct inflater inflater;
    struct memory_source memory;
    struct png_walk walk;
    struct pm_blob part;
    size_t inflated = 0;
    memory_source_init(&memory, file->data, file->size);
    png_walk_start(&walk, &memory.source);
    walk.next = file->first_idat;
    if (!inflater_begin(&inflater, INFLATE_ZLIB))
        return false;
    for (size_t i = 0; i < file->idat_chunks; i++) {
        if (!png_walk_pixels(&walk, file->pixels, file->data, file->size, &part))
            break;
        if (part.size > 0 && (inflater.ended || !inflate_part(&inflater, &part, &inflated)))
            return false;
    }
    return is_used_up(&inflater);
}

/* Is `packed` the profile, and nothing more? */
static bool is_profile(const struct pm_blob *packed, const struct pm_blob *icc)
{
    struct inflater inflater;
    size_t inflated = 0;
    return inflater_begin(&inflater, INFLATE_ZLIB) && inflate_part(&inflater, packed, &inflated) &&
           is_used_up(&inflater) && inflated == icc->size;
}

/* The file's own profile chunk, which may be packed better than pixmill would; without the name that the file
 * gives the profile. */
static int find_profile(const struct png_file *file, const struct pm_image *image, struct png_chunk *profile,
                        struct buffer *made, struct pm_error *error)
{
    static const char name[] = "ICC\0"; /* and the method, 0 */
    struct memory_source memory;
    struct png_chunk chunk = {0};
    struct pm_error none = {0};
    memory_source_init(&memory, file->data, file->size);
    if (image->meta.icc.data == NULL || png_find_chunk(&memory.source, TYPE_ICCP, &chunk, &none) != 0 ||
        chunk.type != TYPE_ICCP)
        return 0;
    const uint8_t *data = file->data + chunk.offset;
    const size_t before = png_keyword_length(data, chunk.size) + 2;
    const struct pm_blob packed = {data + before, before < chunk.size ? chunk.size - before : 0};
    if (packed.size == 0 || !is_profile(&packed, &image->meta.icc))
        return 0;
    if (buffer_append(made, name, sizeof name) != 0 || buffer_append(made, packed.data, packed.size) != 0)
        return error_memory(error, packed.size);
    *profile = (struct png_chunk){.type = TYPE_ICCP, .data = made->data, .size = (uint32_t)made->size};
    return 0;
}

/* Everything before the pixels. */
static int append_head(const struct png_file *file, const struct pm_image *image, struct buffer *head,
                       struct pm_error *error)
{
    const struct png_chunk *const chunks[] = {&file->palette, &file->key};
    struct png_chunk profile = {0};
    struct buffer made = {0};
    if (buffer_append(head, file->data, PNG_START) != 0)
        return error_memory(error, PNG_START);
    int status = find_profile(file, image, &profile, &made, error);
    if (status == 0)
        status = png_meta_append(head, image, profile.type != 0 ? &profile : NULL, error);
    buffer_free(&made);
    if (status != 0)
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
