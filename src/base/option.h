/*
 * An option as a row of a table: what it is called, what it takes, its line of help, and how its argument
 * gets into a struct of settings. The command line is parsed by such rows (cli/options.h); a backend has rows
 * for the options that are its own.
 */
#ifndef BASE_OPTION_H
#define BASE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum option_kind {
    OPTION_OWN,     /* fills settings by its `parse` */
    OPTION_FILTER,  /* a step of the recipe: its place among the filters counts */
    OPTION_SETTING, /* of the recipe */
    /* These stand in a command's table for rows that are elsewhere: */
    OPTION_SAME,     /* the row of that name, of the command that this one is based on */
    OPTION_BASE,     /* all of that command's rows */
    OPTION_BACKENDS, /* the options that backends have of their own; `offset` is that of the backend's
                        settings */
};

struct option {
    const char *name; /* without its dashes */
    char letter;      /* 0: none */
    /* As --help shows it; "a|b|c" are its words, "a,b,c" those of which several may be given with commas, as
     * is LIST those of `choice`; NULL: takes none. */
    const char *argument;
    const char *help; /* see option_help (cli/options.h) */
    /* Puts `argument` (NULL when it takes none) into the settings: 0, 1 to end parsing at once (--help), or
     * -1 with `error` filled. Unused by filters and settings: the recipe takes them. */
    int (*parse)(const struct option *option, void *settings, const char *argument, struct pm_error *error);
    size_t offset;                       /* of the settings' field, for the parse functions below */
    uint64_t least, most;                /* of option_count */
    const char *(*choice)(size_t index); /* the argument's words, ending in NULL; NULL: see `argument` */
    enum option_kind kind;
    const char *example; /* an argument, of filters and settings; may be NULL */
    bool of_base;        /* it is an option of the command that this one is based on; set by option_at */
};

/* Parse functions for rows that only fill the field at `offset`. */
int option_flag(const struct option *option, void *settings, const char *argument, struct pm_error *error);
int option_path(const struct option *option, void *settings, const char *argument, struct pm_error *error);
/* An unsigned of least .. most; a uint64_t of least .. most; a uint64_t of bytes; doubles of seconds, written
 * in seconds or milliseconds (values.h). */
int option_count(const struct option *option, void *settings, const char *argument, struct pm_error *error);
int option_large_count(const struct option *option, void *settings, const char *argument,
                       struct pm_error *error);
int option_size(const struct option *option, void *settings, const char *argument, struct pm_error *error);
int option_seconds(const struct option *option, void *settings, const char *argument, struct pm_error *error);
int option_milliseconds(const struct option *option, void *settings, const char *argument,
                        struct pm_error *error);
/* An enum, whose values are the places of the choice's words. */
int option_enum(const struct option *option, void *settings, const char *argument, struct pm_error *error);

/* The words that an option's argument may be, one after the other; false when there are no more. `word` holds
 * at least 64 bytes. */
bool option_word(const struct option *option, size_t index, char word[64]);

/* May several of these words be given, with commas? */
bool option_takes_list(const struct option *option);

/* The place of `argument` among the option's words, or -1 with an error that lists them. */
int option_find_word(const struct option *option, const char *argument, struct pm_error *error);

#endif
