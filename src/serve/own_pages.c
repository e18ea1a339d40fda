#include "serve/own_pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "serve/page.h"
#include "serve/visit.h"

static void answer_health(struct site *site, struct http_exchange *exchange)
{
    (void)site;
    static const char ok[] = "ok\n";
    struct response response = response_of(200);
    response.type = "text/plain; charset=utf-8";
    response.content.fixed = ok;
    response.content.size = response.length = sizeof ok - 1;
    http_respond(exchange, &response);
}

static void write_metrics(struct site *site, FILE *out)
{
    const struct intake_counts counts = pool_counts(site->pool);
    const struct cache_usage usage = site->cache != NULL ? cache_usage(site->cache) : (struct cache_usage){0};
    const struct http_state http = http_state(site->http);
    const struct metrics_now now = {
        .queued = counts.queued,
        .running = counts.jobs,
        .connections = http.connections,
        .refused = http.refused,
        .given_up = http.cut_off,
        .held_bytes = site->held,
        .cache_bytes = usage.bytes,
        .cache_files = usage.files,
        .cache_evictions = usage.evictions,
        .start_time = site->started,
    };
    metrics_write(&site->metrics, &now, out);
}

/* The text that `write` writes; NULL when there is no memory. */
static struct shared_bytes *written(struct site *site, void (*write)(struct site *, FILE *))
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return NULL;
    write(site, out);
    return shared_bytes_written(out, &text, &size);
}

/* Takes over the bytes and sends them. */
static void answer_bytes(struct http_exchange *exchange, const char *type, struct shared_bytes *bytes)
{
    struct response response =
        bytes != NULL ? response_of(200) : response_refusal(503, "out of memory (try again)");
    if (bytes != NULL) {
        response.type = type;
        response.content.shared = bytes;
        response.content.size = response.length = bytes->bytes.size;
    } else {
        response.retry_after = 1;
    }
    http_respond(exchange, &response);
}

/* If URLs must be signed, the metrics are not public either. */
static void answer_metrics(struct site *site, struct http_exchange *exchange)
{
    if (site->signer != NULL && !site->config->settings->open_metrics && !exchange->local) {
        const struct response refusal =
            response_refusal(403, "only requests from this machine are answered (--open-metrics)");
        http_respond(exchange, &refusal);
        return;
    }
    answer_bytes(exchange, metrics_type, written(site, write_metrics));
}

/* The task that makes the page's list. */
struct listing {
    struct blocking_task task; /* first: a pointer to it is one to this */
    struct site *site;
    char *recipes; /* as page_list reads them */
    size_t size;
    struct shared_bytes *list; /* NULL: there was no memory */
    double seconds;            /* that making it took */
};

static void make_list(struct blocking_task *task)
{
    struct listing *listing = (struct listing *)(void *)task;
    const double began = clock_now();
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out != NULL) {
        page_list(listing->site->rules.root, listing->recipes, out);
        listing->list = shared_bytes_written(out, &text, &size);
    }
    listing->seconds = clock_now() - began;
}

/* Making the list reads many files. So it is used for a multiple of the time that making it took: requests
 * for it use at most a fraction of the disk's time. */
static void end_list(struct blocking_task *task)
{
    enum { TIMES = 20 };
    struct listing *listing = (struct listing *)(void *)task;
    struct site *site = listing->site;
    struct http_exchange *waiter;
    shared_bytes_drop(site->list);
    site->list = listing->list;
    site->list_until = site->list_stale ? 0 : clock_now() + TIMES * listing->seconds;
    site->listing = site->list_stale = false;
    while ((waiter = site->list_waiters) != NULL) {
        site->list_waiters = visit_of(waiter)->after;
        visit_of(waiter)->listed = false;
        answer_bytes(waiter, "application/json", site->list != NULL ? shared_bytes_hold(site->list) : NULL);
    }
    free(listing->recipes);
    free(listing);
}

/* A copy of the allowed recipes, which SIGHUP may replace meanwhile, as page_list reads them. */
static int copy_recipes(const struct allow *allow, struct listing *listing)
{
    FILE *out = allow != NULL ? open_memstream(&listing->recipes, &listing->size) : NULL;
    if (out == NULL)
        return allow == NULL ? 0 : -1;
    for (const char *recipe = NULL; (recipe = allow_next(allow, recipe)) != NULL;)
        fwrite(recipe, strlen(recipe) + 1, 1, out);
    fputc('\0', out);
    return fclose(out) == 0 ? 0 : -1;
}

/* Has a thread make the list. 0, or -1 when there is no memory. */
static int begin_list(struct site *site)
{
    struct listing *listing = calloc(1, sizeof *listing);
    if (listing == NULL || copy_recipes(site->allow, listing) != 0) {
        free(listing != NULL ? listing->recipes : NULL);
        free(listing);
        return -1;
    }
    listing->site = site;
    listing->task.work = make_list;
    listing->task.ended = end_list;
    site->listing = true;
    blocking_submit(site->blocking, &listing->task);
    return 0;
}

static void answer_signed_list(struct site *site, FILE *out)
{
    (void)site;
    page_list_signed(out);
}

static void answer_list(struct site *site, struct http_exchange *exchange)
{
    if (site->signer != NULL) {
        answer_bytes(exchange, "application/json", written(site, answer_signed_list));
    } else if (site->list != NULL && clock_now() < site->list_until) {
        answer_bytes(exchange, "application/json", shared_bytes_hold(site->list));
    } else if (http_await(exchange, HTTP_WAIT_FILE) != 0 || (!site->listing && begin_list(site) != 0)) {
        answer_bytes(exchange, "application/json", NULL);
    } else {
        visit_of(exchange)->listed = true;
        visit_of(exchange)->after = site->list_waiters;
        site->list_waiters = exchange;
    }
}

void own_page_leave(struct site *site, struct http_exchange *exchange)
{
    struct http_exchange **link = &site->list_waiters;
    while (*link != exchange)
        link = &visit_of(*link)->after;
    *link = visit_of(exchange)->after;
    visit_of(exchange)->listed = false;
}

static void answer_page(struct site *site, struct http_exchange *exchange)
{
    size_t size;
    struct response response = response_of(200);
    response.type = "text/html; charset=utf-8";
    response.policy = site->page_policy;
    response.content.fixed = page_html(&size);
    response.content.size = response.length = size;
    http_respond(exchange, &response);
}

static bool is(struct span text, const char *other)
{
    return text.data != NULL && text.size == strlen(other) && memcmp(text.data, other, text.size) == 0;
}

bool own_page_answer(struct site *site, struct http_exchange *exchange)
{
    static const struct {
        const char *path, *query; /* query NULL: any */
        void (*answer)(struct site *site, struct http_exchange *exchange);
    } pages[] = {
        {"/healthz", NULL, answer_health},
        {"/metrics", NULL, answer_metrics},
        {"/", "list=json", answer_list},
        {"/", NULL, answer_page},
    };
    const struct span path = http_part(&exchange->request, HTTP_PATH);
    const struct span query = http_part(&exchange->request, HTTP_QUERY);
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        if (is(path, pages[i].path) && (pages[i].query == NULL || is(query, pages[i].query))) {
            pages[i].answer(site, exchange);
            return true;
        }
    }
    return false;
}
