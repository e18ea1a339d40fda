#include "bench/measure/machine.h"

#include <hwloc.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/cpus.h"
#include "bench/measure/probe.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

enum { CPUS_MAX = sizeof((struct topology *)0)->cpus / sizeof(unsigned) };

static void describe(hwloc_topology_t hwloc, struct topology *topology)
{
    static const struct {
        hwloc_obj_type_t type;
        const char *one, *many;
    } parts[] = {
        {HWLOC_OBJ_PACKAGE, "socket", "sockets"},
        {HWLOC_OBJ_CORE, "core", "cores"},
        {HWLOC_OBJ_PU, "thread", "threads"},
        {HWLOC_OBJ_NUMANODE, "NUMA node", "NUMA nodes"},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        int count = hwloc_get_nbobjs_by_type(hwloc, parts[i].type);
        const size_t used = strlen(topology->text);
        if (count > 0)
            snprintf(topology->text + used, sizeof topology->text - used, "%s%d %s", used > 0 ? ", " : "",
                     count, count == 1 ? parts[i].one : parts[i].many);
    }
    hwloc_obj_t package = hwloc_get_obj_by_type(hwloc, HWLOC_OBJ_PACKAGE, 0);
    const char *name = package != NULL ? hwloc_obj_get_info_by_name(package, "CPUModel") : NULL;
    if (name != NULL)
        snprintf(topology->cpu, sizeof topology->cpu, "%s", name);
}

static void add_cpu(struct topology *topology, const cpu_set_t *usable, unsigned cpu)
{
    if (cpu < CPU_SETSIZE && CPU_ISSET(cpu, usable) && topology->ncpus < CPUS_MAX)
        topology->cpus[topology->ncpus++] = cpu;
}

/* Adds thread `index` of each core. False if no core has that many. */
static bool add_threads(hwloc_topology_t hwloc, unsigned index, const cpu_set_t *usable,
                        struct topology *topology)
{
    bool any = false;
    hwloc_obj_t core = NULL;
    while ((core = hwloc_get_next_obj_by_type(hwloc, HWLOC_OBJ_CORE, core)) != NULL) {
        int cpu = -1;
        for (unsigned i = 0; i <= index; i++)
            cpu = hwloc_bitmap_next(core->cpuset, cpu);
        if (cpu < 0)
            continue;
        any = true;
        add_cpu(topology, usable, (unsigned)cpu);
    }
    return any;
}

/* Did hwloc's Linux backend find the system's files? Each backend that found something leaves its name. */
static bool is_described(hwloc_topology_t hwloc)
{
    hwloc_obj_t root = hwloc_get_root_obj(hwloc);
    for (unsigned i = 0; i < root->infos_count; i++) {
        if (strcmp(root->infos[i].name, "Backend") == 0 && strcmp(root->infos[i].value, "Linux") == 0)
            return true;
    }
    return false;
}

void topology_read(struct topology *topology)
{
    cpu_set_t usable;
    hwloc_topology_t hwloc;
    *topology = (struct topology){0};
    if (sched_getaffinity(0, sizeof usable, &usable) != 0)
        CPU_ZERO(&usable);
    /* hwloc writes its errors to standard error; 2 hides all of them. */
    setenv("HWLOC_HIDE_ERRORS", "2", 0);
    if (hwloc_topology_init(&hwloc) == 0) {
        if (hwloc_topology_load(hwloc) == 0) {
            describe(hwloc, topology);
            topology->described = is_described(hwloc);
            for (unsigned index = 0; add_threads(hwloc, index, &usable, topology); index++)
                ;
        }
        hwloc_topology_destroy(hwloc);
    }
    if (topology->text[0] == '\0')
        snprintf(topology->text, sizeof topology->text, "unknown to hwloc");
    bool known = topology->ncpus > 0;
    for (unsigned cpu = 0; !known && cpu < CPU_SETSIZE; cpu++)
        add_cpu(topology, &usable, cpu);
}

/* Copies what follows `key` on the first line of the file that begins with it, without blanks and quotes. */
static void copy_value(const char *path, const char *key, char *value, size_t size)
{
    char line[512];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, key, strlen(key)) != 0)
            continue;
        const char *begin = line + strlen(key);
        begin += strspn(begin, " \t:=\"");
        snprintf(value, size, "%.*s", (int)strcspn(begin, "\"\n"), begin);
        break;
    }
    fclose(file);
}

static void describe_system(struct machine *machine)
{
    char name[48] = "Linux";
    struct utsname kernel;
    copy_value("/etc/os-release", "PRETTY_NAME", name, sizeof name);
    if (uname(&kernel) == 0)
        snprintf(machine->os, sizeof machine->os, "%s, %.20s %.24s", name, kernel.sysname, kernel.release);
    else
        snprintf(machine->os, sizeof machine->os, "%s", name);
}

/* May the system lower the processors' frequency? The governor "performance" keeps it at the maximum;
 * machines without governors (most virtual ones) do not report it, and count as not scaling. */
static bool scales_frequency(void)
{
    char governor[32] = "";
    copy_value("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "", governor, sizeof governor);
    return governor[0] != '\0' && strcmp(governor, "performance") != 0;
}

void machine_describe(const struct topology *topology, struct machine *machine)
{
    *machine = (struct machine){
        .compiler = COMPILER,
        .version = PIXMILL_VERSION,
        .memory_bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE),
        .frequency_scaling = scales_frequency(),
        .load = probe_load(),
    };
    snprintf(machine->cpu, sizeof machine->cpu, "%s", topology->cpu[0] != '\0' ? topology->cpu : "unknown");
    snprintf(machine->topology, sizeof machine->topology, "%s", topology->text);
    describe_system(machine);

    struct cpus_count cpus = cpus_usable();
    machine->processors = cpus.count;
    snprintf(machine->processors_source, sizeof machine->processors_source, "%s", cpus.source);

    time_t now = time(NULL);
    struct tm utc;
    if (gmtime_r(&now, &utc) != NULL)
        strftime(machine->date, sizeof machine->date, "%Y-%m-%dT%H:%M:%SZ", &utc);
}
