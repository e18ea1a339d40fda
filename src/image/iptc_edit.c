#include "image/iptc.h"

#include <string.h>

enum {
    MARKER = 0x1C,
    HEAD_BYTES = 5,
    EXTENDED = 0x8000, /* the other bits are the number of bytes of the actual length */
    RECORD_APPLICATION = 2,
    RECORD_NEWSPHOTO = 3,  /* sizes and coding of the old file's samples */
    RECORD_PRE_OBJECT = 7, /* 7 to 9: an object, possibly an image, within the metadata */
    RECORD_POST_OBJECT = 9,
    ORIENTATION = 131,
    PREVIEW_FORMAT = 200, /* to 202, the preview itself */
    PREVIEW = 202,
};

struct data_set {
    unsigned record, number;
    size_t head, size; /* bytes of the head, and of the value after it */
};

/* Parses the data set at the start of bytes[size]. False if there is none. */
static bool read_data_set(const uint8_t *bytes, size_t size, struct data_set *set)
{
    if (size < HEAD_BYTES || bytes[0] != MARKER)
        return false;
    *set = (struct data_set){bytes[1], bytes[2], HEAD_BYTES, (size_t)bytes[3] << 8 | bytes[4]};
    if ((set->size & EXTENDED) != 0) {
        size_t digits = set->size & (EXTENDED - 1);
        if (digits > 4 || digits > size - HEAD_BYTES)
            return false;
        set->size = 0;
        for (size_t i = 0; i < digits; i++)
            set->size = set->size << 8 | bytes[HEAD_BYTES + i];
        set->head += digits;
    }
    return set->size <= size - set->head;
}

static bool is_stale(const struct data_set *set)
{
    if (set->record == RECORD_APPLICATION)
        return set->number >= PREVIEW_FORMAT && set->number <= PREVIEW;
    return set->record == RECORD_NEWSPHOTO ||
           (set->record >= RECORD_PRE_OBJECT && set->record <= RECORD_POST_OBJECT);
}

/* Are bytes[size] all zero (padding after data sets)? */
static bool is_padding(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

size_t iptc_restate(const uint8_t *iptc, size_t size, const struct picture_facts *facts, uint8_t *out)
{
    size_t kept = 0;
    for (size_t at = 0; at < size;) {
        struct data_set set;
        if (!read_data_set(iptc + at, size - at, &set))
            return is_padding(iptc + at, size - at) ? kept : 0;
        const size_t bytes = set.head + set.size;
        if (!is_stale(&set)) {
            memcpy(out + kept, iptc + at, bytes);
            if (set.record == RECORD_APPLICATION && set.number == ORIENTATION && set.size == 1)
                out[kept + set.head] = facts->height > facts->width   ? 'P'
                                       : facts->height < facts->width ? 'L'
                                                                      : 'S';
            kept += bytes;
        }
        at += bytes;
    }
    return kept;
}
