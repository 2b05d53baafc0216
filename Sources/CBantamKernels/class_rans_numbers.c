// Floats and signed integers apart and together again: values to be coded, and rests in planes of 1, 2, 4, 8, 16
// and 32 bits, which plain loops over 128 elements become vectors for.

#include "class_rans.h"

enum { UNIT = BANTAM_NUMBER_UNIT };

// The bits of a rest: the low bits that are kept, and the sign.
static size_t rest_bits(bantam_number_layout layout, unsigned drop) { return layout.low_bits + 1u - drop; }

size_t bantam_number_rest_bytes(bantam_number_layout layout, size_t count, unsigned drop) {
    return (count * rest_bits(layout, drop) + 7) / 8;
}

// MARK: Planes

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint8_t bytes32 __attribute__((vector_size(32)));
typedef uint8_t bytes64 __attribute__((vector_size(64)));

#define UP_TO_16 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
#define UP_TO_64                                                                                            \
    UP_TO_16, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, \
        40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63
#define ALL_16(x) x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x

// The bytes of a unit: in registers, for what is written in pieces and read as a whole is waited for.
typedef struct { bytes64 lower, upper; } unit_bytes;

// Adds planes of 4, 2 and 1 bits to zeros, the first from the lowest bit up; `from` goes beyond them.
BANTAM_BODY unit_bytes take_small_planes(unsigned bits, const uint8_t **from) {
    unit_bytes bytes = {{0}, {0}};
    unsigned shift = 0;
    if (bits & 4) {
        bytes64 plane;
        memcpy(&plane, *from, sizeof plane);
        bytes = (unit_bytes){plane & 15, plane >> 4};
        *from += sizeof plane, shift = 4;
    }
    if (bits & 2) {
        bytes32 plane;
        memcpy(&plane, *from, sizeof plane);
        const bytes32 quarters[4] = {plane & 3, plane >> 2 & 3, plane >> 4 & 3, plane >> 6};
        bytes.lower |= __builtin_shufflevector(quarters[0], quarters[1], UP_TO_64) << shift;
        bytes.upper |= __builtin_shufflevector(quarters[2], quarters[3], UP_TO_64) << shift;
        *from += sizeof plane, shift += 2;
    }
    if (bits & 1) {
        bytes16 plane;
        memcpy(&plane, *from, sizeof plane);
        const bytes64 four = __builtin_shufflevector(plane, plane, UP_TO_16, UP_TO_16, UP_TO_16, UP_TO_16);
        const bytes64 select = {ALL_16(1), ALL_16(2), ALL_16(4), ALL_16(8)};
        bytes.lower |= (bytes64)((four & select) != 0) & (uint8_t)(1 << shift);
        bytes.upper |= (bytes64)((four & select << 4) != 0) & (uint8_t)(1 << shift);
        *from += sizeof plane;
    }
    return bytes;
}

// The planes of a whole unit, from the lowest bits up; `word` holds the rests of `bits` bits.
#define PLANES(word)                                                                                          \
    BANTAM_BODY uint8_t *put_planes_##word(const word *rests, unsigned bits, uint8_t *to) {                   \
        unsigned shift = 0;                                                                                   \
        if (sizeof(word) == 8 && bits & 32) {                                                                 \
            for (unsigned i = 0; i < UNIT; i++) ((plane32 *)to)[i] = (uint32_t)rests[i];                      \
            to += 4 * UNIT, shift += 32;                                                                      \
        }                                                                                                     \
        if (sizeof(word) >= 4 && bits & 16) {                                                                 \
            for (unsigned i = 0; i < UNIT; i++) ((plane16 *)to)[i] = (uint16_t)(rests[i] >> shift);           \
            to += 2 * UNIT, shift += 16;                                                                      \
        }                                                                                                     \
        if (bits & 8) {                                                                                       \
            for (unsigned i = 0; i < UNIT; i++) to[i] = (uint8_t)(rests[i] >> shift);                         \
            to += UNIT, shift += 8;                                                                           \
        }                                                                                                     \
        uint8_t bytes[UNIT];                                                                                  \
        if (bits & 7)                                                                                         \
            for (unsigned i = 0; i < UNIT; i++) bytes[i] = (uint8_t)(rests[i] >> shift);                      \
        shift = 0;                                                                                            \
        if (bits & 4) {                                                                                       \
            for (unsigned i = 0; i < UNIT / 2; i++) to[i] = (bytes[i] & 15) | (uint8_t)(bytes[i + UNIT / 2] << 4); \
            to += UNIT / 2, shift += 4;                                                                       \
        }                                                                                                     \
        if (bits & 2) {                                                                                       \
            for (unsigned i = 0; i < UNIT / 4; i++) {                                                         \
                uint8_t byte = 0;                                                                             \
                for (unsigned k = 0; k < 4; k++) byte |= (uint8_t)((bytes[i + k * UNIT / 4] >> shift & 3) << 2 * k); \
                to[i] = byte;                                                                                 \
            }                                                                                                 \
            to += UNIT / 4, shift += 2;                                                                       \
        }                                                                                                     \
        if (bits & 1) {                                                                                       \
            for (unsigned i = 0; i < UNIT / 8; i++) {                                                         \
                uint8_t byte = 0;                                                                             \
                for (unsigned k = 0; k < 8; k++) byte |= (uint8_t)((bytes[i + k * UNIT / 8] >> shift & 1) << k);   \
                to[i] = byte;                                                                                 \
            }                                                                                                 \
            to += UNIT / 8;                                                                                   \
        }                                                                                                     \
        return to;                                                                                            \
    }                                                                                                         \
    BANTAM_BODY const uint8_t *take_planes_##word(word *rests, unsigned bits, const uint8_t *from) {          \
        const uint8_t *wide = from;                                                                           \
        const unsigned wide_bits = bits & ~7u;                                                                \
        from += wide_bits / 8 * UNIT;                                                                         \
        const unit_bytes bytes = take_small_planes(bits, &from);                                              \
        typedef word vector __attribute__((vector_size(64 * sizeof(word))));                                  \
        const vector lower = __builtin_convertvector(bytes.lower, vector);                                    \
        const vector upper = __builtin_convertvector(bytes.upper, vector);                                    \
        const word factor = (word)((word)1 << (wide_bits & (8 * sizeof(word) - 1)));                          \
        const vector both[2] = {lower * factor, upper * factor};                                              \
        memcpy(rests, both, sizeof both);                                                                     \
        unsigned shift = 0;                                                                                   \
        if (sizeof(word) == 8 && bits & 32) {                                                                 \
            for (unsigned i = 0; i < UNIT; i++) rests[i] |= ((const plane32 *)wide)[i];                       \
            wide += 4 * UNIT, shift += 32;                                                                    \
        }                                                                                                     \
        if (sizeof(word) >= 4 && bits & 16) {                                                                 \
            for (unsigned i = 0; i < UNIT; i++) rests[i] |= (word)((word)((const plane16 *)wide)[i] << shift); \
            wide += 2 * UNIT, shift += 16;                                                                    \
        }                                                                                                     \
        if (bits & 8)                                                                                         \
            for (unsigned i = 0; i < UNIT; i++) rests[i] |= (word)((word)wide[i] << shift);                   \
        return from;                                                                                          \
    }

// Words at any address.
typedef uint32_t plane32 __attribute__((aligned(1), may_alias));
typedef uint16_t plane16 __attribute__((aligned(1), may_alias));
typedef uint64_t plane64 __attribute__((aligned(1), may_alias));
typedef uint8_t plane8;

PLANES(uint8_t)
PLANES(uint16_t)
PLANES(uint32_t)
PLANES(uint64_t)

// MARK: Elements

// An element is value and rest; `top` is its sign bit, `low` the mask of its low bits.
#define NUMBERS(word, plane)                                                                                   \
    BANTAM_BODY word magnitude_##word(word element, word folds) {                                             \
        const word top = (word)((word)1 << (8 * sizeof(word) - 1));                                           \
        return (word)((element & top ? element ^ folds : element) & ~top);                                    \
    }                                                                                                         \
    BANTAM_BODY void values_##word(bantam_number_layout layout, const void *source, size_t count,             \
                                   uint16_t *values, uint8_t *drops) {                                        \
        const plane *from = source;                                                                           \
        const word folds = layout.is_folded ? (word)~(word)0 : 0, low = (word)(((word)1 << layout.low_bits) - 1); \
        for (size_t start = 0; start < count; start += UNIT) {                                                \
            const size_t end = count - start < UNIT ? count : start + UNIT;                                   \
            word seen = 0;                                                                                    \
            for (size_t i = start; i < end; i++) {                                                            \
                const word magnitude = magnitude_##word(from[i], folds);                                      \
                values[i] = (uint16_t)(magnitude >> layout.low_bits);                                         \
                seen |= magnitude;                                                                            \
            }                                                                                                 \
            seen &= low;                                                                                      \
            drops[start / UNIT] = seen ? (uint8_t)__builtin_ctzll(seen) : layout.low_bits;                    \
        }                                                                                                     \
    }                                                                                                         \
    BANTAM_BODY uint8_t *put_rests_##word(bantam_number_layout layout, const void *source, size_t count,      \
                                          const uint8_t *drops, uint8_t *to) {                                \
        const plane *from = source;                                                                           \
        const word folds = layout.is_folded ? (word)~(word)0 : 0, low = (word)(((word)1 << layout.low_bits) - 1); \
        for (size_t start = 0; start < count; start += UNIT) {                                                \
            const size_t length = count - start < UNIT ? count - start : UNIT;                                \
            const unsigned drop = drops ? drops[start / UNIT] : 0, bits = layout.low_bits + 1u - drop;        \
            word rests[UNIT];                                                                                 \
            for (size_t i = 0; i < length; i++) {                                                             \
                const word element = from[start + i], magnitude = magnitude_##word(element, folds) & low;     \
                const word sign = (word)(element >> (8 * sizeof(word) - 1));                                  \
                rests[i] = (word)((magnitude | (word)(sign << layout.low_bits)) >> drop);                     \
            }                                                                                                 \
            if (length == UNIT) {                                                                             \
                to = put_planes_##word(rests, bits, to);                                                      \
            } else {                                                                                          \
                memset(to, 0, (length * bits + 7) / 8);                                                       \
                for (size_t bit = 0; bit < length * bits; bit++)                                              \
                    to[bit / 8] |= (uint8_t)((rests[bit / bits] >> bit % bits & 1) << bit % 8);               \
                to += (length * bits + 7) / 8;                                                                \
            }                                                                                                 \
        }                                                                                                     \
        return to;                                                                                            \
    }                                                                                                         \
    BANTAM_BODY word joined_##word(bantam_number_layout layout, uint16_t value, word rest) {                  \
        const word top = (word)((word)1 << (8 * sizeof(word) - 1)), low = (word)(((word)1 << layout.low_bits) - 1); \
        const word folds = layout.is_folded ? (word)~top : 0;                                                 \
        const word magnitude = (word)((word)((word)value << layout.low_bits) | (rest & low));                 \
        const word sign = (word)(rest >> layout.low_bits & 1);                                                \
        return (word)(((magnitude ^ ((word)(0 - sign) & folds)) & ~top) | (word)(sign << (8 * sizeof(word) - 1))); \
    }                                                                                                         \
    BANTAM_BODY const uint8_t *join_##word(bantam_number_layout layout, const uint16_t *values,               \
                                           const uint8_t *from, size_t count, const uint8_t *drops, void *result) { \
        plane *to = result;                                                                                   \
        for (size_t start = 0; start < count; start += UNIT) {                                                \
            const size_t length = count - start < UNIT ? count - start : UNIT;                                \
            const unsigned drop = drops ? drops[start / UNIT] : 0, bits = layout.low_bits + 1u - drop;        \
            word rests[UNIT];                                                                                 \
            if (length == UNIT && !drop) {                                                                    \
                from = take_planes_##word(rests, layout.low_bits + 1u, from);                                 \
                for (size_t i = 0; i < UNIT; i++)                                                             \
                    to[start + i] = joined_##word(layout, values[start + i], rests[i]);                       \
                continue;                                                                                     \
            }                                                                                                 \
            if (length == UNIT) {                                                                             \
                from = take_planes_##word(rests, bits, from);                                                 \
            } else {                                                                                          \
                memset(rests, 0, sizeof rests);                                                               \
                for (size_t bit = 0; bit < length * bits; bit++)                                              \
                    rests[bit / bits] |= (word)((word)(from[bit / 8] >> bit % 8 & 1) << bit % bits);          \
                from += (length * bits + 7) / 8;                                                              \
            }                                                                                                 \
            for (size_t i = 0; i < length; i++)                                                               \
                to[start + i] = joined_##word(layout, values[start + i], (word)(rests[i] << drop));           \
        }                                                                                                     \
        return from;                                                                                          \
    }

NUMBERS(uint8_t, plane8)
NUMBERS(uint16_t, plane16)
NUMBERS(uint32_t, plane32)
NUMBERS(uint64_t, plane64)

#define FOR_WIDTH(call)                     \
    switch (layout.element_bytes) {         \
    case 1: call(uint8_t); break;           \
    case 2: call(uint16_t); break;          \
    case 4: call(uint32_t); break;          \
    default: call(uint64_t);                \
    }

BANTAM_BODY void bantam_number_values_body(bantam_number_layout layout, const void *source, size_t count,
                                           uint16_t *values, uint8_t *drops) {
#define CALL(word) values_##word(layout, source, count, values, drops)
    FOR_WIDTH(CALL)
#undef CALL
}

BANTAM_BODY size_t bantam_number_put_rests_body(bantam_number_layout layout, const void *source, size_t count,
                                                const uint8_t *drops, uint8_t *rests) {
    uint8_t *end;
#define CALL(word) end = put_rests_##word(layout, source, count, drops, rests)
    FOR_WIDTH(CALL)
#undef CALL
    return (size_t)(end - rests);
}

BANTAM_BODY size_t bantam_number_join_body(bantam_number_layout layout, const uint16_t *values,
                                           const uint8_t *rests, size_t count, const uint8_t *drops,
                                           void *result) {
    const uint8_t *end;
#define CALL(word) end = join_##word(layout, values, rests, count, drops, result)
    // The bits of 8-bit numbers, bfloat16, float16 and float32 as constants.
#define COMMON(word, bits)                                               \
    if (layout.element_bytes == sizeof(word) && layout.low_bits == bits) { \
        layout.low_bits = bits;                                          \
        CALL(word);                                                      \
        return (size_t)(end - rests);                                    \
    }
    COMMON(uint8_t, 0)
    COMMON(uint16_t, 4)
    COMMON(uint16_t, 7)
    COMMON(uint32_t, 20)
#undef COMMON
    FOR_WIDTH(CALL)
#undef CALL
    return (size_t)(end - rests);
}

BANTAM_DISPATCH(void, bantam_number_values,
                (bantam_number_layout layout, const void *source, size_t count, uint16_t *values, uint8_t *drops),
                (layout, source, count, values, drops))
BANTAM_DISPATCH(size_t, bantam_number_put_rests,
                (bantam_number_layout layout, const void *source, size_t count, const uint8_t *drops,
                 uint8_t *rests),
                (layout, source, count, drops, rests))
BANTAM_DISPATCH(size_t, bantam_number_join,
                (bantam_number_layout layout, const uint16_t *values, const uint8_t *rests, size_t count,
                 const uint8_t *drops, void *result),
                (layout, values, rests, count, drops, result))

// MARK: Scales

BANTAM_BODY uint32_t magnitude_of(bantam_magnitude_scale scale, uint32_t value) {
    if (scale.mantissa_bits == 0xff) return 2 * value + 1;
    const int32_t exponent = (int32_t)(value >> scale.mantissa_bits);
    // Below the lowest normal exponent there is no leading one.
    const uint32_t leading = exponent > 0 ? 1u << scale.mantissa_bits : 0;
    int32_t shift = (exponent > 1 ? exponent : 1) - scale.lowest_exponent;
    const uint32_t significand = shift < 0 ? 0 : leading | (value & ((1u << scale.mantissa_bits) - 1));
    shift = shift < 0 ? 0 : shift > 20 ? 20 : shift;
    return significand << shift;
}

BANTAM_BODY uint64_t bantam_sum_magnitudes_body(bantam_magnitude_scale scale, const uint16_t *values,
                                                size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += magnitude_of(scale, values[i]);
    return sum;
}

BANTAM_BODY void bantam_add_magnitudes_body(bantam_magnitude_scale scale, const uint16_t *values, size_t count,
                                            unsigned shift, uint64_t *sums) {
    for (size_t i = 0; i < count; i++) sums[i] += (uint64_t)magnitude_of(scale, values[i]) << 16 >> shift;
}

BANTAM_DISPATCH(uint64_t, bantam_sum_magnitudes,
                (bantam_magnitude_scale scale, const uint16_t *values, size_t count), (scale, values, count))
BANTAM_DISPATCH(void, bantam_add_magnitudes,
                (bantam_magnitude_scale scale, const uint16_t *values, size_t count, unsigned shift,
                 uint64_t *sums),
                (scale, values, count, shift, sums))
