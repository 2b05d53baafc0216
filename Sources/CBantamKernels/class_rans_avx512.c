// The AVX-512 copy of decoding: two or four vectors of 16 states, entries gathered, words spread by expansion.

#include "class_rans.h"

#if defined(__x86_64__)
#include <immintrin.h>

BANTAM_AVX512 static inline __m512i entries(const uint32_t *tables, const uint8_t *classes, __m512i states) {
    const __m512i class = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)classes));
    const __m512i slot = _mm512_and_si512(states, _mm512_set1_epi32(TABLE_SIZE - 1));
    return _mm512_i32gather_epi32(_mm512_or_si512(_mm512_slli_epi32(class, TABLE_BITS), slot), tables, 4);
}

BANTAM_AVX512 static inline __m512i advance(__m512i entry, __m512i states) {
    const __m512i mask = _mm512_set1_epi32(TABLE_SIZE - 1);
    const __m512i frequency = _mm512_add_epi32(_mm512_and_si512(_mm512_srli_epi32(entry, 8), mask),
                                               _mm512_set1_epi32(1));
    return _mm512_add_epi32(_mm512_mullo_epi32(frequency, _mm512_srli_epi32(states, TABLE_BITS)),
                            _mm512_srli_epi32(entry, 20));
}

BANTAM_AVX512 static inline __m512i refill(__m512i states, __mmask16 takes, const uint8_t *next) {
    const __m512i words = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)next));
    const __m512i spread = _mm512_maskz_expand_epi32(takes, words);
    return _mm512_mask_or_epi32(states, takes, _mm512_slli_epi32(states, 16), spread);
}

// A state waits for its entry longer than for all else, so four vectors take hardly longer than two.
BANTAM_AVX512 static inline __attribute__((always_inline)) size_t decode_groups(
    size_t lanes, bantam_class_rans_decoder *decoder, const uint32_t *tables, const uint8_t *classes, size_t groups,
    uint8_t *symbols) {
    __m512i states[MANY_LANES / 16];
    const size_t vectors = lanes / 16;
    for (size_t v = 0; v < vectors; v++) states[v] = _mm512_loadu_si512(decoder->states + 16 * v);
    const __m512i start = _mm512_set1_epi32(BANTAM_CLASS_RANS_START);
    const uint8_t *next = decoder->next;
    size_t group = 0;
    for (; group < groups && (size_t)(decoder->end - next) >= 2 * lanes; group++) {
        const size_t i = group * lanes;
        __mmask16 takes[MANY_LANES / 16];
#pragma unroll
        for (size_t v = 0; v < vectors; v++) {
            const __m512i entry = entries(tables, classes + i + 16 * v, states[v]);
            states[v] = advance(entry, states[v]);
            _mm_storeu_si128((__m128i *)(symbols + i + 16 * v), _mm512_cvtepi32_epi8(entry));
            takes[v] = _mm512_cmplt_epu32_mask(states[v], start);
        }
#pragma unroll
        for (size_t v = 0; v < vectors; v++) {
            states[v] = refill(states[v], takes[v], next);
            next += 2 * __builtin_popcount(takes[v]);
        }
    }
    for (size_t v = 0; v < vectors; v++) _mm512_storeu_si512(decoder->states + 16 * v, states[v]);
    decoder->next = next;
    return group;
}

BANTAM_AVX512 size_t class_rans_decode_groups_avx512(bantam_class_rans_decoder *decoder, const uint32_t *tables,
                                                     const uint8_t *classes, size_t groups, uint8_t *symbols) {
    return decoder->lanes == MANY_LANES ? decode_groups(MANY_LANES, decoder, tables, classes, groups, symbols)
                                        : decode_groups(FEW_LANES, decoder, tables, classes, groups, symbols);
}
#endif
