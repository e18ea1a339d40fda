/*
 * Objects in S3 storage as inputs. A prefix is like a folder: its list is read a page at a time, and of each
 * page only the names of this shard are kept. Keys come from other people: one that is no path below a folder
 * is a failed job.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "batch/walk_list.h"
#include "io/object.h"
#include "io/remote.h"

/* Adds the object `name`; name + skip is what is kept of it. `status` is NULL if it is not known. */
static int add(struct walk *walk, const char *name, size_t skip, const struct object_status *status,
               struct pm_error *error)
{
    const bool listed = status != NULL && walk->named != NULL;
    bool mine = true;
    if (!place_is_below(name + skip))
        return walk_add_problem(walk, name, WALK_BAD_KEY, error);
    if (walk->options->settings->in_place)
        return walk_add_problem(walk, name, WALK_URL_IN_PLACE, error);
    if (place_in_shard(&walk->place, name, skip, &mine, error) != 0)
        return -1;
    if (!mine) {
        walk->list->others++;
        return 0;
    }
    struct walk_entry entry = {.input = names_add(walk->names, name, strlen(name)), .from_folder = listed};
    if (status != NULL) {
        struct object_status *kept = names_alloc(walk->names, (sizeof *kept + 15) / 16 * 16);
        entry.object = kept != NULL ? memcpy(kept, status, sizeof *kept) : NULL;
    }
    if (entry.input == NULL || (status != NULL && entry.object == NULL))
        return error_memory(error, 0);
    entry.url = entry.input;
    entry.output = place_result(&walk->place, entry.input, skip, walk->names, &entry.name, error);
    walk->list->urls += entry.output != NULL;
    return entry.output != NULL ? walk_add(walk, &entry, error) : -1;
}

/* Are the object and all folders of its key selected? */
static int is_selected(struct walk *walk, const char *name, size_t skip, bool *yes, struct pm_error *error)
{
    walk->path.size = 0;
    if (buffer_append(&walk->path, name, strlen(name) + 1) != 0)
        return error_memory(error, 0);
    char *path = (char *)walk->path.data, *part = path + skip;
    *yes = true;
    for (char *slash; *yes && (slash = strchr(part, '/')) != NULL; part = slash + 1) {
        *slash = '\0';
        *yes = walk_selects(walk, part, path, skip, true);
        *slash = '/';
    }
    *yes = *yes && walk_selects(walk, part, path, skip, false);
    return 0;
}

/* An object of a list. A key that ends with a slash and has no content is what consoles make for a folder. */
static int visit(void *self, const char *name, const struct object_status *status, struct pm_error *error)
{
    struct walk *walk = self;
    const size_t skip = strlen(walk->named);
    if (strncmp(name, walk->named, skip) != 0)
        return error_set(error, PM_ERROR_IO,
                         "the server lists other objects than those of the prefix (check AWS_ENDPOINT_URL)");
    if (status->size == 0 && object_is_prefix(name))
        return 0;
    bool yes = false;
    if (is_selected(walk, name, skip, &yes, error) != 0)
        return -1;
    return !yes ? 0 : add(walk, name, skip, status, error);
}

/* A list that ends with an error of the network is a failed job, like a folder; what was read of it is
 * processed. If the run is being stopped, nothing is. */
static int not_listed(struct walk *walk, const char *prefix, const struct pm_error *why,
                      struct pm_error *error)
{
    char shown[96];
    if (why->kind == PM_ERROR_CANCELLED)
        return 0;
    if (why->kind != PM_ERROR_IO && why->kind != PM_ERROR_TIMEOUT)
        return error_set_hint(error, why->kind, why->hint, "%s: %s", text_shown(prefix, shown, sizeof shown),
                              why->message);
    if (walk_add_problem(walk, prefix, WALK_NOT_LISTED, error) != 0)
        return -1;
    const char *message = names_add(walk->names, why->message, strlen(why->message));
    walk->list->entries[walk->list->count - 1].name = message;
    return message != NULL ? 0 : error_memory(error, 0);
}

static int walk_prefix(struct walk *walk, const char *prefix, struct pm_error *error)
{
    struct remote *remote = walk->options->remote;
    struct pm_error why = {0};
    size_t length;
    const char *bucket = object_bucket(prefix, &length);
    const char *slash = bucket[length] == '\0' ? "/" : ""; /* s3://BUCKET is s3://BUCKET/ */
    char *name = names_alloc(walk->names, strlen(prefix) + 2);
    if (name == NULL)
        return error_memory(error, 0);
    sprintf(name, "%s%s", prefix, slash);
    walk->named = name;
    const int status = remote->part->list(remote, name, 0, visit, walk, &why);
    walk->named = NULL;
    return status == 0 ? 0 : not_listed(walk, prefix, &why, error);
}

/* An object that is named by itself. Its status is asked for only where a journal keeps it. */
static int walk_object(struct walk *walk, const char *name, enum namer namer, struct pm_error *error)
{
    const struct walk_options *options = walk->options;
    struct object_status status;
    struct pm_error ignored = {0}; /* fetching it reports the error */
    const char *last = strrchr(name, '/');
    const bool asks = options->settings->journal != NULL && namer == BY_USER && options->remote != NULL;
    const bool known = asks && options->remote->part->look(options->remote, name, &status, &ignored) > 0;
    return add(walk, name, (size_t)(last + 1 - name), known ? &status : NULL, error);
}

int walk_named_object(struct walk *walk, const char *name, enum namer namer, struct pm_error *error)
{
    const char *fault = object_fault(name);
    char shown[96];
    if (fault != NULL)
        return error_set(error, PM_ERROR_USAGE, "%s: %s", text_shown(name, shown, sizeof shown), fault);
    if (!object_is_prefix(name))
        return walk_object(walk, name, namer, error);
    if (walk->options->remote == NULL && namer == BY_USER)
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "%s: only 'pixmill run' lists objects (name them one by one)",
                         text_shown(name, shown, sizeof shown));
    return namer == BY_USER ? walk_prefix(walk, name, error) : walk_add_problem(walk, name, EISDIR, error);
}
