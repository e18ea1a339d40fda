#include "bench/report/escape.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"

static const char *entity(char character)
{
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void markup_text(FILE *out, const char *text)
{
    while (*text != '\0') {
        size_t length = text_character(text);
        uint8_t byte = (uint8_t)*text;
        const char *name = entity(*text);
        if (name != NULL)
            fputs(name, out);
        else if (length == 0 || (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f)
            fprintf(out, "\\x%02x", byte);
        else
            fwrite(text, 1, length, out);
        text += length > 0 ? length : 1;
    }
}

void markup_json(FILE *out, const char *json)
{
    while (*json != '\0') {
        if (strncmp(json, "\u2028", 3) == 0 || strncmp(json, "\u2029", 3) == 0) {
            fputs(json[2] == '\xa8' ? "\\u2028" : "\\u2029", out);
            json += 3;
            continue;
        }
        if (strchr("<>&", *json) != NULL)
            fprintf(out, "\\u%04x", (unsigned)*json);
        else
            fputc(*json, out);
        json++;
    }
}

void quote_argv(int argc, char *const *argv, const char *more, char *text, size_t size)
{
    text[0] = '\0';
    FILE *out = fmemopen(text, size, "w");
    if (out == NULL)
        return;
    fputs("pixmill bench", out);
    for (int i = 1; i < argc; i++) {
        putc(' ', out);
        text_quote(out, argv[i]);
    }
    if (more != NULL)
        fprintf(out, " %s", more);
    fclose(out);
    text[size - 1] = '\0';
}
