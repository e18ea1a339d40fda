/*
 * Inputs by URL, and objects in S3 storage. They are transferred by pixmill-net.so, a module that is linked
 * to libcurl and loaded when a run names one, so that other runs start faster. This header is the interface
 * between the command and the module.
 *
 * A fetch is one URL on its way into memory:
 *
 *     WAITING -> RUNNING -> HELD -> RUNNING -> WHOLE
 *        ^---------'------------------'------> FAILED
 *
 * It receives the body's first FETCH_HEAD bytes. If there are more, it is then held: nothing is read from its
 * socket, and the server has to wait, until the memory budget admits the job. If the server is busy or the
 * connection breaks, the fetch is WAITING for a while; it is resumed if the server can confirm that the file
 * is unchanged. A file that changes during the fetch is an error.
 *
 * Objects in S3 storage (object.h) are fetched in the same way, and `put` and `remove` are fetches whose
 * request does something: they are WHOLE when the server has confirmed it, and never HELD. The server and
 * the account are those of the environment (AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID and others).
 *
 * There are two ways to run it. `run` blocks, for threads that have nothing else to do. A loop runs any
 * number of fetches without blocking: its descriptor is readable whenever `loop_turn` has work.
 */
#ifndef IO_REMOTE_H
#define IO_REMOTE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"
#include "codec/codec.h"
#include "io/object.h"

/* Bytes of a body that are received before it is examined; they contain most headers. */
enum { FETCH_HEAD = 64 << 10 };

struct remote_config {
    uint64_t max_bytes;     /* of a body */
    double connect_timeout; /* seconds, including name lookup and TLS handshake */
    double fetch_timeout;   /* seconds for everything but waiting for the memory budget */
    double retry_delay;     /* seconds before the first retry; doubles with each */
    unsigned retries;       /* after the first try */
    bool allow_private;     /* addresses outside the public Internet are allowed */
};

/* The defaults. */
void remote_config_init(struct remote_config *config);

enum fetch_state { FETCH_WAITING, FETCH_RUNNING, FETCH_HELD, FETCH_WHOLE, FETCH_FAILED };

struct fetch {
    enum fetch_state state;
    struct buffer bytes; /* received so far. While the fetch is held, the caller may replace this by another
                            buffer with the same bytes */
    uint64_t size;       /* of the whole body as the server stated it; if it did not, the maximum */
    bool size_known;
    double again_at;       /* clock_now() at which a waiting fetch continues */
    unsigned http_status;  /* of the last response; 0: none */
    struct pm_error error; /* of a failed fetch; PM_ERROR_CANCELLED: the run is being stopped */
    /* In a loop: called by loop_turn when the fetch is HELD, WHOLE or FAILED. It may continue or free this
     * fetch, and add others. */
    void (*changed)(struct fetch *fetch);
    void *owner;
};

struct fetch_loop;
struct remote;

/* Gets an object of a list: s3://BUCKET/KEY, valid until it returns 0, or -1 with `error` filled. */
typedef int object_visitor(void *self, const char *name, const struct object_status *status,
                           struct pm_error *error);

/* The module's functions, exported as REMOTE_SYMBOL. */
struct remote_part {
    const char *version; /* of pixmill; if it differs, no other member may be used */
    int (*open)(struct remote *remote, struct pm_error *error);
    void (*close)(struct remote *remote);

    /* Creates a fetch, WAITING, with its first try due now. `url` must outlive it. NULL: no memory. */
    struct fetch *(*begin)(struct remote *remote, const char *url);
    /* Ends and frees a fetch in any state, with its bytes. */
    void (*free)(struct fetch *fetch);
    /* Blocks until the fetch has changed its state and is not RUNNING. Waits until a WAITING fetch is due. */
    void (*run)(struct fetch *fetch);
    /* Continues a held fetch, by `run` or the loop. */
    void (*go_on)(struct fetch *fetch);

    /* Creates a fetch that stores data[size] as the object `url`, whole or not at all; its media type is
     * `type`. `url` and the data must outlive it. It ignores that the run is being stopped, because results
     * in progress are finished. `remove` removes the object. NULL: no memory. */
    struct fetch *(*put)(struct remote *remote, const char *url, const uint8_t *data, size_t size,
                         const char *type);
    struct fetch *(*remove)(struct remote *remote, const char *url);

    /* Calls `visit` with each object whose name begins with `prefix`, in the order of their keys, at most
     * `max` of them; 0: all. A page of the list is held at a time. Blocks. Returns 0, or -1 with `error`
     * filled, also if `visit` returned -1. */
    int (*list)(struct remote *remote, const char *prefix, uint64_t max, object_visitor *visit, void *self,
                struct pm_error *error);
    /* Asks for the status of one object. Blocks. Returns 1; 0 if there is no such object; -1 with `error`
     * filled. */
    int (*look)(struct remote *remote, const char *url, struct object_status *status, struct pm_error *error);

    struct fetch_loop *(*loop_open)(struct remote *remote, unsigned max, struct pm_error *error);
    int (*loop_fd)(const struct fetch_loop *loop);
    void (*loop_add)(struct fetch_loop *loop, struct fetch *fetch);
    void (*loop_turn)(struct fetch_loop *loop);
    void (*loop_wake)(struct fetch_loop *loop);  /* makes the descriptor readable, once */
    void (*loop_close)(struct fetch_loop *loop); /* it must be empty */
};

#define REMOTE_SYMBOL "pixmill_net"

struct remote {
    const struct remote_part *part;
    struct remote_config config;
    int stop_fd;         /* an eventfd, readable once the run is being stopped */
    mode_t mode;         /* permission bits of results: what the umask leaves */
    void *library, *own; /* of dlopen; of the module */
};

/* Waits until a fetch that was begun is WHOLE or FAILED, with `run`. True: it is WHOLE. */
bool remote_run(const struct remote *remote, struct fetch *fetch);

/* Loads the module. 0, or -1 with `error` filled and remote->part NULL. */
int remote_open(struct remote *remote, const struct remote_config *config, int stop_fd,
                struct pm_error *error);
void remote_close(struct remote *remote);

/* Waits until clock_now() is `until` or the eventfd `bell` is readable, and resets it; false when the run is
 * being stopped. */
bool remote_wait(const struct remote *remote, double until, int bell);

/* Fails all fetches as cancelled, including later ones. */
void remote_stop(const struct remote *remote);

/* The bytes received so far as a byte source. `missed`: bytes that have not been received yet were requested.
 */
struct fetch_source {
    struct byte_source source;
    const struct fetch *fetch;
    bool missed;
};
void fetch_source_init(struct fetch_source *source, const struct fetch *fetch);

/* Moves the bytes of a held fetch into the buffer `room`, which the fetch takes over, enlarged for the whole
 * body if its size is known. 0, or -1 with `error` filled. */
int fetch_rehouse(struct fetch *fetch, struct buffer room, struct pm_error *error);

#endif
