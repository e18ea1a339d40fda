#include "filter/filter.h"

#include <string.h>

extern const struct filter resize_filter, blur_filter, sharpen_filter, crop_filter, rotate_filter,
    flip_filter, flop_filter, gray_filter;

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
    NULL,
};
/* clang-format on */

int filter_parse(const struct filter *filter, const char *argument, void *params, struct pm_error *error)
{
    memset(params, 0, FILTER_PARAMS_MAX);
    if (filter->params != NULL && params_parse(filter->params, filter->name, argument, params, error) != 0)
        return -1;
    return filter->check != NULL ? filter->check(params, error) : 0;
}

void filter_print(const struct filter *filter, const void *params, char *text, size_t size)
{
    text[0] = '\0';
    if (filter->params != NULL)
        params_print(filter->params, params, text, size);
}

const struct filter *filter_find(const char *name)
{
    for (const struct filter *const *filter = filters; *filter != NULL; filter++) {
        if (strcmp((*filter)->name, name) == 0)
            return *filter;
    }
    return NULL;
}
