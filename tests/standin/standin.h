/* What standin.c and main.c share. */
#ifndef STANDIN_STANDIN_H
#define STANDIN_STANDIN_H

#include <criterion/criterion.h>

/* The status that the process of a test ends with. */
enum { STANDIN_PASSED, STANDIN_FAILED = 1, STANDIN_SKIPPED = 77 };

extern struct standin_test *standin_tests;
extern bool standin_failed; /* a check has failed in this process */

#endif
