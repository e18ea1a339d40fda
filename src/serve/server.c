#include "serve/server.h"

#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/heap.h"
#include "http/listen.h"
#include "serve/handler.h"
#include "serve/relief.h"
#include "serve/site.h"
#include "serve/transforms.h"

enum { FILE_THREADS = 16 };

struct server {
    struct site site; /* first: a pointer to it is one to this */
    bool failed;      /* the workers were lost */
    struct pm_error *error;
};

static void on_jobs_ended(void *self)
{
    struct server *server = self;
    transforms_deliver(&server->site);
    if (!server->failed && pool_lost(server->site.pool, server->error)) {
        server->failed = true;
        http_drain(server->site.http);
    }
}

/* Exits without waiting for workers, which may be in calls that do not return. The next start removes
 * temporary files from the cache. */
static _Noreturn void end_cut_off(const struct site *site)
{
    const struct server_config *config = site->config;
    const struct http_state http = http_state(site->http);
    struct pm_error error = {0};
    const size_t transforms = site->flights.count;
    error_set(&error, PM_ERROR_TIMEOUT,
              "%zu connection%s and %zu transform%s not finished after %g s were cut off", http.connections,
              http.connections == 1 ? "" : "s", transforms, transforms == 1 ? "" : "s",
              config->settings->http.drain_timeout);
    config->trouble(config->listener, "--drain-timeout", &error);
    if (http_close(site->http))
        access_log_close(site->log); /* writes the lines that wait */
    _exit(http.signal != 0 ? 128 + http.signal : EXIT_FAILURE);
}

static void on_log_trouble(void *self, const struct pm_error *error)
{
    const struct server_config *config = ((const struct site *)self)->config;
    config->trouble(config->listener, config->settings->log, error);
}

/* A transform needs three (input, eventfd, result), a worker process two, a hot result one. */
static size_t other_descriptors(const struct serve_settings *settings)
{
    enum { JOB = 3, WORKER = 2, OTHERS = HOT_SLOTS + 64 };
    const size_t workers = settings->run.backend.workers;
    return (settings->queue + workers) * JOB + workers * WORKER + OTHERS;
}

static int serve(struct server *server, const char **about)
{
    struct site *site = &server->site;
    const struct server_config *config = site->config;
    const double timeout = config->settings->run.backend.timeout;
    const struct http_config http = {
        .settings = &config->settings->http,
        .hosts = &config->hosts,
        .proxies = &config->proxies,
        .descriptors = other_descriptors(config->settings),
        .file_timeout = timeout > 0 ? timeout : INFINITY,
        .threads = FILE_THREADS,
    };
    site->http = http_open(&http, &site_handler, site, about, server->error);
    if (site->http == NULL)
        return -1;
    site->blocking = http_state(site->http).blocking;
    if (site->log != NULL)
        access_log_use(site->log, site->blocking, on_log_trouble, site);
    if (http_watch(site->http, pool_fd(site->pool), on_jobs_ended) != 0 ||
        http_watch(site->http, site->relief_timer, relief_give) != 0)
        return error_set(server->error, PM_ERROR_IO, "the event loop can't be set up (raise ulimit -n)");
    if (pool_start(site->pool, server->error) != 0)
        return -1;
    config->ready(config->listener, http_state(site->http).address);
    const enum http_end end = http_run(site->http);
    if (end == HTTP_CUT_OFF)
        end_cut_off(site);
    return end == HTTP_DRAINED && !server->failed ? 0 : -1;
}

int server_run(const struct server_config *config, const char **about, struct pm_error *error)
{
    struct server server = {.error = error};
    struct listen_address address;
    const struct serve_settings *settings = config->settings;
    if (listen_parse(settings->http.listen, &address, error) != 0) {
        *about = settings->http.listen;
        return -1;
    }
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    const struct pool_config pool_config = {
        .settings = &settings->run,
        .queue = settings->queue,
        .done = transforms_keep,
        .close_input = transforms_close_input,
        .listener = &server.site,
        .pictures = config->pictures,
    };
    heap_keep(settings->run.backend.keep_bytes * settings->run.backend.workers);
    struct pool *pool = pool_open(&pool_config, error);
    if (pool == NULL)
        return -1;
    if (pool_note(pool) != NULL)
        config->note(config->listener, pool_note(pool));
    int status = site_open(&server.site, config, pool, about, error) == 0 ? serve(&server, about) : -1;
    if (!http_close(server.site.http)) /* a thread is still waiting for a file system */
        _exit(status == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    site_close(&server.site);
    pool_close(pool);
    return status;
}
