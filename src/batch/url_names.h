/*
 * Normally the query of a URL is not part of its result's name, so URLs that differ only in the query
 * ("photo?id=1", "photo?id=2") would have the same result. If a list contains several such URLs, the query is
 * added to each result's name: "photo-id=1", "photo-id=2"; a long query, or one with unsafe characters, as 16
 * hexadecimal digits of its SHA-256. A result name given in the list is kept.
 */
#ifndef BATCH_URL_NAMES_H
#define BATCH_URL_NAMES_H

#include "batch/place.h"
#include "batch/walk.h"

/* Call before clash_check. 0, or -1 with `error` filled. */
int url_names_settle(struct walk_list *list, struct place *place, struct names *names,
                     struct pm_error *error);

#endif
