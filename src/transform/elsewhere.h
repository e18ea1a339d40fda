/* What the steps of other programs' URLs (imgproxy's rs:fit:300:300, Cloudflare's width=300) are called in a
 * recipe, so that an error can say it. */
#ifndef TRANSFORM_ELSEWHERE_H
#define TRANSFORM_ELSEWHERE_H

#include <stddef.h>

/* Writes what to do in place of an unknown step, "rs:fit:300:300" or with an argument "width=300", into
 * text[size]: "here it is resize=300x300,shrink". Returns text, or NULL if it is not known elsewhere. */
const char *elsewhere_step(const char *word, const char *argument, char *text, size_t size);

/* The name of the row at `index` and what is said of it, for tests; NULL past the last. */
const char *elsewhere_row(size_t index, const char **said);

#endif
