#include "serve/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The hint in terms of the URL's steps, which the client can change; NULL: there is none. */
static const char *client_words(enum pm_hint hint)
{
    switch (hint) {
    case PM_HINT_ALLOW_TRUNCATED:
        return "the step allow-truncated keeps the part that is there";
    case PM_HINT_FORMAT_PNG:
        return "use the step format=png";
    case PM_HINT_KEEP_LESS:
        return "omit the step keep";
    default:
        return NULL;
    }
}

static struct response error_response(int status, const struct pm_error *error, const char *operator_words)
{
    enum { ROOM = sizeof error->message + 128 };
    char for_log[ROOM], for_client[ROOM];
    const char *words = client_words(error->hint);
    snprintf(for_log, sizeof for_log, operator_words != NULL ? "%s (%s)" : "%s", error->message,
             operator_words);
    snprintf(for_client, sizeof for_client, words != NULL ? "%s (%s)" : "%s", error->message, words);
    struct response response = response_refusal(status, for_client);
    free(response.error);
    response.error = strdup(for_log); /* NULL if out of memory: then it is missing in the log */
    return response;
}

void answer_refuse(struct http_exchange *exchange, int status, const char *message)
{
    struct response response = response_refusal(status, message);
    response.retry_after = status == 503 || status == 429;
    http_respond(exchange, &response);
}

void answer_refuse_error(struct site *site, struct http_exchange *exchange, int status,
                         const struct pm_error *error)
{
    struct response response = error_response(status, error, site->config->hint(error->hint));
    response.retry_after = status == 503;
    http_respond(exchange, &response);
}

struct validators answer_validators(const struct response *form)
{
    return (struct validators){
        .etag = form->etag, .modified = form->varies ? 0 : form->modified, .now = time(NULL)};
}

/* Sends the picture, whose content is in the response, or the part that the client requested. */
void answer_send(struct http_exchange *exchange, struct response *response)
{
    const struct validators validators = answer_validators(response);
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

int answer_status(const struct pm_error *error)
{
    switch (error->kind) {
    case PM_ERROR_USAGE:
        return 400;
    case PM_ERROR_UNSUPPORTED:
        return 415;
    case PM_ERROR_CORRUPT:
    case PM_ERROR_TRUNCATED:
    case PM_ERROR_KEY:
    case PM_ERROR_CHANGED:
        return 422;
    case PM_ERROR_LIMIT:
        return 413;
    case PM_ERROR_MEMORY:
    case PM_ERROR_IO:
    case PM_ERROR_CANCELLED:
        return 503;
    case PM_ERROR_TIMEOUT:
        return 504;
    default:
        return 500;
    }
}
