#include "bench/report/markup_check.h"

#include <ctype.h>
#include <string.h>

static const char *json_value(const char *s);

static const char *blank(const char *s)
{
    return s + strspn(s, " \t\r\n");
}

/* Each returns the position after what it parsed, or NULL. */
static const char *json_text(const char *s)
{
    if (*s++ != '"')
        return NULL;
    for (; *s != '"'; s++) {
        if ((unsigned char)*s < 0x20)
            return NULL;
        if (*s != '\\')
            continue;
        s++;
        if (*s == 'u') {
            for (int i = 0; i < 4; i++) {
                if (!isxdigit((unsigned char)*++s))
                    return NULL;
            }
        } else if (*s == '\0' || strchr("\"\\/bfnrt", *s) == NULL) {
            return NULL;
        }
    }
    return s + 1;
}

static const char *json_digits(const char *s)
{
    size_t count = strspn(s, "0123456789");
    return count > 0 ? s + count : NULL;
}

static const char *json_figure(const char *s)
{
    s += *s == '-';
    if (*s == '0' && isdigit((unsigned char)s[1]))
        return NULL;
    s = json_digits(s);
    if (s != NULL && *s == '.')
        s = json_digits(s + 1);
    if (s != NULL && (*s == 'e' || *s == 'E')) {
        s++;
        s = json_digits(s + (*s == '-' || *s == '+'));
    }
    return s;
}

static const char *json_group(const char *s, char end)
{
    s = blank(s + 1);
    if (*s == end)
        return s + 1;
    for (;;) {
        if (end == '}') {
            s = json_text(blank(s));
            if (s == NULL || *(s = blank(s)) != ':')
                return NULL;
            s++;
        }
        s = json_value(blank(s));
        if (s == NULL)
            return NULL;
        s = blank(s);
        if (*s == end)
            return s + 1;
        if (*s++ != ',')
            return NULL;
    }
}

static const char *json_value(const char *s)
{
    static const char *const words[] = {"true", "false", "null"};
    for (int i = 0; i < 3; i++) {
        if (strncmp(s, words[i], strlen(words[i])) == 0)
            return s + strlen(words[i]);
    }
    switch (*s) {
    case '{':
        return json_group(s, '}');
    case '[':
        return json_group(s, ']');
    case '"':
        return json_text(s);
    default:
        return json_figure(s);
    }
}

bool is_json(const char *text)
{
    const char *end = json_value(blank(text));
    return end != NULL && *blank(end) == '\0';
}

static bool is_entity(const char *s)
{
    size_t length = strcspn(s, "; <\"");
    return length > 1 && length < 10 && s[length] == ';';
}

static const char *name_end(const char *s)
{
    while (isalnum((unsigned char)*s) || (*s != '\0' && strchr("-_:", *s) != NULL))
        s++;
    return s;
}

/* Past the attributes: to the '>' or '/' of the tag; NULL when one is broken. */
static const char *attributes(const char *s)
{
    for (s = blank(s); *s != '>' && *s != '/'; s = blank(s)) {
        const char *end = name_end(s);
        if (end == s || end[0] != '=' || end[1] != '"')
            return NULL;
        for (s = end + 2; *s != '"'; s++) {
            if (*s == '\0' || *s == '<' || (*s == '&' && !is_entity(s)))
                return NULL;
        }
        s++;
    }
    return s;
}

bool is_well_formed(const char *text, const char **where)
{
    enum { DEEP = 64 };
    const char *open[DEEP];
    size_t lengths[DEEP], depth = 0;
    const char *s = text;
    if (strncmp(s, "<!DOCTYPE html>", 15) == 0)
        s += 15;
    for (; *s != '\0'; s++) {
        *where = s;
        if (*s == '&' && !is_entity(s))
            return false;
        if (*s != '<')
            continue;
        if (s[1] == '/') {
            const char *end = name_end(s + 2);
            size_t length = (size_t)(end - s - 2);
            if (depth == 0 || *end != '>' || lengths[depth - 1] != length ||
                memcmp(open[depth - 1], s + 2, length) != 0)
                return false;
            depth--;
            s = end;
            continue;
        }
        const char *end = name_end(s + 1), *stop = attributes(end);
        if (end == s + 1 || stop == NULL || depth == DEEP)
            return false;
        open[depth] = s + 1;
        lengths[depth++] = (size_t)(end - s - 1);
        if (*stop == '/') {
            depth--;
            stop++;
        }
        if (*stop != '>')
            return false;
        s = stop;
    }
    return depth == 0;
}
