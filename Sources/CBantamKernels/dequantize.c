// int8 and int16 codes back to float32: (code - zero_point)·scale, one rounding.

#include "vectors.h"

BANTAM_BODY void widen_vector(const void *codes, float scale, int32_t zero_point, int bits, float *result) {
    integers wide;
    if (bits == 8) {
        bytes narrow;
        memcpy(&narrow, codes, sizeof narrow);
        wide = __builtin_convertvector(narrow, integers);
    } else {
        shorts narrow;
        memcpy(&narrow, codes, sizeof narrow);
        wide = __builtin_convertvector(narrow, integers);
    }
    floats values = __builtin_convertvector(wide - zero_point, floats) * scale;
    memcpy(result, &values, sizeof values);
}

// The elements past the last whole vector are written by one more that overlaps it.
BANTAM_BODY void widen_run(const void *codes, size_t count, float scale, int32_t zero_point, int bits,
                           float *result) {
    const size_t width = bits / 8;
    if (count >= LANES) {
        for (size_t i = 0; i + LANES <= count; i += LANES)
            widen_vector((const char *)codes + i * width, scale, zero_point, bits, result + i);
        if (count % LANES != 0) {
            size_t last = count - LANES;
            widen_vector((const char *)codes + last * width, scale, zero_point, bits, result + last);
        }
        return;
    }
#pragma clang loop vectorize(disable) unroll(disable)
    for (size_t i = 0; i < count; i++) {
        int32_t code = bits == 8 ? ((const int8_t *)codes)[i] : ((const int16_t *)codes)[i];
        result[i] = (float)(code - zero_point) * scale;
    }
}

BANTAM_BODY void widen_slices(const void *codes, size_t rows, size_t columns, size_t length, int bits,
                              const float *scales, const void *zero_points, float *result) {
    const size_t width = bits / 8, total = rows * columns;
    size_t slice = 0;
    for (size_t row = 0; row < rows; row++) {
        for (size_t start = 0; start < columns; start += length, slice++) {
            size_t count = columns - start < length ? columns - start : length;
            size_t first = row * columns + start;
            int32_t zero_point = !zero_points ? 0
                                 : bits == 8  ? ((const int8_t *)zero_points)[slice]
                                              : ((const int16_t *)zero_points)[slice];
            // Runs go upwards, so what a whole vector writes past a short one is written again after it.
            size_t written = count < LANES && total - first >= LANES ? LANES : count;
            widen_run((const char *)codes + first * width, written, scales[slice], zero_point, bits,
                      result + first);
        }
    }
}

BANTAM_BODY void bantam_dequantize_int8_body(const int8_t *codes, size_t rows, size_t columns, size_t length,
                                             const float *scales, const int8_t *zero_points, float *result) {
    widen_slices(codes, rows, columns, length, 8, scales, zero_points, result);
}

BANTAM_BODY void bantam_dequantize_int16_body(const int16_t *codes, size_t rows, size_t columns,
                                              size_t length, const float *scales, const int16_t *zero_points,
                                              float *result) {
    widen_slices(codes, rows, columns, length, 16, scales, zero_points, result);
}

BANTAM_DISPATCH(void, bantam_dequantize_int8,
                (const int8_t *codes, size_t rows, size_t columns, size_t length, const float *scales,
                 const int8_t *zero_points, float *result),
                (codes, rows, columns, length, scales, zero_points, result))
BANTAM_DISPATCH(void, bantam_dequantize_int16,
                (const int16_t *codes, size_t rows, size_t columns, size_t length, const float *scales,
                 const int16_t *zero_points, float *result),
                (codes, rows, columns, length, scales, zero_points, result))
