// Decoding trellis-coded indices with AVX-512: two vectors of 16 lanes, whose slots are gathered.

#include "trellis.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define WIDE static inline __attribute__((always_inline, target("arch=x86-64-v4")))
#define WIDE_ENTRY __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))

// The indices of escaped lanes in order; lanes that are not escaped keep theirs.
static __attribute__((noinline)) int take_escapes(int32_t indices[16], uint32_t escaped,
                                                  bantam_trellis_cursor *cursor) {
    for (; escaped; escaped &= escaped - 1) {
        if (cursor->escapes == cursor->escapes_end) return 0;
        indices[__builtin_ctz(escaped)] = *cursor->escapes++;
    }
    return 1;
}

typedef struct {
    __m512i h0, h1;
    __m512 offsets, step;
    const int *slots;
} constants;

WIDE int decode_vector(const constants *constants, int has_raw_bits, bantam_trellis_cursor *cursor, __m512i *coder,
                       __m512i *trellis, const uint8_t **words, const uint16_t *contexts, const float *means,
                       float *result) {
    const __m512i one = _mm512_set1_epi32(1), mask = _mm512_set1_epi32(BANTAM_TRELLIS_SLOTS - 1);
    const __m512i zero = _mm512_setzero_si512();
    const __m512i context = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)contexts));
    const __m512i quantizer = _mm512_and_si512(*trellis, one);
    const __m512i group = has_raw_bits ? _mm512_and_si512(context, _mm512_set1_epi32(255)) : context;
    const __m512i table = _mm512_add_epi32(_mm512_add_epi32(group, group), quantizer);
    const __m512i place =
        _mm512_or_si512(_mm512_slli_epi32(table, TRELLIS_SLOT_BITS), _mm512_and_si512(*coder, mask));
    const __m512i slot = _mm512_i32gather_epi32(place, constants->slots, 4);
    const __m512i frequency =
        _mm512_add_epi32(_mm512_and_si512(_mm512_srli_epi32(slot, TRELLIS_SLOT_BITS), mask), one);
    __m512i x = _mm512_add_epi32(_mm512_mullo_epi32(frequency, _mm512_srli_epi32(*coder, TRELLIS_SLOT_BITS)),
                                 _mm512_and_si512(slot, mask));
    __m512i index = _mm512_srai_epi32(slot, 24);
    const __mmask16 escaped = _mm512_cmpeq_epi32_mask(index, _mm512_set1_epi32(BANTAM_TRELLIS_ESCAPE));
    __m512i magnitude = _mm512_abs_epi32(index);
    if (has_raw_bits) {
        const __mmask16 has_raw =
            _mm512_cmpneq_epi32_mask(index, zero) & (__mmask16)~_cvtmask16_u32(escaped);
        const __m512i raw_bits = _mm512_maskz_srli_epi32(has_raw, context, 8);
        const __m512i raw = _mm512_andnot_si512(_mm512_sllv_epi32(_mm512_set1_epi32(-1), raw_bits), x);
        x = _mm512_srlv_epi32(x, raw_bits);
        magnitude = _mm512_mask_add_epi32(
            magnitude, has_raw, _mm512_sllv_epi32(_mm512_sub_epi32(magnitude, one), raw_bits),
            _mm512_add_epi32(raw, one));
    }
    if (__builtin_expect(_cvtmask16_u32(escaped), 0)) {
        int32_t indices[16];
        _mm512_storeu_si512(indices, index);
        if (!take_escapes(indices, _cvtmask16_u32(escaped), cursor)) return 0;
        index = _mm512_loadu_si512(indices);
        magnitude = _mm512_mask_abs_epi32(magnitude, escaped, index);
    }
    const __mmask16 refilled = _mm512_cmplt_epu32_mask(x, _mm512_set1_epi32(TRELLIS_LEAST));
    const __m512i next = _mm512_maskz_expand_epi32(
        refilled, _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)*words)));
    *words += 2 * __builtin_popcount(_cvtmask16_u32(refilled));
    *coder = _mm512_or_si512(_mm512_mask_slli_epi32(x, refilled, x, 16), next);
    const __mmask16 is_odd = _mm512_test_epi32_mask(magnitude, one);
    const __mmask16 is_second = _mm512_test_epi32_mask(quantizer, one);
    __m512i state = _mm512_srli_epi32(*trellis, 1);
    state = _mm512_mask_xor_epi32(state, is_second, state, constants->h0);
    *trellis = _mm512_mask_xor_epi32(state, is_odd, state, constants->h1);
    // Level and offset of magnitude 0 are 0.
    const __mmask16 is_nonzero = _mm512_test_epi32_mask(magnitude, magnitude);
    const __m512i level =
        _mm512_maskz_sub_epi32(is_nonzero, _mm512_add_epi32(magnitude, magnitude), quantizer);
    const __m512i offset_place = _mm512_add_epi32(
        _mm512_min_epi32(magnitude, _mm512_set1_epi32(BANTAM_TRELLIS_OFFSETS - 1)), _mm512_slli_epi32(quantizer, 3));
    const __m512 offset = _mm512_permutexvar_ps(offset_place, constants->offsets);
    const __m512 value = _mm512_mul_ps(_mm512_add_ps(_mm512_cvtepi32_ps(level), offset), constants->step);
    const __m512i sign = _mm512_slli_epi32(_mm512_srli_epi32(index, 31), 31);
    const __m512 signed_value = _mm512_castsi512_ps(_mm512_xor_si512(_mm512_castps_si512(value), sign));
    _mm512_storeu_ps(result, _mm512_add_ps(signed_value, _mm512_loadu_ps(means)));
    return 1;
}

WIDE size_t decode_steps(int has_raw_bits, const bantam_trellis_decoder *decoder, bantam_trellis_cursor *cursor,
                         const uint16_t *contexts, size_t column, size_t count, float *result) {
    const constants constants = {
        _mm512_set1_epi32((int)decoder->trellis.h0), _mm512_set1_epi32((int)decoder->trellis.h1),
        _mm512_loadu_ps(decoder->offsets), _mm512_set1_ps(decoder->step), (const int *)decoder->slots};
    __m512i coder[2], trellis[2];
    for (int v = 0; v < 2; v++) {
        coder[v] = _mm512_loadu_si512(cursor->coder + 16 * v);
        trellis[v] = _mm512_loadu_si512(cursor->trellis + 16 * v);
    }
    const uint8_t *words = cursor->words;
    size_t done = 0;
    // A step reads up to 32 words, and each half looks at 16 from where it stands.
    for (; done + 32 <= count && cursor->words_end - words >= 64; done += 32) {
#pragma unroll
        for (int v = 0; v < 2; v++)
            if (!decode_vector(&constants, has_raw_bits, cursor, &coder[v], &trellis[v], &words,
                               contexts + done + 16 * v, decoder->means + column + 16 * v, result + done + 16 * v)) {
                cursor->words_end = NULL;
                return 0;
            }
        column += 32;
        column -= column >= decoder->columns ? decoder->columns : 0;
    }
    for (int v = 0; v < 2; v++) {
        _mm512_storeu_si512(cursor->coder + 16 * v, coder[v]);
        _mm512_storeu_si512(cursor->trellis + 16 * v, trellis[v]);
    }
    cursor->words = words;
    return done;
}

WIDE_ENTRY size_t trellis_decode_steps_avx512(const bantam_trellis_decoder *decoder, bantam_trellis_cursor *cursor,
                                              const uint16_t *contexts, size_t column, size_t count, float *result) {
    return decoder->has_raw_bits ? decode_steps(1, decoder, cursor, contexts, column, count, result)
                                 : decode_steps(0, decoder, cursor, contexts, column, count, result);
}
#endif
