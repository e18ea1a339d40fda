#include "cli/serve_options.h"

#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "cli/run_options.h"

enum { QUEUE_MAX = 65536, CONNECTIONS_MAX = 1 << 20, MAX_AGE_MAX = 366 * 24 * 3600 };

void serve_options_init(struct serve_settings *settings)
{
    *settings = (struct serve_settings){
        .http =
            {
                .listen = "127.0.0.1:8080",
                .connections = 20000,
                .client_timeout = 10,
                .idle_timeout = 60,
                .drain_timeout = 30,
                .min_rate = 8 << 10,
            },
        .max_bytes = 64 << 20,
        .queue = 128,
        .max_age = 3600,
    };
    settings_init(&settings->run);
    settings->run.backend.timeout = 30;
}

/* An origin as a browser writes it: scheme, host and, where it is not the scheme's own, port. It stands in a
 * field of every answer, so nothing else may. */
static int option_origin(const struct option *option, void *settings, const char *argument,
                         struct pm_error *error)
{
    enum { LENGTH_MAX = 255 };
    static const char host[] = "abcdefghijklmnopqrstuvwxyz0123456789.-:[]";
    const char *rest = strncmp(argument, "https://", 8) == 0  ? argument + 8
                       : strncmp(argument, "http://", 7) == 0 ? argument + 7
                                                              : "";
    bool is_origin = *rest != '\0' && rest[strspn(rest, host)] == '\0' && strlen(argument) <= LENGTH_MAX;
    if (!is_origin && strcmp(argument, "*") != 0)
        return error_set(error, PM_ERROR_USAGE,
                         "is no origin (https://example.org, in small letters and without a path, or *)");
    return option_path(option, settings, argument, error);
}

static int option_host(const struct option *option, void *settings, const char *argument,
                       struct pm_error *error)
{
    (void)option;
    struct serve_settings *options = settings;
    if (options->nhosts == SERVE_HOSTS_MAX)
        return error_set(error, PM_ERROR_USAGE, "at most %d can be given (use .example.org or *)",
                         SERVE_HOSTS_MAX);
    options->hosts[options->nhosts++] = argument;
    return 0;
}

static int option_proxy(const struct option *option, void *settings, const char *argument,
                        struct pm_error *error)
{
    (void)option;
    struct serve_settings *options = settings;
    if (options->nproxies == SERVE_PROXIES_MAX)
        return error_set(error, PM_ERROR_USAGE, "at most %d can be given (name networks, as 10.0.0.0/8)",
                         SERVE_PROXIES_MAX);
    options->proxies[options->nproxies++] = argument;
    return 0;
}

#define FIELD(name) .offset = offsetof(struct serve_settings, name)

static const struct option rows[] = {
    {.name = "root",
     .argument = "DIR",
     .parse = option_path,
     FIELD(root),
     .help = "the folder whose images are served; links that lead out of it are not followed"},
    {.name = "listen",
     .argument = "ADDR:PORT",
     .parse = option_path,
     FIELD(http.listen),
     .help = "where to listen; port 0: a free one, which is printed (127.0.0.1:8080)"},
    {.name = "host",
     .argument = "NAME",
     .parse = option_host,
     .help =
         "answer requests for this host too, as a proxy may pass on; may be repeated; .example.org: it and "
         "all names below it, *: any (localhost and loopback addresses; any when listening on another "
         "address)"},
    {.name = "sign-key-file",
     .argument = "FILE",
     .parse = option_path,
     FIELD(sign_key_file),
     .help = "answer only URLs signed with a key of FILE: 32 raw bytes, or lines of 64 hex digits; read anew "
             "on SIGHUP"},
    {.name = "sign",
     .argument = "PATH",
     .parse = option_path,
     FIELD(sign),
     .help =
         "print /resize=800x600/cats/one.jpg or the like with its signature, by the file's first key, and serve nothing"},
    {.name = "unsigned",
     .parse = option_flag,
     FIELD(without_key),
     .help = "serve to others than this machine without a key: anybody may then ask for any work"},
    {.name = "open-metrics",
     .parse = option_flag,
     FIELD(open_metrics),
     .help = "answer /metrics to everybody although URLs must be signed (to this machine alone)"},
    {.name = "backend", .kind = OPTION_SAME},
    {.name = "jobs", .kind = OPTION_SAME},
    {.name = "sandbox", .kind = OPTION_SAME},
    {.name = "memory", .kind = OPTION_SAME},
    {.name = "max-pixels", .kind = OPTION_SAME},
    {.name = "allow",
     .argument = "FILE",
     .parse = option_path,
     FIELD(allow),
     .help = "do only the recipes in FILE, one a line; read anew on SIGHUP (any recipe)"},
    {.name = "log",
     .argument = "FILE",
     .parse = option_path,
     FIELD(log),
     .help = "append one JSON object for each request (see 'pixmill help serving'); -: standard output; "
             "opened anew on SIGHUP"},
    {.name = "max-bytes",
     .argument = "SIZE",
     .parse = option_size,
     FIELD(max_bytes),
     .help = "larger files are refused (64M)"},
    {.name = "timeout",
     .argument = "SECONDS",
     .parse = option_seconds,
     FIELD(run.backend.timeout),
     .help = "images that take a worker longer, or whose file takes longer to be opened, fail (30)"},
    {.name = "queue",
     .argument = "N",
     .parse = option_count,
     .min = 1,
     .max = QUEUE_MAX,
     FIELD(queue),
     .help = "images that may wait for a worker; more are refused with 503 (128)"},
    {.name = "per-client",
     .argument = "N",
     .parse = option_count,
     .min = 1,
     .max = QUEUE_MAX,
     FIELD(per_client),
     .help = "requests of one address that may wait for a worker or be sent its result; more are refused "
             "with 429 (no limit)"},
    {.name = "connections",
     .argument = "N",
     .parse = option_count,
     .min = 1,
     .max = CONNECTIONS_MAX,
     FIELD(http.connections),
     .help = "connections at once (20000, or what ulimit -n suffices for)"},
    {.name = "client-connections",
     .argument = "N",
     .parse = option_count,
     .min = 1,
     .max = CONNECTIONS_MAX,
     FIELD(http.client_connections),
     .help =
         "connections of one address at once, except trusted proxies'; an idle one makes room for another, "
         "else it is refused (256; from this machine: no limit)"},
    {.name = "trusted-proxy",
     .argument = "ADDR",
     .parse = option_proxy,
     .help = "take the client's address, for limits and log, from Forwarded or X-Forwarded-For of requests "
             "from this address or network (10.0.0.0/8); may be repeated (no proxy is trusted)"},
    {.name = "client-timeout",
     .argument = "SECONDS",
     .parse = option_seconds,
     FIELD(http.client_timeout),
     .help = "for a request to come, and for each 64 KiB of a response to be taken (10)"},
    {.name = "min-rate",
     .argument = "SIZE",
     .parse = option_size,
     FIELD(http.min_rate),
     .help = "bytes a second that a client must take of a response on average, or it is dropped (8K)"},
    {.name = "idle-timeout",
     .argument = "SECONDS",
     .parse = option_seconds,
     FIELD(http.idle_timeout),
     .help = "for a connection between two requests (60)"},
    {.name = "drain-timeout",
     .argument = "SECONDS",
     .parse = option_seconds,
     FIELD(http.drain_timeout),
     .help = "how long requests in progress may go on after SIGTERM or Ctrl-C; what is left then is cut off "
             "(30)"},
    {.name = "cache",
     .argument = "DIR",
     .parse = option_path,
     FIELD(cache),
     .help = "keep results in the folder DIR, which is made if missing (results are not kept)"},
    {.name = "cache-size",
     .argument = "SIZE",
     .parse = option_size,
     FIELD(cache_size),
     .help = "bytes that --cache may take; what was not used for longest goes first (1G)"},
    {.name = "allow-origin",
     .argument = "ORIGIN",
     .parse = option_origin,
     FIELD(http.allow_origin),
     .help =
         "let scripts of ORIGIN's pages read the pictures: https://example.org, or * for all (no others' than its own)"},
    {.name = "max-age",
     .argument = "SECONDS",
     .parse = option_count,
     .max = MAX_AGE_MAX,
     FIELD(max_age),
     .help = "how long clients and proxies may keep a picture: Cache-Control (3600)"},
    {.name = NULL},
};

const struct option_set serve_option_set = {.own = rows, .base = &run_option_set};
