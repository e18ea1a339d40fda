#include "batch/markup.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Writes the path as a URL for an attribute: everything except unreserved characters (RFC 3986, 2.3) and
 * slashes is escaped, so no quote, space or comma remains. */
static void write_url(FILE *out, const char *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
    for (; *path != '\0'; path++) {
        if (strchr(plain, *path) != NULL)
            fputc(*path, out);
        else
            fprintf(out, "%%%02X", (unsigned char)*path);
    }
}

/* The results that the texts describe. */
struct markup {
    const struct markup_result *results;
    size_t count;
    bool named; /* show results with names, because there are no others */
};

static bool is_shown(const struct markup *markup, size_t index, const struct codec *format)
{
    const struct markup_result *result = &markup->results[index];
    return result->format == format && (result->variant[0] != '\0') == markup->named;
}

/* Is it the first result of its format with this width? */
static bool is_first(const struct markup *markup, size_t index)
{
    const struct markup_result *result = &markup->results[index];
    for (size_t i = 0; i < index; i++) {
        if (is_shown(markup, i, result->format) && markup->results[i].width == result->width)
            return false;
    }
    return true;
}

/* "a-320w.jpg 320w, a-640w.jpg 640w" */
static void write_srcset(FILE *out, const struct markup *markup, const struct codec *format)
{
    const char *separator = "";
    for (size_t i = 0; i < markup->count; i++) {
        if (!is_shown(markup, i, format) || !is_first(markup, i))
            continue;
        fputs(separator, out);
        write_url(out, markup->results[i].file);
        fprintf(out, " %" PRIu32 "w", markup->results[i].width);
        separator = ", ";
    }
}

/* Is result `index` shown, and the first one of its format? */
static bool begins_format(const struct markup *markup, size_t index)
{
    const struct codec *format = markup->results[index].format;
    for (size_t i = 0; i < index; i++) {
        if (is_shown(markup, i, format))
            return false;
    }
    return is_shown(markup, index, format);
}

static bool is_known_to_all(const struct codec *format)
{
    return strcmp(format->name, "jpeg") == 0 || strcmp(format->name, "png") == 0 ||
           strcmp(format->name, "gif") == 0;
}

static const struct codec *find_fallback(const struct markup *markup)
{
    const struct codec *last = NULL, *known = NULL;
    for (size_t i = 0; i < markup->count; i++) {
        const struct codec *format = markup->results[i].format;
        if (!is_shown(markup, i, format))
            continue;
        last = format;
        known = is_known_to_all(format) ? format : known;
    }
    return known != NULL ? known : last;
}

/* The <img>, with the largest result of the fallback. */
static void write_img(FILE *out, const struct markup *markup, const struct codec *format)
{
    const struct markup_result *largest = NULL;
    for (size_t i = 0; i < markup->count; i++) {
        if (is_shown(markup, i, format) && (largest == NULL || markup->results[i].width > largest->width))
            largest = &markup->results[i];
    }
    assert(largest != NULL); /* `named` is chosen so that one is shown */
    fputs("<img src=\"", out);
    write_url(out, largest->file);
    fputs("\" srcset=\"", out);
    write_srcset(out, markup, format);
    fprintf(out, "\" sizes=\"100vw\" width=\"%" PRIu32 "\" height=\"%" PRIu32 "\" alt=\"\">", largest->width,
            largest->height);
}

static void write_picture(FILE *out, const struct markup *markup)
{
    const struct codec *fallback = find_fallback(markup);
    fputs("<picture>", out);
    for (size_t i = 0; i < markup->count; i++) {
        const struct codec *format = markup->results[i].format;
        if (format == fallback || !begins_format(markup, i))
            continue;
        fprintf(out, "<source type=\"%s\" srcset=\"", format->mime);
        write_srcset(out, markup, format);
        fputs("\" sizes=\"100vw\">", out);
    }
    write_img(out, markup, fallback);
    fputs("</picture>", out);
}

/* Adds a member: the srcset of a format, or, if `format` is NULL, the <picture>. */
static void add_text(struct json *json, const char *key, const struct markup *markup,
                     const struct codec *format)
{
    char *text = NULL;
    size_t length;
    FILE *memory = open_memstream(&text, &length);
    if (memory != NULL && format != NULL)
        write_srcset(memory, markup, format);
    else if (memory != NULL)
        write_picture(memory, markup);
    if (memory != NULL && fclose(memory) == 0)
        json_string(json, key, text);
    else
        json_null(json, key);
    free(text);
}

void markup_write(struct json *json, const struct markup_result *results, size_t count)
{
    struct markup markup = {.results = results, .count = count, .named = true};
    for (size_t i = 0; i < count; i++)
        markup.named = markup.named && results[i].variant[0] != '\0';
    json_object(json, "srcset");
    for (size_t i = 0; i < count; i++) {
        if (begins_format(&markup, i))
            add_text(json, results[i].format->mime, &markup, results[i].format);
    }
    json_end_object(json);
    add_text(json, "picture", &markup, NULL);
}
