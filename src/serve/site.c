#include "serve/site.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/key_file.h"
#include "serve/answer.h"
#include "serve/lookup.h"
#include "serve/misplaced.h"
#include "serve/own_pages.h"
#include "serve/relief.h"
#include "serve/root.h"
#include "serve/visit.h"

enum { CLIENT_LEFT = 499 }; /* nginx's status, for the log only: no client receives it */

static void answer_picture(struct site *site, struct http_exchange *exchange)
{
    struct span path = http_part(&exchange->request, HTTP_PATH);
    struct pm_error error = {0};
    size_t signature = site->signer != NULL ? signer_check(site->signer, path.data, path.size) : 0;
    if (site->signer != NULL && signature == 0) {
        answer_refuse(exchange, 403, "the URL's signature is missing or wrong");
        return;
    }
    if (query_is_misplaced(http_part(&exchange->request, HTTP_QUERY), &error)) {
        answer_refuse_error(site, exchange, 400, &error);
        return;
    }
    path = (struct span){path.data + signature, path.size - signature};
    lookup_begin(site, exchange, path);
}

static void on_request(void *self, struct http_exchange *exchange)
{
    struct site *site = self;
    if (!own_page_answer(site, exchange))
        answer_picture(site, exchange);
}

/* Counts an exchange and writes its line of the log. */
static void record(struct site *site, const struct http_exchange *exchange, int status, const char *why)
{
    const struct http_request *request = &exchange->request;
    const struct visit *visit = visit_of(exchange);
    struct pm_error error = {0};
    struct access access = {
        .client = exchange->client,
        .method = http_part(request, HTTP_METHOD_NAME),
        .path = http_part(request, HTTP_PATH),
        .query = http_part(request, HTTP_QUERY),
        .referer = http_part(request, HTTP_REFERER),
        .user_agent = http_part(request, HTTP_USER_AGENT),
        .status = status,
        .bytes = exchange->sent,
        .seconds = clock_now() - exchange->began,
        .wait_s = visit->waited ? visit->wait_s : -1,
        .service_s = visit->served ? visit->service_s : -1,
        .cache = visit->cache,
        .error = why,
        .warnings = exchange->response.warnings,
    };
    metrics_request(&site->metrics, status, access.bytes, access.seconds);
    if (site->log == NULL)
        return;
    clock_gettime(CLOCK_REALTIME, &access.time);
    double began = (double)access.time.tv_sec + (double)access.time.tv_nsec / 1e9 - access.seconds;
    access.time.tv_sec = (time_t)began;
    access.time.tv_nsec = (long)((began - (double)access.time.tv_sec) * 1e9);
    if (access_log_write(site->log, &access, &error) != 0)
        site->config->trouble(site->config->listener, site->config->settings->log, &error);
}

/* The exchange no longer counts towards its client's limits. */
static void settle_account(struct http_exchange *exchange)
{
    struct visit *visit = visit_of(exchange);
    exchange->account->requests -= visit->counted;
    exchange->account->held -= visit->held;
    visit->counted = false;
    visit->held = 0;
}

/* The exchange no longer waits for a file. */
static void leave_file(struct site *site, struct http_exchange *exchange)
{
    if (visit_of(exchange)->lookup != NULL)
        lookup_leave(exchange);
    if (visit_of(exchange)->listed)
        own_page_leave(site, exchange);
}

static void on_left(void *self, struct http_exchange *exchange)
{
    struct site *site = self;
    struct flight *flight = visit_of(exchange)->flight;
    if (flight != NULL && flight_leave(&site->flights, exchange))
        pool_recall(site->pool, &flight->work);
    leave_file(site, exchange);
    settle_account(exchange);
    record(site, exchange, CLIENT_LEFT, NULL);
}

static void on_ended(void *self, struct http_exchange *exchange)
{
    struct site *site = self;
    settle_account(exchange);
    relief_held_changed(site);
    record(site, exchange, exchange->response.status, exchange->response.error);
}

/* The file system that holds the picture does not answer. */
static void on_late(void *self, struct http_exchange *exchange)
{
    leave_file(self, exchange);
    answer_refuse(exchange, 504, "the file system did not answer in time (try again)");
}

static bool is_busy(void *self)
{
    return ((const struct site *)self)->flights.count > 0;
}

static void on_hangup(void *self)
{
    site_reload(self);
}

const struct http_handler site_handler = {
    .exchange_bytes = sizeof(struct visit),
    .request = on_request,
    .left = on_left,
    .late = on_late,
    .ended = on_ended,
    .is_busy = is_busy,
    .hangup = on_hangup,
};

int site_open(struct site *site, const struct server_config *config, struct pool *pool, const char **about,
              struct pm_error *error)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *site = (struct site){.config = config, .pool = pool, .rules.root = -1};
    site->relief_timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (site->relief_timer < 0)
        return error_set(error, PM_ERROR_IO, "no timer: %s (raise ulimit -n)", strerror(errno));
    site->started = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
    site->rules = (struct picture_rules){.root = -1,
                                         .max_bytes = config->settings->max_bytes,
                                         .max_age = config->settings->max_age,
                                         .pictures = config->pictures};
    *about = config->settings->root;
    site->rules.root = root_open(config->settings->root, error);
    if (site->rules.root < 0)
        return -1;
    site->rules.root_is_local = !blocking_needs_closing(site->rules.root);
    *about = NULL; /* the signer's errors name the file */
    if (config->settings->sign_key_file != NULL &&
        (site->signer = signer_open(config->settings->sign_key_file, error)) == NULL)
        return -1;
    *about = config->settings->allow;
    if (config->settings->allow != NULL && (site->allow = allow_open(config->settings->allow, error)) == NULL)
        return -1;
    site->rules.allow = site->allow;
    *about = config->settings->log;
    if (config->settings->log != NULL && (site->log = access_log_open(config->settings->log, error)) == NULL)
        return -1;
    *about = config->settings->cache;
    if (config->settings->cache != NULL && root_holds(site->rules.root, config->settings->cache))
        return error_set(
            error, PM_ERROR_USAGE,
            "the cache is in the served folder: its files would be served (choose another folder)");
    if (config->settings->cache != NULL &&
        (site->cache = cache_open(config->settings->cache, config->settings->cache_size, error)) == NULL)
        return -1;
    *about = NULL;
    site->rules.digest = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (site->rules.digest == NULL || page_policy(site->page_policy) != 0)
        return error_memory(error, 0);
    return 0;
}

void site_close(struct site *site)
{
    shared_bytes_drop(site->list);
    hot_free(&site->hot);
    cache_close(site->cache);
    access_log_close(site->log);
    allow_close(site->allow);
    signer_close(site->signer);
    EVP_MD_free(site->rules.digest);
    if (site->rules.root >= 0)
        close(site->rules.root);
    if (site->relief_timer >= 0)
        close(site->relief_timer);
}
