/*
 * Huffman codes to coefficients (T.81, F.2.2 and G.2): one function for each kind of scan. The bits that are
 * in the buffer live in registers while a run of MCUs is decoded. Codes that a table's entries hold whole,
 * nearly all of them, take a look-up and no decision but whether the block ends; the others are found by
 * their length.
 */
#include "codec/jpeg/bits.h"

/* Places in a block, in zigzag order (T.81, figure A.6). */
static const uint8_t natural[DCTSIZE2] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
};

enum { CODE_MAX = 16, LAST = DCTSIZE2 - 1 };

/* Look-ups that a buffer serves which a DC code was taken from. */
enum {
    AC_LOOKUPS = (REFILLED_BITS - DC_BITS) / AC_BITS,
    LONG_LOOKUPS = (REFILLED_BITS - DC_BITS) / ENTRY_BITS_MAX
};

/* What the entries of an AC table may be. */
enum entries { WITHIN_AC_BITS, LONGER_TOO };

/* Reads a code of more than `known` bits; returns false if the bits are not a code. The codes of a length
 * come after all shorter ones, so that comparisons are counted in place of a search, whose end no processor
 * could predict. */
static inline bool take_code(struct fast_bits *b, const struct fast_codes *codes, unsigned known,
                             unsigned *symbol)
{
    const unsigned bits = bits_peek(b, CODE_MAX);
    unsigned length = known + 1;
    for (unsigned shorter = known + 1; shorter < CODE_MAX; shorter++)
        length += bits >= codes->limit[shorter];
    if (bits >= codes->limit[CODE_MAX])
        return false;
    *symbol = codes->symbol[(int)(bits >> (CODE_MAX - length)) + codes->offset[length]];
    bits_skip(b, length);
    return true;
}

/* The value of `size` bits, 0 to 15 (T.81, F.2.2.1). */
static inline int take_value(struct fast_bits *b, unsigned size)
{
    if (size == 0)
        return 0;
    const int value = (int)bits_take(b, size);
    return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
}

static inline int take_difference(struct fast_bits *b, const struct fast_table *table, bool *broken)
{
    const struct fast_dc_entry *entry = &table->dc[bits_peek(b, DC_BITS)];
    if (__builtin_expect(entry->bits != 0, 1)) {
        bits_skip(b, entry->bits);
        return entry->difference;
    }
    unsigned size = 0;
    *broken |= !take_code(b, &table->codes, 0, &size);
    const int value = take_value(b, size & 15);
    bits_refill(b);
    return value;
}

/* A block's place in the file's coefficients. */
struct band {
    int16_t *block;
    uint64_t nonzero;
    unsigned k, last; /* the next coefficient, and the last of the band */
    unsigned shift;
    uint32_t ended; /* blocks after this one that have no more coefficients in the band */
};

enum step { GO_ON, DONE, BROKEN };

static inline void put(struct band *band, unsigned k, int value)
{
    band->block[natural[k]] = (int16_t)value;
    band->nonzero |= (uint64_t)(value != 0) << k;
}

/* A code that no entry holds whole: long, of a large value, sixteen zeros, or an end-of-band run. */
static inline enum step take_other(struct fast_bits *b, const struct fast_table *table,
                                   struct fast_ac_entry entry, struct band *band, bool progressive)
{
    unsigned symbol = (unsigned)entry.first;
    bits_refill(b);
    if (entry.bits > 0)
        bits_skip(b, entry.bits);
    else if (!take_code(b, &table->codes, AC_BITS, &symbol))
        return BROKEN;
    const unsigned run = symbol >> 4, size = symbol & 15;
    if (size == 0 && symbol != ZEROS_16) {
        if (run > 0 && !progressive)
            return BROKEN;
        band->ended = run > 0 ? (1u << run) - 1 + bits_take(b, run) : 0;
        return DONE;
    }
    band->k += run + 1;
    if (band->k > band->last + 1 || size + band->shift > 15)
        return BROKEN;
    if (size > 0)
        put(band, band->k - 1, take_value(b, size) * (1 << band->shift));
    return band->k <= band->last ? GO_ON : DONE;
}

/* An entry's first coefficient. Without a decision: which values are longer than an entry no processor
 * could predict, and each wrong prediction costs as much time as several look-ups. */
static inline int first_value(const struct fast_bits *b, struct fast_ac_entry entry)
{
    const uint64_t rest = b->bits >> (-entry.bits & 63) & ((UINT64_C(1) << entry.rest) - 1);
    return entry.first + (int)rest;
}

/* An entry that may extend past the band: decodes its codes one by one. */
static inline enum step take_entry(struct fast_bits *b, const struct fast_table *table,
                                   struct fast_ac_entry entry, struct band *band, bool progressive)
{
    const unsigned at = band->k + entry.run;
    if (__builtin_expect(entry.advance == ENTRY_END && at < band->last, 1)) {
        put(band, at, entry.first);
        bits_skip(b, entry.bits);
        return DONE;
    }
    if (entry.advance == ENTRY_OTHER)
        return take_other(b, table, entry, band, progressive);
    if (entry.first_bits == 0) {
        bits_skip(b, entry.bits);
        return DONE;
    }
    if (at > band->last)
        return BROKEN;
    put(band, at, first_value(b, entry));
    band->k = at + 1;
    bits_skip(b, entry.first_bits);
    return at < band->last ? GO_ON : DONE;
}

/* Skips the coefficients of a block from `k` on. */
static inline bool skip_block(struct fast_bits *b, const struct fast_table *table, unsigned k)
{
    for (;;) {
        struct fast_skip_entry entry = {0, 0};
        unsigned i = 0;
        for (; i < LONG_LOOKUPS; i++) {
            entry = table->skip[bits_peek(b, SKIP_BITS)];
            if (k + entry.advance > LAST)
                break;
            k += entry.advance;
            bits_skip(b, entry.bits);
        }
        if (i < LONG_LOOKUPS) {
            if (entry.advance - ENTRY_END <= LAST - (int)k && entry.advance >= ENTRY_END) {
                bits_skip(b, entry.bits);
                return true;
            }
            unsigned symbol;
            bits_refill(b);
            if (!take_code(b, &table->codes, 0, &symbol))
                return false;
            if (symbol == 0)
                return true;
            const unsigned size = symbol & 15;
            k += (symbol >> 4) + 1;
            if (k > DCTSIZE2 || (size == 0 && symbol != ZEROS_16))
                return false;
            b->bits <<= size;
            b->count -= size;
            if (k == DCTSIZE2)
                return true;
        }
        bits_refill(b);
    }
}

/* Decodes the coefficients from band->k on; with a `skip` table, those after `needed` are skipped. False: the
 * data are wrong. */
static inline bool take_band(struct fast_bits *b, const struct fast_table *table, enum entries entries,
                             struct band *band, bool progressive, const struct fast_table *skip,
                             unsigned needed)
{
    const unsigned lookups = entries == LONGER_TOO ? LONG_LOOKUPS : AC_LOOKUPS;
    for (;;) {
        struct fast_ac_entry entry = {0};
        unsigned i = 0;
        for (; i < lookups; i++) {
            entry = table->ac[bits_peek(b, AC_BITS)];
            if (band->k + entry.advance > band->last)
                break;
            if (entries == LONGER_TOO) {
                put(band, band->k + entry.advance - 1, entry.second);
                put(band, band->k + entry.run, first_value(b, entry));
            } else {
                put(band, band->k + entry.run, entry.first);
                put(band, band->k + entry.advance - 1, entry.second);
            }
            band->k += entry.advance;
            bits_skip(b, entry.bits);
        }
        if (i < lookups) {
            const enum step step = take_entry(b, table, entry, band, progressive);
            if (step != GO_ON)
                return step == DONE;
        }
        bits_refill(b);
        if (skip != NULL && band->k > needed)
            return skip_block(b, skip, band->k);
    }
}

static inline void take_blocks(struct fast_scan *scan, enum entries entries, const struct fast_target *target,
                               unsigned targets, uint32_t count)
{
    struct fast_bits b = scan->bits;
    bool broken = false;
    for (uint32_t mcu = 0; mcu < count; mcu++) {
        for (unsigned i = 0; i < targets; i++) {
            const struct fast_target *to = &target[i];
            const unsigned c = to->component;
            bits_refill(&b);
            scan->last_dc[c] += take_difference(&b, scan->dc[c], &broken);
            const int dc = scan->last_dc[c];
            broken |= dc != (int16_t)dc;
            if (to->flat) {
                to->coefficients[mcu * to->step] = (int16_t)dc;
                broken |= !skip_block(&b, scan->skip[c], 1);
            } else {
                struct band band = {
                    .block = to->coefficients + mcu * to->step * DCTSIZE2, .k = 1, .last = LAST};
                band.block[0] = (int16_t)dc;
                broken |= !take_band(&b, scan->ac[c], entries, &band, false, scan->skip[c], to->last);
            }
        }
        if (broken)
            break;
    }
    scan->bits = b;
    scan->broken |= broken;
}

/* Apart from the other one, so that each has the registers for itself. */
__attribute__((noinline)) static void
take_long_blocks(struct fast_scan *scan, const struct fast_target *target, unsigned targets, uint32_t count)
{
    take_blocks(scan, LONGER_TOO, target, targets, count);
}

static void run_sequential(struct fast_scan *scan, const struct fast_target *target, unsigned targets,
                           uint32_t count)
{
    if (scan->long_values)
        take_long_blocks(scan, target, targets, count);
    else
        take_blocks(scan, WITHIN_AC_BITS, target, targets, count);
}

static void run_dc_first(struct fast_scan *scan, const struct fast_target *target, unsigned targets,
                         uint32_t count)
{
    struct fast_bits b = scan->bits;
    bool broken = false;
    for (uint32_t mcu = 0; mcu < count && !broken; mcu++) {
        for (unsigned i = 0; i < targets; i++) {
            const struct fast_target *to = &target[i];
            const unsigned c = to->component;
            bits_refill(&b);
            scan->last_dc[c] += take_difference(&b, scan->dc[c], &broken);
            const int dc = scan->last_dc[c];
            broken |= dc != (int16_t)dc || dc * (1 << scan->low) != (int16_t)(dc * (1 << scan->low));
            to->coefficients[mcu * to->step * (to->flat ? 1 : DCTSIZE2)] = (int16_t)(dc * (1 << scan->low));
        }
    }
    scan->bits = b;
    scan->broken |= broken;
}

static void run_dc_refine(struct fast_scan *scan, const struct fast_target *target, unsigned targets,
                          uint32_t count)
{
    struct fast_bits b = scan->bits;
    for (uint32_t mcu = 0; mcu < count; mcu++) {
        bits_refill(&b);
        for (unsigned i = 0; i < targets; i++) {
            const struct fast_target *to = &target[i];
            to->coefficients[mcu * to->step * (to->flat ? 1 : DCTSIZE2)] |=
                (int16_t)(bits_take(&b, 1) << scan->low);
        }
    }
    scan->bits = b;
}

static void run_ac_first(struct fast_scan *scan, const struct fast_target *target, unsigned targets,
                         uint32_t count)
{
    (void)targets; /* one: such a scan has one component */
    struct fast_bits b = scan->bits;
    uint32_t ended = scan->ended_blocks, i = 0;
    bool broken = false;
    while (i < count && !broken) {
        if (ended > 0) {
            const uint32_t passed = ended < count - i ? ended : count - i;
            ended -= passed;
            i += passed;
            continue;
        }
        struct band band = {
            .block = target->coefficients + i * target->step * DCTSIZE2,
            .k = scan->first,
            .last = scan->last,
            .shift = scan->low,
        };
        bits_refill(&b);
        broken = !take_band(&b, scan->ac[0], WITHIN_AC_BITS, &band, true, NULL, LAST);
        target->nonzero[i * target->step] |= band.nonzero;
        ended = band.ended;
        i++;
    }
    scan->bits = b;
    scan->ended_blocks = ended;
    scan->broken |= broken;
}

/* The coefficients from k on, as bits of a map. */
static inline uint64_t from(unsigned k)
{
    return ~UINT64_C(0) << k;
}

/* The place of the bit of `map` that `passed` others are below; the map has it. */
static inline unsigned place_of(uint64_t map, unsigned passed)
{
#if defined(__AVX512BW__) /* machines that have this do it in an instruction */
    map = __builtin_ia32_pdep_di(UINT64_C(1) << passed, map);
#else
    for (; passed > 0; passed--)
        map &= map - 1;
#endif
    return (unsigned)__builtin_ctzll(map);
}

/* Coefficients of a block that get one bit more each, and those bits in the same order, the last one lowest.
 */
struct corrections {
    uint64_t which, bits;
};

/* Takes a bit for each of the coefficients `which`. */
static inline void take_corrections(struct fast_bits *b, uint64_t which, struct corrections *corrections)
{
    unsigned n = (unsigned)__builtin_popcountll(which);
    corrections->which |= which;
    while (n > 0) {
        const unsigned now = n < 32 ? n : 32;
        if (b->count < 32)
            bits_refill(b);
        corrections->bits = corrections->bits << now | b->bits >> (64 - now);
        bits_skip(b, now);
        n -= now;
    }
}

static inline void correct(int16_t *block, struct corrections corrections, unsigned shift)
{
    for (unsigned n = (unsigned)__builtin_popcountll(corrections.which); n > 0; n--) {
        int16_t *coefficient = &block[natural[__builtin_ctzll(corrections.which)]];
        const int more = (int)(corrections.bits >> (n - 1) & 1) << shift;
        *coefficient = (int16_t)(*coefficient + (*coefficient < 0 ? -more : more));
        corrections.which &= corrections.which - 1;
    }
}

/* Decodes the code of a coefficient that was 0, and skips to it: runs skip only zeros, and each other
 * coefficient between them has a correction bit after the code (T.81, G.1.2.3). GO_ON: the band does not end
 * here; it ends at a run of ended bands. */
static inline enum step refine_one(struct fast_bits *b, const struct fast_table *table, struct band *band,
                                   uint64_t whole, struct corrections *corrections)
{
    bits_refill(b);
    const struct fast_code code = table->code[bits_peek(b, CODE_BITS)];
    unsigned symbol = code.symbol;
    if (__builtin_expect(code.length > 0, 1))
        bits_skip(b, code.length);
    else if (!take_code(b, &table->codes, CODE_BITS, &symbol))
        return BROKEN;
    const unsigned run = symbol >> 4, size = symbol & 15;
    if (size == 0 && symbol != ZEROS_16) {
        band->ended = 1u << run;
        if (run > 0)
            band->ended += bits_take(b, run);
        return DONE;
    }
    const uint64_t zeros = ~band->nonzero & whole & from(band->k);
    if (size > 1 || (unsigned)__builtin_popcountll(zeros) <= run)
        return BROKEN;
    const int sign = size > 0 ? (int)bits_take(b, 1) * 2 - 1 : 0;
    const unsigned at = place_of(zeros, run);
    take_corrections(b, band->nonzero & from(band->k) & ~from(at), corrections);
    put(band, at, sign * (1 << band->shift));
    band->k = at + 1;
    return band->k <= band->last ? GO_ON : DONE;
}

static inline bool refine_band(struct fast_bits *b, const struct fast_table *table, struct band *band)
{
    const uint64_t whole = from(band->k) & ~UINT64_C(0) >> (LAST - band->last);
    struct corrections corrections = {0, 0};
    if (band->ended == 0) {
        enum step step;
        while ((step = refine_one(b, table, band, whole, &corrections)) == GO_ON)
            ;
        if (step == BROKEN)
            return false;
    }
    if (band->ended > 0) {
        band->ended--;
        if (band->k <= band->last)
            take_corrections(b, band->nonzero & whole & from(band->k), &corrections);
    }
    correct(band->block, corrections, band->shift);
    return true;
}

static void run_ac_refine(struct fast_scan *scan, const struct fast_target *target, unsigned targets,
                          uint32_t count)
{
    (void)targets;
    struct fast_bits b = scan->bits;
    bool broken = false;
    uint32_t ended = scan->ended_blocks;
    for (uint32_t i = 0; i < count && !broken; i++) {
        struct band band = {
            .block = target->coefficients + i * target->step * DCTSIZE2,
            .nonzero = target->nonzero[i * target->step],
            .k = scan->first,
            .last = scan->last,
            .shift = scan->low,
            .ended = ended,
        };
        broken = !refine_band(&b, scan->ac[0], &band);
        target->nonzero[i * target->step] = band.nonzero;
        ended = band.ended;
    }
    scan->bits = b;
    scan->ended_blocks = ended;
    scan->broken |= broken;
}

const struct fast_kernels SIMD_NAME(fast_kernels) = {
    .run =
        {
            [FAST_SEQUENTIAL] = run_sequential,
            [FAST_DC_FIRST] = run_dc_first,
            [FAST_DC_REFINE] = run_dc_refine,
            [FAST_AC_FIRST] = run_ac_first,
            [FAST_AC_REFINE] = run_ac_refine,
        },
};
