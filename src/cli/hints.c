#include "cli/hints.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

const char *hint_words(enum pm_hint hint)
{
    static const char *const words[PM_HINTS] = {
        [PM_HINT_ALLOW_TRUNCATED] = "--allow-truncated keeps the part that is there",
        [PM_HINT_FORMAT_PNG] = "use --format=png",
        [PM_HINT_KEEP_LESS] = "omit --keep",
        [PM_HINT_DECRYPT] = "put --decrypt first",
        [PM_HINT_NO_DECRYPT] = "omit --decrypt",
        [PM_HINT_KEY] = "give --key-file or --passphrase-file",
        [PM_HINT_KEY_FILE] = "give --key-file",
        [PM_HINT_PASSPHRASE] = "give --passphrase-file",
        [PM_HINT_MAX_PIXELS] = "raise --max-pixels",
        [PM_HINT_MAX_MEMORY] = "raise --memory",
        [PM_HINT_MAX_TIME] = "raise --timeout",
        [PM_HINT_MAX_BYTES] = "raise --max-bytes",
        [PM_HINT_CONNECT_TIME] = "raise --connect-timeout",
        [PM_HINT_FETCH_TIME] = "raise --fetch-timeout",
        [PM_HINT_ALLOW_PRIVATE] = "--allow-private allows it",
        [PM_HINT_LESS_AT_ONCE] = "use fewer --jobs or a smaller --memory",
        [PM_HINT_FEWER_TRANSFERS] = "lower --io-jobs",
        [PM_HINT_FILES] = "raise ulimit -n, or lower --jobs or --io-jobs",
        [PM_HINT_PROCESSES] = "raise ulimit -u, or use fewer --jobs",
        [PM_HINT_FILE_SIZE] = "raise ulimit -f, or use --backend=threads",
        [PM_HINT_THREADS] = "use --backend=threads",
        [PM_HINT_SANDBOX_ON] = "use --sandbox=on",
        [PM_HINT_IO_SYNC] = "raise ulimit -u, or use --io=sync",
        [PM_HINT_ALLOW_EMPTY] = "--allow-empty accepts this",
        [PM_HINT_HIDDEN] = "--hidden includes hidden files, --allow-empty accepts this",
        [PM_HINT_NAME] = "move it back there, or give its folder as INPUT or --base",
        [PM_HINT_WRONG_SALTS] = "raise --max-wrong-salts",
        [PM_HINT_LOCKED] =
            "wait until it ends, or name another; --shared-output lets runs share an output folder",
        [PM_HINT_RETRY] = "--retry-failed processes it again",
        [PM_HINT_BACKUP] =
            "move that away, give another --backup, or --skip-existing skips images that have one",
        [PM_HINT_BASE] = "give another --base, or none",
    };
    return hint > PM_HINT_NONE && hint < PM_HINTS ? words[hint] : NULL;
}

const char *hint_message(const struct pm_error *error, char *text, size_t size)
{
    const char *words = hint_words(error->hint);
    snprintf(text, size, words != NULL ? "%s (%s)" : "%s", error->message, words);
    return text;
}

/* Max edits from the nearest word: in a short word two make another one (--dpr is not --bpc). */
static size_t max_distance(size_t typed)
{
    return typed <= 5 ? 1 : 2;
}

static const size_t min_begun = 3; /* min letters that count as a word's beginning */

void suggest_consider(struct suggestion *suggestion, const char *word)
{
    size_t typed = strlen(suggestion->wrong);
    bool begun = typed >= min_begun && strncmp(word, suggestion->wrong, typed) == 0;
    size_t distance = begun ? 0 : text_distance(suggestion->wrong, word);
    if (distance > max_distance(typed) || distance >= strlen(word))
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
