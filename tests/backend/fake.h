/*
 * A batch without images: a source of generated jobs, a sink that counts, and a work that is a pure function
 * of a job's bytes. The first byte of an input selects the behaviour; the rest is noise.
 */
#ifndef TESTS_BACKEND_FAKE_H
#define TESTS_BACKEND_FAKE_H

#include "backend/backend.h"

enum fake_behaviour {
    FAKE_SUMS,        /* the sums of 16 bands of the input */
    FAKE_ERROR,       /* begins a result, then fails with PM_ERROR_CORRUPT */
    FAKE_BAND_ERROR,  /* one band has no memory */
    FAKE_LOOP,        /* calls its checkpoint in an endless loop */
    FAKE_BAND_LOOP,   /* practically endless number of bands */
    FAKE_MEET,        /* two bands that each wait for the other, 10 s at most */
    FAKE_SIGN,        /* the secret's check bytes */
    FAKE_LARGE,       /* a result of 8 MiB, appended piece by piece */
    FAKE_HANG,        /* writes a byte to standard error, then sleeps without calling its checkpoint */
    FAKE_SEGV,        /* writes to an unmapped address */
    FAKE_ABORT,       /* calls abort() */
    FAKE_EXIT,        /* calls _exit(3) */
    FAKE_OVERRUN,     /* writes past its result's memory until it is killed */
    FAKE_LIE,         /* claims a result of more bytes than it has room for */
    FAKE_SCRIBBLE,    /* fills its job_result with 0xff */
    FAKE_DESCRIPTORS, /* a list of int: the descriptors open where the work is done */
    FAKE_PID,         /* the process that does the work */
    FAKE_ARGUMENT,    /* the job's argument */
    FAKE_CPUS,        /* the work's affinity mask: a cpu_set_t */
    FAKE_GREED,       /* fills memory until none is left: size_t, the number of bytes */
    FAKE_ESCAPE,      /* FAKE_ESCAPE + a kind of escape: tries it; an int, errno or 0 */
};

/* What FAKE_ESCAPE tries. */
enum {
    FAKE_ESCAPE_OPEN,
    FAKE_ESCAPE_CREATE,
    FAKE_ESCAPE_SOCKET,
    FAKE_ESCAPE_FORK,
    FAKE_ESCAPE_SIGNAL,
    FAKE_ESCAPE_MAP_CODE,
    FAKE_ESCAPE_MAP_SHARED,
    FAKE_ESCAPE_WRITE,
    FAKE_ESCAPE_EXEC,
    FAKE_ESCAPES,
};

enum { FAKE_LARGE_BYTES = 8 << 20 };

struct fake {
    struct job *jobs;
    size_t count;
    atomic_size_t taken;
    atomic_uint *given; /* how often each was */
    atomic_size_t given_total;
    struct job_source source;
    struct job_sink sink;
    void (*on_give)(struct fake *fake, struct job *job); /* NULL: nothing */
};

extern const struct work fake_work;

/* `count` jobs that all behave like `behaviour`; each has its own noise and size. */
void fake_init(struct fake *fake, size_t count, enum fake_behaviour behaviour);
void fake_behave(struct fake *fake, size_t index, enum fake_behaviour behaviour);
void fake_free(struct fake *fake);

/* A configuration for tests: fake_work and these workers. */
struct backend_config fake_config(unsigned workers);

/* open, run and close, all of which must succeed. */
struct backend_report fake_run(struct fake *fake, const struct backend *backend,
                               const struct backend_config *config);

/* Forbids this process to start threads and processes, by a limit that does not apply to root, so it also
 * drops root. */
void fake_forbid_starting(void);

/* Asserts that each job was given exactly once, and that job `index` is right: the sums of its own input. */
void fake_assert_all_given(const struct fake *fake);
void fake_assert_sums(const struct fake *fake, size_t index);

/* Was the job reported to be over its time `limit`, seconds, and did its worker really have it that long? A
 * worker that got no processor time for a further second was killed, and reports nothing. */
bool fake_was_over_time(const struct backend *backend, const struct job *job, double limit);

/* Does a job's warning say that a worker was replaced that did not begin it in time? That counts as a death.
 */
bool fake_has_replaced_worker(const struct fake *fake);

#endif
