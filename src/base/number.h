/* Numbers in filters' arguments, as text that reads back exactly. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/* Reads a decimal number (digits, perhaps with a point; no sign, no exponent) at *text, moving *text behind
 * it. Returns false, moving nothing, when there is none. */
bool number_read(const char **text, double *value);

/* Writes the fewest digits that read back as `value`, which is at least 1e-4 or 0, and below 1e15. Returns
 * the length. */
int number_write(double value, char *text, size_t size);

#endif
