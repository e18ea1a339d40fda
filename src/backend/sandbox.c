#include "backend/sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static int shut_privileges(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return syscall(SYS_capset, &header, none) == 0 ? 0 : -1;
}

/* A limit that root or a container has set lower is unchanged. */
static int set_limit(int resource, rlim_t max)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0)
        return -1;
    limit.rlim_cur = limit.rlim_cur < max ? limit.rlim_cur : max;
    limit.rlim_max = limit.rlim_max < max ? limit.rlim_max : max;
    return setrlimit(resource, &limit);
}

/* A worker's region and its three arenas reserve 64 GiB of addresses each; the heap and the libraries get the
 * same again. This bounds the page tables, like 32-bit pointers do. The parent limits per job how many
 * addresses can be used. */
static int shut_limits(void)
{
    const rlim_t addresses = (rlim_t)5 << 36, stack = 8 << 20;
    int status = set_limit(RLIMIT_CORE, 0);
    status |= set_limit(RLIMIT_FSIZE, 0);
    status |= set_limit(RLIMIT_NPROC, 0);
    status |= set_limit(RLIMIT_NOFILE, 0);
    status |= set_limit(RLIMIT_AS, addresses);
    status |= set_limit(RLIMIT_STACK, stack); /* no other limit counts the stack's pages */
    return status;
}

/* struct landlock_ruleset_attr of ABI 6; older kernels accept it if the fields that they don't know are
 * zero. */
struct ruleset {
    uint64_t fs, net, scope;
};

enum { LANDLOCK_VERSION = 1 };

/* Everything that this kernel's Landlock can deny is denied: a ruleset without rules
 * (Documentation/userspace-api/landlock.rst; the numbers of rights that each ABI supports). */
int sandbox_shut_landlock(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);
    if (abi < 1)
        return -1;
    unsigned rights = abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13;
    struct ruleset ruleset = {
        .fs = (1u << rights) - 1,
        .net = abi >= 4 ? 3 : 0,   /* TCP: bind, connect */
        .scope = abi >= 6 ? 3 : 0, /* abstract sockets and signals to processes outside */
    };
    int fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, sizeof ruleset, 0);
    if (fd < 0)
        return -1;
    long status = syscall(SYS_landlock_restrict_self, fd, 0);
    close(fd);
    return status == 0 ? 0 : -1;
}

/* System calls for memory, time and the end of a process, with any arguments. There is no signal handler to
 * return from, and none can be set. Names that end in 64 are the same calls with 64-bit times, on 32-bit
 * machines only. */
static const int allowed[] = {
    SCMP_SYS(brk),        SCMP_SYS(munmap),    SCMP_SYS(futex),           SCMP_SYS(futex_time64),
    SCMP_SYS(getrandom),  SCMP_SYS(getrusage), SCMP_SYS(clock_gettime),   SCMP_SYS(clock_gettime64),
    SCMP_SYS(getpid),     SCMP_SYS(gettid),    SCMP_SYS(restart_syscall), SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* Memory that RLIMIT_DATA counts, and no other: private, writable, not executable. So:
 * - mmap: no access or read and write; private and anonymous, with or without MAP_NORESERVE, and no other
 * flag (MAP_SHARED and MAP_GROWSDOWN are not counted); where the kernel likes, for pages that are far apart
 * take page tables of their own, which are not counted either. glibc retries without a hint that failed.
 * - mprotect: to read and write alone. Written pages that become read-only are counted no more.
 * - mremap: as realloc calls it. A shared mapping could be doubled by an old size of 0.
 * - madvise: pages are given back, or may be huge.
 *
 * On 32-bit machines mmap2 is the call. Their older mmap, and s390x's only one, take their arguments from
 * memory, where a filter cannot see them: the former is not allowed, the latter must be. */
#if defined(SYS_mmap2)
static const int map_call = SCMP_SYS(mmap2);
#else
static const int map_call = SCMP_SYS(mmap);
#endif
#if defined(__s390__)
enum { MAPPINGS_SEEN = 0 };
#else
enum { MAPPINGS_SEEN = 1 };
#endif

static struct scmp_arg_cmp equals(unsigned arg, unsigned value)
{
    return (struct scmp_arg_cmp){.arg = arg, .op = SCMP_CMP_EQ, .datum_a = value};
}

static int add_map_rules(scmp_filter_ctx filter)
{
    static const unsigned protections[] = {PROT_NONE, PROT_READ | PROT_WRITE};
    static const unsigned flags[] = {MAP_PRIVATE | MAP_ANONYMOUS,
                                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE};
    const struct scmp_arg_cmp hint = {.arg = 0, .op = SCMP_CMP_NE, .datum_a = 0};
    if (!MAPPINGS_SEEN)
        return seccomp_rule_add(filter, SCMP_ACT_ALLOW, map_call, 0);
    int status = 0;
    for (int i = 0; i < 4; i++) {
        const struct scmp_arg_cmp protection = equals(2, protections[i / 2]), flag = equals(3, flags[i % 2]);
        status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, map_call, 3, equals(0, 0), protection, flag);
        status |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOMEM), map_call, 3, hint, protection, flag);
    }
    return status;
}

static int add_memory_rules(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp some = {.arg = 1, .op = SCMP_CMP_GT, .datum_a = 0};
    int status = add_map_rules(filter);
    status |=
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, equals(2, PROT_READ | PROT_WRITE));
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mremap), 2, some, equals(3, MREMAP_MAYMOVE));
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(madvise), 1, equals(2, MADV_DONTNEED));
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(madvise), 1, equals(2, MADV_HUGEPAGE));
    return status;
}

static int add_rules(scmp_filter_ctx filter, int socket)
{
    int status = 0;
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    status |= add_memory_rules(filter);
    /* For message.c. On machines with socketcall, libseccomp also allows these two through it, on any
     * descriptor; the worker has only one socket. */
    struct scmp_arg_cmp on_socket = {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)socket};
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 1, on_socket);
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(recvfrom), 1, on_socket);
    /* abort() unblocks SIGABRT and sends it to the process itself. Blocking signals is forbidden, or SIGXCPU
     * could be blocked. */
    struct scmp_arg_cmp unblock = {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = SIG_UNBLOCK};
    struct scmp_arg_cmp to_itself = {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)getpid()};
    struct scmp_arg_cmp abortion = {.arg = 2, .op = SCMP_CMP_EQ, .datum_a = SIGABRT};
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(rt_sigprocmask), 1, unblock);
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 2, to_itself, abortion);
    return status;
}

/* Any other call raises SIGSYS. A call of another architecture kills the process. */
static int shut_seccomp(int socket, void (*stopped)(int, siginfo_t *, void *))
{
    struct sigaction action = {.sa_sigaction = stopped, .sa_flags = SA_SIGINFO};
    if (sigaction(SIGSYS, &action, NULL) != 0)
        return -1;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
    if (filter == NULL)
        return -1;
    int status = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    status |= add_rules(filter, socket);
    if (status == 0)
        status = seccomp_load(filter);
    seccomp_release(filter);
    return status == 0 ? 0 : -1;
}

unsigned sandbox_enter(int socket, void (*stopped)(int, siginfo_t *, void *))
{
    if (SANDBOX_HAS_NO_WALLS)
        return SANDBOX_ALL_MISSING;
    unsigned missing = 0;
    /* The order matters: Landlock needs a descriptor, and the filter forbids all the other calls made
     * here. */
    missing |= shut_privileges() != 0 ? 1u << WALL_PRIVILEGES : 0;
    missing |= prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ? 1u << WALL_MEMORY : 0;
    missing |= sandbox_shut_landlock() != 0 ? 1u << WALL_LANDLOCK : 0;
    close_range(STDIN_FILENO, STDERR_FILENO, 0); /* no access to the user's terminal */
    missing |= shut_limits() != 0 ? 1u << WALL_LIMITS : 0;
    missing |= shut_seccomp(socket, stopped) != 0 ? 1u << WALL_SECCOMP : 0;
    missing |= MAPPINGS_SEEN ? 0 : 1u << WALL_MAPPINGS;
    return missing;
}

const char *sandbox_tell(unsigned missing, char *text, size_t size)
{
    static const char *const names[SANDBOX_WALLS] = {
        [WALL_PRIVILEGES] = "dropped privileges",
        [WALL_MEMORY] = "protection of memory from other processes",
        [WALL_LIMITS] = "resource limits",
        [WALL_LANDLOCK] = "Landlock (Linux 5.13 or later, enabled)",
        [WALL_SECCOMP] = "seccomp filters",
        [WALL_MAPPINGS] = "limits on memory mappings",
        [WALL_GRANTS] = "limits for each job (prlimit)",
        [WALL_WATCH] = "monitoring of resident memory (/proc)",
    };
    size_t used = 0;
    text[0] = '\0';
    if (SANDBOX_HAS_NO_WALLS)
        snprintf(text, size, "everything: this build has sanitizers, which need the calls that it forbids");
    for (unsigned wall = 0; wall < SANDBOX_WALLS && !SANDBOX_HAS_NO_WALLS && used < size; wall++) {
        if ((missing & 1u << wall) == 0)
            continue;
        bool last = missing >> wall == 1;
        const char *joint = used == 0 ? "" : last ? " and " : ", ";
        used += (size_t)snprintf(text + used, size - used, "%s%s", joint, names[wall]);
    }
    return text;
}

const char *sandbox_call_name(int number, char *text, size_t size)
{
    char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
    snprintf(text, size, "%s (system call %d)", name != NULL ? name : "an unknown one", number);
    free(name);
    return text;
}
