/* Warnings about fields of a page that no result has. */
#ifndef CODEC_TIFF_LEFT_OUT_H
#define CODEC_TIFF_LEFT_OUT_H

#include "codec/tiff/directory.h"
#include "codec/tiff/tiff.h"

/* Walks over the page's directory. all: the user asked for all metadata (--keep=all). Further pictures,
 * colours, and tags whose contents are unknown are named without that. */
void tiff_warn_of_tags(const struct tiff_file *file, const struct tiff_header *page, bool all,
                       struct context *context);

#endif
