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

#include <zlib.h>

#include "backend/child.h"
#include "backend/message.h"
#include "backend/region.h"
#include "bare_clone.h"
#include "hostile/reading.h"

struct prey {
    uint8_t *input; /* in the region */
    size_t size;
    const struct context *context;
    struct pm_error *error;
};

long __real_message_receive_up_to(int socket, void *bytes, size_t max);
long __wrap_message_receive_up_to(int socket, void *bytes, size_t max);

static const struct child_request *request; /* the open one */

long __wrap_message_receive_up_to(int socket, void *bytes, size_t max)
{
    request = bytes;
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

/* Uses a little CPU time repeatedly, so that it does not count as hung. */
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

/* To look. */

/* Up to where the region's file goes; beyond that it can't be read. */
static void read_everything(const struct prey *prey)
{
    const uint8_t *end = memchr(prey->input, '\0', prey->size);
    const uint8_t *pieces = end != NULL ? end + 1 : prey->input + prey->size;
    reading_search(pieces, (size_t)(prey->input + prey->size - pieces), prey->input - REGION_INPUT,
                   region_result_offset(prey->size) + request->room, prey->context, prey->error);
}

/* To lie. */

/* Writes `bytes` as the result, like a worker after a successful job. */
static struct child_reply forge_result(const struct prey *prey, const void *bytes, size_t size)
{
    struct region_head *head = (struct region_head *)(prey->input - REGION_INPUT);
    head->result = (struct job_result){.width = 1, .height = 1, .pixels_in = 1};
    memcpy(prey->input - REGION_INPUT + region_result_offset(prey->size), bytes, size);
    return (struct child_reply){.number = request->number, .result_size = size};
}

static size_t put_chunk(uint8_t *at, const char *type, const uint8_t *data, uint32_t size)
{
    const uint32_t length = htonl(size);
    memcpy(at, &length, 4);
    memcpy(at + 4, type, 4);
    memcpy(at + 8, data, size);
    const uint32_t sum = htonl((uint32_t)crc32(crc32(0, NULL, 0), at + 4, size + 4));
    memcpy(at + 8 + size, &sum, 4);
    return size + 12;
}

/* A PNG of that size, as far as its header says. */
static struct child_reply forge_picture(const struct prey *prey, uint8_t width, uint8_t height)
{
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    const uint8_t header[13] = {[3] = width, [7] = height, [8] = 8, [9] = 2};
    uint8_t file[128];
    size_t size = sizeof signature;
    memcpy(file, signature, size);
    size += put_chunk(file + size, "IHDR", header, sizeof header);
    size += put_chunk(file + size, "IDAT", (const uint8_t *)"fake", 4);
    size += put_chunk(file + size, "IEND", (const uint8_t *)"", 0);
    return forge_result(prey, file, size);
}

/* A plausible result: a picture of the size that --resize=50% makes. */
static struct child_reply forge(const struct prey *prey)
{
    return forge_picture(prey, 32, 32);
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

static void forge_parts(const struct prey *prey, unsigned count, struct job_part first)
{
    struct child_reply forged = forge(prey);
    struct region_head *head = (struct region_head *)(prey->input - REGION_INPUT);
    head->result.nparts = count;
    head->result.parts[0] = first;
    reply(&forged);
    stay_awake();
}

static void claim_too_many_parts(const struct prey *prey)
{
    forge_parts(prey, JOB_PARTS_MAX + 1, (struct job_part){.size = 1});
}

static void claim_a_part_outside(const struct prey *prey)
{
    forge_parts(prey, 1, (struct job_part){.offset = UINT64_MAX - 3, .size = 8});
}

/* One picture, where several were planned. */
static void answer_with_fewer_parts(const struct prey *prey)
{
    forge_parts(prey, 1, (struct job_part){.size = 16, .width = 32, .height = 32});
}

static void answer_with_a_page(const struct prey *prey)
{
    static const char page[] = "<!doctype html><script>alert(1)</script>";
    struct child_reply forged = forge_result(prey, page, sizeof page - 1);
    reply(&forged);
    stay_awake();
}

/* A WebP of the planned size, where a PNG was planned. */
static void answer_in_another_format(const struct prey *prey)
{
    static const uint8_t file[] = {'R', 'I', 'F', 'F', 18, 0, 0, 0,    'W',  'E',  'B', 'P', 'V',
                                   'P', '8', 'L', 6,   0,  0, 0, 0x2f, 0x1f, 0xc0, 7,   0,   0};
    struct child_reply forged = forge_result(prey, file, sizeof file);
    reply(&forged);
    stay_awake();
}

static void answer_with_another_size(const struct prey *prey)
{
    struct child_reply forged = forge_picture(prey, 32, 31);
    reply(&forged);
    stay_awake();
}

static void claim_impossible_memory(const struct prey *prey)
{
    struct child_reply forged = forge(prey);
    forged.peak_bytes = UINT64_MAX;
    reply(&forged);
    stay_awake();
}

/* An empty message reads as the end of a stream does. */
static void send_nothing(const struct prey *prey)
{
    (void)prey;
    message_send(CHILD_SOCKET, "", 0);
    stay_awake();
}

/* Answers as it should, then sends an empty message, and stays. */
static void reply_and_send_nothing(const struct prey *prey)
{
    struct child_reply forged = forge(prey);
    reply(&forged);
    send_nothing(prey);
}

/* Hides that the job was started and breaks the protocol, so that another image is blamed. */
static void disown(const struct prey *prey)
{
    memset(prey->input - REGION_INPUT, 0, sizeof(struct region_head) + 64);
    message_send(CHILD_SOCKET, "nonsense", 8);
    stay_awake();
}

/* Replies once correctly, and then hangs. */
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
    {"reply-twice", reply_twice},
    {"reply-next", reply_for_the_next_job},
    {"huge", claim_a_huge_length},
    {"more", claim_more_than_there_is},
    {"called-back", claim_to_be_called_back},
    {"many-parts", claim_too_many_parts},
    {"part-outside", claim_a_part_outside},
    {"fewer-parts", answer_with_fewer_parts},
    {"page", answer_with_a_page},
    {"other-format", answer_in_another_format},
    {"other-size", answer_with_another_size},
    {"peak", claim_impossible_memory},
    {"nothing", send_nothing},
    {"reply-nothing", reply_and_send_nothing},
    {"disown", disown},
    {"linger", linger},
    {"scribble", scribble},
    {"babble", babble},
    {"fill", fill_socket},
};

void attack(const char *name, const uint8_t *data, size_t size, const struct context *context,
            struct pm_error *error)
{
    const struct prey prey = {
        .input = (uint8_t *)(uintptr_t)data, .size = size, .context = context, .error = error};
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
        if (strcmp(attacks[i].name, name) == 0) {
            attacks[i].run(&prey);
            return;
        }
    }
    error_set(error, PM_ERROR_INTERNAL, "there is no attack '%s'", name);
}
