/*
 * Archives of tar: where their members are, and headers for new ones. Reads ustar, pax (POSIX.1-2001) and GNU
 * tar's long names. Members are found without reading their content, so that it can be read in any order, by
 * many threads.
 */
#ifndef IO_TAR_H
#define IO_TAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

enum { TAR_BLOCK = 512, TAR_EXTENDED_MAX = 1 << 20 /* bytes of a header's extension */ };

struct tar_reader {
    int fd;
    uint64_t size, at; /* bytes of the archive; where the next member begins */
};

struct tar_member {
    struct buffer name;  /* NUL-terminated, which is not counted; empty for what describes members */
    uint64_t begin, end; /* all of it in the archive: headers, content, padding */
    uint64_t data, size; /* its content */
    bool is_file;        /* a regular file; else a folder, a link, a device, or a description of members */
    bool is_global;      /* it describes all members that follow */
    uint8_t header[TAR_BLOCK];
    struct buffer records; /* of pax, without path and size */
};

/* Finds the next member; its buffers are reused, and freed by tar_member_free. Returns 1; 0 at the end of the
 * archive; -1 with `error` filled if the archive is damaged, or has what is not supported: hard links, sparse
 * files. */
int tar_next(struct tar_reader *reader, struct tar_member *member, struct pm_error *error);
void tar_member_free(struct tar_member *member);

/* Is it a path that stays below the folder where it is unpacked: relative, without ".." and NUL? */
bool tar_is_safe(const struct tar_member *member);

/* Appends a header for a regular file of `size` bytes with another name, otherwise like `member`. Returns 0,
 * or -1 when there is no memory. */
int tar_append_header(struct buffer *out, const struct tar_member *member, const char *name, uint64_t size);

/* Bytes after a content of `size` bytes up to the next block. */
static inline size_t tar_padding(uint64_t size)
{
    return (size_t)((TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK);
}

#endif
