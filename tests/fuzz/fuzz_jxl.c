/* An untrusted JPEG XL file; checks: see fuzz/codec.h. */
#include "fuzz/codec.h"
#include "fuzz/fuzz.h"

extern const struct codec codec_jxl;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_codec(&codec_jxl, data, size);
    return 0;
}
