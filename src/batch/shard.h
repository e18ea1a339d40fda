/*
 * --shard=K/N: the part of a batch that one of N runs does, on one machine or on many. An input belongs to
 * the shard that a hash of its result's path gives, so every run finds its part by itself, and two inputs
 * with one result are in the same shard, where the conflict is refused.
 */
#ifndef BATCH_SHARD_H
#define BATCH_SHARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { SHARDS_MAX = 1000000 };

struct shard {
    uint32_t index, count; /* count 0: the run does everything */
    bool planned;          /* its inputs are those of a plan's unit, whatever their hashes */
    const char *source;    /* of auto/N: the environment variable that gave the index; NULL */
};

/* Reads "K/N", K from 0, or "auto/N": K from the variable of Slurm, AWS Batch, Kubernetes, SGE, PBS or Open
 * MPI that is set. Returns 0, or -1 with `error` filled. */
int shard_parse(const char *text, struct shard *shard, struct pm_error *error);

/* The shard that a result is in, of `count`. `path` is its path below the output folder, or the input's
 * there; an image's suffix is ignored, because the result may have another format. */
uint32_t shard_of(const char *path, uint32_t count);

static inline bool shard_has(const struct shard *shard, const char *path)
{
    return shard->planned || shard->count <= 1 || shard_of(path, shard->count) == shard->index;
}

/* The shard as part of a file name: "3of8-", of a plan "p3of8-", or "" without one. */
enum { SHARD_TAG_MAX = 24 };
const char *shard_tag(const struct shard *shard, char tag[SHARD_TAG_MAX]);

#endif
