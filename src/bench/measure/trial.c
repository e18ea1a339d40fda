#include "bench/measure/trial.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/backend.h"
#include "backend/message.h"
#include "base/clock.h"
#include "bench/measure/probe.h"

enum patience { SPOKE, STOPPED, LATE };

/* Waits until `socket` has something to tell. The sweep's stop goes before all else. */
static enum patience wait_for(const struct trial_lab *lab, int socket, double deadline)
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

/* Ends a trial that is waited for no more. */
static enum trial_end give_up(const struct trial_lab *lab, pid_t group, enum patience why,
                              struct pm_error *error)
{
    kill(-group, SIGKILL);
    spawner_wait(lab->spawner);
    if (why == STOPPED)
        return TRIAL_STOPPED;
    *error = (struct pm_error){0};
    error_set(error, PM_ERROR_TIMEOUT, "the trial lasted over %g s and was ended (raise --trial-timeout)",
              lab->timeout);
    return TRIAL_FAILED;
}

static int tell_end(int status, struct pm_error *error)
{
    if (status < 0)
        return error_set(error, PM_ERROR_WORKER, "the process that starts the trials was lost");
    if (WIFSIGNALED(status))
        return error_set(error, PM_ERROR_WORKER, "the trial was ended by signal %d (%s)", WTERMSIG(status),
                         sigdescr_np(WTERMSIG(status)));
    if (WEXITSTATUS(status) == 127)
        return error_set(error, PM_ERROR_WORKER,
                         "pixmill-trial could not be started (install it beside pixmill-bench)");
    return error_set(error, PM_ERROR_WORKER, "the trial ended with status %d and told nothing",
                     WEXITSTATUS(status));
}

/* `busy_s`: what the processors did meanwhile, for whomever. */
static void fill(struct trial *trial, const struct account *account, const struct probe *probe, double busy_s)
{
    trial->wall_s = account->wall_s;
    trial->startup_s = account->startup_s;
    trial->user_s = account->user_s + probe->user_s;
    trial->system_s = account->system_s + probe->system_s;
    trial->workers = account->workers;
    trial->images = account->images;
    trial->pixels = account->pixels;
    trial->peak_pss_bytes = probe->knows_pss ? probe->peak_pss_bytes : 0;
    trial->peak_rss_bytes = probe->peak_rss_bytes;
    trial->voluntary_switches = account->voluntary_switches + probe->voluntary_switches;
    trial->involuntary_switches = account->involuntary_switches + probe->involuntary_switches;
    trial->minor_faults = account->minor_faults + probe->minor_faults;
    trial->major_faults = account->major_faults + probe->major_faults;
    memcpy(trial->stage_s, account->stage_s, sizeof trial->stage_s);
    trial->blocked_s = account->blocked_s;
    trial->others_s = fmax(0, busy_s - trial->user_s - trial->system_s);
}

/* From the running trial to its account. */
static enum trial_end attend(const struct trial_lab *lab, int socket, pid_t group, struct trial *trial,
                             char culprit[160], struct pm_error *error)
{
    struct account account;
    struct probe probe;
    const double deadline = lab->timeout > 0 ? clock_now() + lab->timeout : INFINITY;
    const double busy_before = probe_time().busy_s;
    enum patience patience = wait_for(lab, socket, deadline);
    if (patience != SPOKE)
        return give_up(lab, group, patience, error);
    if (message_receive(socket, &account, sizeof account) != 0) {
        tell_end(spawner_wait(lab->spawner), error);
        return TRIAL_FAILED;
    }
    const double busy = probe_time().busy_s - busy_before;
    int looked = probe_group(group, &probe);
    message_send(socket, "", 1); /* of no matter if it has died meanwhile: its account is here */
    patience = wait_for(lab, lab->spawner->socket, deadline);
    if (patience != SPOKE)
        return give_up(lab, group, patience, error);
    spawner_wait(lab->spawner);
    memcpy(culprit, account.culprit, sizeof account.culprit);
    *error = account.error;
    if (error->kind == PM_OK && looked != 0)
        error_set(error, PM_ERROR_IO, "/proc does not show the trial's processes (mount it without hidepid)");
    if (error->kind != PM_OK)
        return TRIAL_FAILED;
    fill(trial, &account, &probe, busy);
    return TRIAL_MEASURED;
}

enum trial_end trial_run(const struct trial_lab *lab, const struct order *order, struct trial *trial,
                         char culprit[160], struct pm_error *error)
{
    int sockets[2];
    enum trial_end end = TRIAL_FAILED;
    const double stolen = probe_time().steal_s;
    *trial = (struct trial){.workload = order->workload, .jobs = order->jobs, .load = probe_load()};
    culprit[0] = '\0';
    if (message_pair(sockets) != 0) {
        error_set(error, PM_ERROR_WORKER, "no socket for a trial: %s", strerror(errno));
        return TRIAL_FAILED;
    }
    pid_t group = -1;
    /* The order waits in the socket; a trial reads its inputs from where the file stands. */
    if (message_send(sockets[0], order, sizeof *order) != 0 || lseek(lab->inputs, 0, SEEK_SET) != 0)
        error_set(error, PM_ERROR_WORKER, "a trial could not be given its order: %s", strerror(errno));
    else
        group = spawner_spawn(lab->spawner, lab->program, order->backend, sockets[1], lab->inputs, error);
    close(sockets[1]);
    if (group > 0)
        end = attend(lab, sockets[0], group, trial, culprit, error);
    close(sockets[0]);
    trial->steal_s = probe_time().steal_s - stolen;
    return end;
}
