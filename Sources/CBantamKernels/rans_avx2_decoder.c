// Decoding of rANS steps with AVX2: the 32 states of a stream as a vector of low bytes, which are the slots, and one of
// high bytes. A slot's symbol is found by row, the upper four bits, and then by the symbols that start in the row.

#include "rans_avx2.h"

#if defined(__x86_64__)

NARROW __m256i words_of_bytes(const uint8_t *from) {
    return _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)from));
}

NARROW __m256i rotated_right(__m256i words) {
    return _mm256_or_si256(_mm256_srli_epi16(words, 1), _mm256_slli_epi16(words, 15));
}

NARROW __m256i rotated_bytes_right(__m256i bytes) {
    const __m256i ones = _mm256_set1_epi8(1);
    return _mm256_or_si256(_mm256_andnot_si256(_mm256_set1_epi8((char)0x80), _mm256_srli_epi16(bytes, 1)),
                           _mm256_slli_epi16(_mm256_and_si256(bytes, ones), 7));
}

// MARK: Planes

// Bits to words of the same number: all ones where the bit is set.
NARROW __m256i words_of_bits(const uint8_t *from) {
    short bits;
    memcpy(&bits, from, 2);
    const __m256i select = _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384,
                                             (short)0x8000);
    return _mm256_cmpeq_epi16(_mm256_and_si256(_mm256_set1_epi16(bits), select), select);
}

// The bits of a stream's high bytes that are not coded, but for fields of 4 bits, in the order of the states.
NARROW __m256i read_fields(rans_layout layout, const uint8_t *raw, unsigned v) {
    __m256i fields = _mm256_setzero_si256();
    if (layout.head_bytes == 2) raw += STEP;
    if (layout.field_bits == 2)
        fields = _mm256_and_si256(_mm256_srli_epi16(load(raw), (int)(2 * v)), _mm256_set1_epi8(3));
    if (layout.has_sign) {
        // State i has bit 2·i of the half's 64, or the next: of byte i / 4.
        long long signs;
        memcpy(&signs, raw + STEP / 8 * layout.field_bits + 8 * (v / 2), 8);
        const __m256i places = _mm256_setr_epi32(0, 0x01010101, 0x02020202, 0x03030303, 0x04040404, 0x05050505,
                                                 0x06060606, 0x07070707);
        const __m256i select = _mm256_set1_epi32(v % 2 ? (int)0x80200802 : 0x40100401);
        const __m256i spread = _mm256_shuffle_epi8(_mm256_set1_epi64x(signs), places);
        const __m256i negative = _mm256_cmpeq_epi8(_mm256_and_si256(spread, select), select);
        fields = _mm256_or_si256(fields, _mm256_and_si256(negative, _mm256_set1_epi8((char)0x80)));
    }
    return fields;
}

// The fields of 4 bits of quarter 2·half + part, in packed order.
NARROW __m256i read_nibbles(const uint8_t *raw, int half, int part) {
    const __m256i both = load(raw + 32 * part);
    return _mm256_and_si256(half ? _mm256_srli_epi16(both, 4) : both, _mm256_set1_epi8(15));
}

NARROW __m256i read_words(const uint8_t *raw, unsigned keep, int vector, int part) {
    if (keep == BANTAM_RANS_KEEP_ALL) return load(raw + 64 * vector + 32 * part);
    if (keep != BANTAM_RANS_KEEP_3) return _mm256_setzero_si256();
    const __m256i pair = _mm256_and_si256(
        _mm256_srl_epi16(words_of_bytes(raw + 16 * part), _mm_cvtsi32_si128(2 * vector)), _mm256_set1_epi16(3));
    const __m256i top = _mm256_slli_epi16(words_of_bits(raw + 32 + 4 * vector + 2 * part), 15);
    return _mm256_or_si256(_mm256_slli_epi16(pair, 13), top);
}

// Writes 16 elements: their heads, and for float32 what stands below.
NARROW void write_elements(rans_layout layout, uint8_t *to, __m256i heads, const uint8_t *raw, unsigned keep,
                           int vector, int part) {
    if (layout.rotates) heads = rotated_right(heads);
    if (layout.low_bits != 16) {
        store(to, heads);
        return;
    }
    const __m256i words = read_words(raw + STEP, keep, vector, part);
    const __m256i a = _mm256_unpacklo_epi16(words, heads), b = _mm256_unpackhi_epi16(words, heads);
    store(to, _mm256_permute2x128_si256(a, b, 0x20));
    store(to + 32, _mm256_permute2x128_si256(a, b, 0x31));
}

// Writes half a step: the values of its two streams with all that is raw.
NARROW void write_half(rans_layout layout, uint8_t *to, const __m256i values[2], const uint8_t *raw, unsigned keep,
                       int half) {
    const uint8_t *const fields = raw + (layout.head_bytes == 2 ? STEP : 0);
    const size_t width = layout.low_bits == 16 ? 4 : layout.head_bytes;
    const __m256i a = _mm256_unpacklo_epi8(values[0], values[1]), b = _mm256_unpackhi_epi8(values[0], values[1]);
    const __m256i high[2] = {_mm256_permute2x128_si256(a, b, 0x20), _mm256_permute2x128_si256(a, b, 0x31)};
#pragma unroll
    for (int part = 0; part < 2; part++) {
        __m256i bytes = high[part];
        if (layout.field_bits == 4) bytes = _mm256_or_si256(bytes, read_nibbles(fields, half, part));
        if (layout.head_bytes == 1) {
            store(to + 32 * part, layout.rotates ? rotated_bytes_right(bytes) : bytes);
            continue;
        }
        const __m256i lows = load(raw + HALF * half + 32 * part);
        const __m256i first = _mm256_or_si256(_mm256_slli_epi16(bytes, 8), even(lows));
        const __m256i second = _mm256_or_si256(_mm256_andnot_si256(_mm256_set1_epi16(0xff), bytes), odd(lows));
        write_elements(layout, to + 16 * (size_t)part * width, first, raw, keep, 2 * half, part);
        write_elements(layout, to + (32 + 16 * (size_t)part) * width, second, raw, keep, 2 * half + 1, part);
    }
}

// MARK: Symbols

typedef struct {
    __m256i firsts;          // by row: the symbol of its first slot
    __m256i boundaries[15];  // by row: the place before that of the next symbol that starts beyond the first slot
    unsigned boundary_count;
    table32 frequencies, starts, values;
    __m256i escape;  // the symbol, or one that there is not
} decoding_tables;

NARROW decoding_tables decoding_tables_of(const rans_table *table) {
    uint8_t bytes[3][32], firsts[16] = {0}, boundaries[15][16];
    memset(bytes, 0, sizeof bytes);
    memset(boundaries, 15, sizeof boundaries);
    unsigned counts[16] = {0};
    decoding_tables tables;
    tables.boundary_count = 0;
    for (unsigned i = 0; i < table->symbol_count; i++) {
        bytes[0][i] = (uint8_t)table->frequencies[i];
        bytes[1][i] = (uint8_t)table->starts[i];
        bytes[2][i] = table->values[i];
        const unsigned row = table->starts[i] / 16, place = table->starts[i] % 16;
        for (unsigned later = place ? row + 1 : row; later < 16; later++) firsts[later] = (uint8_t)i;
        if (place) boundaries[counts[row]++][row] = (uint8_t)(place - 1);
        if (counts[row] > tables.boundary_count) tables.boundary_count = counts[row];
    }
    tables.firsts = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)firsts));
    for (unsigned k = 0; k < tables.boundary_count; k++)
        tables.boundaries[k] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)boundaries[k]));
    tables.frequencies = load_table(bytes[0]);
    tables.starts = load_table(bytes[1]);
    tables.values = load_table(bytes[2]);
    tables.escape = _mm256_set1_epi8((char)table->escape);
    return tables;
}

typedef struct { __m256i low, high; } split_states;

NARROW split_states split(const uint16_t states[32]) {
    uint8_t low[32], high[32];
    rans_split_states(states, 32, low, high);
    return (split_states){load(low), load(high)};
}

NARROW void join(split_states split, uint16_t states[32]) {
    uint8_t low[32], high[32];
    store(low, split.low);
    store(high, split.high);
    rans_join_states(low, high, 32, states);
}

// All streams at once, since each waits for itself.
NARROW void find_symbols(const decoding_tables *tables, const split_states states[STREAMS],
                         __m256i symbols[STREAMS]) {
    __m256i rows[STREAMS], places[STREAMS];
#pragma unroll
    for (int v = 0; v < STREAMS; v++) {
        rows[v] = _mm256_and_si256(_mm256_srli_epi16(states[v].low, 4), _mm256_set1_epi8(15));
        places[v] = _mm256_and_si256(states[v].low, _mm256_set1_epi8(15));
        symbols[v] = _mm256_shuffle_epi8(tables->firsts, rows[v]);
    }
    for (unsigned k = 0; k < tables->boundary_count; k++)
#pragma unroll
        for (int v = 0; v < STREAMS; v++) {
            const __m256i boundary = _mm256_shuffle_epi8(tables->boundaries[k], rows[v]);
            symbols[v] = _mm256_sub_epi8(symbols[v], _mm256_cmpgt_epi8(places[v], boundary));
        }
}

// How many bytes of its lane of 16 are set, up to and with each byte: `set` has all bits of a byte or none.
NARROW __m256i counts_to(__m256i set) {
    // Bytes of 1 times 0x01010101 are sums of up to four. These are 255 = -1 / 0x01010101 (mod 2^32), so a factor of
    // -0x01010101 more: that is the square, negated.
    const __m256i of_4 = _mm256_mullo_epi32(set, _mm256_set1_epi32((int)0xfbfcfdff));
    const __m256i from_4 = _mm256_setr_epi32(-1, 0x03030303, -1, 0x0b0b0b0b, -1, 0x03030303, -1, 0x0b0b0b0b);
    const __m256i from_8 = _mm256_setr_epi32(-1, -1, 0x07070707, 0x07070707, -1, -1, 0x07070707, 0x07070707);
    const __m256i of_8 = _mm256_add_epi8(of_4, _mm256_shuffle_epi8(of_4, from_4));
    return _mm256_add_epi8(of_8, _mm256_shuffle_epi8(of_8, from_8));
}

// The states below 256 take the next bytes of the stream.
NARROW split_states refilled(split_states states, const uint8_t **stream) {
    const __m256i needs = _mm256_cmpeq_epi8(states.high, _mm256_setzero_si256());
    const __m256i places = _mm256_add_epi8(counts_to(needs), _mm256_set1_epi8(-1));
    const unsigned mask = (unsigned)_mm256_movemask_epi8(needs);
    const uint8_t *const first = *stream, *const second = first + _mm_popcnt_u32(mask & 0xffff);
    *stream = first + _mm_popcnt_u32(mask);
    const __m256i next = _mm256_set_m128i(_mm_loadu_si128((const __m128i *)second),
                                          _mm_loadu_si128((const __m128i *)first));
    return (split_states){_mm256_blendv_epi8(states.low, _mm256_shuffle_epi8(next, places), needs),
                          _mm256_blendv_epi8(states.high, states.low, needs)};
}

// frequency · ⌊state / 256⌋ + offset
NARROW split_states advanced(__m256i high, __m256i frequencies, __m256i offsets) {
    const __m256i first = _mm256_add_epi16(_mm256_mullo_epi16(even(frequencies), even(high)), even(offsets));
    const __m256i second = _mm256_add_epi16(_mm256_mullo_epi16(odd(frequencies), odd(high)), odd(offsets));
    return (split_states){packed(first, second),
                          _mm256_or_si256(odd(first), _mm256_andnot_si256(_mm256_set1_epi16(0xff), second))};
}

// Steps whose escapes are put in together, while what they decoded to is in the nearest cache.
enum { CHUNK = 16 };

// Which states of a half decoded to escapes.
typedef struct {
    uint32_t half;           // from the first step of a chunk on
    uint32_t first, second;  // a bit for each state of its two streams
} escaped;

// Adds what was escaped to the heads, which are `stride` bytes apart and have zeros there; 0 if an escape is missing.
// Done for a chunk of steps at once: amid the vectors a wrong guess about an escape would take as long as half a step.
NARROW int insert_escapes(rans_layout layout, rans_decoder *decoder, const escaped *escapes, size_t count,
                          uint8_t *heads, size_t stride) {
    for (size_t i = 0; i < count; i++) {
        uint8_t *const step = heads + escapes[i].half / 2 * STEP * stride;
        uint64_t places = _pdep_u64(escapes[i].first, 0x5555555555555555)
                          | _pdep_u64(escapes[i].second, 0xaaaaaaaaaaaaaaaa);
        for (; places; places &= places - 1) {
            if (decoder->escape == decoder->escape_end) return 0;
            const unsigned value = *decoder->escape++;
            const unsigned q = escapes[i].half % 2 * HALF + (unsigned)__builtin_ctzll(places);
            uint8_t *const to = step + rans_element(layout, q) * stride;
            if (layout.head_bytes == 1) {
                *to |= (uint8_t)(layout.rotates ? value >> 1 | value << 7 : value);
                continue;
            }
            uint16_t head;
            memcpy(&head, to, 2);
            head |= (uint16_t)(layout.rotates ? value << 7 : value << 8);
            memcpy(to, &head, 2);
        }
    }
    return 1;
}

// MARK: Steps

NARROW int decode_steps(rans_layout layout, rans_decoder *decoder, int is_large, int has_escape) {
    const decoding_tables tables = decoding_tables_of(decoder->table);
    split_states states[STREAMS];
    const uint8_t *raw = decoder->raw, *streams[STREAMS];
    for (int v = 0; v < STREAMS; v++) {
        states[v] = split(decoder->states + 32 * v);
        streams[v] = decoder->streams[v];
    }
    uint8_t *result = decoder->result + decoder->step * STEP * layout.element_bytes;
    const uint8_t *kept = layout.low_bits ? decoder->block->kept : NULL;
    // The result has the heads as they are but for float64, where each step gets its escapes before they are joined.
    const int has_heads = layout.low_bits <= 16;
    size_t step = decoder->step;
    for (size_t safe; (safe = rans_safe_steps(decoder, step, streams)) > 0;) {
        const uint32_t chunk_steps = !has_heads ? 1 : safe < CHUNK ? (uint32_t)safe : CHUNK;
        const uint8_t *const chunk_raw = raw;
        uint8_t *const chunk = result;
        uint16_t heads[STEP];
        escaped escapes[2 * CHUNK];
        size_t escaped_count = 0;
        for (uint32_t first_half = 0; first_half < 2 * chunk_steps; first_half += 2, step++) {
            const unsigned keep = kept ? kept[step] : 0;
            const size_t raw_bytes = rans_head_bytes(layout) + rans_low_bytes(layout, keep);
            rans_prefetch(raw, raw_bytes, streams);
            __m256i symbols[STREAMS];
            find_symbols(&tables, states, symbols);
#pragma unroll
            for (unsigned half = 0; half < 2; half++) {
                __m256i values[2];
                unsigned escaped_states[2];
#pragma unroll
                for (unsigned i = 0; i < 2; i++) {
                    const unsigned v = 2 * half + i;
                    const __m256i frequencies = look_up(tables.frequencies, symbols[v], is_large);
                    const __m256i offsets
                        = _mm256_sub_epi8(states[v].low, look_up(tables.starts, symbols[v], is_large));
                    values[i] = _mm256_or_si256(look_up(tables.values, symbols[v], is_large),
                                                read_fields(layout, raw, v));
                    escaped_states[i] = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(symbols[v], tables.escape));
                    states[v] = refilled(advanced(states[v].high, frequencies, offsets), &streams[v]);
                }
                if (has_escape) {
                    escapes[escaped_count] = (escaped){first_half + half, escaped_states[0], escaped_states[1]};
                    escaped_count += (escaped_states[0] | escaped_states[1]) != 0;
                }
                uint8_t *const to = has_heads ? result + HALF * half * layout.element_bytes
                                              : (uint8_t *)(heads + HALF * half);
                write_half(layout, to, values, raw, keep, (int)half);
            }
            raw += raw_bytes;
            result += STEP * layout.element_bytes;
        }
        uint8_t *const first = has_heads ? chunk + layout.element_bytes - layout.head_bytes : (uint8_t *)heads;
        const size_t stride = has_heads ? layout.element_bytes : 2;
        if (!insert_escapes(layout, decoder, escapes, escaped_count, first, stride)) return 0;
        if (!has_heads) rans_join_float64(kept ? kept[step - 1] : 0, chunk_raw + STEP, heads, chunk);
    }
    for (int v = 0; v < STREAMS; v++) join(states[v], decoder->states + 32 * v);
    decoder->step = step;
    for (int v = 0; v < STREAMS; v++) decoder->streams[v] = streams[v];
    decoder->raw = raw;
    return 1;
}

NARROW_ENTRY int rans_decode_steps_avx2(rans_decoder *decoder) {
    // Large alphabets have an escape, or are as good as if they had.
    const int is_large = decoder->table->symbol_count > 16, has_escape = decoder->table->escape >= 0;
#define DECODE(constant)                                       \
    return is_large     ? decode_steps(constant, decoder, 1, 1) \
           : has_escape ? decode_steps(constant, decoder, 0, 1) \
                        : decode_steps(constant, decoder, 0, 0)
    RANS_FOR_LAYOUT(decoder->block->layout, DECODE)
#undef DECODE
    return 0;
}
#endif
