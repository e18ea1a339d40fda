#include "io/url.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

/* The beginning of the host, including user and password. */
static const char *authority_of(const char *url)
{
    return strstr(url, "://") + 3;
}

static size_t authority_length(const char *authority)
{
    return strcspn(authority, "/?#");
}

int url_show(const char *url, struct buffer *out)
{
    const char *authority = authority_of(url), *host = authority;
    const char *path = authority + authority_length(authority);
    for (const char *at = authority; at < path; at++) {
        if (*at == '@')
            host = at + 1; /* the last one: a password may contain others */
    }
    if (buffer_append(out, url, (size_t)(authority - url)) != 0 ||
        buffer_append(out, host, strcspn(host, "#")) != 0 || buffer_append(out, "", 1) != 0)
        return -1;
    out->size--;
    return 0;
}

/* Decodes percent escapes; a decoded NUL becomes a slash, which is replaced later. NUL-terminates. Returns
 * the length. */
static size_t decode(const char *part, size_t length, char *decoded)
{
    size_t size = 0;
    for (size_t i = 0; i < length; i++) {
        int high = part[i] == '%' && i + 2 < length ? text_hex_digit(part[i + 1]) : -1;
        int low = high >= 0 ? text_hex_digit(part[i + 2]) : -1;
        char byte = part[i];
        if (low >= 0) {
            byte = (char)(16 * high + low);
            i += 2;
        }
        decoded[size++] = byte != '\0' ? byte : '/';
    }
    decoded[size] = '\0';
    return size;
}

/* Is the character at `text`, of `length` bytes, harmless in a name? */
static bool is_harmless(const char *text, size_t length)
{
    unsigned char first = (unsigned char)text[0], second = (unsigned char)text[1];
    if (length == 1)
        return first >= ' ' && first != 0x7f && first != '/' && first != '\\';
    return length > 2 || (length == 2 && (first != 0xc2 || second >= 0xa0)); /* no U+0080 to U+009F */
}

/* Makes a decoded name safe, in place. Returns the length. */
static size_t make_safe(char *name)
{
    size_t size = 0;
    for (const char *at = name; *at != '\0';) {
        size_t length = text_character(at);
        if (!is_harmless(at, length)) {
            name[size++] = '_';
            at += length > 0 ? length : 1;
            continue;
        }
        memmove(name + size, at, length);
        size += length;
        at += length;
    }
    name[size] = '\0';
    if (name[0] == '.')
        name[0] = '_';
    return size;
}

enum { SUFFIX_MAX = 16 };

/* Bytes of the name's suffix with its dot; 0 if it has none, or a long one. */
static size_t suffix_length(const char *name)
{
    const char *dot = strrchr(name, '.');
    size_t length = dot != NULL ? strlen(dot) : 0;
    return length <= SUFFIX_MAX ? length : 0;
}

/* Shortens a name to `max` bytes before its suffix, at a character's boundary. Returns the length. */
static size_t cut(char *name, size_t size, size_t max)
{
    if (size <= max)
        return size;
    size_t suffix = suffix_length(name), keep = max - suffix;
    while (keep > 0 && ((unsigned char)name[keep] & 0xc0) == 0x80)
        keep--;
    memmove(name + keep, name + size - suffix, suffix + 1);
    return keep + suffix;
}

/* Appends part[length] made safe (`instead` if it is empty), with `addition` before its suffix. */
static int append_part(struct buffer *out, const char *part, size_t length, const char *instead,
                       const char *addition)
{
    const size_t more = strlen(addition);
    if (length == 0)
        return buffer_append(out, instead, strlen(instead)) == 0 ? buffer_append(out, addition, more) : -1;
    if (buffer_reserve(out, length + more + 1) != 0)
        return -1;
    char *name = (char *)out->data + out->size;
    decode(part, length, name);
    const size_t size = cut(name, make_safe(name), URL_PART_MAX - more);
    const size_t suffix = suffix_length(name);
    memmove(name + size - suffix + more, name + size - suffix, suffix + 1);
    memcpy(name + size - suffix, addition, more);
    out->size += size + more;
    return 0;
}

static int terminate(struct buffer *out)
{
    if (buffer_append(out, "", 1) != 0)
        return -1;
    out->size--;
    return 0;
}

static const char NAMELESS[] = "index";

int url_name(const char *url, const char *addition, struct buffer *out)
{
    const char *authority = authority_of(url), *path = authority + authority_length(authority);
    size_t length = strcspn(path, "?#"), last = length;
    while (last > 0 && path[last - 1] != '/')
        last--;
    if (append_part(out, path + last, length - last, NAMELESS, addition) != 0)
        return -1;
    return terminate(out);
}

int url_name_below(const char *url, const char *base, const char *addition, struct buffer *out)
{
    size_t length = strlen(base);
    while (length > 0 && base[length - 1] == '/')
        length--;
    if (strncmp(url, base, length) != 0 || url[length] != '/')
        return 1;
    const char *path = url + length + 1, *end = path + strcspn(path, "?#");
    for (;;) {
        size_t part = 0;
        while (path + part < end && path[part] != '/')
            part++;
        bool last = path + part == end;
        if (part > 0 || last) {
            if (append_part(out, path, part, NAMELESS, last ? addition : "") != 0 ||
                (!last && buffer_append(out, "/", 1) != 0))
                return -1;
        }
        if (last)
            return terminate(out);
        path += part + 1;
    }
}
