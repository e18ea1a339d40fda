/*
 * The steps of file.h's functions between which a caller waits for the system, for an engine that waits for
 * many files at once (incoming.c, outgoing.c). Nothing here reads or writes the bytes of a file.
 */
#ifndef IO_STEPS_H
#define IO_STEPS_H

#include <fcntl.h>

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

/* Fills `error` for a result that could not be written, `why` an errno; returns -1. */
int file_write_error(int why, struct pm_error *error);

/* The most that one call of read or write is asked to move, bytes. */
size_t file_call_size(size_t left);

/* Gives a written file its permission bits. 0, or -1 with errno set. */
int file_set_mode(int fd, mode_t mode);

#endif
