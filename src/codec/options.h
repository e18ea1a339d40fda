/*
 * What encoders can be asked, over all codecs: each distinct word of their rows is a word of the recipe and
 * an option of the command line. A word that several have is given to all of them, for the results of one
 * run may be of several formats.
 */
#ifndef CODEC_OPTIONS_H
#define CODEC_OPTIONS_H

#include "codec/codec.h"

enum { CODEC_OPTION_WORDS_MAX = 32 }; /* distinct words of all codecs, at most */

/* The row of a word that every lossy format has, an int in `type`. */
#define CODEC_OPTION_QUALITY(type, field)                                                                    \
    {                                                                                                        \
        .name = "quality", .letter = 'Q', .kind = PARAM_INTEGER, .offset = offsetof(type, field), .min = 1,  \
        .max = 100, .standard = 80, .argument = "1..100", .help = "quality of a lossy result",               \
        .example = "75", .optional = true                                                                    \
    }

/* The first row of the word at `index`, in the order of the codecs' table; NULL beyond the last. */
const struct param *codec_option_at(size_t index);
size_t codec_option_count(void); /* of distinct words */

/* The place of a word, or -1. */
int codec_option_index(const char *name);

/* The row that a codec has for that word, or NULL. */
const struct param *codec_option_row(const struct codec *codec, const char *name);

/* Fills a codec's struct, options[CODEC_OPTIONS_BYTES], with its defaults. */
void codec_options_init(const struct codec *codec, void *options);

/* Sets one of them; nothing happens where the codec has no such word. 0, or -1 with `error` filled. */
int codec_option_set(const struct codec *codec, void *options, const char *name, const char *text,
                     struct pm_error *error);

/* The codecs that have the word, "jpeg, webp", into text[size]. Returns text. */
const char *codec_option_owners(const char *name, char *text, size_t size);

/* A line of help on the word, which says of each codec what its default is: "quality of a lossy result
 * (jpeg: 80, webp: 75)". Returns text. */
const char *codec_option_help(const char *name, char *text, size_t size);

#endif
