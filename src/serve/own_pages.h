/* Paths that are not files of the folder: /healthz, /metrics, and the page at / with its list. */
#ifndef SERVE_OWN_PAGES_H
#define SERVE_OWN_PAGES_H

#include "serve/site.h"

/* Answers the request if it is for one of them: true. */
bool own_page_answer(struct site *site, struct http_exchange *exchange);

/* The exchange no longer waits for the list. */
void own_page_leave(struct site *site, struct http_exchange *exchange);

#endif
