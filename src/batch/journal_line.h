/*
 * The lines of a journal (journal.h): their fields, how they are written, and the set of those that count.
 */
#ifndef BATCH_JOURNAL_LINE_H
#define BATCH_JOURNAL_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/names.h"
#include "base/set.h"
#include "batch/shard.h"

/* Fields of a line, without the checksum. Older versions wrote those before LINE_TIME, still older ones those
 * before LINE_CTIME, which do not count. */
enum {
    LINE_RESULT,
    LINE_INPUT,
    LINE_SIZE,
    LINE_MTIME,
    LINE_CTIME,
    LINE_INODE,
    LINE_SETTINGS,
    LINE_TIME,
    LINE_KIND, /* of a failure: its kind and stage, as in --log */
    LINE_STAGE,
};
enum { LINE_FIELDS_MIN = LINE_SETTINGS + 1 };

/* Begins the settings of a failure, so that older versions take it for a line with other settings. */
enum { LINE_FAILED = '!' };

/* The results of a job. */
struct journal_results {
    const char *output;         /* the result, or of named ones what identifies the job */
    const char *const *outputs; /* of named results, as --name says; NULL: `output` is the result */
    size_t count;               /* of outputs; not used to look a job up */
};

/* What a line is about. */
struct line_job {
    const char *input;
    const struct stat *status; /* the input's */
    const struct journal_results *results;
    const char *settings;           /* their hash */
    const struct pm_error *failure; /* NULL: it went well */
};

/* Appends an escaped path. Returns 0, or -1 when out of memory. */
int line_append_path(struct buffer *line, const char *path);

/* Appends a job's line up to its settings, without newline or NUL. Returns 0, or -1 when out of memory. */
int line_append(struct buffer *text, const struct line_job *job);

/* Appends all of it. */
int line_append_whole(struct buffer *text, const struct line_job *job);

/* The beginning of a field, which ends with a tab or NUL; NULL if the line has no such field. */
const char *line_field(const char *line, unsigned field);

static inline size_t line_field_length(const char *field)
{
    return (size_t)(strchrnul(field, '\t') - field);
}

/* The length of what identifies the job: the first field, or its first part. */
size_t line_key_length(const char *line);

/* Is the field the same in both lines? The settings of a failure count as those of what went well. */
bool line_same(const char *a, const char *b, unsigned field);

/* When it was written, in nanoseconds since 1970; 0: not known. */
int64_t line_time(const char *line);

/* How the input differs from the one that was processed; NULL: not at all. */
const char *line_input_difference(const char *line, const struct stat *status);

/* Does the line record a failure? *kind and *stage are set if it does. */
bool line_failure(const char *line, enum pm_error_kind *kind, enum pm_stage *stage);

/* Calls visit with each result's path until it returns false. Returns false then, and for a line without
 * results. */
bool line_results(const char *line, bool (*visit)(void *self, const char *path), void *self);

/* Writes the path that is escaped in text[length] to path[size], cut if it is too long. */
void line_unescape(const char *text, size_t length, char *path, size_t size);

/* The lines that count, by what identifies the job. */
struct lines {
    struct set set;
    struct names memory; /* of copied lines */
    /* The line with the latest time counts, not the last: they are those of several files. They are copied
     * when they are put. */
    bool of_segments;
    const char *output;        /* DIR: only lines about results in it are kept; NULL: all are */
    const struct shard *shard; /* only those of this shard; NULL: all */
};

void lines_init(struct lines *lines);
void lines_free(struct lines *lines);

/* Puts text[length] if it is a line with the right checksum; otherwise it is incomplete and ignored. Changes
 * the text, and refers to it if lines are not copied. Returns 0, or -1 with `error` filled. */
int lines_put(struct lines *lines, char *text, size_t length, struct pm_error *error);

#endif
