// Encoding of rANS steps in plain C, one symbol after the other.
//
// Range variant of asymmetric numeral systems: J. Duda, "Asymmetric numeral systems", 2013; interleaving:
// F. Giesen, "Interleaved entropy coders", 2014.

#include "rans_low_bits.h"

BANTAM_BODY void write_fields(rans_layout layout, uint8_t *raw, const uint8_t high[STEP]) {
    if (layout.field_bits == 4)
        for (unsigned q = 0; q < HALF; q++) raw[q] = (uint8_t)((high[q] & 15) | high[HALF + q] << 4);
    if (layout.field_bits == 2)
        for (unsigned j = 0; j < 32; j++)
            raw[j] = (uint8_t)((high[2 * j] & 3) | (high[2 * j + 1] & 3) << 2
                               | (high[HALF + 2 * j] & 3) << 4 | high[HALF + 2 * j + 1] << 6);
    if (layout.has_sign)
        for (unsigned byte = 0; byte < STEP / 8; byte++) {
            unsigned bits = 0;
            for (unsigned i = 0; i < 8; i++) bits |= (unsigned)(high[8 * byte + i] >> 7) << i;
            raw[STEP / 8 * layout.field_bits + byte] = (uint8_t)bits;
        }
}

void rans_split_float64(unsigned keep, const uint8_t *source, uint16_t heads[STEP], uint8_t *raw) {
    const rans_layout layout = rans_layouts[BANTAM_RANS_FLOAT64];
    uint64_t low[STEP];
    for (unsigned i = 0; i < STEP; i++) {
        const rans_parts parts = rans_split(layout, rans_load(layout, source + 8 * i));
        const uint16_t head = (uint16_t)(parts.high << 8 | parts.low_byte);
        heads[i] = (uint16_t)(head >> 1 | head << 15);
        low[i] = parts.low;
    }
    write_low(layout, keep, raw, low);
}

// MARK: Steps

BANTAM_BODY void encode_steps(rans_layout layout, rans_encoder *encoder) {
    uint32_t reciprocals[BANTAM_RANS_SYMBOLS];
    const rans_table *table = encoder->table;
    // Exact for what is divided, which is below 2^16: the error of the reciprocal is below frequency / 2^32.
    for (unsigned i = 0; i < table->symbol_count; i++)
        reciprocals[i] = (uint32_t)(((1ull << 32) + table->frequencies[i] - 1) / table->frequencies[i] - 1);
    uint16_t *states = encoder->states;
    uint8_t *raw = encoder->raw_end;
    for (size_t step = encoder->steps; step-- > 0;) {
        const uint8_t *source = encoder->source + step * STEP * layout.element_bytes;
        const unsigned keep = layout.low_bits && encoder->block->kept ? encoder->block->kept[step] : 0;
        const size_t head_raw = rans_head_bytes(layout), byte_plane = layout.head_bytes == 2 ? STEP : 0;
        raw -= head_raw + rans_low_bytes(layout, keep);
        uint8_t high[STEP], symbols[STEP];
        uint64_t low[STEP];
        for (unsigned q = 0; q < STEP; q++) {
            const unsigned element = rans_element(layout, q);
            rans_parts parts = rans_split(layout, rans_load(layout, source + element * layout.element_bytes));
            high[q] = parts.high;
            if (byte_plane) raw[q] = parts.low_byte;
            if (layout.low_bits) low[element] = parts.low;
        }
        write_fields(layout, raw + byte_plane, high);
        if (layout.low_bits) write_low(layout, keep, raw + head_raw, low);
        unsigned escapes = 0;
        for (unsigned q = 0; q < STEP; q++) {
            symbols[q] = encoder->symbols[high[q]];
            escapes |= symbols[q] == table->escape;
        }
        if (escapes)
            for (unsigned q = STEP; q-- > 0;)
                if (symbols[q] == table->escape) *--encoder->escape = high[q] & layout.value_mask;
        for (unsigned vector = 0; vector < 4; vector++) {
            uint8_t *stream = encoder->streams[vector];
            for (unsigned j = 32; j-- > 0;) {
                const unsigned symbol = symbols[vector / 2 * HALF + 2 * j + vector % 2];
                const unsigned frequency = table->frequencies[symbol];
                unsigned state = states[32 * vector + j];
                stream[-1] = (uint8_t)state;
                const unsigned spills = state >= frequency << 8;
                stream -= spills;
                state >>= 8 * spills;
                const unsigned quotient = (unsigned)(((uint64_t)state * reciprocals[symbol] + state) >> 32);
                states[32 * vector + j] = (uint16_t)(state + quotient * (256 - frequency) + table->starts[symbol]);
            }
            encoder->streams[vector] = stream;
        }
    }
}

void rans_encode_steps_portable(rans_encoder *encoder) {
#define ENCODE(constant) encode_steps(constant, encoder)
    RANS_FOR_LAYOUT(encoder->block->layout, ENCODE)
#undef ENCODE
}
