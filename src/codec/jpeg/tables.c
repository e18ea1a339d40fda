/*
 * Huffman tables (T.81, annex C) as tables of look-ups: what the next bits mean, code and value together, and
 * two codes where both fit.
 */
#include <string.h>

#include "codec/jpeg/fast.h"

enum { LENGTHS = 16 };

/* All that a table is made from. */
struct key {
    uint8_t use, shift, counts[LENGTHS], symbols[256];
};

static bool set_codes(struct fast_codes *codes, const uint8_t counts[LENGTHS], const uint8_t *symbols)
{
    uint32_t code = 0, index = 0;
    codes->limit[0] = 0;
    codes->offset[0] = 0;
    for (unsigned length = 1; length <= LENGTHS; length++) {
        const unsigned count = counts[length - 1];
        code *= 2;
        codes->offset[length] = (int32_t)index - (int32_t)code;
        code += count;
        index += count;
        /* A code of nothing but ones is not allowed. */
        if (index > sizeof codes->symbol || (count > 0 && code >= UINT32_C(1) << length))
            return false;
        codes->limit[length] = code << (LENGTHS - length);
    }
    memcpy(codes->symbol, symbols, index);
    return true;
}

/* T.81, F.2.2.1: the difference or coefficient coded by `size` bits. */
static int extend(unsigned bits, unsigned size)
{
    return bits < 1u << (size - 1) ? (int)bits - (1 << size) + 1 : (int)bits;
}

/* Sets found[i] to the code that the `width` bits i begin with: codes are in the order of their bits, shorter
 * ones first. */
static void find_codes(const struct fast_codes *codes, unsigned width, struct fast_code *found)
{
    uint32_t index = 0, end = UINT32_C(1) << width;
    for (unsigned length = 1; length <= width; length++) {
        const uint32_t limit = codes->limit[length] >> (LENGTHS - width);
        while (index < limit) {
            const uint32_t code = index >> (width - length);
            const struct fast_code this = {(uint8_t)length,
                                           codes->symbol[(int32_t)code + codes->offset[length]]};
            for (uint32_t next = (code + 1) << (width - length); index < next; index++)
                found[index] = this;
        }
    }
    memset(found + index, 0, (end - index) * sizeof *found);
}

static bool make_dc(struct fast_table *table)
{
    struct fast_code found[1 << DC_BITS];
    const struct fast_codes *codes = &table->codes;
    for (int length = 1, all = 0; length <= LENGTHS; length++) {
        const int end = (int)(codes->limit[length] >> (LENGTHS - length)) + codes->offset[length];
        for (; all < end; all++) {
            if (codes->symbol[all] >= 16)
                return false;
        }
    }
    find_codes(codes, DC_BITS, found);
    for (unsigned i = 0; i < 1 << DC_BITS; i++) {
        const unsigned size = found[i].symbol, bits = found[i].length + size;
        struct fast_dc_entry *entry = &table->dc[i];
        *entry = (struct fast_dc_entry){0};
        if (found[i].length == 0 || bits > DC_BITS)
            continue;
        entry->bits = (uint8_t)bits;
        if (size > 0)
            entry->difference = (int16_t)extend(i >> (DC_BITS - bits) & ((1u << size) - 1), size);
    }
    return true;
}

static void fill(struct fast_ac_entry *entries, unsigned count, struct fast_ac_entry entry)
{
    for (unsigned i = 0; i < count; i++)
        entries[i] = entry;
}

/* Fills the entries of a code whose value of `size` bits has more than the `left` that select an entry: its
 * first bits, of which one tells the sign, give a value to which the other ones are added. */
static void fill_long(struct fast_ac_entry *entries, unsigned left, unsigned size, struct fast_ac_entry entry)
{
    entry.rest = (size - left) & 15;
    for (unsigned i = 0; i < 1u << left; i++) {
        entry.first = (int16_t)extend(i << entry.rest, size);
        entries[i] = entry;
    }
}

/* Fills the entries of a code with `left` bits remaining of AC_BITS: one entry for each value that fits. */
static void fill_code(struct fast_ac_entry *entries, unsigned left, struct fast_code code, unsigned shift,
                      unsigned bits_max)
{
    const unsigned run = code.symbol >> 4, size = code.symbol & 15, bits = code.length + size;
    if (code.symbol == 0) {
        fill(entries, 1u << left, (struct fast_ac_entry){.bits = code.length, .advance = ENTRY_END});
        return;
    }
    if (left > 0 && size > left && bits <= bits_max) {
        fill_long(entries, left, size,
                  (struct fast_ac_entry){.bits = (uint8_t)bits,
                                         .advance = (uint8_t)(run + 1),
                                         .run = run & 15,
                                         .first_bits = (uint8_t)bits});
        return;
    }
    if (size == 0 || size > left || size + shift > 15) {
        fill(entries, 1u << left,
             (struct fast_ac_entry){.bits = code.length, .advance = ENTRY_OTHER, .first = code.symbol});
        return;
    }
    for (unsigned i = 0; i < 1u << size; i++) {
        const int16_t value = (int16_t)(extend(i, size) * (1 << shift));
        fill(entries + ((size_t)i << (left - size)), 1u << (left - size),
             (struct fast_ac_entry){.bits = (uint8_t)bits,
                                    .advance = (uint8_t)(run + 1),
                                    .run = run & 15,
                                    .first_bits = (uint8_t)bits,
                                    .first = value,
                                    .second = value});
    }
}

/* Adds the following code to a coefficient's entry. */
static struct fast_ac_entry join(struct fast_ac_entry entry, struct fast_ac_entry next)
{
    if (next.advance >= ENTRY_OTHER || next.rest > 0 || entry.bits + next.bits > AC_BITS)
        return entry;
    entry.bits = (uint8_t)(entry.bits + next.bits);
    entry.advance = (uint8_t)(next.advance < ENTRY_END ? entry.advance + next.advance : ENTRY_END);
    entry.second = next.first;
    return entry;
}

static void make_ac(struct fast_table *table, unsigned shift, unsigned bits_max)
{
    struct fast_ac_entry one[1 << AC_BITS];
    const struct fast_codes *codes = &table->codes;
    unsigned end = 0;
    for (unsigned length = 1; length <= AC_BITS; length++) {
        const unsigned left = AC_BITS - length, limit = codes->limit[length] >> (LENGTHS - AC_BITS);
        for (; end < limit; end += 1u << left) {
            const int32_t index = (int32_t)(end >> left) + codes->offset[length];
            fill_code(one + end, left, (struct fast_code){(uint8_t)length, codes->symbol[index]}, shift,
                      bits_max);
        }
    }
    fill(one + end, (1u << AC_BITS) - end, (struct fast_ac_entry){.advance = ENTRY_OTHER});
    for (unsigned i = 0, span; i < 1u << AC_BITS; i += span) {
        const struct fast_ac_entry entry = one[i];
        /* A coefficient's entry is repeated for all bits that may follow it. */
        span = entry.advance < ENTRY_END && entry.rest == 0 ? 1u << (AC_BITS - entry.bits) : 1;
        table->ac[i] = entry;
        for (unsigned behind = 0; span > 1 && behind < span; behind++)
            table->ac[i + behind] = join(entry, one[behind << entry.bits]);
    }
}

static void make_skip(struct fast_table *table)
{
    struct fast_code found[1 << SKIP_BITS];
    find_codes(&table->codes, SKIP_BITS, found);
    for (unsigned i = 0; i < 1 << SKIP_BITS; i++) {
        unsigned bits = 0, advance = 0;
        for (;;) {
            const struct fast_code *code = &found[i << bits & ((1 << SKIP_BITS) - 1)];
            const unsigned size = code->symbol & 15, passed = (code->symbol >> 4) + 1u;
            const bool known = size > 0 || code->symbol == 0 || code->symbol == ZEROS_16;
            if (code->length == 0 || bits + code->length > SKIP_BITS ||
                bits + code->length + size > ENTRY_BITS_MAX || !known || advance + passed >= ENTRY_END)
                break;
            bits += code->length + size;
            advance += code->symbol == 0 ? ENTRY_END : passed;
            if (code->symbol == 0 || bits >= SKIP_BITS)
                break;
        }
        if (bits == 0)
            advance = ENTRY_OTHER;
        table->skip[i] = (struct fast_skip_entry){(uint8_t)bits, (uint8_t)advance};
    }
}

static size_t table_size(enum fast_use use)
{
    const struct fast_table *table = NULL;
    switch (use) {
    case FAST_USE_DC:
        return offsetof(struct fast_table, dc) + sizeof table->dc;
    case FAST_USE_AC:
    case FAST_USE_LONG_AC:
        return offsetof(struct fast_table, ac) + sizeof table->ac;
    case FAST_USE_SKIP:
        return offsetof(struct fast_table, skip) + sizeof table->skip;
    case FAST_USE_CODES:
    default:
        return offsetof(struct fast_table, code) + sizeof table->code;
    }
}

static bool make_table(struct fast_table *table, const struct key *key)
{
    if (!set_codes(&table->codes, key->counts, key->symbols))
        return false;
    switch (key->use) {
    case FAST_USE_DC:
        return make_dc(table);
    case FAST_USE_AC:
        make_ac(table, key->shift, AC_BITS);
        return true;
    case FAST_USE_LONG_AC:
        make_ac(table, 0, ENTRY_BITS_MAX);
        return true;
    case FAST_USE_SKIP:
        make_skip(table);
        return true;
    case FAST_USE_CODES:
    default:
        find_codes(&table->codes, CODE_BITS, table->code);
        return true;
    }
}

int fast_table_get(struct fast_lists lists, enum fast_use use, unsigned shift, struct arena *arena,
                   struct context *context, const struct fast_table **table)
{
    struct key key = {.use = (uint8_t)use, .shift = (uint8_t)shift};
    unsigned symbols = 0;
    *table = NULL;
    for (unsigned i = 0; i < LENGTHS; i++)
        symbols += key.counts[i] = lists.counts[i];
    if (symbols > sizeof key.symbols)
        return 0;
    memcpy(key.symbols, lists.symbols, symbols);
    const size_t key_size = offsetof(struct key, symbols) + symbols;
    if ((*table = memo_find(context->memo, &key, key_size)) != NULL)
        return 0;
    struct fast_table *made = arena_alloc(arena, table_size(use));
    if (made == NULL)
        return error_memory(context->error, table_size(use));
    if (make_table(made, &key)) {
        *table = made;
        memo_keep(context->memo, &key, key_size, made, table_size(use));
    }
    return 0;
}
