/* Profiles of version 4 with tables, which no package has. */
#ifndef TESTS_COLOR_PLAIN_TABLE_H
#define TESTS_COLOR_PLAIN_TABLE_H

#include "color/plain_space.h"

/* From RGB to L*a*b* and back, with all elements of lutAToB and lutBToA (ICC.1:2022, 10.12 and 10.13):
 * curves, and a grid with `grid` points per axis of 16 bits, uneven by up to a tenth; at most 33. */
void plain_table_profile(struct plain_profile *profile, unsigned grid);

#endif
