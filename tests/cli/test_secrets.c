/*
 * Keys in a running command: memory that a core dump would contain must not have the master key, its text, or
 * a key of a finished image. Searches all memory of all processes while the run is blocked, because its --log
 * is a full pipe.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/run.h"
#include "codec/sealed/header.h"
#include "pixmill/secret.h"
#include "temp.h"

enum { IMAGES = 40, NEEDLES_MAX = 128, PROCESSES_MAX = 64, NEEDLE_MAX = 64 };

#ifdef PIXMILL_SANITIZED
static const bool sanitized = true; /* its shadow memory is terabytes large, and may contain copies */
#else
static const bool sanitized = false;
#endif

static const char hex[] = "91f3a75c2e08d46bb6127f4d9a03e85c17c4600dba5ef2398124dd6b33a90f7e";
static const char passphrase[] = "correct horse battery staple, and a pixel";

struct needle {
    uint8_t bytes[NEEDLE_MAX];
    size_t size;
    const char *what;
};

struct search {
    struct needle needles[NEEDLES_MAX];
    size_t nneedles;
    size_t open, guarded; /* found in memory that is dumped, and in memory that is not */
    const char *first_open;
};

static void add_needle(struct search *search, const void *bytes, size_t size, const char *what)
{
    cr_assert(search->nneedles < NEEDLES_MAX && size <= NEEDLE_MAX);
    struct needle *needle = &search->needles[search->nneedles++];
    memcpy(needle->bytes, bytes, size);
    needle->size = size;
    needle->what = what;
}

/* The keys of the images that have results. */
static size_t add_finished(struct search *search, const uint8_t master[PM_KEY_BYTES])
{
    size_t count = 0;
    for (int i = 0; i < IMAGES; i++) {
        char path[64];
        size_t size;
        struct pm_secret secret;
        struct pm_error error = {0};
        uint8_t id[PM_ID_BYTES], salt[PM_SALT_BYTES];
        snprintf(path, sizeof path, "out/%d.png", i);
        if (access(path, F_OK) != 0)
            continue;
        const uint8_t *bytes = (const uint8_t *)content_of(path, &size);
        cr_assert_eq(pm_secret_ids(bytes, size, id, salt, &error), 0, "%s: %s", path, error.message);
        cr_assert_eq(pm_secret_derive(master, id, salt, &secret, &error), 0);
        add_needle(search, secret.pixel_key, PM_KEY_BYTES, "a finished image's pixel key");
        add_needle(search, secret.metadata_key, PM_KEY_BYTES, "a finished image's metadata key");
        count++;
    }
    return count;
}

static void search_bytes(struct search *search, const uint8_t *bytes, size_t size, bool guarded)
{
    for (size_t i = 0; i < search->nneedles; i++) {
        const struct needle *needle = &search->needles[i];
        if (memmem(bytes, size, needle->bytes, needle->size) == NULL)
            continue;
        if (guarded) {
            search->guarded++;
        } else {
            search->open++;
            search->first_open = needle->what;
        }
    }
}

/* Searches one mapping of a process, page by page with an overlap; skips unreadable pages. */
static void search_mapping(struct search *search, int mem, unsigned long begin, unsigned long end,
                           bool guarded)
{
    enum { PIECE = 1 << 20 };
    static uint8_t bytes[PIECE + NEEDLE_MAX];
    /* The last mapping of a 32-bit process may end at the end of the address space. */
    for (unsigned long done = 0; done < end - begin; done += PIECE) {
        const unsigned long left = end - begin - done;
        ssize_t got = pread(mem, bytes, left < sizeof bytes ? left : sizeof bytes, (off_t)(begin + done));
        if (got > 0)
            search_bytes(search, bytes, (size_t)got, guarded);
    }
}

/* Reads a file of /proc, NUL-terminated; such files have no size. */
static size_t read_proc(pid_t pid, const char *name, char *text, size_t room)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t size = 0;
    for (ssize_t got = 1; fd >= 0 && got > 0 && size<room - 1; size += got> 0 ? (size_t)got : 0)
        got = read(fd, text + size, room - 1 - size);
    close(fd);
    text[size] = '\0';
    return size;
}

static void search_process(struct search *search, pid_t pid)
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    int mem = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%d/smaps", pid);
    FILE *maps = fopen(path, "re");
    cr_assert(mem >= 0 && maps != NULL, "process %d can't be read", pid);
    unsigned long begin = 0, end = 0, b, e;
    char rights[8] = "", r[8];
    while (fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%lx-%lx %7s", &b, &e, r) == 3) {
            begin = b;
            end = e;
            memcpy(rights, r, sizeof rights);
        } else if (strncmp(line, "VmFlags:", 8) == 0 && rights[0] == 'r') {
            search_mapping(search, mem, begin, end, strstr(line, " dd") != NULL);
        }
    }
    fclose(maps);
    close(mem);
    static char text[1 << 16];
    search_bytes(search, (const uint8_t *)text, read_proc(pid, "cmdline", text, sizeof text), false);
    search_bytes(search, (const uint8_t *)text, read_proc(pid, "environ", text, sizeof text), false);
}

/* Appends the children of a process, and theirs. */
static size_t add_descendants(pid_t pid, pid_t *pids, size_t count)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    for (struct dirent *task; tasks != NULL && (task = readdir(tasks)) != NULL;) {
        char children[384];
        snprintf(children, sizeof children, "%s/%s/children", path, task->d_name);
        FILE *file = task->d_name[0] != '.' ? fopen(children, "re") : NULL;
        int child;
        while (file != NULL && fscanf(file, "%d", &child) == 1) {
            cr_assert_lt(count, PROCESSES_MAX);
            pids[count++] = child;
            count = add_descendants(child, pids, count);
        }
        if (file != NULL)
            fclose(file);
    }
    if (tasks != NULL)
        closedir(tasks);
    return count;
}

/* Do all threads of these processes sleep? */
static bool all_sleep(const pid_t *pids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/task", pids[i]);
        DIR *tasks = opendir(path);
        bool asleep = tasks != NULL;
        for (struct dirent *task; asleep && (task = readdir(tasks)) != NULL;) {
            char stat[384], state = 'R';
            snprintf(stat, sizeof stat, "%s/%s/stat", path, task->d_name);
            FILE *file = task->d_name[0] != '.' ? fopen(stat, "re") : NULL;
            if (file != NULL) {
                asleep = fscanf(file, "%*d (%*[^)]) %c", &state) == 1 && state == 'S';
                fclose(file);
            }
        }
        if (tasks != NULL)
            closedir(tasks);
        if (!asleep)
            return false;
    }
    return true;
}

/* Waits until the log's pipe is full and all processes sleep; returns the processes, the command first. */
static size_t wait_until_still(pid_t pid, int pipe, pid_t pids[PROCESSES_MAX])
{
    enum { LINE_MOST = 700, CAPACITY = 4096 };
    double deadline = clock_now() + 60;
    int before = -1;
    for (;;) {
        int filled = 0;
        cr_assert_eq(ioctl(pipe, FIONREAD, &filled), 0);
        pids[0] = pid;
        size_t count = add_descendants(pid, pids, 1);
        if (filled > CAPACITY - LINE_MOST && filled == before && all_sleep(pids, count))
            return count;
        before = filled;
        cr_assert_lt(clock_now(), deadline, "the run does not stand still: %d bytes in the log", filled);
        usleep(20000);
    }
}

static void expect_no_core(pid_t pid)
{
    char limits[4096];
    cr_assert_gt(read_proc(pid, "limits", limits, sizeof limits), 0);
    const char *line = strstr(limits, "Max core file size");
    unsigned long soft = 1, hard = 1;
    cr_assert_not_null(line);
    cr_assert_eq(sscanf(line, "Max core file size %lu %lu", &soft, &hard), 2);
    cr_assert(soft == 0 && hard == 0);
}

/* The master key of the run: what the key file says, or what scrypt makes of the passphrase and a result's
 * salt. */
static void find_master(bool stretched, uint8_t master[PM_KEY_BYTES])
{
    uint8_t id[PM_ID_BYTES], salt[PM_SALT_BYTES];
    struct pm_error error = {0};
    size_t size;
    for (int i = 0; !stretched && i < PM_KEY_BYTES; i++)
        cr_assert_eq(sscanf(hex + 2 * i, "%2hhx", &master[i]), 1);
    if (!stretched)
        return;
    char path[64] = "";
    for (int i = 0; i < IMAGES && (path[0] == '\0' || access(path, F_OK) != 0); i++)
        snprintf(path, sizeof path, "out/%d.png", i);
    const uint8_t *bytes = (const uint8_t *)content_of(path, &size);
    cr_assert_eq(pm_secret_ids(bytes, size, id, salt, &error), 0);
    cr_assert_eq(EVP_PBE_scrypt(passphrase, strlen(passphrase), salt, sizeof salt, 1 << SEAL_SCRYPT_LOG2_N,
                                SEAL_SCRYPT_R, SEAL_SCRYPT_P, 1 << 28, master, PM_KEY_BYTES),
                 1);
}

static void expect_kept(const char *backend, const char *jobs, const char *option, const char *text)
{
    static struct search search;
    struct start start = {0};
    pid_t pids[PROCESSES_MAX];
    uint8_t master[PM_KEY_BYTES];
    char input[IMAGES * 8] = "";
    if (sanitized)
        cr_skip_test("a sanitizer's memory is not searched for keys");
    run_begin();
    for (int i = 0; i < IMAGES; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d.png", i);
        put_picture(name, 40, 30);
        strcat(strcat(input, name), "\n");
    }
    temp_text("key", text);
    cr_assert_eq(chmod("key", 0600), 0);
    cr_assert_eq(mkfifo("log", 0600), 0);
    int pipe = open("log", O_RDWR | O_CLOEXEC);
    cr_assert(pipe >= 0 && fcntl(pipe, F_SETPIPE_SZ, 4096) == 4096);
    start.input = input;
    const char *arguments[] = {"run",       "-",     "-o", "out", "--encrypt", option,
                               "--backend", backend, "-j", jobs,  "--log=log", NULL};
    struct running running = run_start(&start, arguments);
    size_t count = wait_until_still(running.pid, pipe, pids);

    bool stretched = strcmp(text, passphrase) == 0;
    find_master(stretched, master);
    add_needle(&search, master, sizeof master, "the master key");
    add_needle(&search, text, strlen(text), "the text of the key file");
    size_t masters = search.nneedles;
    for (size_t i = 0; i < count; i++) {
        expect_no_core(pids[i]);
        search_process(&search, pids[i]);
    }
    cr_assert_eq(search.open, 0, "%s is in memory that is dumped", search.first_open);
    cr_assert_geq(search.guarded, 1, "the search finds nothing at all");
    cr_assert_eq(masters, 2);
    search.nneedles = search.guarded = 0;
    cr_assert_geq(add_finished(&search, master), 4);
    for (size_t i = 0; i < count; i++)
        search_process(&search, pids[i]);
    /* The job that waits for the log, and one per worker, are not wiped yet. */
    cr_assert_eq(search.open, 0, "%s is in memory that is dumped", search.first_open);

    cr_assert_geq(fcntl(pipe, F_SETPIPE_SZ, 1 << 20), 1 << 20);
    struct run run = run_wait(&running);
    close(pipe);
    expect_summary(&run, "40 images: 40 ok, 0 skipped, 0 failed");
    cr_assert_null(strstr(run.err, text));
}

Test(secrets, serial)
{
    expect_kept("serial", "1", "--key-file=key", hex);
}

Test(secrets, threads)
{
    expect_kept("threads", "2", "--key-file=key", hex);
}

Test(secrets, procs)
{
    expect_kept("procs", "2", "--key-file=key", hex);
}

Test(secrets, async)
{
    expect_kept("async", "1", "--key-file=key", hex);
}

Test(secrets, passphrase)
{
    expect_kept("threads", "2", "--passphrase-file=key", passphrase);
}

Test(secrets, a_key_that_others_can_read_draws_a_warning)
{
    static const struct {
        mode_t mode;
        bool warned;
    } modes[] = {{0600, false}, {0400, false}, {0640, true}, {0604, true}};
    static const char warning[] =
        "pixmill: key: warning: other users can read this key (run chmod 600 on it)\n";
    run_begin();
    put_picture("a.png", 10, 10);
    temp_text("key", hex);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        cr_assert_eq(chmod("key", modes[i].mode), 0);
        struct run run = RUN("run", "a.png", "-o", "out", "--encrypt", "--key-file=key");
        expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
        cr_assert_eq(strstr(run.err, warning) != NULL, modes[i].warned, "%o: %s", modes[i].mode, run.err);
    }
    struct run run = RUN("run", "a.png", "-o", "out", "--encrypt", "--key-file=key", "--quiet");
    cr_assert_str_eq(run.err, "");
}
