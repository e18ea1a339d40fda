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
#include "serve/lookup.h"
#include "serve/misplaced.h"
#include "serve/own_pages.h"
#include "serve/refusal.h"
#include "serve/relief.h"
#include "serve/root.h"
#include "serve/site_parts.h"
#include "serve/visit.h"

enum { CLIENT_LEFT = 499 }; /* nginx's status for it, which no client ever sees */

struct blocking *site_closer(const struct site *site, bool slow_close)
{
    return slow_close ? site->blocking : NULL;
}

void site_refuse(struct http_exchange *exchange, int status, const char *message)
{
    struct response response = response_refusal(status, message);
    response.retry_after = status == 503 || status == 429;
    http_respond(exchange, &response);
}

void site_refuse_error(struct site *site, struct http_exchange *exchange, int status,
                       const struct pm_error *error)
{
    struct response response = refusal_of(status, error, site->config->hint(error->hint));
    response.retry_after = status == 503;
    http_respond(exchange, &response);
}

struct validators site_validators_of(const struct response *form)
{
    return (struct validators){
        .etag = form->etag, .modified = form->varies ? 0 : form->modified, .now = time(NULL)};
}

/* Sends the picture, whose content the response holds, or the part of it that the client wants. */
void site_send_picture(struct http_exchange *exchange, struct response *response)
{
    const struct validators validators = site_validators_of(response);
    const uint64_t size = response->content.size;
    response->length = size;
    response->status =
        conditional_range(&exchange->request, &validators, size, &response->offset, &response->length);
    if (response->status != 416) {
        http_respond(exchange, response);
        return;
    }
    response_free(response);
    struct response refusal = response_refusal(416, "the range starts after the end of the image");
    refusal.whole = size;
    http_respond(exchange, &refusal);
}

void site_close_input(void *self, struct pool_job *job)
{
    const struct site *site = self;
    const struct flight *flight = (const struct flight *)job;
    blocking_close_file(site_closer(site, flight->slow_close), job->job.fd);
    job->job.fd = -1;
}

/* Queues a transform of the picture, whose file is taken over. NULL with `error` filled when it can't be now.
 */
static struct flight *begin_flight(struct site *site, const struct picture *picture, struct pm_error *error)
{
    struct flight *flight = flight_new(picture, error);
    if (flight == NULL) {
        blocking_close_file(site_closer(site, picture->slow_close), picture->fd);
        return NULL;
    }
    if (pool_submit(site->pool, &flight->work)) {
        flights_add(&site->flights, flight);
        relief_watch(site);
        return flight;
    }
    error_set(error, PM_ERROR_LIMIT, "the queue is full (try again)");
    site_close_input(site, &flight->work);
    flight_free(flight);
    return NULL;
}

/* Has the exchange wait for its picture, which may be in progress already. */
void site_wait_for_picture(struct site *site, struct http_exchange *exchange, const struct picture *picture)
{
    struct pm_error error = {0};
    struct visit *visit = visit_of(exchange);
    unsigned limit = site->config->settings->per_client;
    struct flight *flight = flights_find(&site->flights, picture);
    bool too_many = limit > 0 && exchange->account->requests >= limit;
    bool kept = !too_many && http_await(exchange, HTTP_WAIT_WORK) == 0;
    visit->cache = flight != NULL ? "joined" : "miss";
    if (!kept || flight != NULL)
        blocking_close_file(site_closer(site, picture->slow_close), picture->fd);
    if (kept && flight == NULL)
        flight = begin_flight(site, picture, &error);
    else if (kept)
        site->metrics.coalesced++;
    if (too_many)
        site_refuse(exchange, 429,
                    "too many requests from your address are waiting or being answered (try again)");
    else if (!kept)
        site_refuse(exchange, 503, "out of memory (try again)");
    else if (flight == NULL)
        site_refuse_error(site, exchange, 503, &error);
    else {
        flight_join(flight, exchange);
        visit->counted = true;
        exchange->account->requests++;
    }
}

static void answer_picture(struct site *site, struct http_exchange *exchange)
{
    struct span path = http_part(&exchange->request, HTTP_PATH);
    struct pm_error error = {0};
    size_t signature = site->signer != NULL ? signer_check(site->signer, path.data, path.size) : 0;
    if (site->signer != NULL && signature == 0) {
        site_refuse(exchange, 403, "the URL's signature is missing or wrong");
        return;
    }
    if (query_is_misplaced(http_part(&exchange->request, HTTP_QUERY), &error)) {
        site_refuse_error(site, exchange, 400, &error);
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

/* Counts an exchange and writes its line in the log. */
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

/* Results fill the memory that they may take: no more are made until clients have taken some. */
static void watch_memory(struct site *site)
{
    const bool full = site->held >= site->config->settings->run.engine.memory;
    if (full != site->full)
        pool_pause(site->pool, full);
    site->full = full;
    relief_watch(site);
}

/* The exchange takes nothing of its client's share any more. */
static void settle_account(struct http_exchange *exchange)
{
    struct visit *visit = visit_of(exchange);
    exchange->account->requests -= visit->counted;
    exchange->account->held -= visit->held;
    visit->counted = false;
    visit->held = 0;
}

/* It waits for no file any more. */
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
    watch_memory(site);
    record(site, exchange, exchange->response.status, exchange->response.error);
}

/* The result as its file in the cache, or as bytes in memory, that all who wait share. NULL with `error`
 * filled when there is no memory. */
static struct shared_bytes *share_result(struct site *site, struct flight *flight, struct pm_error *error)
{
    struct buffer *out = &flight->work.job.out;
    const bool in_file = flight->kept.fd >= 0;
    struct shared_bytes *bytes =
        in_file ? shared_bytes_of_file(flight->kept.fd, site_closer(site, flight->kept.slow_close))
                : shared_bytes_new(*out);
    if (bytes == NULL) {
        error_memory(error, sizeof *bytes);
        return NULL;
    }
    if (in_file) {
        flight->kept.fd = -1;
        return bytes;
    }
    bytes->total = &site->held;
    *out = (struct buffer){0};
    site->held += bytes->bytes.capacity;
    return bytes;
}

/* The answer to one who waited. */
static struct response answer_of(const struct flight *flight, struct shared_bytes *bytes)
{
    struct response response = flight->form;
    const char *warnings = flight->work.job.result.warnings;
    /* The log may lack them when there is no memory. */
    response.warnings = warnings[0] != '\0' ? strdup(warnings) : NULL;
    response.content.shared = shared_bytes_hold(bytes);
    response.content.fd = bytes->fd;
    response.content.on_disk = bytes->fd >= 0;
    if (bytes->fd >= 0) {
        response.type = flight->kept.codec->mime;
        response.content.size = flight->kept.size;
    } else {
        response.type = picture_type(bytes->bytes.data, bytes->bytes.size);
        response.content.size = bytes->bytes.size;
    }
    return response;
}

/* The file system that holds the picture does not answer. */
static void on_late(void *self, struct http_exchange *exchange)
{
    leave_file(self, exchange);
    site_refuse(exchange, 504, "the file system did not answer in time (try again)");
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

/* One that no worker took has only waited. */
static double wait_seconds(const struct pool_job *job)
{
    return (job->taken_at > 0 ? job->taken_at : job->ended_at) - job->queued_at;
}

/* Negative: no worker took it. */
static double service_seconds(const struct pool_job *job)
{
    return job->taken_at > 0 ? job->ended_at - job->taken_at : -1;
}

static void count_transform(struct site *site, const struct pool_job *job)
{
    enum pm_error_kind kind = job->job.result.error.kind;
    enum metrics_outcome outcome = kind == PM_OK                ? METRICS_OK
                                   : kind == PM_ERROR_CANCELLED ? METRICS_CANCELLED
                                   : kind == PM_ERROR_WORKER    ? METRICS_LOST
                                                                : METRICS_FAILED;
    metrics_transform(&site->metrics, outcome, wait_seconds(job), service_seconds(job));
}

void site_keep(void *site, struct pool_job *job)
{
    struct cache *cache = ((struct site *)site)->cache;
    struct flight *flight = (struct flight *)job;
    const struct buffer *result = &job->job.out;
    const struct codec *codec = codec_sniff(result->data, result->size);
    if (cache == NULL || codec == NULL ||
        cache_store(cache, flight->key, codec, result->data, result->size, &flight->store_error) != 0)
        return;
    /* A result that a client reads slowly must not use memory; a small one fits into the socket. */
    if (result->size > RESPONSE_COPIED && cache_find(cache, flight->key, &flight->kept))
        buffer_free(&job->job.out);
}

/* Answers all who wait for a flight that has ended. */
static void deliver(struct site *site, struct flight *flight)
{
    struct pm_error *error = &flight->work.job.result.error;
    struct shared_bytes *bytes = NULL;
    struct http_exchange *waiter;
    const char *warnings = flight->work.job.result.warnings;
    count_transform(site, &flight->work);
    site->metrics.warned += error->kind == PM_OK && warnings[0] != '\0';
    if (error->kind == PM_OK)
        bytes = share_result(site, flight, error);
    if (flight->store_error.kind != PM_OK)
        site->config->trouble(site->config->listener, site->config->settings->cache, &flight->store_error);
    while ((waiter = flight_next_waiter(flight)) != NULL) {
        struct visit *visit = visit_of(waiter);
        visit->waited = true;
        visit->wait_s = wait_seconds(&flight->work);
        visit->service_s = service_seconds(&flight->work);
        visit->served = visit->service_s >= 0;
        if (bytes == NULL) {
            site_refuse_error(site, waiter, refusal_status(error), error);
            continue;
        }
        struct response response = answer_of(flight, bytes);
        visit->held = bytes->bytes.capacity;
        waiter->account->held += visit->held;
        site_send_picture(waiter, &response);
    }
    shared_bytes_drop(bytes);
    watch_memory(site);
}

void site_deliver(struct site *site)
{
    struct pool_job *ended;
    while ((ended = pool_ended(site->pool)) != NULL) {
        struct flight *flight = (struct flight *)ended;
        flights_end(&site->flights, flight);
        deliver(site, flight);
        flight_free(flight);
    }
}

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
