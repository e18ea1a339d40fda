/*
 * kill -9 at random moments, of the parent and of worker processes, while small images are being made, with
 * a journal. After each kill: every result on disk is complete and correct; resuming makes the rest and
 * nothing twice; no process, memory segment or temporary file remains. The moments are spread over the
 * length of a run, and a kill counts only if the run was still alive.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/backend.h"
#include "base/clock.h"
#include "cli/run.h"
#include "io/engine.h"
#include "temp.h"
#include "torture/torture.h"

enum { PICTURES = 30, LONG_KILLS = 200, SHORT_KILLS = 2, MISSES_MOST = 40 };

enum victim { PARENT, WORKER, FORK_SERVER };
static const char *const victim_names[] = {"the parent", "a worker", "the fork server"};

struct scene {
    const struct backend *backend;
    const struct engine *engine;
    const struct variant *variant;
    enum victim victim;
    char what[128];
};

static double length; /* recent length of an undisturbed run, seconds */

static struct running begin_run(const struct scene *scene, const char *log, bool resume)
{
    char backend[32], engine[32], log_option[32];
    const char *arguments[24] = {"run", torture_inputs(scene->variant), "-o", "out", "--journal=journal"};
    size_t n = 5;
    snprintf(backend, sizeof backend, "--backend=%s", scene->backend->name);
    snprintf(engine, sizeof engine, "--io=%s", scene->engine->name);
    snprintf(log_option, sizeof log_option, "--log=%s", log);
    arguments[n++] = backend;
    arguments[n++] = engine;
    arguments[n++] = log_option;
    if (!scene->backend->one_worker)
        arguments[n++] = "-j2";
    for (size_t i = 0; scene->variant->filters[i] != NULL; i++)
        arguments[n++] = scene->variant->filters[i];
    if (resume)
        arguments[n++] = "--resume";
    return run_start(&(struct start){0}, arguments);
}

/* The first child of a process; 0 if it has none. */
static pid_t child_of(pid_t pid)
{
    char path[64];
    int child = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    FILE *children = fopen(path, "r");
    if (children != NULL && fscanf(children, "%d", &child) != 1)
        child = 0;
    if (children != NULL)
        fclose(children);
    return child;
}

/* The process to kill; 0 if it does not exist yet, or no longer. */
static pid_t find_victim(const struct scene *scene, pid_t run)
{
    if (scene->victim == PARENT)
        return run;
    pid_t server = child_of(run);
    return scene->victim == FORK_SERVER || server == 0 ? server : child_of(server);
}

/* Kills at a random moment, and waits for the end of the run. True if the kill counted: the parent died of
 * it, or the run reported the loss. */
static bool kill_run(const struct scene *scene)
{
    double began = clock_now(), moment = length * (double)torture_random(1000) / 1000;
    struct running running = begin_run(scene, "log", false);
    clock_sleep_until(began + moment);
    pid_t victim = find_victim(scene, running.pid);
    siginfo_t ended = {0};
    bool alive =
        waitid(P_PID, (id_t)running.pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0;
    if (victim > 0 && alive)
        kill(victim, SIGKILL);
    struct run run = run_wait(&running);
    torture_expect_no_process(scene->what);
    if (run.status == 0)
        length = 0.7 * length + 0.3 * (clock_now() - began);
    if (scene->victim == PARENT)
        return run.status == 128 + SIGKILL;
    int failed = torture_summary(run.err, "failed");
    bool told = strstr(run.err, " died\n") != NULL || strstr(run.err, "lost") != NULL;
    if (scene->victim == WORKER && (failed > 1 || run.status != (failed > 0)))
        torture_complain("%s: status %d, %d failed:\n%s", scene->what, run.status, failed, run.err);
    if (run.status > 2)
        torture_complain("%s: status %d:\n%s", scene->what, run.status, run.err);
    return told;
}

/* A result that the journal lists, and the inode it had. */
struct kept {
    char path[64];
    ino_t inode;
};

/* The results in the complete lines of the journal; those of failures are not there. */
static int read_journal(struct kept *kept)
{
    char *text = temp_read("journal", NULL);
    int count = 0;
    for (char *line = text, *end; line != NULL && (end = strchr(line, '\n')) != NULL; line = end + 1) {
        char *tab = memchr(line, '\t', (size_t)(end - line));
        struct stat status = {0};
        if (tab == NULL || count == PICTURES || memmem(line, (size_t)(end - line), "\t!", 2) != NULL)
            continue;
        snprintf(kept[count].path, sizeof kept->path, "%.*s", (int)(tab - line), line);
        if (stat(kept[count].path, &status) != 0)
            torture_complain("%s is in the journal, but not there", kept[count].path);
        kept[count++].inode = status.st_ino;
    }
    free(text);
    return count;
}

/* How many lines of the log have this status. */
static int count_in_log(const char *log, const char *status)
{
    char wanted[32], *text = temp_read(log, NULL);
    int count = 0;
    snprintf(wanted, sizeof wanted, "\"status\": \"%s\"", status);
    for (const char *at = text; at != NULL && (at = strstr(at, wanted)) != NULL; at++)
        count++;
    free(text);
    return count;
}

static void expect_no_segment(const char *what)
{
    DIR *dir = opendir("/dev/shm");
    for (const struct dirent *entry = dir != NULL ? readdir(dir) : NULL; entry != NULL;
         entry = readdir(dir)) {
        if (strstr(entry->d_name, "pixmill-region") != NULL)
            torture_complain("%s: the memory segment %s was left", what, entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
}

/* Makes the rest, and nothing else. */
static void expect_resumed(const struct scene *scene, int right_before)
{
    struct kept kept[PICTURES];
    int temporaries, recorded = read_journal(kept);
    struct running running = begin_run(scene, "log2", true);
    struct run run = run_wait(&running);
    torture_expect_no_process(scene->what);
    int right = torture_right_files(scene->variant, "out", &temporaries, scene->what);
    int skipped = count_in_log("log2", "skipped"), done = count_in_log("log2", "ok");
    if (run.status != 0 || right != PICTURES || temporaries != 0)
        torture_complain("%s: resumed: status %d, %d right, %d temporaries:\n%s", scene->what, run.status,
                         right, temporaries, run.err);
    if (skipped != recorded || done != PICTURES - recorded || recorded > right_before)
        torture_complain("%s: %d were there and %d in the journal, and %d were skipped and %d done",
                         scene->what, right_before, recorded, skipped, done);
    for (int i = 0; i < recorded; i++) {
        struct stat status = {0};
        if (stat(kept[i].path, &status) != 0 || status.st_ino != kept[i].inode)
            torture_complain("%s: %s was made again", scene->what, kept[i].path);
    }
    expect_no_segment(scene->what);
}

static bool strike(const struct scene *scene)
{
    int temporaries;
    torture_remove("out");
    unlink("journal");
    bool landed = kill_run(scene);
    int right = torture_right_files(scene->variant, "out", &temporaries, scene->what);
    if (scene->victim != PARENT && temporaries > 0)
        torture_complain("%s: %d temporaries were left", scene->what, temporaries);
    if (landed)
        expect_resumed(scene, right);
    run_forget();
    return landed;
}

/* Alternates engines and recipes. */
static void strike_often(const char *backend, bool inside)
{
    temp_on_disk();
    torture_begin();
    torture_prepare(PICTURES);
    int wanted = torture_is_long() ? LONG_KILLS : SHORT_KILLS, landed = 0, missed = 0;
    length = 0.1;
    for (unsigned turn = 0; landed < wanted && missed < MISSES_MOST * wanted; turn++) {
        struct scene scene = {.backend = backend_find(backend),
                              .engine = engines[turn % 3],
                              .variant = &torture_variants[torture_random(torture_variant_count)],
                              .victim = inside ? turn % 8 == 7 ? FORK_SERVER : WORKER : PARENT};
        snprintf(scene.what, sizeof scene.what, "%s, io %s, %s, %s killed", backend, scene.engine->name,
                 scene.variant->name, victim_names[scene.victim]);
        run_about = scene.what;
        if (strike(&scene))
            landed++;
        else
            missed++;
    }
    if (torture_is_long())
        fprintf(stderr, "%s: %d kills of %s landed, %d did not\n", backend, landed,
                inside ? "workers and fork servers" : "the parent", missed);
    cr_assert_eq(landed, wanted);
    torture_end();
}

#define TEST_OF(name, backend, inside)                                                                       \
    Test(torture_kills, name)                                                                                \
    {                                                                                                        \
        strike_often(backend, inside);                                                                       \
    }
TEST_OF(serial, "serial", false)
TEST_OF(threads, "threads", false)
TEST_OF(procs, "procs", false)
TEST_OF(procs_workers, "procs", true)
TEST_OF(omp, "omp", false)
TEST_OF(gil, "gil", false)
TEST_OF(async, "async", false)
