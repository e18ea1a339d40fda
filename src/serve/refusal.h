/* Errors as responses: an HTTP status, and a message that says what the client can change in the URL. */
#ifndef SERVE_REFUSAL_H
#define SERVE_REFUSAL_H

#include "http/response.h"
#include "pixmill/error.h"

/* The response of an error. The client gets the hint in terms of the URL's steps, if it applies to them;
 * the log gets `operator_words` (NULL: none), the hint in terms of the server's options. */
struct response refusal_of(int status, const struct pm_error *error, const char *operator_words);

/* The status for a job's error. */
int refusal_status(const struct pm_error *error);

#endif
