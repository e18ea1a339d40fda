/*
 * Encoder options over all codecs: each distinct name in their rows is a recipe word and a command-line
 * option. An option that several codecs have is set for all of them, because one run may write several
 * formats.
 */
#ifndef CODEC_OPTIONS_H
#define CODEC_OPTIONS_H

#include "codec/codec.h"

enum { CODEC_OPTION_WORDS_MAX = 32 }; /* max distinct option names of all codecs */

/* The row of `quality`, which every lossy format has; an int in `type`. */
#define CODEC_OPTION_QUALITY_OF(type, field, default_quality)                                                \
    {                                                                                                        \
        .name = "quality", .letter = 'Q', .kind = PARAM_INTEGER, .offset = offsetof(type, field), .min = 1,  \
        .max = 100, .standard = (default_quality), .argument = "1..100",                                     \
        .help = "quality of a lossy result", .example = "75", .optional = true                               \
    }
#define CODEC_OPTION_QUALITY(type, field) CODEC_OPTION_QUALITY_OF(type, field, 80)

/* The row of `effort`, for every format with a choice between speed and size. A server does not accept 9: for
 * 400 x 400 pixels of lossless noise, WebP took 40 s with 9, and 0.1 s with 8. */
#define CODEC_OPTION_EFFORT(type, field)                                                                     \
    {                                                                                                        \
        .name = "effort", .kind = PARAM_INTEGER, .offset = offsetof(type, field), .min = 0, .max = 9,        \
        .standard = 4, .argument = "0..9",                                                                   \
        .help = "time spent on making the file small, from 0, fastest, to 9, smallest", .example = "6",      \
        .served_max = 8, .optional = true, .keeps_samples = true                                             \
    }
#define CODEC_OPTION_LOSSLESS(type, field)                                                                   \
    {                                                                                                        \
        .name = "lossless", .kind = PARAM_FLAG, .offset = offsetof(type, field),                             \
        .help = "write the pixels exactly as they are", .keeps_samples = true                                \
    }
#define CODEC_OPTION_PROGRESSIVE(type, field)                                                                \
    {                                                                                                        \
        .name = "progressive", .kind = PARAM_FLAG, .offset = offsetof(type, field),                          \
        .help = "store the image so that a coarse one can be shown early", .optional = true,                 \
        .keeps_samples = true                                                                                \
    }
#define CODEC_OPTION_ALPHA_QUALITY(type, field, default_quality)                                             \
    {                                                                                                        \
        .name = "alpha-quality", .kind = PARAM_INTEGER, .offset = offsetof(type, field), .min = 0,           \
        .max = 100, .standard = (default_quality), .argument = "0..100",                                     \
        .help = "quality of a lossy result's alpha; 100 is lossless", .example = "80", .optional = true      \
    }

/* The row of `bitdepth`; a format that has fewer than 16 bits takes as many as it has. */
enum { CODEC_BITDEPTH_AUTO = 0 };
extern const struct param_word codec_bitdepths[];
#define CODEC_OPTION_BITDEPTH(type, field)                                                                   \
    {                                                                                                        \
        .name = "bitdepth", .kind = PARAM_WORD, .offset = offsetof(type, field), .words = codec_bitdepths,   \
        .standard = CODEC_BITDEPTH_AUTO, .argument = "8|10|12|16|auto",                                      \
        .help = "bits of a sample, in avif at most 12; auto is 8, and for a picture with more 16 in jxl "    \
                "and 10 in avif (12 for PQ and HLG)",                                                        \
        .example = "10", .optional = true                                                                    \
    }

/* The first row of the option at `index`, in the order of the codecs' table; NULL past the last. */
const struct param *codec_option_at(size_t index);
size_t codec_option_count(void); /* number of distinct options */

/* The index of an option, or -1. */
int codec_option_index(const char *name);

/* A codec's row for that option, or NULL. */
const struct param *codec_option_row(const struct codec *codec, const char *name);

/* Fills a codec's struct, options[CODEC_OPTIONS_BYTES], with its defaults. */
void codec_options_init(const struct codec *codec, void *options);

/* Sets one option; does nothing if the codec lacks it. Returns 0, or -1 with `error` filled. */
int codec_option_set(const struct codec *codec, void *options, const char *name, const char *text,
                     struct pm_error *error);

/* Writes the names of the codecs that have the option, "jpeg, webp", to text[size]. Returns text. */
const char *codec_option_owners(const char *name, char *text, size_t size);

/* Writes the option's help line with each codec's default to text[size]: "quality of a lossy result (jpeg:
 * 80, webp: 75)". Returns text. */
const char *codec_option_help(const char *name, char *text, size_t size);

#endif
