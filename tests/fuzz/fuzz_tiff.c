/* An untrusted TIFF file; checks: see fuzz/codec.h. */
#include "fuzz/codec.h"
#include "fuzz/fuzz.h"

extern const struct codec codec_tiff;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_codec(&codec_tiff, data, size);
    return 0;
}
