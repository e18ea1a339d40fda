/*
 * A soak test: very many small jobs, one in a hundred of them hostile, from a list on standard input. Each
 * job ends as it should, and neither memory nor descriptors grow from the first tenth of the run to the
 * last.
 *
 * The inputs are a hundred files under many names: symbolic links to their folder. Results are checked and
 * removed as the log reports them.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/backend.h"
#include "cli/run.h"
#include "temp.h"
#include "torture/torture.h"

enum {
    POOLS = 4,  /* each with a different hostile file */
    POOL = 100, /* files in each, the last one hostile */
    LONG_NAMES = 2000 /* links to the folders of the pools: 200 000 jobs */,
    SHORT_NAMES = 24,
    SAMPLES = 200,
    DESCRIPTORS = 8, /* the number of open files varies */
};

/* Writes a hostile file: a picture with one wrong byte, one cut in the middle, one with 65 500 pixels per
 * side in its header, or a text. */
static void put_hostile(int pool, const char *name)
{
    size_t size;
    char *bytes = content_of(pool == 1 ? "2.jpg" : "1.png", &size);
    if (pool == 0)
        bytes[size / 2] ^= 1;
    else if (pool == 1)
        size /= 2;
    else if (pool == 2)
        memcpy(bytes + 16, "\0\0\xff\xdc\0\0\xff\xdc", 8);
    temp_write(name, pool < 3 ? bytes : "no picture at all", pool < 3 ? size : 17);
}

static void put_pools(void)
{
    static const char *const good[] = {"0.png", "1.png", "2.jpg"};
    put_picture_of("0.png", 23, 17, PM_COLOR_GRAY, true, 16);
    put_picture("1.png", 31, 20);
    put_picture("2.jpg", 33, 18);
    for (int pool = 0; pool < POOLS; pool++) {
        char name[64];
        snprintf(name, sizeof name, "pool%d/hostile.png", pool);
        put_hostile(pool, name);
        for (int i = 0; i + 1 < POOL; i++) {
            snprintf(name, sizeof name, "pool%d/%02d%s", pool, i, strchr(good[i % 3], '.'));
            cr_assert_eq(link(good[i % 3], name), 0);
        }
    }
    struct run run = RUN("run", "0.png", "1.png", "2.jpg", "-o", "reference", "--resize=50%", "--blur=1");
    cr_assert_eq(run.status, 0, "%s", run.err);
}

/* The list, and the links that its names go through. */
static int put_list(int names)
{
    int fd = memfd_create("list", MFD_CLOEXEC);
    FILE *list = fdopen(dup(fd), "w");
    cr_assert_not_null(list);
    cr_assert_eq(mkdir("in", 0755), 0);
    for (int n = 0; n < names; n++) {
        char pool[32], link[32];
        snprintf(pool, sizeof pool, "../pool%d", n % POOLS);
        snprintf(link, sizeof link, "in/%04d", n);
        cr_assert_eq(symlink(pool, link), 0);
        for (int i = 0; i + 1 < POOL; i++)
            fprintf(list, "%s/%02d%s\n", link, i, i % 3 == 2 ? ".jpg" : ".png");
        fprintf(list, "%s/hostile.png\n", link);
    }
    cr_assert_eq(fclose(list), 0);
    cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* Memory of a process and its descendants that is not backed by files, in bytes; shared pages count in part.
 * A process's part of a library's pages grows when another program that shared them ends. */
static double memory_of(pid_t pid)
{
    char path[64], line[256];
    double kib = 0;
    int child;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "Pss_Anon:", 9) == 0 || strncmp(line, "Pss_Shmem:", 10) == 0)
            kib += atof(strchr(line, ':') + 1);
    }
    if (file != NULL)
        fclose(file);
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    file = fopen(path, "r");
    double below = 0;
    while (file != NULL && fscanf(file, "%d", &child) == 1)
        below += memory_of(child);
    if (file != NULL)
        fclose(file);
    return kib * 1024 + below;
}

static int descriptors_of(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    return temp_count(path);
}

/* Returns the word after `name` in a line of the log. */
static void take_word(const char *line, const char *name, char word[128])
{
    char before[32];
    int length = snprintf(before, sizeof before, "\"%s\": \"", name);
    const char *at = strstr(line, before);
    cr_assert_not_null(at, "%s", line);
    snprintf(word, 128, "%.*s", (int)strcspn(at + length, "\""), at + length);
}

/* Checks what the log reports of a job, and removes its result. */
static void check_job(const char *line, bool closely)
{
    char status[128], output[128];
    take_word(line, "status", status);
    take_word(line, "output", output);
    bool hostile = strstr(output, "hostile") != NULL;
    if (strcmp(status, hostile ? "failed" : "ok") != 0)
        torture_complain("odd end of a job: %s", line);
    if (hostile)
        return;
    if (closely) {
        static const char *const references[] = {"reference/0.png", "reference/1.png", "reference/2.jpg"};
        int number = atoi(strrchr(output, '/') + 1);
        if (!same_bytes(output, references[number % 3]))
            torture_complain("%s is not right", output);
    }
    if (unlink(output) != 0)
        torture_complain("%s is not there", output);
}

/* The mean of the first or the last tenth of the samples. */
static double mean_of_tenth(const double *samples, int count, bool last)
{
    int tenth = count / 10 > 0 ? count / 10 : 1;
    double sum = 0;
    for (int i = 0; i < tenth; i++)
        sum += samples[last ? count - 1 - i : i];
    return sum / tenth;
}

static void soak(const char *name)
{
    torture_begin();
    int names = torture_is_long() ? LONG_NAMES : SHORT_NAMES, jobs = names * POOL, count = 0,
        every = jobs / SAMPLES;
    put_pools();
    int list = put_list(names);
    char backend[32];
    snprintf(backend, sizeof backend, "--backend=%s", name);
    const char *const arguments[] = {"run",      "-",     "--base=in", "-o",      "out", "--resize=50%",
                                     "--blur=1", backend, "--log=log", "--quiet", NULL};
    cr_assert_eq(mkfifo("log", 0600), 0);
    /* AddressSanitizer keeps freed memory, by default up to 256 MB. */
    const struct start start = {.input_fd = list, .environment = {"ASAN_OPTIONS=quarantine_size_mb=1"}};
    struct running running = run_start(&start, arguments);
    FILE *log = fopen("log", "r");
    cr_assert_not_null(log);
    static double memory[SAMPLES + 1], descriptors[SAMPLES + 1];
    static char line[8192];
    int ended = 0;
    while (fgets(line, sizeof line, log) != NULL) {
        check_job(line, ended % 50 == 0);
        if (++ended % every == 0 && ended < jobs && count < SAMPLES) {
            memory[count] = memory_of(running.pid);
            descriptors[count++] = descriptors_of(running.pid);
        }
    }
    fclose(log);
    struct run run = run_wait(&running);
    cr_assert_eq(run.status, 1, "%d: %s", run.status, run.err);
    cr_assert_eq(ended, jobs);
    double first = mean_of_tenth(memory, count, false), last = mean_of_tenth(memory, count, true);
    double few = mean_of_tenth(descriptors, count, false), many = mean_of_tenth(descriptors, count, true);
    if (torture_is_long())
        fprintf(stderr,
                "%s: %d jobs; %.2f MiB in the first tenth, %.2f in the last; %.1f descriptors, %.1f\n", name,
                jobs, first / 1048576, last / 1048576, few, many);
    /* A short run is still warming up in its first tenth. */
    cr_assert_lt(last, first * (torture_is_long() ? 1.05 : 1.5), "memory grew from %.0f to %.0f bytes", first,
                 last);
    cr_assert_lt(many, few + DESCRIPTORS);
    torture_end();
}

Test(torture_soak, threads)
{
    soak("threads");
}

Test(torture_soak, procs)
{
    soak("procs");
}

Test(torture_soak, async)
{
    soak("async");
}
