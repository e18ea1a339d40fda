/*
 * An option as a table row: name, argument, help line, and how its argument is stored in a struct of
 * settings. The command line is parsed by such rows (cli/options.h); a backend has rows for its own options.
 */
#ifndef BASE_OPTION_H
#define BASE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum option_kind {
    OPTION_OWN,     /* `parse` stores it in the settings */
    OPTION_FILTER,  /* a step of the recipe; the order of steps matters */
    OPTION_SETTING, /* a setting of the recipe */
    OPTION_LINES,   /* names a file of options, one a line (cli/recipe_file.h) */
    /* References to rows of other tables: */
    OPTION_SAME,     /* the row of that name in the base command's table */
    OPTION_BASE,     /* all rows of the base command */
    OPTION_BACKENDS, /* the backends' own options; `offset` is that of the backend's settings */
};

struct option {
    const char *name; /* without dashes */
    char letter;      /* 0: none */
    /* As --help shows it. "a|b|c": one of these words; "a,b,c": one or more, separated by commas; LIST or
     * "NAME[,NAME...]": one or more of `choice`. In capitals: what can't be listed; FILE, DIR, FOLDER and
     * COLOR are completed. "[,a]": this word may follow after a comma. NULL: takes none. */
    const char *argument;
    bool optional;    /* the argument may be left out; given, it follows "=" */
    const char *help; /* see option_help (cli/options.h) */
    /* Stores `argument` (NULL if it takes none) in the settings. Returns 0, 1 to stop parsing (--help), or -1
     * with `error` filled. Not used for OPTION_FILTER and OPTION_SETTING, which recipe_add parses, and
     * OPTION_LINES. */
    int (*parse)(const struct option *option, void *settings, const char *argument, struct pm_error *error);
    size_t offset;                       /* of the settings' field, for the parse functions below */
    uint64_t min, max;                   /* of option_count */
    const char *(*choice)(size_t index); /* the argument's words, ending in NULL; NULL: see `argument` */
    const char *(*joined)(size_t index); /* words that may follow one of `choice` and "+"; NULL: none */
    enum option_kind kind;
    const char *example; /* an example argument, for filters and settings; may be NULL */
    bool of_base;        /* an option of the base command; set by option_at */
};

/* Parse functions that store the argument in the field at `offset`. */
int option_flag(const struct option *option, void *settings, const char *argument, struct pm_error *error);
int option_path(const struct option *option, void *settings, const char *argument, struct pm_error *error);
/* An unsigned from min to max; a uint64_t from min to max; a size in bytes as uint64_t; times as
 * double, in seconds, given in seconds or milliseconds (values.h). */
int option_count(const struct option *option, void *settings, const char *argument, struct pm_error *error);
int option_large_count(const struct option *option, void *settings, const char *argument,
                       struct pm_error *error);
int option_size(const struct option *option, void *settings, const char *argument, struct pm_error *error);
int option_seconds(const struct option *option, void *settings, const char *argument, struct pm_error *error);
int option_milliseconds(const struct option *option, void *settings, const char *argument,
                        struct pm_error *error);
/* An enum: the index of the word in `choice`. */
int option_enum(const struct option *option, void *settings, const char *argument, struct pm_error *error);

/* The index'th accepted word of an option's argument; false beyond the last. */
bool option_word(const struct option *option, size_t index, char word[64]);

/* Does it accept several of these words, separated by commas? */
bool option_takes_list(const struct option *option);

/* The index of `argument` among the option's words, or -1 with an error that lists them. */
int option_find_word(const struct option *option, const char *argument, struct pm_error *error);

#endif
