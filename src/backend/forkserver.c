#include "backend/forkserver.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/child.h"
#include "backend/message.h"
#include "backend/region.h"
#include "backend/worker.h"
#include "base/clock.h"
#include "base/heap.h"

/* Far more than a worker's start takes on the busiest machine. */
static const double start_seconds = 10;

/* Has the kernel kill this process when its parent ends, which may already have happened. */
static void die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
}

/* Every signal does what it does by default. But Ctrl-C goes to all processes of a terminal, and what it
 * means is the parent's to decide. */
static void reset_signals(void)
{
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Leaves open standard error and *fd, which becomes descriptor CHILD_SOCKET. For standard input and output an
 * empty file that can't be written stands in; it is nowhere, so it is there without /dev/null. Returns 0, or
 * -1 with errno set. */
static int close_all_but(int *fd)
{
    if (*fd != CHILD_SOCKET && dup2(*fd, CHILD_SOCKET) < 0)
        return -1;
    *fd = CHILD_SOCKET;
    close_range(CHILD_SOCKET + 1, UINT_MAX, 0);
    int null = memfd_create("pixmill-null", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (null < 0 || fcntl(null, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return -1;
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
        bool used = stream == STDERR_FILENO && fcntl(stream, F_GETFD) >= 0;
        if (!used && stream != null && dup2(null, stream) < 0)
            return -1;
    }
    if (null > CHILD_SOCKET)
        close(null);
    return 0;
}

/* When memory runs out, a worker is a better victim than the parent, which holds the whole batch, and than
 * the fork server, from which all workers come. */
static void stand_first_for_the_oom_killer(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return; /* no /proc here: the kernel chooses by size alone */
    (void)!write(fd, "500", 3);
    close(fd);
}

static int bury(pid_t worker)
{
    int status = SPAWN_NONE_BEFORE;
    if (worker > 0) {
        kill(worker, SIGKILL);
        waitpid(worker, &status, 0);
    }
    return status;
}

/* Forks the worker of place `slot`. Returns its pid and what the parent needs to know of it; or -1 with errno
 * set. */
static pid_t fork_worker(const struct backend_config *config, unsigned slot, struct spawned *spawned)
{
    int sockets[2];
    int region = region_create();
    if (region < 0)
        return -1;
    if (message_pair(sockets) != 0) {
        close(region);
        return -1;
    }
    pid_t server = getpid();
    pid_t worker = fork();
    if (worker == 0) {
        die_with(server);
        /* It takes the place of the control socket, of no use here; the region was made first, so the next
         * descriptor is it or free. */
        if (dup2(sockets[1], CHILD_SOCKET) < 0 || dup2(region, CHILD_SOCKET + 1) < 0)
            _exit(1);
        close_range(CHILD_SOCKET + 2, UINT_MAX, 0);
        stand_first_for_the_oom_killer();
        worker_pin(config, slot);
        child_main(CHILD_SOCKET + 1, config);
    }
    close(sockets[1]);
    if (worker < 0) {
        close(sockets[0]);
        close(region);
    }
    *spawned = (struct spawned){.socket = sockets[0], .region = region};
    return worker;
}

/* The server's life, until the parent closes the control socket. */
static noreturn void serve(int control, const struct backend_config *config)
{
    prctl(PR_SET_NAME, "pixmill-forker");
    pid_t *workers = calloc(config->workers, sizeof *workers);
    if (workers == NULL)
        _exit(1);
    if (config->work.warm != NULL)
        config->work.warm(&config->work);
    heap_trim();

    struct spawn_request order;
    while (message_receive(control, &order, sizeof order) == 0 && order.slot < config->workers) {
        pid_t *worker = &workers[order.slot];
        struct spawn_answer answer = {.status = bury(*worker)};
        struct spawned spawned;
        *worker = fork_worker(config, order.slot, &spawned);
        if (*worker < 0) {
            answer.failure = errno;
            if (message_send(control, &answer, sizeof answer) != 0)
                break;
            continue;
        }
        answer.pid = *worker;
        int sent =
            message_send_with(control, &answer, sizeof answer, (int[]){spawned.socket, spawned.region});
        close(spawned.socket);
        close(spawned.region);
        if (sent != 0)
            break;
    }
    for (unsigned slot = 0; slot < config->workers; slot++)
        bury(workers[slot]);
    _exit(0);
}

int forkserver_start(struct forkserver *server, const struct backend_config *config, struct pm_error *error)
{
    int sockets[2];
    if (message_pair(sockets) != 0)
        return error_set(error, PM_ERROR_WORKER, "no socket for worker processes: %s (raise ulimit -n)",
                         strerror(errno));
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        die_with(parent);
        reset_signals();
        close(sockets[0]); /* the parent's end, which may stand in standard error's place */
        if (close_all_but(&sockets[1]) != 0)
            _exit(1); /* the first question will find it gone */
        serve(sockets[1], config);
    }
    close(sockets[1]);
    if (pid < 0) {
        close(sockets[0]);
        return error_set(error, PM_ERROR_WORKER, "no worker process can be started: %s (raise ulimit -u)",
                         strerror(errno));
    }
    *server = (struct forkserver){.pid = pid, .control = sockets[0], .lock = PTHREAD_MUTEX_INITIALIZER};
    return 0;
}

/* Is there something to be read before long? The fork server may have been stopped, or a new worker turn in a
 * circle for ever: libseccomp does where memory runs out in it. */
static bool speaks(int socket)
{
    const double deadline = clock_now() + start_seconds;
    struct pollfd wait = {.fd = socket, .events = POLLIN};
    while (poll(&wait, 1, clock_poll_until(deadline)) <= 0) {
        if (clock_now() >= deadline)
            return false;
    }
    return true;
}

/* One question to the server and its answer. A server that gives none is of no more use. */
static int ask(struct forkserver *server, unsigned slot, struct spawned *spawned, struct spawn_answer *answer)
{
    int fds[MESSAGE_DESCRIPTORS] = {-1, -1};
    pthread_mutex_lock(&server->lock);
    const struct spawn_request request = {.slot = slot};
    int status = message_send(server->control, &request, sizeof request);
    if (status == 0 && !speaks(server->control))
        kill(server->pid, SIGKILL);
    if (status == 0)
        status = message_receive_with(server->control, answer, sizeof *answer, fds);
    pthread_mutex_unlock(&server->lock);
    *spawned = (struct spawned){.socket = fds[0], .region = fds[1], .pid = answer->pid};
    return status;
}

/* A new worker's first word. */
static bool says_hello(int socket, struct child_hello *hello)
{
    return speaks(socket) && message_receive(socket, hello, sizeof *hello) == 0;
}

/* 0, or -1 with `error` filled; *died: it is because the new worker died at once, or might
 * as well have. */
static int spawn_once(struct forkserver *server, unsigned slot, struct spawned *spawned, int *status,
                      bool *died, struct pm_error *error)
{
    struct spawn_answer answer = {.status = SPAWN_SERVER_LOST};
    int asked = ask(server, slot, spawned, &answer);
    *status = answer.status;
    *died = false;
    if (asked != 0)
        return error_set_hint(error, PM_ERROR_WORKER, PM_HINT_LESS_AT_ONCE,
                              "the fork server of the worker processes was lost; memory may have run out");
    if (answer.failure != 0)
        return error_set_hint(error, PM_ERROR_WORKER, PM_HINT_PROCESSES,
                              "no worker process can be started: %s", strerror(answer.failure));
    if (spawned->socket < 0)
        return error_set_hint(error, PM_ERROR_WORKER, PM_HINT_FILES, "too many open files");

    struct child_hello hello;
    *died = !says_hello(spawned->socket, &hello);
    atomic_fetch_add(&server->deaths, *died);
    if (!*died && hello.error.kind == PM_OK) {
        spawned->missing = hello.missing;
        spawned->renews = hello.renews;
        return 0;
    }
    close(spawned->socket);
    close(spawned->region);
    *spawned = (struct spawned){.socket = -1, .region = -1};
    if (*died)
        return error_set_hint(error, PM_ERROR_WORKER, PM_HINT_LESS_AT_ONCE,
                              "a worker process died at its start; memory may have run out");
    return error_copy(error, &hello.error);
}

/* A worker that dies at its start, as one may that the kernel takes for its memory, is made once more. */
int forkserver_spawn(struct forkserver *server, unsigned slot, struct spawned *spawned, int *status,
                     struct pm_error *error)
{
    bool died;
    struct pm_error first = {0};
    if (spawn_once(server, slot, spawned, status, &died, &first) == 0)
        return 0;
    int of_second;
    if (died)
        return spawn_once(server, slot, spawned, &of_second, &died, error);
    return error_copy(error, &first);
}

void forkserver_stop(struct forkserver *server)
{
    shutdown(server->control, SHUT_WR); /* for it the end of all questions; its own end ends the answers */
    if (!speaks(server->control))
        kill(server->pid, SIGKILL);
    close(server->control);
    while (waitpid(server->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    pthread_mutex_destroy(&server->lock);
}
