#include "net/s3.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/net.h"
#include "net/s3_answer.h"
#include "net/s3_call.h"
#include "net/s3_upload.h"

static struct s3_call *call_new(struct remote *remote, struct pm_error *error)
{
    const struct s3_account *account = net_account(remote, error);
    struct s3_call *call = account != NULL ? calloc(1, sizeof *call) : NULL;
    if (call != NULL)
        call->account = account;
    else if (account != NULL)
        error_memory(error, sizeof *call);
    return call;
}

void s3_free(struct s3_call *call)
{
    if (call != NULL)
        s3_upload_free(call->upload);
    s3_call_free(call);
}

struct s3_call *s3_get(struct pull *pull)
{
    struct s3_call *call = call_new(pull->remote, &pull->fetch.error);
    if (call == NULL || s3_call_set(call, S3_GET, pull->url, "", NULL, 0, NULL) == 0)
        return call;
    error_memory(&pull->fetch.error, 0);
    s3_free(call);
    return NULL;
}

/* A fetch whose answer is for this file alone: it is never held. */
static struct pull *begin(struct remote *remote, const char *url)
{
    struct pull *pull = (struct pull *)pull_begin(remote, url);
    if (pull != NULL && pull->s3 != NULL)
        pull->s3->kept = true;
    return pull;
}

static struct fetch *end_setting(struct pull *pull, int status)
{
    if (status != 0)
        error_memory(&pull->fetch.error, 0);
    pull->ignores_stop = true;
    return &pull->fetch;
}

struct fetch *s3_put(struct remote *remote, const char *url, const uint8_t *data, size_t size,
                     const char *type)
{
    struct pull *pull = begin(remote, url);
    if (pull == NULL || pull->s3 == NULL)
        return pull != NULL ? &pull->fetch : NULL;
    pull->s3->upload = s3_upload_new(url, data, size, type);
    return end_setting(pull, pull->s3->upload != NULL ? s3_upload_begin(pull->s3->upload, pull->s3) : -1);
}

struct fetch *s3_remove(struct remote *remote, const char *url)
{
    struct pull *pull = begin(remote, url);
    if (pull == NULL || pull->s3 == NULL)
        return pull != NULL ? &pull->fetch : NULL;
    return end_setting(pull, s3_call_set(pull->s3, S3_DELETE, url, "", NULL, 0, NULL));
}

bool s3_goes_on(struct pull *pull, enum fetch_state *state)
{
    struct fetch *fetch = &pull->fetch;
    struct s3_call *call = pull->s3;
    int next = -1;
    if (call == NULL || call->upload == NULL)
        return false;
    if (*state == FETCH_WHOLE)
        next = s3_upload_next(call->upload, call, fetch->bytes.data, fetch->bytes.size, pull->answer.etag,
                              &fetch->error);
    if (next < 0)
        next = s3_upload_gives_up(call->upload, call, &fetch->error) ? 1 : -1;
    *state = next < 0 ? FETCH_FAILED : FETCH_WHOLE;
    if (next > 0)
        fetch->error = (struct pm_error){0};
    return next > 0;
}

/* The objects of a list as names. */
struct listing {
    struct buffer name; /* s3://BUCKET/, then the key */
    size_t bucket_size;
    uint64_t left; /* objects that are still wanted */
    object_visitor *visit;
    void *self;
};

static int visit_key(void *self, const char *key, const struct object_status *status, struct pm_error *error)
{
    struct listing *listing = self;
    if (listing->left == 0)
        return 0;
    listing->left--;
    listing->name.size = listing->bucket_size;
    if (buffer_append(&listing->name, key, strlen(key) + 1) != 0)
        return error_memory(error, 0);
    return listing->visit(listing->self, (const char *)listing->name.data, status, error);
}

/* Sorted by their names, as the signature needs it. */
static int page_query(const char *prefix, uint64_t left, const struct buffer *token, struct buffer *query)
{
    char number[96];
    const char *key = object_key(prefix);
    query->size = 0;
    if (token->size > 0 && (buffer_append(query, "continuation-token=", 19) != 0 ||
                            object_encode(query, (const char *)token->data, token->size, false) != 0 ||
                            buffer_append(query, "&", 1) != 0))
        return -1;
    const int length = snprintf(number, sizeof number, "encoding-type=url&list-type=2&max-keys=%u&prefix=",
                                left < S3_PAGE_KEYS ? (unsigned)left : S3_PAGE_KEYS);
    if (buffer_append(query, number, (size_t)length) != 0 ||
        object_encode(query, key, strlen(key), false) != 0)
        return -1;
    return buffer_append(query, "", 1);
}

/* Fetches a page and visits its objects. */
static int list_page(struct remote *remote, const char *bucket, const char *query, struct listing *listing,
                     struct s3_page *page, struct pm_error *error)
{
    struct pull *pull = begin(remote, bucket);
    if (pull == NULL)
        return error_memory(error, 0);
    struct fetch *fetch = &pull->fetch;
    int status = -1;
    if (pull->s3 != NULL && s3_call_set(pull->s3, S3_GET, bucket, query, NULL, 0, NULL) != 0)
        error_memory(&fetch->error, 0);
    if (remote_run(remote, fetch))
        status = s3_page_read(fetch->bytes.data, fetch->bytes.size, page, visit_key, listing, error);
    else
        *error = fetch->error;
    remote->part->free(fetch);
    return status;
}

/* What tells that a list never ends. */
struct progress {
    uint64_t pages, keep_at; /* pages that were read; the next of them whose token is kept */
    struct buffer token;     /* that was kept last */
    unsigned without;        /* pages in a row without an object */
};

/* Is it worth it to ask for the next page? A token is kept for twice as many pages each time, so every list
 * that goes in a circle is noticed (Brent 1980). Servers may have some pages without objects. */
static int check_progress(struct progress *progress, const struct s3_page *page, bool objects,
                          struct pm_error *error)
{
    enum { WITHOUT_MAX = 1000 };
    const struct buffer *token = &page->token;
    progress->without = objects ? 0 : progress->without + 1;
    if (progress->without > WITHOUT_MAX)
        return error_set(error, PM_ERROR_IO,
                         "the server's list has %d pages in a row without an object (check AWS_ENDPOINT_URL)",
                         WITHOUT_MAX);
    if (progress->token.size == token->size &&
        (token->size == 0 || memcmp(progress->token.data, token->data, token->size) == 0))
        return error_set(error, PM_ERROR_IO,
                         "the server repeats a page of the list (check AWS_ENDPOINT_URL)");
    if (progress->pages++ < progress->keep_at)
        return 0;
    progress->keep_at = 2 * progress->pages;
    progress->token.size = 0;
    return buffer_append(&progress->token, token->data, token->size) == 0 ? 0 : error_memory(error, 0);
}

static int list_pages(struct remote *remote, const char *prefix, struct listing *listing,
                      struct pm_error *error)
{
    struct s3_page page = {0};
    struct progress progress = {0};
    struct buffer query = {0};
    char *bucket = strndup((const char *)listing->name.data, listing->bucket_size);
    int status = bucket != NULL ? 0 : error_memory(error, 0);
    do {
        const uint64_t left = listing->left;
        if (status == 0 && page_query(prefix, left, &page.token, &query) != 0)
            status = error_memory(error, 0);
        if (status == 0)
            status = list_page(remote, bucket, (const char *)query.data, listing, &page, error);
        if (status == 0 && page.more)
            status = check_progress(&progress, &page, listing->left < left, error);
    } while (status == 0 && page.more && listing->left > 0);
    free(bucket);
    buffer_free(&page.token);
    buffer_free(&progress.token);
    buffer_free(&query);
    return status;
}

int s3_list(struct remote *remote, const char *prefix, uint64_t max, object_visitor *visit, void *self,
            struct pm_error *error)
{
    struct listing listing = {.visit = visit, .self = self, .left = max > 0 ? max : UINT64_MAX};
    size_t length;
    const char *bucket = object_bucket(prefix, &length);
    listing.bucket_size = (size_t)(bucket - prefix) + length + 1;
    int status = -1;
    if (buffer_append(&listing.name, prefix, listing.bucket_size - 1) == 0 &&
        buffer_append(&listing.name, "/", 1) == 0)
        status = list_pages(remote, prefix, &listing, error);
    else
        error_memory(error, 0);
    buffer_free(&listing.name);
    return status;
}

int s3_look(struct remote *remote, const char *url, struct object_status *status, struct pm_error *error)
{
    struct pull *pull = begin(remote, url);
    if (pull == NULL)
        return error_memory(error, 0);
    struct fetch *fetch = &pull->fetch;
    int found = -1;
    if (pull->s3 != NULL && s3_call_set(pull->s3, S3_HEAD, url, "", NULL, 0, NULL) != 0)
        error_memory(&fetch->error, 0);
    if (remote_run(remote, fetch)) {
        *status = (struct object_status){.size = fetch->size,
                                         .modified = s3_time(curl_getdate(pull->answer.modified, NULL)),
                                         .tag = s3_tag(pull->answer.etag)};
        found = 1;
    } else if (fetch->http_status == 404) {
        found = 0;
    } else {
        *error = fetch->error;
    }
    remote->part->free(fetch);
    return found;
}
