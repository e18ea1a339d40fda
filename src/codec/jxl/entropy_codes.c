/* Reads the codes of entropy-coded numbers: prefix codes and ANS distributions. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "codec/jxl/entropy.h"

/* --- prefix codes (as Brotli's, RFC 7932, 3.4 and 3.5) ----------------------------------------------- */

enum { SPACE = 1 << JXL_PREFIX_BITS_MAX, LENGTH_CODES = 18, REPEAT = 16, REPEAT_ZERO = 17 };

/* Makes the code whose symbols have these lengths; 0: unused. */
static void make_code(struct jxl_code *code, const uint8_t *lengths, unsigned size)
{
    unsigned next[JXL_PREFIX_BITS_MAX + 1] = {0};
    memset(code->lengths, 0, sizeof code->lengths);
    for (unsigned i = 0; i < size; i++)
        code->lengths[lengths[i]] += lengths[i] > 0;
    for (unsigned length = 1; length < JXL_PREFIX_BITS_MAX; length++)
        next[length + 1] = next[length] + code->lengths[length];
    for (unsigned i = 0; i < size; i++) {
        if (lengths[i] > 0)
            code->symbols[next[lengths[i]]++] = (uint16_t)i;
    }
}

/* A code of a single symbol takes no bits. */
static void make_single(struct jxl_code *code, unsigned symbol)
{
    memset(code->lengths, 0, sizeof code->lengths);
    code->lengths[0] = 1;
    code->symbols[0] = (uint16_t)symbol;
}

/* Up to four symbols. */
static void read_simple_code(struct jxl_entropy *entropy, struct jxl_code *code, unsigned size,
                             uint8_t *lengths)
{
    static const uint8_t shapes[][4] = {{0}, {1, 1}, {1, 2, 2}, {2, 2, 2, 2}, {1, 2, 3, 3}};
    const unsigned count = jxl_get(entropy->bits, 2) + 1, width = jxl_bits_of(size - 1);
    unsigned symbols[4] = {0};
    for (unsigned i = 0; i < count; i++) {
        symbols[i] = jxl_get(entropy->bits, width);
        entropy->failed |= symbols[i] >= size;
        for (unsigned k = 0; k < i; k++)
            entropy->failed |= symbols[k] == symbols[i];
    }
    const unsigned shape = count == 4 ? 3 + jxl_get(entropy->bits, 1) : count - 1;
    if (entropy->failed)
        return;
    if (count == 1) {
        make_single(code, symbols[0]);
        return;
    }
    for (unsigned i = 0; i < count; i++)
        lengths[symbols[i]] = shapes[shape][i];
    make_code(code, lengths, size);
}

/* The lengths of the codes with which lengths are coded. */
static bool read_length_code(struct jxl_bits *bits, unsigned skipped, struct jxl_code *code)
{
    static const uint8_t order[LENGTH_CODES] = {1, 2, 3, 4, 0, 5, 17, 6, 16, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    static const uint8_t widths[16] = {2, 2, 2, 3, 2, 2, 2, 4, 2, 2, 2, 3, 2, 2, 2, 4},
                         values[16] = {0, 4, 3, 2, 0, 4, 3, 1, 0, 4, 3, 2, 0, 4, 3, 5};
    uint8_t lengths[LENGTH_CODES] = {0};
    int space = 32;
    unsigned used = 0, last = 0;
    for (unsigned i = skipped; i < LENGTH_CODES && space > 0; i++) {
        const uint64_t at = bits->at;
        const bool was_cut = bits->cut;
        const unsigned peeked = jxl_get(bits, 4);
        bits->at = at + widths[peeked];
        bits->cut = was_cut; /* peeking may go past the end */
        lengths[order[i]] = values[peeked];
        if (values[peeked] == 0)
            continue;
        space -= 32 >> values[peeked];
        used++;
        last = order[i];
    }
    if (used == 1)
        make_single(code, last);
    else
        make_code(code, lengths, LENGTH_CODES);
    return used == 1 || space == 0;
}

/* Reads the symbols' lengths; false if they make no complete code. */
static bool read_lengths(struct jxl_entropy *entropy, const struct jxl_code *length_code, unsigned size,
                         uint8_t *lengths)
{
    struct jxl_entropy coder = {.bits = entropy->bits, .prefix = true};
    unsigned repeat = 0, repeated = 0, last = 8;
    int space = SPACE;
    for (unsigned i = 0; i < size && space > 0 && !entropy->bits->cut;) {
        const unsigned length = jxl_get_prefix_symbol(&coder, length_code);
        if (length < REPEAT) {
            repeat = 0;
            lengths[i++] = (uint8_t)length;
            last = length > 0 ? length : last;
            space -= length > 0 ? SPACE >> length : 0;
            continue;
        }
        const unsigned more = length - 14, value = length == REPEAT ? last : 0,
                       before = repeated == value ? repeat : 0;
        repeated = value;
        repeat = (before > 0 ? (before - 2) << more : 0) + jxl_get(entropy->bits, more) + 3;
        if (repeat - before > size - i)
            return false;
        memset(lengths + i, (int)value, repeat - before);
        i += repeat - before;
        space -= value > 0 ? (int)((repeat - before) << (JXL_PREFIX_BITS_MAX - value)) : 0;
    }
    return space == 0 && !coder.failed;
}

void jxl_read_prefix_code(struct jxl_entropy *entropy, struct jxl_code *code, unsigned size)
{
    enum { SIMPLE = 1 };
    uint16_t length_symbols[LENGTH_CODES];
    struct jxl_code length_code = {.symbols = length_symbols};
    code->symbols = calloc(size, sizeof *code->symbols);
    uint8_t *lengths = calloc(size, 1);
    entropy->no_memory |= code->symbols == NULL || lengths == NULL;
    if (entropy->no_memory || size == 1) {
        code->lengths[0] = 1;
        free(lengths);
        return;
    }
    const unsigned kind = jxl_get(entropy->bits, 2);
    if (kind == SIMPLE)
        read_simple_code(entropy, code, size, lengths);
    else if (read_length_code(entropy->bits, kind, &length_code) &&
             read_lengths(entropy, &length_code, size, lengths))
        make_code(code, lengths, size);
    else
        entropy->failed = true;
    free(lengths);
}

/* --- ANS -------------------------------------------------------------------------------------------- */

enum { RANGE_BITS = 12, RANGE = 1 << RANGE_BITS, SYMBOLS_MAX = 256, RUN = RANGE_BITS + 1 };

/* One or two symbols. */
static unsigned read_few(struct jxl_entropy *entropy, uint16_t *counts)
{
    struct jxl_bits *bits = entropy->bits;
    const bool two = jxl_flag(bits);
    const unsigned first = jxl_get_length(bits, 3), second = two ? jxl_get_length(bits, 3) : first;
    if (!two) {
        counts[first] = RANGE;
        return first + 1;
    }
    entropy->failed |= first == second;
    counts[first] = (uint16_t)jxl_get(bits, RANGE_BITS);
    counts[second] = (uint16_t)(RANGE - counts[first]);
    return (first > second ? first : second) + 1;
}

static unsigned read_flat(struct jxl_entropy *entropy, uint16_t *counts)
{
    const unsigned size = jxl_get_length(entropy->bits, 3) + 1;
    for (unsigned i = 0; i < size; i++)
        counts[i] = (uint16_t)(RANGE / size + (i < RANGE % size));
    return size;
}

/* A symbol's count has that many bits, or 0; RUN: the last count is repeated. */
static unsigned read_count_bits(struct jxl_bits *bits)
{
    static const struct {
        uint8_t length, code, value;
    } codes[] = {{3, 0, 10}, {3, 4, 6}, {3, 2, 7}, {3, 5, 8},  {3, 6, 9},   {4, 3, 3},  {4, 15, 2},
                 {4, 11, 1}, {4, 7, 5}, {4, 9, 4}, {5, 17, 0}, {6, 33, 11}, {7, 1, 12}, {7, 65, RUN}};
    unsigned value = 0, length = 0;
    while (length < 7) {
        value |= jxl_get(bits, 1) << length++;
        for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
            if (codes[i].length == length && codes[i].code == value)
                return codes[i].value;
        }
    }
    return 0;
}

static unsigned read_shift(struct jxl_entropy *entropy)
{
    enum { SHIFT_BITS_MAX = 3 };
    unsigned width = 0;
    while (width < SHIFT_BITS_MAX && jxl_flag(entropy->bits))
        width++;
    const unsigned shift = (jxl_get(entropy->bits, width) | 1u << width) - 1;
    entropy->failed |= shift > RANGE_BITS + 1;
    return shift;
}

/* A count of `width` bits, of which only the highest are stored. */
static unsigned read_count(struct jxl_bits *bits, unsigned width, unsigned shift)
{
    if (width <= 1)
        return width;
    const unsigned log = width - 1;
    const int precise = (int)shift - (int)((RANGE_BITS - log) >> 1);
    const unsigned stored = precise <= 0 ? 0 : (unsigned)precise < log ? (unsigned)precise : log;
    return (1u << log) + (jxl_get(bits, stored) << (log - stored));
}

/* All counts but the largest, which is what is left of the range. */
static unsigned read_counts(struct jxl_entropy *entropy, uint16_t *counts)
{
    struct jxl_bits *bits = entropy->bits;
    uint8_t widths[SYMBOLS_MAX + 2] = {0};
    uint16_t runs[SYMBOLS_MAX + 2] = {0};
    const unsigned shift = read_shift(entropy), size = jxl_get_length(bits, 3) + 3;
    unsigned largest = SYMBOLS_MAX + 2, sum = 0;
    for (unsigned i = 0; i < size; i++) {
        widths[i] = (uint8_t)read_count_bits(bits);
        if (widths[i] == RUN) {
            runs[i] = (uint16_t)(jxl_get_length(bits, 3) + 4);
            i += runs[i] - 1u;
        } else if (largest > SYMBOLS_MAX + 1 || widths[i] > widths[largest]) {
            largest = i;
        }
    }
    entropy->failed |=
        largest >= size || (largest + 1 < size && widths[largest + 1] == RUN) || size > SYMBOLS_MAX;
    if (entropy->failed)
        return 0;
    for (unsigned i = 0, run = 0; i < size; i++) {
        run = runs[i] > 0 ? runs[i] : run > 0 ? run - 1 : 0;
        if (run > 0)
            counts[i] = i > 0 ? counts[i - 1] : 0;
        else if (i != largest)
            counts[i] = (uint16_t)read_count(bits, widths[i], shift);
        sum += counts[i];
    }
    entropy->failed |= sum >= RANGE;
    counts[largest] = (uint16_t)(RANGE - sum);
    return size;
}

/* Fills the slots of equal size: each has room for its own symbol, and the rest for one that needs more. */
static void make_aliases(struct jxl_code *code, unsigned size, unsigned alphabet_bits)
{
    const unsigned slots = 1u << alphabet_bits, room = RANGE >> alphabet_bits;
    unsigned rest[SYMBOLS_MAX], over[SYMBOLS_MAX], under[SYMBOLS_MAX], nover = 0, nunder = 0;
    struct jxl_alias *aliases = code->aliases;
    for (unsigned i = 0; i < size; i++) {
        if (code->frequencies[i] < RANGE)
            continue;
        for (unsigned k = 0; k < slots; k++)
            aliases[k] = (struct jxl_alias){.symbol = (uint8_t)i, .offset = (uint16_t)(room * k)};
        return;
    }
    for (unsigned i = 0; i < slots; i++) {
        rest[i] = code->frequencies[i];
        if (rest[i] > room)
            over[nover++] = i;
        else if (rest[i] < room)
            under[nunder++] = i;
    }
    while (nover > 0 && nunder > 0) {
        const unsigned from = over[--nover], to = under[--nunder];
        rest[from] -= room - rest[to];
        aliases[to] = (struct jxl_alias){.symbol = (uint8_t)from,
                                         .cutoff = (uint16_t)rest[to],
                                         .offset = (uint16_t)(rest[from] - rest[to])};
        if (rest[from] < room)
            under[nunder++] = from;
        else if (rest[from] > room)
            over[nover++] = from;
    }
    for (unsigned i = 0; i < slots; i++) {
        if (rest[i] == room)
            aliases[i] = (struct jxl_alias){.symbol = (uint8_t)i};
    }
}

void jxl_read_distribution(struct jxl_entropy *entropy, struct jxl_code *code)
{
    uint16_t counts[SYMBOLS_MAX + 2] = {0};
    const unsigned slots = 1u << entropy->alphabet_bits;
    assert(slots > 0 && slots <= SYMBOLS_MAX);
    unsigned size;
    if (jxl_flag(entropy->bits))
        size = read_few(entropy, counts);
    else
        size = jxl_flag(entropy->bits) ? read_flat(entropy, counts) : read_counts(entropy, counts);
    entropy->failed |= size > slots;
    code->frequencies = calloc(slots, sizeof *code->frequencies);
    code->aliases = calloc(slots, sizeof *code->aliases);
    entropy->no_memory |= code->frequencies == NULL || code->aliases == NULL;
    if (entropy->failed || entropy->no_memory)
        return;
    memcpy(code->frequencies, counts, size * sizeof *counts);
    make_aliases(code, size, entropy->alphabet_bits);
}
