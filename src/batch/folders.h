/* A set of folders: the distinct folders of many files. */
#ifndef BATCH_FOLDERS_H
#define BATCH_FOLDERS_H

#include "base/names.h"
#include "base/set.h"

struct folders {
    struct names memory;
    struct set set;
};

void folders_init(struct folders *folders);
void folders_free(struct folders *folders);

/* Adds the folder of the file `path` ("." when it has none). 0, or -1 when there is no memory. */
int folders_add(struct folders *folders, const char *path);

/* Iterates over the folders in no particular order; start with *at = 0. NULL after the last. */
const char *folders_next(const struct folders *folders, size_t *at);

#endif
