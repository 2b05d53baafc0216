// Passes over the bit patterns of floats for pruning. With the sign bit off, the patterns of every float format
// used here are in the order of the magnitudes, so one loop per width serves all formats.

#include "vectors.h"

// A loop over blocks of constant length is one the compiler turns into vectors at every level.
enum { BLOCK = 64 };

#define BANTAM_PRUNE_KERNELS(width)                                                                         \
    typedef uint##width##_t word##width;                                                                    \
                                                                                                            \
    BANTAM_BODY void bantam_prune_below_##width##_body(const word##width *source, size_t count,             \
                                                       word##width threshold, word##width *result) {        \
        const word##width magnitude = (word##width)~(word##width)0 >> 1;                                    \
        for (size_t i = 0; i < count; i++)                                                                  \
            result[i] = (word##width)(source[i] & magnitude) < threshold ? 0 : source[i];                   \
    }                                                                                                       \
                                                                                                            \
    /* Sums of a block fit the width, so that they are added up as vectors. */                              \
    BANTAM_BODY bantam_magnitude_counts bantam_count_magnitudes_##width##_body(                             \
        const word##width *source, size_t count, word##width threshold) {                                   \
        const word##width magnitude = (word##width)~(word##width)0 >> 1;                                    \
        bantam_magnitude_counts counts = {0, 0};                                                            \
        size_t i = 0;                                                                                       \
        for (; i + BLOCK <= count; i += BLOCK) {                                                            \
            word##width below = 0, equal = 0;                                                               \
            for (size_t j = 0; j < BLOCK; j++) {                                                            \
                word##width key = source[i + j] & magnitude;                                                \
                below += key < threshold;                                                                   \
                equal += key == threshold;                                                                  \
            }                                                                                               \
            counts.below += below;                                                                          \
            counts.equal += equal;                                                                          \
        }                                                                                                   \
        for (; i < count; i++) {                                                                            \
            word##width key = source[i] & magnitude;                                                        \
            counts.below += key < threshold;                                                                \
            counts.equal += key == threshold;                                                               \
        }                                                                                                   \
        return counts;                                                                                      \
    }                                                                                                       \
                                                                                                            \
    BANTAM_DISPATCH(void, bantam_prune_below_##width,                                                       \
                    (const word##width *source, size_t count, word##width threshold, word##width *result),  \
                    (source, count, threshold, result))                                                     \
    BANTAM_DISPATCH(bantam_magnitude_counts, bantam_count_magnitudes_##width,                               \
                    (const word##width *source, size_t count, word##width threshold),                       \
                    (source, count, threshold))

BANTAM_PRUNE_KERNELS(8)
BANTAM_PRUNE_KERNELS(16)
BANTAM_PRUNE_KERNELS(32)
BANTAM_PRUNE_KERNELS(64)

// MARK: Counting digits

// Blocks without a match, nearly all of them, cost one comparison per vector.
BANTAM_BODY void bantam_count_low_digits_body(const uint32_t *source, size_t count, uint32_t high,
                                              uint32_t *counts) {
    size_t i = 0;
    for (; i + BLOCK <= count; i += BLOCK) {
        uint32_t matches = 0;
        for (size_t j = 0; j < BLOCK; j++) matches |= (source[i + j] & 0x7fffffffu) >> 16 == high;
        if (!matches) continue;
        for (size_t j = 0; j < BLOCK; j++) {
            uint32_t key = source[i + j] & 0x7fffffffu;
            if (key >> 16 == high) counts[(j & 3) << 16 | (key & 0xffff)]++;
        }
    }
    for (; i < count; i++) {
        uint32_t key = source[i] & 0x7fffffffu;
        if (key >> 16 == high) counts[key & 0xffff]++;
    }
}

BANTAM_DISPATCH(void, bantam_count_low_digits,
                (const uint32_t *source, size_t count, uint32_t high, uint32_t *counts),
                (source, count, high, counts))

