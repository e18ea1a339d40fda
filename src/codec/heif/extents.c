/* Where an item's bytes are (iloc: ISO/IEC 14496-12, 8.11.3), checked against the file's size. */
#include <errno.h>
#include <string.h>

#include "codec/heif/heif.h"

/* EXTENTS_MAX: of an item. All tiles of a grid, 65536, may be the same item. */
enum { IN_FILE, IN_IDAT, EXTENTS_MAX = 256 };

int heif_extents_begin(const struct heif *heif, const struct heif_item *item, struct heif_extents *extents,
                       struct pm_error *error)
{
    if (item->location == 0)
        return error_set(error, PM_ERROR_CORRUPT, "has an item without data");
    const size_t end = heif->iloc.at + heif->iloc.size;
    *extents = (struct heif_extents){
        .cursor = bmff_cursor_of(heif->tables.data + item->location, end - item->location),
        .index_size = heif->index_size,
        .offset_size = heif->offset_size,
        .length_size = heif->length_size,
        .to = UINT64_MAX,
    };
    struct bmff_cursor *cursor = &extents->cursor;
    const unsigned method = heif->iloc_version > 0 ? bmff_get(cursor, 2) & 15 : IN_FILE;
    const bool elsewhere = bmff_get(cursor, 2) != 0;
    extents->base = bmff_get(cursor, heif->base_size);
    extents->left = (unsigned)bmff_get(cursor, 2);
    if (method > IN_IDAT || elsewhere)
        return error_set(error, PM_ERROR_UNSUPPORTED, "has its pixels in another file or item");
    if (extents->left > EXTENTS_MAX)
        return error_limit(error, EXTENTS_MAX, extents->left, "has an item in more than %d pieces",
                           EXTENTS_MAX);
    if (method == IN_IDAT) {
        extents->from = heif->idat;
        extents->to = heif->idat_end;
    }
    return 0;
}

int heif_extents_next(struct heif_extents *extents, uint64_t *at, uint64_t *length, struct pm_error *error)
{
    struct bmff_cursor *cursor = &extents->cursor;
    if (extents->left == 0)
        return 0;
    extents->left--;
    bmff_skip(cursor, extents->index_size);
    const uint64_t offset = bmff_get(cursor, extents->offset_size);
    *length = bmff_get(cursor, extents->length_size);
    uint64_t end;
    if (__builtin_add_overflow(extents->base, offset, at) || __builtin_add_overflow(*at, extents->from, at) ||
        *at > extents->to)
        return error_set(error, PM_ERROR_CORRUPT, "has an item outside its data");
    if (*length == 0)
        *length = extents->to == UINT64_MAX ? UINT64_MAX : extents->to - *at;
    else if (__builtin_add_overflow(*at, *length, &end) || end > extents->to)
        return error_set(error, PM_ERROR_CORRUPT, "has an item outside its data");
    return 1;
}

/* The part of an extent that is in a file of `size` bytes. */
static uint64_t within(uint64_t size, uint64_t at, uint64_t length)
{
    const uint64_t left = at < size ? size - at : 0;
    return length < left ? length : left;
}

int heif_data_size(const struct heif *heif, const struct heif_item *item, uint64_t size,
                   struct heif_data_size *found, struct pm_error *error)
{
    struct heif_extents extents;
    uint64_t at, length;
    int status = heif_extents_begin(heif, item, &extents, error);
    *found = (struct heif_data_size){0};
    while (status == 0 && (status = heif_extents_next(&extents, &at, &length, error)) > 0) {
        const uint64_t there = within(size, at, length);
        found->cut |= length == UINT64_MAX ? there == 0 : there < length;
        found->bytes += there;
        if (found->bytes > size)
            return error_set(error, PM_ERROR_CORRUPT, "has an item of more bytes than the file");
        status = 0;
    }
    return status;
}

int heif_item_data(const struct heif *heif, const struct heif_item *item, const uint8_t *data, size_t size,
                   struct pm_blob *bytes, struct arena *arena, struct pm_error *error)
{
    struct heif_extents extents;
    struct heif_data_size whole;
    uint64_t at, length;
    *bytes = (struct pm_blob){0};
    if (heif_data_size(heif, item, size, &whole, error) != 0 ||
        heif_extents_begin(heif, item, &extents, error) != 0)
        return -1;
    const bool one = extents.left == 1;
    uint8_t *joined = one ? NULL : arena_alloc(arena, (size_t)whole.bytes);
    if (!one && joined == NULL)
        return error_memory(error, whole.bytes);
    while (heif_extents_next(&extents, &at, &length, error) > 0) {
        const size_t there = (size_t)within(size, at, length);
        if (one)
            bytes->data = there > 0 ? data + at : NULL;
        else if (there > 0)
            memcpy(joined + bytes->size, data + at, there);
        bytes->size += there;
    }
    if (!one)
        bytes->data = joined;
    return 0;
}

long heif_item_peek(const struct heif *heif, const struct heif_item *item, uint8_t *bytes, size_t size,
                    struct pm_error *error)
{
    struct heif_extents extents;
    uint64_t at, length;
    size_t read = 0;
    int status = heif_extents_begin(heif, item, &extents, error);
    while (status == 0 && read < size && (status = heif_extents_next(&extents, &at, &length, error)) > 0) {
        const size_t wanted = length < size - read ? (size_t)length : size - read;
        const long got = heif->source->read_at(heif->source, at, bytes + read, wanted);
        if (got < 0)
            return error_set(error, PM_ERROR_IO, "can't be read: %s", strerror(errno));
        read += (size_t)got;
        if ((size_t)got < wanted)
            break;
        status = 0;
    }
    return status < 0 ? -1 : (long)read;
}
