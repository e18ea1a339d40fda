#include "bench/machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/cpus.h"
#include "bench/probe.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

/* Copies what stands behind `key` on the first line of the file that begins with it, blanks and quotes around
 * it left out. */
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

/* Does the system slow processors down when it likes? The governor "performance" keeps them at their highest
 * frequency; a machine without governors (most virtual ones) does not tell, and is taken not to. */
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
