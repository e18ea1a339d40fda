/*
 * Entropy-coded numbers in a JPEG XL codestream (ISO/IEC 18181-1, annex C): a profile and the order of a
 * frame's sections are coded so. Numbers are tokens, coded with prefix codes or ANS, followed by raw bits;
 * LZ77 may repeat earlier ones.
 *
 *     struct jxl_entropy entropy;
 *     jxl_entropy_begin(&entropy, bits, contexts)        reads the codes
 *     jxl_entropy_get(&entropy, context)                 once a number
 *     jxl_entropy_end(&entropy)                          always; false if anything was wrong
 *
 * After an error all numbers are 0.
 */
#ifndef CODEC_JXL_ENTROPY_H
#define CODEC_JXL_ENTROPY_H

#include "codec/jxl/bits.h"

enum { JXL_CONTEXTS_MAX = 64, JXL_PREFIX_BITS_MAX = 15 };

/* How a token becomes a number. */
struct jxl_hybrid {
    uint8_t split_bits, msb, lsb;
};

/* A slot of the table that maps a state's lowest bits to a symbol (alias method). */
struct jxl_alias {
    uint16_t cutoff, offset; /* from `cutoff` on it is `symbol`, at `offset` */
    uint8_t symbol;
};

/* One distribution of tokens. */
struct jxl_code {
    struct jxl_hybrid hybrid;
    /* Prefix code: how many symbols have each length, and the symbols in the order of their codes. */
    uint16_t lengths[JXL_PREFIX_BITS_MAX + 1];
    uint16_t *symbols;
    /* ANS: frequencies and aliases of all symbols of the alphabet. */
    uint16_t *frequencies;
    struct jxl_alias *aliases;
};

struct jxl_entropy {
    struct jxl_bits *bits;
    bool failed, no_memory;
    bool prefix;
    unsigned alphabet_bits;
    unsigned ncontexts, ncodes;
    uint8_t map[JXL_CONTEXTS_MAX]; /* the code of each context; the last one is of LZ77's distances */
    struct jxl_code *codes;
    uint32_t state; /* of ANS */
    /* LZ77: tokens from min_symbol on are the length of a repetition. */
    bool repeats;
    uint32_t min_symbol, min_length;
    struct jxl_hybrid length;
    uint32_t *window;
    uint64_t done, from, left; /* numbers so far; the next to repeat; how many more are repeated */
};

/* `contexts` is at most JXL_CONTEXTS_MAX - 1. */
void jxl_entropy_begin(struct jxl_entropy *entropy, struct jxl_bits *bits, unsigned contexts);
uint32_t jxl_entropy_get(struct jxl_entropy *entropy, unsigned context);
bool jxl_entropy_end(struct jxl_entropy *entropy);

/* For jxl_entropy_begin, in entropy_codes.c: reads the prefix code of an alphabet of `size` symbols, or the
 * ANS distribution. On errors `failed` or `no_memory` is set. */
void jxl_read_prefix_code(struct jxl_entropy *entropy, struct jxl_code *code, unsigned size);
void jxl_read_distribution(struct jxl_entropy *entropy, struct jxl_code *code);

/* The next symbol of a prefix code. */
unsigned jxl_get_prefix_symbol(struct jxl_entropy *entropy, const struct jxl_code *code);

/* A number of 0 to 2 * 2^(2^count - 1) - 1 in few bits, for lengths of alphabets and runs. */
unsigned jxl_get_length(struct jxl_bits *bits, unsigned count);

/* How many bits a number of 0 to `max` takes. */
static inline unsigned jxl_bits_of(uint32_t max)
{
    return max == 0 ? 0 : 32 - (unsigned)__builtin_clz(max);
}

#endif
