/*
 * Tests the loaded libjpeg: are its methods where they are expected, and do they work as expected
 * (internals.h)? trial_count.c tests the encoder, trial_decode.c the decoder.
 */
#ifndef CODEC_JPEG_TRIAL_H
#define CODEC_JPEG_TRIAL_H

#include "base/error.h"
#include "codec/jpeg/internals.h"

/* Is method `slot` of the entropy encoder encode_mcu? Sets *found to it, or to NULL. Returns 1 or 0, or -1
 * with `error` filled (memory). */
int jpeg_trial_counting(unsigned slot, jpeg_method *found, struct pm_error *error);

/* With these uses, are two known files decoded correctly, and a damaged and a truncated one refused? Returns
 * 1 or 0, or -1 with `error` filled (memory). */
int jpeg_trial_decoding(unsigned uses, struct pm_error *error);

#endif
