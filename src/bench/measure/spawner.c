#include "bench/measure/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/backend.h"
#include "backend/message.h"
#include "base/clock.h"
#include "bench/measure/order.h"

struct spawn_order {
    char program[PATH_MAX];
    char backend[ORDER_NAME_MAX];
};

struct spawn_answer {
    pid_t pid; /* -1: the fork failed */
    int failure;
};

static void die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
}

/* In the new process. Ends with status 127 when there is no such program, as a shell does. */
static noreturn void become_trial(const struct spawn_order *order, const int fds[MESSAGE_DESCRIPTORS])
{
    char spawned[32], note[BACKEND_NOTE_MAX];
    char *argv[] = {(char *)order->program, spawned, NULL};
    const struct backend *backend = backend_find(order->backend);
    if (backend != NULL && backend->prepare != NULL)
        backend->prepare(note); /* the trial says what threads it was granted */

    /* Neither descriptor is below 3: those three are occupied. */
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(fds[1], STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    if (fds[0] == ORDER_SOCKET)
        fcntl(ORDER_SOCKET, F_SETFD, 0);
    else
        dup2(fds[0], ORDER_SOCKET);
    close_range(ORDER_SOCKET + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC);
    snprintf(spawned, sizeof spawned, "%.9f", clock_now());
    execv(order->program, argv);
    _exit(127);
}

static pid_t fork_trial(const struct spawn_order *order, const int fds[MESSAGE_DESCRIPTORS])
{
    pid_t spawner = getpid(), pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        die_with(spawner);
        become_trial(order, fds);
    }
    if (pid > 0)
        setpgid(pid, pid); /* here, too: whoever learns of the pid may count on the group */
    return pid;
}

/* Ctrl-C goes to all processes of a terminal, and what it means is the sweep's to decide; a trial is to find
 * signals as if it were started by a shell. */
static void reset_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
}

/* The spawner's life, until the lab closes the socket. */
static noreturn void serve(int socket)
{
    struct spawn_order order;
    int fds[MESSAGE_DESCRIPTORS];
    prctl(PR_SET_NAME, "pixmill-spawner");
    while (message_receive_with(socket, &order, sizeof order, fds) == 0) {
        int status = 0;
        struct spawn_answer answer = {.pid = fds[0] >= 0 ? fork_trial(&order, fds) : -1};
        answer.failure = fds[0] >= 0 ? errno : EMFILE;
        for (int i = 0; i < MESSAGE_DESCRIPTORS; i++) {
            if (fds[i] >= 0)
                close(fds[i]);
        }
        if (message_send(socket, &answer, sizeof answer) != 0)
            break;
        if (answer.pid < 0)
            continue;
        while (waitpid(answer.pid, &status, 0) < 0 && errno == EINTR)
            ;
        if (message_send(socket, &status, sizeof status) != 0)
            break;
    }
    _exit(0);
}

int spawner_start(struct spawner *spawner, struct pm_error *error)
{
    int sockets[2];
    if (message_pair(sockets) != 0)
        return error_set(error, PM_ERROR_WORKER, "no socket for the trials: %s", strerror(errno));
    pid_t lab = getpid(), pid = fork();
    if (pid == 0) {
        die_with(lab);
        reset_signals();
        close(sockets[0]);
        serve(sockets[1]);
    }
    close(sockets[1]);
    if (pid < 0) {
        close(sockets[0]);
        return error_set(error, PM_ERROR_WORKER, "no process for the trials: %s (raise ulimit -u)",
                         strerror(errno));
    }
    *spawner = (struct spawner){.pid = pid, .socket = sockets[0]};
    return 0;
}

pid_t spawner_spawn(struct spawner *spawner, const char *program, const char *backend, int socket, int input,
                    struct pm_error *error)
{
    struct spawn_order order = {0};
    struct spawn_answer answer;
    snprintf(order.program, sizeof order.program, "%s", program);
    snprintf(order.backend, sizeof order.backend, "%s", backend);
    if (message_send_with(spawner->socket, &order, sizeof order, (int[]){socket, input}) != 0 ||
        message_receive(spawner->socket, &answer, sizeof answer) != 0) {
        spawner->lost = true;
        return error_set(error, PM_ERROR_WORKER, "the process that starts the trials was lost");
    }
    if (answer.pid < 0)
        return error_set(error, PM_ERROR_WORKER, "no process for a trial: %s (raise ulimit -u)",
                         strerror(answer.failure));
    return answer.pid;
}

int spawner_wait(struct spawner *spawner)
{
    int status;
    if (message_receive(spawner->socket, &status, sizeof status) == 0)
        return status;
    spawner->lost = true;
    return -1;
}

void spawner_stop(struct spawner *spawner)
{
    close(spawner->socket);
    while (waitpid(spawner->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}
