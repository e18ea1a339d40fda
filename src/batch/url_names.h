/*
 * URLs that differ in nothing but what is behind "?" ("photo?id=1", "photo?id=2") have one name by the rule
 * that the query does not count. Where a list holds several such, each gets its query into its result's name:
 * "photo-id=1", "photo-id=2"; a long query, or one with characters that do not belong in a name, as 16
 * hexadecimal digits of its SHA-256. A result whose name the list gave keeps it.
 */
#ifndef BATCH_URL_NAMES_H
#define BATCH_URL_NAMES_H

#include "batch/place.h"
#include "batch/walk.h"

/* To be called before results are checked for clashes. 0, or -1 with `error` filled. */
int url_names_settle(struct walk_list *list, struct place *place, struct names *names,
                     struct pm_error *error);

#endif
