/* A JPEG file with its coded data as they are and other metadata: only segments of the header change. */
#include <string.h>

#include "codec/jpeg/meta.h"
#include "codec/jpeg/output.h"
#include "codec/jpeg/reader.h"
#include "codec/jpeg/transcode.h"

struct copying {
    const struct pm_image *image;
    struct context *context;
    const struct jpeg_decoder *decoder;
    struct jpeg_compress_struct cinfo;
    struct jpeg_trap trap;
    struct jpeg_output output;
    struct buffer head; /* all up to the first segment that is copied */
};

/* For jpeg_try: SOI, JFIF if the file has it, and the metadata, by a compressor that is given no image. */
static int write_head(void *argument)
{
    struct copying *this = argument;
    struct jpeg_compress_struct *cinfo = &this->cinfo;
    jpeg_create_compress(cinfo);
    cinfo->dest = &this->output.manager;
    cinfo->image_width = cinfo->image_height = 1;
    cinfo->input_components = 1;
    cinfo->in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(cinfo);
    cinfo->write_JFIF_header = this->decoder->header.jfif;
    jpeg_write_density(cinfo, &this->image->meta);
    jpeg_start_compress(cinfo, TRUE);
    jpeg_write_metadata(cinfo, this->image, this->context);
    jpeg_output_finish(cinfo);
    return 0;
}

/* Is the segment to be copied? Decoders skip DNL's content; Adobe's is written in its usual size. */
static bool is_copied(const struct jpeg_segment *segment, enum jpeg_content content)
{
    return (content == CONTENT_CODING && segment->marker != JPEG_DNL) || content == CONTENT_ADOBE;
}

/* Appends a segment, of Adobe's only the fields. */
static int append_segment(struct copying *this, const struct jpeg_segment *segment, enum jpeg_content content)
{
    const uint8_t *data = this->decoder->reader.data + segment->at;
    const uint8_t adobe[] = {0xFF, JPEG_APP14, 0, 2 + JPEG_ADOBE_BYTES};
    size_t size = segment->offset + segment->size - segment->at;
    if (content == CONTENT_ADOBE && segment->size > JPEG_ADOBE_BYTES) {
        if (buffer_append(&this->head, adobe, sizeof adobe) != 0)
            return error_memory(this->context->error, sizeof adobe);
        data = this->decoder->reader.data + segment->offset;
        size = JPEG_ADOBE_BYTES;
    }
    return buffer_append(&this->head, data, size) == 0 ? 0 : error_memory(this->context->error, size);
}

/* Appends the header's segments that describe the coded data, up to the first scan's, which begins at *scan.
 */
static int append_segments(struct copying *this, size_t *scan)
{
    const struct reader *reader = &this->decoder->reader;
    struct jpeg_walk walk;
    struct jpeg_segment segment;
    struct pm_error *error = this->context->error;
    jpeg_walk_start_memory(&walk, reader->data, reader->size, JPEG_FIRST_SEGMENT);
    for (;;) {
        const struct jpeg_contents *contents;
        if (jpeg_walk_next(&walk, &segment, error) != 0 ||
            (contents = jpeg_walk_contents(&walk, &segment, error)) == NULL)
            return -1;
        *scan = segment.at;
        if (segment.marker == JPEG_SOS)
            return 0;
        if (is_copied(&segment, contents->content) && append_segment(this, &segment, contents->content) != 0)
            return -1;
    }
}

static enum transcode_status copy(struct copying *this, size_t start, struct buffer *out)
{
    const struct jpeg_decoder *decoder = this->decoder;
    size_t scan;
    jpeg_trap_init(&this->trap, this->context);
    jpeg_output_init(&this->output, &this->head);
    this->cinfo.err = &this->trap.manager;
    const int status = jpeg_try(&this->trap, write_head, this);
    jpeg_destroy_compress(&this->cinfo);
    if (status != 0 || append_segments(this, &scan) != 0)
        return TRANSCODE_FAILED;
    const size_t rest = decoder->picture_end - scan;
    if (this->head.size + rest >= out->size - start)
        return TRANSCODE_NO;
    out->size = start; /* what follows is within what `out` has */
    if (buffer_append(out, this->head.data, this->head.size) != 0 ||
        buffer_append(out, decoder->reader.data + scan, rest) != 0) {
        error_memory(this->context->error, rest);
        return TRANSCODE_FAILED;
    }
    return TRANSCODE_DONE;
}

enum transcode_status jpeg_copy(const struct transcode_job *job, const struct pm_image *image, size_t start,
                                struct buffer *out, struct context *context)
{
    const struct arena_mark mark = arena_mark(context->arena);
    enum transcode_status status = TRANSCODE_FAILED;
    struct copying *this = context_alloc(context, sizeof *this);
    struct reader *reader = NULL;
    if (this != NULL)
        reader = reader_open(&codec_jpeg, job->info, job->data, job->size, job->request, context);
    if (reader != NULL) {
        struct jpeg_decoder *decoder = (struct jpeg_decoder *)reader;
        memset(this, 0, sizeof *this);
        this->image = image;
        this->context = context;
        this->decoder = decoder;
        status = TRANSCODE_NO;
        if (jpeg_transcode_find_scans(decoder) && !decoder->input.scans.late && !decoder->input.scans.gaps)
            status = copy(this, start, out);
        buffer_free(&this->head);
    }
    reader_close(reader);
    arena_release(context->arena, mark);
    return status;
}
