// Encoding of rANS steps with AVX2: eight vectors of 16 states. There is no compression of bytes, so a table of shuffles
// serves.

#include "rans_avx2.h"

#if defined(__x86_64__)

// By the mask of 8 lanes: which of their low bytes go to the stream, at the end of 8 bytes. Written once a block.
typedef struct { uint8_t places[256][8]; } compressions;

static void fill(compressions *table) {
    memset(table, 0x80, sizeof *table);
    for (unsigned mask = 0; mask < 256; mask++) {
        unsigned place = 8;
        for (unsigned left = mask; left; left &= ~(1u << (31 - __builtin_clz(left))))
            table->places[mask][--place] = (uint8_t)(2 * (31 - __builtin_clz(left)));
    }
}

NARROW __m256i rotated_left(__m256i words) {
    return _mm256_or_si256(_mm256_add_epi16(words, words), _mm256_srli_epi16(words, 15));
}

// MARK: Planes

NARROW __m128i low_bytes(__m256i words) {
    const __m256i packed = _mm256_packus_epi16(even(words), _mm256_setzero_si256());
    return _mm256_castsi256_si128(_mm256_permute4x64_epi64(packed, 0x08));
}

NARROW void write_fields(rans_layout layout, uint8_t *raw, const __m256i high[4]) {
#pragma unroll
    for (int part = 0; part < 2; part++) {
        if (layout.field_bits) {
            const __m256i mask = _mm256_set1_epi8(layout.field_bits == 4 ? 15 : 3);
            const __m256i both = _mm256_or_si256(_mm256_and_si256(high[part], mask),
                                                 _mm256_slli_epi16(_mm256_and_si256(high[2 + part], mask), 4));
            if (layout.field_bits == 4) {
                store(raw + 32 * part, both);
            } else {
                const __m256i four = _mm256_or_si256(both, _mm256_srli_epi16(both, 6));
                _mm_storeu_si128((__m128i *)(raw + 16 * part), low_bytes(four));
            }
        }
        if (layout.has_sign)
#pragma unroll
            for (int half = 0; half < 2; half++) {
                const int signs = _mm256_movemask_epi8(high[2 * half + part]);
                memcpy(raw + STEP / 8 * layout.field_bits + 8 * half + 4 * part, &signs, 4);
            }
    }
}

// The heads of 16 elements of float32; what stands below them goes to the raw plane.
NARROW __m256i split_float32(const uint8_t *source, uint8_t *raw, unsigned keep, int vector, int part,
                             __m256i pairs[2]) {
    const __m256i a = load(source), b = load(source + 32), low = _mm256_set1_epi32(0xffff);
    const __m256i heads = _mm256_permute4x64_epi64(
        _mm256_packus_epi32(_mm256_srli_epi32(a, 16), _mm256_srli_epi32(b, 16)), 0xd8);
    if (keep == BANTAM_RANS_KEEP_0) return heads;
    const __m256i words = _mm256_permute4x64_epi64(
        _mm256_packus_epi32(_mm256_and_si256(a, low), _mm256_and_si256(b, low)), 0xd8);
    if (keep == BANTAM_RANS_KEEP_ALL) {
        store(raw + 64 * vector + 32 * part, words);
        return heads;
    }
    const __m256i pair = _mm256_and_si256(_mm256_srli_epi16(words, 13), _mm256_set1_epi16(3));
    pairs[part] = _mm256_or_si256(pairs[part], _mm256_sll_epi16(pair, _mm_cvtsi32_si128(2 * vector)));
    const __m256i signs = _mm256_packs_epi16(words, words);
    const unsigned mask = (unsigned)_mm256_movemask_epi8(signs);
    const uint16_t tops = (uint16_t)((mask & 255) | (mask >> 16 & 255) << 8);
    memcpy(raw + 32 + 4 * vector + 2 * part, &tops, 2);
    return heads;
}

// MARK: Steps

typedef struct {
    table32 frequencies, starts, reciprocals[2];  // low and high byte of the reciprocals
} encoding_tables;

NARROW encoding_tables encoding_tables_of(const rans_table *table) {
    uint8_t bytes[4][32];
    memset(bytes, 0, sizeof bytes);
    for (unsigned i = 0; i < table->symbol_count; i++) {
        const unsigned frequency = table->frequencies[i], reciprocal = frequency > 1 ? 65536 / frequency : 65535;
        bytes[0][i] = (uint8_t)frequency;
        bytes[1][i] = (uint8_t)table->starts[i];
        bytes[2][i] = (uint8_t)reciprocal;
        bytes[3][i] = (uint8_t)(reciprocal >> 8);
    }
    return (encoding_tables){load_table(bytes[0]), load_table(bytes[1]), {load_table(bytes[2]), load_table(bytes[3])}};
}

// Symbols by value, 16 in a register, of those sixteens of values that have any but the one that most others have.
typedef struct {
    __m256i symbols[16];  // exclusive or with that one
    __m256i firsts[16];   // the value that the register begins with
    unsigned count;
    __m256i other;
} symbol_tables;

NARROW symbol_tables symbol_tables_of(rans_layout layout, const rans_encoder *encoder) {
    const unsigned shift = (unsigned)__builtin_ctz(layout.value_mask);
    // If there is an escape, it stands for most values; if not, all that occur have symbols of their own.
    const uint8_t other = (uint8_t)(encoder->table->escape < 0 ? 0 : encoder->table->escape);
    symbol_tables tables;
    tables.count = 0;
    tables.other = _mm256_set1_epi8((char)other);
    for (unsigned first = 0; first <= (unsigned)layout.value_mask >> shift; first += 16) {
        uint8_t symbols[16];
        unsigned any = 0;
        for (unsigned i = 0; i < 16; i++) {
            symbols[i] = encoder->symbols[(first + i) << shift] ^ other;
            any |= symbols[i];
        }
        if (!any) continue;
        tables.symbols[tables.count] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)symbols));
        tables.firsts[tables.count++] = _mm256_set1_epi8((char)first);
    }
    return tables;
}

NARROW void find_symbols(rans_layout layout, const symbol_tables *tables, const __m256i high[4], __m256i symbols[4]) {
    const int shift = __builtin_ctz(layout.value_mask);
    __m256i values[4];
#pragma unroll
    for (int i = 0; i < 4; i++) {
        values[i] = _mm256_srli_epi16(_mm256_and_si256(high[i], _mm256_set1_epi8((char)layout.value_mask)), shift);
        symbols[i] = tables->other;
    }
    for (unsigned k = 0; k < tables->count; k++)
#pragma unroll
        for (int i = 0; i < 4; i++) {
            // Places beyond 15 become 128 or more, of which a shuffle makes zeros.
            const __m256i places
                = _mm256_adds_epu8(_mm256_sub_epi8(values[i], tables->firsts[k]), _mm256_set1_epi8(0x70));
            symbols[i] = _mm256_xor_si256(symbols[i], _mm256_shuffle_epi8(tables->symbols[k], places));
        }
}

// Codes 16 symbols. The reciprocal is rounded down, so the quotient it gives is right or one too small.
NARROW __m256i encode_vector(const compressions *table, __m256i states, __m256i frequencies, __m256i starts,
                             __m256i reciprocals, uint8_t **stream) {
    const __m256i limits = _mm256_slli_epi16(frequencies, 8);
    const __m256i spills = _mm256_cmpeq_epi16(_mm256_max_epu16(states, limits), states);
    const unsigned mask = (unsigned)_mm256_movemask_epi8(_mm256_packs_epi16(spills, spills));
    const unsigned low = mask & 255, high = mask >> 16 & 255;
    const __m256i places = _mm256_set_m128i(_mm_loadl_epi64((const __m128i *)table->places[high]),
                                            _mm_loadl_epi64((const __m128i *)table->places[low]));
    const __m256i bytes = _mm256_shuffle_epi8(states, places);
    _mm_storel_epi64((__m128i *)(*stream - 8), _mm256_extracti128_si256(bytes, 1));
    *stream -= _mm_popcnt_u32(high);
    _mm_storel_epi64((__m128i *)(*stream - 8), _mm256_castsi256_si128(bytes));
    *stream -= _mm_popcnt_u32(low);
    states = _mm256_blendv_epi8(states, odd(states), spills);
    const __m256i quotients = _mm256_mulhi_epu16(states, reciprocals);
    const __m256i remainders = _mm256_sub_epi16(states, _mm256_mullo_epi16(quotients, frequencies));
    const __m256i exact = _mm256_cmpgt_epi16(frequencies, remainders);
    const __m256i more = _mm256_andnot_si256(exact, _mm256_sub_epi16(_mm256_set1_epi16(256), frequencies));
    return _mm256_add_epi16(_mm256_add_epi16(_mm256_slli_epi16(quotients, 8), remainders),
                            _mm256_add_epi16(starts, more));
}

NARROW void encode_steps(rans_layout layout, rans_encoder *encoder, int is_large) {
    const encoding_tables tables = encoding_tables_of(encoder->table);
    compressions spills;
    fill(&spills);
    const symbol_tables symbols_of_values = symbol_tables_of(layout, encoder);
    const int escape_symbol = encoder->table->escape;
    __m256i states[4][2];
#pragma unroll
    for (int i = 0; i < 8; i++) states[i / 2][i % 2] = load(encoder->states + 16 * i);
    uint8_t *raw = encoder->raw_end, *streams[STREAMS];
    for (int v = 0; v < STREAMS; v++) streams[v] = encoder->streams[v];
    const uint8_t *kept = layout.low_bits ? encoder->block->kept : NULL;
    for (size_t step = encoder->steps; step-- > 0;) {
        const uint8_t *source = encoder->source + step * STEP * layout.element_bytes;
        const unsigned keep = kept ? kept[step] : 0;
        rans_prefetch_source(layout, source);
        raw -= rans_head_bytes(layout) + rans_low_bytes(layout, keep);
        uint8_t *fields = raw + (layout.head_bytes == 2 ? STEP : 0);
        uint16_t wide_heads[STEP];
        if (layout.low_bits > 16) {
            rans_split_float64(keep, source, wide_heads, raw + STEP);
            source = (const uint8_t *)wide_heads;
        }
        __m256i high[4], pairs[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
#pragma unroll
        for (int i = 0; i < 4; i++) {
            const int half = i / 2, part = i % 2;
            if (layout.head_bytes == 1) {
                const __m256i bytes = load(source + 32 * i);
                high[i] = layout.rotates
                    ? _mm256_or_si256(_mm256_add_epi8(bytes, bytes),
                                      _mm256_and_si256(_mm256_srli_epi16(bytes, 7), _mm256_set1_epi8(1)))
                    : bytes;
                continue;
            }
            __m256i heads[2];
#pragma unroll
            for (int v = 0; v < 2; v++) {
                const int vector = 2 * half + v, place = 32 * vector + 16 * part;
                heads[v] = layout.low_bits == 16
                    ? split_float32(source + 4 * place, raw + STEP, keep, vector, part, pairs)
                    : load(source + 2 * place);
                if (layout.rotates) heads[v] = rotated_left(heads[v]);
            }
            high[i] = _mm256_or_si256(odd(heads[0]), _mm256_andnot_si256(_mm256_set1_epi16(0xff), heads[1]));
            store(raw + 32 * i, packed(heads[0], heads[1]));
        }
        if (layout.low_bits == 16 && keep == BANTAM_RANS_KEEP_3)
#pragma unroll
            for (int part = 0; part < 2; part++)
                _mm_storeu_si128((__m128i *)(raw + STEP + 16 * part), low_bytes(pairs[part]));
        write_fields(layout, fields, high);
        __m256i symbols[4];
        find_symbols(layout, &symbols_of_values, high, symbols);
        uint8_t bytes[STEP];
#pragma unroll
        for (int i = 0; i < 4; i++) store(bytes + 32 * i, high[i]);
#pragma unroll
        for (int half = 1; half >= 0; half--) {
            __m256i frequencies[2], starts[2], reciprocals[2][2];
#pragma unroll
            for (int part = 1; part >= 0; part--) {
                const __m256i symbol = symbols[2 * half + part];
                unsigned escapes = (unsigned)_mm256_movemask_epi8(
                    _mm256_cmpeq_epi8(symbol, _mm256_set1_epi8((char)escape_symbol)));
                for (; escape_symbol >= 0 && escapes; escapes &= ~(1u << (31 - __builtin_clz(escapes))))
                    *--encoder->escape
                        = bytes[HALF * half + 32 * part + 31 - __builtin_clz(escapes)] & layout.value_mask;
                frequencies[part] = look_up(tables.frequencies, symbol, is_large);
                starts[part] = look_up(tables.starts, symbol, is_large);
                const __m256i low = look_up(tables.reciprocals[0], symbol, is_large);
                const __m256i top = look_up(tables.reciprocals[1], symbol, is_large);
                reciprocals[part][0] = packed(low, top);
                reciprocals[part][1] = _mm256_or_si256(odd(low), _mm256_andnot_si256(_mm256_set1_epi16(0xff), top));
            }
#pragma unroll
            for (int part = 1; part >= 0; part--)
                states[2 * half + 1][part] = encode_vector(&spills, states[2 * half + 1][part], odd(frequencies[part]),
                                                           odd(starts[part]), reciprocals[part][1],
                                                           &streams[2 * half + 1]);
#pragma unroll
            for (int part = 1; part >= 0; part--)
                states[2 * half][part] = encode_vector(&spills, states[2 * half][part], even(frequencies[part]),
                                                       even(starts[part]), reciprocals[part][0], &streams[2 * half]);
        }
    }
#pragma unroll
    for (int i = 0; i < 8; i++) store(encoder->states + 16 * i, states[i / 2][i % 2]);
    for (int v = 0; v < STREAMS; v++) encoder->streams[v] = streams[v];
}

NARROW_ENTRY void rans_encode_steps_avx2(rans_encoder *encoder) {
#define ENCODE(constant)                                                             \
    if (encoder->table->symbol_count > 16) encode_steps(constant, encoder, 1);       \
    else encode_steps(constant, encoder, 0)
    RANS_FOR_LAYOUT(encoder->block->layout, ENCODE)
#undef ENCODE
}
#endif
