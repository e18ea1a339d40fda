/*
 * The settings of a run: one struct, filled by the option rows; each module reads its part, or all of it, by
 * pointer. Programs with more settings (bench, server) have a struct that begins with this one.
 */
#ifndef BATCH_SETTINGS_H
#define BATCH_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "backend/backend.h"
#include "batch/select.h"
#include "batch/shard.h"
#include "batch/variant_options.h"
#include "io/engine.h"
#include "io/remote.h"

/* A number of failed images, or their part of all in percent. */
struct failures {
    double max;
    bool percent;
};

struct settings {
    struct backend_config backend;
    struct engine_settings engine;
    struct remote_config remote; /* of inputs by URL */
    struct selection selection;  /* of files found in folders */
    struct shard shard;
    struct variant_options results;
#define OPTION(type, field, ...) type field;
#define PART_OPTION(field, ...)
#define BACKEND_OPTIONS
#include "batch/settings.def"
};

/* The defaults that are the same on every machine. */
void settings_init(struct settings *settings);

/* Fills settings that were not given from the machine: the workers from `processors`, the budget and the
 * limit of one image from the `available` bytes of memory, the engine's I/O jobs, and the memory that a
 * worker keeps. */
void settings_complete(struct settings *settings, unsigned processors, uint64_t available);

/* Takes `bytes` that are in use as long as the workers (second pictures) from the budget and from the limit
 * of one image. */
void settings_reserve(struct settings *settings, uint64_t bytes);

/* The path of the key or passphrase file; NULL: none. */
const char *settings_key(const struct settings *settings);

/* Is the result written to standard output? */
static inline bool settings_to_stdout(const struct settings *settings)
{
    return !settings->in_place && strcmp(settings->output, "-") == 0;
}

/* With --backup: is it a folder, not a suffix? */
static inline bool settings_backup_is_folder(const struct settings *settings)
{
    return strchr(settings->backup, '/') != NULL;
}

/* The path of the log if it is a file; else NULL. */
const char *settings_log_file(const struct settings *settings);

#endif
