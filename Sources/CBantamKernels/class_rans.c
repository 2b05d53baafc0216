// rANS where every element names its table: 32 or 64 states of 32 bits, words of 16, so that a table of 12 bits loses
// next to nothing and a state takes at most one word a symbol.

#include "class_rans.h"

// MARK: Tables

int bantam_class_rans_decoding_tables(const uint16_t *frequencies, size_t classes, size_t symbols,
                                      uint32_t *tables) {
    for (size_t class = 0; class < classes; class++, tables += TABLE_SIZE) {
        unsigned start = 0;
        for (size_t symbol = 0; symbol < symbols; symbol++) {
            const unsigned frequency = *frequencies++;
            if (frequency > TABLE_SIZE - start) return 0;
            if (!frequency) continue;
            const uint32_t entry = (uint32_t)symbol | (frequency - 1) << 8;
            for (uint32_t i = 0; i < frequency; i++) tables[start + i] = entry | i << 20;
            start += frequency;
        }
        if (start != TABLE_SIZE) return 0;
    }
    return 1;
}

void bantam_class_rans_encoding_tables(const uint16_t *frequencies, size_t classes, size_t symbols,
                                       bantam_class_rans_entry *tables) {
    for (size_t class = 0; class < classes; class++) {
        unsigned start = 0;
        for (size_t symbol = 0; symbol < symbols; symbol++) {
            const unsigned frequency = *frequencies++;
            bantam_class_rans_entry *entry = tables + 256 * class + symbol;
            entry->frequency = frequency;
            entry->complement = (uint16_t)(TABLE_SIZE - frequency);
            entry->bias = (uint16_t)start;
            // Rounded up it is exact: states are below 2^32 and the error is below 2^12 / 2^64. For a frequency
            // of 1 it is one too small and so is the quotient, which the bias makes good.
            entry->reciprocal = frequency > 1 ? UINT64_MAX / frequency + 1 : UINT64_MAX;
            if (frequency == 1) entry->bias = (uint16_t)(start + TABLE_SIZE - 1);
            start += frequency;
        }
    }
}

// MARK: Encoding

// Codes a group of up to as many symbols as there are lanes, the last one first, so that the decoder finds the words in
// the order of the lanes.
static inline uint8_t *encode_group(const bantam_class_rans_entry *tables, const uint8_t *classes,
                                    const uint8_t *symbols, size_t count, uint32_t *states, uint8_t *end) {
    for (size_t lane = count; lane-- > 0;) {
        const bantam_class_rans_entry *entry = tables + ((size_t)classes[lane] << 8 | symbols[lane]);
        uint32_t state = states[lane];
        const unsigned spills = state >= (uint64_t)entry->frequency << (32 - TABLE_BITS);
        end[-2] = (uint8_t)state;
        end[-1] = (uint8_t)(state >> 8);
        end -= 2 * spills;
        state >>= 16 * spills;
        const uint32_t quotient = (uint32_t)((unsigned __int128)state * entry->reciprocal >> 64);
        states[lane] = state + entry->bias + quotient * entry->complement;
    }
    return end;
}

uint8_t *bantam_class_rans_encode(const bantam_class_rans_entry *tables, const uint8_t *classes,
                                  const uint8_t *symbols, size_t count, size_t lanes, uint32_t *states,
                                  uint8_t *end) {
    uint32_t local[MANY_LANES];
    for (size_t lane = 0; lane < lanes; lane++) local[lane] = BANTAM_CLASS_RANS_START;
    const size_t groups = count / lanes, first = groups * lanes;
    end = encode_group(tables, classes + first, symbols + first, count - first, local, end);
#if defined(__x86_64__)
    if (bantam_simd_level() == 2 && lanes >= FEW_LANES) {
        end = class_rans_encode_groups_avx512(tables, classes, symbols, groups, lanes, local, end);
    } else
#endif
        for (size_t i = first; i > 0;) {
            i -= lanes;
            end = encode_group(tables, classes + i, symbols + i, lanes, local, end);
        }
    memcpy(states, local, lanes * sizeof *states);
    return end;
}

// MARK: Decoding

static size_t decode_groups(bantam_class_rans_decoder *decoder, const uint32_t *tables, const uint8_t *classes,
                            size_t groups, uint8_t *symbols) {
    switch (bantam_simd_level()) {
#if defined(__x86_64__)
    case 2: return class_rans_decode_groups_avx512(decoder, tables, classes, groups, symbols);
    case 1: return class_rans_decode_groups_avx2(decoder, tables, classes, groups, symbols);
#endif
    default: return 0;
    }
}

// Plain groups as long as there is a word for each lane.
static size_t decode_groups_portable(bantam_class_rans_decoder *decoder, const uint32_t *tables,
                                     const uint8_t *classes, size_t groups, uint8_t *symbols) {
    const uint8_t *next = decoder->next;
    size_t group = 0;
    const size_t lanes = decoder->lanes;
    for (; group < groups && (size_t)(decoder->end - next) >= 2 * lanes; group++) {
        for (size_t lane = 0; lane < lanes; lane++) {
            const size_t i = group * lanes + lane;
            uint32_t state = decoder->states[lane];
            const uint32_t entry = tables[(size_t)classes[i] << TABLE_BITS | (state & (TABLE_SIZE - 1))];
            symbols[i] = (uint8_t)entry;
            state = ((entry >> 8 & (TABLE_SIZE - 1)) + 1) * (state >> TABLE_BITS) + (entry >> 20);
            const unsigned takes = state < BANTAM_CLASS_RANS_START;
            const uint32_t filled = state << 16 | (uint32_t)(next[0] | next[1] << 8);
            decoder->states[lane] = takes ? filled : state;
            next += 2 * takes;
        }
    }
    decoder->next = next;
    return group;
}

int bantam_class_rans_decode(bantam_class_rans_decoder *decoder, const uint32_t *tables,
                             const uint8_t *classes, size_t count, uint8_t *symbols) {
    size_t i = 0;
    const size_t lanes = decoder->lanes;
    if (lanes >= FEW_LANES) {
        size_t groups = decode_groups(decoder, tables, classes, count / lanes, symbols);
        groups += decode_groups_portable(decoder, tables, classes + groups * lanes, count / lanes - groups,
                                         symbols + groups * lanes);
        i = groups * lanes;
    }
    // The rest one by one, each word checked.
    size_t lane = 0;
    for (; i < count; i++) {
        uint32_t state = decoder->states[lane];
        const uint32_t entry = tables[(size_t)classes[i] << TABLE_BITS | (state & (TABLE_SIZE - 1))];
        symbols[i] = (uint8_t)entry;
        state = ((entry >> 8 & (TABLE_SIZE - 1)) + 1) * (state >> TABLE_BITS) + (entry >> 20);
        if (state < BANTAM_CLASS_RANS_START) {
            if (decoder->end - decoder->next < 2) return 0;
            state = state << 16 | (uint32_t)(decoder->next[0] | decoder->next[1] << 8);
            decoder->next += 2;
        }
        decoder->states[lane] = state;
        if (++lane == lanes) lane = 0;
    }
    return 1;
}

int bantam_class_rans_is_finished(const bantam_class_rans_decoder *decoder) {
    unsigned wrong = decoder->next != decoder->end;
    for (size_t lane = 0; lane < decoder->lanes; lane++)
        wrong |= decoder->states[lane] != BANTAM_CLASS_RANS_START;
    return !wrong;
}

// MARK: Classes

static inline uint8_t clamped(const bantam_class_grid *grid, uint8_t sum) {
    sum = sum < grid->lowest ? grid->lowest : sum;
    return (uint8_t)((sum > grid->highest ? grid->highest : sum) - grid->lowest);
}

BANTAM_BODY void bantam_class_fill_body(const bantam_class_grid *grid, size_t position, size_t count,
                                        uint8_t *classes) {
    const size_t length = grid->column_classes ? grid->columns : grid->row_length;
    size_t row = position / grid->row_length, row_left = grid->row_length - position % grid->row_length;
    size_t column = position % length;
    for (size_t i = 0; i < count;) {
        const size_t piece = length - column < count - i ? length - column : count - i;
        const uint8_t class = grid->row_classes ? grid->row_classes[row] : 0;
        if (grid->column_classes) {
            const uint8_t *columns = grid->column_classes + column;
            for (size_t k = 0; k < piece; k++) classes[i + k] = clamped(grid, (uint8_t)(class + columns[k]));
        } else {
            memset(classes + i, clamped(grid, class), piece);
        }
        i += piece;
        column = 0;
        row_left -= piece;
        if (!row_left) row++, row_left = grid->row_length;
    }
}

BANTAM_DISPATCH(void, bantam_class_fill,
                (const bantam_class_grid *grid, size_t position, size_t count, uint8_t *classes),
                (grid, position, count, classes))
