// What the rANS loops in plain C share: vectors of 16 bytes, which every processor has, and tables by the mask of eight
// lanes.
#ifndef BANTAM_RANS_PORTABLE_H
#define BANTAM_RANS_PORTABLE_H

#include "rans.h"

typedef uint8_t bytes __attribute__((vector_size(16)));
typedef uint8_t half_bytes __attribute__((vector_size(8)));
typedef uint16_t words __attribute__((vector_size(16)));
typedef uint32_t word_pairs __attribute__((vector_size(16)));
typedef uint64_t eights __attribute__((vector_size(16)));
typedef double doubles __attribute__((vector_size(16)));
typedef _Bool flags __attribute__((ext_vector_type(16)));

// The low bytes of 16 words.
BANTAM_BODY bytes narrowed(words first, words second) {
    const half_bytes a = __builtin_convertvector(first, half_bytes), b = __builtin_convertvector(second, half_bytes);
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

// The first halves of two vectors, a word of each by turns.
BANTAM_BODY words zipped(words a, words b) { return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11); }

// Eight bytes from each of two places. As doubles, for then compilers load the second into the upper half at once.
BANTAM_BODY eights two_eights(const void *lower, const void *upper) {
    double pair[2];
    memcpy(&pair[0], lower, 8);
    memcpy(&pair[1], upper, 8);
    return (eights)(doubles){pair[0], pair[1]};
}

// A bit for each byte that is not 0.
BANTAM_BODY unsigned bits_of(bytes all) {
    const flags bits = __builtin_convertvector(all, flags);
    uint16_t result;
    memcpy(&result, &bits, sizeof result);
    return result;
}

// What `of` makes of each mask of eight lanes and `d`.
#define FOR_4(of, mask, d) of(mask, d), of(mask + 1, d), of(mask + 2, d), of(mask + 3, d)
#define FOR_16(of, mask, d) FOR_4(of, mask, d), FOR_4(of, mask + 4, d), FOR_4(of, mask + 8, d), FOR_4(of, mask + 12, d)
#define FOR_64(of, mask, d) \
    FOR_16(of, mask, d), FOR_16(of, mask + 16, d), FOR_16(of, mask + 32, d), FOR_16(of, mask + 48, d)
#define FOR_256(of, d) {FOR_64(of, 0, d), FOR_64(of, 64, d), FOR_64(of, 128, d), FOR_64(of, 192, d)}
#define COUNT(mask, d) __builtin_popcount(mask)
// What all lanes make of it together.
#define ALL_LANES(of, mask, d)                                                                                     \
    (of(mask, 0, d) | of(mask, 1, d) | of(mask, 2, d) | of(mask, 3, d) | of(mask, 4, d) | of(mask, 5, d)           \
     | of(mask, 6, d) | of(mask, 7, d))

#endif
