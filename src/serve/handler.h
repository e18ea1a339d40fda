/* The site as a handler of http.h: handles requests, and the end of their exchanges. */
#ifndef SERVE_HANDLER_H
#define SERVE_HANDLER_H

#include "serve/site.h"

/* Its `self` is the site. */
extern const struct http_handler site_handler;

#endif
