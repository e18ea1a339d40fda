#include "serve/site.h"

#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve/request.h"
#include "serve/root.h"

static void refuse(struct connection *connection, int status, const char *message)
{
    struct response response = response_error(status, message);
    response.retry_after = status == 503 || status == 429;
    response.allow = status == 405;
    response.close = response.linger = connection->request.has_body;
    connection_respond(connection, &response);
}

static void answer_text(struct connection *connection, const char *type, const char *text)
{
    struct response response = response_of(200);
    response.type = type;
    response.content.fixed = text;
    response.content.size = response.length = strlen(text);
    connection_respond(connection, &response);
}

/* What a result depends on, and nothing else: program, recipe, and the file as it is now. */
static int make_key(const char *recipe, const char *file, const struct stat *status,
                    uint8_t key[FLIGHT_KEY_BYTES])
{
    char facts[256];
    int length = snprintf(facts, sizeof facts, "%s\n%ju %ju %jd %jd.%09ld\n", PIXMILL_VERSION,
                          (uintmax_t)status->st_dev, (uintmax_t)status->st_ino, (intmax_t)status->st_size,
                          (intmax_t)status->st_mtim.tv_sec, status->st_mtim.tv_nsec);
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    bool made = digest != NULL && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(digest, facts, (size_t)length) == 1 &&
                EVP_DigestUpdate(digest, recipe, strlen(recipe) + 1) == 1 &&
                EVP_DigestUpdate(digest, file, strlen(file) + 1) == 1 &&
                EVP_DigestFinal_ex(digest, key, NULL) == 1;
    EVP_MD_CTX_free(digest);
    return made ? 0 : -1;
}

static void make_etag(const uint8_t key[FLIGHT_KEY_BYTES], char etag[RESPONSE_ETAG_MAX])
{
    enum { BYTES = 16 };
    size_t length = (size_t)sprintf(etag, "\"");
    for (int i = 0; i < BYTES; i++)
        length += (size_t)sprintf(etag + length, "%02x", key[i]);
    sprintf(etag + length, "\"");
}

static const char *type_of(const uint8_t *head, size_t size)
{
    const struct codec *codec = codec_sniff(head, size);
    return codec == codec_find("jpeg") ? "image/jpeg" : codec == codec_find("png") ? "image/png" : NULL;
}

/* A picture that is asked for. */
struct picture {
    struct request request;
    char text[RECIPE_TEXT_MAX]; /* of the recipe */
    int fd;                     /* the file */
    struct stat status;
    uint8_t key[FLIGHT_KEY_BYTES];
    struct response form; /* of the answer, without its content */
};

/* Finds the file and what is to be done with it. 0 with picture->fd open, or the HTTP status of the refusal
 * with `error` filled. */
static int find_picture(struct site *site, const struct http_request *http, struct picture *picture,
                        struct pm_error *error)
{
    struct request *request = &picture->request;
    int status = request_parse(http->path.data, http->path.size, request, error);
    if (status != 0)
        return status;
    if (pm_recipe_text(&request->recipe, picture->text, sizeof picture->text) < 0) {
        error_set(error, PM_ERROR_USAGE, "the recipe is too long");
        return 414;
    }
    picture->fd = root_file(site->root, request->file, &picture->status, error);
    if (picture->fd < 0)
        return -picture->fd;
    uint64_t size = (uint64_t)picture->status.st_size;
    if (size > site->config->max_bytes) {
        close(picture->fd);
        error_limit(error, site->config->max_bytes, size, "the file is larger than the server reads");
        return 413;
    }
    if (make_key(picture->text, request->file, &picture->status, picture->key) != 0) {
        close(picture->fd);
        error_memory(error, 0);
        return 503;
    }
    picture->form = response_of(200);
    make_etag(picture->key, picture->form.etag);
    picture->form.modified = picture->status.st_mtim.tv_sec;
    picture->form.max_age = site->config->max_age;
    picture->form.varies = request->auto_format;
    picture->form.accepts_ranges = true;
    return 0;
}

/* Queues a transform of the picture; picture->fd is taken over. NULL with `error` filled when it can't be
 * now. */
static struct flight *begin_flight(struct site *site, struct picture *picture, struct pm_error *error)
{
    struct flight *flight = NULL;
    if (site->held >= site->config->memory)
        error_set(error, PM_ERROR_LIMIT, "too many results are on their way to clients (try again)");
    else
        flight = flight_new(&picture->request.recipe, picture->key, &picture->form, error);
    if (flight == NULL) {
        close(picture->fd);
        return NULL;
    }
    flight->work.fd = picture->fd;
    flight->work.size = (uint64_t)picture->status.st_size;
    flight->work.modified = picture->status.st_mtim;
    if (pool_submit(site->pool, &flight->work)) {
        flights_add(&site->flights, flight);
        return flight;
    }
    error_set(error, PM_ERROR_LIMIT, "the queue is full (try again)");
    flight_free(flight);
    return NULL;
}

/* Has the connection wait for its picture, which may be on the way already. */
static void wait_for_picture(struct site *site, struct connection *connection, struct picture *picture)
{
    struct pm_error error = {0};
    unsigned limit = site->config->per_client;
    struct flight *flight = flights_find(&site->flights, picture->key);
    bool too_many = limit > 0 && flights_of_client(&site->flights, connection->client) >= limit;
    bool kept = !too_many && connection_keep(connection) == 0;
    if (!kept || flight != NULL)
        close(picture->fd);
    if (kept && flight == NULL)
        flight = begin_flight(site, picture, &error);
    if (too_many)
        refuse(connection, 429, "too many requests of yours wait already (try again)");
    else if (!kept)
        refuse(connection, 503, "out of memory (try again)");
    else if (flight == NULL)
        refuse(connection, 503, error.message);
    else
        flight_join(flight, connection);
}

static void answer_picture(struct site *site, struct connection *connection)
{
    struct picture picture;
    struct pm_error error = {0};
    int status = find_picture(site, &connection->request, &picture, &error);
    if (status != 0)
        refuse(connection, status, error.message);
    else
        wait_for_picture(site, connection, &picture);
}

static bool path_is(const struct http_request *request, const char *path)
{
    return request->path.size == strlen(path) && memcmp(request->path.data, path, request->path.size) == 0;
}

void site_request(struct site *site, struct connection *connection)
{
    const struct http_request *request = &connection->request;
    if (request->method == HTTP_OTHER)
        refuse(connection, 405, "only GET and HEAD are answered");
    else if (request->has_body)
        refuse(connection, 413, "a request's body is not read here (send none)");
    else if (path_is(request, "/healthz"))
        answer_text(connection, "text/plain; charset=utf-8", "ok\n");
    else
        answer_picture(site, connection);
}

void site_left(struct site *site, struct connection *connection)
{
    struct flight *flight = connection->owner;
    if (flight != NULL && flight_leave(&site->flights, connection))
        pool_recall(site->pool, &flight->work);
}

void site_ended(struct site *site, struct connection *connection)
{
    (void)site, (void)connection;
}

/* The result as bytes that all who wait share. NULL with `error` filled when there is no memory. */
static struct shared_bytes *share_result(struct site *site, struct flight *flight, struct pm_error *error)
{
    struct shared_bytes *bytes = calloc(1, sizeof *bytes);
    if (bytes == NULL) {
        error_memory(error, sizeof *bytes);
        return NULL;
    }
    *bytes = (struct shared_bytes){.users = 1, .bytes = flight->work.job.out, .total = &site->held};
    flight->work.job.out = (struct buffer){0};
    site->held += bytes->bytes.capacity;
    return bytes;
}

/* Answers all who wait for a flight that has ended. */
static void deliver(struct site *site, struct flight *flight)
{
    struct pm_error *error = &flight->work.job.result.error;
    struct shared_bytes *bytes = NULL;
    struct connection *waiter;
    if (error->kind == PM_OK)
        bytes = share_result(site, flight, error);
    struct response response = flight->form;
    if (bytes != NULL) {
        response.type = type_of(bytes->bytes.data, bytes->bytes.size);
        response.content.size = response.length = bytes->bytes.size;
    }
    while ((waiter = flight_next_waiter(flight)) != NULL) {
        if (bytes != NULL) {
            response.content.shared = shared_bytes_hold(bytes);
            connection_respond(waiter, &response);
        } else {
            refuse(waiter, response_status_of(error), error->message);
        }
    }
    shared_bytes_drop(bytes);
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
    *site = (struct site){.config = config, .pool = pool};
    site->root = root_open(config->root, error);
    if (site->root >= 0)
        return 0;
    *about = config->root;
    return -1;
}

void site_close(struct site *site)
{
    if (site->root >= 0)
        close(site->root);
}
