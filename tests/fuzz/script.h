/* A script: fuzz bytes that direct a target, read one after the other. Past its end there are zeros. */
#ifndef TESTS_FUZZ_SCRIPT_H
#define TESTS_FUZZ_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct script {
    const uint8_t *data;
    size_t size;
};

static inline bool script_ended(const struct script *script)
{
    return script->size == 0;
}

static inline uint8_t script_byte(struct script *script)
{
    if (script->size == 0)
        return 0;
    script->size--;
    return *script->data++;
}

static inline unsigned script_short(struct script *script)
{
    const unsigned low = script_byte(script);
    return low | (unsigned)script_byte(script) << 8;
}

/* The next bytes, at most `most` of them; *bytes is where they are. */
static inline size_t script_take(struct script *script, size_t most, const uint8_t **bytes)
{
    const size_t size = most < script->size ? most : script->size;
    *bytes = script->data;
    script->data += size;
    script->size -= size;
    return size;
}

#endif
