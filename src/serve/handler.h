/* The site as a handler of http.h: what is done when a request has come, and when its exchange ends. */
#ifndef SERVE_HANDLER_H
#define SERVE_HANDLER_H

#include "serve/site.h"

/* Its `self` is the site. */
extern const struct http_handler site_handler;

#endif
