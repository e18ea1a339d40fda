#include "batch/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libdeflate.h>
#include <limits.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/set.h"
#include "base/text.h"
#include "batch/place.h"
#include "io/file.h"
#include "io/folder.h"

static const char HEADER[] = "pixmill journal 1\n";
enum {
    HEADER_LENGTH = sizeof HEADER - 1,
    SETTINGS_BYTES = 16, /* of the hash */
    CHECKSUM_DIGITS = 8,
    LINES_MAX = 64, /* max lines written at once */
};
/* Fields of a line, without the checksum. */
enum { RESULT, INPUT, SIZE, MTIME, CTIME, INODE, SETTINGS, FIELDS };
static const double SECONDS_MAX = 0.25; /* max time between writes */

struct journal {
    int fd;           /* -1: with JOURNAL_LOOK, there is no journal */
    const char *made; /* its path if this run created it; NULL */
    char shown[96];   /* its name, for messages */
    char settings[2 * SETTINGS_BYTES + 1];
    struct buffer text; /* the file's content; its lines are split into strings */
    struct set done;    /* lines without their checksum, by result */

    pthread_mutex_t lock; /* of everything below */
    struct buffer pending;
    unsigned pending_lines;
    struct folders folders;          /* folders of the pending lines' results */
    struct folders own;              /* the journal's folder, until its first line is written */
    const struct output_dir *output; /* that results are in; NULL: none */
    double written_at;
    bool failed; /* a write failed: the last line may be incomplete, so nothing more may be appended */
};

/* Separates the paths of several results. No path contains it, because no name has a NUL. */
static const char SEPARATOR[] = "%00";
enum { SEPARATOR_LENGTH = sizeof SEPARATOR - 1 };

/* What identifies a job: the line's first field, or its first part. */
static size_t key_length(const char *line)
{
    const size_t field = strcspn(line, "\t");
    if (strncmp(line, SEPARATOR, SEPARATOR_LENGTH) != 0)
        return field;
    const char *next = strstr(line + SEPARATOR_LENGTH, SEPARATOR);
    return next != NULL && (size_t)(next - line) < field ? (size_t)(next - line) : field;
}

static uint64_t line_hash(const void *item)
{
    return set_hash(item, key_length(item));
}

static bool line_equal(const void *a, const void *b)
{
    size_t length = key_length(a);
    return key_length(b) == length && memcmp(a, b, length) == 0;
}

static int append_path(struct buffer *line, const char *path)
{
    for (const unsigned char *at = (const unsigned char *)path; *at != '\0'; at++) {
        char escaped[4];
        bool plain = *at > ' ' && *at < 0x7f && *at != '%';
        int length = snprintf(escaped, sizeof escaped, plain ? "%c" : "%%%02X", *at);
        if (buffer_append(line, escaped, (size_t)length) != 0)
            return -1;
    }
    return 0;
}

static int64_t nanoseconds(const struct timespec *time)
{
    return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

static int append_results(struct buffer *line, const struct journal_results *results)
{
    if (results->outputs == NULL)
        return append_path(line, results->output);
    int status =
        buffer_append(line, SEPARATOR, SEPARATOR_LENGTH) == 0 ? append_path(line, results->output) : -1;
    for (size_t i = 0; i < results->count && status == 0; i++)
        status = buffer_append(line, SEPARATOR, SEPARATOR_LENGTH) == 0
                     ? append_path(line, results->outputs[i])
                     : -1;
    return status;
}

/* Appends a job's line up to its settings, without newline or NUL. 0, or -1 when there is no memory. */
static int append_line(const struct journal *journal, struct buffer *line, const char *input,
                       const struct stat *status, const struct journal_results *results)
{
    char numbers[160];
    int length = snprintf(numbers, sizeof numbers, "\t%" PRIu64 "\t%" PRId64 "\t%" PRId64 "\t%" PRIu64 "\t%s",
                          (uint64_t)status->st_size, nanoseconds(&status->st_mtim),
                          nanoseconds(&status->st_ctim), (uint64_t)status->st_ino, journal->settings);
    if (append_results(line, results) != 0 || buffer_append(line, "\t", 1) != 0 ||
        append_path(line, input) != 0)
        return -1;
    return buffer_append(line, numbers, (size_t)length);
}

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
    size_t header = journal->text.size < HEADER_LENGTH ? journal->text.size : HEADER_LENGTH;
    if (header > 0 && memcmp(journal->text.data, HEADER, header) != 0)
        return error_set(error, PM_ERROR_USAGE, "%s: not a pixmill journal (name another file, or remove it)",
                         journal->shown);
    return 0;
}

static unsigned count_fields(const char *line)
{
    unsigned fields = 1;
    while ((line = strchr(line, '\t')) != NULL) {
        line++;
        fields++;
    }
    return fields;
}

/* Adds the line [line, end) to the set if its checksum is right; otherwise it is incomplete and ignored. */
static int take_line(struct journal *journal, char *line, char *end, struct pm_error *error)
{
    char *tab = end - CHECKSUM_DIGITS - 1;
    uint32_t checksum;
    *end = '\0';
    if (tab < line || *tab != '\t' || sscanf(tab + 1, "%8" SCNx32, &checksum) != 1 ||
        libdeflate_crc32(0, line, (size_t)(tab - line)) != checksum)
        return 0;
    *tab = '\0';
    return set_put(&journal->done, line) == 0 ? 0 : error_memory(error, 0);
}

static int take_lines(struct journal *journal, struct pm_error *error)
{
    char *line = (char *)journal->text.data, *end = line + journal->text.size, *newline;
    while (line < end && (newline = memchr(line, '\n', (size_t)(end - line))) != NULL) {
        if (take_line(journal, line, newline, error) != 0)
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
        (file_write_all(journal->fd, (const uint8_t *)HEADER, HEADER_LENGTH) != 0 || fsync(journal->fd) != 0))
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

static void journal_free(struct journal *journal)
{
    if (journal->fd >= 0)
        close(journal->fd);
    buffer_free(&journal->text);
    buffer_free(&journal->pending);
    set_free(&journal->done);
    folders_free(&journal->folders);
    folders_free(&journal->own);
    pthread_mutex_destroy(&journal->lock);
    free(journal);
}

struct journal *journal_open(const char *path, enum journal_use use, const char *settings,
                             struct pm_error *error)
{
    struct journal *journal = calloc(1, sizeof *journal);
    if (journal == NULL) {
        error_memory(error, sizeof *journal);
        return NULL;
    }
    journal->fd = -1;
    text_shown(path, journal->shown, sizeof journal->shown);
    journal->written_at = clock_now();
    pthread_mutex_init(&journal->lock, NULL);
    set_init(&journal->done, line_hash, line_equal);
    folders_init(&journal->folders);
    folders_init(&journal->own);
    if (hash_settings(settings, journal->settings, error) == 0 && open_file(journal, path, use, error) == 0)
        return journal;
    journal_free(journal);
    return NULL;
}

size_t journal_old_lines(const struct journal *journal)
{
    size_t old = 0;
    for (size_t i = 0; i < journal->done.capacity; i++) {
        const char *line = journal->done.slots[i];
        old += line != NULL && count_fields(line) < FIELDS;
    }
    return old;
}

/* How a recorded line differs from the line that would be written now for the same result; NULL: not at all.
 */
static const char *difference(const char *recorded, const char *now)
{
    static const char *const reasons[FIELDS] = {
        [INPUT] = "it was made from another input",
        [SIZE] = "the input's size changed",
        [MTIME] = "the input's modification time changed",
        [CTIME] = "the input was changed or renamed, although its modification time is the same",
        [INODE] = "the input was replaced by another file of the same name",
        [SETTINGS] = "the recipe or the key file changed",
    };
    if (count_fields(recorded) < FIELDS)
        return "it was recorded by an older version, without ctime and inode";
    for (unsigned field = RESULT; field < FIELDS; field++) {
        const size_t length = strcspn(recorded, "\t"), length_now = strcspn(now, "\t");
        if (field == RESULT) { /* the same job's; the number of its results is one of the settings */
            recorded += length + 1;
            now += length_now + 1;
            continue;
        }
        if (length != length_now || memcmp(recorded, now, length) != 0)
            return reasons[field];
        recorded += length + 1;
        now += length + 1;
    }
    return NULL;
}

void journal_set_output(struct journal *journal, const struct output_dir *dir)
{
    journal->output = dir;
}

/* Is the result, of `length` escaped bytes, a file that is not empty? */
static bool is_there(const struct journal *journal, const char *escaped, size_t length)
{
    char path[PATH_MAX];
    size_t size = 0;
    struct stat result;
    for (size_t i = 0; i < length && size < sizeof path - 1; i++) {
        if (escaped[i] == '%' && i + 2 < length) {
            path[size++] = (char)(text_hex_digit(escaped[i + 1]) * 16 + text_hex_digit(escaped[i + 2]));
            i += 2;
        } else {
            path[size++] = escaped[i];
        }
    }
    path[size] = '\0';
    return output_dir_stat(journal->output, path, &result) == 0 && S_ISREG(result.st_mode) &&
           result.st_size > 0;
}

/* Are all results of the line there? */
static bool are_there(const struct journal *journal, const char *line)
{
    const size_t field = strcspn(line, "\t");
    size_t at = key_length(line);
    if (at == field)
        return strncmp(line, SEPARATOR, SEPARATOR_LENGTH) != 0 && is_there(journal, line, field);
    bool all = true;
    while (at < field && all) {
        const char *path = line + at + SEPARATOR_LENGTH, *next = strstr(path, SEPARATOR);
        const size_t end = next != NULL && (size_t)(next - line) < field ? (size_t)(next - line) : field;
        all = is_there(journal, path, end - (at + SEPARATOR_LENGTH));
        at = end;
    }
    return all;
}

bool journal_done(const struct journal *journal, const char *input, const struct stat *status,
                  const struct journal_results *results, const char **why)
{
    struct buffer line = {0};
    struct journal_results wanted = *results;
    const char *recorded = NULL, *reason = NULL;
    wanted.count = 0;
    if (append_line(journal, &line, input, status, &wanted) == 0 && buffer_append(&line, "", 1) == 0) {
        recorded = set_find(&journal->done, line.data);
        reason = recorded != NULL ? difference(recorded, (const char *)line.data) : NULL;
    }
    buffer_free(&line);
    if (recorded != NULL && reason == NULL && !are_there(journal, recorded))
        reason = "its result is missing or empty";
    if (why != NULL && reason != NULL)
        *why = reason;
    return recorded != NULL && reason == NULL;
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

/* Writes the pending lines. Needs the lock. */
static int write_pending(struct journal *journal, struct pm_error *error)
{
    if (journal->failed)
        return error_set(error, PM_ERROR_IO, "%s: the journal can't be written (an earlier write failed)",
                         journal->shown);
    journal->failed = true; /* until everything below succeeded */
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
static int add_pending(struct journal *journal, const char *input, const struct stat *status,
                       const struct journal_results *results, struct pm_error *error)
{
    struct buffer *pending = &journal->pending;
    size_t begin = pending->size;
    char checksum[16];
    if (append_line(journal, pending, input, status, results) != 0)
        return error_memory(error, 0);
    int length = snprintf(checksum, sizeof checksum, "\t%08" PRIx32 "\n",
                          libdeflate_crc32(0, pending->data + begin, pending->size - begin));
    int added = buffer_append(pending, checksum, (size_t)length);
    if (added == 0 && results->outputs == NULL)
        added = folders_add(&journal->folders, results->output);
    for (size_t i = 0; i < results->count && results->outputs != NULL && added == 0; i++)
        added = folders_add(&journal->folders, results->outputs[i]);
    if (added != 0)
        return error_memory(error, 0);
    journal->pending_lines++;
    return 0;
}

int journal_add(struct journal *journal, const char *input, const struct stat *status,
                const struct journal_results *results, struct pm_error *error)
{
    pthread_mutex_lock(&journal->lock);
    int result = add_pending(journal, input, status, results, error);
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
    if (journal->made != NULL)
        unlink(journal->made); /* while it is locked */
    journal_free(journal);
}
