#include "backend/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"

#ifdef PIXMILL_SANITIZED
enum { SANITIZED = 1 }; /* a sanitizer's runtime opens files and calls whatever it likes */
#else
enum { SANITIZED = 0 };
#endif

/* struct landlock_ruleset_attr as of ABI 6; older kernels take the longer one when its end is zero. */
struct ruleset {
    uint64_t fs, net, scope;
};

enum { LANDLOCK_VERSION = 1 };

static long landlock_abi(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);
}

/* Everything that this kernel's Landlock can deny is denied: a ruleset without rules
 * (Documentation/userspace-api/landlock.rst; the numbers are of rights that each ABI brought). */
static int shut_landlock(void)
{
    long abi = landlock_abi();
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

/* What memory, time and the end of a process need, whatever the arguments. */
static const int allowed[] = {
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(getrandom),
    SCMP_SYS(getrusage),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

static int add_rules(scmp_filter_ctx filter, int socket)
{
    int status = 0;
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    /* Memory, but none that can be executed: (prot & PROT_EXEC) == 0. */
    struct scmp_arg_cmp not_executable = {.arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = PROT_EXEC};
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, not_executable);
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, not_executable);
    /* send and recv */
    struct scmp_arg_cmp on_socket = {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)socket};
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 1, on_socket);
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(recvfrom), 1, on_socket);
    /* abort() signals the process itself. */
    struct scmp_arg_cmp to_itself = {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)getpid()};
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, to_itself);
    return status;
}

static int shut_seccomp(int socket)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (filter == NULL)
        return -1;
    int status = add_rules(filter, socket);
    if (status == 0)
        status = seccomp_load(filter);
    seccomp_release(filter);
    return status == 0 ? 0 : -1;
}

const char *sandbox_missing(void)
{
    if (SANITIZED)
        return "a build without sanitizers";
    if (landlock_abi() < 1)
        return "Landlock (Linux 5.13 or later, enabled)";
    if (prctl(PR_GET_SECCOMP) < 0)
        return "seccomp";
    return NULL;
}

int sandbox_enter(enum sandbox_wish wish, int socket, struct pm_error *error)
{
    if (wish == SANDBOX_OFF)
        return 0;
    const char *missing = sandbox_missing();
    if (missing != NULL && wish == SANDBOX_REQUIRE)
        return error_set(error, PM_ERROR_UNSUPPORTED, "the sandbox lacks %s (use --sandbox=on)", missing);
    if (SANITIZED)
        return 0;
    int failures = setrlimit(RLIMIT_CORE, &(struct rlimit){0}) != 0;
    failures += prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0;
    failures += shut_landlock() != 0;
    failures += shut_seccomp(socket) != 0;
    if (failures > 0 && wish == SANDBOX_REQUIRE)
        return error_set(error, PM_ERROR_UNSUPPORTED, "the sandbox could not be shut (use --sandbox=on)");
    return 0;
}
