#include "serve/hot.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "io/file.h"

/* Keys are digests, so any two of their bytes can be used as a hash. */
static size_t slot_of(const uint8_t key[CACHE_KEY_BYTES])
{
    return (size_t)(key[1] << 8 | key[0]) % HOT_SLOTS;
}

const struct hot_slot *hot_find(const struct hot *hot, const uint8_t key[CACHE_KEY_BYTES])
{
    const struct hot_slot *slot = &hot->slots[slot_of(key)];
    return slot->bytes != NULL && memcmp(slot->key, key, CACHE_KEY_BYTES) == 0 ? slot : NULL;
}

/* Moves the bytes into a file in memory; if that fails, they stay where they are, which is slower to send. */
static void move_to_file(struct shared_bytes *bytes)
{
    int fd = memfd_create("pixmill-result", MFD_CLOEXEC);
    if (fd < 0)
        return;
    if (file_write_all(fd, bytes->bytes.data, bytes->bytes.size) != 0) {
        close(fd);
        return;
    }
    buffer_free(&bytes->bytes);
    bytes->fd = fd;
}

/* Takes over the bytes that were read. */
static struct shared_bytes *share(struct buffer *whole, bool read)
{
    struct shared_bytes *bytes = read ? shared_bytes_new(*whole) : NULL;
    if (bytes == NULL)
        buffer_free(whole);
    else if (bytes->bytes.size > HOT_COPIED)
        move_to_file(bytes);
    return bytes;
}

struct shared_bytes *hot_read(const struct cache_hit *hit)
{
    struct pm_error error = {0}; /* ignored: the file itself is sent then, which reports the error */
    struct buffer whole = {0};
    const bool read = file_read(hit->fd, hit->size, &whole, &error) == 0;
    return share(&whole, read);
}

struct shared_bytes *hot_read_cached(const struct cache_hit *hit)
{
    struct buffer whole = {0};
    bool read = buffer_reserve(&whole, hit->size) == 0;
    if (read) {
        const struct iovec room = {whole.data, hit->size};
        read = preadv2(hit->fd, &room, 1, 0, RWF_NOWAIT) == (ssize_t)hit->size;
        whole.size = hit->size;
    }
    return share(&whole, read);
}

const struct hot_slot *hot_keep(struct hot *hot, const uint8_t key[CACHE_KEY_BYTES],
                                const struct cache_hit *hit, struct shared_bytes *bytes)
{
    struct hot_slot *slot = &hot->slots[slot_of(key)];
    shared_bytes_drop(slot->bytes);
    *slot = (struct hot_slot){.codec = hit->codec, .size = hit->size, .bytes = bytes};
    memcpy(slot->key, key, CACHE_KEY_BYTES);
    return slot;
}

void hot_free(struct hot *hot)
{
    for (size_t i = 0; i < HOT_SLOTS; i++)
        shared_bytes_drop(hot->slots[i].bytes);
    *hot = (struct hot){0};
}
