/* Encoder options have the same meaning in all codecs. */
#include <criterion/criterion.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "codec/options.h"

Test(codec_options, one_word_has_one_kind_and_range)
{
    for (const struct codec *const *codec = codecs; *codec != NULL; codec++) {
        for (const struct param *row = (*codec)->options; row != NULL && row->name != NULL; row++) {
            const struct param *first = codec_option_at((size_t)codec_option_index(row->name));
            cr_expect_eq(row->kind, first->kind, "%s %s", (*codec)->name, row->name);
            cr_expect(row->min == first->min && row->max == first->max, "%s %s", (*codec)->name, row->name);
            cr_expect_eq(row->optional, first->optional, "%s %s", (*codec)->name, row->name);
            cr_expect_not_null(row->help);
            cr_expect_eq(row->argument == NULL, row->kind == PARAM_FLAG, "%s", row->name);
            cr_expect_eq(row->example == NULL, row->kind == PARAM_FLAG, "%s", row->name);
        }
    }
    size_t words = 0;
    while (codec_option_at(words) != NULL)
        words++;
    cr_expect_leq(words, CODEC_OPTION_WORDS_MAX);
    cr_expect_eq(codec_option_index("no such word"), -1);
}

/* The argument in --help is what is accepted. */
Test(codec_options, arguments_in_help_are_those_that_are_taken)
{
    for (const struct codec *const *codec = codecs; *codec != NULL; codec++) {
        for (const struct param *row = (*codec)->options; row != NULL && row->name != NULL; row++) {
            alignas(8) unsigned char options[CODEC_OPTIONS_BYTES];
            struct pm_error error = {0};
            char range[32], word[32];
            codec_options_init(*codec, options);
            cr_expect_eq(codec_option_set(*codec, options, row->name, row->example, &error), 0, "%s",
                         error.message);
            snprintf(range, sizeof range, "%g..%g", row->min, row->max);
            if (row->kind == PARAM_INTEGER)
                cr_expect_str_eq(row->argument, range);
            size_t words = 0;
            for (const char *at = row->argument; row->kind == PARAM_WORD && at != NULL; words++) {
                snprintf(word, sizeof word, "%.*s", (int)strcspn(at, "|"), at);
                cr_expect_eq(codec_option_set(*codec, options, row->name, word, &error), 0, "%s", word);
                at = strchr(at, '|');
                at = at != NULL ? at + 1 : NULL;
            }
            while (row->kind == PARAM_WORD && row->words[words].word != NULL)
                cr_assert_fail("%s: '%s' is missing in its help", row->name, row->words[words].word);
        }
    }
}

Test(codec_options, help_names_the_codecs_and_their_defaults)
{
    char text[256];
    cr_expect_not_null(strstr(codec_option_help("quality", text, sizeof text), "jpeg: 80"), "%s", text);
    cr_expect_not_null(
        strstr(codec_option_help("subsampling", text, sizeof text), "(avif: auto, jpeg: auto)"), "%s", text);
    cr_expect_str_eq(codec_option_owners("subsampling", text, sizeof text), "avif, jpeg");
}

Test(codec_options, a_codec_without_the_word_is_left_alone)
{
    alignas(8) unsigned char options[CODEC_OPTIONS_BYTES], before[CODEC_OPTIONS_BYTES];
    struct pm_error error = {0};
    const struct codec *png = codec_of_suffix("png");
    codec_options_init(png, options);
    memcpy(before, options, sizeof options);
    cr_expect_eq(codec_option_set(png, options, "subsampling", "420", &error), 0);
    cr_expect_eq(memcmp(before, options, sizeof options), 0);
}
