#include "serve/lookup.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve/answer.h"
#include "serve/transforms.h"
#include "serve/visit.h"

struct lookup {
    struct blocking_task task; /* first: a pointer to it is one to this */
    struct site *site;
    struct http_exchange *exchange; /* NULL: none waits any more */
    struct request request;
    struct picture picture;
    int status; /* of the refusal; 0: the file was found */
    struct pm_error error;
    bool cached; /* the result is in the cache, as: */
    struct cache_hit hit;
    struct shared_bytes *small; /* its bytes if it is small, else NULL */
    bool accepts;               /* the request has an Accept field: */
    size_t accept_size;
    char accept[];
};

static struct lookup *own(struct blocking_task *task)
{
    return (struct lookup *)(void *)task;
}

/* Members that are written before they are read are not initialised: the struct is large, and every request
 * needs one. */
static struct lookup *lookup_new(struct site *site, struct span accept)
{
    struct lookup *lookup = malloc(sizeof *lookup + accept.size);
    if (lookup == NULL)
        return NULL;
    lookup->site = site;
    lookup->exchange = NULL;
    lookup->error = (struct pm_error){0};
    lookup->cached = false;
    lookup->hit.fd = -1;
    lookup->small = NULL;
    lookup->picture.fd = -1;
    lookup->accepts = accept.data != NULL;
    lookup->accept_size = accept.size;
    if (accept.data != NULL)
        memcpy(lookup->accept, accept.data, accept.size);
    return lookup;
}

static void lookup_free(struct lookup *lookup)
{
    struct site *site = lookup->site;
    if (lookup->picture.fd >= 0)
        blocking_close_file(site_closer(site, lookup->picture.slow_close), lookup->picture.fd);
    if (lookup->hit.fd >= 0)
        blocking_close_file(site_closer(site, lookup->hit.slow_close), lookup->hit.fd);
    shared_bytes_drop(lookup->small);
    free(lookup);
}

/* Has a thread call `work`, and then the loop `ended`; the exchange waits. False when the exchange was
 * refused because there is no memory. */
static bool await(struct lookup *lookup, struct http_exchange *exchange,
                  void (*work)(struct blocking_task *task), void (*ended)(struct blocking_task *task))
{
    if (http_await(exchange, HTTP_WAIT_FILE) != 0) {
        answer_refuse(exchange, 503, "out of memory (try again)");
        return false;
    }
    lookup->task.work = work;
    lookup->task.ended = ended;
    lookup->exchange = exchange;
    visit_of(exchange)->lookup = lookup;
    blocking_submit(lookup->site->blocking, &lookup->task);
    return true;
}

/* Returns the exchange that waits, which then waits no longer, or NULL. */
static struct http_exchange *take_exchange(struct lookup *lookup)
{
    struct http_exchange *exchange = lookup->exchange;
    lookup->exchange = NULL;
    if (exchange != NULL) {
        visit_of(exchange)->lookup = NULL;
        http_await(exchange, HTTP_WAIT_WORK);
    }
    return exchange;
}

void lookup_leave(struct http_exchange *exchange)
{
    struct lookup *lookup = visit_of(exchange)->lookup;
    take_exchange(lookup);
    if (blocking_withdraw(lookup->site->blocking, &lookup->task))
        lookup_free(lookup);
}

static void take_hot(struct response *response, const struct hot_slot *slot)
{
    response->type = slot->codec->mime;
    response->content.shared = shared_bytes_hold(slot->bytes);
    response->content.fd = slot->bytes->fd;
    response->content.size = slot->size;
}

static void send_cached(struct site *site, struct http_exchange *exchange, struct response *response)
{
    site->metrics.cache_hits++;
    visit_of(exchange)->cache = "hit";
    answer_send(exchange, response);
}

static void find_cached(struct blocking_task *task)
{
    struct lookup *lookup = own(task);
    lookup->cached = cache_find(lookup->site->cache, lookup->picture.key, &lookup->hit);
    if (!lookup->cached)
        lookup->hit.fd = -1;
    else if (lookup->hit.size <= HOT_BYTES)
        lookup->small = hot_read(&lookup->hit);
}

/* Sends the result that was found in the cache. */
static void answer_hit(struct lookup *lookup, struct http_exchange *exchange)
{
    struct site *site = lookup->site;
    struct response response = lookup->picture.form;
    if (lookup->small != NULL) {
        take_hot(&response, hot_keep(&site->hot, lookup->picture.key, &lookup->hit, lookup->small));
        lookup->small = NULL;
    } else {
        response.type = lookup->hit.codec->mime;
        response.content.fd = lookup->hit.fd;
        response.content.closer = site_closer(site, lookup->hit.slow_close);
        response.content.on_disk = true;
        response.content.size = lookup->hit.size;
        lookup->hit.fd = -1;
    }
    send_cached(site, exchange, &response);
}

static void answer_cached(struct blocking_task *task)
{
    struct lookup *lookup = own(task);
    struct http_exchange *exchange = take_exchange(lookup);
    if (exchange != NULL && lookup->cached) {
        answer_hit(lookup, exchange);
    } else if (exchange != NULL) {
        lookup->site->metrics.cache_misses++;
        transforms_await(lookup->site, exchange, &lookup->picture);
        lookup->picture.fd = -1;
    }
    lookup_free(lookup);
}

/* Finds the result in the cache without waiting for the disk. False: a thread has to look. */
static bool find_without_waiting(struct lookup *lookup)
{
    struct cache_hit *hit = &lookup->hit;
    if (!cache_find_cached(lookup->site->cache, lookup->picture.key, hit)) {
        hit->fd = -1;
        return false;
    }
    if (hit->size > HOT_BYTES || (lookup->small = hot_read_cached(hit)) != NULL)
        return true;
    close(hit->fd);
    hit->fd = -1;
    return false;
}

static void touch_cached(struct blocking_task *task)
{
    struct lookup *lookup = own(task);
    cache_touch(lookup->site->cache, lookup->picture.key);
}

static void end_touch(struct blocking_task *task)
{
    lookup_free(own(task));
}

/* Sends a hot result, and has a thread update its file's time if needed. */
static void answer_hot(struct lookup *lookup, struct http_exchange *exchange, const struct hot_slot *slot)
{
    struct site *site = lookup->site;
    struct response response = lookup->picture.form;
    take_hot(&response, slot);
    send_cached(site, exchange, &response);
    lookup->task.work = touch_cached;
    lookup->task.ended = end_touch;
    if (cache_use(site->cache, lookup->picture.key))
        blocking_submit(site->blocking, &lookup->task);
    else
        lookup_free(lookup);
}

/* Sends the file unchanged: the request has no recipe. */
static void send_original(struct site *site, struct http_exchange *exchange, struct picture *picture)
{
    struct response response = picture->form;
    response.type = picture->original;
    response.content.fd = picture->fd;
    response.content.closer = site_closer(site, picture->slow_close);
    response.content.on_disk = true;
    response.content.size = (uint64_t)picture->status.st_size;
    picture->fd = -1;
    answer_send(exchange, &response);
}

/* Answers the request for a file that was found. True: the lookup is still in use. */
static bool answer_found(struct lookup *lookup, struct http_exchange *exchange)
{
    struct site *site = lookup->site;
    struct picture *picture = &lookup->picture;
    const struct http_request *request = &exchange->request;
    const struct validators validators = answer_validators(&picture->form);
    const struct hot_slot *slot = site->cache != NULL ? hot_find(&site->hot, picture->key) : NULL;
    if (conditional_failed(request, &validators)) {
        answer_refuse(exchange, 412, "the picture has another state than the request asks for");
    } else if (conditional_fresh(request, &validators)) {
        picture->form.status = 304;
        http_respond(exchange, &picture->form);
    } else if (picture->original != NULL) {
        send_original(site, exchange, picture);
    } else if (slot != NULL) {
        answer_hot(lookup, exchange, slot);
        return true;
    } else if (site->cache != NULL && find_without_waiting(lookup)) {
        answer_hit(lookup, exchange);
    } else if (site->cache != NULL) {
        return await(lookup, exchange, find_cached, answer_cached);
    } else {
        transforms_await(site, exchange, picture);
        picture->fd = -1;
    }
    return false;
}

static void find_file(struct blocking_task *task)
{
    struct lookup *lookup = own(task);
    const struct span accept = {lookup->accepts ? lookup->accept : NULL, lookup->accept_size};
    lookup->status =
        picture_look(&lookup->site->rules, &lookup->request, accept, &lookup->picture, &lookup->error);
}

static void answer_file(struct blocking_task *task)
{
    struct lookup *lookup = own(task);
    struct http_exchange *exchange = take_exchange(lookup);
    if (exchange != NULL && lookup->status != 0)
        answer_refuse_error(lookup->site, exchange, lookup->status, &lookup->error);
    else if (exchange != NULL && answer_found(lookup, exchange))
        return;
    lookup_free(lookup);
}

/* Local files that are in the page cache are opened here, because passing a task to a thread takes longer
 * than such a request. */
void lookup_begin(struct site *site, struct http_exchange *exchange, struct span path)
{
    const struct span accept = http_part(&exchange->request, HTTP_ACCEPT);
    struct lookup *lookup = lookup_new(site, accept);
    if (lookup == NULL) {
        answer_refuse(exchange, 503, "out of memory (try again)");
        return;
    }
    int status = picture_ask(&site->rules, path, &lookup->request, &lookup->picture, &lookup->error);
    if (status == 0)
        status =
            picture_look_cached(&site->rules, &lookup->request, accept, &lookup->picture, &lookup->error);
    bool in_use = false;
    if (status == PICTURE_UNKNOWN)
        in_use = await(lookup, exchange, find_file, answer_file);
    else if (status != 0)
        answer_refuse_error(site, exchange, status, &lookup->error);
    else
        in_use = answer_found(lookup, exchange);
    if (!in_use)
        lookup_free(lookup);
}
