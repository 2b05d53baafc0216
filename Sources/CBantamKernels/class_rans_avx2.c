// The AVX2 copy of decoding: four vectors of 8 states, entries gathered, words spread by a permutation.

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

BANTAM_AVX2 size_t class_rans_decode_groups_avx2(bantam_class_rans_decoder *decoder, const uint32_t *tables,
                                                 const uint8_t *classes, size_t groups, uint8_t *symbols) {
    __m256i a = _mm256_loadu_si256((const __m256i *)decoder->states);
    __m256i b = _mm256_loadu_si256((const __m256i *)(decoder->states + 8));
    __m256i c = _mm256_loadu_si256((const __m256i *)(decoder->states + 16));
    __m256i d = _mm256_loadu_si256((const __m256i *)(decoder->states + 24));
    const uint8_t *next = decoder->next;
    size_t group = 0;
    for (; group < groups && decoder->end - next >= 2 * LANES; group++) {
        const size_t i = group * LANES;
        const __m256i entry_a = entries(tables, classes + i, a), entry_b = entries(tables, classes + i + 8, b);
        const __m256i entry_c = entries(tables, classes + i + 16, c), entry_d = entries(tables, classes + i + 24, d);
        store_symbols(symbols + i, entry_a, entry_b);
        store_symbols(symbols + i + 16, entry_c, entry_d);
        a = refill(advance(entry_a, a), &next);
        b = refill(advance(entry_b, b), &next);
        c = refill(advance(entry_c, c), &next);
        d = refill(advance(entry_d, d), &next);
    }
    _mm256_storeu_si256((__m256i *)decoder->states, a);
    _mm256_storeu_si256((__m256i *)(decoder->states + 8), b);
    _mm256_storeu_si256((__m256i *)(decoder->states + 16), c);
    _mm256_storeu_si256((__m256i *)(decoder->states + 24), d);
    decoder->next = next;
    return group;
}
#endif
