/*
 * --journal: a record of finished jobs on disk, so that an interrupted run (killed, power failure) can be
 * resumed.
 *
 * A text file: the line "pixmill journal 1", then one line for each finished job:
 *
 *     result TAB input TAB size TAB mtime TAB ctime TAB inode TAB settings TAB checksum
 *
 * `result` of a job with several results, or with one that is named by --name, is "%00" and what the result
 * would be called without --name, which identifies the job, then "%00" and the path of each result.
 *
 * size, mtime, ctime and inode are the input's; times are in nanoseconds. A file that was rewritten with its
 * size and mtime restored (exiftool -P, rsync --inplace -t) has a different ctime, and a file that replaced
 * it has a different inode. Lines without ctime and inode (from older versions) count as not done. settings
 * is a hash of recipe and options; checksum is the CRC-32 of the text before its tab. In paths, "%", blanks,
 * control characters and bytes from 0x7f on are written as %XX. The last line for a result counts.
 *
 * A line is written only after its result is on the disk: results are synced before they are renamed
 * (FILE_DURABLE), then their folders and the journal's folder are synced, then the lines are written and
 * synced, many at a time. A line that is incomplete after a power failure is ignored.
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
    JOURNAL_RECORD, /* add to the journal; create it if missing */
    JOURNAL_RESUME, /* the same, and read its content */
    JOURNAL_LOOK,   /* read its content, change nothing; a missing one is empty */
};

/* Opens and locks the journal: a second run with it is refused. `settings` is a text; jobs recorded with a
 * different text count as not done. NULL with `error` filled: locked by another run, not a journal, or a
 * system error. */
struct journal *journal_open(const char *path, enum journal_use use, const char *settings,
                             struct pm_error *error);

/* Sets the output folder (borrowed) that results are in. Before this call, and with NULL, their paths are
 * used unchanged. */
void journal_set_output(struct journal *journal, const struct output_dir *dir);

/* Number of results that are recorded only by lines of an older version, which do not count. */
size_t journal_old_lines(const struct journal *journal);

/* The results of a job. */
struct journal_results {
    const char *output;         /* the result, or of named ones what identifies the job */
    const char *const *outputs; /* of named results, as --name says; NULL: `output` is the result */
    size_t count;               /* of outputs; not used to look a job up */
};

/* Does the journal record that the results were made from the input as it is now (`status`), and do they
 * still exist and are not empty? If not, although there is a line for them, *why is set to the reason;
 * otherwise *why is unchanged. `journal` may be NULL. */
bool journal_done(const struct journal *journal, const char *input, const struct stat *status,
                  const struct journal_results *results, const char **why);

/* Records a job; `status` is the input's status before it was read. Thread-safe; some calls wait for the
 * disk. 0, or -1 with `error` filled. */
int journal_add(struct journal *journal, const char *input, const struct stat *status,
                const struct journal_results *results, struct pm_error *error);

/* Closes the journal of a run that was refused and has recorded nothing; removes the file if this run created
 * it. NULL is allowed. */
void journal_discard(struct journal *journal);

/* Writes pending lines and closes the journal. 0, or -1 with `error` filled. NULL is allowed. */
int journal_close(struct journal *journal, struct pm_error *error);

#endif
