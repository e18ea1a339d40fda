/*
 * File names and metadata for terminals and logs. Checks: terminal output has no control character and is
 * UTF-8; so is a JSON string, which is valid JSON and decodes to the original bytes; the shortened form fits
 * its buffer.
 */
#include <string.h>

#include "base/text.h"
#include "fuzz/fuzz.h"

typedef void writer(FILE *out, const char *text);

static char *written(writer *write, const char *text)
{
    char *made = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&made, &size);
    FUZZ_ASSERT(out != NULL);
    write(out, text);
    FUZZ_ASSERT(fclose(out) == 0 && strlen(made) == size);
    return made;
}

static void expect_harmless(const char *shown)
{
    FUZZ_ASSERT(text_is_utf8((const uint8_t *)shown, strlen(shown)));
    for (const uint8_t *s = (const uint8_t *)shown; *s != 0; s++) {
        FUZZ_ASSERT(*s >= 0x20 && *s != 0x7f);
        FUZZ_ASSERT(*s != 0xc2 || s[1] >= 0xa0);
    }
}

/* The string that \xHH and \\ stand for. */
static void unshow(const char *shown, char *text)
{
    for (; *shown != '\0'; text++) {
        unsigned byte;
        if (shown[0] == '\\' && shown[1] == 'x' && sscanf(shown + 2, "%2x", &byte) == 1) {
            *text = (char)byte;
            shown += 4;
        } else {
            shown += shown[0] == '\\';
            *text = *shown++;
        }
    }
    *text = '\0';
}

/* The same of a JSON string, whose lone surrogates are bytes. */
static void unjson(const char *json, char *text)
{
    for (json++; *json != '"'; text++) {
        unsigned number;
        FUZZ_ASSERT(*json != '\0');
        if (json[0] == '\\' && json[1] == 'u' && sscanf(json + 2, "%4x", &number) == 1) {
            FUZZ_ASSERT(number < 0x20 || (number >= 0x7f && number < 0xa0) ||
                        (number >= 0xdc80 && number <= 0xdcff));
            if (number >= 0x80 && number < 0xa0)
                *text++ = '\xc2'; /* the first of such a character's two bytes */
            *text = (char)(number & 0xff);
            json += 6;
        } else {
            json += json[0] == '\\';
            *text = *json++;
        }
    }
    FUZZ_ASSERT(json[1] == '\0');
    *text = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *back = malloc(4 * size + 8), line[64];
    FUZZ_ASSERT(text != NULL && back != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';

    char *shown = written(text_show, text), *message = written(text_show_message, text);
    char *json = written(text_json, text);
    expect_harmless(shown);
    expect_harmless(message);
    unshow(shown, back);
    FUZZ_ASSERT(strcmp(back, text) == 0);
    expect_harmless(json);
    FUZZ_ASSERT(json[0] == '"');
    unjson(json, back);
    FUZZ_ASSERT(strcmp(back, text) == 0);

    size_t room = 16 + size % (sizeof line - 15);
    FUZZ_ASSERT(strlen(text_shown(text, line, room)) < room);
    expect_harmless(line);
    size_t half = strlen(text) / 2;
    char *second = text + half;
    FUZZ_ASSERT(text_distance(text, second) == text_distance(second, text));
    if (size > 0) {
        back[text_from_latin1(data, size, back)] = '\0';
        FUZZ_ASSERT(memchr(data, 0, size) != NULL || text_is_utf8((uint8_t *)back, strlen(back)));
    }
    free(json);
    free(message);
    free(shown);
    free(back);
    free(text);
    return 0;
}
