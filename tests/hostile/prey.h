/* What attacks have in their hands, and the attacks. */
#ifndef TESTS_HOSTILE_PREY_H
#define TESTS_HOSTILE_PREY_H

#include <stddef.h>
#include <stdint.h>

#include "base/context.h"

struct prey {
    uint8_t *input; /* in the region */
    size_t size;
    const struct context *context;
    struct pm_error *error;
};

struct attack {
    const char *name; /* NULL ends a table */
    void (*run)(const struct prey *prey);
};
extern const struct attack lies[];

extern const struct child_request *hostile_request; /* the open one */

/* Uses a little CPU time repeatedly, so that the worker does not count as hung. */
void stay_awake(void);

#endif
