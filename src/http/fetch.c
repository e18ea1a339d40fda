#include "http/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "http/blocking.h"

struct fetch {
    struct blocking_task task;     /* first: a pointer to it is one to this */
    struct connection *connection; /* NULL: nobody waits for it any more */
    int fd;                        /* its own, for the connection may be closed meanwhile */
    struct blocking *closer;       /* of it */
    bool ended;
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
    fetch->ended = true;
    if (fetch->connection != NULL)
        connection_fetched(fetch->connection);
    else
        fetch_free(fetch);
}

int fetch_begin(struct connection *connection, uint64_t offset, uint64_t size)
{
    const size_t piece = size < FETCH_PIECE ? (size_t)size : FETCH_PIECE;
    struct fetch *fetch = malloc(sizeof *fetch + piece);
    if (fetch == NULL)
        return -1;
    *fetch = (struct fetch){
        .task = {.work = read_piece, .ended = end_piece},
        .connection = connection,
        .fd = fcntl(connection->exchange.response.content.fd, F_DUPFD_CLOEXEC, 0),
        .closer = connection->exchange.response.content.closer,
        .offset = offset,
        .size = piece,
    };
    if (fetch->fd < 0) {
        free(fetch);
        return -1;
    }
    connection->fetch = fetch;
    blocking_submit(connection->all->blocking, &fetch->task);
    return 0;
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

void fetch_drop(struct connection *connection)
{
    struct fetch *fetch = connection->fetch;
    connection->fetch = NULL;
    if (fetch == NULL)
        return;
    fetch->connection = NULL;
    if (fetch->ended || blocking_withdraw(connection->all->blocking, &fetch->task))
        fetch_free(fetch);
}
