/* A run with the simplest settings on a few small pictures, and what its listener was told. */
#ifndef TESTS_BATCH_SETUP_H
#define TESTS_BATCH_SETUP_H

#include <stdatomic.h>

#include "batch/batch.h"

/* Writes a picture of `width` x 8 pixels in the format's own encoding. */
void setup_picture(const char *path, const char *format, uint32_t width);

/* Calls that the listener got. */
struct seen {
    size_t events, planned, looks;
    char last_failed[256], last_message[256];
    uint64_t limit, value;
    atomic_bool stop;
    size_t stop_after; /* events; 0: never */
    double read_s;     /* seconds of reading, summed */
};

/* A run with the simplest settings; tests change what they need. */
struct setup {
    struct settings settings;
    struct batch_config config;
    const char *inputs[4];
    struct batch_report report;
    struct pm_error error;
    struct seen seen;
};

void setup_init(struct setup *setup, const char *recipe);
void setup_free(struct setup *setup);

/* Runs, and asserts that the run ends so. */
void setup_run(struct setup *setup, enum batch_end end);

/* Asserts the counts of the report. */
void setup_counted(const struct setup *setup, size_t ok, size_t skipped, size_t failed, size_t left_out);

/* The pictures of the folder in/, and what else is in it. */
void setup_tree(void);

/* Is there such a file in the test's folder? */
bool setup_exists(const char *path);

/* Asserts that two files have the same bytes. */
void setup_same_file(const char *a, const char *b);

#endif
