#include "batch/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "batch/journal_folder.h"
#include "batch/place.h"
#include "batch/store.h"
#include "io/file.h"
#include "io/folder.h"
#include "io/log_file.h"

enum {
    SETTINGS_BYTES = 16, /* of the hash */
    LINES_MAX = 64,      /* max lines written at once */
};
static const double SECONDS_MAX = 0.25; /* max time between writes */

struct journal {
    const char *folder; /* its path; NULL: it is a file */
    struct shard shard; /* for the name of its segment in the folder */
    int fd;             /* -1: with JOURNAL_LOOK, there is no journal; of a folder, nothing was written yet */
    const char *made;   /* its path if this run created it; NULL */
    char shown[96];     /* its name, for messages */
    char settings[2 * SETTINGS_BYTES + 1];
    struct buffer text; /* the file's content; its lines are split into strings */
    struct lines lines; /* without their checksum */

    pthread_mutex_t lock; /* of everything below */
    struct buffer pending;
    unsigned pending_lines;
    struct folders folders;          /* folders of the pending lines' results */
    struct folders own;              /* the journal's folder, until its first line is written */
    const struct output_dir *output; /* that results are in; NULL: none */
    const struct store *store;       /* the same; NULL: they are files */
    double written_at;
    bool failed; /* a write failed: the last line may be incomplete, so nothing more may be appended */
};

static int hash_settings(const char *settings, char text[2 * SETTINGS_BYTES + 1], struct pm_error *error)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    if (EVP_Q_digest(NULL, "SHA256", NULL, settings, strlen(settings), digest, NULL) != 1)
        return error_set(error, PM_ERROR_INTERNAL, "libcrypto has no SHA-256 (check its installation)");
    for (int i = 0; i < SETTINGS_BYTES; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    return 0;
}

static int io_error(const struct journal *journal, const char *what, struct pm_error *error)
{
    return error_set(error, PM_ERROR_IO, "%s: the journal can't be %s: %s (name another)", journal->shown,
                     what, strerror(errno));
}

/* Reads the whole file. */
static int read_text(struct journal *journal, struct pm_error *error)
{
    struct stat status;
    if (fstat(journal->fd, &status) != 0)
        return io_error(journal, "read", error);
    if (!S_ISREG(status.st_mode))
        return error_set(error, PM_ERROR_USAGE, "%s: the journal is not a regular file (name another)",
                         journal->shown);
    struct pm_error why = {0};
    if (file_read(journal->fd, (uint64_t)status.st_size, &journal->text, &why) != 0)
        return error_set(error, why.kind, "%s: the journal %s", journal->shown, why.message);
    size_t header = journal->text.size < JOURNAL_HEADER_LENGTH ? journal->text.size : JOURNAL_HEADER_LENGTH;
    if (header > 0 && memcmp(journal->text.data, JOURNAL_HEADER, header) != 0)
        return error_set(error, PM_ERROR_USAGE, "%s: not a pixmill journal (name another file, or remove it)",
                         journal->shown);
    return 0;
}

static int take_lines(struct journal *journal, struct pm_error *error)
{
    char *line = (char *)journal->text.data, *end = line + journal->text.size, *newline;
    while (line < end && (newline = memchr(line, '\n', (size_t)(end - line))) != NULL) {
        if (lines_put(&journal->lines, line, (size_t)(newline - line), error) != 0)
            return -1;
        line = newline + 1;
    }
    return 0;
}

/* Removes an incomplete last line, or writes the header of a new file. */
static int mend(struct journal *journal, struct pm_error *error)
{
    const struct buffer *text = &journal->text;
    const uint8_t *last = text->size > 0 ? memrchr(text->data, '\n', text->size) : NULL;
    size_t whole = last != NULL ? (size_t)(last - text->data) + 1 : 0;
    if (ftruncate(journal->fd, (off_t)whole) != 0 || lseek(journal->fd, 0, SEEK_END) < 0)
        return io_error(journal, "written", error);
    if (whole == 0 &&
        (file_write_all(journal->fd, (const uint8_t *)JOURNAL_HEADER, JOURNAL_HEADER_LENGTH) != 0 ||
         fsync(journal->fd) != 0))
        return io_error(journal, "written", error);
    return 0;
}

/* Opens and locks the file; -1: `error` is filled. A refused run removes its journal, so check that the
 * opened file still has its name. */
static int open_locked(struct journal *journal, const char *path, enum journal_use use,
                       struct pm_error *error)
{
    const int flags = use == JOURNAL_LOOK ? O_RDONLY : O_RDWR | O_CREAT;
    do {
        if (journal->fd >= 0)
            close(journal->fd);
        journal->made = flags & O_CREAT && access(path, F_OK) != 0 ? path : NULL;
        journal->fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
        if (journal->fd < 0)
            return use == JOURNAL_LOOK && errno == ENOENT ? 0 : io_error(journal, "opened", error);
        if (flock(journal->fd, (use == JOURNAL_LOOK ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0 &&
            errno == EWOULDBLOCK)
            return error_set_hint(error, PM_ERROR_USAGE, PM_HINT_LOCKED,
                                  "%s: another run is using the journal", journal->shown);
    } while (file_was_taken_away(journal->fd, path));
    return 0;
}

/* Opens the file and reads its content if needed. */
static int open_file(struct journal *journal, const char *path, enum journal_use use, struct pm_error *error)
{
    if (open_locked(journal, path, use, error) != 0)
        return -1;
    if (journal->fd < 0)
        return 0;
    if (read_text(journal, error) != 0)
        return -1;
    if (use != JOURNAL_LOOK && mend(journal, error) != 0)
        return -1;
    /* The journal's folder must be synced too, even if the file existed: the run that created it may have
     * been killed before it synced the folder. */
    if (use != JOURNAL_LOOK && folders_add(&journal->own, path) != 0)
        return error_memory(error, 0);
    return use != JOURNAL_RECORD ? take_lines(journal, error) : 0;
}

/* Opens the folder, creates it if missing, and reads its segments if needed. */
static int open_folder(struct journal *journal, const struct journal_options *options, struct pm_error *error)
{
    const char *path = options->path;
    char own[PATH_MAX];
    journal->folder = path;
    journal->shard = options->shard != NULL ? *options->shard : (struct shard){0};
    journal->lines.of_segments = true;
    if (options->use != JOURNAL_LOOK) {
        journal->made = access(path, F_OK) != 0 ? path : NULL;
        if (folder_make(path, error) != 0)
            return -1;
        if (faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) != 0)
            return io_error(journal, "written", error);
        /* The folder, for the name of the segment, and the folder above it. */
        const size_t length = strlen(path) - (path[strlen(path) - 1] == '/');
        snprintf(own, sizeof own, "%.*s", (int)length, path);
        if (folders_add(&journal->own, own) != 0 ||
            (snprintf(own, sizeof own, "%.*s/.", (int)length, path), folders_add(&journal->own, own)) != 0)
            return error_memory(error, 0);
    }
    return options->use != JOURNAL_RECORD ? segments_read(path, &journal->shard, &journal->lines, error) : 0;
}

static void journal_free(struct journal *journal)
{
    if (journal->fd >= 0)
        close(journal->fd);
    buffer_free(&journal->text);
    buffer_free(&journal->pending);
    lines_free(&journal->lines);
    folders_free(&journal->folders);
    folders_free(&journal->own);
    pthread_mutex_destroy(&journal->lock);
    free(journal);
}

struct journal *journal_open(const struct journal_options *options, struct pm_error *error)
{
    struct journal *journal = calloc(1, sizeof *journal);
    if (journal == NULL) {
        error_memory(error, sizeof *journal);
        return NULL;
    }
    journal->fd = -1;
    text_shown(options->path, journal->shown, sizeof journal->shown);
    journal->written_at = clock_now();
    pthread_mutex_init(&journal->lock, NULL);
    lines_init(&journal->lines);
    journal->lines.output = options->output;
    journal->lines.shard = options->shard;
    folders_init(&journal->folders);
    folders_init(&journal->own);
    if (hash_settings(options->settings, journal->settings, error) == 0 &&
        (journal_is_folder(options->path) ? open_folder(journal, options, error)
                                          : open_file(journal, options->path, options->use, error)) == 0)
        return journal;
    if (journal->folder != NULL && journal->made != NULL)
        rmdir(journal->made);
    journal_free(journal);
    return NULL;
}

size_t journal_old_lines(const struct journal *journal)
{
    size_t old = 0;
    for (size_t i = 0; i < journal->lines.set.capacity; i++) {
        const char *line = journal->lines.set.slots[i];
        old += line != NULL && line_field(line, LINE_FIELDS_MIN - 1) == NULL;
    }
    return old;
}

/* How a recorded line differs from the line that would be written now for the same result; NULL: not at all.
 */
static const char *difference(const char *recorded, const char *now, const struct stat *status)
{
    const char *reason = line_input_difference(recorded, status);
    if (line_field(recorded, LINE_FIELDS_MIN - 1) != NULL && !line_same(recorded, now, LINE_INPUT))
        return "it was made from another input";
    return reason == NULL && !line_same(recorded, now, LINE_SETTINGS) ? "the recipe or the key file changed"
                                                                      : reason;
}

void journal_each(struct journal *journal, void (*visit)(void *self, const char *line), void *self)
{
    for (size_t i = 0; i < journal->lines.set.capacity; i++) {
        if (journal->lines.set.slots[i] != NULL)
            visit(self, journal->lines.set.slots[i]);
    }
}

void journal_set_output(struct journal *journal, const struct output_dir *dir)
{
    journal->output = dir;
}

void journal_set_store(struct journal *journal, const struct store *store)
{
    journal->store = store;
}

/* Is the result a file that is not empty? */
static bool is_there(void *self, const char *path)
{
    const struct journal *journal = self;
    struct stat result;
    if (journal->store != NULL)
        return store_has(journal->store, path);
    return output_dir_stat(journal->output, path, &result) == 0 && S_ISREG(result.st_mode) &&
           result.st_size > 0;
}

enum journal_state journal_find(const struct journal *journal, const char *input, const struct stat *status,
                                const struct journal_results *results, struct journal_answer *answer)
{
    struct buffer line = {0};
    struct journal_results wanted = *results;
    const struct line_job job = {
        .input = input, .status = status, .results = &wanted, .settings = journal->settings};
    const char *recorded = NULL;
    *answer = (struct journal_answer){0};
    wanted.count = 0;
    if (line_append(&line, &job) == 0 && buffer_append(&line, "", 1) == 0) {
        recorded = set_find(&journal->lines.set, line.data);
        answer->why = recorded != NULL ? difference(recorded, (const char *)line.data, status) : NULL;
    }
    buffer_free(&line);
    if (recorded == NULL || answer->why != NULL)
        return JOURNAL_UNKNOWN;
    if (line_failure(recorded, &answer->kind, &answer->stage))
        return JOURNAL_FAILED;
    if (line_results(recorded, is_there, (void *)(uintptr_t)journal))
        return JOURNAL_DONE;
    answer->why = "its result is missing or empty";
    return JOURNAL_UNKNOWN;
}

static int sync_folders(struct folders *folders, const struct output_dir *output, struct pm_error *error)
{
    size_t at = 0;
    const char *folder;
    while ((folder = folders_next(folders, &at)) != NULL) {
        if (folder_sync(output_dir_open_folder(output, folder), error) != 0)
            return -1;
    }
    return 0;
}

/* Creates the file in the folder for this run's lines. 0, or -1 with errno set. */
static int begin_segment(struct journal *journal)
{
    journal->fd = segment_create(journal->folder, &journal->shard);
    return journal->fd >= 0
               ? file_write_all(journal->fd, (const uint8_t *)JOURNAL_HEADER, JOURNAL_HEADER_LENGTH)
               : -1;
}

/* Writes the pending lines. Needs the lock. */
static int write_pending(struct journal *journal, struct pm_error *error)
{
    if (journal->failed)
        return error_set(error, PM_ERROR_IO, "%s: the journal can't be written (an earlier write failed)",
                         journal->shown);
    journal->failed = true; /* until everything below succeeded */
    if (journal->fd < 0 && begin_segment(journal) != 0)
        return io_error(journal, "written", error);
    if (sync_folders(&journal->own, NULL, error) != 0 ||
        sync_folders(&journal->folders, journal->output, error) != 0)
        return -1;
    if (file_write_all(journal->fd, journal->pending.data, journal->pending.size) != 0 ||
        fdatasync(journal->fd) != 0)
        return io_error(journal, "written", error);
    folders_free(&journal->folders);
    folders_free(&journal->own);
    folders_init(&journal->folders);
    folders_init(&journal->own);
    journal->pending.size = 0;
    journal->pending_lines = 0;
    journal->written_at = clock_now();
    journal->failed = false;
    return 0;
}

/* Adds a pending line. Needs the lock. */
static int add_pending(struct journal *journal, const struct line_job *job, struct pm_error *error)
{
    const struct journal_results *results = job->results;
    int added = line_append_whole(&journal->pending, job);
    journal->pending_lines += added == 0;
    if (journal->store != NULL) /* what a store has confirmed is durable */
        return added == 0 ? 0 : error_memory(error, 0);
    if (added == 0 && job->failure == NULL && results->outputs == NULL)
        added = folders_add(&journal->folders, results->output);
    for (size_t i = 0; i < results->count && results->outputs != NULL && added == 0; i++)
        added = folders_add(&journal->folders, results->outputs[i]);
    return added == 0 ? 0 : error_memory(error, 0);
}

int journal_add(struct journal *journal, const char *input, const struct stat *status,
                const struct journal_results *results, const struct pm_error *failure, struct pm_error *error)
{
    struct journal_results recorded = *results;
    if (failure != NULL)
        recorded.count = 0;
    const struct line_job job = {.input = input,
                                 .status = status,
                                 .results = &recorded,
                                 .settings = journal->settings,
                                 .failure = failure};
    pthread_mutex_lock(&journal->lock);
    int result = add_pending(journal, &job, error);
    if (result == 0 && (journal->failed || journal->pending_lines >= LINES_MAX ||
                        clock_now() - journal->written_at >= SECONDS_MAX))
        result = write_pending(journal, error);
    pthread_mutex_unlock(&journal->lock);
    return result;
}

int journal_close(struct journal *journal, struct pm_error *error)
{
    if (journal == NULL)
        return 0;
    int status = journal->pending_lines > 0 ? write_pending(journal, error) : 0;
    journal_free(journal);
    return status;
}

void journal_discard(struct journal *journal)
{
    if (journal == NULL)
        return;
    if (journal->made != NULL && journal->folder != NULL)
        rmdir(journal->made); /* if no other run has put a segment there */
    else if (journal->made != NULL)
        log_file_remove(journal->made); /* while it is locked */
    journal_free(journal);
}
