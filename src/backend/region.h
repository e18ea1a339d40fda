/*
 * A region: the memory in which one worker process receives a job's input and returns its result. It is a
 * memfd, anonymous memory that is freed with its last user:
 *
 *     0              the head: how the job went (struct region_head)
 *     REGION_RECALL  a byte by which the parent cancels the job: 1, or 0
 *     REGION_INPUT   the input
 *     after it       the result, on a page boundary
 *
 * Only the worker maps it, once, over an address range far larger than any job. The parent sizes the file
 * before each job, and reads and writes it through the descriptor, so that a worker can't make the parent
 * fault whatever it does to the memory. Pages exist once written: room for the largest possible result costs
 * nothing, a worker that writes beyond it dies of SIGBUS, and the memory of a large job is released after it.
 */
#ifndef BACKEND_REGION_H
#define BACKEND_REGION_H

#include "backend/protocol.h"

enum { REGION_INPUT = 8192, REGION_RECALL = REGION_INPUT - 1 };

/* A new, empty region's descriptor (close-on-exec), or -1 with errno set. */
int region_create(void);

/* Where the result of an input of `size` bytes begins. */
size_t region_result_offset(size_t size);

/* The size of the address range of a region, in bytes, under this process's limits, which workers inherit. */
size_t region_range(void);

/* Max bytes for the result of an input of `size` bytes in a region of `range`: `wanted`, or less if that does
 * not fit; 0 if the input does not fit. `wanted` 0: as much as possible. */
size_t region_room(size_t range, size_t size, uint64_t wanted);

/* For the worker: maps the region. NULL with errno set on failure. */
uint8_t *region_map(int fd, size_t range);

/* For the parent: writes data[size], and reserves `room` bytes for the result after it. Returns 0, or -1 with
 * `error` filled (PM_ERROR_MEMORY, or PM_ERROR_LIMIT under ulimit -f). */
int region_put(int fd, const uint8_t *data, size_t size, size_t room, struct pm_error *error);

/* Appends the `size` bytes of a result to `out`; the input had `input_size`. Returns 0, or -1 with `error`
 * filled (PM_ERROR_MEMORY; PM_ERROR_WORKER if the region is shorter). */
int region_get(int fd, size_t input_size, size_t size, struct buffer *out, struct pm_error *error);

/* Reads the head, once, into *head, and checks it (protocol_check_head). Returns 0, or -1. */
int region_read_head(int fd, bool recalled, struct region_head *head);

/* Sets the byte that cancels the job in the region, or clears it for the next job. */
void region_recall(int fd, bool asked);

/* Releases all memory after the first `keep` bytes. */
void region_trim(int fd, size_t keep);

#endif
