#include "backend/forkserver.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/fault.h"
#include "backend/forker.h"
#include "backend/grant.h"
#include "backend/message.h"
#include "base/clock.h"

/* tests/models/handover.pml models ask, replace_server and renew_reserve under those names (make
 * check-models). */

/* Max servers lost for one request, because the request may be the cause. */
enum { LOST_MAX = 3 };

/* Max CPU time of a worker's start, which takes far less; and max time without any CPU time, longer than a
 * busy machine makes a process wait. */
static const double start_seconds = 10;

int forkserver_start(struct forkserver *server, const struct backend_config *config,
                     const struct cgroups *cgroups, struct pm_error *error)
{
    const struct forker forker = {.config = config, .cgroups = cgroups};
    int sockets[2];
    if (message_pair(sockets) != 0)
        return error_set(error, PM_ERROR_WORKER, "no socket for worker processes: %s (raise ulimit -n)",
                         strerror(errno));
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        close(sockets[0]); /* the parent's end; may be descriptor 2 if standard error is closed */
        forker_main(sockets[1], parent, &forker);
    }
    close(sockets[1]);
    if (pid < 0) {
        close(sockets[0]);
        return error_set(error, PM_ERROR_WORKER, "no worker process can be started: %s (raise ulimit -u)",
                         strerror(errno));
    }
    *server = (struct forkserver){.pid = pid,
                                  .control = sockets[0],
                                  .reserve = -1,
                                  .reserve_control = -1,
                                  .ended = SPAWN_SERVER_LOST,
                                  .lock = PTHREAD_MUTEX_INITIALIZER};
    return 0;
}

static bool readable_within(int socket, double seconds)
{
    const double deadline = clock_now() + seconds;
    struct pollfd wait = {.fd = socket, .events = POLLIN};
    while (poll(&wait, 1, clock_poll_until(deadline)) <= 0) {
        if (clock_now() >= deadline)
            return false;
    }
    return true;
}

/* Waits for a message of the process. Gives up after 10 s without CPU time (it may have been stopped) or
 * after 10 s of CPU time (it may loop for ever: libseccomp does when it runs out of memory). So there is no
 * limit on elapsed time, for busy machines. */
static bool await_message(int socket, pid_t pid)
{
    const double began = grant_cpu_taken(pid);
    double seen = began;
    while (!readable_within(socket, start_seconds)) {
        const double taken = grant_cpu_taken(pid);
        if (taken <= seen || taken - began >= start_seconds)
            return false;
        seen = taken;
    }
    return true;
}

/* Returns how it ended. */
static int wait_for(pid_t pid)
{
    int status = SPAWN_SERVER_LOST;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

/* Receives a message of the server with its descriptors. A server that does not respond is killed. */
static int await(struct forkserver *server, void *bytes, size_t size, int fds[MESSAGE_DESCRIPTORS])
{
    if (!await_message(server->control, server->pid)) {
        server->silent = true;
        kill(server->pid, SIGKILL);
    }
    return message_receive_with(server->control, bytes, size, fds);
}

/* Receives the server's first message: which process is its reserve. */
static int learn_reserve(struct forkserver *server)
{
    int fds[MESSAGE_DESCRIPTORS];
    struct server_hello hello;
    if (server->greeted)
        return 0;
    if (await(server, &hello, sizeof hello, fds) != 0)
        return -1;
    server->greeted = true;
    server->reserve = hello.reserve;
    server->reserve_control = fds[0];
    if (fds[1] >= 0)
        close(fds[1]);
    if (hello.reserve > 0 && fds[0] < 0) { /* this process has too many open files */
        kill(hello.reserve, SIGKILL);
        wait_for(hello.reserve);
    }
    return 0;
}

/* Requests another reserve if this one was lost. learn_reserve receives the answer. */
static int renew_reserve(struct forkserver *server)
{
    const struct spawn_request request = {.slot = SLOT_RESERVE};
    if (server->reserve_control < 0 || waitpid(server->reserve, NULL, WNOHANG) != server->reserve)
        return 0;
    close(server->reserve_control);
    server->reserve = server->reserve_control = -1;
    server->greeted = false;
    return message_send(server->control, &request, sizeof request);
}

/* Sends a request to the server and receives its answer. */
static int ask_once(struct forkserver *server, const struct spawn_request *request, struct spawned *spawned,
                    struct spawn_answer *answer)
{
    int fds[MESSAGE_DESCRIPTORS] = {-1, -1};
    int status = renew_reserve(server);
    if (status == 0)
        status = message_send(server->control, request, sizeof *request);
    if (status == 0)
        status = learn_reserve(server);
    if (status == 0)
        status = await(server, answer, sizeof *answer, fds);
    *spawned = (struct spawned){
        .socket = fds[0],
        .region = fds[1],
        .pid = answer->pid,
        .needs = request->needs,
        .server = server->generation,
    };
    return status;
}

/* Replaces a lost server by the reserve. Returns 0, or -1 if there is no reserve. */
static int replace_server(struct forkserver *server)
{
    const struct server_call call = {.serve = 1};
    if (learn_reserve(server) != 0)  /* it may have been lost before its first request; the first */
        (void)learn_reserve(server); /* failure may only mean that it had unread messages */
    kill(server->pid, SIGKILL);
    server->ended = wait_for(server->pid);
    if (server->silent)
        server->ended = SPAWN_SILENT;
    server->silent = false;
    close(server->control);
    server->pid = server->reserve;
    server->control = server->reserve_control;
    server->reserve = server->reserve_control = -1;
    server->greeted = false;
    server->generation++;
    return server->control >= 0 ? message_send(server->control, &call, sizeof call) : -1;
}

/* A lost server is replaced once for all threads. */
static int ask(struct forkserver *server, const struct spawn_request *request, struct spawned *spawned,
               struct spawn_answer *answer)
{
    pthread_mutex_lock(&server->lock);
    int status = server->control >= 0 ? ask_once(server, request, spawned, answer) : -1;
    for (int lost = 0; status != 0 && server->control >= 0 && lost < LOST_MAX; lost++)
        status = replace_server(server) == 0 ? ask_once(server, request, spawned, answer) : -1;
    pthread_mutex_unlock(&server->lock);
    return status;
}

/* A new worker's first message: it came, or the worker died, or it did not respond. */
enum start { START_HELLO, START_DIED, START_SILENT };

static enum start await_hello(int socket, pid_t worker, struct child_hello *hello)
{
    if (!await_message(socket, worker))
        return START_SILENT;
    return message_receive(socket, hello, sizeof *hello) == 0 ? START_HELLO : START_DIED;
}

/* Returns 0, or -1. `error` is filled, unless *start says that the new worker sent no message. */
static int spawn_once(struct forkserver *server, const struct spawn_request *request, struct spawned *spawned,
                      int *status, enum start *start, struct pm_error *error)
{
    struct spawn_answer answer = {.status = SPAWN_SERVER_LOST};
    const unsigned generation = spawned->server;
    int asked = ask(server, request, spawned, &answer);
    *status = asked == 0 && spawned->server == generation ? answer.status : SPAWN_SERVER_LOST;
    *start = START_HELLO;
    if (asked != 0)
        return fault_tell_end("the fork server of the worker processes", server->ended, "", error);
    if (answer.failure != 0)
        return error_set_hint(error, PM_ERROR_WORKER, PM_HINT_PROCESSES,
                              "no worker process can be started: %s", strerror(answer.failure));
    if (spawned->socket < 0)
        return error_set_hint(error, PM_ERROR_WORKER, PM_HINT_FILES, "too many open files");

    struct child_hello hello;
    *start = await_hello(spawned->socket, spawned->pid, &hello);
    atomic_fetch_add(&server->deaths, *start != START_HELLO);
    if (*start == START_HELLO && hello.error.kind == PM_OK) {
        spawned->missing = hello.missing;
        spawned->renews = hello.renews;
        return 0;
    }
    close(spawned->socket);
    close(spawned->region);
    *spawned = (struct spawned){.socket = -1, .region = -1, .server = spawned->server};
    return *start == START_HELLO ? error_copy(error, &hello.error) : -1;
}

/* If a worker dies at its start (the kernel may kill it when memory runs out), tries once more. How the first
 * one ended is known when the second one replaces it. */
int forkserver_spawn(struct forkserver *server, unsigned slot, uint32_t needs, struct spawned *spawned,
                     int *status, struct pm_error *error)
{
    const struct spawn_request request = {.slot = slot, .needs = needs};
    enum start first, second;
    int ended;
    struct pm_error why = {0};
    if (spawn_once(server, &request, spawned, status, &first, &why) == 0)
        return 0;
    if (first == START_HELLO)
        return error_copy(error, &why);
    if (spawn_once(server, &request, spawned, &ended, &second, error) == 0)
        return 0;
    if (second == START_HELLO)
        return -1;
    return fault_tell_end("a new worker process", first == START_SILENT ? SPAWN_SILENT : ended, "", error);
}

void forkserver_tend(struct forkserver *server)
{
    if (pthread_mutex_trylock(&server->lock) != 0)
        return; /* it is being asked, which does the same */
    if (server->control >= 0)
        (void)renew_reserve(server); /* if the server is lost, too, the next question finds it gone */
    pthread_mutex_unlock(&server->lock);
}

void forkserver_stop(struct forkserver *server)
{
    if (server->control >= 0) {
        shutdown(server->control,
                 SHUT_WR); /* the server reads end of stream and ends, which ends the stream here */
        if (learn_reserve(server) == 0 && !await_message(server->control, server->pid))
            kill(server->pid, SIGKILL);
        close(server->control);
        wait_for(server->pid);
    }
    if (server->reserve_control >= 0) {
        close(server->reserve_control);
        kill(server->reserve, SIGKILL);
        wait_for(server->reserve);
    }
    pthread_mutex_destroy(&server->lock);
}
