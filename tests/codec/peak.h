/* Peak memory of this process, for tests of libraries that use malloc. */
#ifndef TESTS_CODEC_PEAK_H
#define TESTS_CODEC_PEAK_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Resident memory of this process, and its peak, in bytes; -1: unknown. */
static inline long long resident(const char *field)
{
    char line[256];
    long long kib = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, field, strlen(field)) == 0)
            kib = atoll(line + strlen(field));
    }
    if (status != NULL)
        fclose(status);
    return kib >= 0 ? kib * 1024 : -1;
}

/* Resets the peak, or skips the test where it says nothing. */
static inline long long reset_peak(void)
{
#ifdef PIXMILL_SANITIZED
    cr_skip_test("a sanitizer takes memory of its own");
#endif
    FILE *refs = fopen("/proc/self/clear_refs", "w");
    if (refs == NULL || fputs("5", refs) < 0 || fclose(refs) != 0)
        cr_skip_test("this kernel does not reset a process's peak of memory");
    return resident("VmRSS:");
}

#endif
