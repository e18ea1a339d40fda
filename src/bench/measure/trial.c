#include "bench/measure/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/message.h"
#include "base/clock.h"
#include "bench/measure/probe.h"
#include "bench/measure/trial_report.h"

/* Arguments of a request in addition to its options. */
enum { OWN_ARGUMENTS = 16, ARGUMENT_MAX = 64 };

/* What an interpreter gets before the options. -P: no module of the current folder is used. */
static const char *const python_arguments[] = {"-P", "-c", "from pixmill._trial import main; main()"};

enum wait_end { SPOKE, STOPPED, LATE };

/* The request as an argument list for `trial`, which lives as long as `own` and the request; NULL: no memory.
 */
static char **request_arguments(const struct trial_request *request, const char *program,
                                char own[OWN_ARGUMENTS][ARGUMENT_MAX])
{
    size_t count = 0, options = 0;
    while (request->options[options] != NULL)
        options++;
    const char **arguments = calloc(options + OWN_ARGUMENTS + 2, sizeof *arguments);
    if (arguments == NULL)
        return NULL;
    size_t first = 1;
    for (size_t i = 0; request->python != NULL && i < sizeof python_arguments / sizeof *python_arguments; i++)
        arguments[first++] = python_arguments[i];
    snprintf(own[count++], ARGUMENT_MAX, "--%s=%s", request->python != NULL ? "model" : "backend",
             request->backend);
    if (request->python == NULL)
        snprintf(own[count++], ARGUMENT_MAX, "--io=%s", request->engine);
    snprintf(own[count++], ARGUMENT_MAX, "--workload=%s", workload_name(request->workload));
    snprintf(own[count++], ARGUMENT_MAX, "--jobs=%u", request->jobs);
    snprintf(own[count++], ARGUMENT_MAX, "--rounds=%u", request->rounds);
    if (request->read_delay > 0)
        snprintf(own[count++], ARGUMENT_MAX, "--read-delay=%.6f", request->read_delay * 1e3);
    snprintf(own[count++], ARGUMENT_MAX, "--started=%.9f", clock_now());
    arguments[0] = program;
    for (size_t i = 0; i < count; i++)
        arguments[first + i] = own[i];
    memcpy(arguments + first + count, request->options, options * sizeof *arguments);
    return (char **)(void *)arguments;
}

/* Signals have their defaults, as if started by a shell. The trial has its own process group, because the
 * terminal sends Ctrl-C to the whole foreground group, and only the lab handles it. */
static int start_with(const struct trial_lab *lab, char **arguments, int socket, pid_t *pid,
                      posix_spawn_file_actions_t *files, posix_spawnattr_t *attributes)
{
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    /* Neither descriptor is below 3, because those three are open. */
    int failure = posix_spawn_file_actions_adddup2(files, lab->inputs, STDIN_FILENO);
    if (failure == 0)
        failure = posix_spawn_file_actions_addopen(files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (failure == 0)
        failure = posix_spawn_file_actions_adddup2(files, socket, TRIAL_SOCKET);
    if (failure == 0)
        failure = posix_spawn_file_actions_addclosefrom_np(files, TRIAL_SOCKET + 1);
    if (failure == 0)
        failure = posix_spawnattr_setsigdefault(attributes, &all);
    if (failure == 0)
        failure = posix_spawnattr_setsigmask(attributes, &none);
    if (failure == 0)
        failure = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                                           POSIX_SPAWN_SETSIGMASK);
    return failure != 0 ? failure : posix_spawn(pid, arguments[0], files, attributes, arguments, environ);
}

/* Starts the trial. Returns its process group, or -1 with `error` filled. */
static pid_t start(const struct trial_lab *lab, const struct trial_request *request, int socket,
                   struct pm_error *error)
{
    char own[OWN_ARGUMENTS][ARGUMENT_MAX];
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    pid_t pid = -1;
    const char *program = request->python != NULL ? request->python : lab->program;
    char **arguments = request_arguments(request, program, own);
    if (arguments == NULL || posix_spawn_file_actions_init(&files) != 0) {
        free(arguments);
        return error_memory(error, 0);
    }
    if (posix_spawnattr_init(&attributes) != 0) {
        free(arguments);
        posix_spawn_file_actions_destroy(&files);
        return error_memory(error, 0);
    }
    int failure = start_with(lab, arguments, socket, &pid, &files, &attributes);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    free(arguments);
    if (failure == 0)
        return pid;
    if (failure == EAGAIN || failure == ENOMEM)
        return error_set(error, PM_ERROR_WORKER, "no process for a trial: %s (raise ulimit -u)",
                         strerror(failure));
    if (request->python != NULL)
        return error_set(error, PM_ERROR_WORKER, "the interpreter could not be started: %s",
                         strerror(failure));
    return error_set(error, PM_ERROR_WORKER,
                     "pixmill-trial could not be started: %s (install it next to pixmill-bench)",
                     strerror(failure));
}

static int wait_for_end(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

/* Waits until `socket` is readable. Stopping the sweep takes precedence. */
static enum wait_end wait_for(const struct trial_lab *lab, int socket, double deadline)
{
    for (;;) {
        struct pollfd fds[] = {{.fd = socket, .events = POLLIN}, {.fd = lab->stop, .events = POLLIN}};
        int ready = poll(fds, 2, clock_poll_until(deadline));
        if (ready > 0)
            return fds[1].revents != 0 ? STOPPED : SPOKE;
        if (ready == 0 && clock_now() >= deadline)
            return LATE;
    }
}

/* Kills a trial that is abandoned. */
static enum trial_end give_up(const struct trial_lab *lab, pid_t group, enum wait_end why,
                              struct pm_error *error)
{
    kill(-group, SIGKILL);
    wait_for_end(group);
    if (why == STOPPED)
        return TRIAL_STOPPED;
    *error = (struct pm_error){0};
    error_set(error, PM_ERROR_TIMEOUT, "the trial lasted over %g s and was ended (raise --trial-timeout)",
              lab->timeout);
    return TRIAL_FAILED;
}

static int tell_end(int status, struct pm_error *error)
{
    if (WIFSIGNALED(status))
        return error_set(error, PM_ERROR_WORKER, "the trial was ended by signal %d (%s)", WTERMSIG(status),
                         sigdescr_np(WTERMSIG(status)));
    return error_set(error, PM_ERROR_WORKER, "the trial ended with status %d and without a report",
                     WEXITSTATUS(status));
}

/* `busy_s`: processor time of all programs meanwhile. */
static void fill(struct trial *trial, const struct trial_report *report, const struct probe *probe,
                 double busy_s)
{
    trial->wall_s = report->wall_s;
    trial->startup_s = report->startup_s;
    trial->user_s = report->user_s + probe->user_s;
    trial->system_s = report->system_s + probe->system_s;
    trial->workers = report->workers;
    trial->images = report->images;
    trial->pixels = report->pixels;
    trial->peak_pss_bytes = probe->knows_pss ? probe->peak_pss_bytes : 0;
    trial->peak_rss_bytes = probe->peak_rss_bytes;
    trial->voluntary_switches = report->voluntary_switches + probe->voluntary_switches;
    trial->involuntary_switches = report->involuntary_switches + probe->involuntary_switches;
    trial->minor_faults = report->minor_faults + probe->minor_faults;
    trial->major_faults = report->major_faults + probe->major_faults;
    memcpy(trial->stage_s, report->stage_s, sizeof trial->stage_s);
    trial->blocked_s = report->blocked_s;
    trial->others_s = fmax(0, busy_s - trial->user_s - trial->system_s);
}

/* Receives and probes a running trial, until its end. */
static enum trial_end attend(const struct trial_lab *lab, bool json, int socket, pid_t group,
                             struct trial *trial, char culprit[160], struct pm_error *error)
{
    struct trial_report report;
    struct probe probe;
    const double deadline = lab->timeout > 0 ? clock_now() + lab->timeout : INFINITY;
    const double busy_before = probe_time().busy_s;
    enum wait_end waited = wait_for(lab, socket, deadline);
    if (waited != SPOKE)
        return give_up(lab, group, waited, error);
    if (trial_report_receive(socket, json, &report) != 0) {
        tell_end(wait_for_end(group), error);
        return TRIAL_FAILED;
    }
    const double busy = probe_time().busy_s - busy_before;
    int looked = probe_group(group, &probe);
    message_send(socket, "", 1);              /* it may have died meanwhile, but its report has arrived */
    waited = wait_for(lab, socket, deadline); /* until it closes, at the trial's end */
    if (waited != SPOKE)
        return give_up(lab, group, waited, error);
    wait_for_end(group);
    memcpy(culprit, report.culprit, sizeof report.culprit);
    *error = report.error;
    if (error->kind == PM_OK && looked != 0)
        error_set(error, PM_ERROR_IO, "/proc does not show the trial's processes (mount it without hidepid)");
    if (error->kind != PM_OK)
        return TRIAL_FAILED;
    fill(trial, &report, &probe, busy);
    return TRIAL_MEASURED;
}

enum trial_end trial_run(const struct trial_lab *lab, const struct trial_request *request,
                         struct trial *trial, char culprit[160], struct pm_error *error)
{
    int sockets[2];
    enum trial_end end = TRIAL_FAILED;
    const double stolen = probe_time().steal_s;
    *trial = (struct trial){.workload = request->workload, .jobs = request->jobs, .load = probe_load()};
    culprit[0] = '\0';
    if (message_pair(sockets) != 0) {
        error_set(error, PM_ERROR_WORKER, "no socket for a trial: %s", strerror(errno));
        return TRIAL_FAILED;
    }
    pid_t group = -1;
    if (lseek(lab->inputs, 0, SEEK_SET) != 0) /* a trial reads from the file's position */
        error_set(error, PM_ERROR_WORKER, "a trial could not be given its inputs: %s", strerror(errno));
    else
        group = start(lab, request, sockets[1], error);
    close(sockets[1]);
    if (group > 0)
        end = attend(lab, request->python != NULL, sockets[0], group, trial, culprit, error);
    close(sockets[0]);
    trial->steal_s = probe_time().steal_s - stolen;
    return end;
}
