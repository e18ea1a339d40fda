#include <errno.h>
#include <string.h>

#include "codec/webp/format.h"

uint32_t webp_get_le24(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

uint32_t webp_get_le32(const uint8_t *p)
{
    return webp_get_le24(p) | (uint32_t)p[3] << 24;
}

void webp_put_le24(uint8_t *p, uint32_t value)
{
    for (int i = 0; i < 3; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

void webp_put_le32(uint8_t *p, uint32_t value)
{
    webp_put_le24(p, value);
    p[3] = (uint8_t)(value >> 24);
}

struct webp_walk webp_walk_from(struct byte_source *source, uint64_t start, uint64_t end)
{
    return (struct webp_walk){.source = source, .next = start, .end = end};
}

static int refuse_read(struct pm_error *error)
{
    return error_set(error, PM_ERROR_IO, "can't be read: %s", strerror(errno));
}

int webp_walk_begin(struct webp_walk *walk, struct byte_source *source, struct pm_error *error)
{
    uint8_t head[WEBP_RIFF_HEAD];
    const long size = source->read_at(source, 0, head, sizeof head);
    if (size < 0)
        return refuse_read(error);
    if (size < WEBP_RIFF_HEAD)
        return error_set(error, PM_ERROR_TRUNCATED, "ends within its header (fetch or copy it again)");
    *walk = webp_walk_from(source, WEBP_RIFF_HEAD, (uint64_t)WEBP_CHUNK_HEAD + webp_get_le32(head + 4));
    return 0;
}

int webp_walk_next(struct webp_walk *walk, struct webp_chunk *chunk, struct pm_error *error)
{
    enum { CHUNKS_MAX = 100000 };
    uint8_t bytes[WEBP_CHUNK_HEAD + WEBP_PEEK];
    if (walk->next + WEBP_CHUNK_HEAD > walk->end)
        return 0;
    const long size = walk->source->read_at(walk->source, walk->next, bytes, sizeof bytes);
    if (size < 0)
        return refuse_read(error);
    if (size < WEBP_CHUNK_HEAD) {
        walk->cut = true;
        return 0;
    }
    if (walk->count++ == CHUNKS_MAX)
        return error_limit(error, CHUNKS_MAX, walk->count, "has more than %d chunks", CHUNKS_MAX);
    *chunk = (struct webp_chunk){.tag = webp_get_le32(bytes),
                                 .at = walk->next,
                                 .size = webp_get_le32(bytes + 4),
                                 .peeked = (unsigned)size - WEBP_CHUNK_HEAD};
    if (chunk->peeked > chunk->size)
        chunk->peeked = chunk->size;
    memcpy(chunk->head, bytes + WEBP_CHUNK_HEAD, chunk->peeked);
    walk->next += (uint64_t)WEBP_CHUNK_HEAD + chunk->size + (chunk->size & 1);
    return 1;
}
