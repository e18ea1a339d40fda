/*
 * What is done when results on their way to clients take all the memory that they may: transforms wait in the
 * queue, and clients that take their results slowly lose them, those first whose address holds most. So who
 * reads slowly costs others a second, and no refusal. With --cache this is not needed: results are sent from
 * their files.
 */
#ifndef SERVE_RELIEF_H
#define SERVE_RELIEF_H

#include "serve/site.h"

/* Has the site's timer call relief_give, if a transform waits for memory that clients hold. */
void relief_watch(struct site *site);

/* For http_watch, of the site's timer: ends the responses of slow clients until there is room, or none of
 * them are left. */
void relief_give(void *site);

#endif
