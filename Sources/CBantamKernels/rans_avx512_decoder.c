// Decoding of rANS steps with AVX-512: the 64 states of two streams as a vector of low bytes, which are the slots, and
// one of high bytes.

#include "rans_avx512.h"

#if defined(__x86_64__)

// MARK: Planes

// The bits of the high bytes of one half that are not coded.
WIDE __m512i read_fields(rans_layout layout, const uint8_t *raw, int half) {
    __m512i fields = _mm512_setzero_si512();
    if (layout.field_bits == 4) {
        __m512i both = _mm512_loadu_si512(raw);
        if (half) both = _mm512_srli_epi16(both, 4);
        fields = _mm512_and_si512(both, _mm512_set1_epi8(15));
    }
    if (layout.field_bits == 2) {
        const __m512i four = _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)raw));
        const __m512i first = half ? _mm512_srli_epi16(four, 4) : four;
        const __m512i second = half ? _mm512_slli_epi16(four, 2) : _mm512_slli_epi16(four, 6);
        fields = _mm512_ternarylogic_epi64(first, second, _mm512_set1_epi8(3), 0xa8);  // (a | b) & c
    }
    if (layout.has_sign) {
        uint64_t signs;
        memcpy(&signs, raw + STEP / 8 * layout.field_bits + 8 * half, 8);
        fields = _mm512_mask_add_epi8(fields, _cvtu64_mask64(signs), fields, _mm512_set1_epi8((char)0x80));
    }
    return fields;
}

// The low words of 32 elements of float32: of three bits 13 and 14 are in a plane of pairs, 15 in one of single bits.
WIDE __m512i read_words(const uint8_t *raw, unsigned keep, int vector) {
    if (keep == BANTAM_RANS_KEEP_ALL) return _mm512_loadu_si512(raw + 64 * vector);
    if (keep != BANTAM_RANS_KEEP_3) return _mm512_setzero_si512();
    const __m512i pairs = _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)raw));
    const __m512i pair = _mm512_slli_epi16(_mm512_and_si512(_mm512_srli_epi16(pairs, (unsigned)(2 * vector)),
                                                            _mm512_set1_epi16(3)), 13);
    uint32_t tops;
    memcpy(&tops, raw + 32 + 4 * vector, 4);
    return _mm512_mask_add_epi16(pair, _cvtu32_mask32(tops), pair, _mm512_set1_epi16((short)0x8000));
}

WIDE __m512i rotated_right(__m512i words) { return _mm512_shldi_epi16(words, words, 15); }
WIDE __m512i rotated_bytes_right(__m512i bytes) {
    const __m512i ones = _mm512_set1_epi8(1);
    return _mm512_or_si512(_mm512_and_si512(_mm512_srli_epi16(bytes, 1), _mm512_set1_epi8(0x7f)),
                           _mm512_slli_epi16(_mm512_and_si512(bytes, ones), 7));
}

// Of two vectors of bytes, those at even or odd places by turns.
WIDE __m512i alternation(int odd) {
    uint8_t places[64];
    for (int i = 0; i < 64; i++) places[i] = (uint8_t)((i & ~1) + odd + (i & 1 ? 64 : 0));
    return _mm512_loadu_si512(places);
}

// Of two vectors of words, one word of each by turns, of their lower or upper halves.
WIDE __m512i interleaving(int high) {
    uint16_t places[32];
    for (int i = 0; i < 32; i++) places[i] = (uint16_t)(16 * high + i / 2 + (i & 1 ? 32 : 0));
    return _mm512_loadu_si512(places);
}

typedef struct {
    __m512i heads[2];  // of low and high bytes, those of the first or the second stream
    __m512i halves[2];
} output_places;

// Writes half a step: the high bytes, in packed order, with all that is raw.
WIDE void write_half(rans_layout layout, uint8_t *to, __m512i high, const uint8_t *raw, unsigned keep, int half,
                     const output_places *places) {
    if (layout.field_bits)
        high = _mm512_or_si512(high, read_fields(layout, raw + (layout.head_bytes == 2 ? STEP : 0), half));
    if (layout.head_bytes == 1) {
        _mm512_storeu_si512(to, layout.rotates ? rotated_bytes_right(high) : high);
        return;
    }
    const __m512i low = _mm512_loadu_si512(raw + HALF * half);
#pragma unroll
    for (int v = 0; v < 2; v++) {
        __m512i heads = _mm512_permutex2var_epi8(low, places->heads[v], high);
        if (layout.rotates) heads = rotated_right(heads);
        if (layout.low_bits != 16) {
            _mm512_storeu_si512(to + 64 * v, heads);
            continue;
        }
        const __m512i words = read_words(raw + STEP, keep, 2 * half + v);
        _mm512_storeu_si512(to + 128 * v, _mm512_permutex2var_epi16(words, places->halves[0], heads));
        _mm512_storeu_si512(to + 128 * v + 64, _mm512_permutex2var_epi16(words, places->halves[1], heads));
    }
}

// MARK: Symbols

// All by slot, so that the next states do not wait for the symbol: the way from state to state is what a step takes.
typedef struct {
    table256 frequencies, offsets, values;
    table256 limits;            // the highest high byte of a state that needs a byte of the stream after this slot
    __m512i packing;            // where each place of packed order has its state
    __m512i escape;             // the value that stands for it, which no symbol has
    __mmask64 firsts, seconds;  // the states of either stream
} decoding_tables;

// Writes vectors from the start of a symbol's slots on; what is written beyond them, the next symbol replaces.
WIDE decoding_tables decoding_tables_of(const rans_table *table) {
    enum { ROOM = 256 + 63 };
    uint8_t frequencies[ROOM], offsets[ROOM], values[ROOM], limits[ROOM], packing[HALF], counting[HALF];
    const uint8_t escape = rans_unused_value(table);
    for (unsigned q = 0; q < HALF; q++) packing[q] = (uint8_t)rans_state(q);
    for (unsigned q = 0; q < HALF; q++) counting[q] = (uint8_t)q;
    for (unsigned i = 0; i < table->symbol_count; i++) {
        const unsigned start = table->starts[i], frequency = table->frequencies[i];
        const __m512i value = _mm512_set1_epi8((char)((int)i == table->escape ? escape : table->values[i]));
        const __m512i limit = _mm512_set1_epi8((char)(255 / frequency));
        const __m512i last_same = _mm512_set1_epi8((char)(255 % frequency));
        __m512i offset = _mm512_loadu_si512(counting);
        for (unsigned at = start; at < start + frequency; at += HALF) {
            _mm512_storeu_si512(frequencies + at, _mm512_set1_epi8((char)frequency));
            _mm512_storeu_si512(offsets + at, offset);
            _mm512_storeu_si512(values + at, value);
            // (255 - offset) / frequency
            const __mmask64 is_less = _mm512_cmpgt_epu8_mask(offset, last_same);
            _mm512_storeu_si512(limits + at, _mm512_mask_sub_epi8(limit, is_less, limit, _mm512_set1_epi8(1)));
            offset = _mm512_add_epi8(offset, _mm512_set1_epi8(HALF));
        }
    }
    return (decoding_tables){load_table(frequencies), load_table(offsets), load_table(values), load_table(limits),
                             _mm512_loadu_si512(packing), _mm512_set1_epi8((char)escape),
                             _cvtu64_mask64(0xffffffff), _cvtu64_mask64(0xffffffff00000000)};
}

typedef struct { __m512i low, high; } split_states;

WIDE split_states split(const uint16_t states[HALF]) {
    uint8_t low[HALF], high[HALF];
    rans_split_states(states, HALF, low, high);
    return (split_states){_mm512_loadu_si512(low), _mm512_loadu_si512(high)};
}

WIDE void join(split_states split, uint16_t states[HALF]) {
    uint8_t low[HALF], high[HALF];
    _mm512_storeu_si512(low, split.low);
    _mm512_storeu_si512(high, split.high);
    rans_join_states(low, high, HALF, states);
}

// Where `bytes` are at most `limits`, of those within a mask. A compiler compares once for two masks, and what waits
// for the result then waits for `kand` too.
WIDE __mmask64 at_most(__m512i bytes, __m512i limits, __mmask64 within) {
    __mmask64 mask;
    __asm__("vpcmpub $2, %2, %1, %0 %{%3%}" : "=k"(mask) : "v"(bytes), "v"(limits), "Yk"(within));
    return mask;
}

// The next bytes of a stream, at the states that need one.
WIDE __m512i next_bytes(__mmask64 needs, const uint8_t **stream) {
    const __m512i bytes = _mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)*stream));
    *stream += _mm_popcnt_u64(_cvtmask64_u64(needs));
    return _mm512_maskz_expand_epi8(needs, bytes);
}

// One half of a step: 64 values in packed order, some of which may be escapes. Which states need a byte is told by
// their high byte before they are computed, since masks take long to become moves.
WIDE __m512i decode_half(const decoding_tables *tables, split_states *states, const uint8_t *streams[2],
                         __mmask64 *escapes) {
    const __m512i limits = look_up(tables->limits, states->low);
    const __m512i frequencies = look_up(tables->frequencies, states->low);
    const __m512i offsets = look_up(tables->offsets, states->low);
    const __m512i values = _mm512_permutexvar_epi8(tables->packing, look_up(tables->values, states->low));
    const __mmask64 first_needs = at_most(states->high, limits, tables->firsts);
    const __mmask64 second_needs = at_most(states->high, limits, tables->seconds);
    const __mmask64 stay = _mm512_cmpgt_epu8_mask(states->high, limits);
    const __m512i evens = _mm512_add_epi16(_mm512_mullo_epi16(even(frequencies), even(states->high)), even(offsets));
    const __m512i odds = _mm512_add_epi16(_mm512_mullo_epi16(odd(frequencies), odd(states->high)), odd(offsets));
    const __m512i low = packed(evens, odds);
    const __m512i high = _mm512_ternarylogic_epi64(odd(evens), _mm512_set1_epi16(0xff), odds, 0xf2);  // a | (~b & c)
    const __m512i first = next_bytes(first_needs, &streams[0]), second = next_bytes(second_needs, &streams[1]);
    states->low = _mm512_ternarylogic_epi64(first, second, _mm512_maskz_mov_epi8(stay, low), 0xfe);  // a | b | c
    states->high = _mm512_mask_mov_epi8(low, stay, high);
    *escapes = _mm512_cmpeq_epi8_mask(values, tables->escape);
    return values;
}

// Puts the next escapes in place; 0 if there are not as many. Whether there is one is a coin that no processor can
// foretell, so as long as no half could take them all, none is asked.
WIDE int take_escapes(const uint8_t **from, const uint8_t *end, __mmask64 escapes, __m512i *values) {
    const size_t left = (size_t)(end - *from);
    const size_t count = (size_t)_mm_popcnt_u64(_cvtmask64_u64(escapes));
    __m512i next;
    if (__builtin_expect(left >= HALF, 1)) {
        next = _mm512_loadu_si512(*from);
    } else {
        if (count > left) return 0;
        if (!count) return 1;
        next = _mm512_maskz_loadu_epi8(_cvtu64_mask64(_bzhi_u64(~0ull, (unsigned)count)), *from);
    }
    *values = _mm512_mask_expand_epi8(*values, escapes, next);
    *from += count;
    return 1;
}

// MARK: Steps

WIDE int decode_steps(rans_layout layout, int has_escape, rans_decoder *decoder) {
    const decoding_tables tables = decoding_tables_of(decoder->table);
    const output_places places = {{alternation(0), alternation(1)}, {interleaving(0), interleaving(1)}};
    split_states states[2] = {split(decoder->states), split(decoder->states + HALF)};
    const uint8_t *raw = decoder->raw, *streams[STREAMS];
    for (int v = 0; v < STREAMS; v++) streams[v] = decoder->streams[v];
    uint8_t *result = decoder->result + decoder->step * STEP * layout.element_bytes;
    const uint8_t *kept = layout.low_bits ? decoder->block->kept : NULL;
    size_t step = decoder->step;
    const uint8_t *escape = decoder->escape, *const escape_end = decoder->escape_end;
    for (size_t safe = 0; safe > 0 || (safe = rans_safe_steps(decoder, step, streams)) > 0; safe--, step++) {
        const unsigned keep = kept ? kept[step] : 0;
        const size_t raw_bytes = rans_head_bytes(layout) + rans_low_bytes(layout, keep);
        rans_prefetch(raw, raw_bytes, streams);
        uint16_t heads[STEP];
#pragma unroll
        for (int half = 0; half < 2; half++) {
            __mmask64 escapes;
            __m512i high = decode_half(&tables, &states[half], &streams[2 * half], &escapes);
            if (has_escape && !take_escapes(&escape, escape_end, escapes, &high)) return 0;
            uint8_t *const to = layout.low_bits > 16 ? (uint8_t *)(heads + HALF * half)
                                                     : result + half * HALF * layout.element_bytes;
            write_half(layout, to, high, raw, keep, half, &places);
        }
        if (layout.low_bits > 16) rans_join_float64(keep, raw + STEP, heads, result);
        raw += raw_bytes;
        result += STEP * layout.element_bytes;
    }
    for (int half = 0; half < 2; half++) join(states[half], decoder->states + HALF * half);
    decoder->step = step;
    decoder->escape = escape;
    for (int v = 0; v < STREAMS; v++) decoder->streams[v] = streams[v];
    decoder->raw = raw;
    return 1;
}

WIDE_ENTRY int rans_decode_steps_avx512(rans_decoder *decoder) {
#define DECODE(constant) \
    return has_escape ? decode_steps(constant, 1, decoder) : decode_steps(constant, 0, decoder)
    const int has_escape = decoder->table->escape >= 0;
    RANS_FOR_LAYOUT(decoder->block->layout, DECODE)
#undef DECODE
    return 0;
}
#endif
