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

int filter_parse_none(const char *text, void *params, struct pm_error *error)
{
    (void)params;
    if (text == NULL)
        return 0;
    return error_set(error, PM_ERROR_USAGE, "this filter takes no argument (leave out =%s)", text);
}
