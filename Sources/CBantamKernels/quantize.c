// float32 to int8 and int16 codes and back: x ≈ (code - zero_point)·scale.
//
// A slice is scanned and then rounded while it is in cache. The quotient is a true division: multiplying by
// a reciprocal would change a code now and then, and memory is slower than either. The scan compares
// bit patterns as integers: for floats of one sign that is the order of their magnitudes, with infinity and
// NaN on top.

#include "vectors.h"

#include <float.h>
#include <math.h>

static const uint32_t infinity_bits = 0x7f800000u;
static const uint32_t sign_bit = 0x80000000u;

// Adding 1.5·2^23 leaves the integer nearest to a number below 2^22 (ties to even) in the low bits.
static const float rounder = 12582912.0f;
static const int32_t rounder_bits = 0x4b400000;

// No function: returning a wide vector is an ABI of its own at each level.
#define LOAD_WORDS(name, source) \
    words name;                  \
    memcpy(&name, source, sizeof name)

// MARK: Scanning

// The elements past the last whole vector are seen by one more vector that overlaps it.
BANTAM_BODY bantam_range bantam_range_of_body(const float *source, size_t count) {
    bantam_range range = {0, 0};
    size_t i = 0;
    if (count >= LANES) {
        integers high0 = {0}, high1 = {0};
        words low0 = {0}, low1 = {0};
        for (; i + 2 * LANES <= count; i += 2 * LANES) {
            LOAD_WORDS(first, source + i);
            LOAD_WORDS(second, source + i + LANES);
            high0 = __builtin_elementwise_max(high0, (integers)first);
            high1 = __builtin_elementwise_max(high1, (integers)second);
            low0 = __builtin_elementwise_max(low0, first);
            low1 = __builtin_elementwise_max(low1, second);
        }
        LOAD_WORDS(rest, source + (i + LANES <= count ? i : count - LANES));
        LOAD_WORDS(last, source + count - LANES);
        high0 = __builtin_elementwise_max(high0, (integers)rest);
        high1 = __builtin_elementwise_max(high1, (integers)last);
        low0 = __builtin_elementwise_max(low0, rest);
        low1 = __builtin_elementwise_max(low1, last);
        range.highest = (uint32_t)__builtin_reduce_max(__builtin_elementwise_max(high0, high1));
        range.lowest = __builtin_reduce_max(__builtin_elementwise_max(low0, low1));
        i = count;
    }
    for (; i < count; i++) {
        uint32_t bits = bits_of(source[i]);
        if ((int32_t)bits > (int32_t)range.highest) range.highest = bits;
        if (bits > range.lowest) range.lowest = bits;
    }
    if (range.lowest < sign_bit) range.lowest = sign_bit;
    return range;
}

BANTAM_BODY uint32_t largest_magnitude(const float *source, size_t count) {
    uint32_t largest = 0;
    size_t i = 0;
    if (count >= LANES) {
        const words magnitude = (words){0} + 0x7fffffffu;
        words largest0 = {0}, largest1 = {0};
        for (; i + 2 * LANES <= count; i += 2 * LANES) {
            LOAD_WORDS(first, source + i);
            LOAD_WORDS(second, source + i + LANES);
            largest0 = __builtin_elementwise_max(largest0, first & magnitude);
            largest1 = __builtin_elementwise_max(largest1, second & magnitude);
        }
        LOAD_WORDS(rest, source + (i + LANES <= count ? i : count - LANES));
        LOAD_WORDS(last, source + count - LANES);
        largest0 = __builtin_elementwise_max(largest0, rest & magnitude);
        largest1 = __builtin_elementwise_max(largest1, last & magnitude);
        largest = __builtin_reduce_max(__builtin_elementwise_max(largest0, largest1));
        i = count;
    }
    for (; i < count; i++) {
        uint32_t bits = bits_of(source[i]) & 0x7fffffffu;
        if (bits > largest) largest = bits;
    }
    return largest;
}

BANTAM_BODY bantam_range symmetric_range(const float *source, size_t count) {
    uint32_t largest = largest_magnitude(source, count);
    return (bantam_range){largest, largest | sign_bit};
}

BANTAM_BODY int is_finite(bantam_range range) {
    return range.highest < infinity_bits && range.lowest < (infinity_bits | sign_bit);
}

// A run shorter than a vector, with as much memory behind it as makes one: what is not its own counts as 0.
BANTAM_BODY bantam_range short_range(const float *source, size_t count, int is_affine) {
    const integers lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    LOAD_WORDS(values, source);
    values &= (words)(lanes < (int32_t)count);
    if (!is_affine) {
        uint32_t largest = __builtin_reduce_max(values & 0x7fffffffu);
        return (bantam_range){largest, largest | sign_bit};
    }
    int32_t highest = __builtin_reduce_max((integers)values);
    uint32_t lowest = __builtin_reduce_max(values);
    return (bantam_range){highest > 0 ? (uint32_t)highest : 0, lowest > sign_bit ? lowest : sign_bit};
}

// MARK: Scales

// Where float32 is too coarse or too narrow for extent/steps. `side` is the end of the slice farther from 0.
static float scale_at_the_limits(double extent, double side, float steps, int is_affine) {
    if (extent == 0) return 0;
    float narrow = (float)extent;
    if (isinf(narrow)) {
        narrow = (float)(extent / steps);
    } else {
        float scale = narrow / steps;
        // A subnormal scale has so few digits that rounding it down can push an end out of the codes. Rounding
        // takes back half a step at the end of a symmetric slice; in an affine one the zero point needs it.
        float quotient = narrow / scale;
        if (scale < FLT_MIN && (is_affine ? quotient > steps : quotient >= steps + 0.5f))
            scale = nextafterf(scale, INFINITY);
        narrow = scale;
    }
    // The multiple nearest to the end may lie beyond the largest float: let the end be a multiple.
    if (isinf((float)rint(side / narrow) * narrow) || isinf(rintf((float)side / narrow) * narrow)) {
        // The quotient is a whole number when only rounding pushed it over, and is then to stay one.
        float multiple = (float)floor(side / narrow + 0.01);
        narrow = (float)(side / multiple);
        if (isinf(multiple * narrow)) narrow = nextafterf(narrow, 0);
    }
    return narrow;
}

BANTAM_BODY bantam_step step_of(bantam_range range, int bits, int is_affine) {
    float high = float_of(range.highest), low = float_of(range.lowest);
    float steps = (float)((1 << (is_affine ? bits : bits - 1)) - 1);
    float scale = (is_affine ? high - low : high) / steps;
    int ordinary = scale >= FLT_MIN && high <= 0x1p126f && low >= -0x1p126f;
    if (__builtin_expect(!ordinary, 0)) {
        double extent = is_affine ? (double)high - (double)low : (double)high;
        scale = scale_at_the_limits(extent, high > -low ? high : -low, steps, is_affine);
    }
    int32_t zero_point = 0;
    if (is_affine && scale > 0) {
        float below = low / scale + rounder;
        zero_point = -(1 << (bits - 1)) - ((int32_t)bits_of(below) - rounder_bits);
    }
    return (bantam_step){scale, zero_point};
}

bantam_step bantam_step_of(bantam_range range, int bits, int is_affine) {
    if (!is_affine) {
        uint32_t largest = range.lowest & ~sign_bit;
        if (range.highest > largest) largest = range.highest;
        range = (bantam_range){largest, largest | sign_bit};
    }
    return step_of(range, bits, is_affine);
}

// MARK: Rounding

BANTAM_BODY int32_t code_of(float value, bantam_step step, int bits, int is_affine) {
    int32_t code = (int32_t)bits_of(value / step.scale + rounder) - rounder_bits;
    if (!is_affine) return code;
    const int32_t most = bits == 8 ? 127 : 32767;
    code += step.zero_point;
    return code > most ? most : code < -most - 1 ? -most - 1 : code;
}

BANTAM_BODY void round_vector(const float *source, bantam_step step, int bits, int is_affine, void *codes) {
    floats values;
    memcpy(&values, source, sizeof values);
    values = values / step.scale + rounder;
    integers rounded = (integers)values;
    if (is_affine) {
        const int32_t most = bits == 8 ? 127 : 32767;
        rounded += step.zero_point - rounder_bits;
        rounded = __builtin_elementwise_min(rounded, (integers){0} + most);
        rounded = __builtin_elementwise_max(rounded, (integers){0} - most - 1);
    }
    if (bits == 8) {
        bytes narrow = __builtin_convertvector(rounded, bytes);
        memcpy(codes, &narrow, sizeof narrow);
    } else {
        shorts narrow = __builtin_convertvector(rounded, shorts);
        memcpy(codes, &narrow, sizeof narrow);
    }
}

BANTAM_BODY void round_run(const float *source, size_t count, bantam_step step, int bits, int is_affine,
                           void *codes) {
    const size_t width = bits / 8;
    if (step.scale == 0) {
        memset(codes, 0, count * width);
        return;
    }
    if (count >= LANES) {
        for (size_t i = 0; i + LANES <= count; i += LANES)
            round_vector(source + i, step, bits, is_affine, (char *)codes + i * width);
        if (count % LANES != 0) {
            size_t last = count - LANES;
            round_vector(source + last, step, bits, is_affine, (char *)codes + last * width);
        }
        return;
    }
#pragma clang loop vectorize(disable) unroll(disable)
    for (size_t i = 0; i < count; i++) {
        int32_t code = code_of(source[i], step, bits, is_affine);
        if (bits == 8)
            ((int8_t *)codes)[i] = (int8_t)code;
        else
            ((int16_t *)codes)[i] = (int16_t)code;
    }
}

// MARK: Slices

BANTAM_BODY size_t quantize_runs(const float *source, size_t rows, size_t columns, size_t length, int bits,
                                 int is_affine, void *codes, float *scales, void *zero_points) {
    const size_t width = bits / 8, total = rows * columns;
    size_t refused = 0, slice = 0;
    for (size_t row = 0; row < rows; row++) {
        for (size_t start = 0; start < columns; start += length, slice++) {
            size_t count = columns - start < length ? columns - start : length;
            const size_t first = row * columns + start;
            const float *run = source + first;
            // Runs go upwards, so what a whole vector writes past a short one is written again after it.
            int is_short = count < LANES && total - first >= LANES;
            bantam_range range = is_short    ? short_range(run, count, is_affine)
                                 : is_affine ? bantam_range_of_body(run, count)
                                             : symmetric_range(run, count);
            refused += !is_finite(range);
            bantam_step step = step_of(range, bits, is_affine);
            scales[slice] = step.scale;
            if (is_affine && bits == 8) ((int8_t *)zero_points)[slice] = (int8_t)step.zero_point;
            if (is_affine && bits == 16) ((int16_t *)zero_points)[slice] = (int16_t)step.zero_point;
            round_run(run, is_short ? LANES : count, step, bits, is_affine, (char *)codes + first * width);
        }
    }
    return refused;
}

// Groups of the usual lengths get copies in which the length is a constant.
BANTAM_BODY size_t quantize_slices(const float *source, size_t rows, size_t columns, size_t length, int bits,
                                   int is_affine, void *codes, float *scales, void *zero_points) {
    if (columns % length == 0 && length == 32)
        return quantize_runs(source, 1, rows * columns, 32, bits, is_affine, codes, scales, zero_points);
    return quantize_runs(source, rows, columns, length, bits, is_affine, codes, scales, zero_points);
}

BANTAM_BODY size_t bantam_quantize_int8_body(const float *source, size_t rows, size_t columns, size_t length,
                                             int8_t *codes, float *scales, int8_t *zero_points) {
    if (zero_points) return quantize_slices(source, rows, columns, length, 8, 1, codes, scales, zero_points);
    return quantize_slices(source, rows, columns, length, 8, 0, codes, scales, NULL);
}

BANTAM_BODY size_t bantam_quantize_int16_body(const float *source, size_t rows, size_t columns, size_t length,
                                              int16_t *codes, float *scales, int16_t *zero_points) {
    if (zero_points) return quantize_slices(source, rows, columns, length, 16, 1, codes, scales, zero_points);
    return quantize_slices(source, rows, columns, length, 16, 0, codes, scales, NULL);
}

BANTAM_BODY void bantam_round_int8_body(const float *source, size_t count, float scale, int8_t zero_point,
                                        int is_affine, int8_t *codes) {
    bantam_step step = {scale, zero_point};
    if (is_affine)
        round_run(source, count, step, 8, 1, codes);
    else
        round_run(source, count, step, 8, 0, codes);
}

BANTAM_BODY void bantam_round_int16_body(const float *source, size_t count, float scale, int16_t zero_point,
                                         int is_affine, int16_t *codes) {
    bantam_step step = {scale, zero_point};
    if (is_affine)
        round_run(source, count, step, 16, 1, codes);
    else
        round_run(source, count, step, 16, 0, codes);
}

BANTAM_BODY size_t bantam_count_non_finite_body(const float *source, size_t count) {
    size_t total = 0;
    for (size_t i = 0; i < count; i++) total += (bits_of(source[i]) & infinity_bits) == infinity_bits;
    return total;
}

BANTAM_DISPATCH(size_t, bantam_quantize_int8,
                (const float *source, size_t rows, size_t columns, size_t length, int8_t *codes, float *scales,
                 int8_t *zero_points),
                (source, rows, columns, length, codes, scales, zero_points))
BANTAM_DISPATCH(size_t, bantam_quantize_int16,
                (const float *source, size_t rows, size_t columns, size_t length, int16_t *codes,
                 float *scales, int16_t *zero_points),
                (source, rows, columns, length, codes, scales, zero_points))
BANTAM_DISPATCH(bantam_range, bantam_range_of, (const float *source, size_t count), (source, count))
BANTAM_DISPATCH(void, bantam_round_int8,
                (const float *source, size_t count, float scale, int8_t zero_point, int is_affine,
                 int8_t *codes),
                (source, count, scale, zero_point, is_affine, codes))
BANTAM_DISPATCH(void, bantam_round_int16,
                (const float *source, size_t count, float scale, int16_t zero_point, int is_affine,
                 int16_t *codes),
                (source, count, scale, zero_point, is_affine, codes))
BANTAM_DISPATCH(size_t, bantam_count_non_finite, (const float *source, size_t count), (source, count))
