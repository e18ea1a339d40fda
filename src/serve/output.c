#include "serve/output.h"

#include <errno.h>
#include <linux/sockios.h>
#include <math.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Bytes that one call may send; what a size_t of 32 bits counts, however large the file. */
enum { SENDFILE_MOST = 1 << 30 };

static uint64_t length_of(const struct connection *connection)
{
    return connection->request.method == HTTP_HEAD ? 0 : connection->response.length;
}

/* Sends what may go into the socket now of head and content in memory, or of a file. As write: how much it
 * was, or -1 with errno set. A small file is copied and goes out with its head, which costs less than
 * sendfile does. */
static ssize_t send_some(struct connection *connection, struct span head)
{
    uint8_t small[RESPONSE_COPIED];
    const struct response *response = &connection->response;
    const struct content *content = &response->content;
    uint64_t left = length_of(connection) - connection->sent;
    off_t at = (off_t)(response->offset + connection->sent);
    bool copied = content->fd >= 0 && head.size > 0 && left <= sizeof small;
    if (head.size == 0 && content->fd >= 0)
        return sendfile(connection->fd, content->fd, &at,
                        left < SENDFILE_MOST ? (size_t)left : SENDFILE_MOST);
    bool in_memory = content->shared != NULL && content->fd < 0;
    const uint8_t *bytes = in_memory ? content->shared->bytes.data : content->fixed;
    if (copied && pread(content->fd, small, left, at) != (ssize_t)left)
        copied = false; /* sendfile will tell */
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
    while (head->size > 0 || connection->sent < length) {
        ssize_t sent = send_some(connection, *head);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN)
            return OUTPUT_FULL;
        if (sent <= 0)
            return OUTPUT_BROKEN;
        size_t of_head = (size_t)sent < head->size ? (size_t)sent : head->size;
        *head = (struct span){head->data + of_head, head->size - of_head};
        connection->sent += (size_t)sent - of_head;
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
    return length_of(connection) - connection->sent + (uint64_t)not_taken(connection);
}
