// The inner loops of rate-distortion quantization: trellis-coded indices, found by the Viterbi algorithm and
// coded by interleaved rANS. docs/rate-distortion.md specifies the bytes. Every level computes the same ones.
//
// Element i of a block is on lane i mod `lanes`; each lane goes through a trellis of its own, from state 0. The
// lowest bit of the state says which of two quantizers an index k is of: 0 stands for level 2k, 1 for level
// 2k - sgn k. A level counts steps.
#ifndef BANTAM_TRELLIS_H
#define BANTAM_TRELLIS_H

#include <stddef.h>
#include <stdint.h>

enum {
    BANTAM_TRELLIS_LANES = 32,      // the most lanes; always a power of two
    BANTAM_TRELLIS_STATES = 256,    // the most states
    BANTAM_TRELLIS_CLASSES = 64,    // the most classes of elements
    BANTAM_TRELLIS_RATES = 2048,    // magnitudes of an index that have costs of their own
    BANTAM_TRELLIS_LARGEST = 32767, // the largest magnitude of an index
    BANTAM_TRELLIS_OFFSETS = 8,     // magnitudes with offsets of their own, the last one's for all beyond it
    BANTAM_TRELLIS_COST_BITS = 14,  // fraction bits of a cost, whose unit is the square of a step
    BANTAM_TRELLIS_SLOTS = 4096,    // what the frequencies of a table add up to
    BANTAM_TRELLIS_LARGEST_SYMBOL = 127,  // the largest magnitude that is coded as a symbol
    BANTAM_TRELLIS_ESCAPE = -128,
};

// From state s by an index of parity p to (s >> 1) ^ (s & 1 ? h0 : 0) ^ (p ? h1 : 0), where h0 has the top bit of
// a state and h1 has not.
typedef struct {
    uint32_t state_count;  // a power of two, 8 to 256
    uint32_t h0, h1;
} bantam_trellis;

// MARK: Search

typedef struct {
    bantam_trellis trellis;
    // Costs of an index by its class, quantizer and magnitude: [class][2][BANTAM_TRELLIS_RATES]. Below 2^21.
    const int32_t *rates;
    // What is added to the magnitude of a level where it is reconstructed; that of magnitude 0 is 0.
    float offsets[2][BANTAM_TRELLIS_OFFSETS];
    // Whether every value that is zero gets index 0.
    uint32_t keeps_zeros;
} bantam_trellis_costs;

// Bytes of `scratch` for a search over `count` elements.
size_t bantam_trellis_scratch_bytes(const bantam_trellis *trellis, size_t count, size_t lanes);

// Finds the indices of least cost, distortion and rate together, for `values` in steps, whose magnitudes must be
// below 2·BANTAM_TRELLIS_LARGEST - 4. `contexts` holds an element's class and becomes 2·class + quantizer.
void bantam_trellis_search(const bantam_trellis_costs *costs, const float *values, size_t count, size_t lanes,
                           uint8_t *contexts, int16_t *indices, void *scratch);

// What a search found. The sums are in units of 2^-16 of a step and 2^-16 of its square.
typedef struct {
    // How often each magnitude stands in each context; beyond the table its last place counts.
    uint32_t counts[BANTAM_TRELLIS_CLASSES * 2][BANTAM_TRELLIS_RATES];
    // By quantizer and magnitude: how far values lie beyond their level, and how many there are.
    int64_t residuals[2][BANTAM_TRELLIS_OFFSETS];
    uint64_t numbers[2][BANTAM_TRELLIS_OFFSETS];
    uint64_t distortion;  // with the offsets
} bantam_trellis_statistics;

void bantam_trellis_count(const float offsets[2][BANTAM_TRELLIS_OFFSETS], const float *values,
                          const uint8_t *contexts, const int16_t *indices, size_t count,
                          bantam_trellis_statistics *statistics);

// Adds what another part of the data gave to `sum`.
void bantam_trellis_add(bantam_trellis_statistics *sum, const bantam_trellis_statistics *part);

// MARK: Coding

// One table. The symbol of an index k ≠ 0 is sgn(k)·(1 + ((|k| - 1) >> raw_bits)), whose lowest bits follow raw.
// Frequencies of a magnitude are those of either sign. All of them add up to BANTAM_TRELLIS_SLOTS.
typedef struct {
    uint32_t raw_bits;  // 0 to 4
    uint32_t largest;   // the largest magnitude of a symbol
    uint16_t escape_frequency;
    uint16_t frequencies[BANTAM_TRELLIS_LARGEST_SYMBOL + 1];
} bantam_trellis_table;

// Codes `indices` backwards: words to before `*words`, escaped indices to before `*escapes`, both set to where they
// begin. There must be room for as many words and escapes as there are elements. `tables` is by context.
void bantam_trellis_encode(const bantam_trellis_table *const *tables, const int16_t *indices,
                           const uint8_t *contexts, size_t count, size_t lanes,
                           uint32_t states[BANTAM_TRELLIS_LANES], uint16_t **words, int16_t **escapes);

// The slots of `table` as the decoder looks them up: symbol, frequency - 1, place within the symbol's slots.
void bantam_trellis_fill_slots(const bantam_trellis_table *table, uint32_t slots[BANTAM_TRELLIS_SLOTS]);

// The contexts of elements `first` on of a matrix whose rows and columns have classes: group + 256·raw bits as
// `groups` gives them for the sum of both classes, kept within 0 to 63. No column classes: null.
void bantam_trellis_contexts(const int8_t *row_classes, const int8_t *column_classes, size_t columns,
                             const uint16_t groups[BANTAM_TRELLIS_CLASSES], size_t first, size_t count,
                             uint16_t *contexts);

typedef struct {
    bantam_trellis trellis;
    const uint32_t *slots;  // [group][2][BANTAM_TRELLIS_SLOTS]
    float offsets[2][BANTAM_TRELLIS_OFFSETS];
    float step;
    int has_raw_bits;  // whether any context has
    size_t lanes;
    // What is added to elements by their column, BANTAM_TRELLIS_LANES columns or more; behind the last of them stand
    // the first BANTAM_TRELLIS_LANES again. Negative zero adds nothing.
    const float *means;
    size_t columns;
} bantam_trellis_decoder;

// Where decoding stands. `words` need not be aligned.
typedef struct {
    uint32_t coder[BANTAM_TRELLIS_LANES];
    uint32_t trellis[BANTAM_TRELLIS_LANES];
    const uint8_t *words, *words_end;
    const int16_t *escapes, *escapes_end;
} bantam_trellis_cursor;

// Decodes the next `count` elements, a multiple of the lanes but at the end of a block, to
// sgn(k)·(|level| + offset)·step + mean, the first of which is in `column`. Returns 0 if words or escapes are missing;
// `result` then holds anything.
int bantam_trellis_decode(const bantam_trellis_decoder *decoder, bantam_trellis_cursor *cursor,
                          const uint16_t *contexts, size_t column, size_t count, float *result);

#endif
