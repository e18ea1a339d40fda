/*
 * Runs the real command, $PIXMILL, as a user would, and keeps its output. Each test has a new folder
 * (temp.h), which is the command's working folder, so that paths are short.
 */
#ifndef TESTS_CLI_RUN_H
#define TESTS_CLI_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "pixmill/image.h"

struct run {
    int status; /* exit status, or 128 + the signal that ended it */
    char *out, *err;
    size_t out_size;
    double cpu_seconds; /* of the command and all its processes */
    long peak_kib;      /* resident memory of the largest of them */
};

/* How the command is started; all zero is a plain start. */
struct start {
    const char *input;          /* standard input; NULL: empty */
    size_t input_size;          /* 0: up to the NUL */
    int input_fd;               /* standard input when it is not 0, instead of `input` */
    bool terminal;              /* standard error is a terminal */
    unsigned closed;            /* standard streams closed at start, 1 << descriptor or-ed */
    int ignored;                /* a signal that it ignores from the start, as under nohup; 0: none */
    bool nobody;                /* as an unprivileged user, who gets the test's folder */
    const char *program;        /* another program in the command's folder; NULL: the command */
    const char *environment[6]; /* "NAME=VALUE"; ends with NULL */
};

/* First line of every test: makes a new folder and enters it. */
void run_begin(void);

/* Runs `pixmill ARGUMENTS...`, which end with NULL, and waits. */
struct run run_with(const struct start *start, const char *const *arguments);
#define RUN(...) run_with(&(struct start){0}, (const char *const[]){__VA_ARGS__, NULL})
#define RUN_AS(start, ...) run_with(start, (const char *const[]){__VA_ARGS__, NULL})

/* The strictest sandbox that this build has: a sanitizer's runtime makes calls that no sandbox allows. */
#ifdef PIXMILL_SANITIZED
#define STRICTEST "--sandbox=on"
#else
#define STRICTEST "--sandbox=strict"
#endif

/* Added to the failure message if the command does not end; NULL: nothing. */
extern const char *run_about;

/* Frees all texts returned by runs and content_of; for a test with hundreds of runs. */
void run_forget(void);

/* The same in two parts, to send signals in between. */
struct running {
    pid_t pid;
    int out, err;
    int terminal, terminal_end; /* -1: none */
};
struct running run_start(const struct start *start, const char *const *arguments);
struct run run_wait(struct running *running);
#define START(...) run_start(&(struct start){0}, (const char *const[]){__VA_ARGS__, NULL})

/* The bytes of a file, NUL-terminated; asserts that it is there. Like a run's texts, not the caller's to
 * free. */
char *content_of(const char *path, size_t *size);

/* Asserts the exit status and that standard error holds `text`. */
void expect(const struct run *run, int status, const char *text);

/* Asserts that the last line on standard error is the summary and begins with `counts`
 * ("3 images: 2 ok, 0 skipped, 1 failed"). */
void expect_summary(const struct run *run, const char *counts);

/* Writes a picture of noise, always the same for the same size; the suffix chooses PNG or JPEG. */
void put_picture(const char *path, uint32_t width, uint32_t height);
void put_picture_of(const char *path, uint32_t width, uint32_t height, enum pm_color color, bool alpha,
                    unsigned depth);

/* Do both files exist and hold the same bytes? */
bool same_bytes(const char *a, const char *b);

/* A file's width and height by its header; asserts that it is an image of that format. */
void expect_picture(const char *path, const char *format, uint32_t width, uint32_t height);

/* Asserts that the folder tree holds exactly `count` files and no temporary among them. */
void expect_files(const char *folder, int count);

#endif
