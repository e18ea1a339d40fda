#include "hostile/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAPPINGS_MAX = 512, PIECES_MAX = 8, STACK_DEPTH = 1 << 20 };

struct mapping {
    const uint8_t *begin, *end;
    char name[64];
};

static struct mapping mappings[MAPPINGS_MAX];
static size_t count;

void reading_note_mappings(void)
{
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "re");
    count = 0;
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL && count < MAPPINGS_MAX) {
        unsigned long long begin, end;
        char access[5];
        struct mapping *mapping = &mappings[count];
        mapping->name[0] = '\0';
        if (sscanf(line, "%llx-%llx %4s %*s %*s %*s %63s", &begin, &end, access, mapping->name) < 3 ||
            strncmp(access, "rw-p", 4) != 0)
            continue;
        mapping->begin = (const uint8_t *)(uintptr_t)begin;
        mapping->end = (const uint8_t *)(uintptr_t)end;
        count++;
    }
    if (maps != NULL)
        fclose(maps);
}

struct search {
    const uint8_t *pieces;
    size_t count;
    bool found[PIECES_MAX];
    char where[64];
};

static bool is_piece(const uint8_t *at, const uint8_t *piece)
{
    for (int i = 0; i < PIECE_BYTES; i++) {
        if (at[i] + piece[i] != 0xff)
            return false;
    }
    return true;
}

static void search_in(struct search *search, const uint8_t *begin, const uint8_t *end, const char *where)
{
    for (const uint8_t *at = begin; end - at >= PIECE_BYTES; at++) {
        for (size_t i = 0; i < search->count; i++) {
            const uint8_t *piece = search->pieces + i * PIECE_BYTES;
            if (*at + *piece != 0xff || search->found[i] || !is_piece(at, piece))
                continue;
            search->found[i] = true;
            snprintf(search->where, sizeof search->where, "%s", where[0] != '\0' ? where : "a mapping");
        }
    }
}

static void search_arena(struct search *search, const struct arena *arena, const char *name)
{
    if (arena->base != NULL)
        search_in(search, arena->base, arena->base + arena->committed, name);
}

void reading_search(const uint8_t *pieces, size_t size, const uint8_t *region, size_t region_size,
                    const struct context *context, struct pm_error *error)
{
    struct search search = {.pieces = pieces, .count = size / PIECE_BYTES};
    search_in(&search, region, region + region_size, "the region");
    search_arena(&search, context->arena, "an arena");
    search_arena(&search, context->spare, "the other arena");
    search_arena(&search, context->job_arena, "the job's arena");
    for (size_t i = 0; i < count; i++) {
        const struct mapping *mapping = &mappings[i];
        const uint8_t *begin = mapping->begin, *end = mapping->end;
        if (strcmp(mapping->name, "[stack]") == 0) /* which may have grown */
            begin = end - STACK_DEPTH;
        search_in(&search, begin, end, mapping->name);
        if (strcmp(mapping->name, "[heap]") == 0 && (const uint8_t *)sbrk(0) > end)
            search_in(&search, end, sbrk(0), "the end of the heap");
    }
    int found = 0;
    for (size_t i = 0; i < search.count; i++)
        found += search.found[i];
    error_set(error, PM_ERROR_CORRUPT, "found %d of %zu pieces (%s)", found, search.count,
              found > 0 ? search.where : "nowhere");
}
