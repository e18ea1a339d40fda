/* What the walk of a folder (walk_folder.c) and of all inputs (walk.c) share: the list that is being made. */
#ifndef BATCH_WALK_LIST_H
#define BATCH_WALK_LIST_H

#include <sys/stat.h>
#include <time.h>

#include "base/buffer.h"
#include "base/names.h"
#include "base/set.h"
#include "batch/place.h"
#include "batch/problem.h"
#include "batch/walk.h"
#include "batch/watch.h"

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
    const char *named;                /* the folder or prefix being walked, as the user named it */
    struct buffer path;               /* of the folder being walked, NUL-terminated; size without the NUL */
    struct timespec since;            /* found files with an earlier change time are left out; 0: none are */
};

/* Each function that returns an int returns 0, or -1 with `error` filled. */

int walk_add(struct walk *walk, const struct walk_entry *entry, struct pm_error *error);
int walk_add_problem(struct walk *walk, const char *path, int problem, struct pm_error *error);

/* A pipe, device or socket. */
int walk_add_no_file(struct walk *walk, const char *path, bool from_folder, struct pm_error *error);

/* path + skip is what is kept of its name. */
int walk_add_file(struct walk *walk, const char *path, size_t skip, bool from_folder, struct pm_error *error);

/* An object, or with a slash at its end all objects below a prefix (walk_objects.c). */
int walk_named_object(struct walk *walk, const char *name, enum namer namer, struct pm_error *error);

/* Is what was found at `path`, with the last part `name`, selected? Counts what is not. path + skip is its
 * path below what the user named. */
bool walk_selects(struct walk *walk, const char *name, const char *path, size_t skip, bool folder);

/* For walk->folders, a set of struct folder_id. */
uint64_t walk_folder_hash(const void *item);
bool walk_folder_equal(const void *a, const void *b);

/* Walks a folder that the user named; trailing slashes are removed, and "/" becomes "". */
int walk_named_folder(struct walk *walk, const char *name, const struct stat *status, struct pm_error *error);

/* Visits one change as if it were found in its folder now. */
int walk_change(struct walk *walk, const struct change *change, struct pm_error *error);

#endif
