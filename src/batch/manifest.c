#include "batch/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/names.h"
#include "base/set.h"
#include "base/text.h"
#include "batch/markup.h"
#include "batch/place.h"
#include "io/file.h"
#include "io/log_file.h"

static const char HEAD[] = "{\"pixmill\": 1, \"images\": [\n", TAIL[] = "\n]}\n";
static const char BEGIN[] = "{\"source\": ";

/* A line of the new file. */
struct line {
    size_t index;
    const char *text; /* in `memory`, or in the old file */
    size_t length;
};

/* A line of the old file; the key is its source as JSON. */
struct old_line {
    const char *text;
    size_t source, length; /* bytes of the source's JSON, and of the whole line */
};

struct manifest {
    const char *path, *output;
    const struct variants *variants;
    bool made;         /* the file was created by this run */
    struct buffer old; /* the previous content of the file */
    struct names old_memory;
    struct set old_lines;

    pthread_mutex_t lock; /* protects the following members */
    struct names memory;
    struct line *lines;
    size_t count, room;
};

static uint64_t old_hash(const void *item)
{
    const struct old_line *line = item;
    return set_hash(line->text + sizeof BEGIN - 1, line->source);
}

static bool old_equal(const void *a, const void *b)
{
    const struct old_line *first = a, *second = b;
    return first->source == second->source &&
           memcmp(first->text + sizeof BEGIN - 1, second->text + sizeof BEGIN - 1, first->source) == 0;
}

/* The length of the JSON string that text[length] begins with. */
static size_t string_length(const char *text, size_t length)
{
    size_t at = 1;
    while (at < length && text[at] != '"')
        at += text[at] == '\\' ? 2 : 1;
    return at < length ? at + 1 : length;
}

static int take_old_line(struct manifest *manifest, const char *text, size_t length)
{
    const size_t begin = sizeof BEGIN - 1;
    if (length <= begin || memcmp(text, BEGIN, begin) != 0)
        return 0;
    struct old_line *line = names_alloc(&manifest->old_memory, (sizeof *line + 15) / 16 * 16);
    if (line == NULL)
        return -1;
    length -= text[length - 1] == ',';
    *line = (struct old_line){
        .text = text, .source = string_length(text + begin, length - begin), .length = length};
    return set_put(&manifest->old_lines, line);
}

/* The file must exist during the run, so that its path can be compared with those of results. */
static int make_empty(const char *path, struct pm_error *error)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return error_set(error, PM_ERROR_IO, "can't be written: %s (name another)", strerror(errno));
    close(fd);
    return 0;
}

static int read_old(struct manifest *manifest, struct pm_error *error)
{
    uint64_t size;
    mode_t mode;
    char shown[96];
    struct pm_error why = {0};
    text_shown(manifest->path, shown, sizeof shown);
    manifest->made = access(manifest->path, F_OK) != 0;
    if (manifest->made && make_empty(manifest->path, &why) != 0)
        return error_set(error, why.kind, "%s: the manifest: %s", shown, why.message);
    const int fd = file_open(manifest->path, &size, &mode, &why);
    int status = fd >= 0 ? file_read(fd, size, &manifest->old, &why) : -1;
    if (fd >= 0)
        close(fd);
    if (status != 0)
        return error_set(error, why.kind, "%s: the manifest: %s", shown, why.message);
    const struct buffer *old = &manifest->old;
    if (old->size == 0)
        return 0;
    if (old->size < sizeof HEAD - 1 || memcmp(old->data, HEAD, sizeof HEAD - 1) != 0)
        return error_set(error, PM_ERROR_USAGE,
                         "%s: not a pixmill manifest (name another file, or remove it)", shown);
    const char *at = (const char *)old->data, *end = at + old->size;
    while (at < end && status == 0) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline != NULL ? newline : end;
        status = take_old_line(manifest, at, (size_t)(stop - at));
        at = stop + 1;
    }
    return status == 0 ? 0 : error_memory(error, 0);
}

struct manifest *manifest_open(const char *path, const char *output, const struct variants *variants,
                               struct pm_error *error)
{
    struct manifest *manifest = calloc(1, sizeof *manifest);
    if (manifest == NULL) {
        error_memory(error, sizeof *manifest);
        return NULL;
    }
    manifest->path = path;
    manifest->output = output;
    manifest->variants = variants;
    pthread_mutex_init(&manifest->lock, NULL);
    set_init(&manifest->old_lines, old_hash, old_equal);
    if (read_old(manifest, error) == 0)
        return manifest;
    manifest_discard(manifest);
    return NULL;
}

static void manifest_free(struct manifest *manifest)
{
    buffer_free(&manifest->old);
    names_free(&manifest->old_memory);
    set_free(&manifest->old_lines);
    names_free(&manifest->memory);
    free(manifest->lines);
    pthread_mutex_destroy(&manifest->lock);
    free(manifest);
}

void manifest_discard(struct manifest *manifest)
{
    if (manifest == NULL)
        return;
    if (manifest->made)
        unlink(manifest->path);
    manifest_free(manifest);
}

/* Adds a line; its text is borrowed. The caller holds the lock. */
static int add_line(struct manifest *manifest, size_t index, const char *text, size_t length)
{
    if (manifest->count == manifest->room) {
        const size_t room = manifest->room > 0 ? 2 * manifest->room : 256;
        struct line *lines = reallocarray(manifest->lines, room, sizeof *lines);
        if (lines == NULL)
            return -1;
        manifest->lines = lines;
        manifest->room = room;
    }
    manifest->lines[manifest->count++] = (struct line){.index = index, .text = text, .length = length};
    return 0;
}

static void write_result(struct json *json, const struct markup_result *result, const char *hash)
{
    json_object(json, NULL);
    json_string(json, "file", result->file);
    json_string(json, "format", result->format->name);
    json_string(json, "type", result->format->mime);
    json_string(json, "variant", result->variant);
    json_integer(json, "width", result->width);
    json_integer(json, "height", result->height);
    json_integer(json, "bytes", result->bytes);
    json_string(json, "sha256", hash);
    json_end_object(json);
}

static void write_source(FILE *out, const struct manifest_source *source, const struct markup_result *results,
                         size_t count, char (*hashes)[RESULT_HASH_TEXT])
{
    struct json json = {.out = out};
    json_object(&json, NULL);
    json_string(&json, "source", source->name);
    json_integer(&json, "width", source->width);
    json_integer(&json, "height", source->height);
    json_integer(&json, "bytes", source->bytes);
    json_array(&json, "results");
    for (size_t i = 0; i < count; i++)
        write_result(&json, &results[i], hashes[i]);
    json_end_array(&json);
    markup_write(&json, results, count);
    json_end_object(&json);
}

/* Describes result `index` of the job. */
static struct markup_result describe(const struct manifest *manifest, const struct manifest_source *source,
                                     const struct job *job, unsigned index)
{
    const struct variant *variant = &manifest->variants->variant[index];
    const struct codec *format = recipe_result_format(&variant->recipe);
    const struct job_part *part = &job->result.parts[index];
    return (struct markup_result){
        .file = place_below_output(manifest->output, job->outputs[index]),
        .format = format != NULL ? format : codec_written(source->input),
        .variant = variant->name,
        .width = part->width,
        .height = part->height,
        .bytes = part->size,
    };
}

int manifest_add(struct manifest *manifest, const struct manifest_source *source, const struct job *job,
                 char (*hashes)[RESULT_HASH_TEXT], struct pm_error *error)
{
    struct markup_result results[VARIANTS_MAX];
    char *text = NULL;
    size_t length = 0;
    const unsigned count = job->result.nparts;
    for (unsigned i = 0; i < count; i++)
        results[i] = describe(manifest, source, job, i);
    FILE *out = open_memstream(&text, &length);
    int status = -1;
    if (out != NULL) {
        write_source(out, source, results, count, hashes);
        status = fclose(out) == 0 ? 0 : -1;
    }
    pthread_mutex_lock(&manifest->lock);
    length -= status == 0 && length > 0 && text[length - 1] == '\n';
    const char *kept = status == 0 ? names_add(&manifest->memory, text, length) : NULL;
    if (kept == NULL || add_line(manifest, source->index, kept, length) != 0)
        status = -1;
    pthread_mutex_unlock(&manifest->lock);
    free(text);
    return status == 0 ? 0 : error_memory(error, 0);
}

/* The line of a source in the old file, or NULL. */
static const struct old_line *find_old(const struct manifest *manifest, const char *name)
{
    char *text = NULL;
    size_t length = 0;
    const struct old_line *found = NULL;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL)
        return NULL;
    fputs(BEGIN, out);
    text_json(out, name);
    if (fclose(out) == 0) {
        const struct old_line wanted = {.text = text, .source = length - (sizeof BEGIN - 1)};
        found = set_find(&manifest->old_lines, &wanted);
    }
    free(text);
    return found;
}

void manifest_keep(struct manifest *manifest, size_t index, const char *name)
{
    if (manifest == NULL || manifest->old_lines.count == 0)
        return;
    const struct old_line *line = find_old(manifest, name);
    pthread_mutex_lock(&manifest->lock);
    if (line != NULL)
        add_line(manifest, index, line->text, line->length);
    pthread_mutex_unlock(&manifest->lock);
}

static int line_order(const void *a, const void *b)
{
    const struct line *first = a, *second = b;
    return (first->index > second->index) - (first->index < second->index);
}

/* Writes the whole file to `file`. Returns 0, or -1 if out of memory. */
static int join(struct manifest *manifest, struct buffer *file)
{
    if (manifest->count > 0)
        qsort(manifest->lines, manifest->count, sizeof *manifest->lines, line_order);
    int status = buffer_append(file, HEAD, sizeof HEAD - 1);
    for (size_t i = 0; i < manifest->count && status == 0; i++) {
        const struct line *line = &manifest->lines[i];
        status = i > 0 ? buffer_append(file, ",\n", 2) : 0;
        status = status == 0 ? buffer_append(file, line->text, line->length) : status;
    }
    return status == 0 ? buffer_append(file, TAIL, sizeof TAIL - 1) : -1;
}

int manifest_close(struct manifest *manifest, struct pm_error *error)
{
    if (manifest == NULL)
        return 0;
    char shown[96];
    struct buffer file = {0};
    struct pm_error why = {0};
    text_shown(manifest->path, shown, sizeof shown);
    int status = join(manifest, &file) == 0 ? 0 : error_memory(&why, file.size);
    if (status == 0)
        status = log_file_write(manifest->path, file.data, file.size, &why);
    buffer_free(&file);
    manifest_free(manifest);
    return status == 0 ? 0 : error_set(error, why.kind, "%s: the manifest: %s", shown, why.message);
}
