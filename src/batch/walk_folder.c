/*
 * A folder is read completely and closed before its entries are visited, so that deep trees need no
 * descriptors. Names are sorted by bytes, so that the order is the same on every machine. Folders already
 * walked are identified by device and inode, so loops of links end.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "batch/content.h"
#include "batch/walk_list.h"
#include "io/file.h"

uint64_t walk_folder_hash(const void *item)
{
    const struct folder_id *id = item;
    return set_hash(&id->inode, sizeof id->inode);
}

bool walk_folder_equal(const void *a, const void *b)
{
    const struct folder_id *first = a, *second = b;
    return first->inode == second->inode && first->device == second->device;
}

int walk_add(struct walk *walk, const struct walk_entry *entry, struct pm_error *error)
{
    struct walk_list *list = walk->list;
    if (list->count == walk->room) {
        size_t room = walk->room > 0 ? 2 * walk->room : 256;
        struct walk_entry *entries = reallocarray(list->entries, room, sizeof *entries);
        if (entries == NULL)
            return error_memory(error, 0);
        list->entries = entries;
        walk->room = room;
    }
    list->entries[list->count++] = *entry;
    return 0;
}

int walk_add_problem(struct walk *walk, const char *path, int problem, struct pm_error *error)
{
    const char *input = names_add(walk->names, path, strlen(path));
    if (input == NULL)
        return error_memory(error, 0);
    return walk_add(walk, &(struct walk_entry){.input = input, .output = "", .problem = problem}, error);
}

int walk_add_no_file(struct walk *walk, const char *path, bool from_folder, struct pm_error *error)
{
    if (walk_add_problem(walk, path, WALK_NO_FILE, error) != 0)
        return -1;
    walk->list->entries[walk->list->count - 1].from_folder = from_folder;
    return 0;
}

int walk_add_file(struct walk *walk, const char *path, size_t skip, bool from_folder, struct pm_error *error)
{
    bool mine;
    if (place_in_shard(&walk->place, path, skip, &mine, error) != 0)
        return -1;
    if (!mine) {
        walk->list->others++;
        return 0;
    }
    struct walk_entry entry = {.input = names_add(walk->names, path, strlen(path)),
                               .from_folder = from_folder};
    if (entry.input == NULL)
        return error_memory(error, 0);
    if (walk->options->settings->in_place) {
        if (place_in_place(&walk->place, &entry, skip, walk->names, error) != 0)
            return -1;
    } else {
        entry.output = place_result(&walk->place, entry.input, skip, walk->names, &entry.name, error);
    }
    return entry.output != NULL ? walk_add(walk, &entry, error) : -1;
}

/* One name found in a folder. */
struct found {
    const char *name;
    unsigned char type; /* DT_... */
};

struct found_list {
    struct found *items;
    size_t count, room;
    struct names names;
};

static int found_order(const void *a, const void *b)
{
    return strcmp(((const struct found *)a)->name, ((const struct found *)b)->name);
}

/* Reads all names, sorted. 0, or an errno, with the names read before the error. */
static int read_folder(DIR *folder, struct found_list *found)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL)
            break;
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || temporary_has_name(name))
            continue;
        if (found->count == found->room) {
            size_t room = found->room > 0 ? 2 * found->room : 64;
            struct found *items = reallocarray(found->items, room, sizeof *items);
            if (items == NULL)
                return ENOMEM;
            found->items = items;
            found->room = room;
        }
        char *copy = names_add(&found->names, name, strlen(name));
        if (copy == NULL)
            return ENOMEM;
        found->items[found->count++] = (struct found){.name = copy, .type = entry->d_type};
    }
    int problem = errno;
    if (found->count > 0)
        qsort(found->items, found->count, sizeof *found->items, found_order);
    return problem;
}

/* The name of the folder walk->path; valid until that grows. */
static const char *folder_name(const struct walk *walk)
{
    return walk->path.size > 0 ? (const char *)walk->path.data : "/";
}

static void report_left_out(const struct walk *walk, const char *path, enum selected why)
{
    if (walk->options->left_out != NULL)
        walk->options->left_out(walk->options->listener, path, why);
}

/* Records that the folder walk->path is, or is in, the output folder; only the first is kept. */
static int leave_output_out(struct walk *walk, struct pm_error *error)
{
    struct walk_list *list = walk->list;
    const char *path = folder_name(walk);
    report_left_out(walk, path, SELECT_OUTPUT);
    if (list->output != NULL)
        return 0;
    list->output = names_add(walk->names, path, strlen(path));
    if (!walk->output_named)
        list->output_parent = names_add(walk->names, walk->named, strlen(walk->named));
    return list->output != NULL && (walk->output_named || list->output_parent != NULL)
               ? 0
               : error_memory(error, 0);
}

/* Is the target of the link `path` a folder below the output folder? It contains results. */
static bool leads_into_output(const struct walk *walk, const char *path)
{
    char *real = walk->output_path != NULL ? realpath(path, NULL) : NULL;
    const size_t length = real != NULL ? strlen(walk->output_path) : 0;
    const bool below = real != NULL && strncmp(real, walk->output_path, length) == 0 && real[length] == '/';
    free(real);
    return below;
}

/* Is the open folder to be walked? *yes is false for a folder already walked and for the output folder. */
static int first_visit(struct walk *walk, DIR *folder, bool *yes, struct pm_error *error)
{
    struct stat status;
    *yes = false;
    if (fstat(dirfd(folder), &status) != 0)
        return walk_add_problem(walk, folder_name(walk), errno, error);
    struct folder_id id = {.device = status.st_dev, .inode = status.st_ino};
    if (walk->output_exists && walk_folder_equal(&id, &walk->output))
        return leave_output_out(walk, error);
    if (set_find(&walk->folders, &id) != NULL)
        return 0;
    struct folder_id *kept = names_alloc(&walk->memory, sizeof *kept);
    if (kept == NULL)
        return error_memory(error, 0);
    *kept = id;
    *yes = true;
    return set_put(&walk->folders, kept) == 0 ? 0 : error_memory(error, 0);
}

/* The type of what was found, links followed, as DT_...; an unknown type counts as a file: reading it reports
 * the error. */
static unsigned char kind_of(const struct found *found, const char *path)
{
    struct stat status;
    if (found->type != DT_LNK && found->type != DT_UNKNOWN)
        return found->type;
    return stat(path, &status) == 0 ? IFTODT(status.st_mode) : DT_REG;
}

/* Hidden: names with a dot; thumbnails of Synology, the recycle bin of QNAP and Synology, fsck's folder. */
static bool is_hidden(const char *name)
{
    static const char *const own[] = {"@eaDir", "#recycle", "lost+found"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (strcmp(name, own[i]) == 0)
            return true;
    }
    return name[0] == '.';
}

/* In place: may the file be replaced? Not one that an earlier run kept, perhaps with another suffix. */
static bool is_replaceable(const struct settings *settings, const char *name)
{
    const size_t length = strlen(name), suffix = settings->backup != NULL ? strlen(settings->backup) : 0;
    const bool is_backup =
        suffix > 0 && length > suffix && strcmp(name + length - suffix, settings->backup) == 0;
    return !is_backup && content_promised(name);
}

/* Has it not changed since the walk's time? A missing file counts as changed: reading it reports the error.
 */
static bool is_old(const struct walk *walk, const char *path)
{
    struct stat status;
    const struct timespec since = walk->since;
    if (since.tv_sec == 0 || stat(path, &status) != 0)
        return false;
    return status.st_ctim.tv_sec < since.tv_sec ||
           (status.st_ctim.tv_sec == since.tv_sec && status.st_ctim.tv_nsec < since.tv_nsec);
}

bool walk_selects(struct walk *walk, const char *name, const char *path, size_t skip, bool folder)
{
    const struct settings *settings = walk->options->settings;
    const struct selection *selection = &settings->selection;
    const bool patterns = selection->exclude.count + selection->include.count > 0;
    if (!selection->hidden && is_hidden(name)) {
        walk->list->hidden++;
        report_left_out(walk, path, SELECT_HIDDEN);
        return false;
    }
    if ((!patterns || patterns_select(selection, path + skip, folder)) &&
        (folder || !settings->in_place || is_replaceable(settings, name)))
        return true;
    walk->list->excluded++;
    report_left_out(walk, path, SELECT_EXCLUDED);
    return false;
}

static int walk_folder(struct walk *walk, size_t skip, struct pm_error *error);

/* Visits one name found in the folder walk->path. */
static int walk_found(struct walk *walk, const struct found *found, size_t skip, struct pm_error *error)
{
    size_t before = walk->path.size;
    if (buffer_append(&walk->path, "/", 1) != 0 ||
        buffer_append(&walk->path, found->name, strlen(found->name) + 1) != 0)
        return error_memory(error, 0);
    walk->path.size--;
    const char *path = (const char *)walk->path.data;
    unsigned char kind = kind_of(found, path);
    int status = 0;
    if (kind == DT_DIR && found->type != DT_DIR && leads_into_output(walk, path))
        status = leave_output_out(walk, error);
    else if (walk_selects(walk, found->name, path, skip, kind == DT_DIR))
        status = kind == DT_DIR       ? walk_folder(walk, skip, error)
                 : is_old(walk, path) ? 0
                 : kind == DT_REG     ? walk_add_file(walk, path, skip, true, error)
                                      : walk_add_no_file(walk, path, true, error);
    walk->path.size = before;
    walk->path.data[before] = '\0';
    return status;
}

/* Walks the folder walk->path. */
static int walk_folder(struct walk *walk, size_t skip, struct pm_error *error)
{
    DIR *folder = opendir(folder_name(walk));
    if (folder == NULL)
        return walk_add_problem(walk, folder_name(walk), errno, error);
    bool wanted;
    struct found_list found = {0};
    int problem = 0;
    int status = first_visit(walk, folder, &wanted, error);
    if (status == 0 && wanted && walk->options->watch != NULL)
        status = watch_add(walk->options->watch, (const char *)walk->path.data, skip,
                           skip == walk->path.size + 1, error);
    if (status == 0 && wanted)
        problem = read_folder(folder, &found);
    closedir(folder);

    for (size_t i = 0; i < found.count && status == 0; i++)
        status = walk_found(walk, &found.items[i], skip, error);
    if (status == 0 && problem == ENOMEM)
        status = error_memory(error, 0);
    else if (status == 0 && problem != 0)
        status = walk_add_problem(walk, folder_name(walk), problem, error);
    free(found.items);
    names_free(&found.names);
    return status;
}

int walk_named_folder(struct walk *walk, const char *name, const struct stat *status, struct pm_error *error)
{
    struct folder_id id = {.device = status->st_dev, .inode = status->st_ino};
    walk->output_named |= walk->output_exists && walk_folder_equal(&id, &walk->output);
    walk->named = name;
    size_t length = strlen(name);
    while (length > 0 && name[length - 1] == '/')
        length--;
    walk->path.size = 0;
    if (buffer_append(&walk->path, name, length) != 0 || buffer_append(&walk->path, "", 1) != 0)
        return error_memory(error, 0);
    walk->path.size--;
    return walk_folder(walk, length + 1, error);
}

int walk_change(struct walk *walk, const struct change *change, struct pm_error *error)
{
    const char *slash = strrchr(change->path, '/');
    const size_t length = change->everything ? strlen(change->path) : (size_t)(slash - change->path);
    walk->path.size = 0;
    if (buffer_append(&walk->path, change->path, length) != 0 || buffer_append(&walk->path, "", 1) != 0)
        return error_memory(error, 0);
    walk->path.size--;
    return change->everything ? walk_folder(walk, change->skip, error)
                              : walk_found(walk, &(struct found){.name = slash + 1, .type = DT_UNKNOWN},
                                           change->skip, error);
}
