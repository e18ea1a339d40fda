#include "backend/message.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The sandbox's filter allows only sendto and recvfrom. On some machines the C library implements send and
 * recv by other calls: by socketcall, whose arguments are in memory and can't be filtered, or by calls of
 * those names. */
static ssize_t send_call(int socket, const void *bytes, size_t size, int flags)
{
#if defined(SYS_socketcall) || defined(SYS_send)
    return syscall(SYS_sendto, socket, bytes, size, flags, NULL, 0);
#else
    return send(socket, bytes, size, flags);
#endif
}

static ssize_t receive_call(int socket, void *bytes, size_t size, int flags)
{
#if defined(SYS_socketcall) || defined(SYS_send)
    return syscall(SYS_recvfrom, socket, bytes, size, flags, NULL, NULL);
#else
    return recv(socket, bytes, size, flags);
#endif
}

int message_pair(int sockets[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets);
}

int message_send(int socket, const void *bytes, size_t size)
{
    ssize_t sent;
    do {
        sent = send_call(socket, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)size ? 0 : -1;
}

int message_send_parts(int socket, const void *first, size_t first_size, const void *second,
                       size_t second_size)
{
    struct iovec parts[] = {{.iov_base = (void *)first, .iov_len = first_size},
                            {.iov_base = (void *)second, .iov_len = second_size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t sent;
    do {
        sent = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)(first_size + second_size) ? 0 : -1;
}

/* After a receive of 0 bytes: end of stream? Otherwise it was an empty message. */
static bool is_at_end(int socket)
{
    struct pollfd state = {.fd = socket};
    return poll(&state, 1, 0) > 0 && (state.revents & POLLHUP) != 0;
}

long message_receive_up_to(int socket, void *bytes, size_t max)
{
    ssize_t received;
    do {
        received =
            receive_call(socket, bytes, max, MSG_TRUNC); /* returns the full size of a longer message */
    } while (received < 0 && errno == EINTR);
    if (received >= 0 && (size_t)received > max) {
        errno = EPROTO;
        return -1;
    }
    return (long)received;
}

int message_receive(int socket, void *bytes, size_t size)
{
    const long received = message_receive_up_to(socket, bytes, size);
    if (received >= 0)
        errno = received == 0 && is_at_end(socket) ? EPIPE : EPROTO;
    return received == (long)size ? 0 : -1;
}

bool message_unread(int socket)
{
    int bytes;
    return ioctl(socket, SIOCOUTQ, &bytes) == 0 && bytes > 0;
}

enum message_state message_peek(int socket)
{
    char byte;
    ssize_t received;
    do {
        received = receive_call(socket, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT);
    } while (received < 0 && errno == EINTR);
    if (received > 0)
        return MESSAGE_THERE;
    if (received < 0)
        return errno == EAGAIN ? MESSAGE_NONE : MESSAGE_END;
    return is_at_end(socket) ? MESSAGE_END : MESSAGE_THERE;
}

/* Room for the control message that carries the descriptors, aligned as its header must be. */
union descriptors {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int[MESSAGE_DESCRIPTORS]))];
};

int message_send_with(int socket, const void *bytes, size_t size, const int fds[MESSAGE_DESCRIPTORS])
{
    union descriptors control = {.bytes = {0}};
    struct msghdr message = {
        .msg_iov = &(struct iovec){.iov_base = (void *)bytes, .iov_len = size},
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int[MESSAGE_DESCRIPTORS]));
    memcpy(CMSG_DATA(header), fds, sizeof(int[MESSAGE_DESCRIPTORS]));
    ssize_t sent;
    do {
        sent = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)size ? 0 : -1;
}

/* Takes the descriptors out of a message; all or none. */
static void take_descriptors(struct msghdr *message, int fds[MESSAGE_DESCRIPTORS])
{
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
         header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        int got[MESSAGE_DESCRIPTORS];
        memcpy(got, CMSG_DATA(header), count * sizeof(int));
        if (count == MESSAGE_DESCRIPTORS) {
            memcpy(fds, got, sizeof got);
            return;
        }
        for (size_t i = 0; i < count; i++) /* this process has too many open files, and got only the first */
            close(got[i]);
    }
}

int message_receive_with(int socket, void *bytes, size_t size, int fds[MESSAGE_DESCRIPTORS])
{
    union descriptors control;
    struct msghdr message = {
        .msg_iov = &(struct iovec){.iov_base = bytes, .iov_len = size},
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    fds[0] = fds[1] = -1;
    ssize_t received;
    do {
        received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    if (received < 0)
        return -1;
    take_descriptors(&message, fds);
    return received == (ssize_t)size && (message.msg_flags & MSG_TRUNC) == 0 ? 0 : -1;
}
