#include "batch/journal_line.h"

#include <inttypes.h>
#include <libdeflate.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "batch/place.h"

enum { CHECKSUM_DIGITS = 8 };

/* Separates the paths of several results. No path contains it, because no name has a NUL. */
static const char SEPARATOR[] = "%00";
enum { SEPARATOR_LENGTH = sizeof SEPARATOR - 1 };

size_t line_key_length(const char *line)
{
    const size_t field = line_field_length(line);
    if (strncmp(line, SEPARATOR, SEPARATOR_LENGTH) != 0)
        return field;
    const char *next = strstr(line + SEPARATOR_LENGTH, SEPARATOR);
    return next != NULL && (size_t)(next - line) < field ? (size_t)(next - line) : field;
}

static uint64_t line_hash(const void *item)
{
    return set_hash(item, line_key_length(item));
}

static bool line_equal(const void *a, const void *b)
{
    size_t length = line_key_length(a);
    return line_key_length(b) == length && memcmp(a, b, length) == 0;
}

static bool is_plain(unsigned char byte)
{
    return byte > ' ' && byte < 0x7f && byte != '%';
}

int line_append_path(struct buffer *line, const char *path)
{
    const unsigned char *at = (const unsigned char *)path;
    int status = 0;
    while (*at != '\0' && status == 0) {
        size_t plain = 0;
        while (is_plain(at[plain]))
            plain++;
        status = buffer_append(line, at, plain);
        at += plain;
        char escaped[4];
        if (*at != '\0' && status == 0)
            status = buffer_append(line, escaped, (size_t)snprintf(escaped, sizeof escaped, "%%%02X", *at++));
    }
    return status;
}

/* Times are only compared for equality: those beyond the year 2262 wrap. */
static int64_t nanoseconds(const struct timespec *time)
{
    return (int64_t)((uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec);
}

static int append_results(struct buffer *line, const struct journal_results *results)
{
    if (results->outputs == NULL)
        return line_append_path(line, results->output);
    int status =
        buffer_append(line, SEPARATOR, SEPARATOR_LENGTH) == 0 ? line_append_path(line, results->output) : -1;
    for (size_t i = 0; i < results->count && status == 0; i++)
        status = buffer_append(line, SEPARATOR, SEPARATOR_LENGTH) == 0
                     ? line_append_path(line, results->outputs[i])
                     : -1;
    return status;
}

int line_append(struct buffer *text, const struct line_job *job)
{
    char numbers[160];
    const struct stat *status = job->status;
    int length =
        snprintf(numbers, sizeof numbers, "\t%" PRIu64 "\t%" PRId64 "\t%" PRId64 "\t%" PRIu64 "\t%s%s",
                 (uint64_t)status->st_size, nanoseconds(&status->st_mtim), nanoseconds(&status->st_ctim),
                 (uint64_t)status->st_ino, job->failure != NULL ? (const char[]){LINE_FAILED, '\0'} : "",
                 job->settings);
    if (append_results(text, job->results) != 0 || buffer_append(text, "\t", 1) != 0 ||
        line_append_path(text, job->input) != 0)
        return -1;
    return buffer_append(text, numbers, (size_t)length);
}

int line_append_whole(struct buffer *text, const struct line_job *job)
{
    const size_t begin = text->size;
    char end[128];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (line_append(text, job) != 0)
        return -1;
    int length = snprintf(
        end, sizeof end, "\t%" PRId64 "%s%s%s%s", nanoseconds(&now), job->failure != NULL ? "\t" : "",
        job->failure != NULL ? pm_error_kind_name(job->failure->kind) : "", job->failure != NULL ? "\t" : "",
        job->failure != NULL ? pm_stage_name(job->failure->stage) : "");
    if (buffer_append(text, end, (size_t)length) != 0)
        return -1;
    length = snprintf(end, sizeof end, "\t%08" PRIx32 "\n",
                      libdeflate_crc32(0, text->data + begin, text->size - begin));
    return buffer_append(text, end, (size_t)length);
}

const char *line_field(const char *line, unsigned field)
{
    while (field-- > 0) {
        line = strchr(line, '\t');
        if (line == NULL)
            return NULL;
        line++;
    }
    return line;
}

bool line_same(const char *a, const char *b, unsigned field)
{
    a = line_field(a, field);
    b = line_field(b, field);
    if (a == NULL || b == NULL)
        return false;
    a += field == LINE_SETTINGS && *a == LINE_FAILED;
    b += field == LINE_SETTINGS && *b == LINE_FAILED;
    const size_t length = line_field_length(a);
    return length == line_field_length(b) && memcmp(a, b, length) == 0;
}

const char *line_input_difference(const char *line, const struct stat *status)
{
    const struct {
        unsigned field;
        int64_t now;
        const char *reason;
    } facts[] = {
        {LINE_SIZE, (int64_t)status->st_size, "the input's size changed"},
        {LINE_MTIME, nanoseconds(&status->st_mtim), "the input's modification time changed"},
        {LINE_CTIME, nanoseconds(&status->st_ctim),
         "the input was changed or renamed, although its modification time is the same"},
        {LINE_INODE, (int64_t)status->st_ino, "the input was replaced by another file of the same name"},
    };
    if (line_field(line, LINE_FIELDS_MIN - 1) == NULL)
        return "it was recorded by an older version, without ctime and inode";
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        if ((int64_t)strtoull(line_field(line, facts[i].field), NULL, 10) != facts[i].now)
            return facts[i].reason;
    }
    return NULL;
}

static bool field_is(const char *field, const char *word)
{
    const size_t length = strlen(word);
    return strncmp(field, word, length) == 0 && (field[length] == '\t' || field[length] == '\0');
}

bool line_failure(const char *line, enum pm_error_kind *kind, enum pm_stage *stage)
{
    const char *settings = line_field(line, LINE_SETTINGS);
    if (settings == NULL || settings[0] != LINE_FAILED)
        return false;
    const char *words = line_field(line, LINE_KIND);
    /* A kind that this version doesn't know is not permanent: the image is processed again. */
    *kind = PM_ERROR_INTERNAL;
    *stage = PM_STAGE_READ;
    for (int i = PM_ERROR_USAGE; words != NULL && i <= PM_ERROR_INTERNAL; i++) {
        if (field_is(words, pm_error_kind_name((enum pm_error_kind)i)))
            *kind = (enum pm_error_kind)i;
    }
    words = line_field(line, LINE_STAGE);
    for (int i = 0; words != NULL && i < PM_STAGES; i++) {
        if (field_is(words, pm_stage_name((enum pm_stage)i)))
            *stage = (enum pm_stage)i;
    }
    return true;
}

void line_unescape(const char *text, size_t length, char *path, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < length && used < size - 1; i++) {
        if (text[i] == '%' && i + 2 < length) {
            path[used++] = (char)(text_hex_digit(text[i + 1]) * 16 + text_hex_digit(text[i + 2]));
            i += 2;
        } else {
            path[used++] = text[i];
        }
    }
    path[used] = '\0';
}

bool line_results(const char *line, bool (*visit)(void *self, const char *path), void *self)
{
    char path[PATH_MAX];
    const size_t field = line_field_length(line);
    size_t at = line_key_length(line);
    if (strncmp(line, SEPARATOR, SEPARATOR_LENGTH) != 0) {
        line_unescape(line, field, path, sizeof path);
        return visit(self, path);
    }
    bool all = at < field;
    while (at < field && all) {
        const char *result = line + at + SEPARATOR_LENGTH, *next = strstr(result, SEPARATOR);
        const size_t end = next != NULL && (size_t)(next - line) < field ? (size_t)(next - line) : field;
        line_unescape(result, end - (at + SEPARATOR_LENGTH), path, sizeof path);
        all = visit(self, path);
        at = end;
    }
    return all;
}

void lines_init(struct lines *lines)
{
    *lines = (struct lines){0};
    set_init(&lines->set, line_hash, line_equal);
}

void lines_free(struct lines *lines)
{
    set_free(&lines->set);
    names_free(&lines->memory);
}

/* Is the line about a result in the output folder and in the shard? */
static bool is_wanted(const struct lines *lines, const char *line)
{
    char path[PATH_MAX];
    if (lines->output == NULL)
        return true;
    const size_t skip = strncmp(line, SEPARATOR, SEPARATOR_LENGTH) == 0 ? SEPARATOR_LENGTH : 0;
    line_unescape(line + skip, line_key_length(line) - skip, path, sizeof path);
    const char *below = place_find_below_output(lines->output, path);
    return below != NULL && (lines->shard == NULL || shard_has(lines->shard, below));
}

int64_t line_time(const char *line)
{
    const char *field = line_field(line, LINE_TIME);
    return field != NULL ? strtoll(field, NULL, 10) : 0;
}

/* Does `line` record a failure with the same input and settings as `done`, which went well? */
static bool is_late_failure(const char *line, const char *done)
{
    const char *settings = line_field(line, LINE_SETTINGS), *others = line_field(done, LINE_SETTINGS);
    bool same = settings != NULL && others != NULL && *settings == LINE_FAILED && *others != LINE_FAILED;
    for (unsigned field = LINE_INPUT; field < LINE_FIELDS_MIN && same; field++)
        same = line_same(line, done, field);
    return same;
}

/* Of two attempts at the same time one may fail after the other succeeded; the result is there. Clocks of
 * machines need to agree only as far as two runs with different settings are apart. */
static bool counts_before(const char *recorded, const char *line)
{
    return is_late_failure(line, recorded) ||
           (line_time(line) < line_time(recorded) && !is_late_failure(recorded, line));
}

/* Does text[length] end with a tab and the checksum of the text before? */
static bool is_whole(const char *text, size_t length)
{
    uint32_t checksum = 0;
    if (length <= CHECKSUM_DIGITS || text[length - CHECKSUM_DIGITS - 1] != '\t')
        return false;
    for (size_t i = length - CHECKSUM_DIGITS; i < length; i++) {
        const int digit = text_hex_digit(text[i]);
        if (digit < 0)
            return false;
        checksum = checksum << 4 | (uint32_t)digit;
    }
    return libdeflate_crc32(0, text, length - CHECKSUM_DIGITS - 1) == checksum;
}

int lines_put(struct lines *lines, char *text, size_t length, struct pm_error *error)
{
    if (!is_whole(text, length))
        return 0;
    char *tab = text + length - CHECKSUM_DIGITS - 1;
    *tab = '\0';
    if (!is_wanted(lines, text))
        return 0;
    if (lines->of_segments) {
        const char *recorded = set_find(&lines->set, text);
        if (recorded != NULL && counts_before(recorded, text))
            return 0;
        text = names_add(&lines->memory, text, (size_t)(tab - text));
    }
    return text != NULL && set_put(&lines->set, text) == 0 ? 0 : error_memory(error, 0);
}
