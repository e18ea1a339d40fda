/*
 * --journal: what is done, on disk, so that a run that ended early (killed, out of power) can be resumed.
 *
 * A text file: the line "pixmill journal 1", then a line for each finished job,
 *
 *     result TAB input TAB size TAB mtime TAB ctime TAB inode TAB settings TAB checksum
 *
 * of which size to inode are the input's, times in nanoseconds: a file that was rewritten with its size and
 * mtime restored (exiftool -P, rsync --inplace -t) has another ctime, one put in its place another inode.
 * Lines without those two, which older versions wrote, count as not done. settings is a hash of recipe and
 * options, and the checksum the CRC-32 of what stands before its tab. Of a path, "%", blanks, control
 * characters and all bytes from 0x7f on are written %XX, so that any name survives. The last line for a
 * result counts.
 *
 * A line is written only when its result is on the disk: results are synced before they are renamed
 * (FILE_DURABLE), then their folders and the journal's own, then the lines, many at a time. A line torn by a
 * power cut is dropped.
 */
#ifndef BATCH_JOURNAL_H
#define BATCH_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"

struct journal;
struct output_dir;

enum journal_use {
    JOURNAL_RECORD, /* add to the journal, made when missing */
    JOURNAL_RESUME, /* the same, and know what it holds */
    JOURNAL_LOOK,   /* know what it holds, change nothing; a missing one is empty */
};

/* Opens the journal and holds it: a second run on it is refused. `settings` is a text; jobs done with another
 * one are not done. NULL with `error` filled: held by another run, no journal, or the system says no. */
struct journal *journal_open(const char *path, enum journal_use use, const char *settings,
                             struct pm_error *error);

/* Results are in `dir` (output_dir.h), which is borrowed; at first there is none, and their paths are as they
 * stand. */
void journal_set_output(struct journal *journal, const struct output_dir *dir);

/* How many results are known only by lines that do not count, for an older version wrote them? */
size_t journal_old_lines(const struct journal *journal);

/* Does the journal say that the input, as it is now (`status`), was made into `output`, which is still there
 * and no empty file? When it does not although it has a line for `output`, *why becomes the reason; else it
 * stays as it is. NULL is allowed. */
bool journal_done(const struct journal *journal, const char *input, const struct stat *status,
                  const char *output, const char **why);

/* Records a job; `status` is the input's from before it was read. Called by many threads at once; every now
 * and then one of them waits for the disk. 0, or -1 with `error` filled. */
int journal_add(struct journal *journal, const char *input, const struct stat *status, const char *output,
                struct pm_error *error);

/* Ends for a run that was refused and has recorded nothing: a journal that it began goes. NULL is allowed. */
void journal_discard(struct journal *journal);

/* Writes what is not yet written, and ends. 0, or -1 with `error` filled. NULL is allowed. */
int journal_close(struct journal *journal, struct pm_error *error);

#endif
