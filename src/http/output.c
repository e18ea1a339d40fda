#include "http/output.h"

#include <errno.h>
#include <linux/sockios.h>
#include <math.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Max bytes of one sendfile call: they fit in a size_t of 32 bits. */
enum { SENDFILE_MAX = 1 << 30 };

static uint64_t length_of(const struct output *output)
{
    return output->exchange->request.method == HTTP_HEAD ? 0 : output->exchange->response.length;
}

/* Bytes of a file on disk that can be had without waiting: fetched before, or in the page cache. As pread: -1
 * with errno EAGAIN if they must be fetched first. */
static ssize_t peek(const struct output *output, uint8_t *buffer, size_t size, uint64_t at,
                    const uint8_t **bytes)
{
    const struct fetch *fetch = output->fetch;
    const size_t fetched = fetch != NULL ? fetch_bytes(fetch, at, bytes) : 0;
    if (fetched > 0 || (fetch != NULL && fetch_failed(fetch)))
        return (ssize_t)(fetched < size ? fetched : size);
    const struct iovec room = {buffer, size};
    *bytes = buffer;
    const ssize_t got = preadv2(output->exchange->response.content.fd, &room, 1, (off_t)at, RWF_NOWAIT);
    if (got < 0 && (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL))
        errno = EAGAIN; /* the file system can't tell */
    return got;
}

/* Sends content of a file on disk. As write; *starved: the next bytes must be fetched first. */
static ssize_t send_disk(struct output *output, bool *starved)
{
    const uint64_t left = length_of(output) - output->exchange->sent;
    const uint8_t *bytes;
    const ssize_t got = peek(output, output->piece, left < FETCH_PIECE ? (size_t)left : FETCH_PIECE,
                             output->exchange->response.offset + output->exchange->sent, &bytes);
    *starved = got < 0 && errno == EAGAIN;
    if (got <= 0)
        return got;
    return send(output->socket, bytes, (size_t)got, MSG_NOSIGNAL | ((uint64_t)got < left ? MSG_MORE : 0));
}

/* Copies a small file's bytes, to be sent together with the head. */
static bool copy_small(const struct output *output, uint8_t *small, uint64_t left, off_t at)
{
    const struct content *content = &output->exchange->response.content;
    const uint8_t *bytes;
    if (!content->on_disk)
        return pread(content->fd, small, left, at) == (ssize_t)left;
    return peek(output, small, left, (uint64_t)at, &bytes) == (ssize_t)left && bytes == small;
}

/* Sends as much as the socket takes now: of the head with content in memory, or of a file. As write: the
 * number of bytes, or -1 with errno set. A small file is copied and sent with the head, which is faster than
 * sendfile. */
static ssize_t send_some(struct output *output, struct span head)
{
    uint8_t small[RESPONSE_COPIED];
    const struct response *response = &output->exchange->response;
    const struct content *content = &response->content;
    uint64_t left = length_of(output) - output->exchange->sent;
    off_t at = (off_t)(response->offset + output->exchange->sent);
    bool copied = content->fd >= 0 && head.size > 0 && left <= sizeof small;
    if (head.size == 0 && content->fd >= 0)
        return sendfile(output->socket, content->fd, &at, left < SENDFILE_MAX ? (size_t)left : SENDFILE_MAX);
    bool in_memory = content->shared != NULL && content->fd < 0;
    const uint8_t *bytes = in_memory ? content->shared->bytes.data : content->fixed;
    if (copied && !copy_small(output, small, left, at))
        copied = false; /* the next call reports the file's error */
    struct iovec parts[2] = {{(void *)(uintptr_t)head.data, head.size}, {NULL, 0}};
    if (copied)
        parts[1] = (struct iovec){small, left};
    else if (bytes != NULL && left > 0)
        parts[1] = (struct iovec){(void *)(uintptr_t)(bytes + at), left};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    return sendmsg(output->socket, &message,
                   MSG_NOSIGNAL | (content->fd >= 0 && !copied && left > 0 ? MSG_MORE : 0));
}

enum output_end output_write(struct output *output, struct span *head)
{
    const uint64_t length = length_of(output);
    while (head->size > 0 || output->exchange->sent < length) {
        bool starved = false;
        ssize_t sent = head->size == 0 && output->exchange->response.content.on_disk
                           ? send_disk(output, &starved)
                           : send_some(output, *head);
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
        output->exchange->sent += (size_t)sent - of_head;
        output->written += sent;
    }
    return OUTPUT_WRITTEN;
}

/* Bytes that are in the socket's buffer and the client has not read. */
static int64_t not_taken(const struct output *output)
{
    int bytes = 0;
    return ioctl(output->socket, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? bytes : 0;
}

/* Bytes of this response that the client has read. Negative while earlier responses are in the buffer. */
static int64_t taken(const struct output *output)
{
    return output->written - not_taken(output);
}

void output_behind(struct output *output, double now)
{
    output->behind_since = now;
    output->taken_before = taken(output);
}

void output_begin_stretch(struct output *output)
{
    output->stretch = output->written;
    output->stretch_taken = taken(output);
}

bool output_made_headway(const struct output *output)
{
    return taken(output) - output->stretch_taken >= OUTPUT_STRETCH;
}

double output_rate(const struct output *output, double now, double grace)
{
    const double seconds = now - output->behind_since - grace;
    return seconds > 0 ? (double)(taken(output) - output->taken_before) / seconds : INFINITY;
}

uint64_t output_left(const struct output *output)
{
    return length_of(output) - output->exchange->sent + (uint64_t)not_taken(output);
}
