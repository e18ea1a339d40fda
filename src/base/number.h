/* Numbers in filter arguments, as text that parses back to the same value. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/* Parses a decimal number (digits, optional decimal point; no sign, no exponent) at *text and advances *text
 * past it. Returns false, *text unchanged, if there is none. */
bool number_read(const char **text, double *value);

/* Writes `value` (0, or from 1e-4 to below 1e15) with the fewest digits that parse back to it. Returns the
 * length. */
int number_write(double value, char *text, size_t size);

#endif
