/*
 * /proc/self/cgroup names our group in each hierarchy; /proc/self/mountinfo says where that hierarchy is
 * mounted and which group is the root of the mount (a container sees only its part). Every folder from our
 * group up to that root may hold a limit; the smallest one applies.
 *
 * Formats: cgroups(7), Documentation/admin-guide/cgroup-v1/memory.txt and cgroup-v2.rst of Linux, proc(5).
 */
#include "base/cpus.h"

#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum group_version { GROUP_V1, GROUP_V2 };

/* Called with each group's folder, ours first; `shown` is the folder's path without the root. */
typedef void group_visitor(void *state, const char *folder, const char *shown, enum group_version version);

/* The text of a small file below folder, or NULL. The caller frees it. */
static char *read_text(const char *folder, const char *name)
{
    enum { ENOUGH = 1 << 20 };
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return NULL;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    char *text = malloc(ENOUGH + 1);
    if (text != NULL)
        text[fread(text, 1, ENOUGH, file)] = '\0';
    fclose(file);
    return text;
}

/* Reads a file that holds one number; false when there is none ("max"). */
static bool read_number(const char *folder, const char *name, uint64_t *number)
{
    char *text = read_text(folder, name);
    bool found = text != NULL && sscanf(text, "%" SCNu64, number) == 1 && text[0] != '-';
    free(text);
    return found;
}

/* The number after `key` at the start of a line ("MemAvailable:  123 kB", "inactive_file 4096"). */
static bool read_line_number(const char *folder, const char *name, const char *key, uint64_t *number)
{
    char *text = read_text(folder, name);
    bool found = false;
    for (const char *line = text; line != NULL && !found; line = strchr(line, '\n')) {
        line += *line == '\n';
        size_t length = strlen(key);
        if (strncmp(line, key, length) == 0 && (line[length] == ' ' || line[length] == ':'))
            found = sscanf(line + length + 1, "%" SCNu64, number) == 1;
    }
    free(text);
    return found;
}

/* Is `word` one of the comma-separated words of `list`? */
static bool has_word(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

/* mountinfo writes blank, tab, newline and backslash as octal escapes. */
static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; to++) {
        unsigned code;
        if (from[0] == '\\' && sscanf(from + 1, "%3o", &code) == 1) {
            *to = (char)code;
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

struct mount {
    char *top, *point; /* the group at the mount's root, and the mount point; both point into the line */
};

/* Parses a line of mountinfo in place; true when it mounts the wanted hierarchy. Fields 4 and 5 are root and
 * mount point; type, source and options follow " - ". */
static bool parse_mount(char *line, const char *controller, enum group_version version, struct mount *mount)
{
    char *tail = strstr(line, " - ");
    char type[32], options[256] = "";
    if (tail == NULL || sscanf(tail, " - %31s %*s %255s", type, options) < 1)
        return false;
    bool wanted = version == GROUP_V2 ? strcmp(type, "cgroup2") == 0
                                      : strcmp(type, "cgroup") == 0 && has_word(options, controller);
    if (!wanted)
        return false;
    char *rest = line, *field[5];
    for (int i = 0; i < 5; i++) {
        field[i] = strsep(&rest, " ");
        if (field[i] == NULL)
            return false;
    }
    *mount = (struct mount){.top = field[3], .point = field[4]};
    unescape(mount->top);
    unescape(mount->point);
    return true;
}

/* Visits the folders of `group` and of its ancestors up to the mount's root. */
static void visit_upwards(const char *root, const struct mount *mount, const char *group,
                          enum group_version version, group_visitor *visit, void *state)
{
    /* A group outside the mount is not visible here; use the mount's root instead. */
    size_t top = strcmp(mount->top, "/") == 0 ? 0 : strlen(mount->top);
    const char *below = "";
    if (strncmp(group, mount->top, top) == 0 && group[top] == '/' && strstr(group, "/..") == NULL)
        below = group + top;

    char folder[PATH_MAX];
    size_t prefix = strcmp(root, "/") == 0 ? 0 : strlen(root);
    int length = snprintf(folder, sizeof folder, "%.*s%s%s", (int)prefix, root, mount->point, below);
    if (length >= (int)sizeof folder)
        return;
    size_t end = (size_t)length, shortest = prefix + strlen(mount->point);
    while (end > shortest && folder[end - 1] == '/')
        folder[--end] = '\0';
    for (;;) {
        visit(state, folder, folder + prefix, version);
        char *slash = strrchr(folder, '/');
        if (slash == NULL || (size_t)(slash - folder) < shortest)
            return;
        *slash = '\0';
    }
}

/* Finds the hierarchy of `version` in mountinfo and visits our group in it. */
static void visit_hierarchy(const char *root, const char *controller, const char *group,
                            enum group_version version, group_visitor *visit, void *state)
{
    char *mounts = read_text(root, "proc/self/mountinfo");
    char *rest = mounts, *line;
    while ((line = strsep(&rest, "\n")) != NULL) {
        struct mount mount;
        if (parse_mount(line, controller, version, &mount)) {
            visit_upwards(root, &mount, group, version, visit, state);
            break;
        }
    }
    free(mounts);
}

/* Visits every group that may limit us in `controller`. Lines of /proc/self/cgroup: "id:controllers:path",
 * without controllers for v2. */
static void visit_groups(const char *root, const char *controller, group_visitor *visit, void *state)
{
    char *groups = read_text(root, "proc/self/cgroup");
    char *rest = groups, *line;
    while ((line = strsep(&rest, "\n")) != NULL) {
        char *path = line;
        const char *id = strsep(&path, ":"), *controllers = path != NULL ? strsep(&path, ":") : NULL;
        if (path == NULL)
            continue;
        if (controllers[0] == '\0' && strcmp(id, "0") == 0)
            visit_hierarchy(root, controller, path, GROUP_V2, visit, state);
        else if (has_word(controllers, controller))
            visit_hierarchy(root, controller, path, GROUP_V1, visit, state);
    }
    free(groups);
}

/* The smallest quota seen, in processors; 0: none yet. */
static void visit_quota(void *state, const char *folder, const char *shown, enum group_version version)
{
    (void)shown;
    double *min = state;
    uint64_t quota = 0, period = 0;
    if (version == GROUP_V2) {
        char *text = read_text(folder, "cpu.max");
        if (text == NULL || sscanf(text, "%" SCNu64 " %" SCNu64, &quota, &period) != 2)
            quota = 0;
        free(text);
    } else if (!read_number(folder, "cpu.cfs_quota_us", &quota) ||
               !read_number(folder, "cpu.cfs_period_us", &period)) {
        quota = 0;
    }
    if (quota == 0 || period == 0)
        return;
    double processors = (double)quota / (double)period;
    if (*min == 0 || processors < *min)
        *min = processors;
}

/* A whole number above 0; 0: it is not set, or no such number. */
static unsigned long slurm_number(const char *name)
{
    const char *value = getenv(name);
    char *end;
    unsigned long number = value != NULL && value[0] != '-' ? strtoul(value, &end, 10) : 0;
    return number > 0 && *end == '\0' && number < ULONG_MAX ? number : 0;
}

/* Obey Slurm's count even where no mask or cgroup enforces it (clusters without the task plugin): other jobs
 * share the node. */
static void bound_by_slurm(struct cpus_count *usable)
{
    static const char *const names[] = {"SLURM_CPUS_ON_NODE", "SLURM_CPUS_PER_TASK"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const unsigned long count = slurm_number(names[i]);
        if (count == 0 || count >= usable->count)
            continue;
        snprintf(usable->source, sizeof usable->source, "%s of %u", names[i], usable->count);
        usable->count = (unsigned)count;
    }
}

struct cpus_count cpus_usable_at(const char *root, unsigned affinity)
{
    struct cpus_count usable = {.count = affinity > 0 ? affinity : 1};
    snprintf(usable.source, sizeof usable.source, "%u in the affinity mask", usable.count);
    double quota = 0;
    visit_groups(root, "cpu", visit_quota, &quota);
    if (quota > 0 && quota < usable.count) {
        snprintf(usable.source, sizeof usable.source, "cgroup quota %.4g of %u", quota, usable.count);
        /* Round up: half a processor too many idles sometimes; half too few is lost always. */
        unsigned whole = (unsigned)quota;
        usable.count = whole < quota ? whole + 1 : whole;
    }
    bound_by_slurm(&usable);
    return usable;
}

/* Number of processors on which the scheduler may run this process. */
static unsigned affinity_count(void)
{
    for (int room = 1024; room <= 1 << 20; room *= 2) {
        cpu_set_t *mask = CPU_ALLOC((size_t)room);
        if (mask == NULL)
            break;
        size_t size = CPU_ALLOC_SIZE((size_t)room);
        int count = sched_getaffinity(0, size, mask) == 0 ? CPU_COUNT_S(size, mask) : 0;
        CPU_FREE(mask);
        if (count > 0)
            return (unsigned)count;
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
}

struct cpus_count cpus_usable(void)
{
    return cpus_usable_at("/", affinity_count());
}

static void apply_limit(struct memory_size *available, const char *folder, const char *shown,
                        const char *limit_name, uint64_t usage)
{
    uint64_t limit;
    if (!read_number(folder, limit_name, &limit))
        return;
    const uint64_t left = limit > usage ? limit - usage : 0;
    if (left >= available->bytes)
        return;
    available->bytes = left;
    snprintf(available->source, sizeof available->source, "%s of %s", limit_name,
             shown[0] != '\0' ? shown : "/");
}

/* Memory left under the group's limits; above memory.high the kernel slows the group down. Inactive file
 * cache counts as free, because the kernel drops it first. Swap does not count: work that is swapped out
 * takes longer than work that waits. */
static void visit_memory(void *state, const char *folder, const char *shown, enum group_version version)
{
    const char *usage_name = version == GROUP_V2 ? "memory.current" : "memory.usage_in_bytes";
    const char *cache_name = version == GROUP_V2 ? "inactive_file" : "total_inactive_file";
    uint64_t usage, cache;
    if (!read_number(folder, usage_name, &usage))
        usage = 0;
    if (!read_line_number(folder, "memory.stat", cache_name, &cache))
        cache = 0;
    usage = usage > cache ? usage - cache : 0;
    apply_limit(state, folder, shown, version == GROUP_V2 ? "memory.max" : "memory.limit_in_bytes", usage);
    if (version == GROUP_V2)
        apply_limit(state, folder, shown, "memory.high", usage);
}

/* The same for the memory of its allocation, given in MiB. */
static void bound_memory_by_slurm(struct memory_size *available)
{
    const char *name = "SLURM_MEM_PER_NODE";
    uint64_t mebibytes = slurm_number(name);
    if (mebibytes == 0) {
        name = "SLURM_MEM_PER_CPU";
        mebibytes = (uint64_t)slurm_number(name) * slurm_number("SLURM_CPUS_ON_NODE");
    }
    if (mebibytes == 0 || mebibytes >= available->bytes >> 20)
        return;
    available->bytes = mebibytes << 20;
    snprintf(available->source, sizeof available->source, "%s", name);
}

struct memory_size memory_available_at(const char *root)
{
    struct memory_size available = {.source = "MemAvailable"};
    uint64_t kilobytes;
    if (read_line_number(root, "proc/meminfo", "MemAvailable", &kilobytes)) {
        available.bytes = kilobytes * 1024;
    } else {
        available.bytes = (uint64_t)sysconf(_SC_AVPHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
        snprintf(available.source, sizeof available.source, "free pages");
    }
    visit_groups(root, "memory", visit_memory, &available);
    bound_memory_by_slurm(&available);
    return available;
}

struct memory_size memory_available(void)
{
    /* Libraries, stacks and gaps take part of a 32-bit address space (4 GiB). */
    const uint64_t max = SIZE_MAX / 2;
    struct memory_size available = memory_available_at("/");
    if (available.bytes > max)
        available = (struct memory_size){.bytes = max, .source = "half of what pointers reach"};
    return available;
}

/* The first group visited is our own, the second its parent. Where cgroup v1 controls memory, v2's hierarchy
 * may be mounted, too, without that controller. */
static void visit_memory_group(void *state, const char *folder, const char *shown, enum group_version version)
{
    struct memory_group *group = state;
    const unsigned number = version == GROUP_V2 ? 2 : 1;
    (void)shown;
    if (group->version == 0) {
        char *controllers = version == GROUP_V2 ? read_text(folder, "cgroup.controllers") : NULL;
        if (version == GROUP_V1 || (controllers != NULL && strstr(controllers, "memory") != NULL)) {
            group->version = number;
            snprintf(group->folder, sizeof group->folder, "%s", folder);
        }
        free(controllers);
    } else if (group->version == number && group->above[0] == '\0') {
        snprintf(group->above, sizeof group->above, "%s", folder);
    }
}

void memory_group_at(const char *root, struct memory_group *group)
{
    *group = (struct memory_group){0};
    visit_groups(root, "memory", visit_memory_group, group);
}
