#include "base/json_read.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { DEPTH_MAX = 64 };

struct reader {
    char *at;
    struct json_value *free; /* the next value that is not used yet */
    int depth;
    const char *wrong; /* NULL: nothing */
};

static void fail(struct reader *reader, const char *what)
{
    if (reader->wrong == NULL)
        reader->wrong = what;
}

static void skip_blanks(struct reader *reader)
{
    reader->at += strspn(reader->at, " \t\r\n");
}

static bool take(struct reader *reader, char character)
{
    skip_blanks(reader);
    if (*reader->at != character)
        return false;
    reader->at++;
    return true;
}

/* Reads four hexadecimal digits; -1 if they are missing. */
static long read_unit(const char *digits)
{
    long unit = 0;
    for (int i = 0; i < 4; i++) {
        const int digit = text_hex_digit(digits[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/* Writes a code point as UTF-8, or the byte that a lone surrogate encodes. Returns the end. */
static char *put_code(char *to, uint32_t code)
{
    if (code >= 0xdc80 && code <= 0xdcff) {
        *to++ = (char)(code - 0xdc00);
    } else if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        *to++ = (char)(0xf0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3f));
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}

/* Reads the escape after a backslash. Unescaped text is never longer than escaped. Returns the end of what
 * was written to `to`. */
static char *read_escape(struct reader *reader, char *to)
{
    static const char names[] = "\"\\/bfnrt", characters[] = "\"\\/\b\f\n\r\t";
    const char name = *reader->at != '\0' ? *reader->at++ : '\0';
    if (name == 'u') {
        long code = read_unit(reader->at);
        if (code < 0) {
            fail(reader, "\\u needs four hexadecimal digits");
            return to;
        }
        reader->at += 4;
        if (code >= 0xd800 && code < 0xdc00 && strncmp(reader->at, "\\u", 2) == 0) {
            const long low = read_unit(reader->at + 2);
            if (low >= 0xdc00 && low < 0xe000) {
                code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                reader->at += 6;
            }
        }
        return put_code(to, (uint32_t)code);
    }
    const char *found = name != '\0' ? strchr(names, name) : NULL;
    if (found == NULL)
        fail(reader, "invalid escape");
    else
        *to++ = characters[found - names];
    return to;
}

/* Reads a string after its opening quote. */
static const char *read_string(struct reader *reader)
{
    char *const begin = reader->at, *to = begin;
    while (*reader->at != '"' && reader->wrong == NULL) {
        if ((unsigned char)*reader->at < 0x20)
            fail(reader, "unterminated string, or control character in it");
        else if (*reader->at == '\\')
            reader->at++, to = read_escape(reader, to);
        else
            *to++ = *reader->at++;
    }
    if (reader->wrong != NULL)
        return "";
    reader->at++;
    *to = '\0';
    return begin;
}

static double read_number(struct reader *reader)
{
    char *end = reader->at;
    const size_t length = strspn(reader->at, "+-.0123456789eE");
    const double number = strtod(reader->at, &end);
    if (length == 0 || end != reader->at + length)
        fail(reader, "value expected");
    reader->at = end;
    return number;
}

static bool take_word(struct reader *reader, const char *word)
{
    const size_t length = strlen(word);
    if (strncmp(reader->at, word, length) != 0)
        return false;
    reader->at += length;
    return true;
}

static struct json_value *read_value(struct reader *reader, const char *key);

/* Reads the members of an object or array after its opening bracket. */
static const struct json_value *read_members(struct reader *reader, char close)
{
    const struct json_value *first = NULL;
    struct json_value *last = NULL;
    if (take(reader, close))
        return NULL;
    if (++reader->depth > DEPTH_MAX)
        fail(reader, "nested too deeply");
    while (reader->wrong == NULL) {
        const char *key = NULL;
        if (close == '}') {
            if (!take(reader, '"'))
                fail(reader, "member name expected");
            else
                key = read_string(reader);
            if (!take(reader, ':'))
                fail(reader, "':' expected");
        }
        struct json_value *value = read_value(reader, key);
        if (last != NULL)
            last->next = value;
        else
            first = value;
        last = value;
        if (take(reader, close))
            break;
        if (!take(reader, ','))
            fail(reader, "',' expected");
    }
    reader->depth--;
    return first;
}

static struct json_value *read_value(struct reader *reader, const char *key)
{
    struct json_value *value = reader->free++;
    *value = (struct json_value){.kind = JSON_NULL, .key = key, .number = NAN, .string = ""};
    if (take(reader, '{')) {
        value->kind = JSON_OBJECT;
        value->first = read_members(reader, '}');
    } else if (take(reader, '[')) {
        value->kind = JSON_ARRAY;
        value->first = read_members(reader, ']');
    } else if (take(reader, '"')) {
        value->kind = JSON_STRING;
        value->string = read_string(reader);
    } else if (take_word(reader, "true") || take_word(reader, "false")) {
        value->kind = JSON_BOOL;
        value->truth = reader->at[-2] == 'u';
    } else if (!take_word(reader, "null")) {
        value->kind = JSON_NUMBER;
        value->number = read_number(reader);
    }
    return value;
}

/* Upper bound: opening brackets + commas + 1. */
static size_t count_values(const char *text, size_t size)
{
    size_t count = 1;
    for (size_t i = 0; i < size; i++)
        count += text[i] == ',' || text[i] == '{' || text[i] == '[';
    return count;
}

const struct json_value *json_read(struct json_document *document, const char *text, size_t size,
                                   struct pm_error *error)
{
    *document = (struct json_document){
        .text = malloc(size + 1),
        .values = calloc(count_values(text, size), sizeof *document->values),
    };
    if (document->text == NULL || document->values == NULL) {
        json_close(document);
        error_memory(error, size);
        return NULL;
    }
    memcpy(document->text, text, size);
    document->text[size] = '\0';
    struct reader reader = {.at = document->text, .free = document->values};
    const struct json_value *value = read_value(&reader, NULL);
    skip_blanks(&reader);
    if (reader.at != document->text + size)
        fail(&reader, "more text after the value");
    if (reader.wrong == NULL)
        return value;
    error_set(error, PM_ERROR_CORRUPT, "not valid JSON: %s at byte %zu", reader.wrong,
              (size_t)(reader.at - document->text));
    json_close(document);
    return NULL;
}

void json_close(struct json_document *document)
{
    free(document->text);
    free(document->values);
    *document = (struct json_document){0};
}

const struct json_value *json_member(const struct json_value *object, const char *key)
{
    if (object == NULL || object->kind != JSON_OBJECT)
        return NULL;
    const struct json_value *member = object->first;
    while (member != NULL && strcmp(member->key, key) != 0)
        member = member->next;
    return member;
}

double json_member_number(const struct json_value *object, const char *key)
{
    const struct json_value *member = json_member(object, key);
    return member != NULL ? member->number : NAN;
}

const char *json_member_string(const struct json_value *object, const char *key)
{
    const struct json_value *member = json_member(object, key);
    return member != NULL ? member->string : "";
}

bool json_member_bool(const struct json_value *object, const char *key)
{
    const struct json_value *member = json_member(object, key);
    return member != NULL && member->truth;
}
