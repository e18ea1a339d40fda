#include "color/profile_name.h"

#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

enum { AT_COUNT = 128, AT_TAGS = 132, TAG_BYTES = 12, NAME_MAX = 512 /* bytes as stored */ };

struct slice {
    const uint8_t *bytes;
    size_t size;
};

/* A part of `whole`; an empty one if it is not in it. */
static struct slice part(struct slice whole, size_t at, size_t size)
{
    const bool inside = at <= whole.size && size <= whole.size - at;
    return inside ? (struct slice){whole.bytes + at, size} : (struct slice){NULL, 0};
}

static struct slice description(struct slice profile)
{
    const size_t count = profile.size >= AT_TAGS ? get_be32(profile.bytes + AT_COUNT) : 0;
    for (size_t i = 0; i < count; i++) {
        const struct slice entry = part(profile, AT_TAGS + i * TAG_BYTES, TAG_BYTES);
        if (entry.size == 0)
            break;
        if (memcmp(entry.bytes, "desc", 4) == 0)
            return part(profile, get_be32(entry.bytes + 4), get_be32(entry.bytes + 8));
    }
    return (struct slice){NULL, 0};
}

/* Version 2 (ICC.1:2001-04, 6.5.17): ASCII, with its length, which counts a NUL. Latin-1 occurs. */
static size_t of_text(struct slice tag, char *utf8)
{
    enum { HEAD = 12 };
    if (tag.size < HEAD)
        return 0;
    const struct slice text = part(tag, HEAD, get_be32(tag.bytes + 8));
    const size_t length = text.size > 0 ? strnlen((const char *)text.bytes, text.size) : 0;
    if (length == 0 || length > NAME_MAX)
        return 0;
    if (!text_is_utf8(text.bytes, length))
        return text_from_latin1(text.bytes, length, utf8);
    memcpy(utf8, text.bytes, length);
    return length;
}

/* Version 4 (ICC.1:2022, 10.15): UTF-16 in several languages. */
static size_t of_languages(struct slice tag, char *utf8)
{
    enum { HEAD = 16, RECORD = 12 };
    const size_t count = tag.size >= HEAD ? get_be32(tag.bytes + 8) : 0;
    struct slice text = {NULL, 0};
    for (size_t i = 0; i < count; i++) {
        const struct slice record = part(tag, HEAD + i * RECORD, RECORD);
        if (record.size == 0)
            break;
        const bool english = memcmp(record.bytes, "en", 2) == 0;
        if (i == 0 || english)
            text = part(tag, get_be32(record.bytes + 8), get_be32(record.bytes + 4));
        if (english)
            break;
    }
    return text.size > 0 && text.size <= NAME_MAX ? text_from_utf16(text.bytes, text.size, true, utf8) : 0;
}

void profile_name(const uint8_t *icc, size_t size, char *name, size_t room)
{
    char utf8[2 * NAME_MAX + 1];
    const struct slice tag = description((struct slice){icc, size});
    size_t length = 0, kept = 0;
    if (tag.size >= 4 && memcmp(tag.bytes, "desc", 4) == 0)
        length = of_text(tag, utf8);
    else if (tag.size >= 4 && memcmp(tag.bytes, "mluc", 4) == 0)
        length = of_languages(tag, utf8);
    utf8[length] = '\0';
    for (size_t next; (next = text_character(utf8 + kept)) > 0 && utf8[kept] != '\0' && kept + next < room;)
        kept += next;
    memcpy(name, utf8, kept);
    name[kept] = '\0';
}
