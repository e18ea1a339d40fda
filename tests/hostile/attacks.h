/*
 * What a taken-over worker process may try: to get out, to take more than it is given, and to lie. Each
 * attack is a function with a name; an attack that returns has been shrugged off, or come through.
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
