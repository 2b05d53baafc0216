// What the copies of the rANS loops share. docs/coders/fast.md has the formulas and the order of the bytes.
#ifndef BANTAM_RANS_INTERNAL_H
#define BANTAM_RANS_INTERNAL_H

#include "BantamRANS.h"
#include "dispatch.h"

#include <string.h>

enum { STEP = BANTAM_RANS_STEP, HALF = STEP / 2, STREAMS = BANTAM_RANS_STREAMS, LANES_OF_STREAM = STEP / STREAMS };

// How an element splits. It has a high byte, part of which is coded, and below it perhaps a low byte, which
// make up its head; float32 and float64 have more below the head. In a step the high bytes stand in packed
// order: place q of each half of 64 belongs to state 32·(q mod 2) + q / 2 of that half.
typedef struct {
    uint8_t element_bytes;
    uint8_t head_bytes;  // 1 or 2
    uint8_t rotates;     // the sign goes from the top of the head to its bottom
    uint8_t value_mask;  // what of the high byte is coded
    uint8_t field_bits;  // the lowest bits of the high byte that are not: 0, 2 or 4
    uint8_t has_sign;    // the top bit of the high byte is not coded
    uint8_t low_bits;    // below the head
} rans_layout;

static const rans_layout rans_layouts[] = {
    {0, 0, 0, 0, 0, 0, 0},
    [BANTAM_RANS_BFLOAT16] = {2, 2, 1, 0xff, 0, 0, 0},
    [BANTAM_RANS_FLOAT16] = {2, 2, 1, 0xfc, 2, 0, 0},
    [BANTAM_RANS_INT16_BYTE] = {2, 2, 0, 0xff, 0, 0, 0},
    [BANTAM_RANS_INT16_NIBBLE] = {2, 2, 0, 0xf0, 4, 0, 0},
    [BANTAM_RANS_INT8] = {1, 1, 0, 0xf0, 4, 0, 0},
    [BANTAM_RANS_FLOAT8_E4M3] = {1, 1, 0, 0x7c, 2, 1, 0},
    [BANTAM_RANS_FLOAT8_E5M2] = {1, 1, 1, 0xfc, 2, 0, 0},
    [BANTAM_RANS_FLOAT32] = {4, 2, 1, 0xff, 0, 0, 16},
    [BANTAM_RANS_FLOAT64] = {8, 2, 1, 0xff, 0, 0, 45},
};

// One copy of `call` for each layout, in which the layout is a constant.
#define RANS_FOR_LAYOUT(layout, call)                                                          \
    switch (layout) {                                                                          \
    case BANTAM_RANS_BFLOAT16: call(rans_layouts[BANTAM_RANS_BFLOAT16]); break;                \
    case BANTAM_RANS_FLOAT16: call(rans_layouts[BANTAM_RANS_FLOAT16]); break;                  \
    case BANTAM_RANS_INT16_BYTE: call(rans_layouts[BANTAM_RANS_INT16_BYTE]); break;            \
    case BANTAM_RANS_INT16_NIBBLE: call(rans_layouts[BANTAM_RANS_INT16_NIBBLE]); break;        \
    case BANTAM_RANS_INT8: call(rans_layouts[BANTAM_RANS_INT8]); break;                        \
    case BANTAM_RANS_FLOAT8_E4M3: call(rans_layouts[BANTAM_RANS_FLOAT8_E4M3]); break;          \
    case BANTAM_RANS_FLOAT8_E5M2: call(rans_layouts[BANTAM_RANS_FLOAT8_E5M2]); break;          \
    case BANTAM_RANS_FLOAT32: call(rans_layouts[BANTAM_RANS_FLOAT32]); break;                  \
    case BANTAM_RANS_FLOAT64: call(rans_layouts[BANTAM_RANS_FLOAT64]); break;                  \
    }

// The raw bytes of a step, in the order in which they stand.
BANTAM_BODY size_t rans_head_bytes(rans_layout layout) {
    return (layout.head_bytes == 2 ? STEP : 0) + STEP / 8 * layout.field_bits
           + (layout.has_sign ? STEP / 8 : 0);
}

BANTAM_BODY size_t rans_low_bytes(rans_layout layout, unsigned keep) {
    if (!layout.low_bits) return 0;
    switch (keep) {
    case BANTAM_RANS_KEEP_ALL: return (size_t)layout.low_bits * STEP / 8;
    case BANTAM_RANS_KEEP_3: return 3 * STEP / 8;
    case BANTAM_RANS_KEEP_16: return 16 * STEP / 8;
    default: return 0;
    }
}

// What a block's encoder and decoder look up.
typedef struct {
    uint16_t frequencies[BANTAM_RANS_SYMBOLS];
    uint16_t starts[BANTAM_RANS_SYMBOLS];
    uint8_t values[BANTAM_RANS_SYMBOLS];
    unsigned symbol_count;
    int escape;  // the symbol, or -1
} rans_table;

// A value that no symbol has, to stand for the escape: there are fewer symbols than values.
BANTAM_BODY uint8_t rans_unused_value(const rans_table *table) {
    uint8_t is_used[256] = {0}, value = 0;
    for (unsigned i = 0; i < table->symbol_count; i++)
        if ((int)i != table->escape) is_used[table->values[i]] = 1;
    while (is_used[value]) value++;
    return value;
}

// By slot: frequency, offset times 2^8 and value times 2^16. The state goes on as frequency · (state / 256) + offset.
// Returns the value that the escape has there, one that no symbol has.
uint8_t rans_fill_slots(const rans_table *table, uint32_t slots[256]);

// A decoder on its way: what the vectors leave is finished one by one.
typedef struct {
    const bantam_rans_block *block;
    const rans_table *table;
    size_t step, steps;
    const uint8_t *raw, *escape, *escape_end;
    const uint8_t *streams[STREAMS], *limits[STREAMS];  // nothing at or beyond a limit may be read
    uint16_t *states;
    uint8_t *result;
} rans_decoder;

// An encoder on its way, from the last step to the first.
typedef struct {
    const bantam_rans_block *block;
    const rans_table *table;
    const uint8_t *symbols;  // by high byte
    size_t steps;
    const uint8_t *source;
    uint8_t *raw_end;  // of the steps
    uint8_t *escape, *streams[STREAMS];
    uint16_t *states;
} rans_encoder;

// These decode whole steps until one cannot be sure to stay inside its streams; 0 if escapes are missing.
int rans_decode_steps_portable(rans_decoder *decoder);
void rans_encode_steps_portable(rans_encoder *encoder);
#if defined(__x86_64__)
int rans_decode_steps_avx2(rans_decoder *decoder);
int rans_decode_steps_avx512(rans_decoder *decoder);
void rans_encode_steps_avx2(rans_encoder *encoder);
void rans_encode_steps_avx512(rans_encoder *encoder);
#endif

// A step takes at most a byte for each state, so this many of those that are left need no check.
BANTAM_BODY size_t rans_safe_steps(const rans_decoder *decoder, size_t step, const uint8_t *const streams[STREAMS]) {
    size_t safe = decoder->steps - step;
    for (int v = 0; v < STREAMS; v++) {
        const size_t steps = (size_t)(decoder->limits[v] - streams[v]) / LANES_OF_STREAM;
        if (steps < safe) safe = steps;
    }
    return safe;
}

// Both directions ask for what they read some 16 steps later: a decoder goes through four streams and the planes, more
// places than processors follow by themselves, above all from page to page, and an encoder goes backwards.
enum { STEPS_AHEAD = 16 };

// A step takes some 12 bytes of each stream.
BANTAM_BODY void rans_prefetch(const uint8_t *raw, size_t raw_bytes, const uint8_t *const streams[STREAMS]) {
    for (size_t line = 0; line < raw_bytes; line += 64) __builtin_prefetch(raw + STEPS_AHEAD * raw_bytes + line);
    for (int v = 0; v < STREAMS; v++) __builtin_prefetch(streams[v] + STEPS_AHEAD * 12);
}

BANTAM_BODY void rans_prefetch_source(rans_layout layout, const uint8_t *source) {
    const size_t step_bytes = (size_t)STEP * layout.element_bytes;
    for (size_t line = 0; line < step_bytes; line += 64) __builtin_prefetch(source - STEPS_AHEAD * step_bytes + line);
}

// Where packed place q of a step has its state.
BANTAM_BODY unsigned rans_state(unsigned q) { return (q & 64) | (q & 1) << 5 | (q & 63) >> 1; }

// Elements of one head byte stand in packed order, the others in that of the states.
BANTAM_BODY unsigned rans_element(rans_layout layout, unsigned q) {
    return layout.head_bytes == 1 ? q : rans_state(q);
}

// States by their low bytes, the slots, and their high ones, as vectors of bytes have them.
BANTAM_BODY void rans_split_states(const uint16_t *states, size_t count, uint8_t *low, uint8_t *high) {
    for (size_t i = 0; i < count; i++) {
        low[i] = (uint8_t)states[i];
        high[i] = (uint8_t)(states[i] >> 8);
    }
}

BANTAM_BODY void rans_join_states(const uint8_t *low, const uint8_t *high, size_t count, uint16_t *states) {
    for (size_t i = 0; i < count; i++) states[i] = (uint16_t)(low[i] | high[i] << 8);
}

typedef struct {
    uint8_t high, low_byte;
    uint64_t low;
} rans_parts;

BANTAM_BODY rans_parts rans_split(rans_layout layout, uint64_t bits) {
    if (layout.head_bytes == 1) {
        uint8_t byte = (uint8_t)bits;
        return (rans_parts){layout.rotates ? (uint8_t)(byte << 1 | byte >> 7) : byte, 0, 0};
    }
    uint16_t head = (uint16_t)bits;
    uint64_t low = 0;
    if (layout.element_bytes == 4) {
        head = (uint16_t)(bits >> 16);
        low = bits & 0xffff;
    } else if (layout.element_bytes == 8) {
        uint32_t exponent = bits >> 52 & 0x7ff;
        exponent = exponent == 0 ? 0 : exponent == 0x7ff ? 255 : exponent - 896;
        head = (uint16_t)(bits >> 63 << 15 | (exponent & 255) << 7 | (bits >> 45 & 127));
        low = bits & 0x1fffffffffff;
    }
    if (layout.rotates) head = (uint16_t)(head << 1 | head >> 15);
    return (rans_parts){(uint8_t)(head >> 8), (uint8_t)head, low};
}

BANTAM_BODY uint64_t rans_join(rans_layout layout, rans_parts parts) {
    if (layout.head_bytes == 1) {
        uint8_t byte = parts.high;
        return layout.rotates ? (uint8_t)(byte >> 1 | byte << 7) : byte;
    }
    uint16_t head = (uint16_t)(parts.high << 8 | parts.low_byte);
    if (layout.rotates) head = (uint16_t)(head >> 1 | head << 15);
    if (layout.element_bytes == 2) return head;
    if (layout.element_bytes == 4) return (uint64_t)head << 16 | parts.low;
    uint64_t exponent = head >> 7 & 255;
    exponent = exponent == 0 ? 0 : exponent == 255 ? 0x7ff : exponent + 896;
    return (uint64_t)(head >> 15) << 63 | exponent << 52 | (uint64_t)(head & 127) << 45 | parts.low;
}

// Loads and stores of the layout's width; the machine is little-endian, as everything that Swift runs on here.
BANTAM_BODY uint64_t rans_load(rans_layout layout, const uint8_t *from) {
    uint64_t bits = 0;
    memcpy(&bits, from, layout.element_bytes);
    return bits;
}

BANTAM_BODY void rans_store(rans_layout layout, uint8_t *to, uint64_t bits) {
    memcpy(to, &bits, layout.element_bytes);
}

// Numbers of up to 56 bits each that stand one after the other, least significant bits first.
typedef struct {
    const uint8_t *next;
    uint64_t bits;   // read, but not yet taken
    unsigned count;  // of these
} rans_bit_reader;

BANTAM_BODY uint64_t rans_take_bits(rans_bit_reader *from, unsigned count) {
    for (; from->count < count; from->count += 8) from->bits |= (uint64_t)*from->next++ << from->count;
    const uint64_t taken = from->bits & ((1ull << count) - 1);
    from->bits >>= count;
    from->count -= count;
    return taken;
}

// `count` bits at bit `place`, which must have been zero.
BANTAM_BODY void rans_put_bits(uint8_t *to, size_t place, uint64_t bits, unsigned count) {
    for (unsigned done = 0; done < count;) {
        unsigned shift = (place + done) & 7, taken = 8 - shift < count - done ? 8 - shift : count - done;
        to[(place + done) >> 3] |= (uint8_t)((bits >> done & ((1u << taken) - 1)) << shift);
        done += taken;
    }
}

// A step of float64 from and to its heads as bfloat16, and what stands below them. Vectors gain little here.
void rans_join_float64(unsigned keep, const uint8_t *raw, const uint16_t heads[STEP], uint8_t *result);
void rans_split_float64(unsigned keep, const uint8_t *source, uint16_t heads[STEP], uint8_t *raw);

#endif
