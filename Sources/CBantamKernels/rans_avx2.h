// What the rANS loops with AVX2 share: vectors of 32 bytes or 16 words, and tables of 32 bytes. There is no look-up
// among 256 bytes and no compression, so shuffles of 16 serve.
#ifndef BANTAM_RANS_AVX2_H
#define BANTAM_RANS_AVX2_H

#include "rans.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define NARROW static inline __attribute__((always_inline, target("arch=x86-64-v3")))
#define NARROW_ENTRY __attribute__((target("arch=x86-64-v3")))

NARROW __m256i load(const void *from) { return _mm256_loadu_si256((const __m256i *)from); }
NARROW void store(void *to, __m256i bytes) { _mm256_storeu_si256((__m256i *)to, bytes); }

// Places of packed order: even ones are the first vector's of a pair.
NARROW __m256i packed(__m256i first, __m256i second) {
    return _mm256_or_si256(_mm256_and_si256(first, _mm256_set1_epi16(0xff)), _mm256_slli_epi16(second, 8));
}
NARROW __m256i even(__m256i bytes) { return _mm256_and_si256(bytes, _mm256_set1_epi16(0xff)); }
NARROW __m256i odd(__m256i bytes) { return _mm256_srli_epi16(bytes, 8); }

// A byte for each symbol, in two registers of 16.
typedef struct { __m256i low, high; } table32;

NARROW table32 load_table(const uint8_t bytes[32]) {
    return (table32){_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)bytes)),
                     _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(bytes + 16)))};
}

// Of a place below 128 a shuffle takes the lower four bits; the fifth says which of the two registers.
NARROW __m256i look_up(table32 table, __m256i symbols, int is_large) {
    const __m256i low = _mm256_shuffle_epi8(table.low, symbols);
    if (!is_large) return low;
    return _mm256_blendv_epi8(low, _mm256_shuffle_epi8(table.high, symbols), _mm256_slli_epi16(symbols, 3));
}

#endif
#endif
