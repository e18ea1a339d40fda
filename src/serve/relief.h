/*
 * What happens when results that clients have not read yet use all the memory that they may: transforms wait
 * in the queue, and clients that read slowly are cut off, those first whose address holds most. So slow
 * readers delay others by a second, but cause no refusal. With --cache this does not happen: results are sent
 * from their files.
 */
#ifndef SERVE_RELIEF_H
#define SERVE_RELIEF_H

#include "serve/site.h"

/* Sets the site's timer, if a transform waits for memory that clients hold. */
void relief_watch(struct site *site);

/* For http_watch, of the site's timer: ends the responses of slow clients until there is room, or none of
 * them are left. */
void relief_give(void *site);

#endif
