/*
 * Attacks by a worker process that an image controls: escaping, exceeding limits, and sending false results.
 * Each attack is a named function; it returns if the attack had no effect, or if it succeeded.
 */
#ifndef TESTS_HOSTILE_ATTACKS_H
#define TESTS_HOSTILE_ATTACKS_H

#include <stddef.h>
#include <stdint.h>

#include "base/context.h"

/* Runs the attack of that name; data[size] is the job's input where it is in the region. Behind the name may
 * stand a NUL and what the attack needs to know. */
void attack(const char *name, const uint8_t *data, size_t size, const struct context *context,
            struct pm_error *error);

#endif
