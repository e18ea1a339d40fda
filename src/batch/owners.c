#include "batch/owners.h"

#include <stdlib.h>
#include <string.h>

#include "base/names.h"
#include "base/set.h"
#include "batch/problem.h"

struct owner {
    const char *output, *input;
};

struct owners {
    struct names names;
    struct set set; /* of struct owner */
};

static uint64_t owner_hash(const void *item)
{
    const struct owner *owner = item;
    return set_hash(owner->output, strlen(owner->output));
}

static bool owner_equal(const void *a, const void *b)
{
    return strcmp(((const struct owner *)a)->output, ((const struct owner *)b)->output) == 0;
}

struct owners *owners_open(struct pm_error *error)
{
    struct owners *owners = calloc(1, sizeof *owners);
    if (owners == NULL)
        error_memory(error, sizeof *owners);
    else
        set_init(&owners->set, owner_hash, owner_equal);
    return owners;
}

void owners_close(struct owners *owners)
{
    if (owners == NULL)
        return;
    set_free(&owners->set);
    names_free(&owners->names);
    free(owners);
}

static int add(struct owners *owners, const char *output, const char *input, struct pm_error *error)
{
    struct owner *owner = names_alloc(&owners->names, (sizeof *owner + 15) / 16 * 16);
    const char *path = names_add(&owners->names, output, strlen(output)),
               *copy = names_add(&owners->names, input, strlen(input));
    if (owner == NULL || path == NULL || copy == NULL)
        return error_memory(error, 0);
    *owner = (struct owner){.output = path, .input = copy};
    return set_put(&owners->set, owner) == 0 ? 0 : error_memory(error, 0);
}

static int take_result(struct owners *owners, struct walk_entry *entry, const char *output,
                       const struct guard *guard, struct pm_error *error)
{
    const struct owner *owner = set_find(&owners->set, &(struct owner){.output = output});
    if (owner == NULL && guard_find(guard, output) == NULL)
        return add(owners, output, entry->input, error);
    if (owner != NULL && strcmp(owner->input, entry->input) == 0)
        return 0;
    if (!problem_no_image(entry))
        entry->problem = WALK_TAKEN;
    return 0;
}

int owners_take(struct owners *owners, struct walk_list *list, const struct guard *guard,
                struct pm_error *error)
{
    int status = 0;
    for (size_t i = 0; i < list->count && status == 0; i++) {
        struct walk_entry *entry = &list->entries[i];
        for (size_t k = 0; k < walk_results(list) && entry->problem == 0 && status == 0; k++) {
            const char *output = walk_result(list, entry, k);
            if (output != NULL)
                status = take_result(owners, entry, output, guard, error);
        }
    }
    return status;
}
