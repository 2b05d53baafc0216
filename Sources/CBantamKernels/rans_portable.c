// rANS steps in plain C: 128 states, each of which takes at most one coded byte per step.
//
// Range variant of asymmetric numeral systems: J. Duda, "Asymmetric numeral systems", 2013; interleaving:
// F. Giesen, "Interleaved entropy coders", 2014.

#include "rans.h"

// MARK: Low bits of float32 and float64

// Bits 13 and 14 of a step of 16-bit words in a plane of two bits, bit 15 in one of one bit.
static void read_3(const uint8_t *raw, uint16_t words[STEP]) {
    for (unsigned v = 0; v < 4; v++)
        for (unsigned j = 0; j < 32; j++) {
            unsigned pair = raw[j] >> (2 * v) & 3, top = raw[32 + 4 * v + j / 8] >> (j % 8) & 1;
            words[32 * v + j] = (uint16_t)(pair << 13 | top << 15);
        }
}

static void write_3(uint8_t *raw, const uint16_t words[STEP]) {
    memset(raw, 0, 48);
    for (unsigned v = 0; v < 4; v++)
        for (unsigned j = 0; j < 32; j++) {
            unsigned word = words[32 * v + j];
            raw[j] |= (uint8_t)((word >> 13 & 3) << (2 * v));
            raw[32 + 4 * v + j / 8] |= (uint8_t)(word >> 15 << (j % 8));
        }
}

BANTAM_BODY void read_low(rans_layout layout, unsigned keep, const uint8_t *raw, uint64_t low[STEP]) {
    const unsigned shift = layout.low_bits - 16;
    uint16_t words[STEP] = {0};
    if (keep == BANTAM_RANS_KEEP_3) {
        read_3(raw, words);
    } else if (keep != BANTAM_RANS_KEEP_0) {
        memcpy(words, raw, sizeof words);
    }
    for (unsigned i = 0; i < STEP; i++) low[i] = (uint64_t)words[i] << shift;
    if (shift && keep == BANTAM_RANS_KEEP_ALL)
        for (unsigned i = 0; i < STEP; i++) low[i] |= rans_get_bits(raw + sizeof words, (size_t)i * shift, shift);
}

BANTAM_BODY void write_low(rans_layout layout, unsigned keep, uint8_t *raw, const uint64_t low[STEP]) {
    const unsigned shift = layout.low_bits - 16;
    uint16_t words[STEP];
    for (unsigned i = 0; i < STEP; i++) words[i] = (uint16_t)(low[i] >> shift);
    if (keep == BANTAM_RANS_KEEP_3) {
        write_3(raw, words);
    } else if (keep != BANTAM_RANS_KEEP_0) {
        memcpy(raw, words, sizeof words);
    }
    if (shift && keep == BANTAM_RANS_KEEP_ALL) {
        memset(raw + sizeof words, 0, (size_t)shift * STEP / 8);
        for (unsigned i = 0; i < STEP; i++)
            rans_put_bits(raw + sizeof words, (size_t)i * shift, low[i] & ((1u << shift) - 1), shift);
    }
}

BANTAM_BODY void join_float32(unsigned keep, const uint8_t *raw, const uint16_t heads[STEP], uint8_t *result) {
    uint16_t words[STEP] = {0};
    if (keep == BANTAM_RANS_KEEP_3) {
        read_3(raw, words);
    } else if (keep == BANTAM_RANS_KEEP_ALL) {
        memcpy(words, raw, sizeof words);
    }
    uint32_t elements[STEP];
    for (unsigned i = 0; i < STEP; i++) elements[i] = (uint32_t)heads[i] << 16 | words[i];
    memcpy(result, elements, sizeof elements);
}

void rans_join_float64(unsigned keep, const uint8_t *raw, const uint16_t heads[STEP], uint8_t *result) {
    const rans_layout layout = rans_layouts[BANTAM_RANS_FLOAT64];
    uint64_t low[STEP];
    read_low(layout, keep, raw, low);
    for (unsigned i = 0; i < STEP; i++) {
        const uint16_t head = (uint16_t)(heads[i] << 1 | heads[i] >> 15);
        const rans_parts parts = {(uint8_t)(head >> 8), (uint8_t)head, low[i]};
        rans_store(layout, result + 8 * i, rans_join(layout, parts));
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

// MARK: Planes

// Adds the bits of the high bytes that are not coded.
BANTAM_BODY void read_fields(rans_layout layout, const uint8_t *raw, uint8_t high[STEP]) {
    if (layout.field_bits == 4)
        for (unsigned q = 0; q < HALF; q++) {
            high[q] |= raw[q] & 15;
            high[HALF + q] |= raw[q] >> 4;
        }
    if (layout.field_bits == 2) {
        uint16_t pairs[HALF];
        memcpy(pairs, high, STEP);
        for (unsigned j = 0; j < 32; j++) {
            const uint16_t fields = raw[j];
            pairs[j] |= (uint16_t)((fields & 3) | (fields << 6 & 0x300));
            pairs[32 + j] |= (uint16_t)((fields >> 4 & 3) | (fields << 2 & 0x300));
        }
        memcpy(high, pairs, STEP);
    }
    if (layout.has_sign)
        for (unsigned q = 0; q < STEP; q += 8) {
            // Bit k of the byte stays in byte k of the product; adding 127 moves it to the top.
            const uint64_t bits = raw[STEP / 8 * layout.field_bits + q / 8] * 0x0101010101010101ull;
            uint64_t eight;
            memcpy(&eight, high + q, 8);
            eight |= ((bits & 0x8040201008040201ull) + 0x7f7f7f7f7f7f7f7full) & 0x8080808080808080ull;
            memcpy(high + q, &eight, 8);
        }
}

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

// MARK: Decoding

// By slot: frequency, offset times 2^8 and mark times 2^16. The state goes on as frequency · (state / 256) + offset;
// a mark is the value, or ESCAPE.
enum { ESCAPE = 256 };

static void fill_slots(const rans_table *table, uint32_t slots[256]) {
    for (unsigned symbol = 0; symbol < table->symbol_count; symbol++) {
        const uint32_t mark = (int)symbol == table->escape ? ESCAPE : table->values[symbol];
        for (unsigned i = 0; i < table->frequencies[symbol]; i++)
            slots[table->starts[symbol] + i] = table->frequencies[symbol] | i << 8 | mark << 16;
    }
}

// Eight states in a vector that every processor has.
typedef uint16_t words __attribute__((vector_size(16)));
typedef uint8_t narrow __attribute__((vector_size(8)));

BANTAM_BODY words load_words(const void *from) {
    words result;
    memcpy(&result, from, sizeof result);
    return result;
}

// Moves all states on by a symbol. Only lookups go one by one; what is between them is done to vectors.
BANTAM_BODY void decode_symbols(const uint32_t slots[256], uint16_t *restrict states, const uint8_t **streams,
                                uint16_t *restrict marks) {
    uint32_t entries[STEP];
    uint16_t moved[STEP], pairs[STEP / 2];
    uint64_t needs[STEP / 8];
#pragma unroll
    for (unsigned i = 0; i < STEP; i++) entries[i] = slots[states[i] & 255];
    for (unsigned i = 0; i < STEP; i += 8) {
        const words first = load_words(entries + i), second = load_words(entries + i + 4);
        const words low = __builtin_shufflevector(first, second, 0, 2, 4, 6, 8, 10, 12, 14);
        const words high = __builtin_shufflevector(first, second, 1, 3, 5, 7, 9, 11, 13, 15);
        const words state = (low & 255) * (load_words(states + i) >> 8) + (low >> 8);
        const narrow need = __builtin_convertvector((words)(state < 256), narrow) & 1;
        memcpy(moved + i, &state, sizeof state);
        memcpy(marks + i, &high, sizeof high);
        memcpy(needs + i / 8, &need, sizeof need);
    }
    for (unsigned v = 0; v < STREAMS; v++) {
        const uint8_t *next = streams[v];
        for (unsigned i = LANES_OF_STREAM * v; i < LANES_OF_STREAM * (v + 1); i += 8) {
            // Byte k of the product is the sum of the bytes before k, which is where the byte of state k stands.
            // That of state k + 1 is the same or the one behind it, so they are loaded two by two.
            const uint64_t before = needs[i / 8] * 0x0101010101010100ull;
#pragma unroll
            for (unsigned k = 0; k < 8; k += 2) memcpy(pairs + (i + k) / 2, next + (before >> (8 * k) & 255), 2);
            next += (before >> 56) + (needs[i / 8] >> 56);
        }
        streams[v] = next;
    }
    for (unsigned i = 0; i < STEP; i += 8) {
        uint16_t four[8];
        memcpy(four, pairs + i / 2, 8);
        const words pair = {four[0], four[0], four[1], four[1], four[2], four[2], four[3], four[3]};
        const words state = load_words(moved + i), needed = (words)(state < 256);
        // Odd states take the second byte if the even one before them took the first.
        const words isSecond = __builtin_shufflevector(needed, (words){0}, 8, 0, 8, 2, 8, 4, 8, 6);
        const words byte = ((isSecond & pair >> 8) | (~isSecond & pair)) & 255;
        const words result = (needed & (state << 8 | byte)) | (~needed & state);
        memcpy(states + i, &result, sizeof result);
    }
}

// To packed order, and the escapes replaced; 0 if one is missing.
BANTAM_BODY int pack_marks(rans_decoder *decoder, const uint16_t marks[STEP], uint8_t high[STEP]) {
    uint16_t pairs[HALF], escapes[HALF];
    for (unsigned half = 0; half < 2; half++)
        for (unsigned j = 0; j < 32; j++) {
            const uint16_t first = marks[HALF * half + j], second = marks[HALF * half + 32 + j];
            pairs[32 * half + j] = (uint16_t)((first & 255) | second << 8);
            escapes[32 * half + j] = (uint16_t)(first >> 8 | (second & 0xff00));
        }
    memcpy(high, pairs, STEP);
    for (unsigned q = 0; q < STEP; q += 8) {
        uint64_t eight;
        memcpy(&eight, (const uint8_t *)escapes + q, 8);
        for (; eight; eight &= eight - 1) {
            if (decoder->escape == decoder->escape_end) return 0;
            high[q + (unsigned)__builtin_ctzll(eight) / 8] = *decoder->escape++;
        }
    }
    return 1;
}

// The heads of a step in the order of the states. A call of its own: merged with what is around it, the compiler takes
// the loop apart and bfloat16 decodes at half the speed.
static __attribute__((noinline)) void join_heads(rans_layout layout, const uint8_t high[STEP], const uint8_t *low, uint16_t heads[STEP]) {
    uint16_t highs[HALF], lows[HALF];
    memcpy(highs, high, STEP);
    memcpy(lows, low, STEP);
    for (unsigned half = 0; half < 2; half++)
        for (unsigned j = 0; j < 32; j++) {
            const unsigned pair = highs[32 * half + j], below = lows[32 * half + j];
            uint16_t first = (uint16_t)(pair << 8 | (below & 255)), second = (uint16_t)((pair & 0xff00) | below >> 8);
            heads[HALF * half + j] = layout.rotates ? (uint16_t)(first >> 1 | first << 15) : first;
            heads[HALF * half + 32 + j] = layout.rotates ? (uint16_t)(second >> 1 | second << 15) : second;
        }
}

BANTAM_BODY int decode_steps(rans_layout layout, rans_decoder *decoder) {
    uint32_t slots[256];
    fill_slots(decoder->table, slots);
    for (size_t safe = 0; safe > 0 || (safe = rans_safe_steps(decoder)) > 0; safe--, decoder->step++) {
        const uint8_t *raw = decoder->raw;
        uint8_t *result = decoder->result + decoder->step * STEP * layout.element_bytes;
        const unsigned keep = layout.low_bits && decoder->block->kept ? decoder->block->kept[decoder->step] : 0;
        uint16_t marks[STEP], heads[STEP];
        uint8_t high[STEP];
        decode_symbols(slots, decoder->states, decoder->streams, marks);
        if (!pack_marks(decoder, marks, high)) return 0;
        read_fields(layout, raw + (layout.head_bytes == 2 ? STEP : 0), high);
        if (layout.head_bytes == 1) {
            for (unsigned q = 0; q < STEP; q++)
                result[q] = (uint8_t)rans_join(layout, (rans_parts){high[q], 0, 0});
        } else {
            join_heads(layout, high, raw, heads);
            if (!layout.low_bits) memcpy(result, heads, sizeof heads);
            if (layout.low_bits == 16) join_float32(keep, raw + STEP, heads, result);
            if (layout.low_bits == 45) rans_join_float64(keep, raw + STEP, heads, result);
        }
        decoder->raw += rans_head_bytes(layout) + rans_low_bytes(layout, keep);
    }
    return 1;
}

int rans_decode_steps_portable(rans_decoder *decoder) {
#define DECODE(constant) return decode_steps(constant, decoder)
    RANS_FOR_LAYOUT(decoder->block->layout, DECODE)
#undef DECODE
    return 0;
}

// MARK: Encoding

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
