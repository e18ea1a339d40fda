/* Advice for users of the command line: the text of an error's hint, and the known word that is nearest to an
 * unknown one. */
#ifndef CLI_HINTS_H
#define CLI_HINTS_H

#include <stddef.h>

#include "base/error.h"

/* "raise --memory", or NULL for PM_HINT_NONE. */
const char *hint_words(enum pm_hint hint);

/* The message with its hint in brackets, into text[size]. Returns text. */
const char *hint_message(const struct pm_error *error, char *text, size_t size);

enum { HINT_MESSAGE_MAX = sizeof((struct pm_error *)NULL)->message + 128 };

/* "did you mean ...?" */
struct suggestion {
    const char *wrong; /* set by the caller; the other members are zero */
    const char *best;  /* NULL: no word is near */
    size_t distance;
};

/* Compares a known word, which must outlive the suggestion. Words that begin with the wrong one are nearest.
 */
void suggest_consider(struct suggestion *suggestion, const char *word);

/* Fills `error`: "unknown KIND (did you mean PREFIX...?)", or with `hint` in the brackets. Returns -1. */
int suggest_error(const struct suggestion *suggestion, const char *kind, const char *prefix, const char *hint,
                  struct pm_error *error);

#endif
