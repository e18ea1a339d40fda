/*
 * A real server: `pixmill serve` on a free port, with libcurl as its client, and a plain socket for requests
 * that no correct client sends. Each test has its own folder (cli/run.h), in which root/ is served.
 */
#ifndef TESTS_SERVE_LIVE_H
#define TESTS_SERVE_LIVE_H

#include "cli/run.h"

struct live {
    struct running running;
    char address[64]; /* "127.0.0.1:34567" */
};

/* Starts the server with these arguments after --root=root --listen=127.0.0.1:0, and waits until it is ready.
 */
struct live live_start(const char *const *arguments);
#define LIVE(...) live_start((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

/* Waits until another program reports its address, in the same form as the server. */
struct live live_await(struct running running);

/* Sends SIGTERM and waits; asserts that the exit status is 0. */
void live_stop(struct live *live);

/* A response; its texts are valid until the test ends. */
struct reply {
    long status;
    char *body; /* NUL-terminated */
    size_t size;
    char *head; /* the unchanged head of the response */
};

/* GET with the unchanged `path` and additional header fields ("Range: bytes=0-9") up to a NULL. */
struct reply live_get(const struct live *live, const char *path, const char *const *fields);
#define GET(live, path) live_get(live, path, NULL)
#define GET_WITH(live, path, ...) live_get(live, path, (const char *const[]){__VA_ARGS__, NULL})

/* The same with another method. */
struct reply live_ask(const struct live *live, const char *method, const char *path,
                      const char *const *fields);

/* The value of a header field, or NULL. */
const char *reply_field(const struct reply *reply, const char *name);

/* Asserts the status and, for an error, that the body is the corresponding JSON. */
void expect_status(const struct reply *reply, long status);

/* A connected socket, with a receive buffer of `room` bytes (0: the system's default); reads time out after a
 * minute. */
int live_connect(const struct live *live, int room);

/* Sends text. */
void live_send(int socket, const char *text);

/* Like recv, and goes on after a test that was stopped and continued: a socket with a time limit gives EINTR
 * then, whatever SA_RESTART says. */
ssize_t live_receive(int socket, void *bytes, size_t size, int flags);

/* Reads until the server closes the connection, or until `text` was received (NULL: until it closes). Returns
 * what was received, NUL-terminated. */
char *live_read(int socket, const char *text);

/* The value of a line of /metrics, "pixmill_requests_total{status=\"200\"}"; 0 if there is none. */
double live_metric(const struct live *live, const char *name);

/* Waits until the value is at least `least`. */
void live_await_metric(const struct live *live, const char *name, double least);

/* The first child of a process; 0 if the kernel does not list children: then tests that need it are skipped.
 */
#define LIVE_NO_CHILDREN "this kernel does not list the children of a process"
pid_t live_child(pid_t parent);

#endif
