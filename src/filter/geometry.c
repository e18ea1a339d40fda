/*
 * The rules, roundings included, are those of ImageMagick's ParseMetaGeometry (MagickCore/geometry.c), except
 * that `>` and `<` also apply to percentages, where ImageMagick ignores them.
 */
#include "filter/geometry.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"

/* Parses "800", "800x", "x600", "800x600" or the same with percent signs; returns the rest, or NULL. */
static const char *parse_sides(const char *text, struct geometry *geometry)
{
    bool has_width = number_read(&text, &geometry->width), has_height = false;
    if (has_width && *text == '%') {
        geometry->unit = GEOMETRY_PERCENT;
        text++;
    }
    if (*text == 'x' || *text == 'X') {
        text++;
        has_height = number_read(&text, &geometry->height);
        if (has_height && *text == '%') {
            geometry->unit = GEOMETRY_PERCENT;
            text++;
        }
    }
    bool zero = (has_width && geometry->width <= 0) || (has_height && geometry->height <= 0);
    return (has_width || has_height) && !zero ? text : NULL;
}

/* Parses at most one of "!^" and one of "<>", in any order; returns the rest. */
static const char *parse_suffix(const char *text, struct geometry *geometry)
{
    for (;; text++) {
        if (*text == '!' && geometry->mode == GEOMETRY_FIT)
            geometry->mode = GEOMETRY_EXACT;
        else if (*text == '^' && geometry->mode == GEOMETRY_FIT)
            geometry->mode = GEOMETRY_COVER;
        else if (*text == '>' && geometry->when == GEOMETRY_ALWAYS)
            geometry->when = GEOMETRY_SHRINK;
        else if (*text == '<' && geometry->when == GEOMETRY_ALWAYS)
            geometry->when = GEOMETRY_ENLARGE;
        else
            return text;
    }
}

static bool is_side(double side)
{
    return side <= GEOMETRY_SIDE_MAX && side == floor(side);
}

int geometry_parse(const char *text, size_t length, struct geometry *geometry, struct pm_error *error)
{
    static const char accepted[] = "WIDTHxHEIGHT, WIDTHx, xHEIGHT or PERCENT%, then ! exact, ^ cover, > only "
                                   "shrink or < only enlarge";
    char copy[64];
    const char *end = NULL;
    struct geometry g = {0};
    if (length < sizeof copy) {
        memcpy(copy, text, length);
        copy[length] = '\0';
        end = parse_sides(copy, &g);
    }
    if (end != NULL)
        end = parse_suffix(end, &g);
    if (end == NULL || *end != '\0')
        return error_set(error, PM_ERROR_USAGE, "%.40s is not a valid size (%s)", text, accepted);
    if (g.unit == GEOMETRY_PIXELS && (!is_side(g.width) || !is_side(g.height)))
        return error_set(error, PM_ERROR_USAGE,
                         "%.40s is not a valid size (sides must be whole numbers of pixels from 1 to %d)",
                         text, GEOMETRY_SIDE_MAX);
    if (g.unit == GEOMETRY_PERCENT &&
        (g.width < 1e-4 || g.width > 1e7 || g.height > 1e7 || (g.height != 0 && g.height < 1e-4)))
        return error_set(error, PM_ERROR_USAGE,
                         "%.40s is not a valid size (percentages must be from 0.0001%% to 10000000%%)", text);
    if (g.unit == GEOMETRY_PERCENT) {
        g.mode = GEOMETRY_FIT; /* both sides are given already */
        g.height = g.height == g.width ? 0 : g.height;
    }
    *geometry = g;
    return 0;
}

int geometry_print(const struct geometry *geometry, char *text, size_t size)
{
    static const char *const modes[] = {[GEOMETRY_FIT] = "", [GEOMETRY_EXACT] = "!", [GEOMETRY_COVER] = "^"};
    static const char *const whens[] = {
        [GEOMETRY_ALWAYS] = "", [GEOMETRY_SHRINK] = ">", [GEOMETRY_ENLARGE] = "<"};
    char width[32] = "", height[32] = "";
    if (geometry->width > 0)
        number_write(geometry->width, width, sizeof width);
    if (geometry->height > 0)
        number_write(geometry->height, height, sizeof height);
    const char *percent = geometry->unit == GEOMETRY_PERCENT ? "%" : "";
    const char *by = geometry->unit == GEOMETRY_PIXELS || geometry->height > 0 ? "x" : "";
    return snprintf(text, size, "%s%s%s%s%s%s%s", width, percent, by, height,
                    height[0] != '\0' ? percent : "", modes[geometry->mode], whens[geometry->when]);
}

/* The factor by which an image of w x h fits, or covers, the requested sides. */
static double scale_factor(const struct geometry *geometry, double w, double h)
{
    const bool cover = geometry->mode == GEOMETRY_COVER;
    double x = geometry->width / w, y = geometry->height / h;
    if (geometry->width > 0 && geometry->height > 0)
        return cover ? fmax(x, y) : fmin(x, y);
    if (geometry->width > 0)
        return cover ? fmax(x, geometry->width / h) : x;
    return cover ? fmax(y, geometry->height / w) : y;
}

static double rounded_side(double side)
{
    return fmax(floor(side + 0.5), 1);
}

/* `>` and `<`. */
static void limit_sides(const struct geometry *geometry, double w, double h, double *to_w, double *to_h)
{
    double (*const limit)(double, double) = geometry->when == GEOMETRY_SHRINK ? fmin : fmax;
    if (geometry->when == GEOMETRY_ALWAYS)
        return;
    *to_w = limit(*to_w, w);
    *to_h = limit(*to_h, h);
}

int geometry_apply(const struct geometry *geometry, uint32_t *width, uint32_t *height, struct pm_error *error)
{
    const double w = *width, h = *height;
    double to_w = geometry->width, to_h = geometry->height;
    if (geometry->unit == GEOMETRY_PERCENT) {
        to_w = rounded_side(w * geometry->width / 100);
        to_h = rounded_side(h * (geometry->height > 0 ? geometry->height : geometry->width) / 100);
    } else if (geometry->mode == GEOMETRY_EXACT) {
        to_w = to_w > 0 ? to_w : w;
        to_h = to_h > 0 ? to_h : h;
    } else if (to_w != w || to_h != h) {
        double factor = scale_factor(geometry, w, h);
        to_w = rounded_side(factor * w);
        to_h = rounded_side(factor * h);
    }
    limit_sides(geometry, w, h, &to_w, &to_h);
    double longer = fmax(to_w, to_h);
    if (longer > GEOMETRY_SIDE_MAX)
        return error_limit(error, GEOMETRY_SIDE_MAX, (uint64_t)longer,
                           "a resize to %.0f x %.0f pixels is over the limit of %d on a side (ask for less)",
                           to_w, to_h, GEOMETRY_SIDE_MAX);
    *width = (uint32_t)to_w;
    *height = (uint32_t)to_h;
    return 0;
}

/* The bounds of what geometry_apply computes before `>` and `<`. */
static void bound_sides(const struct geometry *geometry, double w, double h, double *to_w, double *to_h)
{
    enum { ASPECT = 4 };
    const double longest = ASPECT * fmax(geometry->width, geometry->height);
    *to_w = geometry->width;
    *to_h = geometry->height;
    if (geometry->unit == GEOMETRY_PERCENT) {
        *to_w = rounded_side(w * geometry->width / 100);
        *to_h = rounded_side(h * (geometry->height > 0 ? geometry->height : geometry->width) / 100);
    } else if (geometry->mode == GEOMETRY_EXACT) {
        *to_w = *to_w > 0 ? *to_w : w;
        *to_h = *to_h > 0 ? *to_h : h;
    } else if (geometry->mode == GEOMETRY_COVER) {
        *to_w = fmax(w, longest);
        *to_h = fmax(h, longest);
    } else {
        *to_w = *to_w > 0 ? *to_w : fmax(w, longest);
        *to_h = *to_h > 0 ? *to_h : fmax(h, longest);
    }
}

void geometry_bound(const struct geometry *geometry, uint32_t *width, uint32_t *height, bool *exact)
{
    const double w = *width, h = *height;
    double to_w, to_h;
    bound_sides(geometry, w, h, &to_w, &to_h);
    limit_sides(geometry, w, h, &to_w, &to_h);
    *width = (uint32_t)fmin(to_w, GEOMETRY_SIDE_MAX);
    *height = (uint32_t)fmin(to_h, GEOMETRY_SIDE_MAX);
    *exact = geometry->mode == GEOMETRY_EXACT && geometry->when == GEOMETRY_ALWAYS && geometry->width > 0 &&
             geometry->height > 0;
}

int geometry_check_words(const struct geometry *geometry, const struct geometry_words *words,
                         const char *step, struct pm_error *error)
{
    const bool shrinks = words->shrink || geometry->when == GEOMETRY_SHRINK;
    const bool enlarges = words->enlarge || geometry->when == GEOMETRY_ENLARGE;
    if (!shrinks || !enlarges)
        return 0;
    return error_set(error, PM_ERROR_USAGE,
                     "%s can either only shrink (shrink or >) or only enlarge (enlarge or <)", step);
}

struct geometry geometry_with_words(const struct geometry *geometry, const struct geometry_words *words)
{
    struct geometry result = *geometry;
    if (words->shrink)
        result.when = GEOMETRY_SHRINK;
    else if (words->enlarge)
        result.when = GEOMETRY_ENLARGE;
    return result;
}

const struct param_word gravities[] = {GRAVITY_WORDS, {NULL, 0}};

/* Half of an odd number of pixels is rounded down. */
static int64_t part_of(int64_t room, int position)
{
    return position == 1 ? (room - (room < 0 && room % 2 != 0)) / 2 : room * (position / 2);
}

void gravity_place(int gravity, int64_t room_x, int64_t room_y, int64_t *left, int64_t *top)
{
    *left = part_of(room_x, gravity % 3);
    *top = part_of(room_y, gravity / 3);
}
