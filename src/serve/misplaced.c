#include "serve/misplaced.h"

#include <stdio.h>
#include <string.h>

#include "transform/recipe.h"

/* Parameters of imgix, Cloudflare, imgproxy, Thumbor and similar servers, and the equivalent steps. */
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

/* Writes the step that is equivalent to the parameter `name`, with an example of its argument, into
 * step[size]; "" when there is none. False when the name is unknown. */
static bool find_step(const char *name, char *step, size_t size)
{
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
        if (strcmp(elsewhere[i].name, name) == 0) {
            snprintf(step, size, "%s", elsewhere[i].step != NULL ? elsewhere[i].step : "");
            return true;
        }
    }
    const struct filter *filter = filter_find(name);
    struct recipe_setting setting = {0};
    const bool is_setting = filter == NULL && recipe_setting_find(name, &setting);
    const char *example = filter != NULL ? filter->example : setting.example;
    snprintf(step, size, example != NULL ? "%s=%s" : "%s", name, example);
    return filter != NULL || is_setting;
}

bool query_is_misplaced(struct span query, struct pm_error *error)
{
    while (query.size > 0) {
        const char *end = memchr(query.data, '&', query.size);
        const size_t length = end != NULL ? (size_t)(end - query.data) : query.size;
        const char *equals = memchr(query.data, '=', length);
        const size_t named = equals != NULL ? (size_t)(equals - query.data) : length;
        char name[32];
        if (named > 0 && named < sizeof name) {
            char step[64];
            memcpy(name, query.data, named);
            name[named] = '\0';
            if (find_step(name, step, sizeof step)) {
                error_set(error, PM_ERROR_USAGE, "'%s' in the query has no effect (%s%s%s)", name,
                          step[0] != '\0' ? "put steps before the file's path: /" : "no such step", step,
                          step[0] != '\0' ? "/..." : "");
                return true;
            }
        }
        const size_t taken = end != NULL ? length + 1 : length;
        query = (struct span){query.data + taken, query.size - taken};
    }
    return false;
}
