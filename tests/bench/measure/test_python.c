/* The Python models: interpreters examined, models chosen, trials with the module that was built. */
#include <criterion/criterion.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/message.h"
#include "base/clock.h"
#include "bench/measure/models.h"
#include "bench/measure/trial.h"
#include "bench/measure/trial_report.h"
#include "bench/report/report.h"
#include "cli/help.h"
#include "cli/interpreter.h"
#include "cli/run.h"
#include "temp.h"

static struct interpreters interpreters;
static const struct backend_config held = {.gil = GIL_HELD};
static struct results results;
static struct pm_error error;
static struct trial_request request;
static struct trial_lab lab;
static struct trial trial;
static char culprit[160], output[PATH_MAX + 16], module[PATH_MAX + 32], python_option[PATH_MAX];
static const char *options[] = {output, "--recipe=resize=32x32/format=png", NULL, NULL};

/* The names of the models; without the version. */
static const char *const names[] = {
#define ROW(name, title, since, one_worker, about) name, name PYTHON_KEPT,
    PYTHON_MODELS(ROW)
#undef ROW
};
enum { NAMES = sizeof names / sizeof *names };

static const char *interpreter(void)
{
    const char *named = getenv("PYTHON");
    return named != NULL ? named : "/usr/bin/python3";
}

/* Two small pictures, and the interpreter with its module; skips the test without it. */
static void begin(void)
{
    const char *pixmill = getenv("PIXMILL");
    char file[sizeof module + 32];
#ifdef PIXMILL_SANITIZED
    cr_skip_test("a plain interpreter can't load a module with a sanitizer");
#endif
    cr_assert_not_null(pixmill, "PIXMILL names the command");
    snprintf(module, sizeof module, "%.*spython", (int)(strrchr(pixmill, '/') + 1 - pixmill), pixmill);
    snprintf(file, sizeof file, "%s/pixmill/_trial.py", module);
    if (access(file, R_OK) != 0)
        cr_skip_test("the module is not built: no Python 3.11 or newer with its headers (python3-dev)");
    cr_assert_eq(setenv("PYTHONPATH", module, 1), 0);
    cr_assert_eq(setenv("PYTHONDONTWRITEBYTECODE", "1", 1), 0);
    run_begin();
    put_picture("a.png", 64, 64);
    put_picture("b.jpg", 64, 64);
    cr_assert_eq(mkdir("out", 0755), 0);
    cr_assert_eq(interpreter_examine(interpreter(), &interpreters.items[0], &error), 0, "%s", error.message);
    interpreters.count = 1;
    snprintf(python_option, sizeof python_option, "--python=%s", interpreter());
    lab = (struct trial_lab){.program = "", .inputs = memfd_create("inputs", MFD_CLOEXEC), .stop = -1};
    dprintf(lab.inputs, "%s/a.png%c%s/b.jpg%c", temp_folder(), 0, temp_folder(), 0);
    snprintf(output, sizeof output, "--output=%s/out", temp_folder());
    request = (struct trial_request){.backend = "python-threads",
                                     .engine = "sync",
                                     .python = interpreters.items[0].path,
                                     .workload = WORKLOAD_CPU,
                                     .jobs = 2,
                                     .rounds = 3,
                                     .options = options};
}

static enum trial_end run(void)
{
    error = (struct pm_error){0};
    return trial_run(&lab, &request, &trial, culprit, &error);
}

static void runs_well(void)
{
    cr_assert_eq(run(), TRIAL_MEASURED, "%s: %s: %s", request.backend, culprit, error.message);
}

/* Can the interpreter run the model `name`? */
static bool can_run(const char *name)
{
    return strncmp(name, "python-interpreters", strlen("python-interpreters")) != 0 ||
           interpreters.items[0].minor >= 14;
}

/* The results are those of the command. */
static void expect_results(void)
{
    struct run wanted = RUN("run", "a.png", "b.jpg", "-o", "wanted", "--resize=32x32", "--format=png");
    expect(&wanted, 0, "");
    cr_assert(same_bytes("out/0", "wanted/a.png") && same_bytes("out/1", "wanted/b.png"), "%s",
              request.backend);
    expect_files("out", 2);
}

TestSuite(python_models, .timeout = 300);

Test(python_models, do_the_work_of_every_workload)
{
    begin();
    for (size_t i = 0; i < NAMES; i++) {
        if (!can_run(names[i]))
            continue;
        request.backend = names[i];
        request.jobs = strstr(names[i], "asyncio") != NULL && strstr(names[i], "+") == NULL ? 1 : 2;
        request.workload = WORKLOAD_CPU;
        request.rounds = 3;
        double began = clock_now();
        runs_well();
        const double took = clock_now() - began;
        cr_assert(trial.images == 6 && trial.pixels == 6 * 64 * 64 && trial.workers == request.jobs, "%s",
                  names[i]);
        cr_assert(trial.wall_s > 0 && trial.startup_s > 0 && trial.startup_s + trial.wall_s < took, "%s",
                  names[i]);
        cr_assert(trial.user_s + trial.system_s > 0 && trial.peak_pss_bytes > 1 << 20, "%s", names[i]);
        cr_assert_eq(trial.blocked_s > 0, strstr(names[i], "asyncio") != NULL, "%s", names[i]);
        expect_results();
        request.workload = WORKLOAD_IO;
        request.read_delay = 0.03;
        runs_well();
        cr_assert(trial.images == 6 && trial.wall_s >= 0.03, "%s: %g", names[i], trial.wall_s);
        request.workload = WORKLOAD_OVERHEAD;
        request.read_delay = 0;
        request.rounds = 1;
        runs_well();
        cr_assert_eq(trial.images, TINY_JOBS, "%s", names[i]);
    }
}

/* A watermark's file is read by the trial. */
Test(python_models, have_the_second_pictures_of_a_recipe)
{
    begin();
    put_picture("mark.png", 8, 8);
    options[1] = "--recipe=watermark=mark.png/format=png";
    options[2] = "--picture=mark.png";
    runs_well();
    struct run wanted = RUN("run", "a.png", "-o", "wanted", "--watermark=mark.png", "--format=png");
    expect(&wanted, 0, "");
    cr_assert(same_bytes("out/0", "wanted/a.png"));
}

Test(python_models, pin_their_workers)
{
    begin();
    options[2] = "--cpus=0";
    for (size_t i = 0; i < NAMES; i++) {
        request.backend = names[i];
        if (can_run(names[i]))
            runs_well();
    }
}

Test(python_models, a_job_that_fails_fails_the_trial_and_is_named)
{
    begin();
    temp_text("b.jpg", "no picture");
    for (size_t i = 0; i < NAMES; i++) {
        if (!can_run(names[i]))
            continue;
        request.backend = names[i];
        cr_assert_eq(run(), TRIAL_FAILED, "%s", names[i]);
        cr_assert(strstr(culprit, "b.jpg") != NULL, "%s: %s: %s", names[i], culprit, error.message);
        cr_assert(strstr(error.message, "not a supported image") != NULL, "%s: %s", names[i], error.message);
    }
}

Test(python_models, a_process_that_says_nothing_or_nonsense_is_a_failed_trial)
{
    begin();
    request.python = "/bin/false";
    cr_assert_eq(run(), TRIAL_FAILED);
    cr_assert(strstr(error.message, "status 1") != NULL, "%s", error.message);
    request.python = "./missing";
    cr_assert_eq(run(), TRIAL_FAILED);
    cr_assert(strstr(error.message, "could not be started") != NULL, "%s", error.message);
}

/* Starts a process as the lab, which is killed during a trial; its worker processes end, too. */
Test(python_models, end_when_the_lab_is_killed)
{
    static const char *const of[] = {"python-threads", "python-procs-fork", "python-procs-spawn",
                                     "python-procs-forkserver"};
    begin();
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        int ends[2];
        char byte;
        request.backend = of[i];
        request.rounds = 1000000;
        cr_assert(pipe(ends) == 0 && system("rm -f out/*") == 0);
        pid_t killed = fork();
        if (killed == 0) {
            dup2(ends[1], STDERR_FILENO); /* which the trial inherits */
            close(ends[1]);
            run();
            _exit(0);
        }
        close(ends[1]);
        alarm(120); /* ends the test, should a process not end */
        while (access("out/0", F_OK) != 0)
            poll(NULL, 0, 10);
        kill(killed, SIGKILL);
        waitpid(killed, NULL, 0);
        while (read(ends[0], &byte, 1) > 0) /* until the other end is closed everywhere */
            ;
        close(ends[0]);
    }
}

/* What a trial sends, as a JSON text. */
static int receive(const char *text, struct trial_report *report)
{
    int sockets[2];
    cr_assert_eq(message_pair(sockets), 0);
    if (text[0] != '\0')
        cr_assert_eq(message_send(sockets[1], text, strlen(text)), 0);
    close(sockets[1]);
    const int status = trial_report_receive(sockets[0], true, report);
    close(sockets[0]);
    return status;
}

Test(python_report, is_read_from_json)
{
    struct trial_report report;
    cr_assert_eq(
        receive("{\"images\": 6, \"wall_s\": 0.5, \"startup_s\": 0.25, \"workers\": 2, \"pixels\": 12, "
                "\"user_s\": 1.5, \"minor_faults\": 7, \"blocked_s\": 0.125}",
                &report),
        0);
    cr_assert_eq(report.error.kind, PM_OK);
    cr_assert(report.images == 6 && report.workers == 2 && report.pixels == 12 && report.minor_faults == 7);
    cr_assert(report.wall_s == 0.5 && report.startup_s == 0.25 && report.user_s == 1.5 &&
              report.blocked_s == 0.125);
    cr_assert_eq(receive("{\"error\": \"it broke\", \"culprit\": \"a\\u001bb.jpg\"}", &report), 0);
    cr_assert_str_eq(report.error.message, "it broke");
    cr_assert_str_eq(report.culprit, "a\\x1bb.jpg");
    static const char *const senseless[] = {"{}", "[]", "{\"images\": -3, \"wall_s\": 1}",
                                            "{\"images\": 3, \"wall_s\": \"x\"}", "7"};
    for (size_t i = 0; i < sizeof senseless / sizeof *senseless; i++) {
        cr_assert_eq(receive(senseless[i], &report), 0);
        cr_assert_neq(report.error.kind, PM_OK, "%s", senseless[i]);
    }
    cr_assert_eq(receive("", &report), -1);
    cr_assert_eq(receive("{\"images\": ", &report), -1);
}

/* Two interpreters that need not exist. */
static void pretend(void)
{
    interpreters = (struct interpreters){
        .items = {{.path = "/p/one", .version = "3.11.2", .minor = 11},
                  {.path = "/p/two", .version = "3.14.0t", .minor = 14, .free_threaded = true}},
        .count = 2,
    };
}

Test(python_choice, takes_one_a_group_or_all)
{
    pretend();
    cr_assert_eq(models_choose("python-threads-kept,serial", &held, &interpreters, &results, &error), 0);
    cr_assert_eq(results.nmodels, 3);
    cr_assert_str_eq(results.models[0].name, "python-threads-kept@3.11.2");
    cr_assert_str_eq(results.models[0].lock, "kept");
    cr_assert_str_eq(results.models[0].python, "3.11.2");
    cr_assert_str_eq(results.models[0].program, "/p/one");
    cr_assert_str_eq(results.models[1].name, "python-threads-kept@3.14.0t");
    cr_assert_str_eq(results.models[1].title, "Free-threaded Python, kept");
    cr_assert_str_eq(results.models[1].lock, "none");
    cr_assert_str_eq(results.models[2].name, "serial");
    cr_assert_str_eq(results.models[2].python, "");
    results_free(&results);
    cr_assert_eq(models_choose("python-procs", &held, &interpreters, &results, &error), 0);
    cr_assert_eq(results.nmodels, 6);
    results_free(&results);
    cr_assert_eq(models_choose("python,python-threads", &held, &interpreters, &results, &error), 0);
    cr_assert_eq(results.nmodels, 2 * NAMES - 2); /* interpreters need 3.14 */
    cr_assert_eq(results.nnotes, 2);
    cr_assert(strstr(results.notes[0].text, "python-interpreters@3.11.2 is left out: it needs Python 3.14"));
    results_free(&results);
}

Test(python_choice, is_beside_all_backends_without_a_list_and_not_in_all)
{
    pretend();
    cr_assert_eq(models_choose("all", &held, &interpreters, &results, &error), 0);
    const size_t backends_only = results.nmodels;
    cr_assert_not(results_python(&results));
    results_free(&results);
    cr_assert_eq(models_choose(NULL, &held, &interpreters, &results, &error), 0);
    cr_assert_eq(results.nmodels, backends_only + 2 * NAMES - 2);
    results_free(&results);
    interpreters.count = 0;
    cr_assert_eq(models_choose(NULL, &held, &interpreters, &results, &error), 0);
    cr_assert_eq(results.nmodels, backends_only);
    results_free(&results);
}

static void choice_fails(const char *list, const char *why)
{
    error = (struct pm_error){0};
    cr_assert_eq(models_choose(list, &held, &interpreters, &results, &error), -1);
    cr_assert(strstr(error.message, why) != NULL, "%s", error.message);
    results_free(&results);
}

Test(python_choice, refuses_what_there_is_not)
{
    pretend();
    choice_fails("python-fibers", "unknown Python model python-fibers");
    choice_fails("python-procs-kept", "unknown Python model");
    choice_fails("pythons", "unknown model pythons");
    interpreters.count = 0;
    choice_fails("python-threads", "python-threads needs an interpreter (add --python=PATH)");
    choice_fails("python", "python needs an interpreter");
}

/* Makes an executable script. */
static const char *make_program(const char *name, const char *text)
{
    const char *path = temp_text(name, text);
    cr_assert_eq(chmod(path, 0755), 0);
    return path;
}

static void examination_fails(const char *program, const char *why, const char *version)
{
    struct interpreter found;
    error = (struct pm_error){0};
    cr_assert_eq(interpreter_examine(program, &found, &error), -1, "%s", program);
    cr_assert(strstr(error.message, why) != NULL, "%s", error.message);
    cr_assert_str_eq(found.version, version);
}

Test(python_interpreter, is_refused_with_the_reason)
{
    run_begin();
    examination_fails("./missing", "can't be run: No such file", "");
    examination_fails("/bin/true", "is not a Python interpreter", "");
    examination_fails(make_program("talks", "#!/bin/sh\necho hello\n"), "is not a Python interpreter", "");
    examination_fails(make_program("old", "#!/bin/sh\nprintf '2.7.18\\n1\\n/old\\n'\n"),
                      "is Python 2.7.18 (the module needs 3.11 or newer)", "2.7.18");
    examination_fails(make_program("older", "#!/bin/sh\nprintf '3.9.2\\n1\\n/older\\n'\n"), "is Python 3.9.2",
                      "3.9.2");
    examination_fails(make_program("dies", "#!/bin/sh\nprintf '3.12.1\\n1\\n/dies\\n'\n"),
                      "ended while it imported the module", "3.12.1");
    examination_fails(make_program("lacks", "#!/bin/sh\nprintf '3.12.1\\n1\\n/l\\n!ImportError: no\\n'\n"),
                      "can't import the module: ImportError: no (run make python PYTHON=", "3.12.1");
    examination_fails(make_program("other", "#!/bin/sh\nprintf '3.12.1\\n1\\n/l\\n0.0\\n'\n"),
                      "has the module pixmill 0.0, this is ", "3.12.1");
}

Test(python_interpreter, is_found_with_its_version)
{
    begin();
    unsigned minor;
    cr_assert_eq(sscanf(interpreters.items[0].version, "3.%u.", &minor), 1);
    cr_assert_eq(minor, interpreters.items[0].minor);
    cr_assert_eq(interpreters.items[0].path[0], '/');
    char script[64];
    snprintf(script, sizeof script, "#!/bin/sh\nprintf '3.99.1t\\n0\\n/x\\n%s\\n'\n", PIXMILL_VERSION);
    struct interpreter found;
    cr_assert_eq(interpreter_examine(make_program("new", script), &found, &error), 0, "%s", error.message);
    cr_assert(found.free_threaded && found.minor == 99);
    cr_assert_str_eq(found.path, "/x");
}

static void has(const char *whole, const char *text)
{
    cr_assert(strstr(whole, text) != NULL, "\"%s\" is missing in %s", text, whole);
}

Test(python_bench, reports_models_with_the_interpreters_version)
{
    begin();
    char name[48], json[64], version[40];
    snprintf(name, sizeof name, "python-threads-kept@%s", interpreters.items[0].version);
    snprintf(json, sizeof json, "\"model\": \"%s\"", name);
    snprintf(version, sizeof version, "\"python\": \"%s\"", interpreters.items[0].version);
    struct run run = RUN("bench", "a.png", "--resize=32x32", python_option, "--jobs=1", "--workloads=cpu",
                         "--models=serial,python-threads-kept", "--repeat=1", "--min-time=0", "--json=r.json",
                         "--csv=r.csv", "--html=r.html", "--svg=r.svg");
    expect(&run, 0, "");
    cr_assert_str_empty(run.err);
    has(run.out, name);
    const char *report = content_of("r.json", NULL);
    has(report, json);
    has(report, version);
    has(content_of("r.csv", NULL), name);
    has(report, "\"statement\": \"Threads can't run Python in parallel\"");
    const char *page = content_of("r.html", NULL);
    has(page, name);
    has(page, "What textbooks say about Python");
    has(page, interpreters.items[0].free_threaded ? "threads, without a lock" : "threads that keep the lock");
    has(content_of("r.svg", NULL), name);
    struct run again = RUN("bench", "--from=r.json", "--json=again.json");
    expect(&again, 0, "");
    has(content_of("again.json", NULL), version);
}

static void bench_refuses(const char *message, const char *const *arguments)
{
    struct run run = run_with(&(struct start){0}, arguments);
    expect(&run, 2, message);
}
#define BENCH_REFUSES(message, ...)                                                                          \
    bench_refuses(message, (const char *const[]){"bench", "a.png", __VA_ARGS__, NULL})

Test(python_bench, refuses_what_makes_no_sense)
{
    begin();
    temp_text("key", "0123456789abcdef0123456789abcdef");
    BENCH_REFUSES("--python=./none: can't be run", "--python=./none");
    BENCH_REFUSES("--python=: is empty", "--python=");
    BENCH_REFUSES("--python: no Python model is measured", python_option, "--models=serial");
    BENCH_REFUSES("--models: python-threads needs an interpreter", "--models=python-threads");
    BENCH_REFUSES("(leave out one of them)", python_option, python_option);
    BENCH_REFUSES("encryption is not measured with Python models", python_option, "--encrypt",
                  "--key-file=key");
    BENCH_REFUSES("URLs are not measured with Python models", "http://127.0.0.1:1/a.png", "--allow-private",
                  "--workloads=io", python_option);
    BENCH_REFUSES("--io-jobs: applies only to models with", python_option, "--models=python-threads",
                  "--io-jobs=3");
}

Test(python_bench, help_says_what_runs_here)
{
    begin();
    char path[PATH_MAX];
    snprintf(path, sizeof path, "PATH=%s/bin", temp_folder());
    cr_assert_eq(mkdir("bin", 0755), 0);
    cr_assert_eq(symlink(interpreter(), "bin/python3"), 0);
    cr_assert_eq(symlink(interpreter(), "bin/python3.11"), 0);
    make_program("bin/python3.12", "#!/bin/sh\nprintf '3.12.9\\n1\\n/l\\n!ImportError: no\\n'\n");
    const struct start start = {.environment = {path}};
    struct run help = RUN_AS(&start, "help", "models"), manual = RUN_AS(&start, "help", "--man");
    for (size_t i = 0; i < NAMES; i += 2)
        has(help.out, names[i]);
    char works[64];
    snprintf(works, sizeof works, "works here: Python %s, ", interpreters.items[0].version);
    char *found = strstr(help.out, works);
    cr_assert(found != NULL && strstr(found + 1, works) == NULL, "%s", help.out);
    has(help.out, "does not work here: Python 3.12.9");
    if (interpreters.items[0].minor < 14)
        has(help.out, "without");
    cr_assert_null(strstr(manual.out, "Interpreters in PATH"));
}
