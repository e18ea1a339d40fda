#include "batch/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

enum {
    EVENTS =
        IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK,
    BUFFER_BYTES = 64 << 10,
    /* Seconds that the clock of the file system's times may be behind. */
    CLOCK_SLACK = 2,
};

struct watched {
    int descriptor;
    char *path; /* NULL: it is not watched any more */
    size_t skip;
    bool named;
};

struct watch {
    int fd;
    struct watched *folders; /* in the order of their descriptors, which the kernel does not use again */
    size_t used, room, count;
    struct watch_listener listener;
    struct timespec emptied; /* when there was last no change to be read */
    alignas(struct inotify_event) char buffer[BUFFER_BYTES];
};

struct watch *watch_open(struct watch_listener listener, struct pm_error *error)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) {
        error_memory(error, sizeof *watch);
        return NULL;
    }
    watch->listener = listener;
    watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch->fd >= 0 && clock_gettime(CLOCK_REALTIME, &watch->emptied) == 0)
        return watch;
    error_set(
        error, PM_ERROR_IO,
        "folders can't be watched: %s (sysctl fs.inotify.max_user_instances limits how many programs do)",
        strerror(errno));
    watch_close(watch);
    return NULL;
}

void watch_close(struct watch *watch)
{
    if (watch == NULL)
        return;
    for (size_t i = 0; i < watch->used; i++)
        free(watch->folders[i].path);
    free(watch->folders);
    if (watch->fd >= 0)
        close(watch->fd);
    free(watch);
}

size_t watch_count(const struct watch *watch)
{
    return watch->count;
}

/* Where the descriptor is, or would be. */
static size_t place_of(const struct watch *watch, int descriptor)
{
    size_t first = 0, end = watch->used;
    while (first < end) {
        const size_t middle = first + (end - first) / 2;
        if (watch->folders[middle].descriptor < descriptor)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

/* NULL: it is not watched any more. */
static struct watched *find_folder(const struct watch *watch, int descriptor)
{
    const size_t at = place_of(watch, descriptor);
    const bool found = at < watch->used && watch->folders[at].descriptor == descriptor;
    return found && watch->folders[at].path != NULL ? &watch->folders[at] : NULL;
}

static void forget(struct watch *watch, struct watched *folder)
{
    watch->count -= folder->path != NULL;
    free(folder->path);
    folder->path = NULL;
}

/* It was removed or moved away. */
static void lose(struct watch *watch, struct watched *folder)
{
    if (folder->named && watch->listener.lost != NULL)
        watch->listener.lost(watch->listener.self, folder->path);
    forget(watch, folder);
}

static void remove_unwatched(struct watch *watch)
{
    size_t kept = 0;
    for (size_t i = 0; i < watch->used; i++) {
        if (watch->folders[i].path != NULL)
            watch->folders[kept++] = watch->folders[i];
    }
    watch->used = kept;
}

/* Memory is for at most twice as many folders as are watched, however many come and go. */
static int make_room(struct watch *watch, struct pm_error *error)
{
    if (watch->used == watch->room && watch->count <= watch->used / 2)
        remove_unwatched(watch);
    if (watch->used < watch->room)
        return 0;
    const size_t room = 2 * watch->room + 16;
    struct watched *more = reallocarray(watch->folders, room, sizeof *more);
    if (more == NULL)
        return error_memory(error, room * sizeof *more);
    watch->folders = more;
    watch->room = room;
    return 0;
}

/* The folder's place, which may have been in use. NULL with `error` filled: no memory. */
static struct watched *add_folder(struct watch *watch, int descriptor, struct pm_error *error)
{
    size_t at = place_of(watch, descriptor);
    if (at < watch->used && watch->folders[at].descriptor == descriptor)
        return &watch->folders[at];
    if (make_room(watch, error) != 0)
        return NULL;
    at = place_of(watch, descriptor);
    memmove(watch->folders + at + 1, watch->folders + at, (watch->used - at) * sizeof *watch->folders);
    watch->used++;
    watch->folders[at] = (struct watched){.descriptor = descriptor};
    return &watch->folders[at];
}

int watch_add(struct watch *watch, const char *path, size_t skip, bool named, struct pm_error *error)
{
    char shown[96];
    const int index = inotify_add_watch(watch->fd, path[0] != '\0' ? path : "/", EVENTS);
    if (index < 0 && (errno == ENOENT || errno == ENOTDIR) && !named)
        return 0; /* it was removed meanwhile */
    if (index < 0)
        return error_set(error, PM_ERROR_IO, "%s: the folder can't be watched: %s%s",
                         text_shown(path, shown, sizeof shown), strerror(errno),
                         errno == ENOSPC ? " (raise sysctl fs.inotify.max_user_watches)" : "");
    struct watched *folder = add_folder(watch, index, error);
    char *copy = strdup(path);
    if (copy == NULL || folder == NULL) {
        free(copy);
        return error_memory(error, 0);
    }
    forget(watch, folder);
    *folder = (struct watched){.descriptor = index, .path = copy, .skip = skip, .named = named};
    watch->count++;
    return 0;
}

/* A folder was moved away: stops watching it and those below it. */
static void remove_below(struct watch *watch, const char *path)
{
    const size_t length = strlen(path);
    for (size_t i = 0; i < watch->used; i++) {
        struct watched *folder = &watch->folders[i];
        const char *at = folder->path;
        if (at == NULL || strncmp(at, path, length) != 0 || (at[length] != '/' && at[length] != '\0'))
            continue;
        inotify_rm_watch(watch->fd, folder->descriptor);
        lose(watch, folder);
    }
}

/* Is no program writing to the file? A lease for reading is refused while one has it open (fcntl(2)). Who
 * opens it during the lease causes a signal: SIGIO would end this process, SIGURG does nothing. */
static bool is_closed(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const bool closed = fd >= 0 && fcntl(fd, F_SETSIG, SIGURG) == 0 && fcntl(fd, F_SETLEASE, F_RDLCK) == 0;
    if (fd >= 0)
        close(fd); /* ends the lease */
    return closed;
}

/* A name that was created counts now if nobody will close it: a folder, a link, or a file that was written
 * before it got a name (O_TMPFILE). Others are still written. */
static bool counts_at_creation(const char *path)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return false;
    return S_ISDIR(status.st_mode) || S_ISLNK(status.st_mode) || status.st_nlink > 1 ||
           (S_ISREG(status.st_mode) && status.st_size > 0 && is_closed(path));
}

static int add_change(struct changes *changes, const char *path, size_t skip, bool everything,
                      struct pm_error *error)
{
    if (changes->count == changes->room) {
        const size_t room = 2 * changes->room + 16;
        struct change *more = reallocarray(changes->changes, room, sizeof *more);
        if (more == NULL)
            return error_memory(error, room * sizeof *more);
        changes->changes = more;
        changes->room = room;
    }
    const char *copy = names_add(&changes->names, path, strlen(path));
    if (copy == NULL)
        return error_memory(error, 0);
    changes->changes[changes->count++] =
        (struct change){.path = copy, .skip = skip, .everything = everything};
    return 0;
}

/* Changes were lost: everything is read again. */
static int add_everything(struct watch *watch, struct changes *changes, struct pm_error *error)
{
    int status = 0;
    changes->count = 0;
    for (size_t i = 0; i < watch->used && status == 0; i++) {
        const struct watched *folder = &watch->folders[i];
        if (folder->path != NULL && folder->named)
            status = add_change(changes, folder->path, folder->skip, true, error);
    }
    changes->since = watch->emptied;
    changes->since.tv_sec -= CLOCK_SLACK;
    return status;
}

static bool has_everything(const struct changes *changes)
{
    return changes->count > 0 && changes->changes[0].everything;
}

static int add_event(struct watch *watch, const struct inotify_event *event, struct changes *changes,
                     struct pm_error *error)
{
    char path[PATH_MAX];
    if ((event->mask & IN_Q_OVERFLOW) != 0)
        return add_everything(watch, changes, error);
    struct watched *folder = find_folder(watch, event->wd);
    if (folder == NULL)
        return 0;
    if ((event->mask & IN_IGNORED) != 0) { /* it was removed */
        lose(watch, folder);
        return 0;
    }
    if ((event->mask & IN_MOVE_SELF) != 0 &&
        folder->named) { /* its path is that of another folder, or none */
        snprintf(path, sizeof path, "%s", folder->path);
        remove_below(watch, path);
        return 0;
    }
    if (event->len == 0 || has_everything(changes) ||
        (size_t)snprintf(path, sizeof path, "%s/%s", folder->path, event->name) >= sizeof path)
        return 0;
    if ((event->mask & IN_MOVED_FROM) != 0) {
        if ((event->mask & IN_ISDIR) != 0)
            remove_below(watch, path);
        return 0;
    }
    if ((event->mask & IN_CREATE) != 0 && !counts_at_creation(path))
        return 0;
    return add_change(changes, path, folder->skip, false, error);
}

/* Reads the events that there are. 0, or -1 with `error` filled. */
static int read_events(struct watch *watch, struct changes *changes, struct pm_error *error)
{
    for (;;) {
        const ssize_t size = read(watch->fd, watch->buffer, sizeof watch->buffer);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && errno == EAGAIN)
            return clock_gettime(CLOCK_REALTIME, &watch->emptied);
        if (size < 0)
            return error_set(error, PM_ERROR_IO, "folders can't be watched: %s", strerror(errno));
        for (const char *at = watch->buffer; at < watch->buffer + size;) {
            const struct inotify_event *event = (const struct inotify_event *)at;
            if (add_event(watch, event, changes, error) != 0)
                return -1;
            at += sizeof *event + event->len;
        }
    }
}

static int path_order(const void *a, const void *b)
{
    return strcmp(((const struct change *)a)->path, ((const struct change *)b)->path);
}

/* A file that is written several times in a row has many events. */
static void remove_repeated(struct changes *changes)
{
    size_t kept = 0;
    if (changes->count == 0)
        return;
    qsort(changes->changes, changes->count, sizeof *changes->changes, path_order);
    for (size_t i = 0; i < changes->count; i++) {
        if (kept == 0 || strcmp(changes->changes[kept - 1].path, changes->changes[i].path) != 0)
            changes->changes[kept++] = changes->changes[i];
    }
    changes->count = kept;
}

int watch_wait(struct watch *watch, const atomic_bool *stop, int stop_fd, struct changes *changes,
               struct pm_error *error)
{
    struct pollfd ready[] = {{.fd = watch->fd, .events = POLLIN}, {.fd = stop_fd, .events = POLLIN}};
    while (changes->count == 0) {
        if (atomic_load(stop))
            return 0;
        if (watch->count == 0)
            return error_set(error, PM_ERROR_IO,
                             "no folder is left to be watched: all were removed or renamed");
        if (poll(ready, 2, -1) < 0 && errno != EINTR)
            return error_set(error, PM_ERROR_IO, "folders can't be watched: %s", strerror(errno));
        if (read_events(watch, changes, error) != 0)
            return -1;
    }
    remove_repeated(changes);
    return 1;
}

void changes_free(struct changes *changes)
{
    free(changes->changes);
    names_free(&changes->names);
    *changes = (struct changes){0};
}
