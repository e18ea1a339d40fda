/*
 * `pixmill info INPUT...`: prints what each header says, one line per file, and per image of an archive.
 * Decodes nothing, starts no thread, and reads a few kilobytes per file.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cpus.h"
#include "batch/batch.h"
#include "batch/content.h"
#include "batch/input_list.h"
#include "batch/standard_image.h"
#include "batch/walk.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/info_print.h"
#include "cli/report.h"
#include "cli/run_options.h"
#include "io/file.h"
#include "io/member.h"
#include "io/remote.h"
#include "io/tar.h"
#include "io/url.h"

struct info_options {
    struct settings settings; /* first: some options are those of `run` */
    bool json;
    unsigned page; /* 0: the first */
};

/* The state of the command. */
struct info {
    struct info_options options;
    struct remote remote; /* opened for the first URL */
    int stop_fd;
    struct batch_counts counts; /* ok, failed, and those left out */
};

enum { PAGE_MAX = 1000000 };

static const struct option rows[] = {
    {.name = "json",
     .help = "one JSON object a line for each file",
     .parse = option_flag,
     .offset = offsetof(struct info_options, json)},
    {.name = "page",
     .argument = "N",
     .help = "page of TIFFs, or picture of HEICs and AVIFs, with several to show (1)",
     .parse = option_count,
     .min = 1,
     .max = PAGE_MAX,
     .offset = offsetof(struct info_options, page)},
    {.name = "null", .kind = OPTION_SAME},
    {.name = "image", .kind = OPTION_SAME},
    {.name = "exclude", .kind = OPTION_SAME},
    {.name = "include", .kind = OPTION_SAME},
    {.name = "hidden", .kind = OPTION_SAME},
    {.name = "strict", .kind = OPTION_SAME},
    {.name = "allow-empty", .kind = OPTION_SAME},
    REMOTE_OPTIONS_SAME,
    {.name = NULL},
};

const struct option_set info_option_set = {.own = rows, .base = &run_option_set};

/* Closes `fd`. */
static int look_at_open(int fd, uint64_t bytes, unsigned page, struct pm_info *info, struct pm_error *error)
{
    uint8_t window[4096];
    struct file_source file;
    file_source_init(&file, fd, bytes, window, sizeof window);
    int status = codec_inspect(&file.source, page, info, error) != NULL ? 0 : -1;
    close(fd);
    return status;
}

static int look_at_file(const char *path, unsigned page, struct pm_info *info, uint64_t *bytes,
                        struct pm_error *error)
{
    mode_t mode;
    int fd = file_open(path, bytes, &mode, error);
    return fd >= 0 ? look_at_open(fd, *bytes, page, info, error) : -1;
}

/* Waits for the fetch and probes the bytes received; 1: more are needed. */
static int look_at_fetch(struct fetch *fetch, const struct remote *remote, unsigned page,
                         struct pm_info *info, struct pm_error *error)
{
    do {
        remote->part->run(fetch);
    } while (fetch->state == FETCH_WAITING);
    if (fetch->state == FETCH_FAILED) {
        *error = fetch->error;
        return -1;
    }
    struct fetch_source source;
    fetch_source_init(&source, fetch);
    int status = codec_inspect(&source.source, page, info, error) != NULL ? 0 : -1;
    if (!source.missed)
        return status;
    *error = (struct pm_error){0};
    remote->part->go_on(fetch);
    return 1;
}

/* Fetches the beginning; the whole file only if its header is unusually long, or if the server does not state
 * the size. */
static int look_at_url(const char *url, struct remote *remote, unsigned page, struct pm_info *info,
                       uint64_t *bytes, struct pm_error *error)
{
    struct fetch *fetch = remote->part->begin(remote, url);
    if (fetch == NULL)
        return error_memory(error, 0);
    int status;
    do {
        status = look_at_fetch(fetch, remote, page, info, error);
        if (status == 0 && fetch->state == FETCH_HELD && !fetch->size_known) {
            remote->part->go_on(fetch);
            status = 1;
        }
    } while (status > 0);
    *bytes = fetch->size_known ? fetch->size : fetch->bytes.size;
    remote->part->free(fetch);
    return status;
}

/* Opens the module for URLs, with the first URL. */
static int open_remote(struct info *info, struct pm_error *error)
{
    if (info->remote.part != NULL)
        return 0;
    if (info->stop_fd < 0)
        info->stop_fd = eventfd(0, EFD_CLOEXEC); /* never signalled: Ctrl-C ends this command at once */
    if (info->stop_fd < 0)
        return error_set(error, PM_ERROR_IO, "too many open files (raise ulimit -n)");
    return remote_open(&info->remote, &info->options.settings.remote, info->stop_fd, error);
}

static void print(struct info *info, const char *name, const struct pm_info *found, uint64_t bytes)
{
    info->counts.ok++;
    if (info->options.json)
        info_print_json(name, found, bytes);
    else
        info_print_line(name, found, bytes);
}

static void fail(struct info *info, const char *name, const struct pm_error *error)
{
    info->counts.failed++;
    report_error(name, error);
}

static void print_url(struct info *info, const char *url)
{
    struct pm_error error = {0};
    struct pm_info found;
    struct buffer shown = {0};
    uint64_t bytes = 0;
    const char *name = object_is(url) ? url : url_show(url, &shown) == 0 ? (const char *)shown.data : NULL;
    int status = name != NULL ? open_remote(info, &error) : error_memory(&error, 0);
    if (status == 0)
        status = look_at_url(url, &info->remote, info->options.page, &found, &bytes, &error);
    if (status == 0)
        print(info, name, &found, bytes);
    else
        fail(info, name, &error);
    buffer_free(&shown);
}

/* Counts a file found in a folder or an archive that is not a supported image, or with --strict reports it.
 */
static void leave_out(struct info *info, const char *path, enum image_kind kind, const struct pm_error *error)
{
    char warning[128];
    const char *name = image_kind_name(kind);
    const bool misnamed = content_promised(path);
    const bool image = kind != KIND_NONE || misnamed;
    if (image && info->options.settings.strict) {
        fail(info, path, error);
        return;
    }
    info->counts.left_out++;
    info->counts.kinds[kind] += image;
    snprintf(warning, sizeof warning, "warning: named as an image, but it is %s (left out)",
             name != NULL ? name : "not an image");
    if (misnamed)
        report(path, warning);
}

/* A member of the archive `fd`, named as in a run's log. Returns 0, or -1 with `error` filled: no memory. */
static int print_member(struct info *info, const char *archive, int fd, const struct tar_member *member,
                        struct pm_error *error)
{
    const struct job job = {.fd = fd, .offset = member->data, .size = member->size};
    const char *name = (const char *)member->name.data;
    struct pm_error fault = {0};
    struct pm_info found;
    struct buffer path = {0};
    struct member_source source;
    uint8_t window[4096];
    if (!member->is_file)
        return 0;
    if (buffer_append(&path, archive, strlen(archive)) != 0 || buffer_append(&path, "/", 1) != 0 ||
        buffer_append(&path, name, strlen(name) + 1) != 0) {
        buffer_free(&path);
        return error_memory(error, 0);
    }
    const char *shown = (const char *)path.data;
    member_source_init(&source, &job, window, sizeof window, 0);
    const struct content content = content_identify(&source.source, name);
    if (codec_inspect(&source.source, info->options.page, &found, &fault) != NULL)
        print(info, shown, &found, member->size);
    else if (content.readable)
        fail(info, shown, &fault);
    else
        leave_out(info, shown, content.kind, &fault);
    buffer_free(&path);
    return 0;
}

static int print_members(struct info *info, const char *archive, struct pm_error *error)
{
    struct tar_member member = {0};
    uint64_t size;
    mode_t mode;
    const int fd = file_open(archive, &size, &mode, error);
    if (fd < 0)
        return -1;
    struct tar_reader reader = {.fd = fd, .size = size};
    int status;
    while ((status = tar_next(&reader, &member, error)) > 0 &&
           (status = print_member(info, archive, fd, &member, error)) == 0)
        ;
    tar_member_free(&member);
    close(fd);
    return status;
}

/* A file or URL that the user named. */
static void print_named(struct info *info, const char *name)
{
    struct pm_error error = {0};
    struct pm_info found;
    uint64_t bytes = 0;
    const char *fault = object_is(name) ? object_fault(name) : NULL;
    if (fault == NULL && object_is(name) && object_is_prefix(name))
        fault = "names a prefix, not an object (info does not list objects; pixmill run -n does)";
    if (fault != NULL) {
        error_set(&error, PM_ERROR_USAGE, "%s", fault);
        fail(info, name, &error);
    } else if (url_is(name) || object_is(name))
        print_url(info, name);
    else if (look_at_file(name, info->options.page, &found, &bytes, &error) == 0)
        print(info, name, &found, bytes);
    else if (walk_is_archive(name)) {
        error = (struct pm_error){0};
        if (print_members(info, name, &error) != 0)
            fail(info, name, &error);
    } else
        fail(info, name, &error);
}

/* A name that the walk found: a file, or what could not be read. */
static void print_found(struct info *info, const struct walk_entry *entry)
{
    struct pm_error error = {0};
    struct pm_info found;
    struct content content = {.readable = false};
    uint64_t bytes = 0;
    if (entry->problem != 0) {
        walk_tell_problem(entry, &error);
        content.readable = !entry->from_folder;
    } else if (look_at_file(entry->input, info->options.page, &found, &bytes, &error) == 0) {
        print(info, entry->input, &found, bytes);
        return;
    } else {
        content = content_identify_file(entry->input);
    }
    if (content.readable)
        fail(info, entry->input, &error);
    else
        leave_out(info, entry->input, content.kind, &error);
}

static int print_folder(struct info *info, const char *folder, struct pm_error *error)
{
    struct settings settings = info->options.settings;
    struct walk_list list;
    settings.output = "/dev/null/info"; /* can't exist: the walk names results, but nothing is written */
    settings.allow_empty = true;
    if (walk_inputs(&folder, 1, &(struct walk_options){.settings = &settings}, &list, error) != 0)
        return -1;
    for (size_t i = 0; i < list.count; i++)
        print_found(info, &list.entries[i]);
    info->counts.hidden += list.hidden;
    info->counts.excluded += list.excluded;
    walk_free(&list);
    return 0;
}

static bool is_folder(const char *name)
{
    struct stat status;
    return !url_is(name) && !object_is(name) && stat(name, &status) == 0 && S_ISDIR(status.st_mode);
}

/* A line of a list; what follows a tab after a URL names a result. */
static int print_listed(void *self, char *line, bool parted, struct pm_error *error)
{
    struct info *info = self;
    struct pm_error problem = {0};
    (void)parted, (void)error;
    if (is_folder(line)) {
        walk_tell_problem(&(struct walk_entry){.problem = EISDIR}, &problem);
        fail(info, line, &problem);
        return 0;
    }
    if (url_is(line))
        line[strcspn(line, "\t")] = '\0';
    print_named(info, line);
    return 0;
}

static void print_standard_image(struct info *info)
{
    static const char name[] = "standard input";
    char file[STANDARD_IMAGE_NAME_MAX];
    struct pm_error error = {0};
    struct pm_info found;
    uint64_t bytes = 0;
    int fd = standard_image_open(memory_available().bytes, &bytes, file, &error);
    if (fd >= 0 && look_at_open(fd, bytes, info->options.page, &found, &error) == 0)
        print(info, name, &found, bytes);
    else
        fail(info, name, &error);
}

static int print_input(struct info *info, const char *name, struct pm_error *error)
{
    if (strcmp(name, "-") == 0 && info->options.settings.image)
        print_standard_image(info);
    else if (strcmp(name, "-") == 0)
        return input_list_read(info->options.settings.nul_separated, print_listed, info, error);
    else if (is_folder(name))
        return print_folder(info, name, error);
    else
        print_named(info, name);
    return 0;
}

/* Says what was left out of folders. If nothing is left, that is an error, as in a run. */
static int sum_up(const struct info *info)
{
    const struct batch_counts *counts = &info->counts;
    char left_out[LEFT_OUT_MAX], names[64];
    batch_left_out(counts, left_out, sizeof left_out);
    if (counts->ok + counts->failed == 0 && !info->options.settings.allow_empty) {
        struct pm_error error = {0};
        error_set_hint(&error, PM_ERROR_USAGE, PM_HINT_ALLOW_EMPTY,
                       "no supported image%s%s; pixmill reads %s", left_out[0] != '\0' ? ", " : "", left_out,
                       codec_names(names, sizeof names));
        return report_refusal(NULL, &error);
    }
    if (left_out[0] != '\0')
        report_note("%zu %s, %s", counts->ok + counts->failed,
                    counts->ok + counts->failed == 1 ? "image" : "images", left_out);
    return counts->failed == 0 ? EXIT_WELL : EXIT_JOBS_FAILED;
}

static int print_inputs(struct info *info, const char *const inputs[], size_t count)
{
    if (count == 0) {
        report(NULL, "no input (name files, folders or URLs; -: a list on standard input)");
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < count; i++) {
        struct pm_error error = {0};
        if (print_input(info, inputs[i], &error) != 0)
            return report_refusal(inputs[i], &error);
    }
    return sum_up(info);
}

int cmd_info(int argc, char **argv)
{
    struct info info = {.stop_fd = -1};
    settings_init(&info.options.settings);
    struct command_line line = {.settings = &info.options};
    int status;
    if (arguments_parse(&line, "info", &info_option_set, argc - 2, argv + 2, &status))
        status = print_inputs(&info, line.operands, line.noperands);
    remote_close(&info.remote);
    if (info.stop_fd >= 0)
        close(info.stop_fd);
    free(line.operands);
    return report_output(status);
}
