// Symbols to values and back: most symbols are values less a constant, a few carry further bits.

#include "class_rans.h"

static int take_bits(const uint8_t *bits, size_t byte_count, uint64_t *bit, unsigned count, uint64_t *result) {
    const uint64_t first = *bit, end = first + count;
    if (end > 8 * (uint64_t)byte_count) return 0;
    uint64_t value = 0;
    const size_t byte = first >> 3;
    const unsigned skipped = first & 7;
    if (byte_count - byte >= 9) {
        memcpy(&value, bits + byte, 8);
        value >>= skipped;
        if (skipped) value |= (uint64_t)bits[byte + 8] << (64 - skipped);
    } else {
        for (size_t i = byte; 8 * (uint64_t)i < end; i++) {
            const int shift = (int)(8 * (i - byte)) - (int)skipped;
            value |= shift < 0 ? (uint64_t)bits[i] >> -shift : (uint64_t)bits[i] << shift;
        }
    }
    *result = count < 64 ? value & ((1ull << count) - 1) : value;
    *bit = end;
    return 1;
}

// There is room for 9 bytes behind the last bit, all zero.
static void put_bits(uint8_t *bits, uint64_t *bit, unsigned count, uint64_t value) {
    uint8_t *byte = bits + (*bit >> 3);
    const unsigned skipped = *bit & 7;
    uint64_t low;
    memcpy(&low, byte, 8);
    low |= value << skipped;
    memcpy(byte, &low, 8);
    if (skipped && count + skipped > 64) byte[8] |= (uint8_t)(value >> (64 - skipped));
    *bit += count;
}

// 64 elements at a time: all as if their symbols were plain, then those that are not. The bits that say where
// they are come from a multiplication, which gathers the lowest bit of eight bytes.
#define VALUES(type)                                                                                           \
    size_t i = 0;                                                                                              \
    const uint8_t plain = (uint8_t)alphabet->plain;                                                            \
    const int has_wide = alphabet->plain < BANTAM_CLASS_RANS_SYMBOLS;                                          \
    const type first = (type)alphabet->first;                                                                  \
    while (i < count) {                                                                                        \
        const size_t length = count - i < 64 ? count - i : 64;                                                 \
        uint8_t is_wide[64] = {0};                                                                             \
        if (length == 64) {                                                                                    \
            for (unsigned k = 0; k < 64; k++) values[i + k] = (type)(first + symbols[i + k]);                  \
            for (unsigned k = 0; k < 64; k++) is_wide[k] = symbols[i + k] >= plain;                            \
        } else {                                                                                               \
            for (unsigned k = 0; k < length; k++) values[i + k] = (type)(first + symbols[i + k]);              \
            for (unsigned k = 0; k < length; k++) is_wide[k] = symbols[i + k] >= plain;                        \
        }                                                                                                      \
        uint8_t any = 0;                                                                                       \
        for (unsigned k = 0; k < 64; k++) any |= is_wide[k];                                                   \
        if (has_wide && any)                                                                                   \
            for (unsigned eight = 0; eight < 64; eight += 8) {                                                 \
                uint64_t marks;                                                                                \
                memcpy(&marks, is_wide + eight, 8);                                                            \
                for (; marks; marks &= marks - 1) {                                                            \
                    const size_t k = i + eight + (unsigned)__builtin_ctzll(marks) / 8;                         \
                    uint64_t extra;                                                                            \
                    if (!take_bits(bits, byte_count, bit, alphabet->extras[symbols[k]], &extra)) return 0;     \
                    values[k] = (type)(alphabet->bases[symbols[k]] + extra);                                   \
                }                                                                                              \
            }                                                                                                  \
        i += length;                                                                                           \
    }                                                                                                          \
    return 1;

BANTAM_BODY int bantam_values_16_body(const bantam_alphabet *alphabet, const uint8_t *symbols, size_t count,
                                      const uint8_t *bits, size_t byte_count, uint64_t *bit, uint16_t *values) {
    VALUES(uint16_t)
}

BANTAM_BODY int bantam_values_64_body(const bantam_alphabet *alphabet, const uint8_t *symbols, size_t count,
                                      const uint8_t *bits, size_t byte_count, uint64_t *bit, uint64_t *values) {
    VALUES(uint64_t)
}

BANTAM_DISPATCH(int, bantam_values_16,
                (const bantam_alphabet *alphabet, const uint8_t *symbols, size_t count, const uint8_t *bits,
                 size_t byte_count, uint64_t *bit, uint16_t *values),
                (alphabet, symbols, count, bits, byte_count, bit, values))
BANTAM_DISPATCH(int, bantam_values_64,
                (const bantam_alphabet *alphabet, const uint8_t *symbols, size_t count, const uint8_t *bits,
                 size_t byte_count, uint64_t *bit, uint64_t *values),
                (alphabet, symbols, count, bits, byte_count, bit, values))

void bantam_symbols_16(const bantam_alphabet *alphabet, const uint8_t *symbol_of, const uint16_t *values,
                       size_t count, uint8_t *symbols, uint8_t *bits, uint64_t *bit) {
    uint64_t place = *bit;
    for (size_t i = 0; i < count; i++) {
        const uint8_t symbol = symbol_of[values[i]];
        symbols[i] = symbol;
        if (symbol >= alphabet->plain)
            put_bits(bits, &place, alphabet->extras[symbol], values[i] - alphabet->bases[symbol]);
    }
    *bit = place;
}

static inline unsigned symbol_of(const bantam_alphabet *alphabet, uint64_t value) {
    if (value - alphabet->first < alphabet->plain) return (unsigned)(value - alphabet->first);
    // The last of the others that begins no later.
    unsigned low = alphabet->plain, high = alphabet->count;
    while (high - low > 1) {
        const unsigned middle = (low + high) / 2;
        if (alphabet->bases[middle] <= value) low = middle;
        else high = middle;
    }
    return low;
}

void bantam_symbols_64(const bantam_alphabet *alphabet, const uint64_t *values, size_t count, uint8_t *symbols,
                       uint8_t *bits, uint64_t *bit) {
    uint64_t place = *bit;
    for (size_t i = 0; i < count; i++) {
        const unsigned symbol = symbol_of(alphabet, values[i]);
        if (symbol >= alphabet->plain)
            put_bits(bits, &place, alphabet->extras[symbol], values[i] - alphabet->bases[symbol]);
        symbols[i] = (uint8_t)symbol;
    }
    *bit = place;
}

void bantam_count_symbols_64(const bantam_alphabet *alphabet, const uint64_t *values, size_t count,
                             uint32_t *counts) {
    for (size_t i = 0; i < count; i++) counts[symbol_of(alphabet, values[i])]++;
}
