#include "image/iptc.h"

#include <string.h>

enum { TAG_MARKER = 0x1c, RESOURCE_IPTC = 0x0404 };

/* A resource's signature; all but the first are rare. */
static bool is_signature(const uint8_t *bytes)
{
    static const char signatures[][5] = {"8BIM", "PHUT", "DCSR", "AgHg", "MeSa"};
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        if (memcmp(bytes, signatures[i], 4) == 0)
            return true;
    }
    return false;
}

struct pm_blob iptc_find(struct pm_blob bytes)
{
    enum { SIGNATURE = 4, ID = 2, LENGTH = 4 };
    static const struct pm_blob none = {0};
    const uint8_t *at = bytes.data;
    size_t left = bytes.size;
    if (left > 0 && *at == TAG_MARKER)
        return bytes;
    /* Signature, id, name (a length byte and that many), length, data; name and data each padded to even. */
    while (left > SIGNATURE + ID && is_signature(at)) {
        const unsigned id = (unsigned)at[4] << 8 | at[5];
        const size_t name = ((size_t)at[SIGNATURE + ID] + 2) & ~(size_t)1,
                     head = SIGNATURE + ID + name + LENGTH;
        if (head > left)
            return none;
        const uint8_t *length = at + head - LENGTH;
        const size_t size =
            (size_t)length[0] << 24 | (size_t)length[1] << 16 | (size_t)length[2] << 8 | length[3];
        if (size > left - head)
            return none;
        if (id == RESOURCE_IPTC && size > 0 && at[head] == TAG_MARKER)
            return (struct pm_blob){at + head, size};
        const size_t padded = size + (size & 1);
        if (padded >= left - head)
            return none;
        at += head + padded;
        left -= head + padded;
    }
    return none;
}
