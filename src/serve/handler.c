#include "serve/handler.h"

#include "base/clock.h"
#include "serve/answer.h"
#include "serve/lookup.h"
#include "serve/misplaced.h"
#include "serve/own_pages.h"
#include "serve/relief.h"
#include "serve/visit.h"

enum { CLIENT_LEFT = 499 }; /* nginx's non-standard status, for the log only: no client receives it */

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

/* Counts an exchange and logs it. */
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

/* Called when the file system with the picture does not answer. */
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
