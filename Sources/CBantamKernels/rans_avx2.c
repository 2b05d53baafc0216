// rANS steps with AVX2: eight vectors of 16 states. There is no look-up among 256 bytes, so a slot's symbol is found by
// row, the upper four bits, and then by the symbols that start in the row; and no compression, so tables of shuffles
// serve.

#include "rans.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define NARROW static inline __attribute__((always_inline, target("arch=x86-64-v3")))
#define NARROW_ENTRY __attribute__((target("arch=x86-64-v3")))

// By the mask of 8 lanes: which byte of the stream goes to the low byte of each lane, 0x80 for none.
#define PLACE(mask, lane) ((mask) >> (lane) & 1 ? __builtin_popcount((mask) & ((1 << (lane)) - 1)) : 0x80), 0x80
#define PLACES(mask)                                                                       \
    {PLACE(mask, 0), PLACE(mask, 1), PLACE(mask, 2), PLACE(mask, 3),                       \
     PLACE(mask, 4), PLACE(mask, 5), PLACE(mask, 6), PLACE(mask, 7)}
#define PLACES_4(mask) PLACES(mask), PLACES(mask + 1), PLACES(mask + 2), PLACES(mask + 3)
#define PLACES_16(mask) PLACES_4(mask), PLACES_4(mask + 4), PLACES_4(mask + 8), PLACES_4(mask + 12)
#define PLACES_64(mask) PLACES_16(mask), PLACES_16(mask + 16), PLACES_16(mask + 32), PLACES_16(mask + 48)

static const uint8_t expansions[256][16] __attribute__((aligned(64))) = {
    PLACES_64(0), PLACES_64(64), PLACES_64(128), PLACES_64(192)};

// The reverse: which low bytes of lanes go to the stream, at the end of 8 bytes. Written once a block.
typedef struct { uint8_t places[256][8]; } compressions;

static void fill(compressions *table) {
    memset(table, 0x80, sizeof *table);
    for (unsigned mask = 0; mask < 256; mask++) {
        unsigned place = 8;
        for (unsigned left = mask; left; left &= ~(1u << (31 - __builtin_clz(left))))
            table->places[mask][--place] = (uint8_t)(2 * (31 - __builtin_clz(left)));
    }
}

NARROW __m256i load(const void *from) { return _mm256_loadu_si256((const __m256i *)from); }
NARROW void store(void *to, __m256i bytes) { _mm256_storeu_si256((__m256i *)to, bytes); }
NARROW __m256i words_of_bytes(const uint8_t *from) {
    return _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)from));
}

// Places of packed order: even ones are the first vector's of a pair.
NARROW __m256i packed(__m256i first, __m256i second) {
    return _mm256_or_si256(_mm256_and_si256(first, _mm256_set1_epi16(0xff)), _mm256_slli_epi16(second, 8));
}
NARROW __m256i even(__m256i bytes) { return _mm256_and_si256(bytes, _mm256_set1_epi16(0xff)); }
NARROW __m256i odd(__m256i bytes) { return _mm256_srli_epi16(bytes, 8); }

NARROW __m256i rotated_left(__m256i words) {
    return _mm256_or_si256(_mm256_add_epi16(words, words), _mm256_srli_epi16(words, 15));
}
NARROW __m256i rotated_right(__m256i words) {
    return _mm256_or_si256(_mm256_srli_epi16(words, 1), _mm256_slli_epi16(words, 15));
}

// A byte for each symbol, in two registers of 16.
typedef struct { __m256i low, high; } table32;

NARROW table32 load_table(const uint8_t bytes[32]) {
    return (table32){_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)bytes)),
                     _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(bytes + 16)))};
}

// Of a place below 128 a shuffle takes the lower four bits; the fifth says which of the two registers.
NARROW __m256i look_up(table32 table, __m256i symbols, int is_large) {
    const __m256i low = _mm256_shuffle_epi8(table.low, symbols);
    if (!is_large) return low;
    return _mm256_blendv_epi8(low, _mm256_shuffle_epi8(table.high, symbols), _mm256_slli_epi16(symbols, 3));
}

// MARK: Planes

// Bits to bytes or words of the same number: all ones where the bit is set.
NARROW __m256i bytes_of_bits(const uint8_t *from) {
    int bits;
    memcpy(&bits, from, 4);
    const __m256i places = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const __m256i select = _mm256_set1_epi64x((long long)0x8040201008040201);
    const __m256i spread = _mm256_shuffle_epi8(_mm256_set1_epi32(bits), places);
    return _mm256_cmpeq_epi8(_mm256_and_si256(spread, select), select);
}

NARROW __m256i words_of_bits(const uint8_t *from) {
    short bits;
    memcpy(&bits, from, 2);
    const __m256i select = _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384,
                                             (short)0x8000);
    return _mm256_cmpeq_epi16(_mm256_and_si256(_mm256_set1_epi16(bits), select), select);
}

// The bits of the high bytes of quarter 2·half + part that are not coded.
NARROW __m256i read_fields(rans_layout layout, const uint8_t *raw, int half, int part) {
    __m256i fields = _mm256_setzero_si256();
    if (layout.field_bits == 4) {
        __m256i both = load(raw + 32 * part);
        if (half) both = _mm256_srli_epi16(both, 4);
        fields = _mm256_and_si256(both, _mm256_set1_epi8(15));
    }
    if (layout.field_bits == 2) {
        const __m256i four = words_of_bytes(raw + 16 * part);
        const __m256i first = half ? _mm256_srli_epi16(four, 4) : four;
        const __m256i second = half ? _mm256_slli_epi16(four, 2) : _mm256_slli_epi16(four, 6);
        fields = _mm256_and_si256(_mm256_or_si256(first, second), _mm256_set1_epi8(3));
    }
    if (layout.has_sign) {
        const __m256i signs = bytes_of_bits(raw + STEP / 8 * layout.field_bits + 8 * half + 4 * part);
        fields = _mm256_or_si256(fields, _mm256_and_si256(signs, _mm256_set1_epi8((char)0x80)));
    }
    return fields;
}

NARROW __m128i low_bytes(__m256i words) {
    const __m256i packed = _mm256_packus_epi16(even(words), _mm256_setzero_si256());
    return _mm256_castsi256_si128(_mm256_permute4x64_epi64(packed, 0x08));
}

NARROW void write_fields(rans_layout layout, uint8_t *raw, __m256i high[2][2]) {
#pragma unroll
    for (int part = 0; part < 2; part++) {
        if (layout.field_bits) {
            const __m256i mask = _mm256_set1_epi8(layout.field_bits == 4 ? 15 : 3);
            const __m256i both = _mm256_or_si256(_mm256_and_si256(high[0][part], mask),
                                                 _mm256_slli_epi16(_mm256_and_si256(high[1][part], mask), 4));
            if (layout.field_bits == 4) {
                store(raw + 32 * part, both);
            } else {
                const __m256i four = _mm256_or_si256(both, _mm256_srli_epi16(both, 6));
                _mm_storeu_si128((__m128i *)(raw + 16 * part), low_bytes(four));
            }
        }
        if (layout.has_sign)
#pragma unroll
            for (int half = 0; half < 2; half++) {
                const int signs = _mm256_movemask_epi8(high[half][part]);
                memcpy(raw + STEP / 8 * layout.field_bits + 8 * half + 4 * part, &signs, 4);
            }
    }
}

// MARK: Decoding

typedef struct {
    __m256i firsts;          // by row: the symbol of its first slot
    __m256i boundaries[15];  // by row: the place before that of the next symbol that starts beyond the first slot
    unsigned boundary_count;
    table32 frequencies, starts, values;
    __m256i escape;  // the symbol, or one that there is not
} decoding_tables;

NARROW decoding_tables decoding_tables_of(const rans_table *table) {
    uint8_t bytes[3][32], firsts[16] = {0}, boundaries[15][16];
    memset(bytes, 0, sizeof bytes);
    memset(boundaries, 15, sizeof boundaries);
    unsigned counts[16] = {0};
    decoding_tables tables;
    tables.boundary_count = 0;
    for (unsigned i = 0; i < table->symbol_count; i++) {
        bytes[0][i] = (uint8_t)table->frequencies[i];
        bytes[1][i] = (uint8_t)table->starts[i];
        bytes[2][i] = table->values[i];
        const unsigned row = table->starts[i] / 16, place = table->starts[i] % 16;
        for (unsigned later = place ? row + 1 : row; later < 16; later++) firsts[later] = (uint8_t)i;
        if (place) boundaries[counts[row]++][row] = (uint8_t)(place - 1);
        if (counts[row] > tables.boundary_count) tables.boundary_count = counts[row];
    }
    tables.firsts = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)firsts));
    for (unsigned k = 0; k < tables.boundary_count; k++)
        tables.boundaries[k] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)boundaries[k]));
    tables.frequencies = load_table(bytes[0]);
    tables.starts = load_table(bytes[1]);
    tables.values = load_table(bytes[2]);
    tables.escape = _mm256_set1_epi8((char)table->escape);
    return tables;
}

NARROW void find_symbols(const decoding_tables *tables, const __m256i slots[4], __m256i symbols[4]) {
    __m256i rows[4], places[4];
#pragma unroll
    for (int i = 0; i < 4; i++) {
        rows[i] = _mm256_and_si256(_mm256_srli_epi16(slots[i], 4), _mm256_set1_epi8(15));
        places[i] = _mm256_and_si256(slots[i], _mm256_set1_epi8(15));
        symbols[i] = _mm256_shuffle_epi8(tables->firsts, rows[i]);
    }
    for (unsigned k = 0; k < tables->boundary_count; k++)
#pragma unroll
        for (int i = 0; i < 4; i++) {
            const __m256i boundary = _mm256_shuffle_epi8(tables->boundaries[k], rows[i]);
            symbols[i] = _mm256_sub_epi8(symbols[i], _mm256_cmpgt_epi8(places[i], boundary));
        }
}

// The states of a vector of 32 below 256 take the next bytes of the stream.
NARROW void refill(__m256i states[2], const uint8_t **stream) {
    __m256i needs[2];
#pragma unroll
    for (int part = 0; part < 2; part++)
        needs[part] = _mm256_cmpeq_epi16(_mm256_srli_epi16(states[part], 8), _mm256_setzero_si256());
    const unsigned mask = (unsigned)_mm256_movemask_epi8(_mm256_packs_epi16(needs[0], needs[1]));
    const uint8_t *const from = *stream;
    const uint8_t *const froms[4] = {from, from + _mm_popcnt_u32(mask & 0xff), from + _mm_popcnt_u32(mask & 0xff00ff),
                                     from + _mm_popcnt_u32(mask & 0xffffff)};
    *stream = from + _mm_popcnt_u32(mask);
    const unsigned masks[4] = {mask & 255, mask >> 16 & 255, mask >> 8 & 255, mask >> 24};
#pragma unroll
    for (int part = 0; part < 2; part++) {
        const unsigned low = masks[2 * part], high = masks[2 * part + 1];
        const __m256i next = _mm256_set_m128i(_mm_loadl_epi64((const __m128i *)froms[2 * part + 1]),
                                              _mm_loadl_epi64((const __m128i *)froms[2 * part]));
        const __m256i places = _mm256_set_m128i(_mm_loadu_si128((const __m128i *)expansions[high]),
                                                _mm_loadu_si128((const __m128i *)expansions[low]));
        const __m256i refilled = _mm256_or_si256(_mm256_slli_epi16(states[part], 8), _mm256_shuffle_epi8(next, places));
        states[part] = _mm256_blendv_epi8(states[part], refilled, needs[part]);
    }
}

// Steps whose escapes are put in together, while what they decoded to is in the nearest cache.
enum { CHUNK = 16 };

// Which bytes of a vector of packed order are escapes.
typedef struct {
    uint32_t vector;  // of four a step, from the first step of a chunk on
    uint32_t places;
} escaped;

// Adds what was escaped to the heads, which are `stride` bytes apart and have zeros there; 0 if an escape is missing.
// Done for a chunk of steps at once: amid the vectors a wrong guess about an escape would take as long as half a step.
NARROW int insert_escapes(rans_layout layout, rans_decoder *decoder, const escaped *escapes, size_t count,
                          uint8_t *heads, size_t stride) {
    for (size_t i = 0; i < count; i++) {
        uint8_t *const step = heads + escapes[i].vector / 4 * STEP * stride;
        for (uint32_t places = escapes[i].places; places; places &= places - 1) {
            if (decoder->escape == decoder->escape_end) return 0;
            const unsigned value = *decoder->escape++;
            const unsigned q = escapes[i].vector % 4 * 32 + (unsigned)__builtin_ctz(places);
            uint8_t *const to = step + rans_element(layout, q) * stride;
            if (layout.head_bytes == 1) {
                *to |= (uint8_t)(layout.rotates ? value >> 1 | value << 7 : value);
                continue;
            }
            uint16_t head;
            memcpy(&head, to, 2);
            head |= (uint16_t)(layout.rotates ? value << 7 : value << 8);
            memcpy(to, &head, 2);
        }
    }
    return 1;
}

NARROW __m256i read_words(const uint8_t *raw, unsigned keep, int vector, int part) {
    if (keep == BANTAM_RANS_KEEP_ALL) return load(raw + 64 * vector + 32 * part);
    if (keep != BANTAM_RANS_KEEP_3) return _mm256_setzero_si256();
    const __m256i pair = _mm256_and_si256(
        _mm256_srl_epi16(words_of_bytes(raw + 16 * part), _mm_cvtsi32_si128(2 * vector)), _mm256_set1_epi16(3));
    const __m256i top = _mm256_slli_epi16(words_of_bits(raw + 32 + 4 * vector + 2 * part), 15);
    return _mm256_or_si256(_mm256_slli_epi16(pair, 13), top);
}

// Writes 16 elements: their heads, and for float32 what stands below.
NARROW void write_elements(rans_layout layout, uint8_t *to, __m256i heads, const uint8_t *raw, unsigned keep,
                           int vector, int part) {
    if (layout.rotates) heads = rotated_right(heads);
    if (layout.low_bits != 16) {
        store(to, heads);
        return;
    }
    const __m256i words = read_words(raw + STEP, keep, vector, part);
    const __m256i a = _mm256_unpacklo_epi16(words, heads), b = _mm256_unpackhi_epi16(words, heads);
    store(to, _mm256_permute2x128_si256(a, b, 0x20));
    store(to + 32, _mm256_permute2x128_si256(a, b, 0x31));
}

NARROW int decode_steps(rans_layout layout, rans_decoder *decoder, int is_large, int has_escape) {
    const decoding_tables tables = decoding_tables_of(decoder->table);
    __m256i states[4][2];
#pragma unroll
    for (int i = 0; i < 8; i++) states[i / 2][i % 2] = load(decoder->states + 16 * i);
    const uint8_t *raw = decoder->raw, *streams[STREAMS];
    for (int v = 0; v < STREAMS; v++) streams[v] = decoder->streams[v];
    uint8_t *result = decoder->result + decoder->step * STEP * layout.element_bytes;
    const uint8_t *kept = layout.low_bits ? decoder->block->kept : NULL;
    // The result has the heads as they are but for float64, where each step gets its escapes before they are joined.
    const int has_heads = layout.low_bits <= 16;
    size_t step = decoder->step;
    for (size_t safe; (safe = rans_safe_steps(decoder, step, streams)) > 0;) {
        const size_t chunk_steps = !has_heads ? 1 : safe < CHUNK ? safe : CHUNK;
        const uint8_t *const chunk_raw = raw;
        uint8_t *const chunk = result;
        uint16_t heads[STEP];
        escaped escapes[4 * CHUNK];
        size_t escaped_count = 0;
        for (uint32_t vector = 0; vector < 4 * chunk_steps; vector += 4, step++) {
            const uint8_t *fields = raw + (layout.head_bytes == 2 ? STEP : 0);
            const unsigned keep = kept ? kept[step] : 0;
            __m256i slots[4], symbols[4];
#pragma unroll
            for (int i = 0; i < 4; i++) slots[i] = packed(states[i / 2 * 2][i % 2], states[i / 2 * 2 + 1][i % 2]);
            find_symbols(&tables, slots, symbols);
#pragma unroll
            for (int half = 0; half < 2; half++) {
                __m256i high[2];
#pragma unroll
                for (int part = 0; part < 2; part++) {
                    const __m256i symbol = symbols[2 * half + part], slot = slots[2 * half + part];
                    const __m256i frequency = look_up(tables.frequencies, symbol, is_large);
                    const __m256i offset = _mm256_sub_epi8(slot, look_up(tables.starts, symbol, is_large));
                    high[part] = look_up(tables.values, symbol, is_large);
                    __m256i *first = &states[2 * half][part], *second = &states[2 * half + 1][part];
                    *first = _mm256_add_epi16(_mm256_mullo_epi16(even(frequency), odd(*first)), even(offset));
                    *second = _mm256_add_epi16(_mm256_mullo_epi16(odd(frequency), odd(*second)), odd(offset));
                    if (!has_escape) continue;
                    const unsigned places = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(symbol, tables.escape));
                    escapes[escaped_count] = (escaped){vector + 2 * half + part, places};
                    escaped_count += places != 0;
                }
                refill(states[2 * half], &streams[2 * half]);
                refill(states[2 * half + 1], &streams[2 * half + 1]);
                uint8_t *to = !has_heads ? (uint8_t *)(heads + HALF * half)
                                         : result + HALF * half * layout.element_bytes;
#pragma unroll
                for (int part = 0; part < 2; part++) {
                    __m256i bytes = high[part];
                    if (layout.field_bits) bytes = _mm256_or_si256(bytes, read_fields(layout, fields, half, part));
                    if (layout.head_bytes == 1) {
                        if (layout.rotates)
                            bytes = _mm256_or_si256(
                                _mm256_and_si256(_mm256_srli_epi16(bytes, 1), _mm256_set1_epi8(0x7f)),
                                _mm256_slli_epi16(_mm256_and_si256(bytes, _mm256_set1_epi8(1)), 7));
                        store(to + 32 * part, bytes);
                        continue;
                    }
                    const size_t width = layout.low_bits == 16 ? 4 : 2;
                    const __m256i lows = load(raw + HALF * half + 32 * part);
                    write_elements(layout, to + 16 * (size_t)part * width,
                                   _mm256_or_si256(_mm256_slli_epi16(bytes, 8), even(lows)), raw, keep, 2 * half, part);
                    write_elements(layout, to + (32 + 16 * (size_t)part) * width,
                                   _mm256_or_si256(_mm256_andnot_si256(_mm256_set1_epi16(0xff), bytes), odd(lows)), raw,
                                   keep, 2 * half + 1, part);
                }
            }
            raw += rans_head_bytes(layout) + rans_low_bytes(layout, keep);
            result += STEP * layout.element_bytes;
        }
        uint8_t *const first = has_heads ? chunk + layout.element_bytes - layout.head_bytes : (uint8_t *)heads;
        const size_t stride = has_heads ? layout.element_bytes : 2;
        if (!insert_escapes(layout, decoder, escapes, escaped_count, first, stride)) return 0;
        if (!has_heads) rans_join_float64(kept ? kept[step - 1] : 0, chunk_raw + STEP, heads, chunk);
    }
#pragma unroll
    for (int i = 0; i < 8; i++) store(decoder->states + 16 * i, states[i / 2][i % 2]);
    decoder->step = step;
    for (int v = 0; v < STREAMS; v++) decoder->streams[v] = streams[v];
    decoder->raw = raw;
    return 1;
}

NARROW_ENTRY int rans_decode_steps_avx2(rans_decoder *decoder) {
    // Large alphabets have an escape, or are as good as if they had.
    const int is_large = decoder->table->symbol_count > 16, has_escape = decoder->table->escape >= 0;
#define DECODE(constant)                                       \
    return is_large     ? decode_steps(constant, decoder, 1, 1) \
           : has_escape ? decode_steps(constant, decoder, 0, 1) \
                        : decode_steps(constant, decoder, 0, 0)
    RANS_FOR_LAYOUT(decoder->block->layout, DECODE)
#undef DECODE
    return 0;
}

// MARK: Encoding

typedef struct {
    table32 frequencies, starts, reciprocals[2];  // low and high byte of the reciprocals
} encoding_tables;

NARROW encoding_tables encoding_tables_of(const rans_table *table) {
    uint8_t bytes[4][32];
    memset(bytes, 0, sizeof bytes);
    for (unsigned i = 0; i < table->symbol_count; i++) {
        const unsigned frequency = table->frequencies[i], reciprocal = frequency > 1 ? 65536 / frequency : 65535;
        bytes[0][i] = (uint8_t)frequency;
        bytes[1][i] = (uint8_t)table->starts[i];
        bytes[2][i] = (uint8_t)reciprocal;
        bytes[3][i] = (uint8_t)(reciprocal >> 8);
    }
    return (encoding_tables){load_table(bytes[0]), load_table(bytes[1]), {load_table(bytes[2]), load_table(bytes[3])}};
}

// Codes 16 symbols. The reciprocal is rounded down, so the quotient it gives is right or one too small.
NARROW __m256i encode_vector(const compressions *table, __m256i states, __m256i frequencies, __m256i starts,
                             __m256i reciprocals, uint8_t **stream) {
    const __m256i limits = _mm256_slli_epi16(frequencies, 8);
    const __m256i spills = _mm256_cmpeq_epi16(_mm256_max_epu16(states, limits), states);
    const unsigned mask = (unsigned)_mm256_movemask_epi8(_mm256_packs_epi16(spills, spills));
    const unsigned low = mask & 255, high = mask >> 16 & 255;
    const __m256i places = _mm256_set_m128i(_mm_loadl_epi64((const __m128i *)table->places[high]),
                                            _mm_loadl_epi64((const __m128i *)table->places[low]));
    const __m256i bytes = _mm256_shuffle_epi8(states, places);
    _mm_storel_epi64((__m128i *)(*stream - 8), _mm256_extracti128_si256(bytes, 1));
    *stream -= _mm_popcnt_u32(high);
    _mm_storel_epi64((__m128i *)(*stream - 8), _mm256_castsi256_si128(bytes));
    *stream -= _mm_popcnt_u32(low);
    states = _mm256_blendv_epi8(states, odd(states), spills);
    const __m256i quotients = _mm256_mulhi_epu16(states, reciprocals);
    const __m256i remainders = _mm256_sub_epi16(states, _mm256_mullo_epi16(quotients, frequencies));
    const __m256i exact = _mm256_cmpgt_epi16(frequencies, remainders);
    const __m256i more = _mm256_andnot_si256(exact, _mm256_sub_epi16(_mm256_set1_epi16(256), frequencies));
    return _mm256_add_epi16(_mm256_add_epi16(_mm256_slli_epi16(quotients, 8), remainders),
                            _mm256_add_epi16(starts, more));
}

// The heads of 16 elements of float32; what stands below them goes to the raw plane.
NARROW __m256i split_float32(const uint8_t *source, uint8_t *raw, unsigned keep, int vector, int part,
                             __m256i pairs[2]) {
    const __m256i a = load(source), b = load(source + 32), low = _mm256_set1_epi32(0xffff);
    const __m256i heads = _mm256_permute4x64_epi64(
        _mm256_packus_epi32(_mm256_srli_epi32(a, 16), _mm256_srli_epi32(b, 16)), 0xd8);
    if (keep == BANTAM_RANS_KEEP_0) return heads;
    const __m256i words = _mm256_permute4x64_epi64(
        _mm256_packus_epi32(_mm256_and_si256(a, low), _mm256_and_si256(b, low)), 0xd8);
    if (keep == BANTAM_RANS_KEEP_ALL) {
        store(raw + 64 * vector + 32 * part, words);
        return heads;
    }
    const __m256i pair = _mm256_and_si256(_mm256_srli_epi16(words, 13), _mm256_set1_epi16(3));
    pairs[part] = _mm256_or_si256(pairs[part], _mm256_sll_epi16(pair, _mm_cvtsi32_si128(2 * vector)));
    const __m256i signs = _mm256_packs_epi16(words, words);
    const unsigned mask = (unsigned)_mm256_movemask_epi8(signs);
    const uint16_t tops = (uint16_t)((mask & 255) | (mask >> 16 & 255) << 8);
    memcpy(raw + 32 + 4 * vector + 2 * part, &tops, 2);
    return heads;
}

NARROW void encode_steps(rans_layout layout, rans_encoder *encoder, int is_large) {
    const encoding_tables tables = encoding_tables_of(encoder->table);
    compressions spills;
    fill(&spills);
    const int escape_symbol = encoder->table->escape;
    __m256i states[4][2];
#pragma unroll
    for (int i = 0; i < 8; i++) states[i / 2][i % 2] = load(encoder->states + 16 * i);
    uint8_t *raw = encoder->raw_end, *streams[STREAMS];
    for (int v = 0; v < STREAMS; v++) streams[v] = encoder->streams[v];
    const uint8_t *kept = layout.low_bits ? encoder->block->kept : NULL;
    for (size_t step = encoder->steps; step-- > 0;) {
        const uint8_t *source = encoder->source + step * STEP * layout.element_bytes;
        const unsigned keep = kept ? kept[step] : 0;
        raw -= rans_head_bytes(layout) + rans_low_bytes(layout, keep);
        uint8_t *fields = raw + (layout.head_bytes == 2 ? STEP : 0);
        uint16_t wide_heads[STEP];
        if (layout.low_bits > 16) {
            rans_split_float64(keep, source, wide_heads, raw + STEP);
            source = (const uint8_t *)wide_heads;
        }
        __m256i high[2][2], pairs[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
#pragma unroll
        for (int i = 0; i < 4; i++) {
            const int half = i / 2, part = i % 2;
            if (layout.head_bytes == 1) {
                const __m256i bytes = load(source + 32 * i);
                high[half][part] = layout.rotates
                    ? _mm256_or_si256(_mm256_add_epi8(bytes, bytes),
                                      _mm256_and_si256(_mm256_srli_epi16(bytes, 7), _mm256_set1_epi8(1)))
                    : bytes;
                continue;
            }
            __m256i heads[2];
#pragma unroll
            for (int v = 0; v < 2; v++) {
                const int vector = 2 * half + v, place = 32 * vector + 16 * part;
                heads[v] = layout.low_bits == 16
                    ? split_float32(source + 4 * place, raw + STEP, keep, vector, part, pairs)
                    : load(source + 2 * place);
                if (layout.rotates) heads[v] = rotated_left(heads[v]);
            }
            high[half][part] = _mm256_or_si256(odd(heads[0]), _mm256_andnot_si256(_mm256_set1_epi16(0xff), heads[1]));
            store(raw + 32 * i, packed(heads[0], heads[1]));
        }
        if (layout.low_bits == 16 && keep == BANTAM_RANS_KEEP_3)
#pragma unroll
            for (int part = 0; part < 2; part++)
                _mm_storeu_si128((__m128i *)(raw + STEP + 16 * part), low_bytes(pairs[part]));
        write_fields(layout, fields, high);
        uint8_t bytes[STEP], symbols[STEP];
#pragma unroll
        for (int i = 0; i < 4; i++) store(bytes + 32 * i, high[i / 2][i % 2]);
        for (unsigned q = 0; q < STEP; q++) symbols[q] = encoder->symbols[bytes[q]];
#pragma unroll
        for (int half = 1; half >= 0; half--) {
            __m256i frequencies[2], starts[2], reciprocals[2][2];
#pragma unroll
            for (int part = 1; part >= 0; part--) {
                const __m256i symbol = load(symbols + HALF * half + 32 * part);
                unsigned escapes = (unsigned)_mm256_movemask_epi8(
                    _mm256_cmpeq_epi8(symbol, _mm256_set1_epi8((char)escape_symbol)));
                for (; escape_symbol >= 0 && escapes; escapes &= ~(1u << (31 - __builtin_clz(escapes))))
                    *--encoder->escape
                        = bytes[HALF * half + 32 * part + 31 - __builtin_clz(escapes)] & layout.value_mask;
                frequencies[part] = look_up(tables.frequencies, symbol, is_large);
                starts[part] = look_up(tables.starts, symbol, is_large);
                const __m256i low = look_up(tables.reciprocals[0], symbol, is_large);
                const __m256i top = look_up(tables.reciprocals[1], symbol, is_large);
                reciprocals[part][0] = packed(low, top);
                reciprocals[part][1] = _mm256_or_si256(odd(low), _mm256_andnot_si256(_mm256_set1_epi16(0xff), top));
            }
#pragma unroll
            for (int part = 1; part >= 0; part--)
                states[2 * half + 1][part] = encode_vector(&spills, states[2 * half + 1][part], odd(frequencies[part]),
                                                           odd(starts[part]), reciprocals[part][1], &streams[2 * half + 1]);
#pragma unroll
            for (int part = 1; part >= 0; part--)
                states[2 * half][part] = encode_vector(&spills, states[2 * half][part], even(frequencies[part]),
                                                       even(starts[part]), reciprocals[part][0], &streams[2 * half]);
        }
    }
#pragma unroll
    for (int i = 0; i < 8; i++) store(encoder->states + 16 * i, states[i / 2][i % 2]);
    for (int v = 0; v < STREAMS; v++) encoder->streams[v] = streams[v];
}

NARROW_ENTRY void rans_encode_steps_avx2(rans_encoder *encoder) {
#define ENCODE(constant)                                                             \
    if (encoder->table->symbol_count > 16) encode_steps(constant, encoder, 1);       \
    else encode_steps(constant, encoder, 0)
    RANS_FOR_LAYOUT(encoder->block->layout, ENCODE)
#undef ENCODE
}
#endif
