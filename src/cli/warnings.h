/*
 * The warnings about a run's images. Each kind of warning is printed once, for the first image that has it,
 * and counted; the log has all of them. Warnings that differ only in numbers are of the same kind.
 */
#ifndef CLI_WARNINGS_H
#define CLI_WARNINGS_H

#include <stdbool.h>
#include <stddef.h>

enum { WARNING_KINDS_MAX = 64, WARNING_WORDS_MAX = 256 };

struct warnings {
    size_t nkinds;
    struct warning_kind {
        char words[WARNING_WORDS_MAX]; /* each number replaced by N */
        size_t count;
    } kinds[WARNING_KINDS_MAX];
};

/* Counts the warning line[length]. Returns the number of warnings of its kind so far, including this one; 1
 * if there are more kinds than fit, which happens only if warnings contain names. */
size_t warnings_count(struct warnings *warnings, const char *line, size_t length);

/* Prints a line on standard error for each kind that occurred more than once. */
void warnings_sum_up(const struct warnings *warnings);

#endif
