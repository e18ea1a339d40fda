#include "hostile/attacks.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "backend/child.h"
#include "backend/message.h"
#include "backend/region.h"
#include "bare_clone.h"

struct prey {
    uint8_t *input; /* in the region */
    size_t size;
    struct pm_error *error;
};

/* A process that is certainly not this one, nor any other: pids end before it. */
enum { SOMEBODY = 0x3fffffff };

/* To get out. */

static void open_file(const struct prey *prey)
{
    (void)prey;
    open("/etc/passwd", O_RDONLY);
}

static void write_file(const struct prey *prey)
{
    (void)prey;
    open("taken-over", O_WRONLY | O_CREAT, 0666);
}

static void look_at_file(const struct prey *prey)
{
    (void)prey;
    access("/etc/passwd", R_OK);
}

static void connect_out(const struct prey *prey)
{
    (void)prey;
    socket(AF_INET, SOCK_STREAM, 0);
}

static void clone_off(const struct prey *prey)
{
    (void)prey;
    if (bare_clone() == 0)
        _exit(0);
}

static void fork_off(const struct prey *prey)
{
    (void)prey;
    if (fork() == 0)
        _exit(0);
}

static void thread_off(const struct prey *prey)
{
    (void)prey;
    syscall(SYS_clone3, NULL, 0);
}

static void exec_program(const struct prey *prey)
{
    (void)prey;
    execl("/bin/true", "true", (char *)NULL);
}

static void find_parent(const struct prey *prey)
{
    (void)prey;
    kill(getppid(), SIGKILL);
}

static void kill_parent(const struct prey *prey)
{
    (void)prey;
    kill(SOMEBODY, SIGKILL);
}

static void signal_worker(const struct prey *prey)
{
    (void)prey;
    syscall(SYS_tgkill, SOMEBODY, SOMEBODY, SIGABRT);
}

static void map_worker(const struct prey *prey)
{
    struct iovec here = {.iov_base = prey->input, .iov_len = 1};
    process_vm_readv(SOMEBODY, &here, 1, &here, 1, 0);
}

static void trace_worker(const struct prey *prey)
{
    (void)prey;
    ptrace(PTRACE_ATTACH, SOMEBODY, NULL, NULL);
}

static void map_code(const struct prey *prey)
{
    (void)prey;
    mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void make_code(const struct prey *prey)
{
    (void)prey;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static void old_system_call(const struct prey *prey)
{
    (void)prey;
#ifdef __x86_64__
    long number = 5; /* open, for a program of 32 bits */
    __asm__ volatile("int $0x80" : "+a"(number) : "b"(0), "c"(0), "d"(0) : "memory");
#else
    syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
#endif
}

/* To take more. */

static void take_memory(const struct prey *prey)
{
    enum { PIECE = 1 << 20 };
    uint8_t *piece;
    while ((piece = malloc(PIECE)) != NULL)
        memset(piece, 1, PIECE);
    error_set(prey->error, PM_ERROR_MEMORY, "no memory is left");
}

static void take_addresses(const struct prey *prey)
{
    const size_t piece = (size_t)1 << (sizeof(size_t) == 8 ? 32 : 26);
    while (mmap(NULL, piece, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED)
        ;
    error_set(prey->error, PM_ERROR_MEMORY, "no addresses are left");
}

static void take_shared_memory(const struct prey *prey)
{
    (void)prey;
    mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static void raise_limit(const struct prey *prey)
{
    (void)prey;
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_DATA, &limit);
}

static void loop_for_ever(const struct prey *prey)
{
    (void)prey;
    for (;;)
        ;
}

/* Takes a little CPU time again and again, so that it is not asleep, and leaves the rest to others. */
static void stay_awake(void)
{
    const struct timespec nap = {.tv_nsec = 10000000};
    for (uint32_t word = 0;;)
        syscall(SYS_futex, &word, FUTEX_WAIT, word, &nap, NULL, 0);
}

static void sleep_for_ever(const struct prey *prey)
{
    (void)prey;
    char byte;
    for (;;)
        message_receive(CHILD_SOCKET, &byte, sizeof byte);
}

static void block_signals(const struct prey *prey)
{
    (void)prey;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
}

static void stop_itself(const struct prey *prey)
{
    (void)prey;
    syscall(SYS_tgkill, getpid(), getpid(), SIGSTOP);
}

static void overrun_region(const struct prey *prey)
{
    for (volatile uint8_t *byte = prey->input;; byte += 4096)
        *byte = 1;
}

static void exit_quietly(const struct prey *prey)
{
    (void)prey;
    _exit(0);
}

static void close_socket(const struct prey *prey)
{
    (void)prey;
    close(CHILD_SOCKET);
}

/* To lie. */

/* Everything that a well-behaved worker leaves behind: a job done without error, and a result of four bytes.
 */
static struct child_reply forge(const struct prey *prey)
{
    struct region_head *head = (struct region_head *)(prey->input - REGION_INPUT);
    head->result = (struct job_result){.width = 1, .height = 1, .pixels_in = 1};
    memcpy(prey->input - REGION_INPUT + region_result_offset(prey->size), "fake", 4);
    return (struct child_reply){.number = head->number, .result_size = 4};
}

static void reply(const struct child_reply *reply)
{
    message_send(CHILD_SOCKET, reply, sizeof *reply);
}

static void reply_twice(const struct prey *prey)
{
    struct child_reply forged = forge(prey);
    reply(&forged);
    reply(&forged);
    stay_awake();
}

static void reply_for_the_next_job(const struct prey *prey)
{
    struct child_reply forged = forge(prey);
    forged.number++;
    reply(&forged);
    stay_awake();
}

static void claim_a_huge_length(const struct prey *prey)
{
    struct child_reply forged = forge(prey);
    forged.result_size = UINT64_MAX;
    reply(&forged);
    stay_awake();
}

static void claim_more_than_there_is(const struct prey *prey)
{
    struct child_reply forged = forge(prey);
    forged.result_size = 1 << 30;
    reply(&forged);
    stay_awake();
}

static void claim_to_be_called_back(const struct prey *prey)
{
    struct child_reply forged = forge(prey);
    struct region_head *head = (struct region_head *)(prey->input - REGION_INPUT);
    head->result.error.kind = PM_ERROR_CANCELLED;
    reply(&forged);
    stay_awake();
}

/* Answers once, as it should, and stays. */
static void linger(const struct prey *prey)
{
    struct child_reply forged = forge(prey);
    reply(&forged);
    stay_awake();
}

static void scribble(const struct prey *prey)
{
    struct child_reply forged = forge(prey);
    memset(prey->input - REGION_INPUT, 0xff, sizeof(struct region_head));
    reply(&forged);
    stay_awake();
}

static void babble(const struct prey *prey)
{
    (void)prey;
    message_send(CHILD_SOCKET, "nonsense", 8);
    stay_awake();
}

static void fill_socket(const struct prey *prey)
{
    struct child_reply forged = forge(prey);
    forged.number = UINT64_MAX;
    while (message_send(CHILD_SOCKET, &forged, sizeof forged) == 0)
        ;
    stay_awake();
}

static const struct {
    const char *name;
    void (*run)(const struct prey *prey);
} attacks[] = {
    {"open", open_file},
    {"write", write_file},
    {"access", look_at_file},
    {"connect", connect_out},
    {"fork", fork_off},
    {"clone", clone_off},
    {"thread", thread_off},
    {"exec", exec_program},
    {"find-parent", find_parent},
    {"kill-parent", kill_parent},
    {"signal-worker", signal_worker},
    {"map-worker", map_worker},
    {"trace-worker", trace_worker},
    {"map-code", map_code},
    {"make-code", make_code},
    {"old-call", old_system_call},
    {"memory", take_memory},
    {"addresses", take_addresses},
    {"shared", take_shared_memory},
    {"limit", raise_limit},
    {"loop", loop_for_ever},
    {"sleep", sleep_for_ever},
    {"block", block_signals},
    {"stop", stop_itself},
    {"overrun", overrun_region},
    {"exit", exit_quietly},
    {"close", close_socket},
    {"reply-twice", reply_twice},
    {"reply-next", reply_for_the_next_job},
    {"huge", claim_a_huge_length},
    {"more", claim_more_than_there_is},
    {"called-back", claim_to_be_called_back},
    {"linger", linger},
    {"scribble", scribble},
    {"babble", babble},
    {"fill", fill_socket},
};

void attack(const char *name, const uint8_t *data, size_t size, struct pm_error *error)
{
    const struct prey prey = {.input = (uint8_t *)(uintptr_t)data, .size = size, .error = error};
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
        if (strcmp(attacks[i].name, name) == 0) {
            attacks[i].run(&prey);
            return;
        }
    }
    error_set(error, PM_ERROR_INTERNAL, "there is no attack '%s'", name);
}
