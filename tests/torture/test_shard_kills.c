/*
 * A batch in shards, of which attempts are killed at random moments: single ones, and all of a "node" at
 * once. Some shards are attempted twice at the same time, and in some batches every lock succeeds, as on file
 * systems whose locks are local to a machine. At all times each result on disk is complete and right, and
 * what the journal has is not made again; then `pixmill verify` names the shards that are to be repeated
 * until all is done: nothing lost, nothing half, nothing twice.
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

#include "base/clock.h"
#include "cli/run.h"
#include "temp.h"
#include "torture/torture.h"

enum {
    PICTURES = 60,
    SHARDS = 4,
    ATTEMPTS = SHARDS + 2,
    LONG_KILLS = 200,
    SHORT_KILLS = 8,
    ROUNDS_MAX = 600
};

struct batch {
    const struct variant *variant;
    struct start start;
    bool local_locks;
    char what[64];
};

static double length = 0.1; /* recent length of an undisturbed attempt, seconds */

/* A result that the journal has, and its inode. */
struct recorded {
    char path[64];
    ino_t inode;
};

static struct running begin_attempt(const struct batch *batch, int shard)
{
    char option[32];
    const char *arguments[24] = {
        "run", torture_inputs(batch->variant), "-o", "out", "--journal=journal/", "--resume", "-j2"};
    size_t n = 7;
    snprintf(option, sizeof option, "--shard=%d/%d", shard, SHARDS);
    arguments[n++] = option;
    for (size_t i = 0; batch->variant->filters[i] != NULL; i++)
        arguments[n++] = batch->variant->filters[i];
    return run_start(&batch->start, arguments);
}

/* Adds the results in the complete lines of a segment; those of failures are not there. */
static int read_segment(const char *path, struct recorded *recorded, int count)
{
    char *text = temp_read(path, NULL);
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        char *tab = memchr(line, '\t', (size_t)(end - line));
        struct stat status;
        *end = '\0';
        if (tab == NULL || strstr(line, "\t!") != NULL)
            continue;
        cr_assert_lt(count, 4 * PICTURES);
        snprintf(recorded[count].path, sizeof recorded->path, "%.*s", (int)(tab - line), line);
        if (stat(recorded[count].path, &status) != 0)
            torture_complain("%s is in the journal, but not there", recorded[count].path);
        else
            recorded[count++].inode = status.st_ino;
    }
    free(text);
    return count;
}

static int read_journal(struct recorded *recorded)
{
    DIR *folder = opendir("journal");
    int count = 0;
    for (const struct dirent *entry = folder != NULL ? readdir(folder) : NULL; entry != NULL;
         entry = readdir(folder)) {
        char path[512];
        snprintf(path, sizeof path, "journal/%s", entry->d_name);
        if (entry->d_name[0] != '.')
            count = read_segment(path, recorded, count);
    }
    if (folder != NULL)
        closedir(folder);
    return count;
}

static void expect_kept(const struct batch *batch, const struct recorded *recorded, int count)
{
    for (int i = 0; i < count; i++) {
        struct stat status = {0};
        if (stat(recorded[i].path, &status) != 0 || status.st_ino != recorded[i].inode)
            torture_complain("%s: %s was made again", batch->what, recorded[i].path);
    }
}

static bool is_alive(pid_t pid)
{
    siginfo_t ended = {0};
    return waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0;
}

/* Kills one attempt, or with `node` every second one. Returns how many were killed. */
static int strike(const struct running *running, bool node)
{
    int killed = 0;
    const unsigned long chosen = torture_random(ATTEMPTS);
    for (unsigned long i = 0; i < ATTEMPTS; i++) {
        if ((node ? i % 2 != chosen % 2 : i != chosen) || !is_alive(running[i].pid))
            continue;
        kill(running[i].pid, SIGKILL);
        killed++;
    }
    return killed;
}

/* All shards, two of them twice, with a strike in the middle. Returns how many attempts were killed. */
static int disturbed_round(const struct batch *batch)
{
    struct recorded recorded[4 * PICTURES];
    struct running running[ATTEMPTS];
    int temporaries;
    const int count = read_journal(recorded);
    const double began = clock_now(), moment = length * (double)torture_random(1000) / 1000;
    for (int i = 0; i < ATTEMPTS; i++)
        running[i] = begin_attempt(batch, i < SHARDS ? i : (int)torture_random(SHARDS));
    clock_sleep_until(began + moment);
    const int killed = strike(running, torture_random(4) == 0);
    for (int i = 0; i < ATTEMPTS; i++) {
        struct run run = run_wait(&running[i]);
        /* Where every lock succeeds, a shard's second attempt takes the first one's temporaries away. */
        const bool swept = batch->local_locks && run.status == 1;
        if (run.status != 0 && run.status != 128 + SIGKILL && !swept)
            torture_complain("%s: status %d:\n%s", batch->what, run.status, run.err);
        if (run.status == 0 && i == 0 && count == 0)
            length = 0.7 * length + 0.3 * (clock_now() - began);
    }
    torture_expect_no_process(batch->what);
    torture_right_files(batch->variant, "out", &temporaries, batch->what);
    expect_kept(batch, recorded, count);
    return killed;
}

static struct run verify(const struct batch *batch)
{
    return RUN("verify", torture_inputs(batch->variant), "-o", "out", "--journal=journal/", "--shards=4");
}

/* Repeats the shards that verify lists, as an engine would. */
static void finish(const struct batch *batch)
{
    for (int again = 0; again < 2; again++) {
        struct run listed = verify(batch);
        for (int shard = 0; shard < SHARDS; shard++) {
            struct recorded recorded[4 * PICTURES];
            const char *last = NULL;
            bool wanted = false;
            for (const char *at = listed.out; *at != '\0' && *at != '\n'; at = last + (*last == ',')) {
                char *end;
                const long from = strtol(at, &end, 10), to = *end == '-' ? strtol(end + 1, &end, 10) : from;
                wanted |= shard >= from && shard <= to;
                last = end;
            }
            if (!wanted)
                continue;
            const int count = read_journal(recorded);
            struct running running = begin_attempt(batch, shard);
            struct run run = run_wait(&running);
            if (run.status != 0)
                torture_complain("%s: status %d:\n%s", batch->what, run.status, run.err);
            expect_kept(batch, recorded, count);
        }
    }
}

/* Once more: nothing is left to do, and no temporary is left. */
static void expect_finished(const struct batch *batch)
{
    int temporaries;
    for (int shard = 0; shard < SHARDS; shard++) {
        struct running running = begin_attempt(batch, shard);
        struct run run = run_wait(&running);
        if (run.status != 0 || torture_summary(run.err, "ok") != 0)
            torture_complain("%s: made again: status %d:\n%s", batch->what, run.status, run.err);
    }
    const int right = torture_right_files(batch->variant, "out", &temporaries, batch->what);
    if (right != PICTURES || temporaries != 0)
        torture_complain("%s: %d of %d are right, %d temporaries", batch->what, right, PICTURES, temporaries);
    struct run run = verify(batch);
    if (run.status != 0 || run.out[0] != '\0' || strstr(run.err, "60 images: 60 done, ") == NULL ||
        strstr(run.err, "stranger") != NULL)
        torture_complain("%s: verify: status %d: %s%s", batch->what, run.status, run.out, run.err);
}

static void kill_batches(bool local_locks)
{
    const int wanted = torture_is_long() ? LONG_KILLS : SHORT_KILLS;
    int killed = 0, batches = 0;
    torture_begin();
    torture_prepare(PICTURES);
    for (int rounds = 0; killed < wanted && rounds < ROUNDS_MAX; batches++) {
        struct batch batch = {.local_locks = local_locks};
        do
            batch.variant = &torture_variants[torture_random(torture_variant_count)];
        while (batch.variant->encrypts); /* each attempt gives other bytes */
        if (local_locks)
            batch.start = (struct start){.environment = {torture_preload("locks")}};
        snprintf(batch.what, sizeof batch.what, "%s, %s locks", batch.variant->name,
                 local_locks ? "local" : "real");
        run_about = batch.what;
        torture_remove("out");
        torture_remove("journal");
        for (int round = 0; round < 4; round++, rounds++)
            killed += disturbed_round(&batch);
        finish(&batch);
        expect_finished(&batch);
        run_forget();
    }
    if (torture_is_long())
        fprintf(stderr, "%d attempts of shards were killed in %d batches, with %s locks\n", killed, batches,
                local_locks ? "local" : "real");
    cr_assert_geq(killed, wanted);
    torture_end();
}

Test(torture_shards, attempts_and_nodes_are_killed)
{
    kill_batches(false);
}

Test(torture_shards, where_every_lock_succeeds)
{
    kill_batches(true);
}
