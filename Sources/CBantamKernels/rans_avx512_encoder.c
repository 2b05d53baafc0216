// Encoding of rANS steps with AVX-512: four vectors of 32 states.

#include "rans_avx512.h"

#if defined(__x86_64__)

WIDE __m512i rotated_left(__m512i words) { return _mm512_shldi_epi16(words, words, 1); }

// MARK: Planes

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

// MARK: Steps

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
        rans_prefetch_source(layout, source);
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
