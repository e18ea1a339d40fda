#include "http/output.h"

#include <errno.h>
#include <linux/sockios.h>
#include <math.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "http/fetch.h"

/* Bytes that one call may send; what a size_t of 32 bits counts, however large the file. */
enum { SENDFILE_MOST = 1 << 30 };

static uint64_t length_of(const struct connection *connection)
{
    return connection->exchange.request.method == HTTP_HEAD ? 0 : connection->exchange.response.length;
}

/* What of a file on disk is there without waiting: fetched before, or in the page cache. As pread: -1 with
 * errno EAGAIN if it must be fetched first. */
static ssize_t peek(const struct connection *connection, uint8_t *buffer, size_t size, uint64_t at,
                    const uint8_t **bytes)
{
    const struct fetch *fetch = connection->fetch;
    const size_t fetched = fetch != NULL ? fetch_bytes(fetch, at, bytes) : 0;
    if (fetched > 0 || (fetch != NULL && fetch_failed(fetch)))
        return (ssize_t)(fetched < size ? fetched : size);
    const struct iovec room = {buffer, size};
    *bytes = buffer;
    const ssize_t got = preadv2(connection->exchange.response.content.fd, &room, 1, (off_t)at, RWF_NOWAIT);
    if (got < 0 && (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL))
        errno = EAGAIN; /* a file system that can't tell */
    return got;
}

/* Sends content of a file on disk. As write; *starved: there is nothing to be sent before it was fetched. */
static ssize_t send_disk(struct connection *connection, bool *starved)
{
    const uint64_t left = length_of(connection) - connection->exchange.sent;
    const uint8_t *bytes;
    const ssize_t got =
        peek(connection, connection->all->piece, left < FETCH_PIECE ? (size_t)left : FETCH_PIECE,
             connection->exchange.response.offset + connection->exchange.sent, &bytes);
    *starved = got < 0 && errno == EAGAIN;
    if (got <= 0)
        return got;
    return send(connection->fd, bytes, (size_t)got, MSG_NOSIGNAL | ((uint64_t)got < left ? MSG_MORE : 0));
}

/* Copies a small file, which goes out with the head then. */
static bool copy_small(const struct connection *connection, uint8_t *small, uint64_t left, off_t at)
{
    const struct content *content = &connection->exchange.response.content;
    const uint8_t *bytes;
    if (!content->on_disk)
        return pread(content->fd, small, left, at) == (ssize_t)left;
    return peek(connection, small, left, (uint64_t)at, &bytes) == (ssize_t)left && bytes == small;
}

/* Sends what may go into the socket now of head and content in memory, or of a file. As write: how much it
 * was, or -1 with errno set. A small file is copied and goes out with its head, which costs less than
 * sendfile does. */
static ssize_t send_some(struct connection *connection, struct span head)
{
    uint8_t small[RESPONSE_COPIED];
    const struct response *response = &connection->exchange.response;
    const struct content *content = &response->content;
    uint64_t left = length_of(connection) - connection->exchange.sent;
    off_t at = (off_t)(response->offset + connection->exchange.sent);
    bool copied = content->fd >= 0 && head.size > 0 && left <= sizeof small;
    if (head.size == 0 && content->fd >= 0)
        return sendfile(connection->fd, content->fd, &at,
                        left < SENDFILE_MOST ? (size_t)left : SENDFILE_MOST);
    bool in_memory = content->shared != NULL && content->fd < 0;
    const uint8_t *bytes = in_memory ? content->shared->bytes.data : content->fixed;
    if (copied && !copy_small(connection, small, left, at))
        copied = false; /* an error of the file shows when the head is sent */
    struct iovec parts[2] = {{(void *)(uintptr_t)head.data, head.size}, {NULL, 0}};
    if (copied)
        parts[1] = (struct iovec){small, left};
    else if (bytes != NULL && left > 0)
        parts[1] = (struct iovec){(void *)(uintptr_t)(bytes + at), left};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    return sendmsg(connection->fd, &message,
                   MSG_NOSIGNAL | (content->fd >= 0 && !copied && left > 0 ? MSG_MORE : 0));
}

enum output_end output_write(struct connection *connection, struct span *head)
{
    const uint64_t length = length_of(connection);
    while (head->size > 0 || connection->exchange.sent < length) {
        bool starved = false;
        ssize_t sent = head->size == 0 && connection->exchange.response.content.on_disk
                           ? send_disk(connection, &starved)
                           : send_some(connection, *head);
        if (starved)
            return OUTPUT_STARVED;
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN)
            return OUTPUT_FULL;
        if (sent <= 0)
            return OUTPUT_BROKEN;
        size_t of_head = (size_t)sent < head->size ? (size_t)sent : head->size;
        if (of_head > 0)
            *head = (struct span){head->data + of_head, head->size - of_head};
        connection->exchange.sent += (size_t)sent - of_head;
        connection->written += sent;
    }
    return OUTPUT_WRITTEN;
}

/* The bytes that the socket holds and the client has not taken. */
static int64_t not_taken(const struct connection *connection)
{
    int bytes = 0;
    return ioctl(connection->fd, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? bytes : 0;
}

/* Of this response, and of those before it that the socket still held; so it may be negative. */
static int64_t taken(const struct connection *connection)
{
    return connection->written - not_taken(connection);
}

void output_behind(struct connection *connection, double now)
{
    connection->behind_since = now;
    connection->taken_before = taken(connection);
}

void output_begin_stretch(struct connection *connection)
{
    connection->stretch = connection->written;
    connection->stretch_taken = taken(connection);
}

bool output_made_headway(const struct connection *connection)
{
    return taken(connection) - connection->stretch_taken >= CONNECTION_STRETCH;
}

double output_rate(const struct connection *connection, double now, double grace)
{
    const double seconds = now - connection->behind_since - grace;
    return seconds > 0 ? (double)(taken(connection) - connection->taken_before) / seconds : INFINITY;
}

uint64_t output_left(const struct connection *connection)
{
    return length_of(connection) - connection->exchange.sent + (uint64_t)not_taken(connection);
}
