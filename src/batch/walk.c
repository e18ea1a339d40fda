/*
 * A folder is read completely and closed before its entries are visited, so that deep trees need no
 * descriptors. Names are sorted by bytes, so that the order is the same on every machine. Folders already
 * walked are identified by device and inode, so loops of links end.
 */
#include "batch/walk.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/names.h"
#include "base/set.h"
#include "batch/clash.h"
#include "batch/content.h"
#include "batch/input_list.h"
#include "batch/place.h"
#include "batch/problem.h"
#include "batch/standard_image.h"
#include "batch/url_names.h"
#include "io/file.h"
#include "io/url.h"

struct folder_id {
    dev_t device;
    ino_t inode;
};

struct walk {
    const struct walk_options *options;
    struct walk_list *list;
    size_t room; /* entries allocated */
    struct names *names;
    struct place place;
    struct names memory; /* of folder ids */
    struct set folders;  /* already walked, or not to be walked */
    struct folder_id output;
    bool output_exists, output_named; /* named as an input */
    char *output_path;                /* with links resolved; NULL: it does not exist */
    const char *named;                /* the folder being walked, as the user named it */
    struct buffer path;               /* of the folder being walked, NUL-terminated; size without the NUL */
};

static uint64_t folder_hash(const void *item)
{
    const struct folder_id *id = item;
    return set_hash(&id->inode, sizeof id->inode);
}

static bool folder_equal(const void *a, const void *b)
{
    const struct folder_id *first = a, *second = b;
    return first->inode == second->inode && first->device == second->device;
}

static int add_entry(struct walk *walk, const struct walk_entry *entry, struct pm_error *error)
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

static int add_problem(struct walk *walk, const char *path, int problem, struct pm_error *error)
{
    const char *input = names_add(walk->names, path, strlen(path));
    if (input == NULL)
        return error_memory(error, 0);
    return add_entry(walk, &(struct walk_entry){.input = input, .output = "", .problem = problem}, error);
}

static int add_no_file(struct walk *walk, const char *path, bool from_folder, struct pm_error *error)
{
    if (add_problem(walk, path, WALK_NO_FILE, error) != 0)
        return -1;
    walk->list->entries[walk->list->count - 1].from_folder = from_folder;
    return 0;
}

/* Adds a list that was read as one name; only its beginning is kept. */
static int add_unparted_list(struct walk *walk, const char *list, struct pm_error *error)
{
    enum { SHOWN = 64 };
    char begin[SHOWN + sizeof "\n..."];
    size_t line = strcspn(list, "\n");
    snprintf(begin, sizeof begin, "%.*s\n...", (int)(line < SHOWN ? line : SHOWN), list);
    return add_problem(walk, begin, WALK_LINES, error);
}

static int add_file(struct walk *walk, const char *path, size_t skip, bool from_folder,
                    struct pm_error *error)
{
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
    return entry.output != NULL ? add_entry(walk, &entry, error) : -1;
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
        return add_problem(walk, folder_name(walk), errno, error);
    struct folder_id id = {.device = status.st_dev, .inode = status.st_ino};
    if (walk->output_exists && folder_equal(&id, &walk->output))
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

/* Is what was found, at `path`, selected? Counts what is not. */
static bool is_selected(struct walk *walk, const struct found *found, const char *path, size_t skip,
                        bool folder)
{
    const struct settings *settings = walk->options->settings;
    const struct selection *selection = &settings->selection;
    const bool patterns = selection->exclude.count + selection->include.count > 0;
    if (!selection->hidden && is_hidden(found->name)) {
        walk->list->hidden++;
        report_left_out(walk, path, SELECT_HIDDEN);
        return false;
    }
    if ((!patterns || patterns_select(selection, path + skip, folder)) &&
        (folder || !settings->in_place || is_replaceable(settings, found->name)))
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
    else if (is_selected(walk, found, path, skip, kind == DT_DIR))
        status = kind == DT_DIR   ? walk_folder(walk, skip, error)
                 : kind == DT_REG ? add_file(walk, path, skip, true, error)
                                  : add_no_file(walk, path, true, error);
    walk->path.size = before;
    walk->path.data[before] = '\0';
    return status;
}

/* Walks the folder walk->path. */
static int walk_folder(struct walk *walk, size_t skip, struct pm_error *error)
{
    DIR *folder = opendir(folder_name(walk));
    if (folder == NULL)
        return add_problem(walk, folder_name(walk), errno, error);
    bool wanted;
    struct found_list found = {0};
    int problem = 0;
    int status = first_visit(walk, folder, &wanted, error);
    if (status == 0 && wanted)
        problem = read_folder(folder, &found);
    closedir(folder);

    for (size_t i = 0; i < found.count && status == 0; i++)
        status = walk_found(walk, &found.items[i], skip, error);
    if (status == 0 && problem == ENOMEM)
        status = error_memory(error, 0);
    else if (status == 0 && problem != 0)
        status = add_problem(walk, folder_name(walk), problem, error);
    free(found.items);
    names_free(&found.names);
    return status;
}

/* Walks a folder that the user named; trailing slashes are removed, and "/" becomes "". */
static int walk_named_folder(struct walk *walk, const char *name, const struct stat *status,
                             struct pm_error *error)
{
    struct folder_id id = {.device = status->st_dev, .inode = status->st_ino};
    walk->output_named |= walk->output_exists && folder_equal(&id, &walk->output);
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

/* Adds a URL; whether it exists is known only when it is fetched. `result` is its result's name below DIR,
 * given in a list, or NULL. */
static int add_url(struct walk *walk, const char *url, const char *result, struct pm_error *error)
{
    const bool in_place = walk->options->settings->in_place;
    struct buffer shown = {0};
    struct walk_entry entry = {.url = names_add(walk->names, url, strlen(url)),
                               .named_result = result != NULL};
    if (url_show(url, &shown) == 0)
        entry.input = names_add(walk->names, (const char *)shown.data, shown.size);
    buffer_free(&shown);
    if (entry.url == NULL || entry.input == NULL)
        return error_memory(error, 0);
    if (in_place || (result != NULL && !place_is_below(result)))
        return add_problem(walk, entry.input, in_place ? WALK_URL_IN_PLACE : WALK_BAD_RESULT, error);
    entry.output = result != NULL ? place_named_result(&walk->place, result, walk->names, error)
                                  : place_url_result(&walk->place, entry.input, "", walk->names, error);
    if (result == NULL && entry.output != NULL)
        result = (const char *)walk->place.scratch.data; /* which has the name of the URL */
    if (result != NULL && (entry.name = names_add(walk->names, result, strlen(result))) == NULL)
        return error_memory(error, 0);
    walk->list->urls++;
    return entry.output != NULL ? add_entry(walk, &entry, error) : -1;
}

/* Adds a named URL, file or folder. A missing file is not refused here: its job fails. */
static int walk_named(struct walk *walk, const char *name, enum namer namer, struct pm_error *error)
{
    struct stat status;
    if (url_is(name))
        return add_url(walk, name, NULL, error);
    int problem = stat(name, &status) == 0 ? 0 : errno;
    int guess = problem == ENOENT || problem == ENAMETOOLONG ? problem_of_missing(name, namer) : 0;
    if (guess == WALK_LINES)
        return add_unparted_list(walk, name, error);
    if (guess != 0)
        return add_problem(walk, name, guess, error);
    if (problem == 0 && S_ISDIR(status.st_mode))
        return namer == BY_USER ? walk_named_folder(walk, name, &status, error)
                                : add_problem(walk, name, EISDIR, error);
    const char *slash = strrchr(name, '/');
    const char *last = slash != NULL ? slash + 1 : name;
    if (last[0] == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
        return add_problem(walk, name, problem != 0 ? problem : ENOTDIR, error);
    if (problem == 0 && !S_ISREG(status.st_mode))
        return add_no_file(walk, name, false, error);
    return add_file(walk, name, (size_t)(last - name), false, error);
}

/* Adds a line of a list: a name, or a URL followed by a tab and the name of its result. */
static int walk_listed(void *self, char *line, bool parted, struct pm_error *error)
{
    struct walk *walk = self;
    char *tab = url_is(line) ? strchr(line, '\t') : NULL;
    if (tab == NULL)
        return walk_named(walk, line, parted ? BY_LIST : BY_UNPARTED_LIST, error);
    *tab = '\0';
    return add_url(walk, line, tab + 1, error);
}

/* Adds the image on standard input, which is called by its format: stdin.jpg. */
static int add_standard_image(struct walk *walk, struct pm_error *error)
{
    const struct settings *settings = walk->options->settings;
    struct walk_entry entry = {.input = "standard input", .name = "stdin"};
    uint8_t head[64];
    char name[32];
    for (size_t i = 0; i < walk->list->count; i++) {
        if (walk->list->entries[i].fd > 0)
            return error_set(error, PM_ERROR_USAGE, "standard input can be read only once (give one -)");
    }
    entry.fd = standard_image_open(settings->backend.max_bytes, &entry.size, error);
    if (entry.fd < 0)
        return -1;
    const ssize_t got = pread(entry.fd, head, sizeof head, 0);
    const struct codec *codec = got > 0 ? codec_sniff(head, (size_t)got) : NULL;
    snprintf(name, sizeof name, "stdin%s%s", codec != NULL ? "." : "", codec != NULL ? codec->suffix : "");
    entry.output = place_named_result(&walk->place, name, walk->names, error);
    if (entry.output != NULL && add_entry(walk, &entry, error) == 0)
        return 0;
    close(entry.fd);
    return -1;
}

static int walk_standard_input(struct walk *walk, struct pm_error *error)
{
    const struct settings *settings = walk->options->settings;
    return settings->image ? add_standard_image(walk, error)
                           : input_list_read(settings->nul_separated, walk_listed, walk, error);
}

/* Prepares the walk before the first input: finds the output folder, or the one for originals. */
static int walk_begin(struct walk *walk, struct pm_error *error)
{
    struct stat status;
    const struct settings *settings = walk->options->settings;
    const char *output = settings->in_place ? settings->backup : settings->output;
    if (output != NULL && stat(output, &status) == 0 && S_ISDIR(status.st_mode)) {
        walk->output_exists = true;
        walk->output = (struct folder_id){.device = status.st_dev, .inode = status.st_ino};
        walk->output_path = realpath(output, NULL);
    }
    set_init(&walk->folders, folder_hash, folder_equal);
    walk->list->names = walk->names = calloc(1, sizeof *walk->names);
    if (walk->names == NULL)
        return error_memory(error, sizeof *walk->names);
    return place_init(&walk->place, walk->options, error);
}

static int walk_all(struct walk *walk, const char *const *inputs, size_t ninputs, struct pm_error *error)
{
    for (size_t i = 0; i < ninputs; i++) {
        int status = strcmp(inputs[i], "-") == 0 ? walk_standard_input(walk, error)
                                                 : walk_named(walk, inputs[i], BY_USER, error);
        if (status != 0)
            return -1;
    }
    if (walk->list->count > 0) {
        int status = url_names_settle(walk->list, &walk->place, walk->names, error);
        for (size_t i = 0; i < walk->list->count && walk->list->naming != NULL && status == 0; i++) {
            struct walk_entry *entry = &walk->list->entries[i];
            if (entry->problem == 0)
                status = place_variants(&walk->place, entry, i + 1, walk->names, error);
        }
        return status == 0 ? clash_check(walk->list, walk->options->settings->in_place, error) : -1;
    }
    if (walk->output_named)
        return error_set(error, PM_ERROR_USAGE, "the %s folder is the input folder (give another one)",
                         walk->options->settings->in_place ? "backup" : "output");
    return walk->options->settings->allow_empty ? 0 : problem_nothing_found(walk->list, error);
}

int walk_inputs(const char *const *inputs, size_t ninputs, const struct walk_options *options,
                struct walk_list *list, struct pm_error *error)
{
    *list = (struct walk_list){.naming = options->naming};
    struct walk walk = {.options = options, .list = list};
    int status = walk_begin(&walk, error);
    if (status == 0) {
        status = walk_all(&walk, inputs, ninputs, error);
        place_free(&walk.place);
    }
    free(walk.output_path);
    set_free(&walk.folders);
    names_free(&walk.memory);
    buffer_free(&walk.path);
    if (status != 0)
        walk_free(list);
    return status;
}

void walk_free(struct walk_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->entries[i].fd > 0)
            close(list->entries[i].fd);
    }
    if (list->names != NULL)
        names_free(list->names);
    free(list->names);
    free(list->entries);
    *list = (struct walk_list){0};
}
