#include "serve/misplaced.h"

#include <string.h>

#include "transform/recipe.h"

/* Parameters of imgix, Cloudflare, imgproxy, Thumbor and their like, and the steps that do the same. */
static const struct {
    const char *name, *step;
} elsewhere[] = {
    {"w", "resize=300x"},
    {"width", "resize=300x"},
    {"h", "resize=x300"},
    {"height", "resize=x300"},
    {"size", "resize=300x300"},
    {"s", "resize=300x300"},
    {"fit", "resize=300x300"},
    {"dpr", "resize=200%25"},
    {"q", "quality=80"},
    {"fm", "format=png"},
    {"f", "format=png"},
    {"auto", "format=auto"},
    {"rot", "rotate=90"},
    {"bri", NULL},
    {"sat", NULL},
    {"trim", NULL},
};

static const char *step_of(const char *name, bool *known)
{
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
        if (strcmp(elsewhere[i].name, name) == 0) {
            *known = true;
            return elsewhere[i].step;
        }
    }
    *known = filter_find(name) != NULL || recipe_setting_find(name) != NULL;
    return *known ? name : NULL;
}

bool query_is_misplaced(struct span query, struct pm_error *error)
{
    while (query.size > 0) {
        const char *end = memchr(query.data, '&', query.size);
        const size_t length = end != NULL ? (size_t)(end - query.data) : query.size;
        const char *equals = memchr(query.data, '=', length);
        const size_t named = equals != NULL ? (size_t)(equals - query.data) : length;
        char name[32];
        bool known = false;
        if (named > 0 && named < sizeof name) {
            memcpy(name, query.data, named);
            name[named] = '\0';
            const char *step = step_of(name, &known);
            if (known) {
                error_set(error, PM_ERROR_USAGE, "'%s' in the query is not read (%s%s%s)", name,
                          step != NULL ? "steps belong in the path: /" : "there is no such step",
                          step != NULL ? step : "", step != NULL ? "/one.jpg" : "");
                return true;
            }
        }
        const size_t taken = end != NULL ? length + 1 : length;
        query = (struct span){query.data + taken, query.size - taken};
    }
    return false;
}
