#include "http/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "http/blocking.h"

struct fetch {
    struct blocking_task task; /* first: a pointer to it is one to this */
    struct blocking *blocking;
    void (*ended)(void *owner);
    void *owner;             /* NULL: the fetch was dropped */
    int fd;                  /* its own: the connection may be closed meanwhile */
    struct blocking *closer; /* closes fd */
    bool has_ended;
    uint64_t offset;
    size_t size;
    ssize_t got; /* as pread */
    uint8_t bytes[];
};

static void fetch_free(struct fetch *fetch)
{
    if (fetch->fd >= 0)
        blocking_close_file(fetch->closer, fetch->fd);
    free(fetch);
}

static void read_piece(struct blocking_task *task)
{
    struct fetch *fetch = (struct fetch *)(void *)task;
    do
        fetch->got = pread(fetch->fd, fetch->bytes, fetch->size, (off_t)fetch->offset);
    while (fetch->got < 0 && errno == EINTR);
    close(fetch->fd);
    fetch->fd = -1;
}

static void end_piece(struct blocking_task *task)
{
    struct fetch *fetch = (struct fetch *)(void *)task;
    fetch->has_ended = true;
    if (fetch->owner != NULL)
        fetch->ended(fetch->owner);
    else
        fetch_free(fetch);
}

struct fetch *fetch_begin(struct blocking *blocking, const struct content *content, uint64_t offset,
                          uint64_t size, void (*ended)(void *owner), void *owner)
{
    const size_t piece = size < FETCH_PIECE ? (size_t)size : FETCH_PIECE;
    struct fetch *fetch = malloc(sizeof *fetch + piece);
    if (fetch == NULL)
        return NULL;
    *fetch = (struct fetch){
        .task = {.work = read_piece, .ended = end_piece},
        .blocking = blocking,
        .ended = ended,
        .owner = owner,
        .fd = fcntl(content->fd, F_DUPFD_CLOEXEC, 0),
        .closer = content->closer,
        .offset = offset,
        .size = piece,
    };
    if (fetch->fd < 0) {
        free(fetch);
        return NULL;
    }
    blocking_submit(blocking, &fetch->task);
    return fetch;
}

size_t fetch_bytes(const struct fetch *fetch, uint64_t offset, const uint8_t **bytes)
{
    if (fetch->got <= 0 || offset < fetch->offset || offset - fetch->offset >= (uint64_t)fetch->got)
        return 0;
    *bytes = fetch->bytes + (offset - fetch->offset);
    return (size_t)((uint64_t)fetch->got - (offset - fetch->offset));
}

bool fetch_failed(const struct fetch *fetch)
{
    return fetch->got <= 0;
}

void fetch_drop(struct fetch *fetch)
{
    if (fetch == NULL)
        return;
    fetch->owner = NULL;
    if (fetch->has_ended || blocking_withdraw(fetch->blocking, &fetch->task))
        fetch_free(fetch);
}
