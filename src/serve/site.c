#include "serve/site.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/key_file.h"
#include "serve/lookup.h"
#include "serve/misplaced.h"
#include "serve/own_pages.h"
#include "serve/refusal.h"
#include "serve/root.h"
#include "serve/site_parts.h"

enum { CLIENT_LEFT = 499 }; /* nginx's status for it, which no client ever sees */

struct blocking *site_closer(const struct site *site, bool slow_close)
{
    return slow_close ? site->blocking : NULL;
}

void site_refuse(struct connection *connection, int status, const char *message)
{
    struct response response = response_refusal(status, message);
    response.retry_after = status == 503 || status == 429;
    response.allow = status == 405;
    response.close = response.linger = connection->request.has_body;
    connection_respond(connection, &response);
}

void site_refuse_error(struct site *site, struct connection *connection, int status,
                       const struct pm_error *error)
{
    struct response response = refusal_of(status, error, site->config->hint(error->hint));
    response.retry_after = status == 503;
    connection_respond(connection, &response);
}

struct validators site_validators_of(const struct response *form)
{
    return (struct validators){
        .etag = form->etag, .modified = form->varies ? 0 : form->modified, .now = time(NULL)};
}

/* Sends the picture, whose content the response holds, or the part of it that the client wants. */
void site_send_picture(struct connection *connection, struct response *response)
{
    const struct validators validators = site_validators_of(response);
    const uint64_t size = response->content.size;
    response->length = size;
    response->status =
        conditional_range(&connection->request, &validators, size, &response->offset, &response->length);
    if (response->status != 416) {
        connection_respond(connection, response);
        return;
    }
    response_free(response);
    struct response refusal = response_refusal(416, "the range lies behind the end of the picture");
    refusal.whole = size;
    connection_respond(connection, &refusal);
}

void site_close_input(void *self, struct pool_job *job)
{
    const struct site *site = self;
    const struct flight *flight = (const struct flight *)job;
    blocking_close_file(site_closer(site, flight->slow_close), job->fd);
    job->fd = -1;
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
        return flight;
    }
    error_set(error, PM_ERROR_LIMIT, "the queue is full (try again)");
    site_close_input(site, &flight->work);
    flight_free(flight);
    return NULL;
}

/* Has the connection wait for its picture, which may be on the way already. */
void site_wait_for_picture(struct site *site, struct connection *connection, const struct picture *picture)
{
    struct pm_error error = {0};
    unsigned limit = site->config->per_client;
    struct flight *flight = flights_find(&site->flights, picture);
    bool too_many = limit > 0 && connection->account->requests >= limit;
    bool kept = !too_many && connection_keep(connection) == 0;
    connection->notes.cache = flight != NULL ? "joined" : "miss";
    if (!kept || flight != NULL)
        blocking_close_file(site_closer(site, picture->slow_close), picture->fd);
    if (kept && flight == NULL)
        flight = begin_flight(site, picture, &error);
    else if (kept)
        site->metrics.coalesced++;
    if (too_many)
        site_refuse(connection, 429, "too many requests of yours wait or are being answered (try again)");
    else if (!kept)
        site_refuse(connection, 503, "out of memory (try again)");
    else if (flight == NULL)
        site_refuse_error(site, connection, 503, &error);
    else {
        flight_join(flight, connection);
        connection->counted = true;
        connection->account->requests++;
    }
}

static void answer_picture(struct site *site, struct connection *connection)
{
    const struct http_request *request = &connection->request;
    struct span path = request->path;
    struct pm_error error = {0};
    size_t signature = site->signer != NULL ? signer_check(site->signer, path.data, path.size) : 0;
    if (site->signer != NULL && signature == 0) {
        site_refuse(connection, 403, "the URL's signature is missing or wrong");
        return;
    }
    if (query_is_misplaced(request->query, &error)) {
        site_refuse_error(site, connection, 400, &error);
        return;
    }
    path = (struct span){path.data + signature, path.size - signature};
    lookup_begin(site, connection, path);
}

/* A browser asks so before it sends a page's request to another site, if that is more than a plain GET. It is
 * the same for every path, and tells nothing of what is there. */
static void answer_options(struct connection *connection)
{
    struct response response = response_of(204);
    response.allow = response.preflight = true;
    connection_respond(connection, &response);
}

static void refuse_host(struct connection *connection, int status, const struct pm_error *error)
{
    struct response response = refusal_of(status, error, "--host=NAME adds one");
    response.close = response.linger = connection->request.has_body;
    connection_respond(connection, &response);
}

void site_request(struct site *site, struct connection *connection)
{
    const struct http_request *request = &connection->request;
    struct pm_error error = {0};
    const int status = hosts_check(&site->config->hosts, request->host, &error);
    if (status != 0)
        refuse_host(connection, status, &error);
    else if (request->method == HTTP_OTHER)
        site_refuse(connection, 405, "only GET, HEAD and OPTIONS are answered");
    else if (request->has_body)
        site_refuse(connection, 413, "a request's body is not read here (send none)");
    else if (request->method == HTTP_OPTIONS)
        answer_options(connection);
    else if (!own_page_answer(site, connection))
        answer_picture(site, connection);
}

/* Counts an exchange and writes its line in the log. */
static void record(struct site *site, const struct connection *connection, int status, const char *why)
{
    const struct http_request *request = &connection->request;
    struct pm_error error = {0};
    struct access access = {
        .client = connection->client,
        .method = request->method_name,
        .path = request->path,
        .query = request->query,
        .referer = request->referer,
        .user_agent = request->user_agent,
        .status = status,
        .bytes = connection->sent,
        .seconds = clock_now() - connection->began,
        .wait_s = connection->notes.wait_s,
        .service_s = connection->notes.service_s,
        .cache = connection->notes.cache,
        .error = why,
        .warnings = connection->response.warnings,
    };
    metrics_request(&site->metrics, status, access.bytes, access.seconds);
    if (site->log == NULL)
        return;
    clock_gettime(CLOCK_REALTIME, &access.time);
    double began = (double)access.time.tv_sec + (double)access.time.tv_nsec / 1e9 - access.seconds;
    access.time.tv_sec = (time_t)began;
    access.time.tv_nsec = (long)((began - (double)access.time.tv_sec) * 1e9);
    if (access_log_write(site->log, &access, &error) != 0)
        site->config->trouble(site->config->listener, site->config->log, &error);
}

/* Results fill the memory that they may take: no more are made until clients have taken some. */
static void watch_memory(struct site *site)
{
    const bool full = site->held >= site->config->memory;
    if (full != site->full)
        pool_pause(site->pool, full);
    site->full = full;
}

/* The exchange takes nothing of its client's share any more. */
static void settle_account(struct connection *connection)
{
    connection->account->requests -= connection->counted;
    connection->account->held -= connection->held;
    connection->counted = false;
    connection->held = 0;
}

void site_left(struct site *site, struct connection *connection)
{
    struct flight *flight = connection->owner;
    if (flight != NULL && flight_leave(&site->flights, connection))
        pool_recall(site->pool, &flight->work);
    if (connection->lookup != NULL)
        lookup_leave(connection);
    if (connection->listed)
        own_page_leave(site, connection);
    connection->sent = 0;
    settle_account(connection);
    record(site, connection, CLIENT_LEFT, NULL);
}

void site_ended(struct site *site, struct connection *connection)
{
    settle_account(connection);
    watch_memory(site);
    record(site, connection, connection->response.status, connection->response.error);
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
void site_late(struct site *site, struct connection *connection)
{
    connection_await_nothing(connection);
    if (connection->lookup != NULL)
        lookup_leave(connection);
    if (connection->listed)
        own_page_leave(site, connection);
    site_refuse(connection, 504, "the file system did not answer in time (try again)");
}

/* Counts a transform. One that no worker took has only waited. */
static struct exchange_notes count_transform(struct site *site, const struct pool_job *job)
{
    enum pm_error_kind kind = job->job.result.error.kind;
    enum metrics_outcome outcome = kind == PM_OK                ? METRICS_OK
                                   : kind == PM_ERROR_CANCELLED ? METRICS_CANCELLED
                                   : kind == PM_ERROR_WORKER    ? METRICS_LOST
                                                                : METRICS_FAILED;
    bool taken = job->taken_at > 0;
    struct exchange_notes notes = {
        .wait_s = (taken ? job->taken_at : job->ended_at) - job->queued_at,
        .service_s = taken ? job->ended_at - job->taken_at : -1,
    };
    metrics_transform(&site->metrics, outcome, notes.wait_s, notes.service_s);
    return notes;
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
    /* What clients take slowly shall take no memory; a small one goes into the sockets at once. */
    if (result->size > RESPONSE_COPIED && cache_find(cache, flight->key, &flight->kept))
        buffer_free(&job->job.out);
}

/* Answers all who wait for a flight that has ended. */
static void deliver(struct site *site, struct flight *flight)
{
    struct pm_error *error = &flight->work.job.result.error;
    const struct exchange_notes notes = count_transform(site, &flight->work);
    struct shared_bytes *bytes = NULL;
    struct connection *waiter;
    const char *warnings = flight->work.job.result.warnings;
    site->metrics.warned += error->kind == PM_OK && warnings[0] != '\0';
    if (error->kind == PM_OK)
        bytes = share_result(site, flight, error);
    if (flight->store_error.kind != PM_OK)
        site->config->trouble(site->config->listener, site->config->cache, &flight->store_error);
    while ((waiter = flight_next_waiter(flight)) != NULL) {
        waiter->notes.wait_s = notes.wait_s;
        waiter->notes.service_s = notes.service_s;
        if (bytes == NULL) {
            site_refuse_error(site, waiter, refusal_status(error), error);
            continue;
        }
        struct response response = answer_of(flight, bytes);
        waiter->held = bytes->bytes.capacity;
        waiter->account->held += waiter->held;
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

int site_open(struct site *site, const struct server_config *config, struct pool *pool,
              const struct connections *connections, const char **about, struct pm_error *error)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *site = (struct site){.config = config, .connections = connections, .pool = pool};
    site->started = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
    site->rules = (struct picture_rules){.max_bytes = config->max_bytes, .max_age = config->max_age};
    *about = config->root;
    site->rules.root = root_open(config->root, error);
    if (site->rules.root < 0)
        return -1;
    *about = NULL; /* the signer's errors name the file */
    if (config->sign_key_file != NULL && (site->signer = signer_open(config->sign_key_file, error)) == NULL)
        return -1;
    *about = config->allow;
    if (config->allow != NULL && (site->allow = allow_open(config->allow, error)) == NULL)
        return -1;
    site->rules.allow = site->allow;
    *about = config->log;
    if (config->log != NULL && (site->log = access_log_open(config->log, error)) == NULL)
        return -1;
    *about = config->cache;
    if (config->cache != NULL && root_holds(site->rules.root, config->cache))
        return error_set(
            error, PM_ERROR_USAGE,
            "the cache is in the served folder: its files would be served (choose another folder)");
    if (config->cache != NULL && (site->cache = cache_open(config->cache, config->cache_size, error)) == NULL)
        return -1;
    *about = NULL;
    site->rules.digest = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (site->rules.digest == NULL || page_policy(site->page_policy) != 0)
        return error_memory(error, 0);
    site->blocking = blocking_open(SITE_FILE_THREADS, error);
    return site->blocking != NULL ? 0 : -1;
}

bool site_close(struct site *site)
{
    if (!blocking_close(site->blocking, SITE_CLOSE_SECONDS))
        return false;
    shared_bytes_drop(site->list);
    hot_free(&site->hot);
    cache_close(site->cache);
    access_log_close(site->log);
    allow_close(site->allow);
    signer_close(site->signer);
    EVP_MD_free(site->rules.digest);
    if (site->rules.root >= 0)
        close(site->rules.root);
    return true;
}
