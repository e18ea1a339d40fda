/*
 * What is done when results on their way to clients take all the memory that they may: transforms wait in the
 * queue, and clients that take their results slowly lose them, those first whose address holds most. So who
 * reads slowly costs others a second, and no refusal. With --cache this is not needed: results are sent from
 * their files.
 */
#ifndef SERVE_RELIEF_H
#define SERVE_RELIEF_H

#include "serve/site.h"

/* Does a transform wait for memory that clients hold? Then relief_give is called about every RELIEF_SECONDS.
 */
#define RELIEF_SECONDS 0.25
bool relief_is_needed(struct site *site);

/* Ends the responses of slow clients until there is room, or none of them are left. */
void relief_give(struct site *site, struct connections *connections);

#endif
