/* Decoding strips row by row, as image/row_source.h describes. */
#ifndef CODEC_TIFF_PART_ROWS_H
#define CODEC_TIFF_PART_ROWS_H

#include "codec/reader.h"

/* Only of files for which tiff_has_rows. */
int tiff_rows(struct reader *reader, struct pm_image *image, struct row_source **rows,
              struct context *context);

#endif
