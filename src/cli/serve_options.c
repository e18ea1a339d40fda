#include "cli/serve_options.h"

#include <stddef.h>

#include "cli/shared_rows.h"

enum { QUEUE_MAX = 65536, CONNECTIONS_MAX = 1 << 20, MAX_AGE_MAX = 366 * 24 * 3600 };

void serve_options_init(struct serve_options *options)
{
    *options = (struct serve_options){
        .listen = "127.0.0.1:8080",
        .backend = backends[0],
        .max_pixels = MAX_PIXELS_DEFAULT,
        .max_bytes = 64 << 20,
        .timeout = 30,
        .client_timeout = 10,
        .idle_timeout = 60,
        .queue = 128,
        .connections = 20000,
        .max_age = 3600,
    };
}

#define FIELD(name) .offset = offsetof(struct serve_options, name)

static const struct option rows[] = {
    {.name = "root",
     .argument = "DIR",
     .parse = option_path,
     FIELD(root),
     .help = "the folder whose images are served; links that lead out of it are not followed"},
    {.name = "listen",
     .argument = "ADDR:PORT",
     .parse = option_path,
     FIELD(listen),
     .help = "where to listen; port 0: a free one, which is printed (127.0.0.1:8080)"},
    {.name = "unsigned",
     .parse = option_flag,
     FIELD(without_key),
     .help = "serve to others than this machine without a key: anybody may then ask for any work"},
    ROW_BACKEND(struct serve_options),
    ROW_JOBS(struct serve_options),
    ROW_SANDBOX(struct serve_options),
    ROW_MEMORY(struct serve_options),
    ROW_MAX_PIXELS(struct serve_options),
    {.name = "max-bytes",
     .argument = "SIZE",
     .parse = option_size,
     FIELD(max_bytes),
     .help = "larger files are refused (64M)"},
    {.name = "timeout",
     .argument = "SECONDS",
     .parse = option_seconds,
     FIELD(timeout),
     .help = "images that take a worker longer fail (30)"},
    {.name = "queue",
     .argument = "N",
     .parse = option_count,
     .least = 1,
     .most = QUEUE_MAX,
     FIELD(queue),
     .help = "images that may wait for a worker; more are refused with 503 (128)"},
    {.name = "per-client",
     .argument = "N",
     .parse = option_count,
     .least = 1,
     .most = QUEUE_MAX,
     FIELD(per_client),
     .help = "requests of one address that may wait; more are refused with 429 (no limit)"},
    {.name = "connections",
     .argument = "N",
     .parse = option_count,
     .least = 1,
     .most = CONNECTIONS_MAX,
     FIELD(connections),
     .help = "connections at once (20000, or what ulimit -n suffices for)"},
    {.name = "client-timeout",
     .argument = "SECONDS",
     .parse = option_seconds,
     FIELD(client_timeout),
     .help = "for a request to come, and for each 64 KiB of a response to be taken (10)"},
    {.name = "idle-timeout",
     .argument = "SECONDS",
     .parse = option_seconds,
     FIELD(idle_timeout),
     .help = "for a connection between two requests (60)"},
    {.name = "max-age",
     .argument = "SECONDS",
     .parse = option_count,
     .most = MAX_AGE_MAX,
     FIELD(max_age),
     .help = "how long clients and proxies may keep a picture: Cache-Control (3600)"},
    {.name = NULL},
};

const struct option_set serve_option_set = {.own = rows};
