#include "backend/forker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/child.h"
#include "backend/forkserver.h"
#include "backend/message.h"
#include "backend/region.h"
#include "backend/sandbox.h"
#include "backend/worker.h"
#include "base/heap.h"

/* Has the kernel kill this process when its parent ends, which may already have happened. */
static void die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
}

/* Resets all signals to their defaults, but ignores SIGINT and SIGTERM: the terminal sends Ctrl-C to all
 * processes, and only the parent handles it. */
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

/* Closes all descriptors except standard error and *fd, which becomes descriptor CHILD_SOCKET. Standard input
 * and output become an empty, read-only file without a name, so this works without /dev/null. Returns 0, or
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

/* If memory runs out, kill a worker first: the parent has the whole batch, and the fork server is needed for
 * new workers. */
static void prefer_for_oom_kill(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return; /* no /proc here: the kernel chooses by size alone */
    (void)!write(fd, "500", 3);
    close(fd);
}

static int kill_worker(pid_t worker)
{
    int status = SPAWN_NONE_BEFORE;
    if (worker > 0) {
        kill(worker, SIGKILL);
        waitpid(worker, &status, 0);
    }
    return status;
}

/* Forks the worker of a slot. Returns its pid, with *spawned filled for the parent; or -1 with errno set. */
static pid_t fork_worker(const struct forker *forker, unsigned slot, struct spawned *spawned)
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
        /* The socket replaces the control socket, which a worker does not use. The region was created first,
         * so the next descriptor is the region's or free. */
        if (dup2(sockets[1], CHILD_SOCKET) < 0 || dup2(region, CHILD_SOCKET + 1) < 0)
            _exit(1);
        close_range(CHILD_SOCKET + 2, UINT_MAX, 0);
        prefer_for_oom_kill();
        if (forker->cgroups->version != 0)
            (void)cgroup_enter(forker->cgroups, slot); /* on failure, the parent still checks memory */
        worker_pin(forker->config, slot);
        child_main(CHILD_SOCKET + 1, forker->config);
    }
    close(sockets[1]);
    if (worker < 0) {
        close(sockets[0]);
        close(region);
    }
    *spawned = (struct spawned){.socket = sockets[0], .region = region};
    return worker;
}

static void close_both(int fds[2])
{
    close(fds[0]);
    close(fds[1]);
}

/* Like fork(), but the new process is a child of this process's parent, which can wait for it and outlives
 * this one. Handlers of pthread_atfork do not run, and a sanitizer's runtime is not informed. The C library's
 * cached thread id is wrong in the new process, which only abort() uses; its own forks are correct again. */
static pid_t fork_sibling(void)
{
    const unsigned long flags = CLONE_PARENT | SIGCHLD;
#ifdef __s390__ /* the stack comes first there */
    return (pid_t)syscall(SYS_clone, NULL, flags, NULL, NULL, NULL);
#else
    return (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
#endif
}

static noreturn void serve(int control, pid_t parent, const struct forker *forker);

/* The reserve: waits until it is called to serve, or until the run ends. */
static noreturn void wait_in_reserve(int control, pid_t parent, const struct forker *forker)
{
    struct server_call call;
    die_with(parent);
    prctl(PR_SET_NAME, "pixmill-reserve");
    if (dup2(control, CHILD_SOCKET) < 0)
        _exit(1);
    close_range(CHILD_SOCKET + 1, UINT_MAX, 0);
    if (message_receive(CHILD_SOCKET, &call, sizeof call) != 0)
        _exit(0);
    serve(CHILD_SOCKET, parent, forker);
}

/* Forks the process that takes over if this one is lost, and sends its id to the parent, or -1 if there is
 * none. Returns 0, or -1 when the parent has ended. */
static int make_reserve(int control, pid_t parent, const struct forker *forker)
{
    int ends[2];
    struct server_hello hello = {.reserve = -1};
    if (!SANDBOX_HAS_NO_WALLS && message_pair(ends) == 0) {
        hello.reserve = fork_sibling();
        if (hello.reserve == 0)
            wait_in_reserve(ends[1], parent, forker);
        if (hello.reserve < 0)
            close_both(ends);
    }
    if (hello.reserve < 0)
        return message_send(control, &hello, sizeof hello);
    const int sent = message_send_with(control, &hello, sizeof hello, (int[]){ends[0], ends[0]});
    close_both(ends);
    return sent;
}

/* A slot's worker, and its successor forked in advance. */
struct slot {
    pid_t worker;
    pid_t spare; /* 0: none */
    struct spawned made;
};

/* Ends a slot's worker and replaces it by the next one. Returns 0, or -1 when the parent has ended. */
static int answer_request(int control, const struct forker *forker, unsigned index, struct slot *slot)
{
    struct spawn_answer answer = {.status = kill_worker(slot->worker)};
    if (slot->spare == 0) {
        slot->worker = fork_worker(forker, index, &slot->made);
    } else {
        slot->worker = slot->spare;
        slot->spare = 0;
    }
    if (slot->worker < 0) {
        answer.failure = errno;
        return message_send(control, &answer, sizeof answer);
    }
    answer.pid = slot->worker;
    int fds[2] = {slot->made.socket, slot->made.region};
    const int sent = message_send_with(control, &answer, sizeof answer, fds);
    close_both(fds);
    if (sent == 0 && forker->config->sandbox == SANDBOX_STRICT) {
        /* Fork the next worker while this one works, so that the next request need not wait. */
        const pid_t spare = fork_worker(forker, index, &slot->made);
        slot->spare = spare > 0 ? spare : 0;
    }
    return sent;
}

/* Prepares what future jobs need and earlier jobs did not. Ends spare workers, which were forked without
 * it. */
static void prepare(const struct backend_config *config, uint32_t needs, struct slot *slots)
{
    static uint32_t prepared; /* a reserve inherits it from the server that forked it */
    const uint32_t missing = needs & ~prepared;
    if (missing == 0 || config->work.prepare == NULL)
        return;
    prepared |= missing;
    config->work.prepare(&config->work, missing);
    heap_trim();
    for (unsigned i = 0; i < config->workers; i++) {
        if (slots[i].spare == 0)
            continue;
        kill_worker(slots[i].spare);
        close_both((int[]){slots[i].made.socket, slots[i].made.region});
        slots[i].spare = 0;
    }
}

/* Serves requests until the parent closes the control socket. */
static noreturn void serve(int control, pid_t parent, const struct forker *forker)
{
    static bool warm; /* as above */
    const struct backend_config *config = forker->config;
    prctl(PR_SET_NAME, "pixmill-forker");
    struct slot *slots = calloc(config->workers, sizeof *slots);
    if (slots == NULL)
        _exit(1);
    if (config->work.warm != NULL && !warm)
        config->work.warm(&config->work);
    warm = true;
    heap_trim();
    prepare(config, config->work.needs, slots);

    struct spawn_request request;
    int status = make_reserve(control, parent, forker);
    while (status == 0 && message_receive(control, &request, sizeof request) == 0 &&
           (request.slot < config->workers || request.slot == SLOT_RESERVE)) {
        if (request.slot == SLOT_RESERVE) {
            status = make_reserve(control, parent, forker);
        } else {
            prepare(config, request.needs, slots);
            status = answer_request(control, forker, request.slot, &slots[request.slot]);
        }
    }
    for (unsigned slot = 0; slot < config->workers; slot++) {
        kill_worker(slots[slot].worker);
        kill_worker(slots[slot].spare);
    }
    _exit(0);
}

noreturn void forker_main(int control, pid_t parent, const struct forker *forker)
{
    die_with(parent);
    reset_signals();
    if (close_all_but(&control) != 0)
        _exit(1); /* the parent's first request will then fail */
    serve(control, parent, forker);
}
