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
        char first[WARNING_WORDS_MAX]; /* the first warning of this kind, as it was */
        size_t count;
        bool alike; /* all were like the first */
    } kinds[WARNING_KINDS_MAX];
};

/* Counts the warning line[length]. Returns the number of warnings of its kind so far, including this one; 1
 * if there are more kinds than fit, which happens only if warnings contain names. */
size_t warnings_count(struct warnings *warnings, const char *line, size_t length);

/* What to print after the first warning of a kind that stands for all of them. */
const char *warnings_others(const struct warning_kind *kind);

/* Prints a line on standard error for each kind that occurred more than once. */
void warnings_sum_up(const struct warnings *warnings);

#endif
