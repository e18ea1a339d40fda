/* A batch with images that take over their decoder (tests/hostile), with the real command: each one fails, is
 * named, and harms no other image. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "cli/run.h"
#include "forbid.h"
#include "temp.h"

#ifndef PIXMILL_SANITIZED

TestSuite(hostile, .init = run_begin);

static const struct attack {
    const char *name, *told;
} attacks[] = {
    {"open", "was stopped at the forbidden openat "},
    {"write", "was stopped at the forbidden openat "},
    {"access", "was stopped at the forbidden "},
    {"connect", "was stopped at the forbidden " CALL_SOCKET " "},
    {"fork", "was stopped at the forbidden "}, /* the C library's first system call for it */
    {"clone", "was stopped at the forbidden clone "},
    {"thread", "was stopped at the forbidden clone3 "},
    {"exec", "was stopped at the forbidden execve "},
    {"find-parent", "was stopped at the forbidden getppid "},
    {"kill-parent", "was stopped at the forbidden kill "},
    {"signal-worker", "was stopped at the forbidden tgkill "},
    {"map-worker", "was stopped at the forbidden process_vm_readv "},
    {"trace-worker", "was stopped at the forbidden ptrace "},
    {"map-code", "was stopped at the forbidden " CALL_MMAP " "},
    {"make-code", "was stopped at the forbidden mprotect "},
    {"old-call", "the worker process was "}, /* killed, or stopped if there are no other processes */
    {"memory", "no memory is left"},
    {"read-only", "was stopped at the forbidden mprotect "},
    {"stacks", "was stopped at the forbidden " CALL_MMAP " "},
    {"page-tables", "was stopped at the forbidden " CALL_MMAP " "},
    {"distant", "no place may be chosen"},
    {"double", "was stopped at the forbidden mremap "},
    {"addresses", "no addresses are left"},
    {"shared", "was stopped at the forbidden " CALL_MMAP " "},
    {"limit", "was stopped at the forbidden prlimit64 "},
    {"block", "was stopped at the forbidden rt_sigprocmask "},
    {"stop", "was stopped at the forbidden tgkill "},
    {"overrun", "was killed by signal 7, Bus error"},
    {"exit", "ended with status 0"},
    {"close", "was stopped at the forbidden close "},
    {"reply-next", "sent an invalid reply"},
    {"huge", "sent an invalid reply"},
    {"more", "sent an invalid reply"},
    {"called-back", "sent an invalid reply"},
    {"many-parts", "sent an invalid reply"},
    {"part-outside", "sent an invalid reply"},
    {"page", "sent an invalid reply"},
    {"other-format", "sent an invalid reply"},
    {"other-size", "sent an invalid reply"},
    {"peak", "sent an invalid reply"},
    {"nothing", "sent an invalid reply"},
    {"disown", "sent an invalid reply"},
    {"scribble", "sent an invalid reply"},
    {"babble", "sent an invalid reply"},
    {"fill", "sent an invalid reply"},
};
enum { ATTACKS = sizeof attacks / sizeof *attacks, PICTURES = 12 };

/* Pictures with attacks of these names in between. */
static void put_batch(const struct attack *list, size_t count)
{
    char path[64], content[64];
    for (int i = 0; i < PICTURES; i++) {
        snprintf(path, sizeof path, "good/%c.png", 'a' + 2 * i);
        put_picture(path, 40 + 7 * (uint32_t)i, 50);
        snprintf(path, sizeof path, "in/%c.png", 'a' + 2 * i);
        put_picture(path, 40 + 7 * (uint32_t)i, 50);
    }
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "in/%c-%s.png", 'b' + 2 * (char)(i % PICTURES), list[i].name);
        snprintf(content, sizeof content, "HOSTILE %s", list[i].name);
        temp_text(path, content);
    }
    struct run run = RUN("run", "good", "-o", "reference", "--backend=serial", "--resize=50%");
    expect_summary(&run, "12 images: 12 ok, 0 skipped, 0 failed");
}

/* The log line of the input whose name ends with that; NUL-terminated. */
static char *log_line(const char *log, const char *name_end)
{
    char *copy = strdup(log);
    char *found = NULL;
    for (char *rest = copy, *line; (line = strsep(&rest, "\n")) != NULL && found == NULL;) {
        if (strstr(line, name_end) != NULL)
            found = strdup(line);
    }
    free(copy);
    return found;
}

static void expect_failed(const struct run *run, const char *log, const struct attack *attack)
{
    char name[64];
    snprintf(name, sizeof name, "-%s.png\", \"output\"", attack->name); /* a warning may name it, too */
    char *line = log_line(log, name);
    cr_assert_not_null(line, "%s is not in the log", attack->name);
    cr_assert_not_null(strstr(line, "\"status\": \"failed\""), "%s", line);
    cr_assert_not_null(strstr(line, attack->told), "no '%s' in: %s", attack->told, line);
    free(line);
    snprintf(name, sizeof name, "-%s.png: ", attack->name);
    cr_assert_not_null(strstr(run->err, name), "%s is not named in:\n%s", attack->name, run->err);
}

static void expect_others_right(const char *folder)
{
    for (int i = 0; i < PICTURES; i++) {
        char one[64], other[64];
        snprintf(one, sizeof one, "reference/%c.png", 'a' + 2 * i);
        snprintf(other, sizeof other, "%s/%c.png", folder, 'a' + 2 * i);
        cr_assert(same_bytes(one, other), "%s differs", other);
    }
}

static const struct start hostile = {.program = "pixmill-hostile"};

static void expect_withstood(const char *sandbox, const struct attack *list, size_t count,
                             const char *timeout)
{
    put_batch(list, count);
    struct run run = RUN_AS(&hostile, "run", "in", "-o", "out", "--backend=procs", "-j2", "--resize=50%",
                            "--verbose", "--log=log", sandbox, timeout);
    char counts[64];
    snprintf(counts, sizeof counts, "%zu images: %d ok, 0 skipped, %zu failed", PICTURES + count, PICTURES,
             count);
    cr_assert_eq(run.status, 1, "%s", run.err);
    expect_summary(&run, counts);
    size_t size;
    const char *log = content_of("log", &size);
    for (size_t i = 0; i < count; i++)
        expect_failed(&run, log, &list[i]);
    cr_assert_null(strstr(log, "unexpected message"), "another image is blamed: %s", log);
    expect_others_right("out");
    expect_files("out", PICTURES);
}

Test(hostile, images_fail_alone, .timeout = 300)
{
    expect_withstood("--sandbox=on", attacks, ATTACKS, NULL);
}

/* If the kernel lacks a part of the sandbox, the run is refused; tested in test_sandbox.c. */
Test(hostile, images_fail_alone_where_all_is_required, .timeout = 300)
{
    put_picture("one.png", 8, 8);
    struct run run = RUN("run", "one.png", "-o", "probe", "--backend=procs", "--sandbox=require");
    if (run.status == 2)
        cr_skip_test("the whole sandbox can't be had here");
    expect_withstood("--sandbox=require", attacks, ATTACKS, NULL);
}

Test(hostile, images_fail_alone_when_strict, .timeout = 300)
{
    expect_withstood("--sandbox=strict", attacks, ATTACKS, NULL);
}

/* Without a kernel limit, the parent checks memory. */
Test(hostile, memory_is_watched_where_it_cannot_be_limited, .timeout = 300)
{
    static const struct attack takes[] = {{"memory", "exceeded its memory limit of "}};
    const struct scmp_arg_cmp another = {.arg = 0, .op = SCMP_CMP_NE, .datum_a = 0};
    cr_assert_eq(forbid_call(SCMP_SYS(prlimit64), EPERM, another), 0);
    expect_withstood("--sandbox=on", takes, 1, "--memory=64M");
}

/* The others need a thousandth of that, but may have to wait for a processor. */
static const struct attack loops[] = {{"loop", "took longer than 10 s"}};
static const struct attack sleeps[] = {{"sleep", "stopped responding"}};

Test(hostile, an_image_that_never_ends_fails_alone, .timeout = 300)
{
    expect_withstood("--sandbox=on", loops, 1, "--timeout=10");
}

Test(hostile, an_image_that_never_ends_fails_alone_when_strict, .timeout = 300)
{
    expect_withstood("--sandbox=strict", loops, 1, "--timeout=10");
}

Test(hostile, an_image_that_sleeps_fails_alone, .timeout = 300)
{
    expect_withstood("--sandbox=on", sleeps, 1, NULL);
}

/* A worker that replies correctly and then hangs affects no other job: the next one is given to another
 * worker. */
Test(hostile, a_worker_that_does_not_begin_the_next_job_is_replaced, .timeout = 300)
{
    static const struct attack lingers[] = {{"linger", ""}};
    put_batch(lingers, 1);
    struct run run = RUN_AS(&hostile, "run", "in", "-o", "out", "--backend=procs", "-j1", "--io=sync",
                            "--resize=50%"); /* one after the other, in their order */
    expect(
        &run, 0,
        "in/c.png: warning: the previous worker process was replaced: it sent an unexpected message, or had died, after in/b-linger.png");
    expect_summary(&run, "13 images: 13 ok, 0 skipped, 0 failed");
    expect_others_right("out");
}

/* Only strict rejects the result of a worker that sends more messages or does not end. */
Test(hostile, a_job_is_believed_when_its_worker_has_ended, .timeout = 300)
{
    static const struct attack replies[] = {{"reply-twice", "sent an invalid reply"},
                                            {"linger", "sent an invalid reply"},
                                            {"reply-nothing", "sent an invalid reply"}};
    expect_withstood("--sandbox=strict", replies, sizeof replies / sizeof *replies, NULL);
}

/* A second reply, sent after the first one was accepted, is not mistaken for the next job's reply. */
Test(hostile, a_surplus_reply_is_no_other_jobs, .timeout = 300)
{
    static const struct attack twice[] = {{"reply-twice", ""}};
    put_batch(twice, 1);
    struct run run = RUN_AS(&hostile, "run", "in", "-o", "out", "--backend=procs", "-j1", "--resize=50%");
    expect_others_right("out");
    bool found_at_once = strstr(run.err, "reply-twice.png: the worker process sent an invalid reply") != NULL;
    bool found_later =
        strstr(run.err, "it sent an unexpected message, or had died, after in/b-reply-twice.png") != NULL;
    cr_assert(found_at_once || found_later, "%s", run.err);
    cr_assert_eq(run.status, found_at_once ? 1 : 0, "%s", run.err);
}

/* Several results are checked each by itself, and counted. */
Test(hostile, a_job_of_several_results_is_not_believed_with_fewer, .timeout = 300)
{
    static const struct attack list[] = {{"fewer-parts", "sent an invalid reply"},
                                         {"many-parts", "sent an invalid reply"},
                                         {"part-outside", "sent an invalid reply"},
                                         {"reply-next", "sent an invalid reply"}};
    const size_t count = sizeof list / sizeof *list;
    put_batch(list, count);
    struct run run = RUN_AS(&hostile, "run", "in", "-o", "out", "--backend=procs", "-j2", "--widths=20,10",
                            "--log=log", "--verbose");
    expect_summary(&run, "16 images: 12 ok, 0 skipped, 4 failed");
    size_t size;
    const char *log = content_of("log", &size);
    for (size_t i = 0; i < count; i++)
        expect_failed(&run, log, &list[i]);
    expect_files("out", 2 * PICTURES);
}

/* The real command does not recognise such images. */
Test(hostile, codec_is_not_in_the_command)
{
    temp_text("in/open.png", "HOSTILE open");
    struct run run = RUN("run", "in/open.png", "-o", "out", "--backend=procs");
    expect(&run, 1, "not a supported image (pixmill reads avif, bmp, gif, heic, jpeg, jxl, png, ");
    size_t size;
    char *command = temp_read(getenv("PIXMILL"), &size);
    cr_assert_not_null(command);
    cr_assert_null(memmem(command, size, "HOSTILE ", 8));
    free(command);
}

#endif
