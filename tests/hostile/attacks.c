#include "hostile/attacks.h"

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
#include "hostile/prey.h"
#include "hostile/reading.h"

long __real_message_receive_up_to(int socket, void *bytes, size_t max);
long __wrap_message_receive_up_to(int socket, void *bytes, size_t max);

const struct child_request *hostile_request;

long __wrap_message_receive_up_to(int socket, void *bytes, size_t max)
{
    hostile_request = bytes;
    return __real_message_receive_up_to(socket, bytes, max);
}

/* An id that no process can have: above the largest pid. */
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

/* Taking more memory: 4 GiB at most, so that a failing test does not exhaust the machine. */

enum { PIECE = 1 << 20, PIECES = 4096 };

static void take_memory(const struct prey *prey)
{
    uint8_t *piece;
    for (int i = 0; i < PIECES && (piece = malloc(PIECE)) != NULL; i++)
        memset(piece, 1, PIECE);
    error_set(prey->error, PM_ERROR_MEMORY, "no memory is left");
}

/* Memory that is no longer written to: RLIMIT_DATA does not count it. */
static void take_memory_to_read(const struct prey *prey)
{
    (void)prey;
    for (int i = 0; i < PIECES; i++) {
        uint8_t *piece = mmap(NULL, PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        memset(piece, 1, PIECE);
        mprotect(piece, PIECE, PROT_READ);
    }
}

static void take_stacks(const struct prey *prey)
{
    (void)prey;
    for (int i = 0; i < PIECES; i++) {
        uint8_t *piece =
            mmap(NULL, PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0);
        memset(piece, 1, PIECE);
    }
}

/* The page of zeroes in many places: no memory but page tables. */
static void take_page_tables(const struct prey *prey)
{
    (void)prey;
    const size_t piece = (size_t)1 << (sizeof(size_t) == 8 ? 32 : 26), step = 2 << 20;
    for (;;) {
        const volatile uint8_t *zeroes =
            mmap(NULL, piece, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        for (size_t at = 0; at < piece; at += step)
            (void)zeroes[at];
    }
}

/* A page in each of many places that are far apart, with page tables of its own. */
static void take_distant_pages(const struct prey *prey)
{
    for (uintptr_t at = (uintptr_t)1 << 40; at < (uintptr_t)1 << 46; at += (uintptr_t)1 << 30) {
        uint8_t *page = mmap((void *)at, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED) {
            error_set(prey->error, PM_ERROR_MEMORY, "no place may be chosen");
            return;
        }
        *page = 1;
    }
}

static void double_region(const struct prey *prey)
{
    mremap(prey->input - REGION_INPUT, 0, 4096, MREMAP_MAYMOVE);
}

static void take_addresses(const struct prey *prey)
{
    const size_t piece = (size_t)1 << (sizeof(size_t) == 8 ? 32 : 26);
    while (mmap(NULL, piece, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED)
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

void stay_awake(void)
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

/* To look. */

/* Up to where the region's file goes; beyond that it can't be read. */
static void read_everything(const struct prey *prey)
{
    const uint8_t *end = memchr(prey->input, '\0', prey->size);
    const uint8_t *pieces = end != NULL ? end + 1 : prey->input + prey->size;
    reading_search(pieces, (size_t)(prey->input + prey->size - pieces), prey->input - REGION_INPUT,
                   region_result_offset(prey->size) + hostile_request->room, prey->context, prey->error);
}

static const struct attack attacks[] = {
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
    {"read-only", take_memory_to_read},
    {"stacks", take_stacks},
    {"page-tables", take_page_tables},
    {"distant", take_distant_pages},
    {"double", double_region},
    {"addresses", take_addresses},
    {"shared", take_shared_memory},
    {"limit", raise_limit},
    {"loop", loop_for_ever},
    {"sleep", sleep_for_ever},
    {"block", block_signals},
    {"stop", stop_itself},
    {"overrun", overrun_region},
    {"read", read_everything},
    {"exit", exit_quietly},
    {"close", close_socket},
    {.name = NULL},
};

static bool run_one_of(const struct attack *list, const char *name, const struct prey *prey)
{
    for (; list->name != NULL; list++) {
        if (strcmp(list->name, name) == 0) {
            list->run(prey);
            return true;
        }
    }
    return false;
}

void attack(const char *name, const uint8_t *data, size_t size, const struct context *context,
            struct pm_error *error)
{
    const struct prey prey = {
        .input = (uint8_t *)(uintptr_t)data, .size = size, .context = context, .error = error};
    if (!run_one_of(attacks, name, &prey) && !run_one_of(lies, name, &prey))
        error_set(error, PM_ERROR_INTERNAL, "there is no attack '%s'", name);
}
