#include "batch/clash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/names.h"
#include "base/set.h"
#include "base/text.h"

enum { SHOWN = 64 }; /* bytes of a name in a message */

static uint64_t output_hash(const void *item)
{
    const struct walk_entry *entry = item;
    return set_hash(entry->output, strlen(entry->output));
}

static bool output_equal(const void *a, const void *b)
{
    return strcmp(((const struct walk_entry *)a)->output, ((const struct walk_entry *)b)->output) == 0;
}

static int two_inputs_error(const struct walk_entry *a, const struct walk_entry *b, struct pm_error *error)
{
    char first[SHOWN], second[SHOWN], result[SHOWN];
    text_shown(a->input, first, sizeof first);
    text_shown(b->input, second, sizeof second);
    text_shown(a->output, result, sizeof result);
    if (strcmp(a->input, b->input) == 0)
        return error_set(error, PM_ERROR_USAGE, "%s is named twice (once is enough)", first);
    return error_set(error, PM_ERROR_USAGE,
                     "%s and %s would both be written to %s (give --base, or another folder)", first, second,
                     result);
}

static int check_results(const struct walk_list *list, struct pm_error *error)
{
    struct set results;
    set_init(&results, output_hash, output_equal);
    int status = 0;
    for (size_t i = 0; i < list->count && status == 0; i++) {
        const struct walk_entry *entry = &list->entries[i];
        if (entry->problem != 0)
            continue;
        const struct walk_entry *earlier = set_find(&results, entry);
        if (earlier != NULL)
            status = two_inputs_error(earlier, entry, error);
        else if (set_put(&results, entry) != 0)
            status = error_memory(error, 0);
    }
    set_free(&results);
    return status;
}

/* A result that exists already: what it is, and whose. */
struct existing {
    dev_t device;
    ino_t inode;
    const struct walk_entry *entry;
};

static uint64_t existing_hash(const void *item)
{
    const struct existing *existing = item;
    return set_hash(&existing->inode, sizeof existing->inode);
}

static bool existing_equal(const void *a, const void *b)
{
    const struct existing *first = a, *second = b;
    return first->inode == second->inode && first->device == second->device;
}

/* Puts every result that exists into `set`. */
static int find_existing(const struct walk_list *list, struct names *memory, struct set *set,
                         struct pm_error *error)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct walk_entry *entry = &list->entries[i];
        struct stat status;
        if (entry->problem != 0 || stat(entry->output, &status) != 0)
            continue;
        struct existing *existing = names_alloc(memory, (sizeof *existing + 15) / 16 * 16);
        if (existing == NULL)
            return error_memory(error, 0);
        *existing = (struct existing){.device = status.st_dev, .inode = status.st_ino, .entry = entry};
        if (set_put(set, existing) != 0)
            return error_memory(error, 0);
    }
    return 0;
}

/* Looks every input up among the results that exist. By device and inode it is found under any name. */
static int check_inputs(const struct walk_list *list, const struct set *existing, struct pm_error *error)
{
    for (size_t i = 0; i < list->count && existing->count > 0; i++) {
        struct stat status;
        if (list->entries[i].url != NULL || stat(list->entries[i].input, &status) != 0)
            continue;
        const struct existing wanted = {.device = status.st_dev, .inode = status.st_ino};
        const struct existing *hit = set_find(existing, &wanted);
        if (hit == NULL)
            continue;
        char input[SHOWN], result[SHOWN];
        return error_set(error, PM_ERROR_USAGE,
                         "%s: would overwrite the input %s (give another output folder)",
                         text_shown(hit->entry->output, result, sizeof result),
                         text_shown(list->entries[i].input, input, sizeof input));
    }
    return 0;
}

static int check_overwriting(const struct walk_list *list, struct pm_error *error)
{
    struct names memory = {0};
    struct set existing;
    set_init(&existing, existing_hash, existing_equal);
    int status = find_existing(list, &memory, &existing, error);
    if (status == 0)
        status = check_inputs(list, &existing, error);
    set_free(&existing);
    names_free(&memory);
    return status;
}

int clash_check(const struct walk_list *list, struct pm_error *error)
{
    return check_results(list, error) == 0 ? check_overwriting(list, error) : -1;
}
