#include "serve/refusal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the hint means to a client, who has the steps of the URL to change; NULL: nothing. */
static const char *client_words(enum pm_hint hint)
{
    switch (hint) {
    case PM_HINT_ALLOW_TRUNCATED:
        return "the step allow-truncated keeps what there is";
    case PM_HINT_FORMAT_PNG:
        return "use the step format=png";
    case PM_HINT_KEEP_LESS:
        return "leave the step keep out";
    default:
        return NULL;
    }
}

struct response refusal_of(int status, const struct pm_error *error, const char *operator_words)
{
    enum { ROOM = sizeof error->message + 128 };
    char for_log[ROOM], for_client[ROOM];
    const char *words = client_words(error->hint);
    snprintf(for_log, sizeof for_log, operator_words != NULL ? "%s (%s)" : "%s", error->message,
             operator_words);
    snprintf(for_client, sizeof for_client, words != NULL ? "%s (%s)" : "%s", error->message, words);
    struct response response = response_refusal(status, for_client);
    free(response.error);
    response.error = strdup(for_log); /* the log may lack it when there is no memory */
    return response;
}

int refusal_status(const struct pm_error *error)
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
