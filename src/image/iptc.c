#include "image/iptc.h"

#include <string.h>

#include "base/bytes.h"

enum { TAG_MARKER = 0x1c, RESOURCE_IPTC = 0x0404 };

/* Is it a resource signature? All but the first are rare. */
static bool is_signature(const uint8_t *bytes)
{
    static const char signatures[][5] = {"8BIM", "PHUT", "DCSR", "AgHg", "MeSa"};
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        if (memcmp(bytes, signatures[i], 4) == 0)
            return true;
    }
    return false;
}

void iptc_search(struct iptc_search *search, const uint8_t *bytes, size_t size)
{
    enum { SIGNATURE = 4, ID = 2, LENGTH = 4 };
    const uint8_t *const end = bytes + size;
    while (bytes < end && !search->found && !search->ended) {
        if (search->skip > 0) {
            size_t left = (size_t)(end - bytes), skipped = search->skip < left ? search->skip : left;
            search->skip -= skipped;
            search->offset += skipped;
            bytes += skipped;
            continue;
        }
        /* Signature, id, name (a length byte and that many bytes), length; and the first byte of the data.
         * Name and data are padded to even length. */
        uint8_t *head = search->head;
        head[search->have++] = *bytes++;
        search->offset++;
        if (search->have == SIGNATURE && !is_signature(head))
            search->ended = true;
        if (search->have <= SIGNATURE + ID)
            continue;
        const size_t name = ((size_t)head[SIGNATURE + ID] + 2) & ~(size_t)1,
                     whole = SIGNATURE + ID + name + LENGTH;
        if (search->have <= whole)
            continue;
        const uint8_t *length = head + whole - LENGTH, first = head[whole];
        const unsigned id = get_be16(head + SIGNATURE);
        search->size = get_be32(length);
        search->found = id == RESOURCE_IPTC && search->size > 0 && first == TAG_MARKER;
        if (search->found)
            search->offset--;
        search->skip = search->size > 0 ? search->size + (search->size & 1) - 1 : 0;
        search->have = 0;
        if (search->size == 0)
            head[search->have++] = first; /* the next head's first byte */
    }
}

struct pm_blob iptc_find(struct pm_blob bytes)
{
    static const struct pm_blob none = {0};
    struct iptc_search search = {0};
    if (bytes.size == 0)
        return none;
    if (bytes.data[0] == TAG_MARKER)
        return bytes;
    iptc_search(&search, bytes.data, bytes.size);
    if (!search.found || search.size > bytes.size - search.offset)
        return none;
    return (struct pm_blob){bytes.data + search.offset, search.size};
}
