/*
 * What a shell can offer for the argument of an option, found in the tables: for the three completion scripts
 * (completion_bash.c, completion_zsh.c, completion_fish.c).
 *
 * An argument is one value, or several joined by commas. The first is a word, a path, or both; after a comma
 * comes a part: of a list, another of the words; of a filter, a parameter, "gravity=north" or "tile".
 */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include <stdio.h>

#include "cli/command.h"

enum completion_paths { COMPLETION_NO_PATHS, COMPLETION_FILES, COMPLETION_FOLDERS };

struct completion {
    bool takes;    /* the option has an argument... */
    bool attached; /* ...which may be left out, and follows "=" */
    enum completion_paths paths;
    bool words, parts; /* there are some */
};

struct completion completion_of(const struct option *option);

/* The word at `index` for the beginning of the argument; false past the last. */
enum { COMPLETION_WORD_MAX = 64 };
bool completion_word(const struct option *option, size_t index, char word[COMPLETION_WORD_MAX]);

/* The part at `index` for what follows a comma; "gravity=" if no values are known. False past the last. */
bool completion_part(const struct option *option, size_t index, char part[COMPLETION_WORD_MAX]);

/* Writes all words, or parts, separated by blanks. */
void completion_write_words(FILE *out, const struct option *option);
void completion_write_parts(FILE *out, const struct option *option);

/* Writes every word that may follow `pixmill help`. */
void completion_write_topics(FILE *out);

/* Is its operand a topic of the help, not an input; are there operands at all? */
bool completion_takes_topics(const struct command *command);
bool completion_takes_inputs(const struct command *command);

/* Writes `text` inside single quotes, with a backslash before each of `special`. */
void completion_write_quoted(FILE *out, const char *text, const char *special);

#endif
