/* "Did you mean ...?": the known word nearest to one that is not known. */
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

#include <stddef.h>

#include "base/error.h"

struct suggestion {
    const char *wrong; /* set by the caller, the rest zero */
    const char *best;  /* NULL: nothing is near */
    size_t distance;
};

/* Considers a known word; it must stay where it is. One that the wrong one begins is nearest. */
void suggest_consider(struct suggestion *suggestion, const char *word);

/* Fills `error`: "unknown KIND (did you mean PREFIX...?)", or with `hint` in the brackets. Returns -1. */
int suggest_error(const struct suggestion *suggestion, const char *kind, const char *prefix, const char *hint,
                  struct pm_error *error);

#endif
