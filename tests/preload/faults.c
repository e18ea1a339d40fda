/*
 * Interposed between the command and the C library (LD_PRELOAD): makes the n-th call of one kind fail, as
 * tests/torture/fault_plan.h says. Counting starts when the libraries are loaded, before main.
 *
 * Calls within the C library are not seen, except allocations.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "preload/real.h"
#include "torture/fault_plan.h"

#define EXPORT __attribute__((visibility("default")))

static struct fault_plan *plan; /* NULL before the start */
static int open_at_start;

/* How many open descriptors have none of the flags `without`. */
static int count_open(int without)
{
    int count = 0;
    for (int fd = 3; fd < 1024; fd++) {
        int flags = fcntl(fd, F_GETFD);
        count += flags >= 0 && (flags & without) == 0;
    }
    return count;
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv(FAULT_PLAN_VARIABLE);
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *memory = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (memory == MAP_FAILED)
        abort();
    /* Inherited descriptors: the program may already have opened some, which it closes in main (preinit.h).
     */
    open_at_start = count_open(FD_CLOEXEC);
    plan = memory;
}

__attribute__((destructor)) static void end(void)
{
    struct fault_plan *ended = plan;
    plan = NULL;
    if (ended != NULL)
        atomic_store(&ended->left_open, count_open(0) - open_at_start);
}

/* Counts a call; true if it must fail. */
static bool fails(enum fault_kind kind)
{
    if (plan == NULL)
        return false;
    unsigned long call = atomic_fetch_add(&plan->calls[kind], 1) + 1;
    if (plan->kind != (int)kind || call < plan->nth || (call > plan->nth && !plan->ever_after))
        return false;
    atomic_fetch_add(&plan->fired, 1);
    if (plan->stop)
        abort();
    return true;
}

static bool fails_with(enum fault_kind kind, int why)
{
    if (!fails(kind))
        return false;
    errno = why;
    return true;
}

EXPORT void *malloc(size_t size)
{
    return fails_with(FAULT_MEMORY, ENOMEM) ? NULL : REAL(malloc)(size);
}

/* dlsym itself may call this before the real function is known. */
EXPORT void *calloc(size_t count, size_t size)
{
    static bool looking;
    static char early[4096];
    static size_t used;
    static __typeof__(&calloc) real;
    if (real == NULL) {
        if (looking) {
            void *piece = early + used;
            used += (count * size + 15) / 16 * 16;
            return piece;
        }
        looking = true;
        real = (__typeof__(real))(uintptr_t)dlsym(RTLD_NEXT, "calloc");
    }
    return fails_with(FAULT_MEMORY, ENOMEM) ? NULL : real(count, size);
}

EXPORT void *realloc(void *memory, size_t size)
{
    return fails_with(FAULT_MEMORY, ENOMEM) ? NULL : REAL(realloc)(memory, size);
}

EXPORT void *reallocarray(void *memory, size_t count, size_t size)
{
    return fails_with(FAULT_MEMORY, ENOMEM) ? NULL : REAL(reallocarray)(memory, count, size);
}

EXPORT int posix_memalign(void **memory, size_t alignment, size_t size)
{
    return fails(FAULT_MEMORY) ? ENOMEM : REAL(posix_memalign)(memory, alignment, size);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    return fails_with(FAULT_MEMORY, ENOMEM) ? NULL : REAL(aligned_alloc)(alignment, size);
}

EXPORT void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (fails_with(FAULT_MAP, ENOMEM))
        return MAP_FAILED;
    return REAL(mmap)(address, size, protection, flags, fd, offset);
}

EXPORT int mprotect(void *address, size_t size, int protection)
{
    return fails_with(FAULT_MAP, ENOMEM) ? -1 : REAL(mprotect)(address, size, protection);
}

EXPORT int memfd_create(const char *name, unsigned flags)
{
    return fails_with(FAULT_MAP, ENOMEM) ? -1 : REAL(memfd_create)(name, flags);
}

/* Half of `size` if the plan makes the call move less than it could. */
static size_t perhaps_half(size_t size)
{
    return size > 1 && fails(FAULT_SHORT) ? size / 2 : size;
}

EXPORT ssize_t read(int fd, void *bytes, size_t size)
{
    if (fails_with(FAULT_INTERRUPT, EINTR) || fails_with(FAULT_READ, EIO))
        return -1;
    return REAL(read)(fd, bytes, perhaps_half(size));
}

EXPORT ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
    if (fails_with(FAULT_INTERRUPT, EINTR) || fails_with(FAULT_READ, EIO))
        return -1;
    return REAL(pread)(fd, bytes, perhaps_half(size), offset);
}

EXPORT ssize_t getrandom(void *bytes, size_t size, unsigned flags)
{
    return fails_with(FAULT_READ, EIO) ? -1 : REAL(getrandom)(bytes, size, flags);
}

EXPORT ssize_t write(int fd, const void *bytes, size_t size)
{
    if (fails_with(FAULT_INTERRUPT, EINTR) || fails_with(FAULT_WRITE, ENOSPC))
        return -1;
    return REAL(write)(fd, bytes, perhaps_half(size));
}

EXPORT ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    if (fails_with(FAULT_INTERRUPT, EINTR) || fails_with(FAULT_WRITE, ENOSPC))
        return -1;
    return REAL(pwrite)(fd, bytes, perhaps_half(size), offset);
}

EXPORT int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return fails_with(FAULT_OPEN, EMFILE) ? -1 : REAL(open)(path, flags, mode);
}

EXPORT int openat(int folder, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return fails_with(FAULT_OPEN, EMFILE) ? -1 : REAL(openat)(folder, path, flags, mode);
}

EXPORT DIR *opendir(const char *path)
{
    return fails_with(FAULT_OPEN, EMFILE) ? NULL : REAL(opendir)(path);
}

EXPORT DIR *fdopendir(int fd)
{
    return fails_with(FAULT_OPEN, EMFILE) ? NULL : REAL(fdopendir)(fd);
}

EXPORT int eventfd(unsigned value, int flags)
{
    return fails_with(FAULT_OPEN, EMFILE) ? -1 : REAL(eventfd)(value, flags);
}

EXPORT int fcntl(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (command == F_DUPFD_CLOEXEC && fails_with(FAULT_OPEN, EMFILE))
        return -1;
    return REAL(fcntl)(fd, command, argument);
}

EXPORT int stat(const char *path, struct stat *status)
{
    return fails_with(FAULT_LOOK, EIO) ? -1 : REAL(stat)(path, status);
}

EXPORT int lstat(const char *path, struct stat *status)
{
    return fails_with(FAULT_LOOK, EIO) ? -1 : REAL(lstat)(path, status);
}

EXPORT int fstat(int fd, struct stat *status)
{
    return fails_with(FAULT_LOOK, EIO) ? -1 : REAL(fstat)(fd, status);
}

EXPORT int fstatat(int folder, const char *path, struct stat *status, int flags)
{
    return fails_with(FAULT_LOOK, EIO) ? -1 : REAL(fstatat)(folder, path, status, flags);
}

EXPORT int statx(int folder, const char *path, int flags, unsigned mask, struct statx *status)
{
    return fails_with(FAULT_LOOK, EIO) ? -1 : REAL(statx)(folder, path, flags, mask, status);
}

EXPORT int access(const char *path, int mode)
{
    return fails_with(FAULT_LOOK, EIO) ? -1 : REAL(access)(path, mode);
}

EXPORT int faccessat(int fd, const char *path, int mode, int flags)
{
    return fails_with(FAULT_LOOK, EIO) ? -1 : REAL(faccessat)(fd, path, mode, flags);
}

EXPORT struct dirent *readdir(DIR *folder)
{
    return fails_with(FAULT_LOOK, EIO) ? NULL : REAL(readdir)(folder);
}

EXPORT int rename(const char *from, const char *to)
{
    return fails_with(FAULT_RENAME, EIO) ? -1 : REAL(rename)(from, to);
}

EXPORT int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    return fails_with(FAULT_RENAME, EIO) ? -1 : REAL(renameat)(from_folder, from, to_folder, to);
}

EXPORT int fsync(int fd)
{
    return fails_with(FAULT_SYNC, EIO) ? -1 : REAL(fsync)(fd);
}

EXPORT int fdatasync(int fd)
{
    return fails_with(FAULT_SYNC, EIO) ? -1 : REAL(fdatasync)(fd);
}

EXPORT int close(int fd)
{
    int status = REAL(close)(fd);
    return fails_with(FAULT_CLOSE, EIO) ? -1 : status;
}

EXPORT int ftruncate(int fd, off_t size)
{
    return fails_with(FAULT_CHANGE, ENOSPC) ? -1 : REAL(ftruncate)(fd, size);
}

EXPORT int fchmod(int fd, mode_t mode)
{
    return fails_with(FAULT_CHANGE, ENOSPC) ? -1 : REAL(fchmod)(fd, mode);
}

EXPORT int mkdir(const char *path, mode_t mode)
{
    return fails_with(FAULT_CHANGE, ENOSPC) ? -1 : REAL(mkdir)(path, mode);
}

EXPORT int mkdirat(int folder, const char *path, mode_t mode)
{
    return fails_with(FAULT_CHANGE, ENOSPC) ? -1 : REAL(mkdirat)(folder, path, mode);
}

EXPORT int flock(int fd, int operation)
{
    if (fails_with(FAULT_INTERRUPT, EINTR) || fails_with(FAULT_CHANGE, ENOLCK))
        return -1;
    return REAL(flock)(fd, operation);
}

EXPORT pid_t fork(void)
{
    return fails_with(FAULT_FORK, EAGAIN) ? -1 : REAL(fork)();
}

EXPORT pid_t waitpid(pid_t pid, int *status, int options)
{
    return fails_with(FAULT_INTERRUPT, EINTR) ? -1 : REAL(waitpid)(pid, status, options);
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*begin)(void *),
                          void *argument)
{
    return fails(FAULT_THREAD) ? EAGAIN : REAL(pthread_create)(thread, attributes, begin, argument);
}

EXPORT int socketpair(int domain, int type, int protocol, int sockets[2])
{
    return fails_with(FAULT_MESSAGE, ENOBUFS) ? -1 : REAL(socketpair)(domain, type, protocol, sockets);
}

EXPORT ssize_t send(int socket, const void *bytes, size_t size, int flags)
{
    if (fails_with(FAULT_INTERRUPT, EINTR) || fails_with(FAULT_MESSAGE, ENOBUFS))
        return -1;
    return REAL(send)(socket, bytes, size, flags);
}

EXPORT ssize_t recv(int socket, void *bytes, size_t size, int flags)
{
    if (fails_with(FAULT_INTERRUPT, EINTR) || fails_with(FAULT_MESSAGE, ENOBUFS))
        return -1;
    return REAL(recv)(socket, bytes, size, flags);
}

EXPORT ssize_t sendmsg(int socket, const struct msghdr *message, int flags)
{
    if (fails_with(FAULT_INTERRUPT, EINTR) || fails_with(FAULT_MESSAGE, ENOBUFS))
        return -1;
    return REAL(sendmsg)(socket, message, flags);
}

EXPORT ssize_t recvmsg(int socket, struct msghdr *message, int flags)
{
    if (fails_with(FAULT_INTERRUPT, EINTR) || fails_with(FAULT_MESSAGE, ENOBUFS))
        return -1;
    return REAL(recvmsg)(socket, message, flags);
}

/* Messages to and from workers are sent this way (src/backend/message.c). */
EXPORT long syscall(long number, ...)
{
    va_list arguments;
    long word[6];
    va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        word[i] = va_arg(arguments, long);
    va_end(arguments);
    if ((number == SYS_sendto || number == SYS_recvfrom) &&
        (fails_with(FAULT_INTERRUPT, EINTR) || fails_with(FAULT_MESSAGE, ENOBUFS)))
        return -1;
    return REAL(syscall)(number, word[0], word[1], word[2], word[3], word[4], word[5]);
}

EXPORT int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    return fails_with(FAULT_INTERRUPT, EINTR) ? -1 : REAL(poll)(fds, count, timeout);
}

EXPORT int io_uring_queue_init(unsigned entries, struct io_uring *ring, unsigned flags)
{
    if ((plan != NULL && plan->no_uring) || fails(FAULT_RING))
        return -EPERM;
    return REAL(io_uring_queue_init)(entries, ring, flags);
}

/* Corrupts an operation before it is submitted, so that the kernel refuses it. */
static void spoil(struct io_uring_sqe *entry)
{
    switch (entry->opcode) {
    case IORING_OP_OPENAT:
    case IORING_OP_RENAMEAT:
        entry->addr = 1;
        break;
    default:
        entry->fd = -1;
    }
}

static void perhaps_spoil(struct io_uring *ring)
{
    for (unsigned at = ring->sq.sqe_head; at != ring->sq.sqe_tail; at++) {
        struct io_uring_sqe *entry = &ring->sq.sqes[at & ring->sq.ring_mask];
        bool may_fail = entry->opcode != IORING_OP_POLL_ADD && entry->opcode != IORING_OP_TIMEOUT &&
                        entry->opcode != IORING_OP_CLOSE; /* the descriptor would stay open */
        if (may_fail && fails(FAULT_RING))
            spoil(entry);
    }
}

EXPORT int io_uring_submit(struct io_uring *ring)
{
    perhaps_spoil(ring);
    return fails(FAULT_INTERRUPT) ? -EINTR : REAL(io_uring_submit)(ring);
}

EXPORT int io_uring_submit_and_wait(struct io_uring *ring, unsigned wanted)
{
    perhaps_spoil(ring);
    return fails(FAULT_INTERRUPT) ? -EINTR : REAL(io_uring_submit_and_wait)(ring, wanted);
}

#if __SIZEOF_LONG__ == 8
/* Programs built with 64-bit file offsets call these functions under other names, which here have the same
 * behaviour, or with the buffer's size as an additional last argument (_FORTIFY_SOURCE). */
#define ALSO(other, name) __asm__(".globl " #other "\n.set " #other ", " #name)
ALSO(open64, open);
ALSO(openat64, openat);
ALSO(stat64, stat);
ALSO(fstatat64, fstatat);
ALSO(lstat64, lstat);
ALSO(fstat64, fstat);
ALSO(readdir64, readdir);
ALSO(pread64, pread);
ALSO(pwrite64, pwrite);
ALSO(fcntl64, fcntl);
ALSO(ftruncate64, ftruncate);
ALSO(mmap64, mmap);
ALSO(__pread64_chk, pread);
#endif
