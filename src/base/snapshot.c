#include "base/snapshot.h"

#include <alloca.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { RANGES_MAX = 512, PIECES_MAX = 4096, LINE_MAX_BYTES = 4608, STACK_MAX = 8 << 20 };

struct range {
    uintptr_t begin, end;
    bool heap;
};

/* Pages present at the snapshot are copied. Pages not present then are dropped on restore, which gives back
 * their initial content (zeroes or a part of a file); heap pages are instead kept and zeroed, because they
 * are reused. */
enum piece_kind { PIECE_COPIED, PIECE_DROPPED, PIECE_ZEROED };

/* A run of consecutive pages of one kind. */
struct piece {
    enum piece_kind kind;
    uint8_t *at;
    size_t size;
    const uint8_t *copy; /* of PIECE_COPIED */
};

struct snapshot {
    size_t page;
    uintptr_t program_break;
    uintptr_t stack_begin; /* the lowest address that the stack may reach */
    size_t nranges, npieces;
    struct range ranges[RANGES_MAX];
    struct piece pieces[PIECES_MAX];
};

/* Shared mapping, so that the snapshot does not include itself. */
static void *map(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory != MAP_FAILED ? memory : NULL;
}

static uintptr_t program_break(void)
{
    return (uintptr_t)syscall(SYS_brk, 0);
}

/* Parses a line of /proc/self/maps. Returns 0, or -1 when the table is full. */
static int add_line(struct snapshot *snapshot, const char *line, uintptr_t here)
{
    unsigned long long begin, end;
    char access[5];
    if (sscanf(line, "%llx-%llx %4s", &begin, &end, access) != 3 || strcmp(access, "rw-p") != 0)
        return 0;
    const struct range range = {
        .begin = (uintptr_t)begin, .end = (uintptr_t)end, .heap = strstr(line, "[heap]") != NULL};
    if (here >= range.begin && here < range.end) {
        const bool grows = strstr(line, "[stack]") != NULL && range.end - range.begin < STACK_MAX;
        snapshot->stack_begin = grows ? range.end - STACK_MAX : range.begin;
        return 0;
    }
    if (snapshot->nranges == RANGES_MAX)
        return -1;
    snapshot->ranges[snapshot->nranges++] = range;
    return 0;
}

/* Does not use stdio: its buffers would be part of the snapshot. */
static int find_ranges(struct snapshot *snapshot, uintptr_t here)
{
    char text[2 * LINE_MAX_BYTES];
    size_t used = 0;
    int status = 0;
    ssize_t got;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    while (status == 0 && (got = read(fd, text + used, LINE_MAX_BYTES)) > 0) {
        char *line = text, *end;
        used += (size_t)got;
        while (status == 0 && (end = memchr(line, '\n', used)) != NULL) {
            *end = '\0';
            status = add_line(snapshot, line, here);
            used -= (size_t)(end + 1 - line);
            line = end + 1;
        }
        memmove(text, line, used);
        if (used > LINE_MAX_BYTES)
            status = -1;
    }
    close(fd);
    return status == 0 && snapshot->stack_begin != 0 ? 0 : -1;
}

static int add_page(struct snapshot *snapshot, uintptr_t at, enum piece_kind kind)
{
    struct piece *last = snapshot->npieces > 0 ? &snapshot->pieces[snapshot->npieces - 1] : NULL;
    uint8_t *page = (uint8_t *)at;
    if (last != NULL && last->at + last->size == page && last->kind == kind) {
        last->size += snapshot->page;
        return 0;
    }
    if (snapshot->npieces == PIECES_MAX)
        return -1;
    snapshot->pieces[snapshot->npieces++] = (struct piece){.kind = kind, .at = page, .size = snapshot->page};
    return 0;
}

/* Finds the pages that are present, in memory or swapped out: bits 63 and 62
 * (Documentation/admin-guide/mm/pagemap.rst). */
static int find_pieces(struct snapshot *snapshot)
{
    const uint64_t there = (uint64_t)3 << 62;
    uint64_t entries[512];
    int status = 0;
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    for (size_t i = 0; i < snapshot->nranges && status == 0; i++) {
        const struct range *range = &snapshot->ranges[i];
        for (uintptr_t at = range->begin; at < range->end && status == 0;) {
            size_t count = (range->end - at) / snapshot->page;
            if (count > sizeof entries / sizeof *entries)
                count = sizeof entries / sizeof *entries;
            const size_t size = count * sizeof *entries;
            if (pread(fd, entries, size, (off_t)(at / snapshot->page * sizeof *entries)) != (ssize_t)size)
                status = -1;
            const enum piece_kind absent = range->heap ? PIECE_ZEROED : PIECE_DROPPED;
            for (size_t k = 0; k < count && status == 0; k++, at += snapshot->page)
                status = add_page(snapshot, at, (entries[k] & there) != 0 ? PIECE_COPIED : absent);
        }
    }
    close(fd);
    return status;
}

static int copy_pieces(struct snapshot *snapshot)
{
    size_t size = 0;
    for (size_t i = 0; i < snapshot->npieces; i++)
        size += snapshot->pieces[i].kind == PIECE_COPIED ? snapshot->pieces[i].size : 0;
    uint8_t *copy = map(size > 0 ? size : 1);
    if (copy == NULL)
        return -1;
    for (size_t i = 0; i < snapshot->npieces; i++) {
        struct piece *piece = &snapshot->pieces[i];
        if (piece->kind != PIECE_COPIED)
            continue;
        memcpy(copy, piece->at, piece->size);
        piece->copy = copy;
        copy += piece->size;
    }
    return 0;
}

struct snapshot *snapshot_take(void)
{
    const uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    struct snapshot *snapshot = map(sizeof *snapshot);
    if (snapshot == NULL)
        return NULL;
    snapshot->page = (size_t)sysconf(_SC_PAGESIZE);
    snapshot->program_break = program_break();
    if (find_ranges(snapshot, here) == 0 && find_pieces(snapshot) == 0 && copy_pieces(snapshot) == 0)
        return snapshot;
    munmap(snapshot, sizeof *snapshot);
    return NULL;
}

/* Most pages are already zero and are not written to. */
static void zero_page(uint8_t *at, size_t page)
{
    if (at[0] != 0 || memcmp(at, at + 1, page - 1) != 0)
        memset(at, 0, page);
}

/* Clears the stack below `here`: returns whole pages to the system, except those in use by the current calls.
 * The range may begin below the mapping of a stack that can grow. */
static int drop_stack(const struct snapshot *snapshot, uintptr_t here)
{
    enum { IN_USE = 16 << 10, KEPT = 128 << 10 };
    const uintptr_t begin = snapshot->stack_begin;
    uintptr_t end = (here - IN_USE) & ~(uintptr_t)(snapshot->page - 1);
    for (int kept = 0; kept < KEPT && end - begin > STACK_MAX / 2; kept += (int)snapshot->page) {
        end -= snapshot->page;
        zero_page((uint8_t *)end, snapshot->page);
    }
    if (begin < end && madvise((void *)begin, end - begin, MADV_DONTNEED) != 0 && errno != ENOMEM)
        return -1;
    return 0;
}

/* Clears the vector registers, which may hold pixels. This file's code uses only the first sixteen. */
static void clear_registers(void)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f"))
        __asm__ volatile("vpxord %zmm16, %zmm16, %zmm16\n\tvpxord %zmm17, %zmm17, %zmm17\n\t"
                         "vpxord %zmm18, %zmm18, %zmm18\n\tvpxord %zmm19, %zmm19, %zmm19\n\t"
                         "vpxord %zmm20, %zmm20, %zmm20\n\tvpxord %zmm21, %zmm21, %zmm21\n\t"
                         "vpxord %zmm22, %zmm22, %zmm22\n\tvpxord %zmm23, %zmm23, %zmm23\n\t"
                         "vpxord %zmm24, %zmm24, %zmm24\n\tvpxord %zmm25, %zmm25, %zmm25\n\t"
                         "vpxord %zmm26, %zmm26, %zmm26\n\tvpxord %zmm27, %zmm27, %zmm27\n\t"
                         "vpxord %zmm28, %zmm28, %zmm28\n\tvpxord %zmm29, %zmm29, %zmm29\n\t"
                         "vpxord %zmm30, %zmm30, %zmm30\n\tvpxord %zmm31, %zmm31, %zmm31");
    if (__builtin_cpu_supports("avx"))
        __asm__ volatile("vzeroall" ::
                             : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
                               "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
#endif
}

__attribute__((noinline)) static int restore(const struct snapshot *snapshot)
{
    /* First: if the heap was trimmed since, it must be mapped again before it is written. */
    if ((uintptr_t)syscall(SYS_brk, snapshot->program_break) != snapshot->program_break)
        return -1;
    int status = drop_stack(snapshot, (uintptr_t)__builtin_frame_address(0));
    for (size_t i = 0; i < snapshot->npieces; i++) {
        const struct piece *piece = &snapshot->pieces[i];
        if (piece->kind == PIECE_DROPPED)
            status |= madvise(piece->at, piece->size, MADV_DONTNEED);
        for (size_t at = 0; at < piece->size && piece->kind != PIECE_DROPPED; at += snapshot->page) {
            if (piece->kind == PIECE_ZEROED)
                zero_page(piece->at + at, snapshot->page);
            else if (memcmp(piece->at + at, piece->copy + at, snapshot->page) != 0)
                memcpy(piece->at + at, piece->copy + at, snapshot->page);
        }
    }
    return status == 0 ? 0 : -1;
}

int snapshot_restore(const struct snapshot *snapshot)
{
    const int status = restore(snapshot);
    const size_t size = (20 << 10) + snapshot->page; /* below the frames of the functions called here */
    explicit_bzero(alloca(size), size);
    clear_registers();
    return status;
}
