// CSR matrix × dense panel. Every result is the sum of its products in the order of the columns, each product
// and each sum rounded to float32 by itself: the same bits for any vector width and any panel width.

#include "dispatch.h"

#include <string.h>

typedef float lanes __attribute__((vector_size(64), aligned(4)));

#define PANEL(vectors)                                                                 \
    for (size_t row = 0; row < rows; row++) {                                          \
        lanes sums[vectors];                                                           \
        _Pragma("unroll") for (int v = 0; v < vectors; v++) sums[v] = (lanes){0};      \
        for (uint64_t k = row_pointers[row]; k < row_pointers[row + 1]; k++) {         \
            const float *from = panel + (size_t)column_indices[k] * (vectors * 16);    \
            const lanes value = values[k] - (lanes){0};                                \
            _Pragma("unroll") for (int v = 0; v < vectors; v++) {                      \
                lanes x;                                                               \
                memcpy(&x, from + v * 16, 64);                                         \
                sums[v] = sums[v] + value * x;                                         \
            }                                                                          \
        }                                                                              \
        memcpy(result + row * (vectors * 16), sums, sizeof sums);                      \
    }

BANTAM_BODY void bantam_csr_multiply_body(const float *values, const uint32_t *column_indices,
                                          const uint64_t *row_pointers, size_t rows, const float *panel,
                                          size_t width, float *result) {
    switch (width) {
    case 64: PANEL(4) break;
    case 32: PANEL(2) break;
    default: PANEL(1) break;
    }
}

BANTAM_DISPATCH(void, bantam_csr_multiply,
                (const float *values, const uint32_t *column_indices, const uint64_t *row_pointers, size_t rows,
                 const float *panel, size_t width, float *result),
                (values, column_indices, row_pointers, rows, panel, width, result))
