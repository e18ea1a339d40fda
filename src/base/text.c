#include "base/text.h"

#include <string.h>

size_t text_character(const char *text)
{
    const uint8_t *s = (const uint8_t *)text;
    if (s[0] == 0)
        return 0;
    if (s[0] < 0x80)
        return 1;
    size_t length = 0;
    if (s[0] >= 0xc2 && s[0] <= 0xdf)
        length = 2;
    else if (s[0] >= 0xe0 && s[0] <= 0xef)
        length = 3;
    else if (s[0] >= 0xf0 && s[0] <= 0xf4)
        length = 4;
    if (length == 0)
        return 0;
    /* The second byte shows overlong forms, surrogates and values beyond U+10FFFF. */
    uint8_t min = s[0] == 0xe0 ? 0xa0 : s[0] == 0xf0 ? 0x90 : 0x80;
    uint8_t max = s[0] == 0xed ? 0x9f : s[0] == 0xf4 ? 0x8f : 0xbf;
    if (s[1] < min || s[1] > max)
        return 0;
    for (size_t i = 2; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    return length;
}

bool text_is_utf8(const uint8_t *bytes, size_t size)
{
    for (size_t at = 0, length; at < size; at += length) {
        size_t left = size - at;
        char last[4] = ""; /* a character is up to 4 bytes, but the text may end before */
        if (left < sizeof last)
            memcpy(last, bytes + at, left);
        length = text_character(left < sizeof last ? last : (const char *)bytes + at);
        if (length == 0)
            return false;
    }
    return true;
}

size_t text_from_latin1(const uint8_t *latin1, size_t size, char *utf8)
{
    char *end = utf8;
    for (size_t i = 0; i < size; i++) {
        if (latin1[i] >= 0x80)
            *end++ = (char)(0xc0 | latin1[i] >> 6);
        *end++ = (char)(latin1[i] < 0x80 ? latin1[i] : 0x80 | (latin1[i] & 0x3f));
    }
    return (size_t)(end - utf8);
}

static unsigned utf16_unit(const uint8_t *at, bool big_endian)
{
    return big_endian ? (unsigned)at[0] << 8 | at[1] : (unsigned)at[1] << 8 | at[0];
}

static char *put_character(char *end, uint32_t character)
{
    const int more = character < 0x80 ? 0 : character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
    static const uint8_t leads[] = {0, 0xc0, 0xe0, 0xf0};
    *end++ = (char)(leads[more] | character >> 6 * more);
    for (int i = more - 1; i >= 0; i--)
        *end++ = (char)(0x80 | (character >> 6 * i & 0x3f));
    return end;
}

size_t text_from_utf16(const uint8_t *utf16, size_t size, bool big_endian, char *utf8)
{
    char *end = utf8;
    for (size_t at = 0; at < size; at += 2) {
        if (size - at < 2)
            return 0;
        uint32_t character = utf16_unit(utf16 + at, big_endian);
        if (character >= 0xd800 && character <= 0xdfff) {
            const unsigned low = size - at >= 4 ? utf16_unit(utf16 + at + 2, big_endian) : 0;
            if (character > 0xdbff || low < 0xdc00 || low > 0xdfff)
                return 0;
            character = 0x10000 + ((character - 0xd800) << 10) + (low - 0xdc00);
            at += 2;
        }
        end = put_character(end, character);
    }
    return (size_t)(end - utf8);
}

static int is_control(const char *character, size_t length)
{
    uint8_t first = (uint8_t)character[0];
    if (length == 1)
        return first < 0x20 || first == 0x7f;
    return length == 2 && first == 0xc2 && (uint8_t)character[1] < 0xa0;
}

/* Writes the first character of `text` in displayable form to shown[SHOWN_MAX] and returns its length;
 * *length is the number of bytes of text consumed. */
enum { SHOWN_MAX = 12 }; /* two bytes as \xHH, and a NUL */
static size_t show_one(const char *text, size_t *length, char shown[SHOWN_MAX])
{
    *length = text_character(text);
    if (*length > 0 && *text != '\\' && !is_control(text, *length)) {
        memcpy(shown, text, *length);
        return *length;
    }
    if (*length == 0)
        *length = 1;
    if (*text == '\\')
        return (size_t)snprintf(shown, SHOWN_MAX, "\\\\");
    size_t used = 0;
    for (size_t i = 0; i < *length; i++)
        used += (size_t)snprintf(shown + used, SHOWN_MAX - used, "\\x%02x", (uint8_t)text[i]);
    return used;
}

void text_show(FILE *out, const char *text)
{
    size_t length;
    char shown[SHOWN_MAX];
    for (; *text != '\0'; text += length)
        fwrite(shown, 1, show_one(text, &length, shown), out);
}

void text_show_message(FILE *out, const char *message)
{
    size_t length;
    char shown[SHOWN_MAX];
    for (; *message != '\0'; message += length) {
        size_t width = show_one(message, &length, shown);
        fwrite(shown, 1, *message == '\\' ? 1 : width, out);
    }
}

const char *text_shown(const char *text, char *line, size_t size)
{
    size_t left = 0, used = 0, length;
    char shown[SHOWN_MAX];
    for (const char *at = text; *at != '\0'; at += length)
        left += show_one(at, &length, shown);

    size_t room = size - 1;
    if (left > room) {
        memcpy(line, "...", 3);
        used = 3;
        room -= 3;
    }
    for (; left > room; text += length)
        left -= show_one(text, &length, shown);
    for (; *text != '\0'; text += length) {
        size_t width = show_one(text, &length, shown);
        memcpy(line + used, shown, width);
        used += width;
    }
    line[used] = '\0';
    return line;
}

void text_json_bytes(FILE *out, const char *text, size_t size)
{
    fputc('"', out);
    for (size_t at = 0, length; at<size; at += length> 0 ? length : 1) {
        char last[5] = ""; /* a character is up to 4 bytes, but the text may end before */
        memcpy(last, text + at, size - at < 4 ? size - at : 4);
        length = text_character(last);
        uint8_t byte = (uint8_t)*last;
        if (length == 0 && byte != 0)
            fprintf(out, "\\udc%02x", byte);
        else if (byte == '"' || byte == '\\')
            fprintf(out, "\\%c", byte);
        else if (length == 0 || is_control(last, length))
            fprintf(out, "\\u%04x", length == 2 ? (uint8_t)last[1] : byte); /* C2 80 is U+0080 */
        else
            fwrite(last, 1, length, out);
    }
    fputc('"', out);
}

void text_json(FILE *out, const char *text)
{
    text_json_bytes(out, text, strlen(text));
}

void text_hex(const uint8_t *bytes, size_t size, char *hex)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        *hex++ = digits[bytes[i] >> 4];
        *hex++ = digits[bytes[i] & 0xf];
    }
    *hex = '\0';
}

int text_hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* Is the argument one word to every shell without quotes? */
static bool is_plain(const char *argument)
{
    static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+,./:@%";
    return argument[0] != '\0' && argument[strspn(argument, harmless)] == '\0';
}

void text_quote(FILE *out, const char *argument)
{
    if (is_plain(argument)) {
        fputs(argument, out);
        return;
    }
    putc('\'', out);
    for (; *argument != '\0'; argument++) {
        if (*argument == '\'') /* only a single quote is special inside single quotes */
            fputs("'\\''", out);
        else
            putc(*argument, out);
    }
    putc('\'', out);
}

size_t text_distance(const char *a, const char *b)
{
    enum { LONGEST = 63 };
    size_t na = strlen(a), nb = strlen(b);
    if (na > LONGEST || nb > LONGEST)
        return SIZE_MAX;
    /* rows[i % 3][j]: the distance between the first i bytes of a and the first j of b. */
    size_t rows[3][LONGEST + 1];
    for (size_t j = 0; j <= nb; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t *now = rows[i % 3], *before = rows[(i - 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t min = before[j - 1] + (a[i - 1] != b[j - 1]);
            if (before[j] + 1 < min)
                min = before[j] + 1;
            if (now[j - 1] + 1 < min)
                min = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                rows[(i - 2) % 3][j - 2] + 1 < min)
                min = rows[(i - 2) % 3][j - 2] + 1;
            now[j] = min;
        }
    }
    return rows[na % 3][nb];
}
