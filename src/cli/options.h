/*
 * Options: one table, which is used for parsing, --help, the manual page and shell completion.
 *
 * Each command has its own rows. A command that takes a recipe also has every filter and recipe setting, from
 * their tables, so that a new filter is an option at once. option_at presents all of them in the same way.
 *
 * On the command line an option may come before or after operands, as --name=VALUE, --name VALUE, -nVALUE or
 * -n VALUE, unless VALUE is an option of the command; letters without a value may share a dash (-qv); "--"
 * ends options and "-" is an operand. Names can't be abbreviated: scripts that do so would break when an
 * option is added.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/names.h"
#include "base/option.h"
#include "pixmill/recipe.h"

struct option_set {
    const struct option *own;      /* ends with a NULL name */
    const struct option_set *base; /* a table whose rows `own` may reuse: its settings must begin with those
                                      of `base`; NULL: none */
    bool recipe;                   /* has filters and recipe settings, too */
};

/* The option at `index`: filters, recipe settings, own rows, --help. False after the last. */
bool option_at(const struct option_set *set, size_t index, struct option *option);

/* Writes an option as --help shows it: "-j, --jobs=N". */
void option_title(const struct option *option, char *title, size_t size);

/* Writes the text of its help into text[OPTION_HELP_MAX]. Returns text. */
enum { OPTION_HELP_MAX = 512 };
const char *option_help(const struct option *option, char *text, size_t size);

struct command_line {
    void *settings;           /* passed to the rows' parse */
    struct pm_recipe *recipe; /* receives filters and settings; NULL when the table has none */
    const char **operands;    /* in the order given; room for all arguments */
    size_t noperands;
    struct names
        texts;         /* lines of files, which settings refer to; to be freed after the settings' last use */
    bool in_file;      /* a file's lines are being parsed */
    char culprit[192]; /* of an error: the argument that it is about, "--resize=8y" */
    /* Called with each option that was accepted; its argument lives as long as the command line. NULL: not.
     */
    void (*seen)(void *listener, const struct option *option, const char *argument);
    void *listener;
};

enum parse_end { PARSE_OK, PARSE_HELP, PARSE_WRONG };

/* Parses arguments[count]. PARSE_WRONG: `error` and line->culprit are filled. */
enum parse_end options_parse(const struct option_set *set, int count, char *const *arguments,
                             struct command_line *line, struct pm_error *error);

#endif
