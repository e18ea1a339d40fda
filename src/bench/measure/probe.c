/* Formats: proc(5), proc_pid_stat(5), proc_pid_status(5), proc_pid_smaps(5). */
#include "bench/measure/probe.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Reads the start of a file below /proc into `text`, NUL-terminated. False when it can't be read.
 */
static bool read_text(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t filled = 0;
    ssize_t got;
    while (filled + 1 < size && (got = read(fd, text + filled, size - 1 - filled)) > 0)
        filled += (size_t)got;
    close(fd);
    text[filled] = '\0';
    return filled > 0;
}

static bool read_of(pid_t pid, const char *name, char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return read_text(path, text, size);
}

/* The number after "\nNAME:" in a file of such lines; false when there is none. */
static bool find_number(const char *text, const char *name, uint64_t *number)
{
    size_t length = strlen(name);
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, length) == 0 && line[length] == ':')
            return sscanf(line + length + 1, "%" SCNu64, number) == 1;
    }
    return false;
}

struct stat_line {
    pid_t group;
    uint64_t minor_faults, major_faults, user_ticks, system_ticks;
};

static bool parse_stat(const char *text, struct stat_line *line)
{
    const char *rest = strrchr(text, ')'); /* the name before it may contain anything */
    int group;
    if (rest == NULL ||
        sscanf(rest + 1, " %*c %*d %d %*d %*d %*d %*u %" SCNu64 " %*u %" SCNu64 " %*u %" SCNu64 " %" SCNu64,
               &group, &line->minor_faults, &line->major_faults, &line->user_ticks, &line->system_ticks) != 5)
        return false;
    line->group = group;
    return true;
}

/* The kernel's clock of a process is exact to the nanosecond but does not separate user from system time; its
 * ticks of 10 ms do, roughly. */
static void add_time(pid_t pid, const struct stat_line *line, struct probe *probe)
{
    clockid_t clock;
    struct timespec time;
    double ticks = (double)(line->user_ticks + line->system_ticks);
    double share = ticks > 0 ? (double)line->user_ticks / ticks : 1;
    double seconds = ticks / (double)sysconf(_SC_CLK_TCK);
    if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &time) == 0)
        seconds = (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
    probe->user_s += seconds * share;
    probe->system_s += seconds * (1 - share);
}

static void add_process(pid_t pid, const struct stat_line *line, struct probe *probe)
{
    char text[8192];
    uint64_t kib, peak = 0, resident = 0, switches;
    probe->processes++;
    bool has_status = read_of(pid, "status", text, sizeof text);
    if (has_status && find_number(text, "VmHWM", &peak))
        find_number(text, "VmRSS", &resident);
    probe->peak_rss_bytes += peak * 1024;
    if (pid != line->group) {
        add_time(pid, line, probe);
        probe->minor_faults += line->minor_faults;
        probe->major_faults += line->major_faults;
        /* These two lines are of one thread; a worker process has no other. */
        if (has_status && find_number(text, "voluntary_ctxt_switches", &switches))
            probe->voluntary_switches += switches;
        if (has_status && find_number(text, "nonvoluntary_ctxt_switches", &switches))
            probe->involuntary_switches += switches;
    }
    if (!read_of(pid, "smaps_rollup", text, sizeof text) || !find_number(text, "Pss", &kib)) {
        probe->knows_pss = false;
        return;
    }
    probe->peak_pss_bytes += (kib + (peak > resident ? peak - resident : 0)) * 1024;
}

int probe_group(pid_t group, struct probe *probe)
{
    *probe = (struct probe){.knows_pss = true};
    DIR *folder = opendir("/proc");
    if (folder == NULL)
        return -1;
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        char text[1024];
        struct stat_line line;
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (read_of(pid, "stat", text, sizeof text) && parse_stat(text, &line) && line.group == group)
            add_process(pid, &line, probe);
    }
    closedir(folder);
    return probe->processes > 0 ? 0 : -1;
}

/* Adds a line "cpu3 USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL ..." of /proc/stat, in ticks. */
static void add_processor(const char *line, const cpu_set_t *usable, double tick, struct probe_time *time)
{
    unsigned cpu;
    uint64_t user, nice, system, irq, softirq, steal;
    if (sscanf(line, "cpu%u %" SCNu64 " %" SCNu64 " %" SCNu64 " %*u %*u %" SCNu64 " %" SCNu64 " %" SCNu64,
               &cpu, &user, &nice, &system, &irq, &softirq, &steal) != 7 ||
        !CPU_ISSET(cpu, usable))
        return;
    time->busy_s += tick * (double)(user + nice + system + irq + softirq);
    time->steal_s += tick * (double)steal;
}

struct probe_time probe_time(void)
{
    struct probe_time time = {0};
    cpu_set_t usable;
    FILE *file = fopen("/proc/stat", "re");
    if (file == NULL)
        return time;
    char line[512];
    if (sched_getaffinity(0, sizeof usable, &usable) == 0) {
        while (fgets(line, sizeof line, file) != NULL && strncmp(line, "cpu", 3) == 0)
            add_processor(line, &usable, 1.0 / (double)sysconf(_SC_CLK_TCK), &time);
    }
    fclose(file);
    return time;
}

double probe_load(void)
{
    double load;
    return getloadavg(&load, 1) == 1 ? load : NAN;
}
