/* Words of options that several codecs have, apart from their table, which parts must not use. */
#include "codec/options.h"

const struct param_word codec_bitdepths[] = {
    {"8", 8}, {"10", 10}, {"12", 12}, {"16", 16}, {"auto", CODEC_BITDEPTH_AUTO}, {NULL, 0},
};
