#include "http/connection.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/exchange.h"

/* Max bytes that are read and discarded after a request was refused. */
enum { LINGER_MAX = 1 << 20 };

/* The request of an exchange that was refused before its head was parsed. */
static const struct http_request not_read = {.head = "", .method = HTTP_OTHER, .minor = 1};

static void go_on(struct connection *connection);

void connection_set_deadline(struct connection *connection, enum deadline_kind kind)
{
    deadline_set(&connection->all->deadlines, &connection->deadline, kind, clock_now());
}

/* Frees a connection that no function is using. */
static void free_connection(struct connection *connection)
{
    struct connections *all = connection->all;
    buffer_free(&connection->in);
    connection->peer_account->connections--;
    clients_release(&all->clients, connection->peer_account);
    clients_release(&all->clients, connection->exchange.account);
    if (connection->newer != NULL)
        connection->newer->older = connection->older;
    else
        all->newest = connection->older;
    if (connection->older != NULL)
        connection->older->newer = connection->newer;
    free(connection);
    all->count--;
    all->closed_one(all);
}

static void drop_fetch(struct connection *connection)
{
    fetch_drop(connection->output.fetch);
    connection->output.fetch = NULL;
}

static void end_exchange(struct connection *connection)
{
    struct connections *all = connection->all;
    struct response *response = &connection->exchange.response;
    drop_fetch(connection);
    response_drop_content(response);
    all->handler->ended(all->self, &connection->exchange);
    response_free(response);
    buffer_free(&connection->head);
}

struct connection *connection_of(const struct http_exchange *exchange)
{
    return (struct connection *)(uintptr_t)((const char *)exchange - offsetof(struct connection, exchange));
}

void connection_close(struct connection *connection)
{
    struct connections *all = connection->all;
    enum connection_state state = connection->state;
    connection->state = STATE_CLOSED;
    connection_set_deadline(connection, DEADLINE_NONE);
    if (state == STATE_WAITING)
        all->handler->left(all->self, &connection->exchange);
    if (state == STATE_WRITING)
        end_exchange(connection);
    if (connection->readable != NULL)
        event_free(connection->readable);
    if (connection->writable != NULL)
        event_free(connection->writable);
    close(connection->output.socket);
    if (!connection->busy)
        free_connection(connection);
}

/* Waits for more bytes of a request; `size` bytes of it have been read. */
static void await_request(struct connection *connection, size_t size)
{
    connection->state = STATE_READING;
    if (size == 0) {
        buffer_free(&connection->in);
        connection_set_deadline(connection, DEADLINE_IDLE);
    } else if (connection->deadline.kind != DEADLINE_HEAD) {
        connection_set_deadline(connection, DEADLINE_HEAD);
    }
}

/* Ends an exchange whose response is written. */
static void finish(struct connection *connection)
{
    bool linger = connection->exchange.response.linger;
    end_exchange(connection);
    if (connection->writable != NULL) {
        event_free(connection->writable);
        connection->writable = NULL;
    }
    connection->state = STATE_READING;
    if (!connection->keep_alive && !linger) {
        connection_close(connection);
    } else if (!connection->keep_alive) {
        shutdown(connection->output.socket, SHUT_WR);
        connection->state = STATE_LINGERING;
        connection->exchange.sent = 0;
        connection_set_deadline(connection, DEADLINE_HEAD);
        event_add(connection->readable, NULL);
    }
}

/* Waits until the socket takes more. Keeps the rest of the head. */
static void await_writable(struct connection *connection, struct span head);

void http_cut_off(struct http_exchange *exchange, const char *why)
{
    struct connection *connection = connection_of(exchange);
    if (exchange->response.error == NULL)
        exchange->response.error = strdup(why); /* NULL without memory: the log lacks it then */
    connection->all->cut_off++;
    connection_close(connection);
}

/* Begins the next stretch of the response; if the client is too slow, cuts it off. */
static void begin_stretch(struct connection *connection)
{
    const struct connections *all = connection->all;
    if (output_rate(&connection->output, clock_now(), all->deadlines.seconds[DEADLINE_WRITE]) <
        all->min_rate) {
        http_cut_off(&connection->exchange, "the client read the response too slowly (--min-rate)");
        return;
    }
    connection_set_deadline(connection, DEADLINE_WRITE);
    output_begin_stretch(&connection->output);
}

static void on_fetched(void *connection);

/* Has the next piece of the file fetched, and waits for it. */
static void await_piece(struct connection *connection)
{
    const struct response *response = &connection->exchange.response;
    const uint64_t sent = connection->exchange.sent;
    const int on = 1;
    drop_fetch(connection);
    setsockopt(connection->output.socket, IPPROTO_TCP, TCP_NODELAY, &on,
               sizeof on); /* sends what MSG_MORE held back */
    event_del(connection->writable != NULL ? connection->writable : connection->readable);
    connection->output.fetch =
        fetch_begin(connection->all->blocking, &response->content, response->offset + sent,
                    response->length - sent, on_fetched, connection);
    if (connection->output.fetch == NULL)
        connection_close(connection);
    else
        connection_set_deadline(connection, DEADLINE_FILE);
}

static void write_on(struct connection *connection, struct span head)
{
    switch (output_write(&connection->output, &head)) {
    case OUTPUT_WRITTEN:
        finish(connection);
        break;
    case OUTPUT_FULL:
        await_writable(connection, head);
        break;
    case OUTPUT_STARVED:
        await_piece(connection);
        break;
    case OUTPUT_BROKEN:
        connection_close(connection);
    }
}

/* Continues to write: the rest of the head, then the content. */
static void resume(struct connection *connection)
{
    struct buffer head = connection->head;
    connection->head = (struct buffer){0};
    connection->busy = true;
    write_on(connection, (struct span){(const char *)head.data, head.size});
    buffer_free(&head);
    connection->busy = false; // NOLINT(clang-analyzer-unix.Malloc): a busy connection is not freed
    if (connection->state == STATE_CLOSED)
        free_connection(connection);
    else if (connection->state == STATE_READING)
        go_on(connection);
}

static void on_writable(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what;
    resume(argument);
}

/* The client did not cause this wait: if it was behind before, it gets a new stretch. */
static void on_fetched(void *argument)
{
    struct connection *connection = argument;
    connection_set_deadline(connection, DEADLINE_NONE);
    resume(connection);
}

static void await_writable(struct connection *connection, struct span head)
{
    struct buffer left = {0};
    if (buffer_append(&left, head.data, head.size) != 0) {
        connection_close(connection);
        return;
    }
    connection->head = left;
    if (connection->writable == NULL) {
        connection->writable = event_new(connection->all->base, connection->output.socket,
                                         EV_WRITE | EV_PERSIST, on_writable, connection);
        event_del(connection->readable);
        drop_fetch(connection);
        if (connection->writable == NULL || event_add(connection->writable, NULL) != 0) {
            connection_close(connection);
            return;
        }
        output_behind(&connection->output, clock_now());
        begin_stretch(connection);
        return;
    }
    drop_fetch(connection);                /* uses no memory while the client is slow */
    event_add(connection->writable, NULL); /* await_piece may have removed it */
    if (connection->deadline.kind != DEADLINE_WRITE ||
        connection->output.written - connection->output.stretch >= OUTPUT_STRETCH)
        begin_stretch(connection);
}

void http_respond(struct http_exchange *exchange, const struct response *response)
{
    char head[RESPONSE_HEAD_MAX];
    struct connection *connection = connection_of(exchange);
    struct connections *all = connection->all;
    bool was_busy = connection->busy;
    exchange->response = *response;
    exchange->response.allow_origin = all->allow_origin;
    exchange->sent = 0;
    connection->keep_alive = exchange->request.keep_alive && !response->close && !all->draining;
    connection->output.written = 0;
    connection->state = STATE_WRITING;
    connection_set_deadline(connection, DEADLINE_NONE);
    size_t length = response_head(&exchange->response, http_date_now(&all->date), connection->keep_alive,
                                  exchange->request.minor, head);
    const size_t announced = connection->announced;
    connection->announced = 0;
    connection->busy = true;
    write_on(connection, (struct span){head + announced, length - announced});
    connection->busy = was_busy; // NOLINT(clang-analyzer-unix.Malloc): a busy connection is not freed
    if (was_busy)
        return; /* `process` is further up the stack, and continues */
    if (connection->state == STATE_CLOSED)
        free_connection(connection);
    else if (connection->state == STATE_READING)
        go_on(connection);
}

/* Copies the request out of the shared bytes. 0, or -1 when there is no memory. */
static int keep_request(struct connection *connection)
{
    struct buffer *in = &connection->in;
    struct http_request *request = &connection->exchange.request;
    if (in->size > 0 || connection->head_size == 0) /* copied already; or refused before it was parsed */
        return 0;
    if (buffer_append(in, request->head, connection->head_size) != 0)
        return -1;
    request->head = (const char *)in->data;
    return 0;
}

int http_await(struct http_exchange *exchange, enum http_wait wait)
{
    struct connection *connection = connection_of(exchange);
    if (keep_request(connection) != 0)
        return -1;
    connection_set_deadline(connection, wait == HTTP_WAIT_FILE ? DEADLINE_FILE : DEADLINE_NONE);
    return 0;
}

static void begin_exchange(struct connection *connection, const struct http_request *request,
                           size_t head_size)
{
    struct connections *all = connection->all;
    struct http_exchange *exchange = &connection->exchange;
    exchange->request = *request;
    exchange->began = clock_now();
    exchange->sent = 0;
    connection->head_size = head_size;
    memset(connection->own, 0, all->handler->exchange_bytes);
    connection_set_deadline(connection, DEADLINE_NONE);
    connection->state = STATE_WAITING;
    if (connection->from_proxy)
        exchange_identify(exchange, &all->clients, all->proxies, (struct span){request->head, head_size},
                          connection->peer, connection->client);
}

/* Answers a request that can't be parsed, after which the connection is closed. */
static void refuse_unread(struct connection *connection, int status, const char *message)
{
    begin_exchange(connection, &not_read, 0);
    const struct response response = exchange_refusal(status, message);
    http_respond(&connection->exchange, &response);
}

/* Answers the request at `bytes`, or has the handler answer it. Returns the bytes that it took, or 0 when its
 * head is incomplete. */
static size_t take_request(struct connection *connection, const char *bytes, size_t size)
{
    const struct connections *all = connection->all;
    struct http_request request;
    struct response response;
    connection->in.size = 0; /* it holds the request before this one */
    const long length = http_parse(bytes, size, &request);
    if (length == 0)
        return 0;
    if (length < 0) {
        refuse_unread(connection, (int)-length, http_refusal((int)-length));
        return size;
    }
    begin_exchange(connection, &request, (size_t)length);
    if (exchange_needs_no_handler(&request, all->hosts, &response))
        http_respond(&connection->exchange, &response);
    else
        all->handler->request(all->self, &connection->exchange);
    return (size_t)length;
}

/* Appends to what is kept. */
static int keep_rest(struct connection *connection, const char *rest, size_t size)
{
    struct buffer *in = &connection->in;
    if (buffer_append(in, rest, size) != 0)
        return -1;
    if (connection->state != STATE_READING)
        connection->exchange.request.head = (const char *)in->data; /* the bytes may have moved */
    return 0;
}

/* Handles the requests in the first `size` of the shared bytes, until one of them is not answered at once. */
static void process(struct connection *connection, size_t size)
{
    const char *bytes = (const char *)connection->all->bytes;
    size_t used = 0;
    connection->busy = true;
    connection->in.size = 0;
    connection->state = STATE_READING;
    while (connection->state == STATE_READING && used < size) {
        size_t taken = take_request(connection, bytes + used, size - used);
        if (taken == 0)
            break;
        used += taken;
    }
    bool kept = true;
    if (connection->state == STATE_WAITING || connection->state == STATE_WRITING)
        kept = keep_request(connection) == 0;
    if (connection->state != STATE_CLOSED && connection->state != STATE_LINGERING && kept)
        kept = keep_rest(connection, bytes + used, size - used) == 0;
    if (connection->state == STATE_READING && connection->half_closed)
        connection_close(connection);
    else if (connection->state == STATE_READING && kept)
        await_request(connection, size - used);
    if (!kept && connection->state != STATE_CLOSED)
        connection_close(connection);
    connection->busy = false;
    if (connection->state == STATE_CLOSED)
        free_connection(connection);
}

/* Continues with the bytes in connection->in that follow the request that was just answered. */
static void go_on(struct connection *connection)
{
    struct buffer *in = &connection->in;
    size_t size = in->size - connection->head_size;
    if (size > 0)
        memcpy(connection->all->bytes, in->data + connection->head_size, size);
    connection->head_size = 0;
    event_add(connection->readable, NULL);
    process(connection, size);
}

/* Reads more of a request. */
static void read_request(struct connection *connection)
{
    uint8_t *bytes = connection->all->bytes;
    size_t size = connection->in.size;
    if (size > 0)
        memcpy(bytes, connection->in.data, size);
    ssize_t got = recv(connection->output.socket, bytes + size, HTTP_HEAD_MAX - size, 0);
    if (got > 0)
        process(connection, size + (size_t)got);
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        connection_close(connection);
}

/* The client has closed its sending side. To find out whether it has closed the connection, the beginning of
 * the response is sent: then its system answers with a reset. The event becomes edge-triggered, because a
 * socket at its end is always readable. */
static void half_close(struct connection *connection)
{
    static const char start[] = RESPONSE_START;
    connection->half_closed = true;
    event_free(connection->readable);
    connection->readable = event_new(connection->all->base, connection->output.socket,
                                     EV_READ | EV_ET | EV_PERSIST, connection_readable, connection);
    const ssize_t sent = send(connection->output.socket, start, sizeof start - 1, MSG_NOSIGNAL);
    const bool left = sent < 0 && errno != EAGAIN && errno != EINTR;
    if (left || connection->readable == NULL || event_add(connection->readable, NULL) != 0)
        connection_close(connection);
    else
        connection->announced = sent > 0 ? (uint8_t)sent : 0;
}

/* At the end of its input a socket does not report errors to recv. */
static bool is_reset(const struct connection *connection)
{
    int why = 0;
    socklen_t size = sizeof why;
    return getsockopt(connection->output.socket, SOL_SOCKET, SO_ERROR, &why, &size) != 0 || why != 0;
}

/* Notices, while the handler works, that the client has left: the end of the connection comes after
 * everything that was sent before, so that is read and kept, at most one head; then reading stops. */
static void read_ahead(struct connection *connection)
{
    char *bytes = (char *)connection->all->bytes;
    size_t room = HTTP_HEAD_MAX - connection->in.size;
    if (room == 0) {
        event_del(connection->readable);
        return;
    }
    ssize_t got = recv(connection->output.socket, bytes, room, 0);
    if (got == 0 && !connection->half_closed)
        half_close(connection);
    else if ((got == 0 && is_reset(connection)) || (got < 0 && errno != EAGAIN && errno != EINTR) ||
             (got > 0 && keep_rest(connection, bytes, (size_t)got) != 0))
        connection_close(connection);
}

static void discard(struct connection *connection)
{
    ssize_t got = recv(connection->output.socket, connection->all->bytes, HTTP_HEAD_MAX, 0);
    if (got > 0)
        connection->exchange.sent += (size_t)got;
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR) || connection->exchange.sent > LINGER_MAX)
        connection_close(connection);
}

void connection_readable(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what;
    struct connection *connection = argument;
    if (connection->state == STATE_READING)
        read_request(connection);
    else if (connection->state == STATE_WAITING)
        read_ahead(connection);
    else if (connection->state == STATE_LINGERING)
        discard(connection);
}

void connection_expire(struct connection *connection)
{
    if (connection->deadline.kind == DEADLINE_FILE && connection->state == STATE_WRITING) {
        http_cut_off(&connection->exchange, "the file system did not answer in time");
        return;
    }
    if (connection->deadline.kind == DEADLINE_FILE) {
        connection->all->handler->late(connection->all->self, &connection->exchange);
        return;
    }
    if (connection->state == STATE_WRITING) {
        if (output_made_headway(&connection->output))
            begin_stretch(connection);
        else
            http_cut_off(&connection->exchange, "the client stopped reading the response (--client-timeout)");
        return;
    }
    bool half_a_head = connection->state == STATE_READING && connection->in.size > 0;
    connection_set_deadline(connection, DEADLINE_NONE);
    if (!half_a_head) {
        connection_close(connection);
        return;
    }
    refuse_unread(connection, 408, "the request took too long to arrive");
}
