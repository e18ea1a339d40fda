#include "bench/measure/inputs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "io/file.h"

/* Is the file an image, by its first bytes? *missing is filled when it can't be read. */
static bool is_image(const char *path, uint64_t *size, struct pm_error *missing)
{
    uint8_t head[16];
    mode_t mode;
    int fd = file_open(path, size, &mode, missing);
    if (fd < 0)
        return false;
    ssize_t got = pread(fd, head, sizeof head, 0);
    close(fd);
    return got > 0 && codec_sniff(head, (size_t)got) != NULL;
}

/* Keeps of the list what is an image. */
static int keep_images(struct inputs *inputs, char culprit[160], struct pm_error *error)
{
    struct walk_list *list = &inputs->list;
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct walk_entry *entry = &list->entries[i];
        struct pm_error missing = {0};
        char names[64];
        uint64_t size = 0;
        if (entry->url != NULL) { /* the trials find out */
            list->entries[kept++] = *entry;
            continue;
        }
        if (entry->problem != 0)
            walk_tell_problem(entry, &missing);
        else if (is_image(entry->input, &size, &missing)) {
            inputs->bytes += size;
            list->entries[kept++] = *entry;
            continue;
        }
        if (entry->from_folder)
            continue;
        text_shown(entry->input, culprit, 160);
        if (missing.kind != PM_OK)
            *error = missing;
        else
            error_set(error, PM_ERROR_UNSUPPORTED, "not a supported image (pixmill reads %s)",
                      codec_names(names, sizeof names));
        return -1;
    }
    list->count = kept;
    if (kept == 0)
        return error_set(error, PM_ERROR_USAGE, "no image among the inputs (name files or folders)");
    return 0;
}

/* Names are made absolute, because trials keep the whole tree below their folder for results. */
static int write_names(struct inputs *inputs, struct pm_error *error)
{
    char here[PATH_MAX];
    if (getcwd(here, sizeof here) == NULL)
        return error_set(error, PM_ERROR_IO, "the current folder can't be determined: %s", strerror(errno));
    inputs->file = memfd_create("pixmill-inputs", MFD_CLOEXEC);
    if (inputs->file < 0)
        return error_set(error, PM_ERROR_IO, "no memory file for the list of inputs: %s", strerror(errno));
    for (size_t i = 0; i < inputs->list.count; i++) {
        const struct walk_entry *entry = &inputs->list.entries[i];
        const char *name = entry->url != NULL ? entry->url : entry->input;
        int length = name[0] == '/' || entry->url != NULL ? dprintf(inputs->file, "%s", name)
                                                          : dprintf(inputs->file, "%s/%s", here, name);
        if (length < 0 || write(inputs->file, "", 1) != 1)
            return error_set(error, PM_ERROR_IO, "the list of inputs could not be written: %s",
                             strerror(errno));
    }
    return 0;
}

int inputs_open(const char *const *names, size_t nnames, const struct walk_options *options,
                struct inputs *inputs, char culprit[160], struct pm_error *error)
{
    *inputs = (struct inputs){.file = -1};
    culprit[0] = '\0';
    if (walk_inputs(names, nnames, options, &inputs->list, error) == 0 &&
        keep_images(inputs, culprit, error) == 0 && write_names(inputs, error) == 0)
        return 0;
    inputs_close(inputs);
    return -1;
}

int inputs_leave_out(struct inputs *inputs, const bool *marked, struct pm_error *error)
{
    struct walk_list *list = &inputs->list;
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct stat status;
        if (!marked[i])
            list->entries[kept++] = list->entries[i];
        else if (stat(list->entries[i].input, &status) == 0)
            inputs->bytes -= (uint64_t)status.st_size;
    }
    list->count = kept;
    close(inputs->file);
    inputs->file = -1;
    return write_names(inputs, error);
}

void inputs_close(struct inputs *inputs)
{
    if (inputs->file >= 0)
        close(inputs->file);
    inputs->file = -1;
    walk_free(&inputs->list);
    inputs->list = (struct walk_list){0};
}

void inputs_evict(const struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->list.count; i++) {
        if (inputs->list.entries[i].url != NULL)
            continue;
        int fd = open(inputs->list.entries[i].input, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0)
            continue; /* the trial reports why */
        posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        close(fd);
    }
}
