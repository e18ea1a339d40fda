/*
 * From what the user named to the list of jobs: folders are walked, lists read, result paths worked out,
 * clashes and overwritten inputs found, all before any work begins. The list takes a few dozen bytes a name.
 */
#ifndef BATCH_WALK_H
#define BATCH_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "batch/settings.h"
#include "codec/codec.h"

struct walk_options {
    const struct settings *settings; /* of what is an input, and where results go */
    /* The results' format, or NULL when each keeps its input's. A suffix that does not say this format is
     * replaced when it names another image format ("one.JPG", "one.png") and added to otherwise. */
    const struct codec *format;
    /* Called with each name that was found and is left out: hidden, excluded or the output folder. NULL. */
    void (*left_out)(void *listener, const char *path, enum selected why);
    void *listener;
};

struct walk_entry {
    const char *input; /* of a URL: as it may be shown, without a password */
    const char *url;   /* what to fetch; NULL: a file */
    const char *output;
    const char *name;  /* of the input below its folder or --base, or what its URL is called */
    bool from_folder;  /* found, not named: left out when it is no image */
    bool named_result; /* the list named its result */
    /* An errno when `input` is a folder that could not be read, or no name that a file could have: a failed
     * job; `output` is "". WALK_NO_FILE: the same for a pipe, device or socket, which is left out when it
     * was found; it is not even opened, for that alone can have effects. Else 0. */
    int problem;
};

enum {
    WALK_NO_FILE = -1,
    WALK_NO_IMAGE = -2, /* found, no image, and in the way of an input that may be one: left out */
    /* Named, missing, and it can be guessed what was meant: failed jobs. */
    WALK_EMPTY_NAME = -3,
    WALK_NO_SCHEME = -4,  /* "ftp://..." */
    WALK_LINES = -6,      /* a list of lines, read with -0 */
    WALK_STEP = -7,       /* "resize=100" */
    WALK_QUALITY = -8,    /* "75", perhaps behind -q */
    WALK_BAD_RESULT = -9, /* a list's name for a URL's result that is no path below DIR */
};

struct walk_list {
    struct walk_entry *entries; /* in the order of the inputs; sorted within a folder */
    size_t count;
    size_t urls;               /* among them */
    size_t hidden, excluded;   /* names found and left out; a folder counts once */
    size_t twice;              /* how often an input was named that stands in the list already; left out */
    const char *first_twice;   /* the first of these; NULL */
    const char *output;        /* the output folder as it was met among the inputs and left out; NULL */
    const char *output_parent; /* the named folder that it was found in; NULL: it was named itself */
    void *names;               /* owns the strings */
};

/* Fills *list from `inputs` ("-" reads standard input). 0, or -1 with `error` filled (its message names the
 * file). */
int walk_inputs(const char *const *inputs, size_t ninputs, const struct walk_options *options,
                struct walk_list *list, struct pm_error *error);

/* Fills `error` for an entry with a problem. */
void walk_tell_problem(const struct walk_entry *entry, struct pm_error *error);

void walk_free(struct walk_list *list);

#endif
