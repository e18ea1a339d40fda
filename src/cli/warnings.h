/*
 * The warnings of a run's images. A kind of warning is said once, of the first image that gives reason to it,
 * and counted; the log has them all. Warnings are of one kind when they differ in nothing but numbers.
 */
#ifndef CLI_WARNINGS_H
#define CLI_WARNINGS_H

#include <stdbool.h>
#include <stddef.h>

enum { WARNING_KINDS_MAX = 64, WARNING_WORDS_MAX = 256 };

struct warnings {
    size_t nkinds;
    struct warning_kind {
        char words[WARNING_WORDS_MAX]; /* each number is an N */
        size_t count;
    } kinds[WARNING_KINDS_MAX];
};

/* Counts the warning line[length]. Returns how many of its kind there were, with this one. (There are more
 * kinds than fit only where a warning holds names; beyond that each is the first.) */
size_t warnings_count(struct warnings *warnings, const char *line, size_t length);

/* A line on standard error for each kind that came more than once. */
void warnings_sum_up(const struct warnings *warnings);

#endif
