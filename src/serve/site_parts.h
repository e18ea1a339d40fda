/* Private to the site's files: site.c, lookup.c, own_pages.c. */
#ifndef SERVE_SITE_PARTS_H
#define SERVE_SITE_PARTS_H

#include "http/conditional.h"
#include "serve/site.h"

/* What closes a file: threads if that may block, else NULL. */
struct blocking *site_closer(const struct site *site, bool slow_close);

void site_refuse(struct http_exchange *exchange, int status, const char *message);
void site_refuse_error(struct site *site, struct http_exchange *exchange, int status,
                       const struct pm_error *error);

struct validators site_validators_of(const struct response *form);

/* Sends the picture, whose content the response holds, or the part of it that the client wants. */
void site_send_picture(struct http_exchange *exchange, struct response *response);

/* Has the exchange wait for the picture's transform, which may be in progress already; the picture's file
 * is taken over. */
void site_wait_for_picture(struct site *site, struct http_exchange *exchange, const struct picture *picture);

#endif
