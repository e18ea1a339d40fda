/*
 * ImageMagick's geometry (its manual, "Image Geometry"): the output size as a function of the input size.
 *
 *   800x600  fit inside, aspect kept      800x600!  exactly            suffix >  only shrink
 *   800x     this wide, aspect kept       800x600^  cover, aspect kept  suffix <  only enlarge
 *   x600     this high, aspect kept       50%  50%x30%  of each side
 */
#ifndef FILTER_GEOMETRY_H
#define FILTER_GEOMETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/param.h"

enum { GEOMETRY_SIDE_MAX = 65535 };

struct geometry {
    double width, height; /* pixels, or percent; 0: follows from the other */
    enum { GEOMETRY_PIXELS, GEOMETRY_PERCENT } unit;
    enum { GEOMETRY_FIT, GEOMETRY_EXACT, GEOMETRY_COVER } mode; /* percent: always FIT */
    enum { GEOMETRY_ALWAYS, GEOMETRY_SHRINK, GEOMETRY_ENLARGE } when;
};

/* Parses text[length]. Returns 0, or -1 with `error` filled (PM_ERROR_USAGE). */
int geometry_parse(const char *text, size_t length, struct geometry *geometry, struct pm_error *error);

/* Prints it so that parsing gives it back, NUL-terminated, truncated to `size`; returns the full length. */
int geometry_print(const struct geometry *geometry, char *text, size_t size);

/* Changes *width x *height to the output size: sides rounded to nearest, at least 1. Returns 0, or -1 with
 * `error` filled if a side is above GEOMETRY_SIDE_MAX (PM_ERROR_LIMIT). */
int geometry_apply(const struct geometry *geometry, uint32_t *width, uint32_t *height,
                   struct pm_error *error);

/* The same for an input of unknown size, at most *width x *height: sets upper bounds of the output. *exact:
 * the output does not depend on the input. If one side follows from the other, there is no useful bound; then
 * assumes at most the input's bounds, or sides of 4 to 1. */
void geometry_bound(const struct geometry *geometry, uint32_t *width, uint32_t *height, bool *exact);

/* The words `shrink` and `enlarge` for `>` and `<`, which need quotes in a shell. */
struct geometry_words {
    bool shrink, enlarge;
};

/* Refuses words that contradict each other or the geometry's own `>` or `<`. `step`: the filter's name.
 * Returns 0, or -1 with `error` filled (PM_ERROR_USAGE). */
int geometry_check_words(const struct geometry *geometry, const struct geometry_words *words,
                         const char *step, struct pm_error *error);

/* The geometry with the words applied. */
struct geometry geometry_with_words(const struct geometry *geometry, const struct geometry_words *words);

/* The position of a smaller rectangle in a larger one: y * 3 + x, each 0 for left or top, 1 for centered, 2
 * for right or bottom. */
enum { GRAVITY_CENTER = 4, GRAVITY_SOUTHEAST = 8 };
extern const struct param_word gravities[];

/* clang-format off */
#define GRAVITY_WORDS                                                                                        \
    {"center", 4}, {"north", 1}, {"northeast", 2}, {"east", 5}, {"southeast", 8}, {"south", 7},              \
    {"southwest", 6}, {"west", 3}, {"northwest", 0}, {"centre", 4}, {"top", 1}, {"top-right", 2},            \
    {"right", 5}, {"bottom-right", 8}, {"bottom", 7}, {"bottom-left", 6}, {"left", 3}, {"top-left", 0},      \
    {"topright", 2}, {"bottomright", 8}, {"bottomleft", 6}, {"topleft", 0}, {"north-east", 2},               \
    {"south-east", 8}, {"south-west", 6}, {"north-west", 0}
/* clang-format on */

/* The rectangle's upper left corner, if the larger one is wider by `room_x` and higher by `room_y` pixels;
 * negative if it is smaller. */
void gravity_place(int gravity, int64_t room_x, int64_t room_y, int64_t *left, int64_t *top);

#endif
