/* Parses option values: text to numbers, range-checked, with an error that says what is accepted. */
#ifndef BASE_VALUES_H
#define BASE_VALUES_H

#include <stdint.h>

#include "base/error.h"

/* A whole number in decimal digits, min to max. */
int value_count(const char *text, uint64_t min, uint64_t max, uint64_t *value, struct pm_error *error);

/* Bytes: a whole number, times 1024 for each step of the suffix K, M, G or T ("256M"); at least 1. */
int value_size(const char *text, uint64_t *bytes, struct pm_error *error);

/* Seconds: a decimal number, 0.001 to a million. */
int value_seconds(const char *text, double *seconds, struct pm_error *error);

/* A time in milliseconds, a decimal number from 0.001 to a million; stored in seconds. */
int value_milliseconds(const char *text, double *seconds, struct pm_error *error);

#endif
