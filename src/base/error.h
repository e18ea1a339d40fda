/* Filling a struct pm_error. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "pixmill/error.h"

/* Fills `error` (kind, message; limit and value zero) and returns -1, so that a failing function ends in
 * `return error_set(error, PM_ERROR_CORRUPT, "...")`. If `error` is already filled, changes nothing. */
__attribute__((format(printf, 3, 4))) int error_set(struct pm_error *error, enum pm_error_kind kind,
                                                    const char *format, ...);

/* The same for PM_ERROR_LIMIT, with the limit and the value that exceeded it. */
__attribute__((format(printf, 4, 5))) int error_limit(struct pm_error *error, uint64_t limit, uint64_t value,
                                                      const char *format, ...);

/* The same with a hint. */
__attribute__((format(printf, 4, 5))) int error_set_hint(struct pm_error *error, enum pm_error_kind kind,
                                                         enum pm_hint hint, const char *format, ...);
__attribute__((format(printf, 5, 6))) int error_limit_hint(struct pm_error *error, uint64_t limit,
                                                           uint64_t value, enum pm_hint hint,
                                                           const char *format, ...);

/* Copies `other` to `error`. Returns -1. */
int error_copy(struct pm_error *error, const struct pm_error *other);

/* "out of memory", for a failed allocation of `bytes` (0 when the size is not known). */
int error_memory(struct pm_error *error, uint64_t bytes);

/* For an input that another program changed while it was read. */
int error_changed(struct pm_error *error);

/* The static analyser sees one file at a time; tell it that these return -1. */
#ifdef __clang_analyzer__
#define error_set(...) (error_set(__VA_ARGS__), -1)
#define error_limit(...) (error_limit(__VA_ARGS__), -1)
#define error_set_hint(...) (error_set_hint(__VA_ARGS__), -1)
#define error_limit_hint(...) (error_limit_hint(__VA_ARGS__), -1)
#define error_memory(...) (error_memory(__VA_ARGS__), -1)
#define error_changed(...) (error_changed(__VA_ARGS__), -1)
#endif

#endif
