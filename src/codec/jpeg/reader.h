/*
 * The codec's reader: an image at once or row by row, by pixmill's own decoder (fast.h), which makes a row of
 * MCUs at a time, or by libjpeg. Where the own decoder gives up, libjpeg decodes the whole picture.
 *
 *     own.c        pixmill's decoder at work on a file
 *     upsample.c   its planes to RGB or CMYK (upsample.h)
 *     reader.c     opening a file; an image at once
 *     rows.c       an image row by row
 */
#ifndef CODEC_JPEG_READER_H
#define CODEC_JPEG_READER_H

#include "codec/jpeg/decode.h"
#include "codec/jpeg/fast.h"

/* --- the codec's functions (codec/reader.h) -------------------------------------------------------- */

uint64_t jpeg_decode_bytes(const struct pm_info *info, const struct decode_request *request);
int jpeg_open(struct reader *reader, struct context *context);
int jpeg_frame(struct reader *reader, struct frame *frame, struct context *context);
bool jpeg_has_rows(const struct pm_info *info, const struct decode_request *request);
int jpeg_rows(struct reader *reader, struct pm_image *image, struct row_source **rows,
              struct context *context);
void jpeg_close(struct reader *reader);

/* --- shared by these ------------------------------------------------------------------------------- */

/* After jpeg_start: sets up decoder->picture with memory from `arena`, or to NULL if libjpeg must decode it.
 * Returns 0, or -1 with `error` filled. */
int jpeg_own_open(struct jpeg_decoder *decoder, struct arena *arena);

/* Decodes the next rows of MCUs of decoder->picture, at most picture->batch; the last one sets decoder->fast.
 */
enum fast_status jpeg_own_rows(struct jpeg_decoder *decoder);

/* After jpeg_own_open: decodes everything into decoder->image, which is allocated; other memory from `arena`.
 */
enum fast_status jpeg_own_image(struct jpeg_decoder *decoder, struct arena *arena);

/* After decoding: warns about what is missing, and reads the metadata into *meta. */
int jpeg_finish(struct jpeg_decoder *decoder, struct pm_metadata *meta, struct context *context);

#endif
