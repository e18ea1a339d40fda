#include "filter/filter.h"

#include <string.h>

extern const struct filter resize_filter, blur_filter, sharpen_filter, crop_filter, rotate_filter,
    flip_filter, flop_filter, gray_filter;
extern const struct filter encrypt_filter, decrypt_filter;

/* One a line. */
/* clang-format off */
const struct filter *const filters[] = {
    &resize_filter,
    &blur_filter,
    &sharpen_filter,
    &crop_filter,
    &rotate_filter,
    &flip_filter,
    &flop_filter,
    &gray_filter,
    &encrypt_filter,
    &decrypt_filter,
    NULL,
};
/* clang-format on */

const struct filter *filter_find(const char *name)
{
    for (const struct filter *const *filter = filters; *filter != NULL; filter++) {
        if (strcmp((*filter)->name, name) == 0)
            return *filter;
    }
    return NULL;
}
