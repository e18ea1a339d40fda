/*
 * Inflates a deflate stream (RFC 1951) piece by piece, for PNG: with ISA-L's igzip, three times as fast as
 * zlib, or with zlib where ISA-L is not packaged. Both give the same output.
 *
 *     inflater_begin(&inflater, INFLATE_RAW);
 *     then set next_in, avail_in, next_out and avail_out as needed, and call inflater_step, until it has
 * `ended`
 *
 * All state is in the struct: nothing is allocated, nothing needs to be freed.
 */
#ifndef CODEC_INFLATE_H
#define CODEC_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#ifdef PIXMILL_ISAL
#include <isa-l/igzip_lib.h>
#endif

enum inflate_format {
    INFLATE_RAW,  /* deflate alone */
    INFLATE_ZLIB, /* deflate with zlib header and checksum (RFC 1950), both verified */
};

/* zlib's state and its 32 KiB window, with some room for other versions of zlib. */
enum { INFLATE_ZLIB_MEMORY = 56 * 1024 };

struct inflater {
    const uint8_t *next_in;
    uint8_t *next_out;
    uint32_t avail_in, avail_out;
    bool ended; /* the last block was read to its end */
    const struct inflate_engine *engine;
    union {
        struct {
            z_stream stream;
            size_t used;
            _Alignas(64) uint8_t memory[INFLATE_ZLIB_MEMORY];
        } zlib;
#ifdef PIXMILL_ISAL
        struct inflate_state isal;
#endif
    } state;
};

/* One of the two libraries; the tests compare them. */
struct inflate_engine {
    bool (*begin)(struct inflater *inflater, enum inflate_format format);
    bool (*step)(struct inflater *inflater);
    bool (*took_surplus)(const struct inflater *inflater);
};

extern const struct inflate_engine inflate_zlib;
#ifdef PIXMILL_ISAL
extern const struct inflate_engine inflate_isal;
#define INFLATE_BEST (&inflate_isal)
#else
#define INFLATE_BEST (&inflate_zlib)
#endif

/* Returns false if the library needs more memory than INFLATE_ZLIB_MEMORY. */
static inline bool inflater_begin(struct inflater *inflater, enum inflate_format format)
{
    return INFLATE_BEST->begin(inflater, format);
}

/* Inflates until the input or the output space is used up. Returns false if the stream is damaged, or if no
 * progress was possible for lack of input or space; earlier output is kept. */
static inline bool inflater_step(struct inflater *inflater)
{
    return inflater->engine->step(inflater);
}

/* After `ended`: did it consume whole bytes past the end of the stream? */
static inline bool inflater_took_surplus(const struct inflater *inflater)
{
    return inflater->engine->took_surplus(inflater);
}

#endif
