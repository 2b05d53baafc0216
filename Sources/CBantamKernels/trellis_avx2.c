// Decoding trellis-coded indices with AVX2: four vectors of 8 lanes, whose slots are gathered.

#include "trellis.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define NARROW static inline __attribute__((always_inline, target("arch=x86-64-v3")))
#define NARROW_ENTRY __attribute__((target("arch=x86-64-v3")))

// By the mask of 8 lanes: which word of the stream goes to each lane.
#define PLACE(mask, lane) __builtin_popcount((mask) & ((1 << (lane)) - 1))
#define PLACES(mask)                                                                                  \
    {PLACE(mask, 0), PLACE(mask, 1), PLACE(mask, 2), PLACE(mask, 3),                                  \
     PLACE(mask, 4), PLACE(mask, 5), PLACE(mask, 6), PLACE(mask, 7)}
#define PLACES_4(mask) PLACES(mask), PLACES(mask + 1), PLACES(mask + 2), PLACES(mask + 3)
#define PLACES_16(mask) PLACES_4(mask), PLACES_4(mask + 4), PLACES_4(mask + 8), PLACES_4(mask + 12)
#define PLACES_64(mask) PLACES_16(mask), PLACES_16(mask + 16), PLACES_16(mask + 32), PLACES_16(mask + 48)

static const uint8_t expansions[256][8] __attribute__((aligned(64))) = {
    PLACES_64(0), PLACES_64(64), PLACES_64(128), PLACES_64(192)};

// The indices of escaped lanes in order; lanes that are not escaped keep theirs.
static __attribute__((noinline)) int take_escapes(int32_t indices[8], uint32_t escaped,
                                                  bantam_trellis_cursor *cursor) {
    for (; escaped; escaped &= escaped - 1) {
        if (cursor->escapes == cursor->escapes_end) return 0;
        indices[__builtin_ctz(escaped)] = *cursor->escapes++;
    }
    return 1;
}

typedef struct {
    __m256i h0, h1;
    __m256 offsets[2], step;
    const int *slots;
} constants;

NARROW uint32_t lanes_of(__m256i mask) { return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(mask)); }

NARROW int decode_vector(const constants *constants, int has_raw_bits, bantam_trellis_cursor *cursor, __m256i *coder,
                         __m256i *trellis, const uint8_t **words, const uint16_t *contexts, const float *means,
                       float *result) {
    const __m256i one = _mm256_set1_epi32(1), mask = _mm256_set1_epi32(BANTAM_TRELLIS_SLOTS - 1);
    const __m256i zero = _mm256_setzero_si256(), ones = _mm256_set1_epi32(-1);
    const __m256i context = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)contexts));
    const __m256i quantizer = _mm256_and_si256(*trellis, one);
    const __m256i group = has_raw_bits ? _mm256_and_si256(context, _mm256_set1_epi32(255)) : context;
    const __m256i table = _mm256_add_epi32(_mm256_add_epi32(group, group), quantizer);
    const __m256i place =
        _mm256_or_si256(_mm256_slli_epi32(table, TRELLIS_SLOT_BITS), _mm256_and_si256(*coder, mask));
    const __m256i slot = _mm256_i32gather_epi32(constants->slots, place, 4);
    const __m256i frequency =
        _mm256_add_epi32(_mm256_and_si256(_mm256_srli_epi32(slot, TRELLIS_SLOT_BITS), mask), one);
    __m256i x = _mm256_add_epi32(_mm256_mullo_epi32(frequency, _mm256_srli_epi32(*coder, TRELLIS_SLOT_BITS)),
                                 _mm256_and_si256(slot, mask));
    __m256i index = _mm256_srai_epi32(slot, 24);
    const __m256i escaped = _mm256_cmpeq_epi32(index, _mm256_set1_epi32(BANTAM_TRELLIS_ESCAPE));
    __m256i magnitude = _mm256_abs_epi32(index);
    if (has_raw_bits) {
        const __m256i has_no_raw = _mm256_or_si256(_mm256_cmpeq_epi32(index, zero), escaped);
        const __m256i raw_bits = _mm256_andnot_si256(has_no_raw, _mm256_srli_epi32(context, 8));
        const __m256i raw = _mm256_andnot_si256(_mm256_sllv_epi32(ones, raw_bits), x);
        x = _mm256_srlv_epi32(x, raw_bits);
        const __m256i whole = _mm256_add_epi32(
            _mm256_sllv_epi32(_mm256_sub_epi32(magnitude, one), raw_bits), _mm256_add_epi32(raw, one));
        magnitude = _mm256_blendv_epi8(whole, magnitude, has_no_raw);
    }
    const uint32_t escapes = lanes_of(escaped);
    if (__builtin_expect(escapes, 0)) {
        int32_t indices[8];
        _mm256_storeu_si256((__m256i *)indices, index);
        if (!take_escapes(indices, escapes, cursor)) return 0;
        index = _mm256_loadu_si256((const __m256i *)indices);
        magnitude = _mm256_blendv_epi8(magnitude, _mm256_abs_epi32(index), escaped);
    }
    // States at or above 2^31 count as negative: their high half decides.
    const __m256i refilled = _mm256_cmpeq_epi32(_mm256_srli_epi32(x, 16), zero);
    const uint32_t refills = lanes_of(refilled);
    const __m256i places = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)expansions[refills]));
    const __m256i next = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)*words));
    *words += 2 * __builtin_popcount(refills);
    const __m256i filled =
        _mm256_or_si256(_mm256_slli_epi32(x, 16), _mm256_permutevar8x32_epi32(next, places));
    *coder = _mm256_blendv_epi8(x, filled, refilled);
    const __m256i is_odd = _mm256_sub_epi32(zero, _mm256_and_si256(magnitude, one));
    const __m256i is_second = _mm256_sub_epi32(zero, quantizer);
    *trellis = _mm256_xor_si256(
        _mm256_xor_si256(_mm256_srli_epi32(*trellis, 1), _mm256_and_si256(is_second, constants->h0)),
        _mm256_and_si256(is_odd, constants->h1));
    // Level and offset of magnitude 0 are 0.
    const __m256i level = _mm256_andnot_si256(_mm256_cmpeq_epi32(magnitude, zero),
                                              _mm256_sub_epi32(_mm256_add_epi32(magnitude, magnitude), quantizer));
    const __m256i offset_place = _mm256_min_epi32(magnitude, _mm256_set1_epi32(BANTAM_TRELLIS_OFFSETS - 1));
    const __m256 offset =
        _mm256_blendv_ps(_mm256_permutevar8x32_ps(constants->offsets[0], offset_place),
                         _mm256_permutevar8x32_ps(constants->offsets[1], offset_place),
                         _mm256_castsi256_ps(is_second));
    const __m256 value = _mm256_mul_ps(_mm256_add_ps(_mm256_cvtepi32_ps(level), offset), constants->step);
    const __m256i sign = _mm256_slli_epi32(_mm256_srli_epi32(index, 31), 31);
    const __m256 signed_value = _mm256_castsi256_ps(_mm256_xor_si256(_mm256_castps_si256(value), sign));
    _mm256_storeu_ps(result, _mm256_add_ps(signed_value, _mm256_loadu_ps(means)));
    return 1;
}

NARROW size_t decode_steps(int has_raw_bits, const bantam_trellis_decoder *decoder, bantam_trellis_cursor *cursor,
                           const uint16_t *contexts, size_t column, size_t count, float *result) {
    const constants constants = {
        _mm256_set1_epi32((int)decoder->trellis.h0),
        _mm256_set1_epi32((int)decoder->trellis.h1),
        {_mm256_loadu_ps(decoder->offsets[0]), _mm256_loadu_ps(decoder->offsets[1])},
        _mm256_set1_ps(decoder->step),
        (const int *)decoder->slots};
    __m256i coder[4], trellis[4];
    for (int v = 0; v < 4; v++) {
        coder[v] = _mm256_loadu_si256((const __m256i *)(cursor->coder + 8 * v));
        trellis[v] = _mm256_loadu_si256((const __m256i *)(cursor->trellis + 8 * v));
    }
    const uint8_t *words = cursor->words;
    size_t done = 0;
    // A step reads up to 32 words, and each quarter looks at 8 from where it stands.
    for (; done + 32 <= count && cursor->words_end - words >= 64; done += 32) {
#pragma unroll
        for (int v = 0; v < 4; v++)
            if (!decode_vector(&constants, has_raw_bits, cursor, &coder[v], &trellis[v], &words,
                               contexts + done + 8 * v, decoder->means + column + 8 * v, result + done + 8 * v)) {
                cursor->words_end = NULL;
                return 0;
            }
        column += 32;
        column -= column >= decoder->columns ? decoder->columns : 0;
    }
    for (int v = 0; v < 4; v++) {
        _mm256_storeu_si256((__m256i *)(cursor->coder + 8 * v), coder[v]);
        _mm256_storeu_si256((__m256i *)(cursor->trellis + 8 * v), trellis[v]);
    }
    cursor->words = words;
    return done;
}

NARROW_ENTRY size_t trellis_decode_steps_avx2(const bantam_trellis_decoder *decoder, bantam_trellis_cursor *cursor,
                                              const uint16_t *contexts, size_t column, size_t count, float *result) {
    return decoder->has_raw_bits ? decode_steps(1, decoder, cursor, contexts, column, count, result)
                                 : decode_steps(0, decoder, cursor, contexts, column, count, result);
}
#endif
