// The AVX2 copy of decoding: four or eight vectors of 8 states, entries gathered, words spread by a permutation.

#include "class_rans.h"

#if defined(__x86_64__)
#include <immintrin.h>

// Lane k of spread[mask] is how many lanes below k the mask takes, which is the word for lane k.
#define SPREAD(m, k) (uint8_t)__builtin_popcount((m) & ((1 << (k)) - 1))
#define SPREAD_1(m)                                                                                       \
    {SPREAD(m, 0), SPREAD(m, 1), SPREAD(m, 2), SPREAD(m, 3), SPREAD(m, 4), SPREAD(m, 5), SPREAD(m, 6), SPREAD(m, 7)}
#define SPREAD_4(m) SPREAD_1(m), SPREAD_1((m) + 1), SPREAD_1((m) + 2), SPREAD_1((m) + 3)
#define SPREAD_16(m) SPREAD_4(m), SPREAD_4((m) + 4), SPREAD_4((m) + 8), SPREAD_4((m) + 12)
#define SPREAD_64(m) SPREAD_16(m), SPREAD_16((m) + 16), SPREAD_16((m) + 32), SPREAD_16((m) + 48)
static const uint8_t spread[256][8] = {SPREAD_64(0), SPREAD_64(64), SPREAD_64(128), SPREAD_64(192)};

BANTAM_AVX2 static inline __m256i entries(const uint32_t *tables, const uint8_t *classes, __m256i states) {
    const __m256i class = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)classes));
    const __m256i slot = _mm256_and_si256(states, _mm256_set1_epi32(TABLE_SIZE - 1));
    return _mm256_i32gather_epi32((const int *)tables, _mm256_or_si256(_mm256_slli_epi32(class, TABLE_BITS), slot),
                                  4);
}

BANTAM_AVX2 static inline __m256i advance(__m256i entry, __m256i states) {
    const __m256i mask = _mm256_set1_epi32(TABLE_SIZE - 1);
    const __m256i frequency = _mm256_add_epi32(_mm256_and_si256(_mm256_srli_epi32(entry, 8), mask),
                                               _mm256_set1_epi32(1));
    return _mm256_add_epi32(_mm256_mullo_epi32(frequency, _mm256_srli_epi32(states, TABLE_BITS)),
                            _mm256_srli_epi32(entry, 20));
}

BANTAM_AVX2 static inline __m256i refill(__m256i states, const uint8_t **next) {
    // States take a word if their upper half is zero.
    const __m256i takes = _mm256_cmpeq_epi32(_mm256_srli_epi32(states, 16), _mm256_setzero_si256());
    const unsigned mask = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(takes));
    const __m256i words = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)*next));
    const __m256i order = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)spread[mask]));
    const __m256i filled = _mm256_or_si256(_mm256_slli_epi32(states, 16), _mm256_permutevar8x32_epi32(words, order));
    *next += 2 * __builtin_popcount(mask);
    return _mm256_blendv_epi8(states, filled, takes);
}

// The lowest bytes of the lanes of two vectors.
BANTAM_AVX2 static inline void store_symbols(uint8_t *symbols, __m256i a, __m256i b) {
    const __m256i mask = _mm256_set1_epi32(255);
    __m256i both = _mm256_packus_epi32(_mm256_and_si256(a, mask), _mm256_and_si256(b, mask));
    both = _mm256_permute4x64_epi64(both, 0xd8);
    const __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
    _mm_storeu_si128((__m128i *)symbols, bytes);
}

BANTAM_AVX2 static inline __attribute__((always_inline)) size_t decode_groups(
    size_t lanes, bantam_class_rans_decoder *decoder, const uint32_t *tables, const uint8_t *classes, size_t groups,
    uint8_t *symbols) {
    __m256i states[MANY_LANES / 8];
    const size_t vectors = lanes / 8;
    for (size_t v = 0; v < vectors; v++) states[v] = _mm256_loadu_si256((const __m256i *)(decoder->states + 8 * v));
    const uint8_t *next = decoder->next;
    size_t group = 0;
    for (; group < groups && (size_t)(decoder->end - next) >= 2 * lanes; group++) {
        const size_t i = group * lanes;
#pragma unroll
        for (size_t v = 0; v < vectors; v += 2) {
            const __m256i first = entries(tables, classes + i + 8 * v, states[v]);
            const __m256i second = entries(tables, classes + i + 8 * v + 8, states[v + 1]);
            store_symbols(symbols + i + 8 * v, first, second);
            states[v] = advance(first, states[v]);
            states[v + 1] = advance(second, states[v + 1]);
        }
#pragma unroll
        for (size_t v = 0; v < vectors; v++) states[v] = refill(states[v], &next);
    }
    for (size_t v = 0; v < vectors; v++) _mm256_storeu_si256((__m256i *)(decoder->states + 8 * v), states[v]);
    decoder->next = next;
    return group;
}

BANTAM_AVX2 size_t class_rans_decode_groups_avx2(bantam_class_rans_decoder *decoder, const uint32_t *tables,
                                                 const uint8_t *classes, size_t groups, uint8_t *symbols) {
    return decoder->lanes == MANY_LANES ? decode_groups(MANY_LANES, decoder, tables, classes, groups, symbols)
                                        : decode_groups(FEW_LANES, decoder, tables, classes, groups, symbols);
}
#endif
