/*
 * A real server: `pixmill serve` on a free port, with libcurl as its client, and a bare socket for what no
 * well-bred client does. Each test has a folder of its own (cli/run.h), in which root/ is served.
 */
#ifndef TESTS_SERVE_LIVE_H
#define TESTS_SERVE_LIVE_H

#include "cli/run.h"

struct live {
    struct running running;
    char address[64]; /* "127.0.0.1:34567" */
};

/* Starts it with these arguments behind --root=root --listen=127.0.0.1:0, and waits until it is ready. */
struct live live_start(const char *const *arguments);
#define LIVE(...) live_start((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

/* Waits until another program says, as the server does, where it listens. */
struct live live_await(struct running running);

/* Sends SIGTERM and waits; asserts that it exits with 0. */
void live_stop(struct live *live);

/* An answer; its texts live until the test ends. */
struct reply {
    long status;
    char *body; /* NUL-terminated */
    size_t size;
    char *head; /* the response's head, as it came */
};

/* GET `path`, as it is, with more header fields ("Range: bytes=0-9"), which end with NULL. */
struct reply live_get(const struct live *live, const char *path, const char *const *fields);
#define GET(live, path) live_get(live, path, NULL)
#define GET_WITH(live, path, ...) live_get(live, path, (const char *const[]){__VA_ARGS__, NULL})

/* The same with another method. */
struct reply live_ask(const struct live *live, const char *method, const char *path,
                      const char *const *fields);

/* The value of a header field, or NULL. */
const char *reply_field(const struct reply *reply, const char *name);

/* Asserts the status and, of an error, that the body is the JSON that goes with it. */
void expect_status(const struct reply *reply, long status);

/* A connected socket, with a receive buffer of `room` bytes (0: the system's); reads give up after a minute.
 */
int live_connect(const struct live *live, int room);

/* Sends text. */
void live_send(int socket, const char *text);

/* Reads until the server closes the connection, or until `text` has come (NULL: the former); what came,
 * NUL-terminated. */
char *live_read(int socket, const char *text);

/* The value of a line of /metrics, "pixmill_requests_total{status=\"200\"}"; 0 when there is none. */
double live_metric(const struct live *live, const char *name);

/* Waits until it is at least `least`. */
void live_await_metric(const struct live *live, const char *name, double least);

/* The first child of a process; 0 on a kernel that does not tell, for which a test that needs it is skipped.
 */
#define LIVE_NO_CHILDREN "this kernel does not list the children of a process"
pid_t live_child(pid_t parent);

#endif
