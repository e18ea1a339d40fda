#include "cli/warnings.h"

#include <string.h>

#include "cli/report.h"

static bool is_hex_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* How many characters of text[length] are a number, decimal or with 0x before it; 0: it begins with none. */
static size_t number_length(const char *text, size_t length)
{
    size_t i = 0;
    if (length > 2 && text[0] == '0' && text[1] == 'x' && is_hex_digit(text[2])) {
        for (i = 2; i < length && is_hex_digit(text[i]);)
            i++;
        return i;
    }
    while (i < length && text[i] >= '0' && text[i] <= '9')
        i++;
    return i;
}

/* line[length] with each number replaced by N, truncated if needed. */
static void take_words(const char *line, size_t length, char words[WARNING_WORDS_MAX])
{
    size_t used = 0;
    for (size_t i = 0; i < length && used + 1 < WARNING_WORDS_MAX;) {
        const size_t number = number_length(line + i, length - i);
        words[used++] = number > 0 ? 'N' : line[i];
        i += number > 0 ? number : 1;
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
