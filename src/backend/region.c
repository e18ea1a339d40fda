#include "backend/region.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"

enum { PAGE = 4096 };
_Static_assert(sizeof(struct region_head) <= REGION_RECALL, "the head must end before the recall byte");
_Static_assert(sizeof(atomic_bool) == 1, "the recall is one byte");

/* With 64-bit pointers there are enough addresses. Under `ulimit -v` a region gets a quarter of them, because
 * two arenas need as many each, and there is a heap. */
#if SIZE_MAX > UINT32_MAX
static const size_t range_max = (size_t)1 << 36;
#else
static const size_t range_max = (size_t)1 << 28;
#endif
enum { RANGE_SHARE = 4 };

int region_create(void)
{
    return memfd_create("pixmill-region", MFD_CLOEXEC);
}

size_t region_result_offset(size_t size)
{
    return (REGION_INPUT + size + PAGE - 1) / PAGE * PAGE;
}

size_t region_range(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur / RANGE_SHARE > range_max)
        return range_max;
    return limit.rlim_cur / RANGE_SHARE / PAGE * PAGE;
}

size_t region_room(size_t range, size_t size, uint64_t wanted)
{
    if (range < REGION_INPUT + PAGE || size > range - REGION_INPUT - PAGE)
        return 0;
    size_t max = range - region_result_offset(size);
    return wanted == 0 || wanted > max ? max : (size_t)wanted;
}

uint8_t *region_map(int fd, size_t range)
{
    void *memory = mmap(NULL, range, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    return memory != MAP_FAILED ? memory : NULL;
}

/* ulimit -f counts a region as a file. */
static int no_room(size_t size, struct pm_error *error)
{
    if (errno == EFBIG)
        return error_set_hint(error, PM_ERROR_LIMIT, PM_HINT_FILE_SIZE,
                              "the worker process's shared memory exceeds the file size limit");
    return error_memory(error, size);
}

int region_put(int fd, const uint8_t *data, size_t size, size_t room, struct pm_error *error)
{
    if (ftruncate(fd, (off_t)(region_result_offset(size) + room)) != 0)
        return no_room(room, error);
    for (size_t done = 0; done < size;) {
        ssize_t written = pwrite(fd, data + done, size - done, (off_t)(REGION_INPUT + done));
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return no_room(size, error);
        done += (size_t)written;
    }
    return 0;
}

/* Returns 0, or -1 if the region is shorter. */
static int read_at(int fd, void *bytes, size_t size, size_t offset)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(fd, (uint8_t *)bytes + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        done += (size_t)got;
    }
    return 0;
}

int region_get(int fd, size_t input_size, size_t size, struct buffer *out, struct pm_error *error)
{
    if (size == 0) /* `out` may have no memory then */
        return 0;
    if (buffer_reserve(out, size) != 0)
        return error_memory(error, size);
    if (read_at(fd, out->data + out->size, size, region_result_offset(input_size)) != 0)
        return error_set(
            error, PM_ERROR_WORKER,
            "the worker process reported more bytes than it wrote (the image is the likely cause)");
    out->size += size;
    return 0;
}

int region_read_head(int fd, bool recalled, struct region_head *head)
{
    return read_at(fd, head, sizeof *head, 0) == 0 ? protocol_check_head(head, recalled) : -1;
}

void region_recall(int fd, bool asked)
{
    uint8_t byte = asked;
    (void)!pwrite(fd, &byte, 1,
                  REGION_RECALL); /* the page exists; if this fails, the worker just continues */
}

void region_trim(int fd, size_t keep)
{
    /* A failure only means that memory is not released; if it runs out, the next job reports it. */
    if (ftruncate(fd, (off_t)keep) != 0)
        return;
}
