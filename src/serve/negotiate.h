/* format=auto: the format that a client likes best, by its Accept field (RFC 9110, section 12.5.1), among
 * those that the codecs write. An answer that depends on it says `Vary: Accept`. Pure. */
#ifndef SERVE_NEGOTIATE_H
#define SERVE_NEGOTIATE_H

#include "codec/codec.h"
#include "http/request_head.h"

/* `own`, the input's format (NULL: not known), stays unless the client likes another one more: when it likes
 * all equally well, said nothing, or likes none, and then a picture is of more use to it than a refusal. */
const struct codec *negotiate_format(struct span accept, const struct codec *own);

#endif
