/* Formats: Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst of Linux; delegation:
 * systemd's CGROUP_DELEGATION.md. */
#include "backend/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cpus.h"

/* What differs between the versions. */
static const struct files {
    const char *limit, *swap, *unlimited;
    const char *entry; /* a process that writes "0" here moves itself in */
    const char *kills;
} versions[] = {
    /* Writing to cgroup.procs blocks all forks of the machine for some ms; writing to tasks does not. */
    [1] = {.limit = "memory.limit_in_bytes",
           .swap = "memory.memsw.limit_in_bytes", /* of memory and swap together */
           .unlimited = "-1",
           .entry = "tasks",
           .kills = "memory.oom_control"},
    [2] = {.limit = "memory.max",
           .swap = "memory.swap.max", /* of swap alone */
           .unlimited = "max",
           .entry = "cgroup.procs",
           .kills = "memory.events"},
};

static const char prefix[] = "pixmill-";

enum { PATH_ROOM = PATH_MAX + 64, TEXT_ROOM = 4096, LEAVE_MS = 1000, TRIES_MAX = 3 };

static int open_in(const char *folder, const char *file, int flags)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    /* The kernel has created all files of the group and allows no others; a test's folder has none. */
    return open(path, flags | O_CLOEXEC, 0600);
}

static int write_text(const char *folder, const char *file, const char *text)
{
    const int fd = open_in(folder, file, O_WRONLY | O_CREAT | O_TRUNC);
    if (fd < 0)
        return -1;
    const ssize_t written = write(fd, text, strlen(text));
    const int error = errno;
    close(fd);
    errno = error;
    return written == (ssize_t)strlen(text) ? 0 : -1;
}

/* The file's beginning in text[TEXT_ROOM]; "" when it can't be read. */
static const char *read_text(const char *folder, const char *file, char *text)
{
    const int fd = open_in(folder, file, O_RDONLY);
    ssize_t size = fd >= 0 ? read(fd, text, TEXT_ROOM - 1) : 0;
    if (fd >= 0)
        close(fd);
    text[size > 0 ? size : 0] = '\0';
    return text;
}

/* The number after `name`, which starts a line. */
static uint64_t read_count(const char *folder, const char *file, const char *name)
{
    char text[TEXT_ROOM];
    for (const char *line = read_text(folder, file, text); line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, strlen(name)) == 0)
            return strtoull(line + strlen(name), NULL, 10);
    }
    return 0;
}

static void slot_folder(const struct cgroups *groups, unsigned slot, char folder[PATH_ROOM])
{
    snprintf(folder, PATH_ROOM, "%s/%u", groups->folder, slot);
}

/* Waits until the killed processes of a group have ended: if their fork server was lost, nobody else waits
 * for them. */
static void await_end(const char *folder)
{
    char text[TEXT_ROOM];
    char *rest = (char *)read_text(folder, "cgroup.procs", text), *line;
    while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
        struct pollfd process = {.events = POLLIN};
        process.fd = (int)syscall(SYS_pidfd_open, (pid_t)strtol(line, NULL, 10), 0);
        if (process.fd < 0)
            continue;
        (void)poll(&process, 1, LEAVE_MS);
        close(process.fd);
    }
}

static void remove_group(const char *folder)
{
    if (rmdir(folder) == 0 || errno != EBUSY)
        return;
    await_end(folder);
    (void)rmdir(folder); /* if this fails, the next run removes it */
}

/* Calls `visit` for each group in this one whose name begins with `name`. */
static void for_groups_in(const char *folder, const char *name, void (*visit)(const char *folder))
{
    DIR *list = opendir(folder);
    struct dirent *entry;
    while (list != NULL && (entry = readdir(list)) != NULL) {
        char path[PATH_ROOM + sizeof entry->d_name];
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.' ||
            strncmp(entry->d_name, name, strlen(name)) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        visit(path);
    }
    if (list != NULL)
        closedir(list);
}

static void remove_run(const char *folder)
{
    for_groups_in(folder, "", remove_group);
    remove_group(folder);
}

/* The group's descriptor, or -1: another process has locked it, or removed it. */
static int lock_run(const char *folder)
{
    struct stat locked, named;
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &locked) == 0 &&
        stat(folder, &named) == 0 && locked.st_ino == named.st_ino)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static void remove_killed_run(const char *folder)
{
    const int lock = lock_run(folder);
    if (lock < 0)
        return;
    remove_run(folder);
    close(lock);
}

/* Is the group delegated to us? systemd manages all groups that it has not delegated. */
static bool is_delegated(const char *root, const char *folder)
{
    static const char *const marks[] = {"user.delegate", "trusted.delegate"};
    char value, booted[PATH_ROOM];
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (getxattr(folder, marks[i], &value, 1) == 1 && value == '1')
            return true;
    }
    snprintf(booted, sizeof booted, "%s/run/systemd/system", root);
    return access(booted, F_OK) != 0;
}

static bool is_limited(const char *folder)
{
    char text[TEXT_ROOM];
    return strcmp(read_text(folder, "memory.max", text), "max\n") != 0 ||
           strcmp(read_text(folder, "memory.high", text), "max\n") != 0;
}

/* The group in which the run's group can be created, or NULL. */
static const char *find_parent(const char *root, const struct memory_group *own)
{
    char text[TEXT_ROOM];
    if (own->version == 1)
        return read_count(own->folder, "memory.use_hierarchy", "") == 1 ? own->folder : NULL;
    if (own->version != 2 || own->above[0] == '\0' || !is_delegated(root, own->above) ||
        is_limited(own->folder))
        return NULL;
    return strstr(read_text(own->above, "cgroup.subtree_control", text), "memory") != NULL ? own->above
                                                                                           : NULL;
}

/* Returns 0, or -1 if this attempt failed. */
static int make_run(struct cgroups *groups, const char *place)
{
    const int length =
        snprintf(groups->folder, sizeof groups->folder, "%s/%s%d-XXXXXX", place, prefix, (int)getpid());
    if (length >= (int)sizeof groups->folder || mkdtemp(groups->folder) == NULL)
        return -1;
    groups->lock = lock_run(groups->folder);
    if (groups->lock < 0) {
        (void)rmdir(groups->folder);
        return -1;
    }
    if (groups->version == 1 || write_text(groups->folder, "cgroup.subtree_control", "+memory") == 0)
        return 0;
    cgroups_close(groups);
    return -1;
}

void cgroups_open(struct cgroups *groups, const char *root)
{
    struct memory_group own;
    memory_group_at(root, &own);
    *groups = (struct cgroups){.lock = -1};
    const char *place = find_parent(root, &own);
    if (place == NULL || access(place, W_OK) != 0)
        return;
    for_groups_in(place, prefix, remove_killed_run);
    for (int tries = 0; groups->lock < 0 && tries < TRIES_MAX; tries++) {
        groups->version = own.version;
        if (make_run(groups, place) != 0)
            groups->version = 0;
    }
}

int cgroup_enter(const struct cgroups *groups, unsigned slot)
{
    char folder[PATH_ROOM];
    const struct files *files = &versions[groups->version];
    slot_folder(groups, slot, folder);
    if (mkdir(folder, 0700) == 0 && groups->version == 2)
        (void)write_text(folder, files->swap, "0"); /* there may be no swap to limit */
    return write_text(folder, files->entry, "0");
}

void cgroup_limit(const struct cgroups *groups, unsigned slot, struct cgroup_bound *bound, uint64_t bytes)
{
    char folder[PATH_ROOM], text[32];
    if (groups->version == 0 || bytes == bound->limit)
        return;
    const struct files *files = &versions[groups->version];
    slot_folder(groups, slot, folder);
    snprintf(text, sizeof text, "%" PRIu64, bytes);
    const char *limit = bytes == UINT64_MAX ? files->unlimited : text;
    int status = write_text(folder, files->limit, limit);
    /* v1: the limit including swap must not be below the one without; to raise both, raise it first. */
    if (groups->version == 1 && write_text(folder, files->swap, limit) == 0 && status != 0)
        status = write_text(folder, files->limit, limit);
    bound->limit = status == 0 ? bytes : 0; /* 0: tried again with the next job */
}

/* Was the limit reached since the last call? If not, a process was killed because a parent group or the
 * machine ran out of memory. v1: some kernels do not count in memory.failcnt, so compare the peak with the
 * limit. */
static bool was_limit_hit(const struct cgroups *groups, const char *folder, struct cgroup_bound *bound)
{
    enum { CLOSE = 2 << 20 }; /* a large page */
    if (groups->version == 2) {
        const uint64_t before = bound->hits;
        bound->hits = read_count(folder, "memory.events", "oom ");
        return bound->hits > before;
    }
    const uint64_t peak = read_count(folder, "memory.max_usage_in_bytes", "");
    (void)write_text(folder, "memory.max_usage_in_bytes", "0"); /* restarts at the current use */
    return bound->limit != 0 && peak + CLOSE >= bound->limit;
}

bool cgroup_has_killed(const struct cgroups *groups, unsigned slot, struct cgroup_bound *bound)
{
    char folder[PATH_ROOM];
    if (groups->version == 0)
        return false;
    slot_folder(groups, slot, folder);
    const uint64_t before = bound->kills;
    bound->kills = read_count(folder, versions[groups->version].kills, "oom_kill ");
    const bool hit = was_limit_hit(groups, folder, bound);
    return hit && bound->kills > before;
}

void cgroups_close(struct cgroups *groups)
{
    if (groups->version == 0)
        return;
    remove_run(groups->folder);
    close(groups->lock);
    *groups = (struct cgroups){.lock = -1};
}
