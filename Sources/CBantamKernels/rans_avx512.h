// What the rANS loops with AVX-512 share: vectors of 64 bytes or 32 words, and tables of 256 bytes in registers.
#ifndef BANTAM_RANS_AVX512_H
#define BANTAM_RANS_AVX512_H

#include "rans.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define WIDE static inline __attribute__((always_inline, target("arch=x86-64-v4,avx512vbmi,avx512vbmi2")))
#define WIDE_ENTRY __attribute__((target("arch=x86-64-v4,avx512vbmi,avx512vbmi2"), min_vector_width(512)))

// Places of packed order: even ones are the first vector's of a pair.
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

#endif
#endif
