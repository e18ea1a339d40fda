#include "cli/warnings.h"

#include <stdio.h>
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

/* Adds a kind to those that fit. */
static void add_kind(struct warnings *warnings, const char *line, size_t length, const char *words)
{
    if (warnings->nkinds == WARNING_KINDS_MAX)
        return;
    struct warning_kind *kind = &warnings->kinds[warnings->nkinds++];
    snprintf(kind->words, sizeof kind->words, "%s", words);
    snprintf(kind->first, sizeof kind->first, "%.*s", (int)length, line);
    kind->count = 1;
    kind->alike = true;
}

size_t warnings_count(struct warnings *warnings, const char *line, size_t length)
{
    char words[WARNING_WORDS_MAX];
    if (length >= WARNING_WORDS_MAX)
        length = WARNING_WORDS_MAX - 1;
    take_words(line, length, words);
    for (size_t i = 0; i < warnings->nkinds; i++) {
        struct warning_kind *kind = &warnings->kinds[i];
        if (strcmp(kind->words, words) == 0) {
            kind->alike =
                kind->alike && strlen(kind->first) == length && memcmp(kind->first, line, length) == 0;
            return ++kind->count;
        }
    }
    add_kind(warnings, line, length, words);
    return 1;
}

const char *warnings_others(const struct warning_kind *kind)
{
    return kind->alike ? "" : ", or with other numbers";
}

void warnings_sum_up(const struct warnings *warnings)
{
    for (size_t i = 0; i < warnings->nkinds; i++) {
        const struct warning_kind *kind = &warnings->kinds[i];
        if (kind->count > 1)
            report_note("%zu images in all: warning: %s%s", kind->count, kind->first, warnings_others(kind));
    }
}
