// The inner loops of the lossless coder `fast`: interleaved rANS fused with splitting and joining elements.
// docs/coders/fast.md specifies the bytes. Every level writes and reads the same ones.
#ifndef BANTAM_RANS_H
#define BANTAM_RANS_H

#include <stddef.h>
#include <stdint.h>

enum {
    BANTAM_RANS_STEP = 128,     // elements that advance together, one per state
    BANTAM_RANS_STREAMS = 4,    // coded bytes of a block with steps: one stream for each 32 states
    BANTAM_RANS_SYMBOLS = 32,   // the largest alphabet, the escape included
    BANTAM_RANS_START = 256,    // the state an encoder starts from and a decoder ends with
};

// How an element is split into a coded value and the rest. The numbers stand in files.
typedef enum {
    BANTAM_RANS_BFLOAT16 = 1,    // exponent coded
    BANTAM_RANS_FLOAT16 = 2,     // exponent and top mantissa bit coded
    BANTAM_RANS_INT16_BYTE = 3,  // high byte coded
    BANTAM_RANS_INT16_NIBBLE = 4,  // top four bits coded
    BANTAM_RANS_INT8 = 5,        // top four bits coded
    BANTAM_RANS_FLOAT8_E4M3 = 6, // exponent and top mantissa bit coded
    BANTAM_RANS_FLOAT8_E5M2 = 7, // exponent and top mantissa bit coded
    BANTAM_RANS_FLOAT32 = 8,     // exponent coded, trailing zero bits of a step dropped
    BANTAM_RANS_FLOAT64 = 9,     // exponent coded if it is one of float32, trailing zero bits dropped
} bantam_rans_layout;

// How much of the lowest mantissa bits of float32 (16) and float64 (45) a step keeps.
typedef enum {
    BANTAM_RANS_KEEP_ALL = 0,
    BANTAM_RANS_KEEP_3 = 1,   // weights that once were float16
    BANTAM_RANS_KEEP_0 = 2,   // weights that once were bfloat16
    BANTAM_RANS_KEEP_16 = 3,  // float64 that once was float32
} bantam_rans_keep;

// Symbol i stands for `values[i]`, the coded bits in the place they have in the high byte; the last symbol is
// the escape if there is one. Frequencies are 1 to 255, together 256.
typedef struct {
    uint32_t symbol_count;
    uint32_t has_escape;
    uint8_t values[BANTAM_RANS_SYMBOLS];
    uint8_t frequencies[BANTAM_RANS_SYMBOLS];
} bantam_rans_model;

// The bytes of an element; the bits of the high byte that are coded; the bits that are not coded.
size_t bantam_rans_element_bytes(bantam_rans_layout layout);
uint8_t bantam_rans_value_mask(bantam_rans_layout layout);
size_t bantam_rans_rest_bits(bantam_rans_layout layout);

// The raw bytes of one step that keeps `keep`; 0 if there is no such step.
size_t bantam_rans_step_bytes(bantam_rans_layout layout, bantam_rans_keep keep);

// Adds the values of `count` elements from `source` to `counts`: of every `stride`-th step of 128, and of the
// rest if `stride` is 1.
void bantam_rans_count(bantam_rans_layout layout, const void *source, size_t count, size_t stride,
                       uint32_t counts[256]);

// Writes what each whole step of float32 or float64 keeps, as a byte each. Returns 0 if an exponent, of those
// beyond the last step too, cannot be coded.
int bantam_rans_find_kept(bantam_rans_layout layout, const void *source, size_t count, uint8_t *kept);

typedef struct {
    bantam_rans_layout layout;
    const bantam_rans_model *model;
    size_t count;         // elements
    size_t lanes;         // 128, or 1 to 127 for blocks without steps
    const uint8_t *kept;  // a bantam_rans_keep for each step; null: all of them keep all
} bantam_rans_block;

// Encodes `source`. Writes the raw planes to `raw`, as many bytes as the steps and the rest take, the states to
// `states`, and backwards from `*escape` and `streams[…]` the escapes and the coded bytes; sets these to where
// they begin. There must be room for a byte and 64 more before each: for every element before the escapes, and
// before a stream for every element of its states. Without steps there is one stream, the first.
void bantam_rans_encode(const bantam_rans_block *block, const void *source, uint8_t *raw, uint16_t *states,
                        uint8_t **escape, uint8_t *streams[BANTAM_RANS_STREAMS]);

// Decodes to `result`. The raw planes must be complete; escapes and streams, which follow each other, need not
// be: the result is 0 if one of them does not end exactly where it should, and `result` then holds anything.
// `states` is used up.
int bantam_rans_decode(const bantam_rans_block *block, const uint8_t *raw, uint16_t *states,
                       const uint8_t *escape, size_t escape_count, const uint8_t *streams,
                       const size_t stream_counts[BANTAM_RANS_STREAMS], void *result);

#endif
