/*
 * Symbols of quantised coefficients (T.81, F.1.2): counted, or written as bits. Most coefficients are zero;
 * only the others are visited, by a mask of them in the order of the file.
 *
 * Blocks of an MCU beyond the image's edge have only the DC coefficient of the block before them, as in
 * libjpeg.
 */
#include <endian.h>
#include <string.h>

#include "codec/jpeg/encode_fast.h"
#include "image/vector.h"

enum { RUNS = 16, ZERO_RUN = 0xF0, END = 0, LAST = DCTSIZE2 - 1 };

#if defined(__AVX512BW__)
static const uint16_t order[DCTSIZE2] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
};

/* Bit k says that coefficient k in the file's order is not zero. */
static inline uint64_t nonzero_mask(const int16_t *block, const struct jpeg_counts *places)
{
    (void)places;
    const __m512i low = _mm512_loadu_si512(block), high = _mm512_loadu_si512(block + 32);
    const __m512i first = _mm512_permutex2var_epi16(low, _mm512_loadu_si512(order), high);
    const __m512i second = _mm512_permutex2var_epi16(low, _mm512_loadu_si512(order + 32), high);
    return _mm512_test_epi16_mask(first, first) | (uint64_t)_mm512_test_epi16_mask(second, second) << 32;
}
#elif defined(__SSE4_1__)
static inline uint64_t nonzero_mask(const int16_t *block, const struct jpeg_counts *places)
{
    uint64_t natural = 0, mask = 0;
    for (int i = 0; i < DCTSIZE2 / 16; i++) {
        const __m128i *row = (const __m128i *)(const void *)block + (ptrdiff_t)2 * i;
        const __m128i first = _mm_cmpeq_epi16(_mm_loadu_si128(row), _mm_setzero_si128());
        const __m128i second = _mm_cmpeq_epi16(_mm_loadu_si128(row + 1), _mm_setzero_si128());
        const unsigned zeros = (unsigned)_mm_movemask_epi8(_mm_packs_epi16(first, second));
        natural |= (uint64_t)(zeros ^ 0xFFFF) << (16 * i);
    }
    for (unsigned i = 0; i < DCTSIZE2 / JPEG_FOUR; i++)
        mask |= places->places[i][natural >> (JPEG_FOUR * i) & ((1 << JPEG_FOUR) - 1)];
    return mask;
}
#else
static inline uint64_t nonzero_mask(const int16_t *block, const struct jpeg_counts *places)
{
    return jpeg_nonzero_mask(block, places);
}
#endif

static inline unsigned bits_of(int value)
{
    const unsigned magnitude = (unsigned)(value < 0 ? -value : value);
    return magnitude == 0 ? 0 : 32 - (unsigned)__builtin_clz(magnitude);
}

static void count(struct strip *strip, struct jpeg_counts *counts)
{
    for (uint32_t mcu = 0; mcu < strip->mcus; mcu++) {
        for (unsigned c = 0; c < strip->components; c++) {
            struct strip_component *component = &strip->component[c];
            uint32_t *dc = counts->dc[component->table], *ac = counts->ac[component->table];
            for (unsigned i = 0; i < component->h * component->v; i++) {
                const unsigned y = i / component->h;
                const size_t x = (size_t)mcu * component->h + i % component->h;
                if (y >= component->rows || x >= component->width) {
                    dc[0]++;
                    ac[END]++;
                    continue;
                }
                const int16_t *block = component->blocks + (y * component->across + x) * DCTSIZE2;
                dc[bits_of(block[0] - component->last_dc)]++;
                component->last_dc = block[0];
                unsigned last = 0;
                for (uint64_t left = nonzero_mask(block, counts) & ~UINT64_C(1); left != 0;
                     left &= left - 1) {
                    const unsigned k = (unsigned)__builtin_ctzll(left);
                    unsigned run = k - last - 1;
                    for (; run >= RUNS; run -= RUNS)
                        ac[ZERO_RUN]++;
                    ac[run * RUNS + bits_of(block[jpeg_zigzag[k]])]++;
                    last = k;
                }
                ac[END] += last < LAST;
            }
        }
    }
}

/* Writes 8 bytes, with a 0 after each 0xFF (T.81, B.1.1.5). */
static inline uint8_t *put_bytes(uint8_t *next, uint64_t bytes)
{
    const uint64_t low_bits = 0x7F7F7F7F7F7F7F7F;
    if (__builtin_expect((bytes & ~low_bits & ((bytes & low_bits) + 0x0101010101010101)) == 0, 1)) {
        bytes = htobe64(bytes);
        memcpy(next, &bytes, sizeof bytes);
        return next + sizeof bytes;
    }
    for (int shift = 56; shift >= 0; shift -= 8) {
        *next++ = (uint8_t)(bytes >> shift);
        if (next[-1] == 0xFF)
            *next++ = 0;
    }
    return next;
}

/* `count` bits, 1 to 32, of which those above are 0. */
static inline void put_bits(struct bit_writer *w, uint64_t bits, unsigned count)
{
    const unsigned filled = w->count + count;
    if (filled < 64) {
        w->bits = w->bits << count | bits;
        w->count = filled;
        return;
    }
    const unsigned over = filled - 64;
    w->next = put_bytes(w->next, w->bits << (count - over) | bits >> over);
    w->bits = bits; /* those above `over` are shifted out before the next ones are written */
    w->count = over;
}

static inline void put_symbol(struct bit_writer *w, const struct symbol_codes *codes, unsigned symbol)
{
    put_bits(w, codes->code[symbol], codes->length[symbol]);
}

/* A symbol whose low four bits are the size of a value, and the value (T.81, F.1.2.1). */
static inline void put_value(struct bit_writer *w, const struct symbol_codes *codes, unsigned run, int value)
{
    const unsigned size = bits_of(value), symbol = run * RUNS + size;
    const uint32_t bits = (uint32_t)(value - (value < 0)) & ((1u << size) - 1);
    put_bits(w, (uint64_t)codes->code[symbol] << size | bits, codes->length[symbol] + size);
}

static inline void put_block(struct bit_writer *w, const int16_t *block, int difference, uint64_t nonzero,
                             const struct symbol_codes *dc, const struct symbol_codes *ac)
{
    unsigned last = 0;
    put_value(w, dc, 0, difference);
    for (uint64_t left = nonzero & ~UINT64_C(1); left != 0; left &= left - 1) {
        const unsigned k = (unsigned)__builtin_ctzll(left);
        unsigned run = k - last - 1;
        for (; run >= RUNS; run -= RUNS)
            put_symbol(w, ac, ZERO_RUN);
        put_value(w, ac, run, block[jpeg_zigzag[k]]);
        last = k;
    }
    if (last < LAST)
        put_symbol(w, ac, END);
}

static void put(struct strip *strip, uint32_t first, uint32_t end, const struct jpeg_counts *places,
                const struct symbol_codes dc[JPEG_TABLES], const struct symbol_codes ac[JPEG_TABLES],
                struct bit_writer *writer)
{
    struct bit_writer w = *writer;
    for (uint32_t mcu = first; mcu < end; mcu++) {
        for (unsigned c = 0; c < strip->components; c++) {
            struct strip_component *component = &strip->component[c];
            const struct symbol_codes *d = &dc[component->table], *a = &ac[component->table];
            for (unsigned i = 0; i < component->h * component->v; i++) {
                const unsigned y = i / component->h;
                const size_t x = (size_t)mcu * component->h + i % component->h;
                if (y >= component->rows || x >= component->width) {
                    put_symbol(&w, d, 0);
                    put_symbol(&w, a, END);
                    continue;
                }
                const int16_t *block = component->blocks + (y * component->across + x) * DCTSIZE2;
                put_block(&w, block, block[0] - component->last_dc, nonzero_mask(block, places), d, a);
                component->last_dc = block[0];
            }
        }
    }
    *writer = w;
}

const struct symbol_kernels SIMD_NAME(symbol_kernels) = {.count = count, .put = put};
