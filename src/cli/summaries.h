/* Adds up the files that --summary of many runs has written. */
#ifndef CLI_SUMMARIES_H
#define CLI_SUMMARIES_H

#include <stddef.h>

#include "base/error.h"
#include "base/json.h"

enum { SUMMARY_SUMS = 10 };

struct summaries {
    size_t files;
    size_t incomplete; /* of runs that were stopped */
    double sums[SUMMARY_SUMS];
    double longest_seconds;
    double peak_bytes; /* the largest */
};

/* Adds the summary `path`, or all files *.json of a folder. Returns 0, or -1 with `error` filled. */
int summaries_add(struct summaries *summaries, const char *path, struct pm_error *error);

void summaries_print(const struct summaries *summaries);
void summaries_write(const struct summaries *summaries, struct json *json);

#endif
