// rANS steps with AVX-512: four vectors of 32 states; symbols, frequencies and values are looked up in registers.

#include "rans.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define WIDE static inline __attribute__((always_inline, target("arch=x86-64-v4,avx512vbmi,avx512vbmi2")))
#define WIDE_ENTRY __attribute__((target("arch=x86-64-v4,avx512vbmi,avx512vbmi2"), min_vector_width(512)))

// A pair of state vectors decodes to 64 bytes in packed order: even places are the first vector's.
WIDE __m512i packed(__m512i first, __m512i second) {
    // (first & 0x00ff) | (second << 8)
    return _mm512_ternarylogic_epi64(first, _mm512_set1_epi16(0xff), _mm512_slli_epi16(second, 8), 0xea);
}
WIDE __m512i even(__m512i bytes) { return _mm512_and_si512(bytes, _mm512_set1_epi16(0xff)); }
WIDE __m512i odd(__m512i bytes) { return _mm512_srli_epi16(bytes, 8); }

typedef struct { __m512i quarters[4]; } table256;

WIDE table256 load_table(const uint8_t bytes[256]) {
    table256 table;
    for (int i = 0; i < 4; i++) table.quarters[i] = _mm512_loadu_si512(bytes + 64 * i);
    return table;
}

WIDE __m512i look_up(table256 table, __m512i places) {
    const __m512i low = _mm512_permutex2var_epi8(table.quarters[0], places, table.quarters[1]);
    const __m512i high = _mm512_permutex2var_epi8(table.quarters[2], places, table.quarters[3]);
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(places), low, high);
}

// MARK: Planes

// The bits of the high bytes of one half that are not coded.
WIDE __m512i read_fields(rans_layout layout, const uint8_t *raw, int half) {
    __m512i fields = _mm512_setzero_si512();
    if (layout.field_bits == 4) {
        __m512i both = _mm512_loadu_si512(raw);
        if (half) both = _mm512_srli_epi16(both, 4);
        fields = _mm512_and_si512(both, _mm512_set1_epi8(15));
    }
    if (layout.field_bits == 2) {
        const __m512i four = _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)raw));
        const __m512i first = half ? _mm512_srli_epi16(four, 4) : four;
        const __m512i second = half ? _mm512_slli_epi16(four, 2) : _mm512_slli_epi16(four, 6);
        fields = _mm512_ternarylogic_epi64(first, second, _mm512_set1_epi8(3), 0xa8);  // (a | b) & c
    }
    if (layout.has_sign) {
        uint64_t signs;
        memcpy(&signs, raw + STEP / 8 * layout.field_bits + 8 * half, 8);
        fields = _mm512_mask_add_epi8(fields, _cvtu64_mask64(signs), fields, _mm512_set1_epi8((char)0x80));
    }
    return fields;
}

WIDE void write_fields(rans_layout layout, uint8_t *raw, __m512i high0, __m512i high1) {
    if (layout.field_bits == 4) {
        const __m512i mask = _mm512_set1_epi8(15);
        _mm512_storeu_si512(
            raw, _mm512_or_si512(_mm512_and_si512(high0, mask),
                                 _mm512_slli_epi16(_mm512_and_si512(high1, mask), 4)));
    }
    if (layout.field_bits == 2) {
        const __m512i mask = _mm512_set1_epi8(3);
        // Two bits of each of four places to one nibble, of a half each.
        const __m512i four = _mm512_or_si512(_mm512_and_si512(high0, mask),
                                             _mm512_slli_epi16(_mm512_and_si512(high1, mask), 4));
        const __m512i bytes = _mm512_or_si512(four, _mm512_srli_epi16(four, 6));
        _mm256_storeu_si256((__m256i *)raw, _mm512_cvtepi16_epi8(bytes));
    }
    if (layout.has_sign) {
        const uint64_t signs[2] = {_cvtmask64_u64(_mm512_movepi8_mask(high0)),
                                   _cvtmask64_u64(_mm512_movepi8_mask(high1))};
        memcpy(raw + STEP / 8 * layout.field_bits, signs, 16);
    }
}

// The low words of 32 elements of float32: bits 13 and 14 in a plane of pairs, bit 15 in one of single bits.
WIDE __m512i read_3(const uint8_t *raw, int vector) {
    const __m512i pairs = _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)raw));
    const __m512i pair = _mm512_slli_epi16(_mm512_and_si512(_mm512_srli_epi16(pairs, (unsigned)(2 * vector)),
                                                            _mm512_set1_epi16(3)), 13);
    uint32_t tops;
    memcpy(&tops, raw + 32 + 4 * vector, 4);
    return _mm512_mask_add_epi16(pair, _cvtu32_mask32(tops), pair, _mm512_set1_epi16((short)0x8000));
}

WIDE __m512i rotated_left(__m512i words) { return _mm512_shldi_epi16(words, words, 1); }
WIDE __m512i rotated_right(__m512i words) { return _mm512_shldi_epi16(words, words, 15); }

// MARK: Decoding

// All by slot, so that the next states do not wait for the symbol: the way from state to state is what a step takes.
typedef struct {
    table256 frequencies, offsets, values;
    __m512i escape;  // the value that stands for it, which no symbol has
} decoding_tables;

WIDE decoding_tables decoding_tables_of(const rans_table *table) {
    uint8_t frequencies[256], offsets[256], values[256], is_value[256] = {0}, escape = 0;
    for (unsigned i = 0; i < table->symbol_count; i++)
        if ((int)i != table->escape) is_value[table->values[i]] = 1;
    while (is_value[escape]) escape++;
    for (unsigned i = 0; i < table->symbol_count; i++) {
        const unsigned start = table->starts[i], frequency = table->frequencies[i];
        memset(frequencies + start, (int)frequency, frequency);
        memset(values + start, (int)i == table->escape ? escape : table->values[i], frequency);
        for (unsigned k = 0; k < frequency; k++) offsets[start + k] = (uint8_t)k;
    }
    return (decoding_tables){load_table(frequencies), load_table(offsets), load_table(values),
                             _mm512_set1_epi8((char)escape)};
}

// States below 256 take the next byte of the stream.
WIDE __m512i refilled(__m512i states, const uint8_t **stream) {
    const __mmask32 needs = _mm512_testn_epi16_mask(states, _mm512_set1_epi16((short)0xff00));
    const __m512i bytes = _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)*stream));
    *stream += _mm_popcnt_u32(_cvtmask32_u32(needs));
    return _mm512_or_si512(_mm512_mask_slli_epi16(states, needs, states, 8),
                           _mm512_maskz_expand_epi16(needs, bytes));
}

// One half of a step: 64 values in packed order, some of which may be escapes.
WIDE __m512i decode_half(const decoding_tables *tables, __m512i *first, __m512i *second,
                         const uint8_t *streams[2], __mmask64 *escapes) {
    const __m512i slots = packed(*first, *second);
    const __m512i frequencies = look_up(tables->frequencies, slots);
    const __m512i offsets = look_up(tables->offsets, slots);
    const __m512i values = look_up(tables->values, slots);
    *first = refilled(_mm512_add_epi16(_mm512_mullo_epi16(even(frequencies), odd(*first)), even(offsets)), &streams[0]);
    *second = refilled(_mm512_add_epi16(_mm512_mullo_epi16(odd(frequencies), odd(*second)), odd(offsets)), &streams[1]);
    *escapes = _mm512_cmpeq_epi8_mask(values, tables->escape);
    return values;
}

// Puts the next escapes in place; 0 if there are not as many. Whether there is one is a coin that no processor can
// foretell, so as long as no half could take them all, none is asked.
WIDE int take_escapes(rans_decoder *decoder, __mmask64 escapes, __m512i *values) {
    const size_t left = (size_t)(decoder->escape_end - decoder->escape);
    const size_t count = (size_t)_mm_popcnt_u64(_cvtmask64_u64(escapes));
    __m512i next;
    if (__builtin_expect(left >= HALF, 1)) {
        next = _mm512_loadu_si512(decoder->escape);
    } else {
        if (count > left) return 0;
        if (!count) return 1;
        next = _mm512_maskz_loadu_epi8(_cvtu64_mask64(_bzhi_u64(~0ull, (unsigned)count)), decoder->escape);
    }
    *values = _mm512_mask_expand_epi8(*values, escapes, next);
    decoder->escape += count;
    return 1;
}

// The heads of the elements of a pair of state vectors.
WIDE void join_heads(rans_layout layout, __m512i high, const uint8_t *low, __m512i *first, __m512i *second) {
    const __m512i mask = _mm512_set1_epi16(0xff), lows = _mm512_loadu_si512(low);
    *first = _mm512_ternarylogic_epi64(lows, mask, _mm512_slli_epi16(high, 8), 0xea);
    *second = _mm512_ternarylogic_epi64(high, mask, _mm512_srli_epi16(lows, 8), 0xba);  // (a & ~b) | c
    if (layout.rotates) {
        *first = rotated_right(*first);
        *second = rotated_right(*second);
    }
}

WIDE __m512i interleaving(int high) {
    uint16_t places[32];
    for (int i = 0; i < 32; i++) places[i] = (uint16_t)(16 * high + i / 2 + (i & 1 ? 32 : 0));
    return _mm512_loadu_si512(places);
}

WIDE int decode_steps(rans_layout layout, int has_escape, rans_decoder *decoder) {
    const decoding_tables tables = decoding_tables_of(decoder->table);
    const __m512i low_places = interleaving(0), high_places = interleaving(1);
    __m512i states[4];
    for (int v = 0; v < 4; v++) states[v] = _mm512_loadu_si512(decoder->states + 32 * v);
    const uint8_t *raw = decoder->raw, *streams[STREAMS];
    for (int v = 0; v < STREAMS; v++) streams[v] = decoder->streams[v];
    uint8_t *result = decoder->result + decoder->step * STEP * layout.element_bytes;
    const uint8_t *kept = layout.low_bits ? decoder->block->kept : NULL;
    size_t step = decoder->step;
    for (size_t safe = 0; safe > 0 || (safe = rans_safe_steps(decoder, step, streams)) > 0; safe--, step++) {
        const uint8_t *fields = raw + (layout.head_bytes == 2 ? STEP : 0);
        const unsigned keep = kept ? kept[step] : 0;
        uint16_t heads[STEP];
#pragma unroll
        for (int half = 0; half < 2; half++) {
            __mmask64 escapes;
            __m512i high = decode_half(&tables, &states[2 * half], &states[2 * half + 1], &streams[2 * half],
                                       &escapes);
            if (has_escape && !take_escapes(decoder, escapes, &high)) return 0;
            if (layout.field_bits) high = _mm512_or_si512(high, read_fields(layout, fields, half));
            uint8_t *to = result + half * HALF * layout.element_bytes;
            if (layout.head_bytes == 1) {
                if (layout.rotates)
                    high = _mm512_or_si512(
                        _mm512_and_si512(_mm512_srli_epi16(high, 1), _mm512_set1_epi8(0x7f)),
                        _mm512_slli_epi16(_mm512_and_si512(high, _mm512_set1_epi8(1)), 7));
                _mm512_storeu_si512(to, high);
                continue;
            }
            __m512i pair[2];
            join_heads(layout, high, raw + HALF * half, &pair[0], &pair[1]);
            if (layout.low_bits > 16) to = (uint8_t *)(heads + HALF * half);
#pragma unroll
            for (int v = 0; v < 2; v++) {
                if (layout.low_bits != 16) {
                    _mm512_storeu_si512(to + 64 * v, pair[v]);
                    continue;
                }
                __m512i words;
                if (keep == BANTAM_RANS_KEEP_ALL) {
                    words = _mm512_loadu_si512(raw + STEP + 64 * (2 * half + v));
                } else if (keep == BANTAM_RANS_KEEP_3) {
                    words = read_3(raw + STEP, 2 * half + v);
                } else {
                    words = _mm512_setzero_si512();
                }
                _mm512_storeu_si512(to + 128 * v, _mm512_permutex2var_epi16(words, low_places, pair[v]));
                _mm512_storeu_si512(to + 128 * v + 64, _mm512_permutex2var_epi16(words, high_places, pair[v]));
            }
        }
        if (layout.low_bits > 16) rans_join_float64(keep, raw + STEP, heads, result);
        raw += rans_head_bytes(layout) + rans_low_bytes(layout, keep);
        result += STEP * layout.element_bytes;
    }
    for (int v = 0; v < 4; v++) _mm512_storeu_si512(decoder->states + 32 * v, states[v]);
    decoder->step = step;
    for (int v = 0; v < STREAMS; v++) decoder->streams[v] = streams[v];
    decoder->raw = raw;
    return 1;
}

WIDE_ENTRY int rans_decode_steps_avx512(rans_decoder *decoder) {
#define DECODE(constant) \
    return has_escape ? decode_steps(constant, 1, decoder) : decode_steps(constant, 0, decoder)
    const int has_escape = decoder->table->escape >= 0;
    RANS_FOR_LAYOUT(decoder->block->layout, DECODE)
#undef DECODE
    return 0;
}

// MARK: Encoding

typedef struct {
    table256 symbols;  // by high byte
    __m512i frequencies, starts, reciprocals;  // 16 bits each
    __m512i escape;
    int has_escape;
} encoding_tables;

WIDE encoding_tables encoding_tables_of(const rans_encoder *encoder) {
    const rans_table *table = encoder->table;
    uint16_t reciprocals[BANTAM_RANS_SYMBOLS] = {0};
    for (unsigned i = 0; i < table->symbol_count; i++)
        reciprocals[i] = (uint16_t)(table->frequencies[i] > 1 ? 65536 / table->frequencies[i] : 65535);
    return (encoding_tables){load_table(encoder->symbols), _mm512_loadu_si512(table->frequencies),
                             _mm512_loadu_si512(table->starts), _mm512_loadu_si512(reciprocals),
                             _mm512_set1_epi8((char)table->escape), table->escape >= 0};
}

// Codes 32 symbols. The reciprocal is rounded down, so the quotient it gives is right or one too small.
WIDE __m512i encode_vector(const encoding_tables *tables, __m512i states, __m512i symbols, uint8_t **stream) {
    const __m512i frequencies = _mm512_permutexvar_epi16(symbols, tables->frequencies);
    const __m512i starts = _mm512_permutexvar_epi16(symbols, tables->starts);
    const __m512i reciprocals = _mm512_permutexvar_epi16(symbols, tables->reciprocals);
    const __mmask32 spills = _mm512_cmp_epu16_mask(states, _mm512_slli_epi16(frequencies, 8), _MM_CMPINT_NLT);
    const unsigned count = (unsigned)_mm_popcnt_u32(_cvtmask32_u32(spills));
    const __m256i bytes = _mm512_cvtepi16_epi8(_mm512_maskz_compress_epi16(spills, states));
    *stream -= count;
    _mm256_mask_storeu_epi8(*stream, _cvtu32_mask32(_bzhi_u32(~0u, count)), bytes);
    states = _mm512_mask_srli_epi16(states, spills, states, 8);
    const __m512i quotients = _mm512_mulhi_epu16(states, reciprocals);
    const __m512i remainders = _mm512_sub_epi16(states, _mm512_mullo_epi16(quotients, frequencies));
    const __mmask32 small = _mm512_cmp_epu16_mask(remainders, frequencies, _MM_CMPINT_NLT);
    __m512i result = _mm512_add_epi16(_mm512_slli_epi16(quotients, 8), _mm512_add_epi16(remainders, starts));
    result = _mm512_mask_add_epi16(result, small, result,
                                   _mm512_sub_epi16(_mm512_set1_epi16(256), frequencies));
    return result;
}

WIDE void encode_half(rans_layout layout, const encoding_tables *tables, __m512i high, __m512i *first,
                      __m512i *second, uint8_t *streams[2], uint8_t **escape) {
    const __m512i symbols = look_up(tables->symbols, high);
    const __mmask64 escapes = _mm512_cmpeq_epi8_mask(symbols, tables->escape);
    if (__builtin_expect(!_ktestz_mask64_u8(escapes, escapes), 0) && tables->has_escape) {
        const unsigned count = (unsigned)_mm_popcnt_u64(_cvtmask64_u64(escapes));
        const __m512i values = _mm512_and_si512(high, _mm512_set1_epi8((char)layout.value_mask));
        *escape -= count;
        _mm512_mask_storeu_epi8(*escape, _cvtu64_mask64(_bzhi_u64(~0ull, count)),
                                _mm512_maskz_compress_epi8(escapes, values));
    }
    *second = encode_vector(tables, *second, odd(symbols), &streams[1]);
    *first = encode_vector(tables, *first, even(symbols), &streams[0]);
}

WIDE __m512i gathering(int odd_words) {
    uint16_t places[32];
    for (int i = 0; i < 32; i++) places[i] = (uint16_t)(2 * i + odd_words);
    return _mm512_loadu_si512(places);
}

WIDE void encode_steps(rans_layout layout, rans_encoder *encoder) {
    const encoding_tables tables = encoding_tables_of(encoder);
    const __m512i low_places = gathering(0), high_places = gathering(1);
    __m512i states[4];
    for (int v = 0; v < 4; v++) states[v] = _mm512_loadu_si512(encoder->states + 32 * v);
    uint8_t *escape = encoder->escape, *raw = encoder->raw_end, *streams[STREAMS];
    for (int v = 0; v < STREAMS; v++) streams[v] = encoder->streams[v];
    const uint8_t *kept = layout.low_bits ? encoder->block->kept : NULL;
    for (size_t step = encoder->steps; step-- > 0;) {
        const uint8_t *source = encoder->source + step * STEP * layout.element_bytes;
        const unsigned keep = kept ? kept[step] : 0;
        raw -= rans_head_bytes(layout) + rans_low_bytes(layout, keep);
        uint8_t *fields = raw + (layout.head_bytes == 2 ? STEP : 0);
        __m512i high[2], heads[4];
        if (layout.head_bytes == 1) {
#pragma unroll
            for (int half = 0; half < 2; half++) {
                high[half] = _mm512_loadu_si512(source + HALF * half);
                if (layout.rotates)
                    high[half] = _mm512_or_si512(
                        _mm512_add_epi8(high[half], high[half]),
                        _mm512_and_si512(_mm512_srli_epi16(high[half], 7), _mm512_set1_epi8(1)));
            }
        } else {
            if (layout.low_bits > 16) {
                uint16_t words[STEP];
                rans_split_float64(keep, source, words, raw + STEP);
#pragma unroll
                for (int v = 0; v < 4; v++) heads[v] = rotated_left(_mm512_loadu_si512(words + 32 * v));
            } else {
                __m512i pairs = _mm512_setzero_si512();
#pragma unroll
                for (int v = 0; v < 4; v++) {
                    if (layout.low_bits == 16) {
                        const __m512i a = _mm512_loadu_si512(source + 128 * v);
                        const __m512i b = _mm512_loadu_si512(source + 128 * v + 64);
                        heads[v] = _mm512_permutex2var_epi16(a, high_places, b);
                        if (keep == BANTAM_RANS_KEEP_0) {
                        } else {
                            const __m512i words = _mm512_permutex2var_epi16(a, low_places, b);
                            if (keep == BANTAM_RANS_KEEP_ALL) {
                                _mm512_storeu_si512(raw + STEP + 64 * v, words);
                            } else {
                                const __m512i pair = _mm512_and_si512(_mm512_srli_epi16(words, 13), _mm512_set1_epi16(3));
                                pairs = _mm512_or_si512(pairs, _mm512_slli_epi16(pair, (unsigned)(2 * v)));
                                const uint32_t tops = _cvtmask32_u32(_mm512_movepi16_mask(words));
                                memcpy(raw + STEP + 32 + 4 * v, &tops, 4);
                            }
                        }
                    } else {
                        heads[v] = _mm512_loadu_si512(source + 64 * v);
                    }
                    if (layout.rotates) heads[v] = rotated_left(heads[v]);
                }
                if (layout.low_bits == 16 && keep == BANTAM_RANS_KEEP_3)
                    _mm256_storeu_si256((__m256i *)(raw + STEP), _mm512_cvtepi16_epi8(pairs));
            }
            const __m512i mask = _mm512_set1_epi16(0xff);
#pragma unroll
            for (int half = 0; half < 2; half++) {
                const __m512i a = heads[2 * half], b = heads[2 * half + 1];
                high[half] = _mm512_ternarylogic_epi64(b, mask, _mm512_srli_epi16(a, 8), 0xba);
                _mm512_storeu_si512(raw + HALF * half, packed(a, b));
            }
        }
        write_fields(layout, fields, high[0], high[1]);
#pragma unroll
        for (int half = 1; half >= 0; half--)
            encode_half(layout, &tables, high[half], &states[2 * half], &states[2 * half + 1], &streams[2 * half],
                        &escape);
    }
    for (int v = 0; v < 4; v++) _mm512_storeu_si512(encoder->states + 32 * v, states[v]);
    for (int v = 0; v < STREAMS; v++) encoder->streams[v] = streams[v];
    encoder->escape = escape;
}

WIDE_ENTRY void rans_encode_steps_avx512(rans_encoder *encoder) {
#define ENCODE(constant) encode_steps(constant, encoder)
    RANS_FOR_LAYOUT(encoder->block->layout, ENCODE)
#undef ENCODE
}
#endif
