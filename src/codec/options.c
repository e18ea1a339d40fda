#include "codec/options.h"

#include <stdalign.h>
#include <stdio.h>
#include <string.h>

/* Is this the first row of its name? */
static bool is_first(const struct codec *const *codec, const struct param *row)
{
    for (const struct codec *const *before = codecs; before < codec; before++) {
        if (codec_option_row(*before, row->name) != NULL)
            return false;
    }
    return true;
}

const struct param *codec_option_at(size_t index)
{
    for (const struct codec *const *codec = codecs; *codec != NULL; codec++) {
        for (const struct param *row = (*codec)->options; row != NULL && row->name != NULL; row++) {
            if (is_first(codec, row) && index-- == 0)
                return row;
        }
    }
    return NULL;
}

size_t codec_option_count(void)
{
    size_t count = 0;
    for (const struct codec *const *codec = codecs; *codec != NULL; codec++) {
        for (const struct param *row = (*codec)->options; row != NULL && row->name != NULL; row++)
            count += is_first(codec, row);
    }
    return count;
}

int codec_option_index(const char *name)
{
    const struct param *row;
    for (int i = 0; (row = codec_option_at((size_t)i)) != NULL; i++) {
        if (strcmp(row->name, name) == 0)
            return i;
    }
    return -1;
}

const struct param *codec_option_row(const struct codec *codec, const char *name)
{
    return param_find(codec->options, name);
}

void codec_options_init(const struct codec *codec, void *options)
{
    memset(options, 0, CODEC_OPTIONS_BYTES);
    if (codec->options != NULL)
        params_init(codec->options, options);
}

int codec_option_set(const struct codec *codec, void *options, const char *name, const char *text,
                     struct pm_error *error)
{
    const struct param *row = codec_option_row(codec, name);
    return row != NULL ? param_parse(row, text, options, error) : 0;
}

const char *codec_option_owners(const char *name, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (const struct codec *const *codec = codecs; *codec != NULL && used < size; codec++) {
        if (codec_option_row(*codec, name) != NULL)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", (*codec)->name);
    }
    return text;
}

const char *codec_option_help(const char *name, char *text, size_t size)
{
    const struct param *first = codec_option_at((size_t)codec_option_index(name));
    size_t used = (size_t)snprintf(text, size, "%s", first->help);
    const char *separator = " (";
    for (const struct codec *const *codec = codecs; *codec != NULL && used < size; codec++) {
        const struct param *row = codec_option_row(*codec, name);
        char value[32];
        alignas(8) unsigned char options[CODEC_OPTIONS_BYTES];
        if (row == NULL)
            continue;
        codec_options_init(*codec, options);
        if (!param_print(row, options, value, sizeof value) && row->standard < row->min)
            value[0] = '\0'; /* off, which no argument says */
        used += (size_t)snprintf(text + used, size - used, "%s%s%s%s", separator, (*codec)->name,
                                 value[0] != '\0' ? ": " : "", value);
        separator = ", ";
    }
    if (used < size)
        snprintf(text + used, size - used, ")");
    return text;
}
