/* `pixmill bench` as a user runs it: reports, refusals, failures, Ctrl-C. Times are not checked precisely. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/report/escape.h"
#include "bench/report/markup_check.h"
#include "bench/report/report.h"
#include "cli/run.h"
#include "temp.h"

/* The shortest sweep that has everything. */
#define QUICK "--repeat=2", "--min-time=0", "--models=serial,threads", "--jobs=1,2"

static void begin(void)
{
    run_begin();
    put_picture("in/a.png", 64, 64);
    put_picture("in/b.jpg", 64, 64);
    temp_text("in/notes.txt", "no picture");
}

TestSuite(bench, .init = begin);

/* How often `text` occurs in `whole`. */
static size_t count(const char *whole, const char *text)
{
    size_t found = 0;
    for (const char *at = whole; (at = strstr(at, text)) != NULL; at += strlen(text))
        found++;
    return found;
}

static void has(const char *whole, const char *text)
{
    cr_assert(strstr(whole, text) != NULL, "\"%s\" is missing in %s", text, whole);
}

/* Trials' results are in scratch/ in these tests; nothing may remain there. */
static void assert_swept(void)
{
    cr_assert_eq(temp_count("scratch"), 0, "trials left something behind");
}

Test(bench, writes_every_report_with_what_the_contract_names)
{
    static const char *const keys[] = {
        "machine",      "settings",  "trials",   "summary",        "fits",
        "verdict",      "model",     "jobs",     "workload",       "trial",
        "wall_s",       "startup_s", "cpu_s",    "images",         "megapixels",
        "stages",       "ci95",      "speedup",  "images_per_s",   "megapixels_per_s",
        "speedup_ci95", "usl",       "amdahl",   "peak_pss_bytes", "speedup_vs_serial",
        "efficiency",   "why_not",   "best_for", "parallel_cpu",   "involuntary_switches",
        "held_by_lock", "read",      "filter",   "overlaps_io",    "voluntary_switches",
        "startup_s",    "wait",      "write",    "decode",         "memory_bytes_per_worker",
    };
    size_t size;
    cr_assert(mkdir("scratch", 0755) == 0 && mkdir("new", 0755) == 0);
    char variable[4200];
    snprintf(variable, sizeof variable, "TMPDIR=%s", temp_path("scratch"));
    const struct start start = {.environment = {variable}};
    struct run run = RUN_AS(&start, "bench", "in", "--gray", QUICK, "--seed=3", "--json=r.json",
                            "--csv=r.csv", "--html=new/r.html", "--svg=r.svg");
    expect(&run, 0, "");
    has(run.out, "\nWritten: r.json, r.csv, new/r.html, r.svg\n");
    cr_assert_str_empty(run.err);
    has(run.out, "threads");
    const char *json = content_of("r.json", &size);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char key[48];
        snprintf(key, sizeof key, "\"%s\":", keys[i]);
        has(json, key);
    }
    /* Three points on each of three workloads; each with a cold trial and two more. */
    cr_assert_eq(count(json, "\"cold\": true"), 9);
    cr_assert_eq(count(json, "\"cold\": false"), 18);
    has(json, "pixmill bench in --gray");
    const char *csv = content_of("r.csv", &size);
    cr_assert_eq(count(csv, "\n"), 1 + 27);
    has(content_of("new/r.html", &size), "</html>");
    has(content_of("r.svg", &size), "</svg>");
    cr_assert_eq(temp_count("."), 6, "in, scratch, new and three reports");
    assert_swept();
}

/* Reports of an earlier sweep are written without measuring. */
Test(bench, writes_reports_from_an_earlier_one)
{
    struct run first = RUN("bench", "in", QUICK, "--workloads=cpu", "--json=r.json", "--csv=r.csv");
    expect(&first, 0, "");
    struct run again = RUN("bench", "--from=r.json", "--json=again.json", "--csv=again.csv", "--html=r.html");
    expect(&again, 0, "");
    has(again.out, "\nWritten: again.json, again.csv, r.html\n");
    cr_assert_str_empty(again.err);
    cr_assert_eq(system("grep -c wall_s r.json >a && grep -c wall_s again.json | cmp - a"), 0);
    cr_assert_eq(system("cut -d, -f1-6 r.csv >a && cut -d, -f1-6 again.csv | cmp - a"), 0);
    size_t size;
    has(content_of("r.html", &size), "</html>");
    struct run terminal = RUN("bench", "--from=again.json");
    expect(&terminal, 0, "");
    has(terminal.out, "Fastest here");
}

/* The report in samples/, whose picture names the machine. */
Test(bench_sample, writes_the_page_of_the_sample_report)
{
    char sample[4096];
    cr_assert_not_null(getcwd(sample, sizeof sample - 64));
    strcat(sample, "/samples/reports/epyc-2-cores.json");
    if (access(sample, R_OK) != 0)
        cr_skip_test("not started in the project's folder");
    begin();
    char from[4200];
    size_t size;
    snprintf(from, sizeof from, "--from=%s", sample);
    struct run run = RUN("bench", from, "--html=report.html", "--svg=report.svg");
    expect(&run, 0, "");
    has(run.out, "io: async, 74.9 images/s at 1 job (74.5 to 75.7), 1.28 times as fast as omp, the next");
    has(content_of("report.html", &size), "nearly equal; fastest: threads, 9.38 M jobs/s");
    has(content_of("report.svg", &size), "class=\"beyond\"");
}

Test(bench, measures_only_what_is_asked_for)
{
    size_t size;
    struct run run = RUN("bench", "in/a.png", "--models=threads+threads,procs", "--jobs=2", "--workloads=io",
                         "--io-delay=30", "--repeat=1", "--min-time=0", "--pin", "--json=r.json");
    expect(&run, 0, "");
    const char *json = content_of("r.json", &size);
    cr_assert_null(strstr(json, "overhead\""));
    has(json, "threads+threads");
    has(json, "procs");
    /* A read waits 30 ms, so no trial can be shorter. */
    for (const char *at = json; (at = strstr(at, "\"wall_s\":")) != NULL; at++)
        cr_assert_geq(strtod(at + strlen("\"wall_s\":"), NULL), 0.030);
}

Test(bench, every_model_reads_as_slowly_as_asked)
{
    size_t size;
    struct run run = RUN("bench", "in", "--jobs=1", "--workloads=io", "--io-delay=40", "--repeat=1",
                         "--min-time=0", "--json=r.json");
    expect(&run, 0, "");
    const char *json = content_of("r.json", &size);
    for (const char *at = json; (at = strstr(at, "\"wall_s\":")) != NULL; at++)
        cr_assert_geq(strtod(at + strlen("\"wall_s\":"), NULL), 0.040);
}

Test(bench, a_list_on_standard_input)
{
    const struct start start = {.input = "in/a.png\nin/b.jpg\n"};
    struct run run = RUN_AS(&start, "bench", "-", QUICK, "--workloads=cpu");
    expect(&run, 0, "");
    has(run.out, "2 files");
}

/* Without /sys for hwloc: the report's notes say so, not hwloc itself. */
static void expect_undescribed(const struct start *start)
{
    size_t size;
    struct run run = RUN_AS(start, "bench", "in", QUICK, "--workloads=cpu", "--json=r.json");
    expect(&run, 0, "");
    cr_assert_str_empty(run.err);
    has(content_of("r.json", &size), "\"The system does not describe its processors");
}

Test(bench, without_sys_the_notes_say_so)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", "/sys", "tmpfs", 0, "size=4k") != 0)
        cr_skip_test("no right to hide /sys here");
    expect_undescribed(&(struct start){0});
}

/* hwloc looks for the system's files below this folder. */
Test(bench, with_an_empty_root_for_hwloc_the_notes_say_so)
{
    cr_assert_eq(mkdir("root", 0755), 0);
    char variable[4200];
    snprintf(variable, sizeof variable, "HWLOC_FSROOT=%s", temp_path("root"));
    expect_undescribed(&(struct start){.environment = {variable}});
}

Test(bench, where_the_system_describes_its_processors_no_note_is_needed)
{
    if (access("/sys/devices/system/cpu/cpu0/topology", R_OK) != 0)
        cr_skip_test("no /sys/devices/system/cpu/cpu0/topology here");
    size_t size;
    struct run run = RUN("bench", "in", QUICK, "--workloads=cpu", "--json=r.json");
    expect(&run, 0, "");
    cr_assert_null(strstr(content_of("r.json", &size), "describe its processors"));
}

/* libgomp would warn in each program and trial of a sweep. */
Test(bench, an_openmp_variable_that_is_not_valid_is_a_note)
{
#ifdef __clang__
    cr_skip_test("libomp reads its environment, and speaks, when it is first used");
#endif
    const struct start start = {.environment = {"OMP_NUM_THREADS=abc"}};
    struct run run = RUN_AS(&start, "bench", "in", "--models=omp,omp+async", "--jobs=1", "--workloads=cpu",
                            "--repeat=1", "--min-time=0", "--resize=8x8");
    cr_assert_eq(run.status, 0, "%s", run.err);
    cr_assert_null(strstr(run.err, "libgomp"), "%s", run.err);
    const char *note = strstr(run.out, "omp: not valid, so ignored: OMP_NUM_THREADS=abc");
    cr_assert_not_null(note, "%s", run.out);
    cr_assert_null(strstr(note + 1, "omp: not valid"), "%s", run.out);
    run = RUN_AS(&start, "bench", "in", "--models=serial", "--workloads=cpu", "--repeat=1", "--min-time=0",
                 "--resize=8x8");
    cr_assert_eq(run.status, 0, "%s", run.err);
    cr_assert_null(strstr(run.out, "so ignored"), "%s", run.out);
}

Test(bench, names_its_options)
{
    struct run run = RUN("bench", "--help");
    expect(&run, 0, "");
    has(run.out, "--min-time=SECONDS");
    has(run.out, "--resize=GEOM");
    for (size_t i = 0; i < REPORTS; i++) {
        char option[48];
        snprintf(option, sizeof option, "--%s=FILE", report_formats[i].name);
        has(run.out, option);
    }
}

static void refuses(const char *const *arguments, const char *message)
{
    const char *all[16] = {"bench"};
    size_t n = 1;
    while (*arguments != NULL)
        all[n++] = *arguments++;
    struct run run = run_with(&(struct start){0}, all);
    expect(&run, 2, message);
    cr_assert_eq(temp_count("."), 1, "something was written");
}
#define REFUSES(message, ...) refuses((const char *const[]){__VA_ARGS__, NULL}, message)

Test(bench, refuses_what_makes_no_sense_before_it_begins)
{
    REFUSES("no input", "--gray");
    REFUSES("missing: ", "missing");
    REFUSES("not a supported image", "in/notes.txt");
    REFUSES("--models: unknown model fibers", "in", "--models=fibers");
    REFUSES("--jobs=0: must be from 1 to ", "in", "--jobs=0");
    REFUSES("--jobs=1,,2: \"\" must be a whole number", "in", "--jobs=1,,2");
    REFUSES("--jobs=1,x: \"x\" must be a whole number", "in", "--jobs=1,x");
    REFUSES("--workloads=io,gpu: \"gpu\" is not known", "in", "--workloads=io,gpu");
    REFUSES("--models=: is empty (give names of models)", "in", "--models=");
    REFUSES("--workloads=gpu: is not known (one of: cpu, io, overhead)", "in", "--workloads=gpu");
    REFUSES("--repeat=0", "in", "--repeat=0");
    REFUSES("--min-time=-1", "in", "--min-time=-1");
    REFUSES("--resize=8y", "in", "--resize=8y");
    REFUSES("--encrypt: needs a key", "in", "--encrypt");
    REFUSES("in/a.png: is an image, which the report would replace", "in", "--json=in/a.png");
    REFUSES("r: is named for two reports", "in", "--json=r", "--svg=r");
    REFUSES("in/../r: is named for two reports", "in", "--json=./r", "--svg=in/../r");
    REFUSES("in/r/: is a folder", "in", "--html=in/r/");
    REFUSES("in: is a folder", "in", "--html=in");
    REFUSES("new/r.html: no such folder (create it)", "in", "--html=new/r.html");
    REFUSES("/proc/r.html: its folder is not writable", "in", "--html=/proc/r.html");
    REFUSES("-: is named for two reports", "in", "--json=-", "--csv=-");
    REFUSES("--io-delay: applies only to the io workload", "in", "--workloads=cpu", "--io-delay=3");
    REFUSES("--io-jobs: applies only to models with", "in", "--models=threads", "--io-jobs=3");
    REFUSES("--io-jobs: applies only to models with", "in", "--workloads=overhead", "--io-jobs=3");
    REFUSES("--gil: applies only to the model gil", "in", "--models=threads", "--gil=released");
    REFUSES("an input: has no effect with --from, which measures nothing", "in", "--from=r.json");
    REFUSES("--models: has no effect with --from", "--from=r.json", "--models=gil");
    REFUSES("--resize: has no effect with --from", "--from=r.json", "--resize=8x8");
    REFUSES("missing.json: ", "--from=missing.json");
    REFUSES("in/notes.txt: not valid JSON", "--from=in/notes.txt");
    REFUSES("--gil-interval: applies only to the model gil", "in", "--models=threads", "--gil-interval=3");
}

/* Copies the programs to a folder that all users can access: the build may be in a private home folder. */
static void open_programs(void)
{
    cr_assert_eq(system("mkdir bin && cp \"${PIXMILL%/*}\"/pixmill* bin"), 0);
    cr_assert_eq(setenv("PIXMILL", "bin/pixmill", 1), 0);
}

Test(bench, finds_a_folder_that_may_not_be_written_before_it_begins)
{
    open_programs();
    cr_assert_eq(mkdir("closed", 0755), 0);
    cr_assert_eq(chmod("closed", 0555), 0);
    const struct start start = {.nobody = true};
    struct run run = RUN_AS(&start, "bench", "in", QUICK, "--csv=closed/r.csv");
    expect(&run, 2, "closed/r.csv: its folder is not writable");
    cr_assert_str_empty(run.out);
}

Test(bench, images_that_fail_are_left_out_with_a_word)
{
    put_picture("in/c.png", 200, 200);
    struct run run =
        RUN("bench", "in", "--crop=100x100+0+0", QUICK, "--workloads=cpu,overhead", "--json=r.json");
    expect(&run, 0, "");
    has(run.out, "1 file,");
    has(run.err, "2 of 3 inputs are left out: in/a.png: ");
    has(run.out, "2 of 3 inputs are left out: in/a.png: ");
    size_t size;
    const char *json = content_of("r.json", &size);
    has(json, "\"inputs\": 1,");
    has(json, "overhead");
}

Test(bench, a_recipe_that_no_image_can_take_is_refused_once)
{
    struct run run = RUN("bench", "in", "--crop=100x100+0+0", QUICK, "--json=r.json");
    expect(&run, 2, "none of the 2 files can be measured: in/a.png: ");
    cr_assert_eq(count(run.err, "\n"), 1, "%s", run.err);
    cr_assert_eq(access("r.json", F_OK), -1);
    struct run one = RUN("bench", "in/a.png", "--crop=100x100+0+0", QUICK);
    expect(&one, 2, "pixmill: in/a.png: ");
    struct run tiny = RUN("bench", "in", "--crop=100x100+0+0", QUICK, "--workloads=overhead");
    expect(&tiny, 0, "");
}

Test(bench, nothing_measured_is_a_failure_without_a_report)
{
    struct run run = RUN("bench", "in", QUICK, "--workloads=io", "--io-delay=3000", "--trial-timeout=0.001",
                         "--json=r.json");
    expect(&run, 1, "nothing was measured");
    cr_assert_eq(access("r.json", F_OK), -1);
}

Test(bench, a_report_on_standard_output_stands_there_alone)
{
    struct run run = RUN("bench", "in", QUICK, "--workloads=overhead", "--json=-", "--csv=r.csv");
    expect(&run, 0, "");
    cr_assert(is_json(run.out), "%s", run.out);
    has(run.err, "The textbook's table, measured here");
    has(run.err, "\nWritten: r.csv\n");
    cr_assert_eq(access("-", F_OK), -1);
}

/* Reads what the terminal is shown until the bar was drawn `bars` times. */
static void wait_for_bars(const struct running *running, size_t bars)
{
    char text[8192] = "";
    size_t filled = 0;
    while (count(text, "left") < bars) {
        struct pollfd readable = {.fd = running->terminal, .events = POLLIN};
        cr_assert_eq(poll(&readable, 1, 30000), 1, "no progress after %s", text);
        ssize_t got = read(running->terminal, text + filled, sizeof text - 1 - filled);
        cr_assert_gt(got, 0, "no progress after %s", text);
        text[filled += (size_t)got] = '\0';
    }
}

Test(bench, interrupted_it_reports_what_it_has)
{
    static const char *const arguments[] = {"bench", "in", QUICK, "--repeat=1000", "--json=r.json", NULL};
    cr_assert_eq(mkdir("scratch", 0755), 0);
    char variable[4200];
    snprintf(variable, sizeof variable, "TMPDIR=%s", temp_path("scratch"));
    const struct start start = {.environment = {variable, "TERM=xterm"}, .terminal = true};
    struct running running = run_start(&start, arguments);
    wait_for_bars(&running, 20);
    cr_assert_eq(kill(running.pid, SIGINT), 0);
    struct run run = run_wait(&running);
    cr_assert_eq(run.status, 130, "%d: %s", run.status, run.err);
    size_t size;
    const char *json = content_of("r.json", &size);
    has(json, "\"interrupted\": true");
    cr_assert_gt(count(json, "\"wall_s\":"), 5);
    has(run.out, "interrupted");
    assert_swept();
}

/* A very long sweep with its results in scratch/, after its first trials have started. */
static struct running endless_ignoring(int number)
{
    static const char *const arguments[] = {"bench", "in", QUICK, "--repeat=1000", "--json=r.json", NULL};
    static char variable[4200];
    cr_assert(mkdir("scratch", 0755) == 0 || access("scratch", F_OK) == 0);
    snprintf(variable, sizeof variable, "TMPDIR=%s", temp_path("scratch"));
    const struct start start = {.environment = {variable, "TERM=xterm"}, .terminal = true, .ignored = number};
    struct running running = run_start(&start, arguments);
    wait_for_bars(&running, 5);
    return running;
}

static struct running endless(void)
{
    return endless_ignoring(0);
}

Test(bench, a_terminal_that_is_closed_stops_it_and_leaves_nothing)
{
    struct running running = endless();
    cr_assert_eq(kill(running.pid, SIGHUP), 0);
    struct run run = run_wait(&running);
    cr_assert_eq(run.status, 129, "%d: %s", run.status, run.err);
    cr_assert_eq(access("r.json", F_OK), 0);
    assert_swept();
}

Test(bench, under_nohup_it_outlives_its_terminal)
{
    struct running running = endless_ignoring(SIGHUP);
    cr_assert_eq(kill(running.pid, SIGHUP), 0);
    wait_for_bars(&running, 5);
    cr_assert_eq(kill(running.pid, SIGINT), 0);
    struct run run = run_wait(&running);
    cr_assert_eq(run.status, 130, "%d: %s", run.status, run.err);
}

Test(bench, what_a_killed_one_leaves_the_next_removes)
{
    struct running killed = endless();
    cr_assert_eq(kill(killed.pid, SIGKILL), 0);
    run_wait(&killed);
    cr_assert_eq(temp_count("scratch"), 1);
    struct running next = endless();
    cr_assert_eq(temp_count("scratch"), 1, "the first one's folder is still there, or the second has none");
    cr_assert_eq(kill(next.pid, SIGINT), 0);
    run_wait(&next);
    assert_swept();
}

Test(bench, leaves_the_folder_of_another_alone)
{
    struct running other = endless();
    struct running next = endless();
    cr_assert_eq(temp_count("scratch"), 2);
    cr_assert_eq(kill(next.pid, SIGINT), 0);
    run_wait(&next);
    cr_assert_eq(temp_count("scratch"), 1);
    cr_assert_eq(kill(other.pid, SIGINT), 0);
    run_wait(&other);
    assert_swept();
}

Test(bench, a_reader_that_leaves_ends_no_report)
{
    char line[8192];
    snprintf(line, sizeof line,
             "{ \"%s\" bench in --progress=always --repeat=2 --min-time=0 --models=serial --workloads=cpu "
             "--json=r.json; } 2>&1 | true",
             getenv("PIXMILL"));
    cr_assert_eq(system(line), 0);
    for (int tries = 0; access("r.json", F_OK) != 0; tries++) { /* its shell may not have waited for it */
        cr_assert_lt(tries, 3000, "no report");
        poll(NULL, 0, 10);
    }
}

Test(quote_argv, is_what_a_shell_takes)
{
    char text[256];
    char *argv[] = {"x", "my photos", "--resize=800x800>", "it's", "", "plain-1.jpg", NULL};
    quote_argv(6, argv, "--seed=4", text, sizeof text);
    cr_assert_str_eq(text,
                     "pixmill bench 'my photos' '--resize=800x800>' 'it'\\''s' '' plain-1.jpg --seed=4");
    quote_argv(6, argv, NULL, text, 24);
    cr_assert_eq(strlen(text), 23);
}
