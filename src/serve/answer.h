/* Answers to exchanges: errors, and pictures that were found or made. */
#ifndef SERVE_ANSWER_H
#define SERVE_ANSWER_H

#include "http/conditional.h"
#include "serve/site.h"

/* An error response whose message says what the client can change in the URL. */
void answer_refuse(struct http_exchange *exchange, int status, const char *message);

/* The same for an error. The client gets the error's hint in terms of the URL's steps, if it applies to them;
 * the log gets it in terms of the server's options. */
void answer_refuse_error(struct site *site, struct http_exchange *exchange, int status,
                         const struct pm_error *error);

/* The HTTP status for a job's error. */
int answer_status(const struct pm_error *error);

/* The ETag or other identification of the version of the content; `form` selects the fields. */
struct validators answer_validators(const struct response *form);

/* Sends a picture, whose content is in the response, or the part that the client requested. */
void answer_send(struct http_exchange *exchange, struct response *response);

#endif
