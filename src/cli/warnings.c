#include "cli/warnings.h"

#include <string.h>

#include "cli/report.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* line[length] with each number replaced by N, truncated if needed. */
static void take_words(const char *line, size_t length, char words[WARNING_WORDS_MAX])
{
    size_t used = 0;
    for (size_t i = 0; i < length && used + 1 < WARNING_WORDS_MAX; i++) {
        if (!is_digit(line[i]))
            words[used++] = line[i];
        else if (i == 0 || !is_digit(line[i - 1]))
            words[used++] = 'N';
    }
    words[used] = '\0';
}

size_t warnings_count(struct warnings *warnings, const char *line, size_t length)
{
    char words[WARNING_WORDS_MAX];
    take_words(line, length, words);
    for (size_t i = 0; i < warnings->nkinds; i++) {
        if (strcmp(warnings->kinds[i].words, words) == 0) {
            return ++warnings->kinds[i].count;
        }
    }
    if (warnings->nkinds < WARNING_KINDS_MAX) {
        struct warning_kind *kind = &warnings->kinds[warnings->nkinds++];
        memcpy(kind->words, words, sizeof words);
        kind->count = 1;
    }
    return 1;
}

void warnings_sum_up(const struct warnings *warnings)
{
    for (size_t i = 0; i < warnings->nkinds; i++) {
        const struct warning_kind *kind = &warnings->kinds[i];
        if (kind->count > 1)
            report_note("%zu images in all: warning: %s", kind->count, kind->words);
    }
}
