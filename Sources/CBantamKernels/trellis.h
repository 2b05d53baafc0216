// What the copies of the decoder of trellis-coded indices share.
#ifndef BANTAM_TRELLIS_INTERNAL_H
#define BANTAM_TRELLIS_INTERNAL_H

#include "BantamTrellis.h"
#include "dispatch.h"

#include <string.h>

// A state is 2^16 or more between elements, and is refilled by one word of 16 bits.
enum { TRELLIS_LEAST = 1 << 16, TRELLIS_SLOT_BITS = 12 };

// Decode whole steps of 32 lanes as long as a full step of words is there; the number of elements decoded. An
// escape that is missing ends the cursor: `words_end` becomes null.
size_t trellis_decode_steps_portable(const bantam_trellis_decoder *decoder, bantam_trellis_cursor *cursor,
                                     const uint16_t *contexts, size_t column, size_t count, float *result);
size_t trellis_decode_steps_avx2(const bantam_trellis_decoder *decoder, bantam_trellis_cursor *cursor,
                                 const uint16_t *contexts, size_t column, size_t count, float *result);
size_t trellis_decode_steps_avx512(const bantam_trellis_decoder *decoder, bantam_trellis_cursor *cursor,
                                   const uint16_t *contexts, size_t column, size_t count, float *result);

#endif
