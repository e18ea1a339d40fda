/*
 * The trial of the loaded libjpeg: are its methods where they are expected, and do they do what is expected
 * of them (internals.h)? trial_count.c tries out the encoder, trial_decode.c the decoder.
 */
#ifndef CODEC_JPEG_TRIAL_H
#define CODEC_JPEG_TRIAL_H

#include "base/error.h"
#include "codec/jpeg/internals.h"

/* Is method `slot` of the entropy encoder encode_mcu? Sets *found to it, or to NULL. Returns 1 or 0, or -1
 * with `error` filled (memory). */
int jpeg_trial_counting(unsigned slot, jpeg_method *found, struct pm_error *error);

/* Are two known files decoded rightly, and are a damaged and a cut one refused, with these uses? Returns 1 or
 * 0, or -1 with `error` filled (memory). */
int jpeg_trial_decoding(unsigned uses, struct pm_error *error);

#endif
