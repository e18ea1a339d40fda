#include "batch/shard.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"

/* Variables with the index of a task in its array. SGE counts from 1. */
static const struct {
    const char *name;
    unsigned first;
} variables[] = {
    {"SLURM_ARRAY_TASK_ID", 0}, {"AWS_BATCH_JOB_ARRAY_INDEX", 0}, {"JOB_COMPLETION_INDEX", 0},
    {"SGE_TASK_ID", 1},         {"PBS_ARRAY_INDEX", 0},           {"OMPI_COMM_WORLD_RANK", 0},
};

/* A number of at most 9 digits, up to `end`. */
static bool read_number(const char *text, const char *end, uint32_t *number)
{
    if (text == end || end - text > 9 || strspn(text, "0123456789") < (size_t)(end - text))
        return false;
    *number = (uint32_t)strtoul(text, NULL, 10);
    return true;
}

/* SGE sets its variable to "undefined" for a job that is no array. */
static const char *value_of(size_t index)
{
    const char *value = getenv(variables[index].name);
    return value != NULL && value[0] != '\0' && strcmp(value, "undefined") != 0 ? value : NULL;
}

static int find_index(struct shard *shard, struct pm_error *error)
{
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *name = variables[i].name, *value = value_of(i);
        uint32_t index;
        if (value == NULL)
            continue;
        if (!read_number(value, value + strlen(value), &index) || index < variables[i].first)
            return error_set(error, PM_ERROR_USAGE, "%s=%.32s is not the index of a task", name, value);
        index -= variables[i].first;
        if (shard->source != NULL && index != shard->index)
            return error_set(error, PM_ERROR_USAGE,
                             "%s says shard %" PRIu32 ", %s says %" PRIu32 " (give --shard=K/N)",
                             shard->source, shard->index, name, index);
        shard->index = index;
        shard->source = shard->source != NULL ? shard->source : name;
    }
    return shard->source != NULL
               ? 0
               : error_set(
                     error, PM_ERROR_USAGE,
                     "no variable of Slurm, AWS Batch, Kubernetes, SGE, PBS or Open MPI gives the index of a "
                     "task (give K/N)");
}

int shard_parse(const char *text, struct shard *shard, struct pm_error *error)
{
    const char *slash = strchr(text, '/');
    const bool automatic = strncmp(text, "auto/", 5) == 0;
    *shard = (struct shard){0};
    if (slash == NULL || (!automatic && !read_number(text, slash, &shard->index)) ||
        !read_number(slash + 1, slash + 1 + strlen(slash + 1), &shard->count) || shard->count == 0 ||
        shard->count > SHARDS_MAX)
        return error_set(error, PM_ERROR_USAGE,
                         "must be K/N or auto/N, with N from 1 to %d and K from 0 to N - 1, such as 0/8",
                         SHARDS_MAX);
    if (automatic && find_index(shard, error) != 0)
        return -1;
    if (shard->index < shard->count)
        return 0;
    return error_limit(error, shard->count - 1, shard->index,
                       "shard %" PRIu32 " of %" PRIu32 " does not exist: shards are counted from 0%s%s",
                       shard->index, shard->count, shard->source != NULL ? "; the index is that of " : "",
                       shard->source != NULL ? shard->source : "");
}

/* FNV-1a of 64 bits (Fowler, Noll, Vo; RFC 9923), and the last step of splitmix64, which spreads its bits
 * over the high ones that choose the shard. */
static uint64_t hash(const char *path, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)path[i]) * 0x100000001b3;
    hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
    hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
    return hash ^ (hash >> 31);
}

uint32_t shard_of(const char *path, uint32_t count)
{
    const char *slash = strrchr(path, '/'), *last = slash != NULL ? slash + 1 : path,
               *dot = strrchr(last, '.');
    /* As in place.c: only an image's suffix is replaced, and to any other one is added. */
    const bool replaced = dot != NULL && dot > last && codec_of_suffix(dot + 1) != NULL;
    const size_t length = replaced ? (size_t)(dot - path) : strlen(path);
    /* floor(hash * count / 2^64), in two parts. */
    const uint64_t hashed = hash(path, length), low = (uint32_t)hashed, high = hashed >> 32;
    return (uint32_t)((high * count + (low * count >> 32)) >> 32);
}

const char *shard_tag(const struct shard *shard, char tag[SHARD_TAG_MAX])
{
    tag[0] = '\0';
    if (shard->count > 0)
        snprintf(tag, SHARD_TAG_MAX, "%s%" PRIu32 "of%" PRIu32 "-", shard->planned ? "p" : "", shard->index,
                 shard->count);
    return tag;
}
