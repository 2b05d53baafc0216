// The loops of Bantam that need one copy per processor generation. README.md says why each is in C.
//
// Every function computes the same bytes at every level. `count` is in elements; buffers do not overlap.
#ifndef BANTAM_KERNELS_H
#define BANTAM_KERNELS_H

#include <stddef.h>
#include <stdint.h>

// Which kernels are used: 0 portable, 1 AVX2, 2 AVX-512. The processor decides, and the environment
// variable BANTAM_SIMD (portable, avx2, avx512) caps it.
int bantam_simd_level(void);

// Float conversions: exact to float32, round to nearest even from it.
void bantam_float16_to_float32(const uint16_t *source, float *result, size_t count);
void bantam_bfloat16_to_float32(const uint16_t *source, float *result, size_t count);
void bantam_float32_to_float16(const float *source, uint16_t *result, size_t count);
void bantam_float32_to_bfloat16(const float *source, uint16_t *result, size_t count);

#endif
