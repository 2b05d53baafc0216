// The AVX-512 copies: two or four vectors of 16 states, entries gathered, words spread by expansion and compressed.

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

// MARK: Encoding

BANTAM_AVX512 static inline __m512i zero_extended(const uint8_t *bytes) {
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)bytes));
}

// Quotients below 2^20 by divisors of up to 2^12: what is no integer is further from one than division is rounded.
BANTAM_AVX512 static inline __m512i divided(__m512i numbers, __m512i divisors) {
    const __m512d low = _mm512_div_pd(_mm512_cvtepu32_pd(_mm512_castsi512_si256(numbers)),
                                      _mm512_cvtepu32_pd(_mm512_castsi512_si256(divisors)));
    const __m512d high = _mm512_div_pd(_mm512_cvtepu32_pd(_mm512_extracti64x4_epi64(numbers, 1)),
                                       _mm512_cvtepu32_pd(_mm512_extracti64x4_epi64(divisors, 1)));
    return _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvttpd_epu32(low)), _mm512_cvttpd_epu32(high), 1);
}

// Codes 16 symbols. Words go to the end of 32 bytes, below which is room for as many of those that come later.
BANTAM_AVX512 static inline __m512i encode_vector(const bantam_class_rans_entry *tables, const uint8_t *classes,
                                                  const uint8_t *symbols, __m512i states, uint8_t **end) {
    const __m512i ones = _mm512_set1_epi32(1), size = _mm512_set1_epi32(TABLE_SIZE);
    const __m512i entry = _mm512_or_si512(_mm512_slli_epi32(zero_extended(classes), 8), zero_extended(symbols));
    const __m512i eighths = _mm512_add_epi32(entry, entry);
    const __m512i frequencies = _mm512_i32gather_epi32(eighths, &tables->frequency, 8);
    const __m512i biases = _mm512_and_si512(_mm512_i32gather_epi32(eighths, &tables->bias, 8),
                                            _mm512_set1_epi32(0xffff));
    // The reciprocal that a bias makes good is not used here.
    const __m512i starts = _mm512_mask_sub_epi32(biases, _mm512_cmpeq_epi32_mask(frequencies, ones), biases,
                                                 _mm512_set1_epi32(TABLE_SIZE - 1));
    const __mmask16 spills = _mm512_cmpge_epu32_mask(_mm512_srli_epi32(states, 32 - TABLE_BITS), frequencies);
    const int count = __builtin_popcount(spills);
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i words = _mm512_permutexvar_epi32(_mm512_add_epi32(lanes, _mm512_set1_epi32(count)),
                                                   _mm512_maskz_compress_epi32(spills, states));
    _mm256_storeu_si256((__m256i *)(*end - 32), _mm512_cvtepi32_epi16(words));
    *end -= 2 * count;
    states = _mm512_mask_srli_epi32(states, spills, states, 16);
    const __m512i quotients = divided(states, frequencies);
    return _mm512_add_epi32(_mm512_add_epi32(states, starts),
                            _mm512_mullo_epi32(quotients, _mm512_sub_epi32(size, frequencies)));
}

BANTAM_AVX512 uint8_t *class_rans_encode_groups_avx512(const bantam_class_rans_entry *tables, const uint8_t *classes,
                                                       const uint8_t *symbols, size_t groups, size_t lanes,
                                                       uint32_t *states, uint8_t *end) {
    __m512i vectors[MANY_LANES / 16];
    for (size_t v = 0; v < lanes / 16; v++) vectors[v] = _mm512_loadu_si512(states + 16 * v);
    for (size_t i = groups * lanes; i > 0;)
        for (size_t v = lanes / 16; v-- > 0;) {
            i -= 16;
            vectors[v] = encode_vector(tables, classes + i, symbols + i, vectors[v], &end);
        }
    for (size_t v = 0; v < lanes / 16; v++) _mm512_storeu_si512(states + 16 * v, vectors[v]);
    return end;
}
#endif
