#include "batch/claims.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/names.h"
#include "base/set.h"
#include "base/text.h"
#include "io/fold.h"
#include "io/output_dir.h"

struct claims {
    const struct walk_list *list;
    const struct guard *guard;
    const struct output_dir *dir;
    struct names memory;
    struct set set;
    struct set objects;                             /* inputs that are objects */
    enum { NOT_ASKED, FOLDS, DISTINGUISHES } names; /* the output folder's file system */
};

static const struct claim *put(struct claims *claims, struct set *set, const char *output, size_t index)
{
    struct claim *claim = names_alloc(&claims->memory, (sizeof *claim + 15) / 16 * 16);
    if (claim == NULL)
        return NULL;
    *claim = (struct claim){.output = output, .index = index};
    return set_put(set, claim) == 0 ? claim : NULL;
}

struct claims *claims_open(const struct walk_list *list, const struct guard *guard,
                           const struct output_dir *dir)
{
    struct claims *claims = calloc(1, sizeof *claims);
    if (claims == NULL)
        return NULL;
    claims->list = list;
    claims->guard = guard;
    claims->dir = dir;
    set_init(&claims->set, claim_hash, claim_equal);
    set_init(&claims->objects, claim_hash, claim_equal);
    for (size_t i = 0; i < list->count; i++) {
        const struct walk_entry *entry = &list->entries[i];
        bool well =
            entry->url == NULL || walk_is_web(entry) || put(claims, &claims->objects, entry->url, i) != NULL;
        for (size_t k = 0; k < walk_results(list) && entry->problem == 0; k++) {
            const char *output = walk_result(list, entry, k);
            well = well && (output == NULL || put(claims, &claims->set, output, i) != NULL);
        }
        if (!well) {
            claims_free(claims);
            return NULL;
        }
    }
    return claims;
}

void claims_free(struct claims *claims)
{
    if (claims == NULL)
        return;
    set_free(&claims->set);
    set_free(&claims->objects);
    names_free(&claims->memory);
    free(claims);
}

/* The input that is the file `there`, or NULL. */
static const char *find_input(const struct walk_list *list, const struct stat *there)
{
    struct stat status;
    for (size_t i = 0; i < list->count; i++) {
        const struct walk_entry *entry = &list->entries[i];
        if (entry->url == NULL && entry->problem == 0 && stat(entry->input, &status) == 0 &&
            status.st_dev == there->st_dev && status.st_ino == there->st_ino)
            return entry->input;
    }
    return NULL;
}

/* Refuses a name that differs from a reserved one in case alone, where both would be one file. */
static int check_case(struct claims *claims, const char *output, struct pm_error *error)
{
    char shown[64], other[64];
    const struct claim *alike = claim_find_alike(&claims->set, &(struct claim){.output = output});
    bool folds;
    if (alike == NULL || object_is(output) || claims->dir == NULL)
        return 0;
    if (claims->names == NOT_ASKED) {
        if (fold_find(claims->dir, &folds, error) != 0)
            return -1;
        claims->names = folds ? FOLDS : DISTINGUISHES;
    }
    if (claims->names == DISTINGUISHES)
        return 0;
    return error_set(error, PM_ERROR_USAGE,
                     "would be written to %s, which is the same file as %s: the output folder's file system "
                     "does not distinguish upper and lower case (process it in a separate run)",
                     text_shown(output, shown, sizeof shown), text_shown(alike->output, other, sizeof other));
}

const char *claims_take(struct claims *claims, const char *output, size_t index, struct pm_error *error)
{
    char shown[64], other[64];
    if (claims == NULL) {
        error_memory(error, 0);
        return NULL;
    }
    const struct claim *taken = set_find(&claims->set, &(struct claim){.output = output});
    const bool by_content = claims->list->naming != NULL && naming_by_content(claims->list->naming);
    if (taken != NULL && (taken->index == index || by_content))
        return taken->output;
    if (taken == NULL && !by_content && check_case(claims, output, error) != 0)
        return NULL;
    struct stat there;
    const struct claim *object = set_find(&claims->objects, &(struct claim){.output = output});
    const bool exists = !object_is(output) && output_dir_stat(claims->dir, output, &there) == 0;
    const char *rival = exists ? find_input(claims->list, &there) : NULL;
    if (object != NULL)
        rival = object->output;
    if (taken != NULL)
        rival = claims->list->entries[taken->index].input;
    if (rival != NULL) {
        error_set(
            error, PM_ERROR_USAGE,
            "would be written to %s, which is also the path of %s or of its result (process it in a separate run)",
            text_shown(output, shown, sizeof shown), text_shown(rival, other, sizeof other));
        return NULL;
    }
    const struct guard_file *guarded = exists ? guard_find_file(claims->guard, &there) : NULL;
    if (guarded != NULL) {
        error_set(error, PM_ERROR_USAGE, "would be written to %s, which is %s (give another output folder)",
                  text_shown(output, shown, sizeof shown), guarded->what);
        return NULL;
    }
    const char *copy = names_add(&claims->memory, output, strlen(output));
    const struct claim *claim = copy != NULL ? put(claims, &claims->set, copy, index) : NULL;
    if (claim == NULL)
        error_memory(error, 0);
    return claim != NULL ? claim->output : NULL;
}
