/*
 * The limit of memory for results that clients have not read yet. When it is reached, transforms wait in the
 * queue, and clients that read slowly are cut off, beginning with the address that uses most. So slow readers
 * delay others by about a second, but no request is refused because of them. With --cache this does not
 * happen: results are sent from their files.
 */
#ifndef SERVE_RELIEF_H
#define SERVE_RELIEF_H

#include "serve/site.h"

/* Sets the site's timer, if a transform waits for memory that clients hold. */
void relief_watch(struct site *site);

/* site->held has changed: pauses or resumes transforms. */
void relief_held_changed(struct site *site);

/* For http_watch, on the site's timer: cuts off slow clients until there is room, or no slow client is left.
 */
void relief_give(void *site);

#endif
