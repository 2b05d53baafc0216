// Decoding of rANS steps in plain C: 128 states, each of which takes at most one coded byte per step.
//
// Range variant of asymmetric numeral systems: J. Duda, "Asymmetric numeral systems", 2013; interleaving:
// F. Giesen, "Interleaved entropy coders", 2014.

#include "rans_low_bits.h"
#include "rans_portable.h"

// MARK: Planes

BANTAM_BODY void or_into(uint8_t *target, bytes bits) {
    bytes all;
    memcpy(&all, target, sizeof all);
    all |= bits;
    memcpy(target, &all, sizeof all);
}

// The bits of two bytes, each in the sign of a byte.
BANTAM_BODY bytes spread_signs(const uint8_t *signs) {
    const bytes bits = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const bytes pair = {signs[0], signs[1]};
    const bytes spread = __builtin_shufflevector(pair, pair, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
    return (bytes)((spread & bits) == bits) & 128;
}

// Adds the bits of the high bytes that are not coded.
BANTAM_BODY void read_fields(rans_layout layout, const uint8_t *raw, uint8_t high[STEP]) {
    if (!layout.field_bits && !layout.has_sign) return;
    const uint8_t *signs = raw + STEP / 8 * layout.field_bits;
#pragma unroll
    for (unsigned q = 0; q < HALF; q += sizeof(bytes)) {
        bytes first = {0}, second = {0};
        if (layout.field_bits == 4) {
            memcpy(&second, raw + q, sizeof second);
            first = second & 15;
            second >>= 4;
        }
        if (layout.field_bits == 2) {
            half_bytes narrow;
            memcpy(&narrow, raw + q / 2, sizeof narrow);
            const words fields = __builtin_convertvector(narrow, words);
            first = (bytes)((fields | fields << 6) & 0x303);
            second = (bytes)((fields >> 4 | fields << 2) & 0x303);
        }
        if (layout.has_sign) {
            first |= spread_signs(signs + q / 8);
            second |= spread_signs(signs + (HALF + q) / 8);
        }
        or_into(high + q, first);
        or_into(high + HALF + q, second);
    }
}

BANTAM_BODY void join_float32(unsigned keep, const uint8_t *raw, const uint16_t heads[STEP], uint8_t *result) {
    uint16_t words[STEP] = {0};
    if (keep == BANTAM_RANS_KEEP_3) {
        read_3(raw, words);
    } else if (keep == BANTAM_RANS_KEEP_ALL) {
        memcpy(words, raw, sizeof words);
    }
    uint32_t elements[STEP];
    for (unsigned i = 0; i < STEP; i++) elements[i] = (uint32_t)heads[i] << 16 | words[i];
    memcpy(result, elements, sizeof elements);
}

void rans_join_float64(unsigned keep, const uint8_t *raw, const uint16_t heads[STEP], uint8_t *result) {
    const rans_layout layout = rans_layouts[BANTAM_RANS_FLOAT64];
    uint64_t low[STEP];
    read_low(layout, keep, raw, low);
    for (unsigned i = 0; i < STEP; i++) {
        const uint16_t head = (uint16_t)(heads[i] << 1 | heads[i] >> 15);
        const rans_parts parts = {(uint8_t)(head >> 8), (uint8_t)head, low[i]};
        rans_store(layout, result + 8 * i, rans_join(layout, parts));
    }
}

// MARK: Symbols

// The states by the bytes of each, since a byte read from a stream becomes the low one and the low one the high one.
typedef struct {
    uint8_t high[STEP], low[STEP];
} split_states;

// What stands in the slots of eight states: how they go on, and their values.
typedef struct {
    words moves, values;
} entries;

BANTAM_BODY words entry(const uint32_t slots[256], uint8_t slot) {
    return (words)(word_pairs){slots[slot], 0, 0, 0};
}

// Of four states in one vector, the moves before the values.
BANTAM_BODY word_pairs four_entries(const uint32_t slots[256], const uint8_t *low) {
    const words a = zipped(entry(slots, low[0]), entry(slots, low[1]));
    const words b = zipped(entry(slots, low[2]), entry(slots, low[3]));
    return __builtin_shufflevector((word_pairs)a, (word_pairs)b, 0, 4, 1, 5);
}

// Looked up one by one, but put together in registers: a vector read from what was written in small pieces is waited
// for.
BANTAM_BODY entries look_up(const uint32_t slots[256], const uint8_t *low) {
    const eights a = (eights)four_entries(slots, low), b = (eights)four_entries(slots, low + 4);
    return (entries){(words)__builtin_shufflevector(a, b, 0, 2), (words)__builtin_shufflevector(a, b, 1, 3)};
}

// How the first bytes of eight go to those lanes that take one, by a bit for each lane: masks of what comes from 4, 2
// and 1 places below, one after the other. The byte for lane k comes from place k - d, where d lanes below take none.
#define TAKES(mask, k) ((mask) >> (k) & 1)
#define RANK(mask, k) __builtin_popcount((mask) & ((1 << (k)) - 1))
#define MOVES(mask, k, d) (TAKES(mask, k) && (((k) - RANK(mask, k)) & (d)))
// Where the byte for lane k is after the move by d.
#define MOVED(mask, k, d) (RANK(mask, k) + (((k) - RANK(mask, k)) & (8 - (d))))
#define FROM(mask, k, d) (MOVES(mask, k, d) ? 255ull << 8 * MOVED(mask, k, d) : 0)
#define ALL_FROM(mask, d) ALL_LANES(FROM, mask, d)

static const struct {
    uint64_t by_4[256], by_2[256], by_1[256], counts[256];
} expansions __attribute__((aligned(64))) = {FOR_256(ALL_FROM, 4), FOR_256(ALL_FROM, 2), FOR_256(ALL_FROM, 1),
                                             FOR_256(COUNT, 0)};

// Moves 16 states of a stream on by a symbol each.
BANTAM_BODY void move_states(words first, words second, uint8_t *high_bytes, uint8_t *low_bytes,
                             const uint8_t **stream) {
    bytes before;
    memcpy(&before, high_bytes, sizeof before);
    const words a = (first & 255) * (words)__builtin_shufflevector(before, (bytes){0}, 0, 16, 1, 16, 2, 16, 3, 16, 4,
                                                                   16, 5, 16, 6, 16, 7, 16)
                    + (first >> 8);
    const words b = (second & 255) * (words)__builtin_shufflevector(before, (bytes){0}, 8, 16, 9, 16, 10, 16, 11, 16,
                                                                    12, 16, 13, 16, 14, 16, 15, 16)
                    + (second >> 8);
    const bytes high = narrowed(a >> 8, b >> 8), low = narrowed(a & 255, b & 255);
    const bytes takes = (bytes)(high == 0);
    const unsigned mask = bits_of(takes), lower = mask & 255, upper = mask >> 8;
    const size_t count = expansions.counts[lower];
    eights taken = two_eights(*stream, *stream + count);
    *stream += count + expansions.counts[upper];
    taken ^= (taken ^ taken << 32) & two_eights(&expansions.by_4[lower], &expansions.by_4[upper]);
    taken ^= (taken ^ taken << 16) & two_eights(&expansions.by_2[lower], &expansions.by_2[upper]);
    taken ^= (taken ^ taken << 8) & two_eights(&expansions.by_1[lower], &expansions.by_1[upper]);
    const bytes new_high = high | (takes & low), new_low = (takes & (bytes)taken) | (~takes & low);
    memcpy(high_bytes, &new_high, sizeof new_high);
    memcpy(low_bytes, &new_low, sizeof new_low);
}

// Moves all states on by a symbol: values in packed order, and the mark for each escape. Returns whether there is one.
// A call of its own, which all layouts share.
static __attribute__((noinline)) int decode_symbols(const uint32_t slots[256], uint8_t mark,
                                                    split_states *restrict states, const uint8_t **restrict streams,
                                                    uint8_t *restrict high) {
    bytes any = {0};
    const bytes marks = {mark, mark, mark, mark, mark, mark, mark, mark,
                         mark, mark, mark, mark, mark, mark, mark, mark};
    for (unsigned half = 0; half < 2; half++) {
        const uint8_t *streams_here[2] = {streams[2 * half], streams[2 * half + 1]};
        for (unsigned i = HALF * half; i < HALF * half + LANES_OF_STREAM; i += 16) {
            entries entries[2][2];
#pragma unroll
            for (unsigned v = 0; v < 2; v++) {
                const unsigned at = i + LANES_OF_STREAM * v;
                entries[v][0] = look_up(slots, states->low + at);
                entries[v][1] = look_up(slots, states->low + at + 8);
                move_states(entries[v][0].moves, entries[v][1].moves, states->high + at, states->low + at,
                            &streams_here[v]);
            }
#pragma unroll
            for (unsigned k = 0; k < 2; k++) {
                const bytes values = (bytes)(entries[0][k].values | entries[1][k].values << 8);
                const unsigned place = HALF * half + 2 * (i - HALF * half + 8 * k);
                memcpy(high + place, &values, sizeof values);
                any |= (bytes)(values == marks);
            }
        }
        streams[2 * half] = streams_here[0];
        streams[2 * half + 1] = streams_here[1];
    }
    return bits_of(any) != 0;
}

// Replaces the marks of a step by escapes; 0 if one is missing.
static int put_escapes(rans_decoder *decoder, uint8_t mark, uint8_t high[STEP]) {
    uint64_t marked[2] = {0};
    for (unsigned q = 0; q < STEP; q += 16) {
        bytes values;
        memcpy(&values, high + q, sizeof values);
        marked[q / 64] |= (uint64_t)bits_of((bytes)(values == mark)) << q % 64;
    }
    for (unsigned half = 0; half < 2; half++)
        for (; marked[half]; marked[half] &= marked[half] - 1) {
            if (decoder->escape == decoder->escape_end) return 0;
            high[HALF * half + (unsigned)__builtin_ctzll(marked[half])] = *decoder->escape++;
        }
    return 1;
}

// The heads of a step in the order of the states. A call of its own: merged with what is around it, the compiler takes
// the loop apart and bfloat16 decodes at half the speed.
static __attribute__((noinline)) void join_heads(rans_layout layout, const uint8_t high[STEP], const uint8_t *low,
                                                 uint16_t heads[STEP]) {
    uint16_t highs[HALF], lows[HALF];
    memcpy(highs, high, STEP);
    memcpy(lows, low, STEP);
    for (unsigned half = 0; half < 2; half++)
        for (unsigned j = 0; j < 32; j++) {
            const unsigned pair = highs[32 * half + j], below = lows[32 * half + j];
            uint16_t first = (uint16_t)(pair << 8 | (below & 255)), second = (uint16_t)((pair & 0xff00) | below >> 8);
            heads[HALF * half + j] = layout.rotates ? (uint16_t)(first >> 1 | first << 15) : first;
            heads[HALF * half + 32 + j] = layout.rotates ? (uint16_t)(second >> 1 | second << 15) : second;
        }
}

BANTAM_BODY int decode_steps(rans_layout layout, rans_decoder *decoder) {
    uint32_t slots[256];
    const uint8_t mark = rans_fill_slots(decoder->table, slots);
    split_states states;
    rans_split_states(decoder->states, STEP, states.low, states.high);
    for (size_t safe = 0; safe > 0 || (safe = rans_safe_steps(decoder, decoder->step, decoder->streams)) > 0;
         safe--, decoder->step++) {
        const uint8_t *raw = decoder->raw;
        uint8_t *result = decoder->result + decoder->step * STEP * layout.element_bytes;
        const unsigned keep = layout.low_bits && decoder->block->kept ? decoder->block->kept[decoder->step] : 0;
        uint16_t heads[STEP];
        uint8_t high[STEP];
        if (decode_symbols(slots, mark, &states, decoder->streams, high) && !put_escapes(decoder, mark, high))
            return 0;
        read_fields(layout, raw + (layout.head_bytes == 2 ? STEP : 0), high);
        if (layout.head_bytes == 1) {
            for (unsigned q = 0; q < STEP; q++)
                result[q] = (uint8_t)rans_join(layout, (rans_parts){high[q], 0, 0});
        } else {
            join_heads(layout, high, raw, heads);
            if (!layout.low_bits) memcpy(result, heads, sizeof heads);
            if (layout.low_bits == 16) join_float32(keep, raw + STEP, heads, result);
            if (layout.low_bits == 45) rans_join_float64(keep, raw + STEP, heads, result);
        }
        decoder->raw += rans_head_bytes(layout) + rans_low_bytes(layout, keep);
    }
    rans_join_states(states.low, states.high, STEP, decoder->states);
    return 1;
}

int rans_decode_steps_portable(rans_decoder *decoder) {
#define DECODE(constant) return decode_steps(constant, decoder)
    RANS_FOR_LAYOUT(decoder->block->layout, DECODE)
#undef DECODE
    return 0;
}
