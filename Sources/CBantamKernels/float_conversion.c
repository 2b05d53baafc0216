// Between float32 and the 16-bit floats. Integer arithmetic only, so that every copy agrees on NaN too.

#include "vectors.h"

BANTAM_BODY void bantam_bfloat16_to_float32_body(const uint16_t *source, float *result, size_t count) {
    for (size_t i = 0; i < count; i++) result[i] = float_of((uint32_t)source[i] << 16);
}

// Normal numbers move their exponent; subnormal ones are scaled by 2^-24 (exact); the rest are infinite or NaN.
BANTAM_BODY void bantam_float16_to_float32_body(const uint16_t *source, float *result, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t half = source[i], magnitude = half & 0x7fff;
        uint32_t normal = (magnitude << 13) + (112u << 23);
        uint32_t special = (magnitude << 13) | 0x7f800000u;
        uint32_t subnormal = bits_of((float)(int32_t)magnitude * 0x1p-24f);
        uint32_t bits = magnitude >= 0x7c00 ? special : magnitude >= 0x0400 ? normal : subnormal;
        result[i] = float_of(bits | (half & 0x8000) << 16);
    }
}

BANTAM_BODY void bantam_float32_to_bfloat16_body(const float *source, uint16_t *result, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = bits_of(source[i]);
        uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
        uint32_t quiet_nan = (bits >> 16) | 0x40;
        result[i] = (uint16_t)((bits & 0x7fffffff) > 0x7f800000u ? quiet_nan : rounded);
    }
}

// Adding a power of two whose last place is the spacing wanted lets the adder round to nearest even; this
// serves subnormal results. Normal ones round by adding just under half a last place to the bit pattern.
BANTAM_BODY void bantam_float32_to_float16_body(const float *source, uint16_t *result, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = bits_of(source[i]), magnitude = bits & 0x7fffffff;
        uint32_t normal = (magnitude - (112u << 23) + 0xfff + ((magnitude >> 13) & 1)) >> 13;
        uint32_t subnormal = bits_of(float_of(magnitude < 0x38800000u ? magnitude : 0) + 0.5f) - 0x3f000000u;
        uint32_t nan = 0x7e00 | ((magnitude >> 13) & 0x3ff);
        uint32_t half = magnitude > 0x7f800000u    ? nan
                        : magnitude >= 0x477ff000u ? 0x7c00
                        : magnitude >= 0x38800000u ? normal
                                                   : subnormal;
        result[i] = (uint16_t)(half | (bits >> 16 & 0x8000));
    }
}

BANTAM_DISPATCH(void, bantam_bfloat16_to_float32, (const uint16_t *source, float *result, size_t count),
                (source, result, count))
BANTAM_DISPATCH(void, bantam_float16_to_float32, (const uint16_t *source, float *result, size_t count),
                (source, result, count))
BANTAM_DISPATCH(void, bantam_float32_to_bfloat16, (const float *source, uint16_t *result, size_t count),
                (source, result, count))
BANTAM_DISPATCH(void, bantam_float32_to_float16, (const float *source, uint16_t *result, size_t count),
                (source, result, count))
