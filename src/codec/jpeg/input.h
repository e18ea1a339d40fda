/*
 * The bytes that libjpeg reads: the whole file, or its ranges without the scans that change no pixel at 1/8.
 * At their end libjpeg is given an EOI, and the trap's end_made_up is set.
 */
#ifndef CODEC_JPEG_INPUT_H
#define CODEC_JPEG_INPUT_H

#include "codec/jpeg/probe.h"
#include "codec/jpeg/trap.h"

struct jpeg_range {
    const uint8_t *data;
    size_t size;
};

struct jpeg_input {
    struct jpeg_source_mgr manager; /* first: libjpeg passes a pointer to it */
    const uint8_t *data, *end;      /* the file */
    size_t next, count;             /* the next range, and their number */
    struct jpeg_range range[JPEG_MAX_SCANS + 1];
    struct jpeg_scans scans; /* of a file with several; otherwise count is 0 */
};

/* Reads all of data[size], which must outlive it. */
void jpeg_input_init(struct jpeg_input *input, const uint8_t *data, size_t size);

/* Finds the scans of a file that has several, and the end of its image, where libjpeg must stop; call it
 * before coefficient arrays are allocated. `walk` is in memory, in the first scan. Returns 0, or -1 with
 * `error` filled (PM_ERROR_LIMIT: too many scans, or too much in them). */
int jpeg_input_find_scans(struct jpeg_input *input, struct jpeg_walk *walk, const struct jpeg_header *header,
                          struct pm_error *error);

/* Call after jpeg_read_header, on a progressive file with an EOI whose scans were found. Leaves out the scans
 * that change no DC coefficient of a component; flat[id]: only that component's DC coefficients are used. */
void jpeg_input_leave_out(struct jpeg_input *input, const bool flat[256]);

/* libjpeg's position in the file. */
size_t jpeg_input_offset(const struct jpeg_input *input, const struct jpeg_trap *trap);

#endif
