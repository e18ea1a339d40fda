#include "base/secret_memory.h"

#include <string.h>
#include <sys/mman.h>

void *secret_alloc(size_t size)
{
    void *piece = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (piece == MAP_FAILED)
        return NULL;
    (void)mlock(piece, size);
    if (madvise(piece, size, MADV_DONTDUMP) == 0)
        return piece;
    munmap(piece, size);
    return NULL;
}

void secret_free(void *piece, size_t size)
{
    if (piece == NULL)
        return;
    explicit_bzero(piece, size);
    munmap(piece, size);
}
