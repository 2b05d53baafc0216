// What stands below the heads of float32 and float64, one element after the other.
#ifndef BANTAM_RANS_LOW_BITS_H
#define BANTAM_RANS_LOW_BITS_H

#include "rans.h"

// Bits 13 and 14 of a step of 16-bit words in a plane of two bits, bit 15 in one of one bit.
BANTAM_BODY void read_3(const uint8_t *raw, uint16_t words[STEP]) {
    for (unsigned v = 0; v < 4; v++)
        for (unsigned j = 0; j < 32; j++) {
            unsigned pair = raw[j] >> (2 * v) & 3, top = raw[32 + 4 * v + j / 8] >> (j % 8) & 1;
            words[32 * v + j] = (uint16_t)(pair << 13 | top << 15);
        }
}

BANTAM_BODY void write_3(uint8_t *raw, const uint16_t words[STEP]) {
    memset(raw, 0, 48);
    for (unsigned v = 0; v < 4; v++)
        for (unsigned j = 0; j < 32; j++) {
            unsigned word = words[32 * v + j];
            raw[j] |= (uint8_t)((word >> 13 & 3) << (2 * v));
            raw[32 + 4 * v + j / 8] |= (uint8_t)(word >> 15 << (j % 8));
        }
}

BANTAM_BODY void read_low(rans_layout layout, unsigned keep, const uint8_t *raw, uint64_t low[STEP]) {
    const unsigned shift = layout.low_bits - 16;
    uint16_t words[STEP] = {0};
    if (keep == BANTAM_RANS_KEEP_3) {
        read_3(raw, words);
    } else if (keep != BANTAM_RANS_KEEP_0) {
        memcpy(words, raw, sizeof words);
    }
    for (unsigned i = 0; i < STEP; i++) low[i] = (uint64_t)words[i] << shift;
    if (shift && keep == BANTAM_RANS_KEEP_ALL) {
        rans_bit_reader reader = {raw + sizeof words, 0, 0};
        for (unsigned i = 0; i < STEP; i++) low[i] |= rans_take_bits(&reader, shift);
    }
}

BANTAM_BODY void write_low(rans_layout layout, unsigned keep, uint8_t *raw, const uint64_t low[STEP]) {
    const unsigned shift = layout.low_bits - 16;
    uint16_t words[STEP];
    for (unsigned i = 0; i < STEP; i++) words[i] = (uint16_t)(low[i] >> shift);
    if (keep == BANTAM_RANS_KEEP_3) {
        write_3(raw, words);
    } else if (keep != BANTAM_RANS_KEEP_0) {
        memcpy(raw, words, sizeof words);
    }
    if (shift && keep == BANTAM_RANS_KEEP_ALL) {
        memset(raw + sizeof words, 0, (size_t)shift * STEP / 8);
        for (unsigned i = 0; i < STEP; i++)
            rans_put_bits(raw + sizeof words, (size_t)i * shift, low[i] & ((1u << shift) - 1), shift);
    }
}

#endif
