/* What the files of an archive (archive.h) share. */
#ifndef BATCH_ARCHIVE_LIST_H
#define BATCH_ARCHIVE_LIST_H

#include <pthread.h>

#include "batch/archive.h"
#include "io/tar.h"

enum item_state {
    ITEM_COPY,   /* no image */
    ITEM_GLOBAL, /* describes all members that follow: copied, and never left out with a sample */
    ITEM_IMAGE,  /* a job */
    ITEM_FAILED,
};

struct archive_item {
    uint64_t begin, end; /* in the input */
    struct job *waiting; /* for its turn to be written */
    enum item_state state;
    bool begins_sample;
};

struct archive {
    int in;
    uint64_t size;
    struct archive_item *items;
    size_t count, room;
    size_t *of_entry;     /* the item of an entry of the list */
    const char **outputs; /* the result of an entry; NULL in the list, whose entries may be freed */
    size_t entries;

    pthread_mutex_t lock; /* of everything below */
    struct intake *intake;
    struct temporary out;
    struct timespec modified; /* of the input */
    bool begun;
    size_t output_length;
    uint64_t written, sample; /* bytes of the output; those before the current sample, */
    size_t sample_item;       /* of which this is the first item */
    bool skipping;            /* the current sample is left out */
    size_t next;              /* the first item that is not done */
    struct pm_error error;    /* of writing */
    struct pm_error failure;  /* the first of an image */
};

/* Bytes of "./" at the beginning of a member's name. */
size_t archive_prefix(const char *name);

void archive_free(struct archive *archive);

#endif
