#include "batch/reserve.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* libcrypto's initialisation needs 0.6 MiB. Unused pages cost nothing. */
enum { RESERVE = 2 << 20, LARGEST = 64 << 10, ALIGNMENT = 16 };

static _Alignas(ALIGNMENT) uint8_t reserve[RESERVE];
static atomic_size_t used;

static bool is_reserve(const void *memory)
{
    return (uintptr_t)memory - (uintptr_t)reserve < RESERVE;
}

/* A block is preceded by its size. */
static void *reserve_take(size_t size)
{
    if (size == 0 || size > LARGEST)
        return NULL;
    size_t room = ALIGNMENT + (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (atomic_load(&used) > RESERVE - room)
        return NULL;
    size_t at = atomic_fetch_add(&used, room);
    if (at > RESERVE - room)
        return NULL;
    memcpy(reserve + at, &size, sizeof size);
    return reserve + at + ALIGNMENT;
}

static size_t reserve_size(const void *memory)
{
    size_t size;
    memcpy(&size, (const uint8_t *)memory - ALIGNMENT, sizeof size);
    return size;
}

static void *allocate(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    if (size == 0)
        return NULL;
    void *memory = malloc(size);
    return memory != NULL ? memory : reserve_take(size);
}

static void release(void *memory, const char *file, int line)
{
    (void)file, (void)line;
    if (!is_reserve(memory))
        free(memory);
}

static void *reallocate(void *memory, size_t size, const char *file, int line)
{
    if (memory == NULL)
        return allocate(size, file, line);
    if (size == 0) {
        release(memory, file, line);
        return NULL;
    }
    bool mine = is_reserve(memory);
    void *moved = mine ? allocate(size, file, line) : realloc(memory, size);
    if (moved != NULL && !mine)
        return moved;
    size_t held = mine ? reserve_size(memory) : malloc_usable_size(memory);
    if (moved == NULL)
        moved = reserve_take(size);
    if (moved != NULL) {
        memcpy(moved, memory, held < size ? held : size);
        release(memory, file, line);
    }
    return moved;
}

void reserve_for_libcrypto(void)
{
    (void)CRYPTO_set_mem_functions(allocate, reallocate, release);
    (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}
