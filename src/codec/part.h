/*
 * Codec parts: a codec whose library costs more than 0.3 ms of start-up, or that a distribution may leave
 * out, is split in two. Its row in the table, with everything that needs no library (sniff, probe, forecasts,
 * options), is in every program. The coder (open, frame, rows, close, encode, writer) is in a shared object
 * of its own, which is found and loaded when the first file of that format is met.
 *
 * A part is found where base/find_part.h looks. It is linked to the parts of libpixmill that it needs, and
 * must not use the table of codecs, which would link all other codecs.
 *
 * In worker processes nothing is loaded: the fork server does it before they are forked (struct work,
 * `prepare`). A part that can't be loaded is not tried again in this process or those forked from it.
 */
#ifndef CODEC_PART_H
#define CODEC_PART_H

#include "codec/codec.h"

/* For a codec's row: where its coder is. */
struct codec_part {
    const char *file;    /* "pixmill-tiff.so" */
    const char *title;   /* the format's name in messages: "TIFF" */
    const char *library; /* what the part is linked to, for messages: "libtiff" */
};

/* What a part exports as CODEC_PART_SYMBOL. */
struct codec_part_export {
    const char *version; /* PIXMILL_VERSION; if it differs, nothing else is read */
    size_t layout;       /* CODEC_PART_LAYOUT */
    /* Only reader_size, open, frame, rows, close, encode, the writer's functions and the transcoders' run are
     * used. */
    const struct codec *coder;
};

#define CODEC_PART_SYMBOL "pixmill_codec_part"

/* Changes with the size of any struct that program and part share, as between builds of one version. */
#define CODEC_PART_LAYOUT                                                                                    \
    (((sizeof(struct codec) * 31 + sizeof(struct context)) * 31 + sizeof(struct pm_image)) * 31 +            \
     sizeof(struct pm_info) * 7 + sizeof(struct decode_request) * 3 + sizeof(struct pm_error))

/* Defines the export of a part's main file. */
#define CODEC_PART_EXPORT(row)                                                                               \
    __attribute__((visibility("default"))) const struct codec_part_export pixmill_codec_part = {             \
        .version = PIXMILL_VERSION, .layout = CODEC_PART_LAYOUT, .coder = &(row)}

/* The codec with its coder: the codec itself if it has no part, else what the part exports, loaded now if it
 * was not yet. NULL with `error` filled if it can't be loaded. Thread-safe. */
const struct codec *codec_coder(const struct codec *codec, struct pm_error *error);

/* Is the coder here, without loading anything? */
bool codec_is_loaded(const struct codec *codec);

/* Is there a file with the coder? Loads nothing. Returns 0, or -1 with `error` filled. */
int codec_part_find(const struct codec *codec, struct pm_error *error);

/* The codecs with a part, as a mask: bit i is codecs[i]. */
uint32_t codec_parts(void);

/* The same for one codec: 0 if it has no part. */
uint32_t codec_part_bit(const struct codec *codec);

/* Loads the parts of `mask`. A part that can't be loaded is reported when it is used. */
void codec_parts_load(uint32_t mask);

#endif
