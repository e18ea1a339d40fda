/*
 * An untrusted ICC profile. Checks: its curves give light from 0 to 1, invertible ones are inverted
 * correctly, and conversions work for every sample.
 */
#include <math.h>
#include <string.h>

#include "color/shaper.h"
#include "color/target.h"
#include "fuzz/fuzz.h"

static void try_curve(const struct tone_curve *curve)
{
    const bool rises = tone_curve_rises(curve);
    for (int i = 0; i <= 64; i++) {
        const double light = tone_curve_light(curve, i / 64.0);
        FUZZ_ASSERT(light >= 0 && light <= 1);
        const double sample = tone_curve_sample(curve, light);
        FUZZ_ASSERT(!rises || (sample >= 0 && sample <= 1));
    }
}

static void try_shaper(const struct color_space *from, const struct color_space *to, unsigned depth)
{
    enum { PIXELS = 256, CHANNELS = 3 };
    uint16_t samples[PIXELS * CHANNELS];
    struct arena arena;
    arena_init(&arena, 0);
    const struct shaper *shaper = shaper_make(from, to, depth, &arena);
    FUZZ_ASSERT(shaper != NULL);
    for (size_t i = 0; i < PIXELS * CHANNELS; i++)
        samples[i] = (uint16_t)(i * 40503);
    shaper_row(shaper, SIMD_BASE, samples, samples, PIXELS, from->gray ? 1 : CHANNELS);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct color_space space, srgb;
    if (color_space_read(data, size, &space) != COLOR_SPACE_READ)
        return 0;
    for (int i = 0; i < (space.gray ? 1 : 3); i++)
        try_curve(&space.curve[i]);
    color_target_space(COLOR_SRGB, space.gray, &srgb);
    color_space_equal(&space, &srgb);
    for (unsigned depth = 8; depth <= 16; depth += 8) {
        try_shaper(&space, &srgb, depth);
        if (color_space_is_invertible(&space))
            try_shaper(&srgb, &space, depth);
    }
    return 0;
}
