/* An untrusted PNG file; checks: see fuzz/codec.h. */
#include "fuzz/codec.h"
#include "fuzz/fuzz.h"
#include "fuzz/mutate.h"

extern const struct codec codec_png;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_codec(&codec_png, data, size);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    return fuzz_mutate_image(data, size, most, FUZZ_CODEC_TAIL, seed);
}
