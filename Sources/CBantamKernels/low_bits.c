// Codes of 2 to 8 bits whose scale is not simply the extent of the slice: x ≈ (code - zero_point)·scale.
//
// The scale of least squared error is searched for: for each of some clipping factors the codes are found, and the
// best scale for those codes is Σxd/Σd² with d = code - zero_point, which leaves Σx² - (Σxd)²/Σd². Sums run in
// sixteen lanes of float32, flushed to double every few thousand elements, so that every level adds in one order.

#include "vectors.h"

#include <float.h>

static const uint32_t infinity_bits = 0x7f800000u;

// Adding 1.5·2^23 leaves the integer nearest to a number below 2^22 (ties to even) in the low bits.
static const float rounder = 12582912.0f;

// MARK: Least squares

typedef struct {
    double product, square;
} fit;

BANTAM_BODY void add_vector(const float *source, size_t count, float inverse, float least, float most,
                            floats *product, floats *square) {
    floats values = {0};
    memcpy(&values, source, count * sizeof(float));
    floats steps = values * inverse;
    steps = __builtin_elementwise_min(__builtin_elementwise_max(steps, (floats){0} + least), (floats){0} + most);
    steps = (steps + rounder) - rounder;
    *product += values * steps;
    *square += steps * steps;
}

BANTAM_BODY fit fit_of(const float *source, size_t count, float inverse, float least, float most) {
    enum { FLUSH = 4096 };
    fit total = {0, 0};
    for (size_t start = 0; start < count; start += FLUSH) {
        size_t end = count - start < FLUSH ? count : start + FLUSH;
        floats product = {0}, square = {0};
        size_t i = start;
        for (; i + LANES <= end; i += LANES) add_vector(source + i, LANES, inverse, least, most, &product, &square);
        if (i < end) add_vector(source + i, end - i, inverse, least, most, &product, &square);
        for (int lane = 0; lane < LANES; lane++) {
            total.product += (double)product[lane];
            total.square += (double)square[lane];
        }
    }
    return total;
}

typedef struct {
    bantam_step step;
    double gain;  // what the codes take off Σx²
} candidate;

// The best scale for the codes that `step` gives, and what they explain.
BANTAM_BODY candidate candidate_of(const float *source, size_t count, bantam_step step, int bits) {
    const int32_t low = -(1 << (bits - 1));
    fit sums = fit_of(source, count, 1 / step.scale, (float)(low - step.zero_point),
                      (float)(-low - 1 - step.zero_point));
    if (!(sums.square > 0)) return (candidate){step, 0};
    return (candidate){{(float)(sums.product / sums.square), step.zero_point},
                       sums.product * sums.product / sums.square};
}

BANTAM_BODY bantam_step clipped(bantam_range range, float factor, int bits, int is_affine, float sign) {
    float high = float_of(range.highest) * factor, low = float_of(range.lowest) * factor;
    if (!is_affine) {
        float extent = high > -low ? high : -low;
        return (bantam_step){sign * extent / (float)(1 << (bits - 1)), 0};
    }
    float scale = (high - low) / (float)((1 << bits) - 1);
    int32_t zero_point = -(1 << (bits - 1)) - (int32_t)((low / scale + rounder) - rounder);
    return (bantam_step){scale, zero_point};
}

// A quarter octave at a time from the whole extent downwards until it gets no better, then finer about the best.
BANTAM_BODY bantam_step least_squares_step(const float *source, size_t count, bantam_range range, int bits,
                                           int is_affine) {
    bantam_step plain = bantam_step_of(range, bits, is_affine);
    // Sums of squares of extreme values overflow or vanish.
    if (!(plain.scale > 0x1p-50f && plain.scale < 0x1p50f)) return plain;
    const float quarter = 0.840896415f, fine = 0.959264119f;  // 2^(-1/4), 2^(-6/100)
    candidate best = candidate_of(source, count, plain, bits);
    float best_factor = 0, best_sign = 1;
    for (int side = 0; side < (is_affine ? 1 : 2); side++) {
        float sign = side == 0 ? 1 : -1, factor = 1 / quarter;
        double best_here = 0;
        for (int step = 0, worse = 0; step < 32 && worse < 2; step++, factor *= quarter) {
            candidate found = candidate_of(source, count, clipped(range, factor, bits, is_affine, sign), bits);
            worse = found.gain > best_here ? 0 : worse + 1;
            if (found.gain > best_here) best_here = found.gain;
            if (found.gain > best.gain) best = found, best_factor = factor, best_sign = sign;
        }
    }
    for (int direction = 0; direction < 2 && best_factor > 0; direction++) {
        float factor = best_factor;
        for (int step = 0; step < 3; step++) {
            factor = direction == 0 ? factor * fine : factor / fine;
            candidate found =
                candidate_of(source, count, clipped(range, factor, bits, is_affine, best_sign), bits);
            if (found.gain > best.gain) best = found;
        }
    }
    float magnitude = best.step.scale < 0 ? -best.step.scale : best.step.scale;
    return magnitude >= FLT_MIN && magnitude <= FLT_MAX ? best.step : plain;
}

BANTAM_BODY size_t low_bit_steps(const float *source, size_t rows, size_t columns, size_t length, int bits,
                                 int is_affine, int is_least_squares, float *scales, int8_t *zero_points) {
    size_t refused = 0, slice = 0;
    for (size_t row = 0; row < rows; row++) {
        for (size_t start = 0; start < columns; start += length, slice++) {
            size_t count = columns - start < length ? columns - start : length;
            const float *run = source + row * columns + start;
            bantam_range range = bantam_range_of(run, count);
            int is_finite = range.highest < infinity_bits && (range.lowest & 0x7fffffffu) < infinity_bits;
            bantam_step step = !is_finite          ? (bantam_step){0, 0}
                               : is_least_squares ? least_squares_step(run, count, range, bits, is_affine)
                                                  : bantam_step_of(range, bits, is_affine);
            refused += !is_finite;
            scales[slice] = step.scale;
            if (zero_points) zero_points[slice] = (int8_t)step.zero_point;
        }
    }
    return refused;
}

BANTAM_BODY size_t bantam_low_bit_steps_body(const float *source, size_t rows, size_t columns, size_t length,
                                             int bits, int is_affine, int is_least_squares, float *scales,
                                             int8_t *zero_points) {
    return low_bit_steps(source, rows, columns, length, bits, is_affine, is_least_squares, scales, zero_points);
}

// MARK: Codes

// The quotient is a true division, as in quantize.c, and clamped before it is rounded, so that it stays small.
BANTAM_BODY void code_vector(const float *source, size_t count, float scale, int32_t zero_point, float least,
                             float most, int8_t *codes) {
    floats values = {0};
    memcpy(&values, source, count * sizeof(float));
    values = values / scale;
    values = __builtin_elementwise_min(__builtin_elementwise_max(values, (floats){0} + least), (floats){0} + most);
    integers rounded = __builtin_convertvector((values + rounder) - rounder, integers) + zero_point;
    bytes narrow = __builtin_convertvector(rounded, bytes);
    memcpy(codes, &narrow, count);
}

BANTAM_BODY void bantam_low_bit_codes_body(const float *source, size_t rows, size_t columns, size_t length,
                                           int bits, const float *scales, const int8_t *zero_points,
                                           int8_t *codes) {
    const int32_t low = -(1 << (bits - 1));
    size_t slice = 0;
    for (size_t row = 0; row < rows; row++) {
        for (size_t start = 0; start < columns; start += length, slice++) {
            size_t count = columns - start < length ? columns - start : length;
            const float *run = source + row * columns + start;
            int8_t *target = codes + row * columns + start;
            int32_t zero_point = zero_points ? zero_points[slice] : 0;
            if (scales[slice] == 0) {
                memset(target, zero_point, count);
                continue;
            }
            float least = (float)(low - zero_point), most = (float)(-low - 1 - zero_point);
            size_t i = 0;
            for (; i + LANES <= count; i += LANES)
                code_vector(run + i, LANES, scales[slice], zero_point, least, most, target + i);
            if (i < count) code_vector(run + i, count - i, scales[slice], zero_point, least, most, target + i);
        }
    }
}

// MARK: Levels

BANTAM_BODY void level_vector(const float *source, size_t count, const float *boundaries, size_t boundary_count,
                              uint8_t *codes) {
    floats values = {0};
    memcpy(&values, source, count * sizeof(float));
    integers level = {0};
    // A comparison that holds is -1.
    for (size_t i = 0; i < boundary_count; i++) level -= values > (floats){0} + boundaries[i];
    bytes narrow = __builtin_convertvector(level, bytes);
    memcpy(codes, &narrow, count);
}

BANTAM_BODY void bantam_nearest_level_body(const float *source, size_t count, const float *boundaries,
                                           size_t boundary_count, uint8_t *codes) {
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        level_vector(source + i, LANES, boundaries, boundary_count, codes + i);
    if (i < count) level_vector(source + i, count - i, boundaries, boundary_count, codes + i);
}

BANTAM_DISPATCH(size_t, bantam_low_bit_steps,
                (const float *source, size_t rows, size_t columns, size_t length, int bits, int is_affine,
                 int is_least_squares, float *scales, int8_t *zero_points),
                (source, rows, columns, length, bits, is_affine, is_least_squares, scales, zero_points))
BANTAM_DISPATCH(void, bantam_low_bit_codes,
                (const float *source, size_t rows, size_t columns, size_t length, int bits, const float *scales,
                 const int8_t *zero_points, int8_t *codes),
                (source, rows, columns, length, bits, scales, zero_points, codes))
BANTAM_DISPATCH(void, bantam_nearest_level,
                (const float *source, size_t count, const float *boundaries, size_t boundary_count,
                 uint8_t *codes),
                (source, count, boundaries, boundary_count, codes))
