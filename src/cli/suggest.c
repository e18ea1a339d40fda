#include "cli/suggest.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

static const size_t farthest = 2; /* more edits than that are another word, no slip */
static const size_t fewest = 3;   /* letters that are taken for the beginning of one word */

void suggest_consider(struct suggestion *suggestion, const char *word)
{
    size_t typed = strlen(suggestion->wrong);
    bool begun = typed >= fewest && strncmp(word, suggestion->wrong, typed) == 0;
    size_t distance = begun ? 0 : text_distance(suggestion->wrong, word);
    if (distance > farthest || distance >= strlen(word))
        return;
    if (suggestion->best == NULL || distance < suggestion->distance) {
        suggestion->best = word;
        suggestion->distance = distance;
    }
}

int suggest_error(const struct suggestion *suggestion, const char *kind, const char *prefix, const char *hint,
                  struct pm_error *error)
{
    if (suggestion->best != NULL)
        return error_set(error, PM_ERROR_USAGE, "unknown %s (did you mean %s%s?)", kind, prefix,
                         suggestion->best);
    return error_set(error, PM_ERROR_USAGE, "unknown %s (%s)", kind, hint);
}
