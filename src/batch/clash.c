#include "batch/clash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/names.h"
#include "base/text.h"
#include "batch/claims.h"
#include "batch/problem.h"

enum { SHOWN = 48 }; /* bytes of a name in a message */

/* Are they one input, named twice? */
static bool same_input(const struct walk_entry *a, const struct walk_entry *b)
{
    struct stat first, second;
    if (a->url != NULL || b->url != NULL)
        return a->url != NULL && b->url != NULL && strcmp(a->url, b->url) == 0;
    return strcmp(a->input, b->input) == 0 ||
           (stat(a->input, &first) == 0 && stat(b->input, &second) == 0 && first.st_ino == second.st_ino &&
            first.st_dev == second.st_dev);
}

/* Bytes of the input's name before its last part; a URL's query is ignored. */
static size_t folder_length(const struct walk_entry *entry)
{
    size_t length = entry->url != NULL ? strcspn(entry->input, "?") : strlen(entry->input);
    while (length > 0 && entry->input[length - 1] != '/')
        length--;
    return length;
}

/* Bytes of the input's name without the suffix of an image format. */
static size_t stem_length(const struct walk_entry *entry)
{
    const char *dot = strrchr(entry->input + folder_length(entry), '.');
    return dot != NULL && codec_of_suffix(dot + 1) != NULL ? (size_t)(dot - entry->input)
                                                           : strlen(entry->input);
}

/* Writes to text[size] what to do. */
static const char *advice(const struct walk_entry *a, const struct walk_entry *b, const struct naming *naming,
                          char *text, size_t size)
{
    const size_t length = folder_length(a), stem = stem_length(a);
    const char *apart = NULL;
    if (length != folder_length(b) || memcmp(a->input, b->input, length) != 0)
        return "give --base, a folder above both";
    if (a->url != NULL)
        return "use two runs with separate output folders";
    if (b->url == NULL && stem == stem_length(b) && memcmp(a->input, b->input, stem) == 0)
        apart = naming_by_suffix(naming);
    snprintf(text, size, "%s%srename one, or use two runs with separate output folders",
             apart != NULL ? apart : "", apart != NULL ? ", " : "");
    return text;
}

/* Conflicts: results of more than one input. */
struct rivals {
    const struct walk_entry *first, *second; /* of the first conflict */
    const char *output;
    const struct naming *naming;
    size_t count;
};

static int rivals_error(const struct rivals *rivals, struct pm_error *error)
{
    char first[SHOWN], second[SHOWN], result[SHOWN], more[40] = "", advised[160];
    if (rivals->count == 0)
        return 0;
    if (rivals->count > 1)
        snprintf(more, sizeof more, "; %zu more like this", rivals->count - 1);
    return error_set(error, PM_ERROR_USAGE, "%s and %s would both be written to %s (%s%s)",
                     text_shown(rivals->first->input, first, sizeof first),
                     text_shown(rivals->second->input, second, sizeof second),
                     text_shown(rivals->output, result, sizeof result),
                     advice(rivals->first, rivals->second, rivals->naming, advised, sizeof advised), more);
}

/* Resolves the conflict of an entry with an earlier one, or records it. */
static int settle(struct walk_list *list, struct walk_entry *earlier, const struct claim *claim,
                  struct set *results, struct rivals *rivals, struct pm_error *error)
{
    struct walk_entry *entry = &list->entries[claim->index];
    if (same_input(earlier, entry)) {
        earlier->from_folder &= entry->from_folder;
        list->first_twice = list->twice++ > 0 ? list->first_twice : entry->input;
        entry->output = NULL; /* for remove_twice */
    } else if (problem_no_image(earlier)) {
        return set_put(results, claim) == 0 ? 0 : error_memory(error, 0);
    } else if (!problem_no_image(entry) && rivals->count++ == 0) {
        rivals->first = earlier;
        rivals->second = entry;
        rivals->output = claim->output;
    }
    return 0;
}

/* Notes a result whose name differs from an earlier one's in case alone. */
static void note_alike(struct walk_list *list, const struct claim *claim, const struct set *results)
{
    const struct claim *earlier = claim_find_alike(results, claim);
    if (earlier == NULL || object_is(claim->output))
        return;
    struct walk_entry *first = &list->entries[earlier->index], *second = &list->entries[claim->index];
    if ((first != second && same_input(first, second)) || problem_no_image(first) || problem_no_image(second))
        return;
    if (list->alike.count++ == 0)
        list->alike = (struct walk_alike){first->input, second->input, claim->output, 1};
}

int clash_refuse_alike(const struct walk_list *list, struct pm_error *error)
{
    const struct walk_alike *alike = &list->alike;
    char first[SHOWN], second[SHOWN], result[SHOWN], more[40] = "";
    if (alike->count > 1)
        snprintf(more, sizeof more, "; %zu more like this", alike->count - 1);
    return error_set(
        error, PM_ERROR_USAGE,
        "%s and %s would be one file, %s: the output folder's file system does not distinguish upper and "
        "lower case (rename one, or use two runs with separate output folders%s)",
        text_shown(alike->first, first, sizeof first), text_shown(alike->second, second, sizeof second),
        text_shown(alike->output, result, sizeof result), more);
}

static void remove_twice(struct walk_list *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count && list->twice > 0; i++) {
        if (list->entries[i].output != NULL)
            list->entries[kept++] = list->entries[i];
        else if (list->entries[i].url != NULL)
            list->urls--;
    }
    list->count = list->twice > 0 ? kept : list->count;
}

/* Checks the results of one entry against those before it. */
static int check_entry(struct walk_list *list, size_t index, struct claim *claims, struct set *results,
                       struct rivals *rivals, struct pm_error *error)
{
    const struct walk_entry *entry = &list->entries[index];
    int status = 0;
    for (size_t i = 0; i < walk_results(list) && status == 0; i++) {
        /* It was named twice, or gave way. */
        if (entry->problem != 0 || entry->output == NULL || (entry->archive && i > 0))
            break;
        claims[i] = (struct claim){.output = walk_result(list, entry, i), .index = index};
        if (claims[i].output == NULL)
            continue;
        const struct claim *earlier = set_find(results, &claims[i]);
        if (earlier != NULL)
            status = settle(list, &list->entries[earlier->index], &claims[i], results, rivals, error);
        else
            note_alike(list, &claims[i], results);
        if (earlier == NULL && set_put(results, &claims[i]) != 0)
            status = error_memory(error, 0);
    }
    return status;
}

static int overwrites(const char *output, const char *input, struct pm_error *error)
{
    char first[SHOWN], second[SHOWN];
    return error_set(error, PM_ERROR_USAGE, "%s: would overwrite the input %s (give another output folder)",
                     text_shown(output, first, sizeof first), text_shown(input, second, sizeof second));
}

/* Is an object the result of any input? Files: check_overwriting. */
static int check_objects(const struct walk_list *list, const struct set *results, struct pm_error *error)
{
    for (size_t i = 0; i < list->count && list->urls > 0; i++) {
        const struct walk_entry *entry = &list->entries[i];
        if (entry->problem == 0 && entry->url != NULL &&
            set_find(results, &(struct claim){.output = entry->url}) != NULL)
            return overwrites(entry->url, entry->url, error);
    }
    return 0;
}

static int check_results(struct walk_list *list, struct pm_error *error)
{
    struct set results;
    struct rivals rivals = {.naming = list->naming};
    struct claim *claims = reallocarray(NULL, list->count * walk_results(list), sizeof *claims);
    if (claims == NULL)
        return error_memory(error, 0);
    set_init(&results, claim_hash, claim_equal);
    int status = 0;
    for (size_t i = 0; i < list->count && status == 0; i++)
        status = check_entry(list, i, claims + i * walk_results(list), &results, &rivals, error);
    if (status == 0)
        status = check_objects(list, &results, error);
    set_free(&results);
    free(claims);
    if (status == 0)
        status = rivals_error(&rivals, error);
    remove_twice(list);
    return status;
}

/* A result that already exists: its device, inode and path. */
struct existing {
    dev_t device;
    ino_t inode;
    const char *output;
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

static int add_existing(const char *output, struct names *memory, struct set *set, struct pm_error *error)
{
    struct stat status;
    if (output == NULL || object_is(output) || stat(output, &status) != 0)
        return 0;
    struct existing *existing = names_alloc(memory, (sizeof *existing + 15) / 16 * 16);
    if (existing == NULL)
        return error_memory(error, 0);
    *existing = (struct existing){.device = status.st_dev, .inode = status.st_ino, .output = output};
    return set_put(set, existing) == 0 ? 0 : error_memory(error, 0);
}

/* Adds every existing result to `set`. */
static int find_existing(const struct walk_list *list, struct names *memory, struct set *set,
                         struct pm_error *error)
{
    int status = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct walk_entry *entry = &list->entries[i];
        for (size_t k = 0; k < walk_results(list) && entry->problem == 0 && status == 0; k++)
            status = add_existing(walk_result(list, entry, k), memory, set, error);
    }
    return status;
}

/* Looks up every input in the existing results, by device and inode, so that it is found under any name. */
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
        return overwrites(hit->output, list->entries[i].input, error);
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

int clash_check(struct walk_list *list, bool in_place, struct pm_error *error)
{
    if (check_results(list, error) != 0)
        return -1;
    return in_place ? 0 : check_overwriting(list, error);
}
