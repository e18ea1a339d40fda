/*
 * Option rows that several commands have. Each fills the field of the same name in the command's settings, a
 * struct of the type that the macro is given.
 */
#ifndef CLI_SHARED_ROWS_H
#define CLI_SHARED_ROWS_H

#include <stddef.h>

#include "cli/options.h"

enum { JOBS_MAX = 1024, MAX_PIXELS_DEFAULT = 16383 * 16383 };

/* Parse functions for the rows below. */
int option_backend(const struct option *option, void *settings, const char *argument, struct pm_error *error);
int option_pixels(const struct option *option, void *settings, const char *argument, struct pm_error *error);
const char *backend_choice(size_t index);

enum { IO_JOBS_MAX = 4096 };

/* bool nul_separated */
#define ROW_NULL(type)                                                                                       \
    {                                                                                                        \
        .name = "null", .letter = '0', .parse = option_flag, .offset = offsetof(type, nul_separated),        \
        .help = "the list on standard input (INPUT -) is separated by NUL, not by lines"                     \
    }

/* struct selection selection; several rows */
#define ROWS_SELECTION(type)                                                                                 \
    {.name = "exclude",                                                                                      \
     .argument = "GLOB",                                                                                     \
     .parse = option_pattern,                                                                                \
     .offset = offsetof(type, selection.exclude),                                                            \
     .help = "leave out what is so called in folders, as '*_thumb.jpg' or 'raw/*'; may be repeated"},        \
        {.name = "include",                                                                                  \
         .argument = "GLOB",                                                                                 \
         .parse = option_pattern,                                                                            \
         .offset = offsetof(type, selection.include),                                                        \
         .help = "of folders, take only files so called; may be repeated"},                                  \
    {                                                                                                        \
        .name = "hidden", .parse = option_flag, .offset = offsetof(type, selection.hidden),                  \
        .help = "of folders, take names that begin with a dot, @eaDir, #recycle and lost+found, too"         \
    }

/* const struct backend *backend; unsigned jobs */
#define ROW_BACKEND(type)                                                                                    \
    {                                                                                                        \
        .name = "backend", .argument = "NAME", .parse = option_backend, .choice = backend_choice,            \
        .offset = offsetof(type, backend),                                                                   \
        .help = "who does the work; see 'pixmill help backends' (threads)"                                   \
    }
#define ROW_JOBS(type)                                                                                       \
    {                                                                                                        \
        .name = "jobs", .letter = 'j', .argument = "N", .parse = option_count, .least = 1, .most = JOBS_MAX, \
        .offset = offsetof(type, jobs), .help = "workers (the processors that this process may use)"         \
    }

/* enum sandbox_wish sandbox, in whose order the words stand */
#define ROW_SANDBOX(type)                                                                                    \
    {                                                                                                        \
        .name = "sandbox", .argument = "on|off|require|strict", .parse = option_enum,                        \
        .offset = offsetof(type, sandbox), .help = "lock up the workers of --backend=procs (on)"             \
    }

/* uint64_t max_pixels */
#define ROW_MAX_PIXELS(type)                                                                                 \
    {                                                                                                        \
        .name = "max-pixels", .argument = "N", .parse = option_pixels, .offset = offsetof(type, max_pixels), \
        .help = "images with more pixels fail (268402689, which is 16383 x 16383)"                           \
    }

/* uint64_t memory */
#define ROW_MEMORY(type)                                                                                     \
    {                                                                                                        \
        .name = "memory", .argument = "SIZE", .parse = option_size, .offset = offsetof(type, memory),        \
        .help = "budget for images in flight, as 256M or 2G (a quarter of what is available)"                \
    }

/* const char *key_file, *passphrase_file */
#define ROW_KEY_FILE(type)                                                                                   \
    {                                                                                                        \
        .name = "key-file", .argument = "FILE", .parse = option_path, .offset = offsetof(type, key_file),    \
        .help = "key of --encrypt and --decrypt: 32 raw bytes or 64 hex digits"                              \
    }
#define ROW_PASSPHRASE_FILE(type)                                                                            \
    {                                                                                                        \
        .name = "passphrase-file", .argument = "FILE", .parse = option_path,                                 \
        .offset = offsetof(type, passphrase_file),                                                           \
        .help = "passphrase of --encrypt and --decrypt: FILE, less the newline at its end"                   \
    }

/* enum { held, released } gil; double gil_interval, seconds */
#define ROW_GIL(type)                                                                                        \
    {                                                                                                        \
        .name = "gil", .argument = "held|released", .parse = option_enum, .offset = offsetof(type, gil),     \
        .help = "the lock of the backend gil during native work: decoders, kernels (held)"                   \
    }
#define ROW_GIL_INTERVAL(type)                                                                               \
    {                                                                                                        \
        .name = "gil-interval", .argument = "MS", .parse = option_milliseconds,                              \
        .offset = offsetof(type, gil_interval),                                                              \
        .help = "milliseconds after which a thread of the backend gil asks for the lock (5)"                 \
    }

/* enum progress_wish progress */
#define ROW_PROGRESS(type)                                                                                   \
    {                                                                                                        \
        .name = "progress", .argument = "auto|always|never", .parse = option_enum,                           \
        .offset = offsetof(type, progress),                                                                  \
        .help = "the bar on standard error (auto: when that is a terminal)"                                  \
    }

/* struct remote_config remote; several rows */
#define ROWS_REMOTE(type)                                                                                    \
    {.name = "max-bytes",                                                                                    \
     .argument = "SIZE",                                                                                     \
     .parse = option_size,                                                                                   \
     .offset = offsetof(type, remote.max_bytes),                                                             \
     .help = "of a URL: longer files fail (64M)"},                                                           \
        {.name = "connect-timeout",                                                                          \
         .argument = "SECONDS",                                                                              \
         .parse = option_seconds,                                                                            \
         .offset = offsetof(type, remote.connect_timeout),                                                   \
         .help = "of a URL: to find and greet its host (10)"},                                               \
        {.name = "fetch-timeout",                                                                            \
         .argument = "SECONDS",                                                                              \
         .parse = option_seconds,                                                                            \
         .offset = offsetof(type, remote.fetch_timeout),                                                     \
         .help = "of a URL: for everything, retries included (120)"},                                        \
        {.name = "retries",                                                                                  \
         .argument = "N",                                                                                    \
         .parse = option_count,                                                                              \
         .least = 0,                                                                                         \
         .most = 100,                                                                                        \
         .offset = offsetof(type, remote.retries),                                                           \
         .help = "of a URL: when its server is busy or its connection breaks (3)"},                          \
        {.name = "retry-delay",                                                                              \
         .argument = "SECONDS",                                                                              \
         .parse = option_seconds,                                                                            \
         .offset = offsetof(type, remote.retry_delay),                                                       \
         .help = "of a URL: before the first retry; doubles with each, unless its server says (0.5)"},       \
    {                                                                                                        \
        .name = "allow-private", .parse = option_flag, .offset = offsetof(type, remote.allow_private),       \
        .help = "of a URL: its host may be this machine or one of its network"                               \
    }

#endif
