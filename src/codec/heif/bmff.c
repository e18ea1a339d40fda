#include "codec/heif/bmff.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

uint64_t bmff_get(struct bmff_cursor *cursor, unsigned bytes)
{
    uint64_t value = 0;
    if (cursor->cut || cursor->size - cursor->at < bytes) {
        cursor->cut = true;
        return 0;
    }
    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | cursor->data[cursor->at++];
    return value;
}

struct bmff_cursor bmff_take(struct bmff_cursor *cursor, uint64_t size)
{
    if (cursor->cut || cursor->size - cursor->at < size) {
        cursor->cut = true;
        return (struct bmff_cursor){.cut = true};
    }
    const struct bmff_cursor taken = bmff_cursor_of(cursor->data + cursor->at, (size_t)size);
    cursor->at += (size_t)size;
    return taken;
}

void bmff_skip(struct bmff_cursor *cursor, uint64_t bytes)
{
    (void)bmff_take(cursor, bytes);
}

struct bmff_name bmff_name_of(uint32_t type)
{
    struct bmff_name name = {""};
    for (unsigned i = 0; i < 4; i++) {
        const char letter = (char)(type >> (24 - 8 * i) & 0x7F);
        name.text[i] = letter >= ' ' && letter <= '~' ? letter : '?';
    }
    return name;
}

const char *bmff_get_string(struct bmff_cursor *cursor)
{
    if (cursor->cut || cursor->at == cursor->size) {
        cursor->cut = true;
        return NULL;
    }
    const uint8_t *text = cursor->data + cursor->at;
    const uint8_t *end = memchr(text, 0, cursor->size - cursor->at);
    cursor->at = end != NULL ? (size_t)(end - cursor->data) + 1 : cursor->size;
    return end != NULL ? (const char *)text : NULL;
}

unsigned bmff_get_version(struct bmff_cursor *cursor, uint32_t *flags)
{
    const uint32_t word = bmff_get32(cursor);
    if (flags != NULL)
        *flags = word & 0xFFFFFF;
    return word >> 24;
}

enum { HEAD = 8, LARGE_HEAD = 16, SIZE_TO_END = 0, SIZE_LARGE = 1 };

bool bmff_next(struct bmff_cursor *cursor, struct bmff_box *box)
{
    if (cursor->cut || cursor->at == cursor->size)
        return false;
    uint64_t size = bmff_get(cursor, 4), head = HEAD;
    box->type = bmff_get32(cursor);
    if (size == SIZE_LARGE) {
        size = bmff_get(cursor, 8);
        head = LARGE_HEAD;
    } else if (size == SIZE_TO_END) {
        size = head + (cursor->size - cursor->at);
    }
    if (cursor->cut || size < head) {
        cursor->cut = true;
        return false;
    }
    box->body = bmff_take(cursor, size - head);
    return !cursor->cut;
}

enum bmff_step bmff_read_top(struct byte_source *source, uint64_t at, uint64_t end, struct bmff_top *top,
                             struct pm_error *error)
{
    uint8_t head[LARGE_HEAD];
    const uint64_t room = end > at ? end - at : 0;
    const size_t wanted = room < LARGE_HEAD ? (size_t)room : LARGE_HEAD;
    const long got = wanted >= HEAD ? source->read_at(source, at, head, wanted) : 0;
    if (got < 0)
        return error_set(error, PM_ERROR_IO, "can't be read: %s", strerror(errno));
    if (got < HEAD)
        return BMFF_END;
    uint64_t size = get_be32(head), header = HEAD;
    *top = (struct bmff_top){.type = get_be32(head + 4), .at = at, .end = end};
    if (size == SIZE_LARGE) {
        header = LARGE_HEAD;
        if (got < LARGE_HEAD)
            return BMFF_END;
        size = (uint64_t)get_be32(head + HEAD) << 32 | get_be32(head + HEAD + 4);
    }
    top->body = at + header;
    if (size != SIZE_TO_END) {
        if (size < header || __builtin_add_overflow(at, size, &top->end) || top->end > end)
            return error_set(error, PM_ERROR_CORRUPT, "holds a box of an impossible size");
    }
    return BMFF_BOX;
}

bool bmff_has_brand(const uint8_t *head, size_t size, uint32_t brand)
{
    enum { MAJOR = 8, VERSION = 12, BRAND = 4 };
    if (size < MAJOR || get_be32(head + 4) != BMFF_TYPE('f', 't', 'y', 'p'))
        return false;
    const uint32_t box = get_be32(head);
    if (box < size)
        size = box;
    for (size_t at = MAJOR; at + BRAND <= size; at += BRAND) {
        if (at != VERSION && get_be32(head + at) == brand)
            return true;
    }
    return false;
}

struct pm_blob bmff_exif(struct pm_blob item)
{
    enum { OFFSET = 4 };
    struct bmff_cursor cursor = bmff_cursor_of(item.data, item.size);
    const uint32_t offset = bmff_get32(&cursor);
    bmff_skip(&cursor, offset);
    if (cursor.cut || cursor.at == cursor.size)
        return (struct pm_blob){0};
    struct pm_blob exif = {cursor.data + cursor.at, cursor.size - cursor.at};
    if (exif.size > 6 && memcmp(exif.data, "Exif\0", 6) == 0) /* an offset of 0 wrongly ignores the prefix */
        exif = (struct pm_blob){exif.data + 6, exif.size - 6};
    return exif;
}
