#include "codec/jxl/entropy.h"

#include <stdlib.h>
#include <string.h>

enum {
    WINDOW = 1 << 20,
    STATE_BITS = 12,
    STATE_END = 0x130000,
    CODES_MAX = 256,
    LENGTH_ALPHABET_BITS = 8,
};

unsigned jxl_get_length(struct jxl_bits *bits, unsigned count)
{
    if (!jxl_flag(bits))
        return 0;
    const unsigned more = jxl_get(bits, count);
    return (1u << more) + jxl_get(bits, more);
}

/* --- the codes -------------------------------------------------------------------------------------- */

static struct jxl_hybrid read_hybrid(struct jxl_entropy *entropy, unsigned alphabet_bits)
{
    struct jxl_bits *bits = entropy->bits;
    struct jxl_hybrid hybrid = {.split_bits = (uint8_t)jxl_get(bits, jxl_bits_of(alphabet_bits))};
    if (hybrid.split_bits < alphabet_bits) {
        hybrid.msb = (uint8_t)jxl_get(bits, jxl_bits_of(hybrid.split_bits));
        entropy->failed |= hybrid.msb > hybrid.split_bits;
        if (!entropy->failed)
            hybrid.lsb = (uint8_t)jxl_get(bits, jxl_bits_of(hybrid.split_bits - hybrid.msb));
    }
    entropy->failed |= hybrid.split_bits > alphabet_bits || hybrid.msb + hybrid.lsb > hybrid.split_bits;
    return hybrid;
}

static void read_repetition(struct jxl_entropy *entropy)
{
    struct jxl_bits *bits = entropy->bits;
    entropy->repeats = jxl_flag(bits);
    if (!entropy->repeats)
        return;
    entropy->ncontexts++;
    entropy->min_symbol = JXL_U32(bits, {0, 224}, {0, 512}, {0, 4096}, {15, 8});
    entropy->min_length = JXL_U32(bits, {0, 3}, {0, 4}, {2, 5}, {8, 9});
    entropy->length = read_hybrid(entropy, LENGTH_ALPHABET_BITS);
    entropy->window = calloc(WINDOW, sizeof *entropy->window);
    entropy->no_memory = entropy->window == NULL;
}

static void begin(struct jxl_entropy *entropy, struct jxl_bits *bits, unsigned contexts, bool may_repeat);

/* Replaces each index in a list, to whose front each used entry moves, by the entry. */
static void move_to_front(uint8_t *map, unsigned count)
{
    uint8_t list[CODES_MAX];
    for (unsigned i = 0; i < CODES_MAX; i++)
        list[i] = (uint8_t)i;
    for (unsigned i = 0; i < count; i++) {
        const unsigned index = map[i];
        const uint8_t value = list[index];
        map[i] = value;
        memmove(list + 1, list, index);
        list[0] = value;
    }
}

/* A map that is entropy-coded itself, with one context; a map of two entries must not use LZ77, whose
 * distances would need such a map again. */
static void read_coded_map(struct jxl_entropy *entropy)
{
    struct jxl_entropy coded;
    const bool moved = jxl_flag(entropy->bits);
    begin(&coded, entropy->bits, 1, entropy->ncontexts > 2);
    for (unsigned i = 0; i < entropy->ncontexts; i++) {
        const uint32_t index = jxl_entropy_get(&coded, 0);
        entropy->failed |= index >= CODES_MAX;
        entropy->map[i] = (uint8_t)index;
    }
    const bool whole = jxl_entropy_end(&coded);
    entropy->no_memory |= coded.no_memory;
    entropy->failed |= !whole;
    if (moved && !entropy->failed)
        move_to_front(entropy->map, entropy->ncontexts);
}

/* Which code each context uses; every code must be used. */
static void read_map(struct jxl_entropy *entropy)
{
    struct jxl_bits *bits = entropy->bits;
    bool used[CODES_MAX] = {false};
    entropy->ncodes = 1;
    if (entropy->ncontexts == 1)
        return;
    if (jxl_flag(bits)) {
        const unsigned width = jxl_get(bits, 2);
        for (unsigned i = 0; i < entropy->ncontexts; i++)
            entropy->map[i] = (uint8_t)jxl_get(bits, width);
    } else {
        read_coded_map(entropy);
    }
    for (unsigned i = 0; i < entropy->ncontexts; i++) {
        used[entropy->map[i]] = true;
        if (entropy->map[i] >= entropy->ncodes)
            entropy->ncodes = entropy->map[i] + 1u;
    }
    for (unsigned i = 0; i < entropy->ncodes; i++)
        entropy->failed |= !used[i];
}

static bool goes_on(const struct jxl_entropy *entropy)
{
    return !entropy->failed && !entropy->no_memory && !entropy->bits->cut;
}

static void read_codes(struct jxl_entropy *entropy)
{
    struct jxl_bits *bits = entropy->bits;
    uint16_t sizes[CODES_MAX] = {0};
    entropy->prefix = jxl_flag(bits);
    entropy->alphabet_bits = entropy->prefix ? JXL_PREFIX_BITS_MAX : jxl_get(bits, 2) + 5;
    entropy->codes = calloc(entropy->ncodes, sizeof *entropy->codes);
    entropy->no_memory |= entropy->codes == NULL;
    for (unsigned i = 0; goes_on(entropy) && i < entropy->ncodes; i++)
        entropy->codes[i].hybrid = read_hybrid(entropy, entropy->alphabet_bits);
    for (unsigned i = 0; goes_on(entropy) && entropy->prefix && i < entropy->ncodes; i++) {
        const unsigned size = jxl_get_length(bits, 4) + 1;
        entropy->failed |= size > 1u << JXL_PREFIX_BITS_MAX;
        sizes[i] = (uint16_t)size;
    }
    for (unsigned i = 0; goes_on(entropy) && i < entropy->ncodes; i++) {
        if (entropy->prefix)
            jxl_read_prefix_code(entropy, &entropy->codes[i], sizes[i]);
        else
            jxl_read_distribution(entropy, &entropy->codes[i]);
    }
}

static void begin(struct jxl_entropy *entropy, struct jxl_bits *bits, unsigned contexts, bool may_repeat)
{
    *entropy = (struct jxl_entropy){.bits = bits, .ncontexts = contexts};
    read_repetition(entropy);
    entropy->failed |= entropy->repeats && !may_repeat;
    if (goes_on(entropy))
        read_map(entropy);
    if (goes_on(entropy))
        read_codes(entropy);
    if (!entropy->prefix)
        entropy->state = jxl_get(bits, 32);
}

void jxl_entropy_begin(struct jxl_entropy *entropy, struct jxl_bits *bits, unsigned contexts)
{
    begin(entropy, bits, contexts, true);
}

bool jxl_entropy_end(struct jxl_entropy *entropy)
{
    for (unsigned i = 0; entropy->codes != NULL && i < entropy->ncodes; i++) {
        free(entropy->codes[i].symbols);
        free(entropy->codes[i].frequencies);
        free(entropy->codes[i].aliases);
    }
    free(entropy->codes);
    free(entropy->window);
    return goes_on(entropy) && (entropy->prefix || entropy->state == STATE_END);
}

/* --- numbers ---------------------------------------------------------------------------------------- */

/* Codes of one length are consecutive numbers, their first bit highest. */
unsigned jxl_get_prefix_symbol(struct jxl_entropy *entropy, const struct jxl_code *code)
{
    unsigned value = 0, first = 0, before = 0;
    if (code->lengths[0] > 0) /* a single symbol takes no bits */
        return code->symbols[0];
    for (unsigned length = 1; length <= JXL_PREFIX_BITS_MAX; length++) {
        value |= jxl_get(entropy->bits, 1);
        const unsigned count = code->lengths[length];
        if (value - first < count)
            return code->symbols[before + value - first];
        before += count;
        first = (first + count) << 1;
        value <<= 1;
    }
    entropy->failed = true;
    return 0;
}

static unsigned get_ans_symbol(struct jxl_entropy *entropy, const struct jxl_code *code)
{
    const unsigned slot_bits = STATE_BITS - entropy->alphabet_bits;
    const unsigned low = entropy->state & ((1u << STATE_BITS) - 1), slot = low >> slot_bits,
                   place = low & ((1u << slot_bits) - 1);
    const struct jxl_alias *alias = &code->aliases[slot];
    const bool other = place >= alias->cutoff;
    const unsigned symbol = other ? alias->symbol : slot, offset = other ? alias->offset + place : place;
    entropy->state = code->frequencies[symbol] * (entropy->state >> STATE_BITS) + offset;
    if (entropy->state < 1u << 16)
        entropy->state = entropy->state << 16 | jxl_get(entropy->bits, 16);
    return symbol;
}

static unsigned get_token(struct jxl_entropy *entropy, unsigned index)
{
    const struct jxl_code *code = &entropy->codes[index];
    return entropy->prefix ? jxl_get_prefix_symbol(entropy, code) : get_ans_symbol(entropy, code);
}

static uint32_t get_number(struct jxl_entropy *entropy, const struct jxl_hybrid *hybrid, uint32_t token)
{
    enum { NUMBER_BITS = 31 };
    const unsigned known = hybrid->msb + hybrid->lsb;
    const uint32_t split = 1u << hybrid->split_bits;
    if (token < split)
        return token;
    const unsigned count = (hybrid->split_bits - known + ((token - split) >> known)) & NUMBER_BITS;
    const uint32_t low = token & ((1u << hybrid->lsb) - 1), rest = token >> hybrid->lsb,
                   high = 1u << hybrid->msb | (rest & ((1u << hybrid->msb) - 1));
    return (((high << count) | jxl_get(entropy->bits, count)) << hybrid->lsb) | low;
}

static void begin_repetition(struct jxl_entropy *entropy, uint32_t token)
{
    const unsigned distances = entropy->map[entropy->ncontexts - 1];
    entropy->left =
        (uint64_t)get_number(entropy, &entropy->length, token - entropy->min_symbol) + entropy->min_length;
    const uint32_t distance_token = get_token(entropy, distances);
    uint64_t distance = (uint64_t)get_number(entropy, &entropy->codes[distances].hybrid, distance_token) + 1;
    if (distance > entropy->done)
        distance = entropy->done;
    if (distance > WINDOW)
        distance = WINDOW;
    entropy->from = entropy->done - distance; /* the window begins as zeros: a distance of 0 repeats them */
}

uint32_t jxl_entropy_get(struct jxl_entropy *entropy, unsigned context)
{
    if (!goes_on(entropy))
        return 0;
    uint32_t number;
    const unsigned index = entropy->map[context];
    const uint32_t token = entropy->left == 0 ? get_token(entropy, index) : 0;
    if (entropy->left == 0 && entropy->repeats && token >= entropy->min_symbol)
        begin_repetition(entropy, token);
    if (entropy->left > 0) {
        number = entropy->window[entropy->from++ % WINDOW];
        entropy->left--;
    } else {
        number = get_number(entropy, &entropy->codes[index].hybrid, token);
    }
    if (entropy->repeats)
        entropy->window[entropy->done++ % WINDOW] = number;
    return goes_on(entropy) ? number : 0;
}
