/*
 * Options: one table from which parsing, --help, the manual page and shell completion come.
 *
 * A command has rows of its own; those of a command that takes a recipe are preceded by every filter and
 * every recipe setting, which come from their rooms' tables, so that a new filter is an option at once.
 * option_at shows them all alike.
 *
 * On the command line an option may stand before or after operands, as --name=VALUE, --name VALUE, -nVALUE or
 * -n VALUE; letters without a value may share a dash (-qv); "--" ends options and "-" is an operand. Names
 * are never abbreviated: a script that does so breaks when the next option comes.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "pixmill/recipe.h"

enum option_kind {
    OPTION_OWN,     /* a row of the command's */
    OPTION_FILTER,  /* a step of the recipe: its place among the filters counts */
    OPTION_SETTING, /* of the recipe */
};

struct option {
    const char *name; /* without its dashes */
    char letter;      /* 0: none */
    /* As --help shows it; "a|b|c" are its words, "a,b,c" those of which several may be given with commas, as
     * is LIST those of `choice`; NULL: takes none. */
    const char *argument;
    const char *help; /* see option_help */
    /* Puts `argument` (NULL when it takes none) into the command's settings: 0, 1 to end parsing at once
     * (--help), or -1 with `error` filled. Unused by filters and settings: the recipe takes them. */
    int (*parse)(const struct option *option, void *settings, const char *argument, struct pm_error *error);
    size_t offset;                       /* of the settings' field, for the parse functions below */
    uint64_t least, most;                /* of option_count */
    const char *(*choice)(size_t index); /* the argument's words, ending in NULL; NULL: see `argument` */
    enum option_kind kind;
    const char *example; /* an argument, of filters and settings; may be NULL */
};

/* Parse functions for rows that only fill the field at `offset`. */
int option_flag(const struct option *option, void *settings, const char *argument, struct pm_error *error);
int option_path(const struct option *option, void *settings, const char *argument, struct pm_error *error);
/* An unsigned of least .. most; a uint64_t of bytes; doubles of seconds, written in seconds or milliseconds
 * (values.h). */
int option_count(const struct option *option, void *settings, const char *argument, struct pm_error *error);
int option_size(const struct option *option, void *settings, const char *argument, struct pm_error *error);
int option_seconds(const struct option *option, void *settings, const char *argument, struct pm_error *error);
int option_milliseconds(const struct option *option, void *settings, const char *argument,
                        struct pm_error *error);
/* One more of a struct patterns (batch/select.h). */
int option_pattern(const struct option *option, void *settings, const char *argument, struct pm_error *error);
/* An enum, whose values are the places of the choice's words. */
int option_enum(const struct option *option, void *settings, const char *argument, struct pm_error *error);

/* The place of `argument` among the option's words, or -1 with an error that lists them. */
int option_find_word(const struct option *option, const char *argument, struct pm_error *error);

struct option_set {
    const struct option *own; /* ends with a NULL name */
    bool recipe;              /* filters and recipe settings are options, too */
};

/* The option at `index`: filters, recipe settings, own rows, --help. False beyond the last. */
bool option_at(const struct option_set *set, size_t index, struct option *option);

/* The words that an option's argument may be, one after the other; false when there are no more. `word` holds
 * at least 64 bytes. */
bool option_word(const struct option *option, size_t index, char word[64]);

/* May several of these words be given, with commas? */
bool option_takes_list(const struct option *option);

/* Writes what --help calls it: "-j, --jobs=N". */
void option_title(const struct option *option, char *title, size_t size);

/* Writes its line of help, into text[OPTION_HELP_MAX]. Returns text. */
enum { OPTION_HELP_MAX = 512 };
const char *option_help(const struct option *option, char *text, size_t size);

struct command_line {
    void *settings;           /* handed to the rows' parse */
    struct pm_recipe *recipe; /* takes filters and settings; NULL when the set has none */
    const char **operands;    /* the caller's, room for argc; in the order written */
    size_t noperands;
    char culprit[192]; /* of an error: the argument that it is about, "--resize=8y" */
};

enum parse_end { PARSE_OK, PARSE_HELP, PARSE_WRONG };

/* Parses arguments[count]. PARSE_WRONG: `error` and line->culprit are filled. */
enum parse_end options_parse(const struct option_set *set, int count, char *const *arguments,
                             struct command_line *line, struct pm_error *error);

#endif
