/*
 * Makes the list of jobs from the user's inputs before any work begins: walks folders, reads lists, computes
 * the paths of results, and finds conflicting results and overwritten inputs. The list takes a few dozen
 * bytes per name.
 */
#ifndef BATCH_WALK_H
#define BATCH_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "batch/naming.h"
#include "batch/settings.h"
#include "codec/codec.h"
#include "io/object.h"

struct changes;
struct remote;
struct watch;

struct walk_options {
    const struct settings *settings; /* what is an input, and where results are written */
    /* The results' format, or NULL if each keeps its input's. A suffix of another image format is replaced
     * ("one.JPG", "one.png"); any other suffix that is not this format's is kept and the format's suffix
     * added. */
    const struct codec *format;
    const struct naming *naming; /* of results; NULL: one for each input, named as it is */
    size_t before;               /* entries of earlier lists, for the numbers in names */
    bool unchecked;              /* results are not checked for conflicts: nothing is written */
    struct watch *watch;         /* gets every folder that is walked; NULL: none does */
    /* Called with each name found that is left out: hidden, excluded or the output folder. May be NULL. */
    void (*left_out)(void *listener, const char *path, enum selected why);
    void *listener;
    struct remote *remote; /* lists objects; NULL: there are none */
};

struct walk_entry {
    const char *input; /* of a URL: without user and password */
    uint64_t size;     /* bytes of the image on standard input */
    int fd;            /* of it, owned by the list; or of the archive that has it; 0: neither */
    uint64_t offset;   /* of the image in its archive */
    const char *url;   /* what to fetch: a URL, or an object (io/object.h); NULL: a file */
    const struct object_status *object; /* of an object, as its list has it; NULL: it is not known */
    const char *output;
    const char *const *results; /* with a naming: the paths of the variants' results, where not late */
    const char *name;           /* of the input below its folder or --base, or what its URL is called */
    const char *backup;         /* in place: where the original is kept; NULL: nowhere */
    bool from_folder;           /* found in a folder, not named: left out if it is not an image */
    bool named_result;          /* the list named its result */
    bool archive;               /* an archive, whose result is an archive (archive.h) */
    /* An errno if `input` is a folder that could not be read, or not a valid file name: a failed job with
     * `output` "". WALK_NO_FILE: the same for a pipe, device or socket, which is left out if it was found in
     * a folder; it is never opened, because opening it can have side effects. Else 0. */
    int problem;
};

enum {
    WALK_NO_FILE = -1,
    WALK_NO_IMAGE = -2, /* found, not an image, and its result conflicts with that of an input: left out */
    /* Named, missing, with a likely reason: failed jobs. */
    WALK_EMPTY_NAME = -3,
    WALK_NO_SCHEME = -4,  /* "ftp://..." */
    WALK_PATTERN = -5,    /* "*.jpg" */
    WALK_LINES = -6,      /* a list of lines, read with -0 */
    WALK_STEP = -7,       /* "resize=100" */
    WALK_QUALITY = -8,    /* "75", perhaps after -q */
    WALK_BAD_RESULT = -9, /* a result name in a list that is not a path below DIR */
    WALK_URL_IN_PLACE = -10,
    WALK_ARCHIVE_IN_PLACE = -14,
    WALK_BAD_KEY = -12,    /* an object's key that is not a path below a folder */
    WALK_NOT_LISTED = -13, /* a prefix whose list could not be read; the entry's name is the reason */
    WALK_TAKEN = -11,      /* its result's path is that of another input's result, or of a protected file */
};

struct walk_list {
    struct walk_entry *entries; /* in the order of the inputs; sorted within a folder */
    size_t count;
    const struct naming *naming;    /* as in struct walk_options */
    size_t urls;                    /* among them, objects included */
    size_t images;                  /* those on standard input: at most one */
    size_t archives;                /* among the entries; before repeated ones are left out */
    size_t others;                  /* inputs of other shards, which are not in the list */
    size_t hidden, excluded;        /* names found and left out; a folder counts once */
    size_t twice;                   /* number of repeated inputs, which are left out */
    const char *first_twice;        /* the first of these; NULL */
    struct walk_alike {             /* results whose names differ in the case of ASCII letters alone */
        const char *first, *second; /* inputs of the first two; NULL: there are none */
        const char *output;         /* the result of the second */
        size_t count;               /* of such pairs */
    } alike;
    const char *output;        /* the output folder if it was found in the inputs and left out; NULL */
    const char *output_parent; /* the named folder that contains it; NULL: it was named itself */
    void *names;               /* owns the strings */
};

/* Fills *list from `inputs` ("-" reads standard input: a list, or with --image an image). 0, or -1 with
 * `error` filled (its message names the file). */
int walk_inputs(const char *const *inputs, size_t ninputs, const struct walk_options *options,
                struct walk_list *list, struct pm_error *error);

/* The same for changes in the folders of an earlier list. The results are not checked for conflicts. */
int walk_changed(const struct changes *changes, const struct walk_options *options, struct walk_list *list,
                 struct pm_error *error);

/* Is it a URL of the web, whose name need not tell its format? An object's does, like a file's. */
static inline bool walk_is_web(const struct walk_entry *entry)
{
    return entry->url != NULL && !object_is(entry->url);
}

/* The number of results of each entry, and the path of one: NULL if it is known late (naming.h). */
static inline size_t walk_results(const struct walk_list *list)
{
    return list->naming != NULL ? list->naming->variants->count : 1;
}

static inline const char *walk_result(const struct walk_list *list, const struct walk_entry *entry,
                                      size_t index)
{
    if (entry->results == NULL)
        return entry->output;
    return naming_is_late(list->naming, index, walk_is_web(entry)) ? NULL : entry->results[index];
}

/* Is a file of that name taken for an archive? */
bool walk_is_archive(const char *name);

/* Fills `error` for an entry with a problem. */
void walk_tell_problem(const struct walk_entry *entry, struct pm_error *error);

void walk_free(struct walk_list *list);

#endif
