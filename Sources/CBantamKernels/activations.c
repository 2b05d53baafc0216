// Activation functions made of one exponential: e^x = 2^n · (1 + q(r)), n = round(x / ln 2), r = x − n ln 2 in two
// steps (W. Cody and W. Waite, "Software Manual for the Elementary Functions", 1980), q the Taylor polynomial of
// e^r − 1 up to r⁷, whose relative error for |r| ≤ ln 2 / 2 is below 2⁻²⁶. No step is fused, so every copy computes
// the same bits. NaN stays NaN.

#include "dispatch.h"

#include <string.h>

// e^r − 1, and 2^n in `scale`, for x from −87 to 88.
BANTAM_BODY float bantam_reduced_exp(float x, float *scale) {
    const float shifted = x * 1.44269504f + 12582912.0f; // the sum has n in its low bits
    uint32_t bits;
    memcpy(&bits, &shifted, 4);
    bits = (bits << 23) + 0x3f800000u;
    memcpy(scale, &bits, 4);
    const float n = shifted - 12582912.0f;
    const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.0f / 720 + r * (1.0f / 5040);
    p = 1.0f / 120 + r * p;
    p = 1.0f / 24 + r * p;
    p = 1.0f / 6 + r * p;
    p = 0.5f + r * p;
    return r + r * r * p;
}

BANTAM_BODY float bantam_clamp(float x, float low, float high) {
    const float raised = x < low ? low : x;
    return raised > high ? high : raised;
}

BANTAM_BODY float bantam_exp_value(float x) {
    float scale;
    const float q = bantam_reduced_exp(bantam_clamp(x, -87, 88), &scale);
    const float result = scale + scale * q;
    return x < -87 ? 0 : result;
}

// numerator · sigmoid(x)
BANTAM_BODY float bantam_gate(float numerator, float x) {
    float scale;
    const float q = bantam_reduced_exp(bantam_clamp(-x, -87, 88), &scale);
    return numerator / (1 + (scale + scale * q));
}

// From e^2x − 1, which keeps all digits near zero.
BANTAM_BODY float bantam_tanh_value(float x) {
    float scale;
    const float q = bantam_reduced_exp(bantam_clamp(2 * x, -20, 20), &scale);
    const float e = scale * q + (scale - 1);
    return e / (e + 2);
}

// A gate is closed below −88, however large the input is.
BANTAM_BODY float bantam_silu_value(float x) { return bantam_gate(x < -88 ? -88 : x, x); }

BANTAM_BODY float bantam_gelu_tanh_value(float x) {
    const float u = 1.59576912f * (x + 0.044715f * (x * x * x)); // 2 √(2/π) (…): (1 + tanh u/2)/2 = sigmoid u
    return bantam_gate(x < -88 ? -88 : x, u);
}

#define MAP(name, value)                                                    \
    BANTAM_BODY void name##_body(float *values, size_t count) {             \
        for (size_t i = 0; i < count; i++) {                                \
            const float x = values[i];                                      \
            values[i] = value;                                              \
        }                                                                   \
    }                                                                       \
    BANTAM_DISPATCH(void, name, (float *values, size_t count), (values, count))

MAP(bantam_exp, bantam_exp_value(x))
MAP(bantam_sigmoid, bantam_gate(1, x))
MAP(bantam_silu, bantam_silu_value(x))
MAP(bantam_tanh, bantam_tanh_value(x))
MAP(bantam_gelu_tanh, bantam_gelu_tanh_value(x))
