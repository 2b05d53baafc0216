// The loops of Bantam that need one copy per processor generation. README.md says why each is in C.
//
// Every function computes the same bytes at every level. `count` is in elements; buffers do not overlap.
#ifndef BANTAM_KERNELS_H
#define BANTAM_KERNELS_H

#include <stddef.h>
#include <stdint.h>

// Which kernels are used: 0 portable, 1 AVX2, 2 AVX-512. The processor decides, and the environment
// variable BANTAM_SIMD (portable, avx2, avx512) caps it. To be asked right before a kernel runs: for a portable
// one it clears the upper halves of vector registers.
int bantam_simd_level(void);

// Test hook: caps the level on the calling thread alone, -1 for no cap. Returns the cap that was there.
int bantam_cap_simd_level_for_tests(int cap);

// Float conversions: exact to float32, round to nearest even from it.
void bantam_float16_to_float32(const uint16_t *source, float *result, size_t count);
void bantam_bfloat16_to_float32(const uint16_t *source, float *result, size_t count);
void bantam_float32_to_float16(const float *source, uint16_t *result, size_t count);
void bantam_float32_to_bfloat16(const float *source, uint16_t *result, size_t count);

// Quantization, x ≈ (code - zero_point)·scale. Slices that share a scale are runs of `length` elements along
// each of `rows` rows of `columns`; the last run of a row may be shorter. Scales and zero points stand one per
// run, in order. A null `zero_points` means symmetric. A quantizer returns the number of slices that hold NaN
// or infinity, whose codes mean nothing.
size_t bantam_quantize_int8(const float *source, size_t rows, size_t columns, size_t length, int8_t *codes,
                            float *scales, int8_t *zero_points);
size_t bantam_quantize_int16(const float *source, size_t rows, size_t columns, size_t length, int16_t *codes,
                             float *scales, int16_t *zero_points);
void bantam_dequantize_int8(const int8_t *codes, size_t rows, size_t columns, size_t length,
                            const float *scales, const int8_t *zero_points, float *result);
void bantam_dequantize_int16(const int16_t *codes, size_t rows, size_t columns, size_t length,
                             const float *scales, const int16_t *zero_points, float *result);

// The same in two steps, for slices that several threads share. `range` is the extent of what was seen, with
// zero in it, as bit patterns: of the largest number, and of the largest magnitude below zero with its sign.
typedef struct {
    uint32_t highest;
    uint32_t lowest;
} bantam_range;
bantam_range bantam_range_of(const float *source, size_t count);
void bantam_round_int8(const float *source, size_t count, float scale, int8_t zero_point, int is_affine,
                       int8_t *codes);
void bantam_round_int16(const float *source, size_t count, float scale, int16_t zero_point, int is_affine,
                        int16_t *codes);

// Scale and zero point of a slice whose finite elements span `range`. `bits` is 2 to 8, or 16.
typedef struct {
    float scale;
    int32_t zero_point;
} bantam_step;
bantam_step bantam_step_of(bantam_range range, int bits, int is_affine);

// Codes of 2 to 8 bits, an int8 each, in two steps, so that scales can be rounded between them. The first gives
// scale and zero point of every run, by its extent or by least squared error (then scales may be negative), and
// returns the number of runs that hold NaN or infinity; see low_bits.c.
size_t bantam_low_bit_steps(const float *source, size_t rows, size_t columns, size_t length, int bits,
                            int is_affine, int is_least_squares, float *scales, int8_t *zero_points);
void bantam_low_bit_codes(const float *source, size_t rows, size_t columns, size_t length, int bits,
                          const float *scales, const int8_t *zero_points, int8_t *codes);

// The index of the nearest of up to 256 ascending levels for each finite element: the number of `boundaries`,
// the midpoints between neighbours, that lie below it. A NaN is below all.
void bantam_nearest_level(const float *source, size_t count, const float *boundaries, size_t boundary_count,
                          uint8_t *codes);

// The number of elements that are NaN or infinite.
size_t bantam_count_non_finite(const float *source, size_t count);

// Elements of `width` 1, 2, 4, 8 or 16 bytes that are not all zero bits: how many, and as a bit each, least
// significant bit of a byte first.
size_t bantam_count_nonzero(const void *source, size_t width, size_t count);
void bantam_nonzero_mask(const void *source, size_t width, size_t count, uint8_t *mask);

// Writes the first `capacity` of them to `values` and their indices as unsigned integers of `index_width` 1, 2,
// 4 or 8 bytes to `indices` (0: no indices). Returns how many were written; never writes beyond the capacity.
size_t bantam_compress(const void *source, size_t width, size_t count, void *values, void *indices,
                       size_t index_width, size_t capacity);

// result[rows × width] = CSR · panel[columns × width] for a width of 16, 32 or 64; see csr_multiply.c.
void bantam_csr_multiply(const float *values, const uint32_t *column_indices, const uint64_t *row_pointers,
                         size_t rows, const float *panel, size_t width, float *result);

// Pruning over the bit patterns of floats whose sign is the top bit. Magnitudes below `threshold` become 0.
void bantam_prune_below_8(const uint8_t *source, size_t count, uint8_t threshold, uint8_t *result);
void bantam_prune_below_16(const uint16_t *source, size_t count, uint16_t threshold, uint16_t *result);
void bantam_prune_below_32(const uint32_t *source, size_t count, uint32_t threshold, uint32_t *result);
void bantam_prune_below_64(const uint64_t *source, size_t count, uint64_t threshold, uint64_t *result);

// How many magnitudes are below `threshold`, and how many equal it.
typedef struct {
    size_t below;
    size_t equal;
} bantam_magnitude_counts;
bantam_magnitude_counts bantam_count_magnitudes_8(const uint8_t *source, size_t count, uint8_t threshold);
bantam_magnitude_counts bantam_count_magnitudes_16(const uint16_t *source, size_t count, uint16_t threshold);
bantam_magnitude_counts bantam_count_magnitudes_32(const uint32_t *source, size_t count, uint32_t threshold);
bantam_magnitude_counts bantam_count_magnitudes_64(const uint64_t *source, size_t count, uint64_t threshold);

// Adds 1 for each magnitude whose upper half is `high` to one of four tables of 2^16 counts, which follow each
// other, at its lower half.
void bantam_count_low_digits(const uint32_t *source, size_t count, uint32_t high, uint32_t *counts);

// Two arrays side by side. The sums are in double; with a NaN or an infinity in either array they are not
// finite, and largest difference and range mean nothing. Fewer than 2^32 elements a call.
typedef struct {
    double squared_error, squared_original, squared_reconstruction, product, max_abs_error;
    double low, high;  // of both arrays together; INFINITY and -INFINITY for empty ones
    size_t original_zeros, reconstruction_zeros;
} bantam_value_comparison;
void bantam_compare_float32(const float *original, const float *reconstruction, size_t count,
                            bantam_value_comparison *result);
void bantam_compare_float64(const double *original, const double *reconstruction, size_t count,
                            bantam_value_comparison *result);

// Activation functions in place; see activations.c. `gelu_tanh` is the approximation of GELU by tanh.
void bantam_exp(float *values, size_t count);
void bantam_sigmoid(float *values, size_t count);
void bantam_silu(float *values, size_t count);
void bantam_tanh(float *values, size_t count);
void bantam_gelu_tanh(float *values, size_t count);

#endif
