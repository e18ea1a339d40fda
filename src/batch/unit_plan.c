#include "batch/unit_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/json_read.h"
#include "base/set.h"
#include "base/text.h"
#include "batch/input_list.h"
#include "batch/place.h"
#include "io/file.h"
#include "io/url.h"

/* Of a billion names, a part of the hashes is 64 MB. */
enum { PARTS = 256, PLAN_BYTES_MAX = 65536 };

/* A result: the hash of its path, and where the input's name is. */
struct hashed {
    uint64_t hash, offset;
};

struct planning {
    const struct unit_plan_config *config;
    struct unit_plan_report *report;
    struct walk_options options;
    struct place place;
    struct names memory; /* of one name */
    FILE *names;         /* of each: the bytes that it counts as, a uint64_t; the name; NUL */
    uint64_t written;    /* bytes of it */
    FILE *parts[PARTS];
};

static int write_error(struct pm_error *error)
{
    return error_set(error, PM_ERROR_IO, "the plan can't be written: %s (choose another folder)",
                     strerror(errno));
}

/* What the result of a name is called, which the run will find in a list; kept in planning->memory. NULL with
 * `error` filled. */
static const char *result_of(struct planning *planning, const char *name, struct pm_error *error)
{
    const char *slash = strrchr(name, '/');
    const size_t skip = slash != NULL ? (size_t)(slash + 1 - name) : 0;
    const char *kept = names_add(&planning->memory, name, strlen(name)), *below;
    if (kept == NULL) {
        error_memory(error, 0);
        return NULL;
    }
    return url_is(name) ? place_url_result(&planning->place, kept, "", &planning->memory, error)
                        : place_result(&planning->place, kept, skip, &planning->memory, &below, error);
}

/* Adds an input. */
static int add_name(struct planning *planning, const char *name, struct pm_error *error)
{
    struct stat status;
    const char *result = result_of(planning, name, error);
    if (result == NULL)
        return -1;
    const bool is_file = !url_is(name), there = !is_file || stat(name, &status) == 0;
    const uint64_t bytes = is_file && there && status.st_size > 0 ? (uint64_t)status.st_size : 1;
    const struct hashed hashed = {.hash = set_hash(result, strlen(result)), .offset = planning->written};
    const size_t length = strlen(name) + 1;
    names_free(&planning->memory);
    planning->memory = (struct names){0};
    if (fwrite(&bytes, sizeof bytes, 1, planning->names) != 1 ||
        fwrite(name, length, 1, planning->names) != 1 ||
        fwrite(&hashed, sizeof hashed, 1, planning->parts[hashed.hash >> 56]) != 1)
        return write_error(error);
    planning->written += sizeof bytes + length;
    planning->report->names++;
    planning->report->bytes += bytes;
    planning->report->missing += !there;
    return 0;
}

static int add_listed(void *self, char *line, bool parted, struct pm_error *error)
{
    (void)parted;
    if (url_is(line) && strchr(line, '\t') != NULL)
        return error_set(error, PM_ERROR_USAGE, "a plan has no names of results (give URLs without them)");
    return add_name(self, line, error);
}

/* A file or folder. The names in a folder are held in memory. */
static int add_input(struct planning *planning, const char *input, struct pm_error *error)
{
    struct walk_list list;
    int status = walk_inputs(&input, 1, &planning->options, &list, error);
    if (status != 0)
        return -1;
    for (size_t i = 0; i < list.count && status == 0; i++) {
        const struct walk_entry *entry = &list.entries[i];
        if (entry->problem == 0)
            status = add_name(planning, entry->url != NULL ? entry->url : entry->input, error);
    }
    walk_free(&list);
    return status;
}

/* Reads the name at an offset again, and what its result is called. */
static const char *read_result(struct planning *planning, uint64_t offset, char name[PATH_MAX],
                               struct pm_error *error)
{
    uint64_t bytes;
    if (fseeko(planning->names, (off_t)offset, SEEK_SET) != 0 ||
        fread(&bytes, sizeof bytes, 1, planning->names) != 1) {
        write_error(error);
        return NULL;
    }
    size_t used = 0;
    for (int byte; used < PATH_MAX - 1 && (byte = getc(planning->names)) > 0;)
        name[used++] = (char)byte;
    name[used] = '\0';
    return result_of(planning, name, error);
}

/* Two names with one hash: 0 unless their results are the same. */
static int compare(struct planning *planning, const struct hashed *a, const struct hashed *b,
                   struct pm_error *error)
{
    char first[PATH_MAX], second[PATH_MAX], shown[3][64];
    const char *one = read_result(planning, a->offset, first, error);
    const char *other = one != NULL ? read_result(planning, b->offset, second, error) : NULL;
    if (other == NULL)
        return -1;
    if (strcmp(one, other) == 0 && strcmp(first, second) == 0) {
        planning->report->twice++;
        return 0;
    }
    if (strcmp(one, other) != 0)
        return 0;
    one = place_below_output(planning->config->settings->output, one);
    return error_set(error, PM_ERROR_USAGE, "%s and %s have the same result, %s (give --base, or rename one)",
                     text_shown(first, shown[0], sizeof shown[0]),
                     text_shown(second, shown[1], sizeof shown[1]),
                     text_shown(one, shown[2], sizeof shown[2]));
}

static int hash_order(const void *a, const void *b)
{
    const struct hashed *first = a, *second = b;
    if (first->hash != second->hash)
        return first->hash < second->hash ? -1 : 1;
    return first->offset < second->offset ? -1 : first->offset > second->offset;
}

/* Finds results that are the same in one part of the hashes. */
static int check_part(struct planning *planning, FILE *part, struct pm_error *error)
{
    const off_t size = fflush(part) == 0 ? ftello(part) : -1;
    if (size < 0)
        return write_error(error);
    const size_t count = (size_t)size / sizeof(struct hashed);
    struct hashed *hashed = malloc((size_t)size + 1);
    if (hashed == NULL)
        return error_memory(error, (uint64_t)size);
    rewind(part);
    int status = fread(hashed, sizeof *hashed, count, part) == count ? 0 : write_error(error);
    if (status == 0 && count > 0)
        qsort(hashed, count, sizeof *hashed, hash_order);
    for (size_t i = 1; i < count && status == 0; i++) {
        if (hashed[i - 1].hash == hashed[i].hash)
            status = compare(planning, &hashed[i - 1], &hashed[i], error);
        names_free(&planning->memory);
        planning->memory = (struct names){0};
    }
    free(hashed);
    return status;
}

const char *unit_plan_list(const char *folder, uint32_t unit, char *path, size_t size)
{
    snprintf(path, size, "%s/%" PRIu32 ".names", folder, unit);
    return path;
}

/* Copies the next name to the unit's list. */
static int copy_name(FILE *names, FILE *list)
{
    int byte;
    while ((byte = getc(names)) > 0)
        putc(byte, list);
    return byte == 0 && putc(0, list) != EOF ? 0 : -1;
}

/* Writes the lists. A name is in the unit that the middle of its bytes is in. */
static int cut(struct planning *planning, struct pm_error *error)
{
    const struct unit_plan_config *config = planning->config;
    struct unit_plan_report *report = planning->report;
    uint64_t bytes = 0, before = 0, in_unit = 0, left = report->names;
    bool have = false;
    report->smallest = UINT64_MAX;
    rewind(planning->names);
    for (uint32_t unit = 0; unit < config->units; unit++) {
        char path[PATH_MAX];
        FILE *list = fopen(unit_plan_list(config->settings->output, unit, path, sizeof path), "wxe");
        bool written = list != NULL;
        const double end = (double)report->bytes * (unit + 1) / config->units;
        while (written && left > 0) {
            if (!have)
                written = have = fread(&bytes, sizeof bytes, 1, planning->names) == 1;
            if (!written || ((double)before + (double)bytes / 2 >= end && unit + 1 < config->units))
                break;
            written = copy_name(planning->names, list) == 0;
            before += bytes;
            in_unit += bytes;
            have = false;
            left--;
        }
        if (list == NULL || fclose(list) != 0 || !written)
            return write_error(error);
        report->largest = in_unit > report->largest ? in_unit : report->largest;
        report->smallest = in_unit < report->smallest ? in_unit : report->smallest;
        in_unit = 0;
    }
    return 0;
}

/* Written last: a plan without it is not complete. */
static int write_description(const struct unit_plan_config *config, const struct unit_plan_report *report,
                             struct pm_error *error)
{
    char path[PATH_MAX], text[256];
    snprintf(path, sizeof path, "%s/plan.json", config->settings->output);
    const int length = snprintf(text, sizeof text,
                                "{\"units\": %" PRIu32 ", \"names\": %" PRIu64 ", \"bytes\": %" PRIu64 "}\n",
                                config->units, report->names, report->bytes);
    return file_write(path, (const uint8_t *)text, (size_t)length, 0644, FILE_FAST, error);
}

uint32_t unit_plan_count(const char *folder, struct pm_error *error)
{
    char path[PATH_MAX];
    struct buffer text = {0};
    struct json_document document = {0};
    struct pm_error why = {0};
    snprintf(path, sizeof path, "%s/plan.json", folder);
    double units = 0;
    if (file_load(path, PLAN_BYTES_MAX, &text, &why) == 0) {
        const struct json_value *root = json_read(&document, (const char *)text.data, text.size, &why);
        units = root != NULL ? json_member_number(root, "units") : 0;
        if (root != NULL)
            json_close(&document);
    }
    buffer_free(&text);
    if (units >= 1 && units <= SHARDS_MAX)
        return (uint32_t)units;
    error_set(error, PM_ERROR_USAGE, "is no complete plan (pixmill plan makes one)");
    return 0;
}

/* A file without a name in the plan's folder, which has room for the lists, too. */
static FILE *open_temporary(const char *folder)
{
    char path[PATH_MAX];
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 && (size_t)snprintf(path, sizeof path, "%s/temporary-XXXXXX", folder) < sizeof path &&
        (fd = mkostemp(path, O_CLOEXEC)) >= 0)
        unlink(path);
    return fd >= 0 ? fdopen(fd, "w+") : NULL;
}

static int open_files(struct planning *planning, struct pm_error *error)
{
    const char *folder = planning->config->settings->output;
    if (mkdir(folder, 0777) != 0)
        return error_set(error, PM_ERROR_USAGE, "the plan's folder can't be made: %s (name a new one)",
                         strerror(errno));
    planning->names = open_temporary(folder);
    bool open = planning->names != NULL;
    for (size_t i = 0; i < PARTS && open; i++)
        open = (planning->parts[i] = open_temporary(folder)) != NULL;
    return open ? 0 : write_error(error);
}

static void remove_plan(const struct unit_plan_config *config)
{
    char path[PATH_MAX];
    for (uint32_t unit = 0; unit < config->units; unit++) {
        if (unlink(unit_plan_list(config->settings->output, unit, path, sizeof path)) != 0)
            break;
    }
    rmdir(config->settings->output);
}

static int add_all(struct planning *planning, struct pm_error *error)
{
    const struct unit_plan_config *config = planning->config;
    int status = place_init(&planning->place, &planning->options, error);
    for (size_t i = 0; i < config->ninputs && status == 0; i++)
        status = strcmp(config->inputs[i], "-") == 0
                     ? input_list_read(config->settings->nul_separated, add_listed, planning, error)
                     : add_input(planning, config->inputs[i], error);
    if (status == 0 && planning->report->names == 0)
        status = error_set(error, PM_ERROR_USAGE, "there are no names");
    return status == 0 && fflush(planning->names) != 0 ? write_error(error) : status;
}

int unit_plan_write(const struct unit_plan_config *config, struct unit_plan_report *report,
                    struct pm_error *error)
{
    *report = (struct unit_plan_report){0};
    struct planning *planning = calloc(1, sizeof *planning);
    if (planning == NULL)
        return error_memory(error, sizeof *planning);
    planning->config = config;
    planning->report = report;
    planning->options =
        (struct walk_options){.settings = config->settings, .format = config->format, .unchecked = true};
    const bool exists = access(config->settings->output, F_OK) == 0;
    int status = open_files(planning, error);
    if (status == 0)
        status = add_all(planning, error);
    for (size_t i = 0; i < PARTS && status == 0; i++)
        status = check_part(planning, planning->parts[i], error);
    if (status == 0)
        status = cut(planning, error);
    if (status == 0)
        status = write_description(config, report, error);
    for (size_t i = 0; i < PARTS; i++) {
        if (planning->parts[i] != NULL)
            fclose(planning->parts[i]);
    }
    if (planning->names != NULL)
        fclose(planning->names);
    names_free(&planning->memory);
    place_free(&planning->place);
    free(planning);
    if (status != 0 && !exists)
        remove_plan(config);
    return status;
}
