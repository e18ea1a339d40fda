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

/* An origin as browsers write it: scheme, host and, unless it is the default, port. Other characters are
 * refused, because the origin is sent in a field of every response. */
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
                         "not an origin (https://example.org, in lower case and without a path, or *)");
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

static const struct codec *written_format(const char *name, size_t size)
{
    for (const struct codec *const *codec = codecs; *codec != NULL; codec++) {
        if (codec_writes(*codec) && strlen((*codec)->name) == size && memcmp((*codec)->name, name, size) == 0)
            return *codec;
    }
    return NULL;
}

static int option_auto_formats(const struct option *option, void *settings, const char *argument,
                               struct pm_error *error)
{
    (void)option;
    struct auto_formats *formats = &((struct serve_settings *)settings)->auto_formats;
    *formats = (struct auto_formats){0};
    for (const char *name = argument; name != NULL;) {
        const size_t size = strcspn(name, ",");
        const struct codec *format = written_format(name, size);
        char known[64];
        for (size_t i = 0; i < formats->count; i++) {
            if (formats->format[i] == format)
                return error_set(error, PM_ERROR_USAGE, "%s is named twice", format->name);
        }
        if (format == NULL)
            return error_set(error, PM_ERROR_USAGE, "'%.*s' is no format that is written (these are: %s)",
                             (int)(size < 32 ? size : 32), name, codec_written_names(known, sizeof known));
        formats->format[formats->count++] = format;
        name = name[size] != '\0' ? name + size + 1 : NULL;
    }
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
     .help = "the folder whose images are served; links to files outside it are not followed"},
    {.name = "listen",
     .argument = "ADDR:PORT",
     .parse = option_path,
     FIELD(http.listen),
     .help = "address to listen on; port 0: any free port, which is printed (127.0.0.1:8080)"},
    {.name = "host",
     .argument = "NAME",
     .parse = option_host,
     .help =
         "also answer requests for this host name; may be repeated; .example.org: this name and all names "
         "below it, *: any (localhost and loopback addresses; any when listening on another address)"},
    {.name = "sign-key-file",
     .argument = "FILE",
     .parse = option_path,
     FIELD(sign_key_file),
     .help = "answer only URLs signed with a key of FILE: 32 raw bytes, or lines of 64 hex digits; reread on "
             "SIGHUP"},
    {.name = "sign",
     .argument = "PATH",
     .parse = option_path,
     FIELD(sign),
     .help =
         "print PATH, such as /resize=800x600/cats/one.jpg, with its signature by the file's first key, and "
         "exit"},
    {.name = "unsigned",
     .parse = option_flag,
     FIELD(without_key),
     .help = "let other machines use the server without a key: anyone can then request any work"},
    {.name = "open-metrics",
     .parse = option_flag,
     FIELD(open_metrics),
     .help = "answer requests for /metrics from all clients even if URLs must be signed (only this machine)"},
    {.name = "backend", .kind = OPTION_SAME},
    {.name = "jobs", .kind = OPTION_SAME},
    {.name = "sandbox", .kind = OPTION_SAME},
    {.name = "memory", .kind = OPTION_SAME},
    {.name = "max-pixels", .kind = OPTION_SAME},
    {.name = "allow",
     .argument = "FILE",
     .parse = option_path,
     FIELD(allow),
     .help = "allow only the recipes in FILE, one per line; reread on SIGHUP (any recipe)"},
    {.name = "watermarks",
     .argument = "DIR",
     .parse = option_path,
     FIELD(watermarks),
     .help =
         "the folder of the pictures that watermark=NAME, and of the ICC profiles that profile=NAME.icc may "
         "use; read at the start only: restart the server after a change (both are refused)"},
    {.name = "log",
     .argument = "FILE",
     .parse = option_path,
     FIELD(log),
     .help = "append one JSON object for each request (see 'pixmill help serving'); -: standard output; "
             "reopened on SIGHUP"},
    {.name = "max-bytes",
     .argument = "SIZE",
     .parse = option_size,
     FIELD(max_bytes),
     .help = "refuse larger files (64M)"},
    {.name = "timeout",
     .argument = "SECONDS",
     .parse = option_seconds,
     FIELD(run.backend.timeout),
     .help = "images that take longer to process, or whose file takes longer to open, fail (30)"},
    {.name = "queue",
     .argument = "N",
     .parse = option_count,
     .min = 1,
     .max = QUEUE_MAX,
     FIELD(queue),
     .help = "images that may wait for a worker; further ones are refused with 503 (128)"},
    {.name = "per-client",
     .argument = "N",
     .parse = option_count,
     .min = 1,
     .max = QUEUE_MAX,
     FIELD(per_client),
     .help =
         "requests of one address that may wait for a worker or for their result; further ones are refused "
         "with 429 (no limit)"},
    {.name = "connections",
     .argument = "N",
     .parse = option_count,
     .min = 1,
     .max = CONNECTIONS_MAX,
     FIELD(http.connections),
     .help = "connections at once (20000, or as many as ulimit -n allows)"},
    {.name = "client-connections",
     .argument = "N",
     .parse = option_count,
     .min = 1,
     .max = CONNECTIONS_MAX,
     FIELD(http.client_connections),
     .help =
         "connections of one address at once, except trusted proxies; a further one replaces an idle one or "
         "is refused (256; from this machine: no limit)"},
    {.name = "trusted-proxy",
     .argument = "ADDR",
     .parse = option_proxy,
     .help = "take the client's address, for limits and log, from Forwarded or X-Forwarded-For of requests "
             "from this address or network (10.0.0.0/8); may be repeated (no proxy is trusted)"},
    {.name = "client-timeout",
     .argument = "SECONDS",
     .parse = option_seconds,
     FIELD(http.client_timeout),
     .help = "limit for receiving a request, and for a client to read each 64 KiB of a response (10)"},
    {.name = "min-rate",
     .argument = "SIZE",
     .parse = option_size,
     FIELD(http.min_rate),
     .help =
         "bytes per second that a client must read of a response on average, or its connection is closed (8K)"},
    {.name = "idle-timeout",
     .argument = "SECONDS",
     .parse = option_seconds,
     FIELD(http.idle_timeout),
     .help = "limit for an idle connection between two requests (60)"},
    {.name = "drain-timeout",
     .argument = "SECONDS",
     .parse = option_seconds,
     FIELD(http.drain_timeout),
     .help =
         "how long requests in progress may continue after SIGTERM or Ctrl-C; then they are cut off (30)"},
    {.name = "cache",
     .argument = "DIR",
     .parse = option_path,
     FIELD(cache),
     .help = "keep results in the folder DIR; created if missing (results are not kept)"},
    {.name = "cache-size",
     .argument = "SIZE",
     .parse = option_size,
     FIELD(cache_size),
     .help = "size limit of --cache; the least recently used results are removed first (1G)"},
    {.name = "allow-origin",
     .argument = "ORIGIN",
     .parse = option_origin,
     FIELD(http.allow_origin),
     .help = "let scripts of pages from ORIGIN read the images: https://example.org, or * for all (only the "
             "server's own pages)"},
    {.name = "auto-formats",
     .argument = "LIST",
     .parse = option_auto_formats,
     .help =
         "formats of format=auto, best first, as webp,jpeg: of those that a client names and likes alike, the "
         "first; one that names none of them gets the file's own. For an image of 800 x 533, JPEG took 0.01 s, WebP "
         "0.16, JPEG XL 0.31 and AVIF 0.75, so that AVIF is for servers whose images are asked for often (the "
         "file's own, unless the client prefers another)"},
    {.name = "max-age",
     .argument = "SECONDS",
     .parse = option_count,
     .max = MAX_AGE_MAX,
     FIELD(max_age),
     .help = "how long clients and proxies may cache an image: Cache-Control (3600)"},
    {.name = NULL},
};

const struct option_set serve_option_set = {.own = rows, .base = &run_option_set};
