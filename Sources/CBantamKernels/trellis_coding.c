// rANS with a table for each context, and the decoder in plain C.
// Source: J. Duda, "Asymmetric numeral systems: entropy coding combining speed of Huffman coding with compression
// rate of arithmetic coding", 2013.

#include "trellis.h"

enum { SLOT_MASK = BANTAM_TRELLIS_SLOTS - 1 };

// Slots in the order 0, 1, -1, 2, -2, …, escape.
void bantam_trellis_fill_slots(const bantam_trellis_table *table, uint32_t slots[BANTAM_TRELLIS_SLOTS]) {
    uint32_t slot = 0;
    for (uint32_t place = 0; place <= 2 * table->largest + 1; place++) {
        const uint32_t magnitude = (place + 1) / 2;
        int32_t symbol = (int32_t)(place & 1 ? magnitude : -magnitude);
        uint32_t frequency;
        if (place > 2 * table->largest) {
            symbol = BANTAM_TRELLIS_ESCAPE;
            frequency = table->escape_frequency;
        } else {
            frequency = table->frequencies[magnitude];
        }
        const uint32_t entry = (uint32_t)symbol << 24 | (frequency - 1) << TRELLIS_SLOT_BITS;
        const uint32_t left = BANTAM_TRELLIS_SLOTS - slot, count = frequency < left ? frequency : left;
        for (uint32_t i = 0; i < count; i++) slots[slot + i] = entry | i;
        slot += count;
    }
}

// The first slot of each magnitude's positive symbol; of the escape, one beyond the largest.
static void find_starts(const bantam_trellis_table *table, uint16_t starts[BANTAM_TRELLIS_LARGEST_SYMBOL + 2]) {
    uint32_t start = table->frequencies[0];
    starts[0] = 0;
    for (uint32_t magnitude = 1; magnitude <= table->largest; magnitude++) {
        starts[magnitude] = (uint16_t)start;
        start += 2u * table->frequencies[magnitude];
    }
    starts[table->largest + 1] = (uint16_t)start;
}

void bantam_trellis_encode(const bantam_trellis_table *const *tables, const int16_t *indices,
                           const uint8_t *contexts, size_t count, size_t lanes,
                           uint32_t states[BANTAM_TRELLIS_LANES], uint16_t **words, int16_t **escapes) {
    uint16_t starts[2 * BANTAM_TRELLIS_CLASSES][BANTAM_TRELLIS_LARGEST_SYMBOL + 2];
    uint8_t is_known[2 * BANTAM_TRELLIS_CLASSES] = {0};
    uint16_t *word = *words;
    for (size_t lane = 0; lane < lanes; lane++) states[lane] = TRELLIS_LEAST;
    for (size_t i = count; i-- > 0;) {
        const uint8_t context = contexts[i];
        const bantam_trellis_table *table = tables[context];
        if (!is_known[context]) {
            find_starts(table, starts[context]);
            is_known[context] = 1;
        }
        const int32_t index = indices[i];
        const uint32_t magnitude = (uint32_t)(index < 0 ? -index : index);
        uint32_t raw_bits = 0, raw = 0, symbol = 0;
        if (magnitude) {
            raw_bits = table->raw_bits;
            raw = (magnitude - 1) & ((1u << raw_bits) - 1);
            symbol = 1 + ((magnitude - 1) >> raw_bits);
        }
        uint32_t frequency, start;
        if (symbol > table->largest) {
            *--*escapes = (int16_t)index;
            raw_bits = raw = 0;
            frequency = table->escape_frequency;
            start = starts[context][table->largest + 1];
        } else {
            frequency = table->frequencies[symbol];
            start = starts[context][symbol] + (index < 0 ? frequency : 0);
        }
        uint32_t *state = &states[i & (lanes - 1)];
        uint32_t x = *state;
        if (x >> (20 - raw_bits) >= frequency) {
            *--word = (uint16_t)x;
            x >>= 16;
        }
        x = x << raw_bits | raw;
        *state = (x / frequency << TRELLIS_SLOT_BITS) + x % frequency + start;
    }
    *words = word;
}

BANTAM_BODY void bantam_trellis_contexts_body(const int8_t *row_classes, const int8_t *column_classes, size_t columns,
                                              const uint16_t groups[BANTAM_TRELLIS_CLASSES], size_t first,
                                              size_t count, uint16_t *contexts) {
    int32_t wide[BANTAM_TRELLIS_CLASSES];
    for (int i = 0; i < BANTAM_TRELLIS_CLASSES; i++) wide[i] = groups[i];
    size_t row = first / columns, column = first % columns;
    while (count > 0) {
        const size_t length = columns - column < count ? columns - column : count;
        const int32_t row_class = row_classes[row];
        for (size_t i = 0; i < length; i++) {
            int32_t sum = row_class + (column_classes ? column_classes[column + i] : 0);
            sum = sum < 0 ? 0 : sum;
            sum = sum > BANTAM_TRELLIS_CLASSES - 1 ? BANTAM_TRELLIS_CLASSES - 1 : sum;
            contexts[i] = (uint16_t)wide[sum];
        }
        contexts += length;
        count -= length;
        column = 0;
        row++;
    }
}

BANTAM_DISPATCH(void, bantam_trellis_contexts,
                (const int8_t *row_classes, const int8_t *column_classes, size_t columns,
                 const uint16_t groups[BANTAM_TRELLIS_CLASSES], size_t first, size_t count, uint16_t *contexts),
                (row_classes, column_classes, columns, groups, first, count, contexts))

static int decode_plainly(const bantam_trellis_decoder *decoder, bantam_trellis_cursor *cursor,
                          const uint16_t *contexts, size_t column, size_t count, float *result) {
    const size_t lanes = decoder->lanes;
    const uint32_t h0 = decoder->trellis.h0, h1 = decoder->trellis.h1;
    for (size_t i = 0; i < count; i++) {
        uint32_t x = cursor->coder[i & (lanes - 1)];
        const uint32_t state = cursor->trellis[i & (lanes - 1)], quantizer = state & 1;
        const size_t table = (contexts[i] & 255) * 2u + quantizer;
        const uint32_t slot = decoder->slots[table * BANTAM_TRELLIS_SLOTS + (x & SLOT_MASK)];
        x = ((slot >> TRELLIS_SLOT_BITS & SLOT_MASK) + 1) * (x >> TRELLIS_SLOT_BITS) + (slot & SLOT_MASK);
        int32_t index = (int32_t)slot >> 24;
        uint32_t magnitude;
        if (index == BANTAM_TRELLIS_ESCAPE) {
            if (cursor->escapes == cursor->escapes_end) return 0;
            index = *cursor->escapes++;
            magnitude = (uint32_t)(index < 0 ? -index : index);
        } else {
            const uint32_t raw_bits = index ? contexts[i] >> 8 : 0;
            magnitude = (uint32_t)(index < 0 ? -index : index);
            if (raw_bits) {
                magnitude = 1 + ((magnitude - 1) << raw_bits) + (x & ((1u << raw_bits) - 1));
                x >>= raw_bits;
            }
        }
        if (x < TRELLIS_LEAST) {
            if (cursor->words_end - cursor->words < 2) return 0;
            x = x << 16 | cursor->words[0] | (uint32_t)cursor->words[1] << 8;
            cursor->words += 2;
        }
        cursor->coder[i & (lanes - 1)] = x;
        cursor->trellis[i & (lanes - 1)] = state >> 1 ^ (quantizer ? h0 : 0) ^ (magnitude & 1 ? h1 : 0);
        const uint32_t last = BANTAM_TRELLIS_OFFSETS - 1;
        const float level = magnitude ? (float)(2 * magnitude - quantizer) : 0;
        const float value = (level + decoder->offsets[quantizer][magnitude < last ? magnitude : last]) * decoder->step;
        result[i] = (index < 0 ? -value : value) + decoder->means[column];
        if (++column == decoder->columns) column = 0;
    }
    return 1;
}

static size_t decode_steps(const bantam_trellis_decoder *decoder, bantam_trellis_cursor *cursor,
                           const uint16_t *contexts, size_t column, size_t count, float *result) {
    switch (bantam_simd_level()) {
#if defined(__x86_64__)
    case 2: return trellis_decode_steps_avx512(decoder, cursor, contexts, column, count, result);
    case 1: return trellis_decode_steps_avx2(decoder, cursor, contexts, column, count, result);
#endif
    default: return trellis_decode_steps_portable(decoder, cursor, contexts, column, count, result);
    }
}

int bantam_trellis_decode(const bantam_trellis_decoder *decoder, bantam_trellis_cursor *cursor,
                          const uint16_t *contexts, size_t column, size_t count, float *result) {
    size_t done = 0;
    if (decoder->lanes == BANTAM_TRELLIS_LANES) {
        done = decode_steps(decoder, cursor, contexts, column, count, result);
        if (!cursor->words_end) return 0;
    }
    return decode_plainly(decoder, cursor, contexts + done, (column + done) % decoder->columns, count - done,
                          result + done);
}
