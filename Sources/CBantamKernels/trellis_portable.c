// Decoding trellis-coded indices in plain C: one lane after the other, without a branch that depends on the data but
// for what is rare.

#include "trellis.h"

enum {
    LANES = BANTAM_TRELLIS_LANES,
    SLOT_MASK = BANTAM_TRELLIS_SLOTS - 1,
    NEAR = 64,  // indices of a smaller magnitude have their value looked up
};

typedef struct {
    const uint32_t *slots;
    float values[2][2 * NEAR];                    // by quantizer and index + NEAR
    uint8_t next[BANTAM_TRELLIS_STATES][2];       // the state after a state, by the parity of the index
} lookups;

BANTAM_BODY float value_of(const bantam_trellis_decoder *decoder, uint32_t quantizer, int32_t index) {
    const uint32_t magnitude = (uint32_t)(index < 0 ? -index : index), last = BANTAM_TRELLIS_OFFSETS - 1;
    const float level = magnitude ? (float)(2 * magnitude - quantizer) : 0;
    const float value = (level + decoder->offsets[quantizer][magnitude < last ? magnitude : last]) * decoder->step;
    return index < 0 ? -value : value;
}

static void fill(lookups *lookups, const bantam_trellis_decoder *decoder) {
    const bantam_trellis trellis = decoder->trellis;
    lookups->slots = decoder->slots;
    for (uint32_t quantizer = 0; quantizer < 2; quantizer++)
        for (int32_t index = -NEAR; index < NEAR; index++)
            lookups->values[quantizer][index + NEAR] = value_of(decoder, quantizer, index);
    for (uint32_t state = 0; state < trellis.state_count; state++) {
        const uint32_t next = state >> 1 ^ (state & 1 ? trellis.h0 : 0);
        lookups->next[state][0] = (uint8_t)next;
        lookups->next[state][1] = (uint8_t)(next ^ trellis.h1);
    }
}

BANTAM_BODY size_t decode_steps(int has_raw_bits, const bantam_trellis_decoder *decoder,
                                bantam_trellis_cursor *cursor, const uint16_t *contexts, size_t column,
                                size_t count, float *result) {
    lookups lookups;
    fill(&lookups, decoder);
    const uint8_t *words = cursor->words;
    size_t done = 0;
    // A step reads up to 32 words.
    for (; done + LANES <= count && cursor->words_end - words >= 2 * LANES; done += LANES) {
        const float *means = decoder->means + column;
        for (size_t lane = 0; lane < LANES; lane++) {
            const uint32_t before = cursor->coder[lane], state = cursor->trellis[lane], quantizer = state & 1;
            const uint32_t context = contexts[done + lane], group = has_raw_bits ? context & 255 : context;
            const uint32_t slot = lookups.slots[(size_t)(2 * group + quantizer) << TRELLIS_SLOT_BITS
                                                | (before & SLOT_MASK)];
            uint32_t x = ((slot >> TRELLIS_SLOT_BITS & SLOT_MASK) + 1) * (before >> TRELLIS_SLOT_BITS)
                         + (slot & SLOT_MASK);
            int32_t index = (int32_t)slot >> 24;
            if (__builtin_expect(index == BANTAM_TRELLIS_ESCAPE, 0)) {
                if (cursor->escapes == cursor->escapes_end) {
                    cursor->words_end = NULL;
                    return 0;
                }
                index = *cursor->escapes++;
            } else if (has_raw_bits) {
                // Toward zero by one, shifted, and back: the sign stays.
                const uint32_t raw_bits = index ? context >> 8 : 0;
                const int32_t sign = index >> 31, unit = sign | (index != 0);
                const int32_t raw = (int32_t)(x & ((1u << raw_bits) - 1));
                index = unit + (int32_t)((uint32_t)(index - unit) << raw_bits) + ((raw ^ sign) - sign);
                x >>= raw_bits;
            }
            uint16_t word;
            memcpy(&word, words, 2);
            const uint32_t filled = x << 16 | word;
            words += x < TRELLIS_LEAST ? 2 : 0;
            cursor->coder[lane] = x < TRELLIS_LEAST ? filled : x;
            cursor->trellis[lane] = lookups.next[state][index & 1];
            float value;
            if (__builtin_expect((uint32_t)(index + NEAR) < 2 * NEAR, 1)) {
                value = lookups.values[quantizer][index + NEAR];
            } else {
                value = value_of(decoder, quantizer, index);
            }
            result[done + lane] = value + means[lane];
        }
        column += LANES;
        column -= column >= decoder->columns ? decoder->columns : 0;
    }
    cursor->words = words;
    return done;
}

size_t trellis_decode_steps_portable(const bantam_trellis_decoder *decoder, bantam_trellis_cursor *cursor,
                                     const uint16_t *contexts, size_t column, size_t count, float *result) {
    return decoder->has_raw_bits ? decode_steps(1, decoder, cursor, contexts, column, count, result)
                                 : decode_steps(0, decoder, cursor, contexts, column, count, result);
}
