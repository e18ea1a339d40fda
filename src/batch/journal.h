/*
 * --journal: a record of finished jobs on disk, so that an interrupted run (killed, power failure) can be
 * resumed.
 *
 * A text file: the line "pixmill journal 1", then one line for each finished job:
 *
 *     result TAB input TAB size TAB mtime TAB ctime TAB inode TAB settings TAB time TAB checksum
 *
 * `result` of a job with several results, or with one that is named by --name, is "%00" and what the result
 * would be called without --name, which identifies the job, then "%00" and the path of each result.
 *
 * size, mtime, ctime and inode are the input's; times are in nanoseconds. A file that was rewritten with its
 * size and mtime restored (exiftool -P, rsync --inplace -t) has a different ctime, and a file that replaced
 * it has a different inode. Lines without ctime and inode (from older versions) count as not done. settings
 * is a hash of recipe and options; time is that of the line; checksum is the CRC-32 of the text before its
 * tab. In paths, "%", blanks, control characters and bytes from 0x7f on are written as %XX. The last line for
 * a result counts.
 *
 * Of a failed job, settings begins with "!", and after time come the error's kind and stage. A failure that
 * lies in the image's bytes (journal_is_permanent) would be the same in the next run; any other job that
 * failed is not done.
 *
 * A line is written only after its result is on the disk: results are synced before they are renamed
 * (FILE_DURABLE), then their folders and the journal's folder are synced, then the lines are written and
 * synced, many at a time. A line that is incomplete after a power failure is ignored.
 *
 * A folder of such files is a journal, too (journal_folder.h): any number of runs may use it at the same
 * time, on any number of machines. Of several lines for a result, the one with the latest time counts.
 */
#ifndef BATCH_JOURNAL_H
#define BATCH_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"
#include "batch/journal_line.h"

struct journal;
struct output_dir;

enum journal_use {
    JOURNAL_RECORD, /* add to the journal; create it if missing */
    JOURNAL_RESUME, /* the same, and read its content */
    JOURNAL_LOOK,   /* read its content, change nothing; a missing one is empty */
};

#define JOURNAL_HEADER "pixmill journal 1\n"
enum { JOURNAL_HEADER_LENGTH = sizeof JOURNAL_HEADER - 1 };

struct journal_options {
    const char *path; /* a file, or a folder */
    enum journal_use use;
    const char *settings; /* a text; jobs recorded with a different text count as not done */
    /* Only lines about results in `output` that are in `shard` are kept. NULL: all are. */
    const char *output;
    const struct shard *shard;
};

/* Opens the journal. A file is locked: a second run with it is refused. The strings must outlive the journal.
 * NULL with `error` filled: locked by another run, not a journal, or a system error. */
struct journal *journal_open(const struct journal_options *options, struct pm_error *error);

/* Sets the output folder (borrowed) that results are in. Before this call, and with NULL, their paths are
 * used unchanged. */
void journal_set_output(struct journal *journal, const struct output_dir *dir);

/* Sets the store (borrowed) that results are in, instead of files. */
struct store;
void journal_set_store(struct journal *journal, const struct store *store);

/* Number of results that are recorded only by lines of an older version, which do not count. */
size_t journal_old_lines(const struct journal *journal);

/* Visits the lines that count, in no order (journal_line.h). */
void journal_each(struct journal *journal, void (*visit)(void *self, const char *line), void *self);

enum journal_state {
    JOURNAL_UNKNOWN, /* to be processed */
    JOURNAL_DONE,
    JOURNAL_FAILED, /* before, with the same input and settings */
};

struct journal_answer {
    /* JOURNAL_UNKNOWN: why, although there is a line for the results; NULL: there is none. */
    const char *why;
    enum pm_error_kind kind; /* of the failure */
    enum pm_stage stage;
};

/* Does the journal record that the results were made from the input as it is now (`status`), and do they
 * still exist and are not empty? Or that they could not be made from it? */
enum journal_state journal_find(const struct journal *journal, const char *input, const struct stat *status,
                                const struct journal_results *results, struct journal_answer *answer);

/* Is a failure of the input's bytes, which would be the same in every other run? Not limits, which depend on
 * options and on the machine's memory; not keys, which need not be files; not crashes of workers, because
 * they may have been killed for lack of memory. */
static inline bool journal_is_permanent(enum pm_error_kind kind)
{
    return kind == PM_ERROR_UNSUPPORTED || kind == PM_ERROR_CORRUPT || kind == PM_ERROR_TRUNCATED ||
           kind == PM_ERROR_CHANGED;
}

/* Records a job; `status` is the input's status before it was read, `failure` is NULL if it went well.
 * Thread-safe; some calls wait for the disk. 0, or -1 with `error` filled. */
int journal_add(struct journal *journal, const char *input, const struct stat *status,
                const struct journal_results *results, const struct pm_error *failure,
                struct pm_error *error);

/* Closes the journal of a run that was refused and has recorded nothing; removes the file or folder if this
 * run created it. NULL is allowed. */
void journal_discard(struct journal *journal);

/* Writes pending lines and closes the journal. 0, or -1 with `error` filled. NULL is allowed. */
int journal_close(struct journal *journal, struct pm_error *error);

#endif
