/*
 * What an error of pixmill's is to a client: an HTTP status, and a message that says what the client can
 * change, which is the URL.
 */
#ifndef SERVE_REFUSAL_H
#define SERVE_REFUSAL_H

#include "http/response.h"
#include "pixmill/error.h"

/* The response of an error. The client is told what its hint means for a URL's steps, if it means anything
 * there; the log gets `operator_words` (NULL: none), what it means to who runs the server. */
struct response refusal_of(int status, const struct pm_error *error, const char *operator_words);

/* The status for a job's error. */
int refusal_status(const struct pm_error *error);

#endif
