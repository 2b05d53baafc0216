// Picks out the elements that are not all zero bits, and says where they stood.

#include "dispatch.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef struct { uint64_t low, high; } wide;

#define IS_SET(value) ((value) != 0)
#define WIDE_IS_SET(value) (((value).low | (value).high) != 0)

// Sums of the element's own width vectorise best; LIMIT keeps them from overflowing.
#define COUNT(type, sum, LIMIT, TEST)                                                  \
    {                                                                                  \
        const type *elements = source;                                                 \
        for (size_t start = 0; start < count; start += LIMIT) {                        \
            size_t end = count - start < LIMIT ? count : start + LIMIT;                \
            sum local = 0;                                                             \
            for (size_t i = start; i < end; i++) local += TEST(elements[i]);           \
            total += local;                                                            \
        }                                                                              \
        return total;                                                                  \
    }

BANTAM_BODY size_t bantam_count_nonzero_body(const void *source, size_t width, size_t count) {
    size_t total = 0;
    switch (width) {
    case 1: COUNT(uint8_t, uint8_t, 128, IS_SET)
    case 2: COUNT(uint16_t, uint16_t, 4096, IS_SET)
    case 4: COUNT(uint32_t, uint32_t, 4096, IS_SET)
    case 8: COUNT(uint64_t, uint64_t, 4096, IS_SET)
    default: COUNT(wide, uint64_t, 4096, WIDE_IS_SET)
    }
}

BANTAM_DISPATCH(size_t, bantam_count_nonzero, (const void *source, size_t width, size_t count),
                (source, width, count))

#define MASK(type, TEST)                                                               \
    {                                                                                  \
        const type *elements = source;                                                 \
        for (size_t byte = 0; byte < count / 8; byte++) {                              \
            unsigned bits = 0;                                                         \
            for (unsigned i = 0; i < 8; i++) bits |= (unsigned)TEST(elements[byte * 8 + i]) << i; \
            mask[byte] = (uint8_t)bits;                                                \
        }                                                                              \
        if (count % 8) {                                                               \
            unsigned bits = 0;                                                         \
            for (unsigned i = 0; i < count % 8; i++)                                   \
                bits |= (unsigned)TEST(elements[count / 8 * 8 + i]) << i;              \
            mask[count / 8] = (uint8_t)bits;                                           \
        }                                                                              \
        return;                                                                        \
    }

BANTAM_BODY void bantam_nonzero_mask_body(const void *source, size_t width, size_t count, uint8_t *mask) {
    switch (width) {
    case 1: MASK(uint8_t, IS_SET)
    case 2: MASK(uint16_t, IS_SET)
    case 4: MASK(uint32_t, IS_SET)
    case 8: MASK(uint64_t, IS_SET)
    default: MASK(wide, WIDE_IS_SET)
    }
}

BANTAM_DISPATCH(void, bantam_nonzero_mask, (const void *source, size_t width, size_t count, uint8_t *mask),
                (source, width, count, mask))

// Every element is written to the next free place, which moves on only if the element counts: no branch to
// mispredict. Stopping at the capacity keeps the last such write inside.
#define COMPRESS(type, index, TEST)                                                    \
    {                                                                                  \
        const type *elements = source;                                                 \
        type *kept = values;                                                           \
        index *places = indices;                                                       \
        for (size_t i = first; i < count && next < capacity; i++) {                    \
            kept[next] = elements[i];                                                  \
            places[next] = (index)i;                                                   \
            next += TEST(elements[i]);                                                 \
        }                                                                              \
        return next;                                                                   \
    }

#define COMPRESS_VALUES(type, TEST)                                                    \
    {                                                                                  \
        const type *elements = source;                                                 \
        type *kept = values;                                                           \
        for (size_t i = first; i < count && next < capacity; i++) {                    \
            kept[next] = elements[i];                                                  \
            next += TEST(elements[i]);                                                 \
        }                                                                              \
        return next;                                                                   \
    }

#define COMPRESS_ALL(type, TEST)                                                       \
    switch (index_width) {                                                             \
    case 0: COMPRESS_VALUES(type, TEST)                                                \
    case 1: COMPRESS(type, uint8_t, TEST)                                              \
    case 2: COMPRESS(type, uint16_t, TEST)                                             \
    case 4: COMPRESS(type, uint32_t, TEST)                                             \
    default: COMPRESS(type, uint64_t, TEST)                                            \
    }

static size_t compress_plain(const void *source, size_t width, size_t count, void *values, void *indices,
                             size_t index_width, size_t capacity, size_t first, size_t next) {
    switch (width) {
    case 1: COMPRESS_ALL(uint8_t, IS_SET)
    case 2: COMPRESS_ALL(uint16_t, IS_SET)
    case 4: COMPRESS_ALL(uint32_t, IS_SET)
    case 8: COMPRESS_ALL(uint64_t, IS_SET)
    default: COMPRESS_ALL(wide, WIDE_IS_SET)
    }
}

#if defined(__x86_64__)
#define VECTOR_BODY static inline __attribute__((always_inline, target("arch=x86-64-v4")))

VECTOR_BODY __m512i load_lanes(const uint8_t *from, size_t width) {
    switch (width) {
    case 1: return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)from));
    case 2: return _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)from));
    default: return _mm512_loadu_si512(from);
    }
}

VECTOR_BODY void store_lanes(uint8_t *to, size_t width, __m512i lanes, __mmask16 which, int all) {
    switch (width) {
    case 0: return;
    case 1:
        if (all) _mm_storeu_si128((__m128i *)to, _mm512_cvtepi32_epi8(lanes));
        else _mm512_mask_cvtepi32_storeu_epi8(to, which, lanes);
        return;
    case 2:
        if (all) _mm256_storeu_si256((__m256i *)to, _mm512_cvtepi32_epi16(lanes));
        else _mm512_mask_cvtepi32_storeu_epi16(to, which, lanes);
        return;
    default:
        if (all) _mm512_storeu_si512(to, lanes);
        else _mm512_mask_storeu_epi32(to, which, lanes);
    }
}

// Sixteen elements a step; a whole vector is stored where it fits below the capacity, because that is faster
// than a masked store and what it writes beyond is overwritten by the next step.
VECTOR_BODY size_t compress_lanes(const uint8_t *source, size_t width, size_t count, uint8_t *values,
                                  uint8_t *indices, size_t index_width, size_t capacity, size_t *done) {
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    size_t next = 0, i = 0;
    for (; i + 16 <= count && next < capacity; i += 16) {
        __m512i elements = load_lanes(source + i * width, width);
        __mmask16 kept = _mm512_test_epi32_mask(elements, elements);
        size_t found = (size_t)__builtin_popcount(kept);
        if (found > capacity - next) found = capacity - next;
        int fits = next + 16 <= capacity;
        __mmask16 which = (__mmask16)((1u << found) - 1);
        store_lanes(values + next * width, width, _mm512_maskz_compress_epi32(kept, elements), which, fits);
        if (index_width) {
            __m512i place = _mm512_add_epi32(_mm512_set1_epi32((int)i), lane);
            store_lanes(indices + next * index_width, index_width, _mm512_maskz_compress_epi32(kept, place),
                        which, fits);
        }
        next += found;
    }
    *done = i;
    return next;
}

#define LANES(width, index_width) \
    next = compress_lanes(source, width, count, values, indices, index_width, capacity, &done);
#define LANES_ALL(width)                                                               \
    switch (index_width) {                                                             \
    case 0: LANES(width, 0) break;                                                     \
    case 1: LANES(width, 1) break;                                                     \
    case 2: LANES(width, 2) break;                                                     \
    default: LANES(width, 4) break;                                                    \
    }

__attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
static size_t compress_avx512(const void *source, size_t width, size_t count, void *values, void *indices,
                              size_t index_width, size_t capacity) {
    size_t next = 0, done = 0;
    switch (width) {
    case 1: LANES_ALL(1) break;
    case 2: LANES_ALL(2) break;
    default: LANES_ALL(4) break;
    }
    return compress_plain(source, width, count, values, indices, index_width, capacity, done, next);
}
#endif

size_t bantam_compress(const void *source, size_t width, size_t count, void *values, void *indices,
                       size_t index_width, size_t capacity) {
#if defined(__x86_64__)
    if (bantam_simd_level() == 2 && width <= 4 && index_width <= 4 && count <= UINT32_MAX)
        return compress_avx512(source, width, count, values, indices, index_width, capacity);
#endif
    return compress_plain(source, width, count, values, indices, index_width, capacity, 0, 0);
}
