#include "batch/prepare.h"

#include <fcntl.h>
#include <sys/resource.h>

#include "batch/place.h"
#include "io/sweep.h"

int prepare_folders(const struct walk_list *list, struct output_dir *output, unsigned *held,
                    struct pm_error *error)
{
    struct folders folders;
    folders_init(&folders);
    const int status = folders_add_results(&folders, list);
    size_t at = 0;
    const char *folder;
    *held = 0;
    while (status == 0 && (folder = folders_next(&folders, &at)) != NULL) {
        if (output != NULL)
            output_dir_allow_link(output, folder);
        *held += temporary_sweep_folder(output, folder);
    }
    folders_free(&folders);
    return status == 0 ? 0 : error_memory(error, 0);
}

/* Each job may use an input, a temporary, its folder and a copy of that; each further result a temporary and
 * its folder; a worker process two; the journal one, and an event loop two. A URL's connection, with a few
 * more descriptors, is kept open during the next fetch; the soft limit is raised for them. */
unsigned prepare_io_jobs(const struct settings *settings, bool remote, size_t results)
{
    enum { FILE_JOB = 4, URL_JOB = 9, RESULT = 2, WORKER = 2, FIXED = 8, IN_USE = 64 };
    const unsigned more = RESULT * (unsigned)(results - 1);
    const unsigned each = (remote ? URL_JOB : FILE_JOB) + more;
    struct rlimit limit;
    uint64_t wanted = (uint64_t)settings->engine.io_jobs * each,
             others = (uint64_t)settings->backend.workers * WORKER + FIXED;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return settings->engine.io_jobs;
    rlim_t enough = wanted + others + IN_USE;
    if (remote && limit.rlim_cur < enough) {
        limit.rlim_cur = enough < limit.rlim_max ? enough : limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    uint64_t unused = 0;
    for (int fd = 0; (rlim_t)fd < limit.rlim_cur && unused < wanted + others; fd++)
        unused += fcntl(fd, F_GETFD) < 0;
    uint64_t possible = unused > others ? (unused - others) / each : 0;
    return possible > 0 ? (unsigned)possible : 1;
}
