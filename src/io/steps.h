/*
 * The steps of file.h's functions between which a caller waits for the system, for an engine that waits for
 * many files at once (incoming.c, outgoing.c). Nothing here reads or writes the bytes of a file.
 */
#ifndef IO_STEPS_H
#define IO_STEPS_H

#include <fcntl.h>
#include <limits.h>

#include "io/file.h"

/* Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever. */
enum { FILE_OPEN_FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

/* Fills `error` for a path that could not be opened, `why` an errno; returns -1. */
int file_open_error(const char *path, int why, struct pm_error *error);

/* What file_open asks of an open file. 0, or -1 with `error` filled; the descriptor stays open. */
int file_look(int fd, uint64_t *size, mode_t *mode, struct pm_error *error);

/* Reading `size` bytes: begin, then as long as file_read_got says 1, read file_read_wanted bytes at
 * bytes->size into bytes->data + bytes->size. */
int file_read_begin(uint64_t size, struct buffer *bytes, struct pm_error *error);
size_t file_read_wanted(const struct buffer *bytes, uint64_t size);

/* `got` of `wanted` bytes were read, or it is -errno. 1: read on; 0: the file is whole; -1: `error` filled.
 */
int file_read_got(struct buffer *bytes, uint64_t size, size_t wanted, long got, struct pm_error *error);

/* Makes the folders above `path`, which is changed on the way. 0, or -1 with errno set. */
int file_make_folders_above(char *path);

/* Fills `error` for a result that could not be written, `why` an errno; returns -1. */
int file_write_error(int why, struct pm_error *error);

/* The most that one call of read or write is asked to move, bytes. */
size_t file_call_size(size_t left);

/* Gives a written file its permission bits. 0, or -1 with errno set. */
int file_set_mode(int fd, mode_t mode);

/* A file in which a result grows, beside the result's place. */
struct temporary {
    int fd; /* open for writing and locked */
    bool folders_made;
    char name[PATH_MAX + 32];
};

enum { TEMPORARY_FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, TEMPORARY_MODE = 0600 };

/* Sets a fresh name beside `path`, to be opened with flags and mode as above. 0, or -1 with errno set. */
int temporary_name(struct temporary *temporary, const char *path);

enum temporary_state {
    TEMPORARY_READY,
    TEMPORARY_AGAIN,  /* take another name and open that */
    TEMPORARY_FAILED, /* errno is set */
};

/* Locks what was opened; `fd` is a descriptor or -errno. Makes missing folders, once. */
enum temporary_state temporary_opened(struct temporary *temporary, int fd);

/* Unlocks and closes a temporary that was renamed; or removes it, keeping errno. */
void temporary_close(struct temporary *temporary);
void temporary_discard(struct temporary *temporary);

#endif
