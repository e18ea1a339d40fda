/*
 * Reads a JPEG XL codestream's headers bit by bit, lowest bit first, in the encodings of ISO/IEC 18181-1,
 * annex B. Past the end all reads give 0 and `cut` is set, so that a parser reads a whole structure and
 * checks once.
 */
#ifndef CODEC_JXL_BITS_H
#define CODEC_JXL_BITS_H

#include "codec/jxl/container.h"

struct jxl_bits {
    struct jxl_stream stream;
    struct pm_error *error; /* filled only when the file can't be read */
    uint64_t at;            /* of the next bit in the codestream */
    bool cut;               /* a read went past the end, or the file can't be read */
    uint8_t window[256];
    uint64_t window_at;
    size_t window_size;
};

void jxl_bits_init(struct jxl_bits *bits, struct byte_source *source, bool boxed, struct pm_error *error);

/* The next `count` bits, 0 to 32. */
uint32_t jxl_get(struct jxl_bits *bits, unsigned count);
static inline bool jxl_flag(struct jxl_bits *bits)
{
    return jxl_get(bits, 1) != 0;
}

/* U32: two bits choose one of four distributions, each a number of bits and what is added to them. */
struct jxl_choice {
    uint8_t bits;
    uint32_t add;
};
uint32_t jxl_get_u32(struct jxl_bits *bits, const struct jxl_choice choices[4]);
#define JXL_U32(bits, ...) jxl_get_u32((bits), (const struct jxl_choice[4]){__VA_ARGS__})

uint64_t jxl_get_u64(struct jxl_bits *bits);
unsigned jxl_get_enum(struct jxl_bits *bits);

void jxl_skip(struct jxl_bits *bits, uint64_t count);
void jxl_skip_to_byte(struct jxl_bits *bits);

/* Skips `count` numbers of 16 bits (F16). */
static inline void jxl_skip_f16(struct jxl_bits *bits, unsigned count)
{
    jxl_skip(bits, (uint64_t)16 * count);
}

/* Skips a name, and the extensions of a structure. */
void jxl_skip_name(struct jxl_bits *bits);
void jxl_skip_extensions(struct jxl_bits *bits);

#endif
