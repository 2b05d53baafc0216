// Two arrays side by side: the sums that reconstruction errors follow from, zeros and range, in one read.
//
// Element i belongs to lane i mod 8 and the lanes are added up in order, so every copy adds the same numbers
// in the same order.

#include "dispatch.h"

#include <math.h>

#define LANES 8

// One body for both widths: `type` is float or double, `counter` an integer of the same size.
#define COMPARE_VALUES(name, type, counter)                                                             \
    struct name##_lanes {                                                                               \
        double error[LANES], original[LANES], reconstruction[LANES], product[LANES], largest[LANES];    \
        type low[LANES], high[LANES];                                                                   \
        counter original_zeros[LANES], reconstruction_zeros[LANES];                                     \
    };                                                                                                  \
    BANTAM_BODY void name##_add(struct name##_lanes *sums, int lane, type a, type b) {                  \
        double x = a, y = b, difference = x - y, magnitude = fabs(difference);                          \
        sums->error[lane] += difference * difference;                                                   \
        sums->original[lane] += x * x;                                                                  \
        sums->reconstruction[lane] += y * y;                                                            \
        sums->product[lane] += x * y;                                                                   \
        sums->largest[lane] = magnitude > sums->largest[lane] ? magnitude : sums->largest[lane];        \
        type smaller = a < b ? a : b, larger = a > b ? a : b;                                           \
        sums->low[lane] = smaller < sums->low[lane] ? smaller : sums->low[lane];                        \
        sums->high[lane] = larger > sums->high[lane] ? larger : sums->high[lane];                       \
        sums->original_zeros[lane] += a == 0;                                                           \
        sums->reconstruction_zeros[lane] += b == 0;                                                     \
    }                                                                                                   \
    BANTAM_BODY void name##_body(const type *original, const type *reconstruction, size_t count,        \
                                 bantam_value_comparison *result) {                                     \
        struct name##_lanes sums = {0};                                                                 \
        for (int lane = 0; lane < LANES; lane++) sums.low[lane] = INFINITY, sums.high[lane] = -INFINITY; \
        size_t whole = count - count % LANES;                                                           \
        for (size_t start = 0; start < whole; start += LANES)                                           \
            for (int lane = 0; lane < LANES; lane++)                                                    \
                name##_add(&sums, lane, original[start + lane], reconstruction[start + lane]);          \
        for (size_t i = whole; i < count; i++)                                                          \
            name##_add(&sums, (int)(i - whole), original[i], reconstruction[i]);                        \
        bantam_value_comparison total = {.low = INFINITY, .high = -INFINITY};                           \
        for (int lane = 0; lane < LANES; lane++) {                                                      \
            total.squared_error += sums.error[lane];                                                    \
            total.squared_original += sums.original[lane];                                              \
            total.squared_reconstruction += sums.reconstruction[lane];                                  \
            total.product += sums.product[lane];                                                        \
            total.max_abs_error = fmax(total.max_abs_error, sums.largest[lane]);                        \
            total.low = fmin(total.low, sums.low[lane]);                                                \
            total.high = fmax(total.high, sums.high[lane]);                                             \
            total.original_zeros += (size_t)sums.original_zeros[lane];                                  \
            total.reconstruction_zeros += (size_t)sums.reconstruction_zeros[lane];                      \
        }                                                                                               \
        *result = total;                                                                                \
    }

COMPARE_VALUES(bantam_compare_float32, float, uint32_t)
COMPARE_VALUES(bantam_compare_float64, double, uint64_t)

BANTAM_DISPATCH(void, bantam_compare_float32,
                (const float *original, const float *reconstruction, size_t count,
                 bantam_value_comparison *result),
                (original, reconstruction, count, result))
BANTAM_DISPATCH(void, bantam_compare_float64,
                (const double *original, const double *reconstruction, size_t count,
                 bantam_value_comparison *result),
                (original, reconstruction, count, result))
