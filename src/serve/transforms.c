#include "serve/transforms.h"

#include <string.h>

#include "serve/answer.h"
#include "serve/relief.h"
#include "serve/visit.h"

void transforms_close_input(void *self, struct pool_job *job)
{
    const struct site *site = self;
    const struct flight *flight = (const struct flight *)job;
    blocking_close_file(site_closer(site, flight->slow_close), job->job.fd);
    job->job.fd = -1;
}

/* Queues a transform of the picture and takes over its file. NULL with `error` filled if the queue is full.
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
    transforms_close_input(site, &flight->work);
    flight_free(flight);
    return NULL;
}

void transforms_await(struct site *site, struct http_exchange *exchange, const struct picture *picture)
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
        answer_refuse(exchange, 429,
                      "too many requests from your address are waiting or being answered (try again)");
    else if (!kept)
        answer_refuse(exchange, 503, "out of memory (try again)");
    else if (flight == NULL)
        answer_refuse_error(site, exchange, 503, &error);
    else {
        flight_join(flight, exchange);
        visit->counted = true;
        exchange->account->requests++;
    }
}

/* The result as content shared by all waiting exchanges: its file in the cache, or its bytes in memory. NULL
 * with `error` filled if out of memory. */
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

/* The response to a waiting exchange. */
static struct response answer_of(const struct flight *flight, struct shared_bytes *bytes)
{
    struct response response = flight->form;
    const char *warnings = flight->work.job.result.warnings;
    /* NULL if out of memory: then they are missing in the log. */
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

/* Seconds in the queue: until a worker took it, or until it ended. */
static double wait_seconds(const struct pool_job *job)
{
    return (job->taken_at > 0 ? job->taken_at : job->ended_at) - job->queued_at;
}

/* Seconds in a worker; negative: no worker took it. */
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

void transforms_keep(void *site, struct pool_job *job)
{
    struct cache *cache = ((struct site *)site)->cache;
    struct flight *flight = (struct flight *)job;
    const struct buffer *result = &job->job.out;
    const struct codec *codec = codec_sniff(result->data, result->size);
    if (cache == NULL || codec == NULL ||
        cache_store(cache, flight->key, codec, result->data, result->size, &flight->store_error) != 0)
        return;
    /* Frees the memory and sends the file instead, because clients may be slow; a small result fits into the
     * socket's buffer. */
    if (result->size > RESPONSE_COPIED && cache_find(cache, flight->key, &flight->kept))
        buffer_free(&job->job.out);
}

/* Answers all exchanges that wait for a flight, which has ended. */
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
            answer_refuse_error(site, waiter, answer_status(error), error);
            continue;
        }
        struct response response = answer_of(flight, bytes);
        visit->held = bytes->bytes.capacity;
        waiter->account->held += visit->held;
        answer_send(waiter, &response);
    }
    shared_bytes_drop(bytes);
    relief_held_changed(site);
}

void transforms_deliver(struct site *site)
{
    struct pool_job *ended;
    while ((ended = pool_ended(site->pool)) != NULL) {
        struct flight *flight = (struct flight *)ended;
        flights_end(&site->flights, flight);
        deliver(site, flight);
        flight_free(flight);
    }
}
