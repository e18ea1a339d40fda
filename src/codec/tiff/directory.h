/*
 * Directories (IFDs: TIFF 6.0, section 2; BigTIFF differs in the sizes of its fields), read without a library
 * from a byte source. A directory is a list of fields: a tag, a type, and `count` values of it.
 */
#ifndef CODEC_TIFF_DIRECTORY_H
#define CODEC_TIFF_DIRECTORY_H

#include "codec/codec.h"

enum { TIFF_FIELDS_MAX = 1024 /* of a directory */, TIFF_VALUES_MAX = 128 /* that are read at once */ };

/* A file with the sizes of its fields. */
struct tiff_file {
    struct byte_source *source;
    bool big_endian, big;
    uint64_t first; /* offset of the first directory */
};

struct tiff_field {
    unsigned tag, type;
    uint64_t count, at; /* of values; where the first is */
};

/* A walk over a directory's fields. */
struct tiff_walk {
    const struct tiff_file *file;
    uint64_t at;    /* of the next field */
    uint64_t left;  /* fields */
    uint64_t count; /* of all fields */
};

/* Each of these returns 0, or -1 with `error` filled, if nothing else is said. */

/* Reads the file's header. */
int tiff_file_open(struct tiff_file *file, struct byte_source *source, struct pm_error *error);

/* Starts at the directory at `at`. */
int tiff_walk_begin(struct tiff_walk *walk, const struct tiff_file *file, uint64_t at,
                    struct pm_error *error);

/* The next field. Returns 1, 0 if there are no more, or -1 with `error` filled. */
int tiff_walk_next(struct tiff_walk *walk, struct tiff_field *field, struct pm_error *error);

/* After the last field: the offset of the next directory; 0: none. */
int tiff_walk_end(const struct tiff_walk *walk, uint64_t *next, struct pm_error *error);

int tiff_read_bytes(const struct tiff_file *file, uint64_t at, void *bytes, size_t size,
                    struct pm_error *error);

/* A number of `size` bytes. */
uint64_t tiff_number_at(const struct tiff_file *file, const uint8_t *p, unsigned size);

/* Bytes of a value; 0: an unknown type. */
unsigned tiff_type_size(unsigned type);

/* `count` integer values of a field from value `first` on: BYTE, SHORT, LONG, IFD, LONG8 or IFD8. */
int tiff_read_values(const struct tiff_file *file, const struct tiff_field *field, uint64_t first,
                     unsigned count, uint64_t *values, struct pm_error *error);

/* Value i alone. */
int tiff_read_value(const struct tiff_file *file, const struct tiff_field *field, uint64_t i, uint64_t *value,
                    struct pm_error *error);

/* values[count] of RATIONAL; a field of another type or count is ignored. */
int tiff_read_rationals(const struct tiff_file *file, const struct tiff_field *field, unsigned count,
                        double *values, struct pm_error *error);

/* Does the file have all bytes before `end`? */
bool tiff_file_reaches(const struct tiff_file *file, uint64_t end);

#endif
