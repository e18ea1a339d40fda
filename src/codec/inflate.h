/*
 * A deflate stream (RFC 1951) inflated a piece at a time, as PNG's are: by ISA-L's igzip, three times as fast
 * as zlib, or by zlib where ISA-L is not packaged. Both make the same bytes of the same streams.
 *
 *     inflater_begin(&inflater, INFLATE_RAW);
 *     then set next_in, avail_in, next_out and avail_out as needed, and call inflater_step, until it has
 * `ended`
 *
 * The struct is all that it needs: no memory is allocated, and nothing is to be freed.
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
    INFLATE_ZLIB, /* between zlib's header and its checksum (RFC 1950), both held to be right */
};

/* zlib's state and its window of 32 KiB, with some room for other versions of it. */
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

/* One of the libraries; the tests compare them. */
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

/* Returns false when the library cannot work in the memory above. */
static inline bool inflater_begin(struct inflater *inflater, enum inflate_format format)
{
    return INFLATE_BEST->begin(inflater, format);
}

/* Inflates as much as it is given, or as there is room for. Returns false when the stream is damaged, or when
 * nothing could be done for want of bytes or room; what was made before stays. */
static inline bool inflater_step(struct inflater *inflater)
{
    return inflater->engine->step(inflater);
}

/* Once ended: did it take whole bytes that stand behind the stream? */
static inline bool inflater_took_surplus(const struct inflater *inflater)
{
    return inflater->engine->took_surplus(inflater);
}

#endif
