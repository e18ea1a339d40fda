/* A command line that lacks the word "run", as it should have been typed. */
#ifndef CLI_SUGGEST_RUN_H
#define CLI_SUGGEST_RUN_H

#include <stdbool.h>
#include <stddef.h>

/* Does the word belong to a run: an option of it, or an input that exists, or "-"? */
bool suggest_belongs_to_run(const char *word);

/* Writes "pixmill run ARGUMENTS" to text[size], quoted for a shell, with -o out/ if they say no place for the
 * results. Returns false if that would be no line to copy: too long, without an input, or with a name that a
 * terminal can't show. */
bool suggest_run(int argc, char *const *argv, char *text, size_t size);

#endif
