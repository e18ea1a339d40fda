/*
 * Messages between processes over a SOCK_SEQPACKET pair: each is sent and received whole or not at all, and
 * the end of the other process is the end of the stream. Descriptors may travel with one.
 *
 * Sending never waits. If the socket is full because the other end does not read, that end breaks the
 * protocol, and sending fails as if it had ended.
 */
#ifndef BACKEND_MESSAGE_H
#define BACKEND_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

/* A connected pair, close-on-exec. Returns 0, or -1 with errno set. */
int message_pair(int sockets[2]);

/* Return 0, or -1 with errno set; no SIGPIPE. Errors of receiving: EPIPE: the other end has closed;
 * ECONNRESET: it has closed with unread messages; EPROTO: its message has another size, or is empty. */
int message_send(int socket, const void *bytes, size_t size);
int message_receive(int socket, void *bytes, size_t size);

/* One message of two parts: a head of fixed size, and data whose size differs from message to message. */
int message_send_parts(int socket, const void *first, size_t first_size, const void *second,
                       size_t second_size);

/* Receives a message of any size up to `max`. Returns its size; 0 at the end of the stream or for an empty
 * message, which can't be distinguished (the sandbox allows no other call); or -1 as message_receive. */
long message_receive_up_to(int socket, void *bytes, size_t max);

/* Is there a message that the other end has not received yet? Answered by the kernel; the other end must be
 * open. */
bool message_unread(int socket);

/* Is there a message, or has the peer closed the socket? Never waits. */
enum message_state { MESSAGE_NONE, MESSAGE_THERE, MESSAGE_END };
enum message_state message_peek(int socket);

enum { MESSAGE_DESCRIPTORS = 2 };

/* The same with two descriptors. The receiver owns those it gets (close-on-exec); they are -1 if the sender
 * sent none or this process has too many open files. */
int message_send_with(int socket, const void *bytes, size_t size, const int fds[MESSAGE_DESCRIPTORS]);
int message_receive_with(int socket, void *bytes, size_t size, int fds[MESSAGE_DESCRIPTORS]);

#endif
