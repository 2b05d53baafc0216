// Encoding of rANS steps in plain C: 128 states, each of which gives off at most one byte per step.
//
// Range variant of asymmetric numeral systems: J. Duda, "Asymmetric numeral systems", 2013; interleaving:
// F. Giesen, "Interleaved entropy coders", 2014.

#include "rans_low_bits.h"
#include "rans_portable.h"

// MARK: Planes

BANTAM_BODY void write_fields(rans_layout layout, uint8_t *raw, const uint8_t high[STEP]) {
    if (layout.field_bits == 4)
        for (unsigned q = 0; q < HALF; q++) raw[q] = (uint8_t)((high[q] & 15) | high[HALF + q] << 4);
    if (layout.field_bits == 2) {
        uint16_t pairs[HALF];
        memcpy(pairs, high, sizeof pairs);
        for (unsigned j = 0; j < 32; j++) {
            const unsigned both = (pairs[j] & 0x303) | (pairs[32 + j] & 0x303) << 4;
            raw[j] = (uint8_t)(both | both >> 6);
        }
    }
    if (layout.has_sign)
        for (unsigned q = 0; q < STEP; q += sizeof(bytes)) {
            bytes signs;
            memcpy(&signs, high + q, sizeof signs);
            const uint16_t bits = (uint16_t)bits_of((bytes)(signs > 127));
            memcpy(raw + STEP / 8 * layout.field_bits + q / 8, &bits, sizeof bits);
        }
}

// The high bytes of a step's heads in packed order; the low ones go to their plane. A call of its own, as it is where
// heads are joined.
static __attribute__((noinline)) void split_heads(const uint16_t heads[STEP], int rotates, uint8_t high[STEP],
                                                  uint8_t *low) {
    uint16_t highs[HALF], lows[HALF];
    for (unsigned half = 0; half < 2; half++)
        for (unsigned j = 0; j < 32; j++) {
            const uint16_t one = heads[HALF * half + j], other = heads[HALF * half + 32 + j];
            const uint16_t first = rotates ? (uint16_t)(one << 1 | one >> 15) : one;
            const uint16_t second = rotates ? (uint16_t)(other << 1 | other >> 15) : other;
            highs[32 * half + j] = (uint16_t)(first >> 8 | (second & 0xff00));
            lows[32 * half + j] = (uint16_t)((first & 255) | second << 8);
        }
    memcpy(high, highs, STEP);
    memcpy(low, lows, STEP);
}

// The heads of float32; what stands below them goes to the raw planes.
BANTAM_BODY void split_float32(unsigned keep, const uint8_t *source, uint16_t heads[STEP], uint8_t *raw) {
    uint32_t elements[STEP];
    uint16_t low[STEP];
    memcpy(elements, source, sizeof elements);
    for (unsigned i = 0; i < STEP; i++) heads[i] = (uint16_t)(elements[i] >> 16);
    for (unsigned i = 0; i < STEP; i++) low[i] = (uint16_t)elements[i];
    if (keep == BANTAM_RANS_KEEP_ALL) memcpy(raw, low, sizeof low);
    if (keep == BANTAM_RANS_KEEP_3) write_3(raw, low);
}

void rans_split_float64(unsigned keep, const uint8_t *source, uint16_t heads[STEP], uint8_t *raw) {
    const rans_layout layout = rans_layouts[BANTAM_RANS_FLOAT64];
    uint64_t low[STEP];
    for (unsigned i = 0; i < STEP; i++) {
        const rans_parts parts = rans_split(layout, rans_load(layout, source + 8 * i));
        const uint16_t head = (uint16_t)(parts.high << 8 | parts.low_byte);
        heads[i] = (uint16_t)(head >> 1 | head << 15);
        low[i] = parts.low;
    }
    write_low(layout, keep, raw, low);
}

// MARK: Symbols

// What coding a value does to a state. The reciprocal is rounded down, so the quotient it gives is right or one too
// small.
typedef struct {
    uint16_t frequency, start, reciprocal, is_escape;
} coding;

// By high byte.
static void fill_codings(const rans_encoder *encoder, coding codings[256]) {
    const rans_table *table = encoder->table;
    coding of_symbols[BANTAM_RANS_SYMBOLS];
    for (unsigned i = 0; i < table->symbol_count; i++) {
        const uint16_t frequency = table->frequencies[i];
        of_symbols[i] = (coding){frequency, table->starts[i], frequency > 1 ? (uint16_t)(65536 / frequency) : 65535,
                                 (int)i == table->escape ? 255 : 0};
    }
    for (unsigned high = 0; high < 256; high++) codings[high] = of_symbols[encoder->symbols[high]];
}

// What is done to eight states.
typedef struct {
    words frequencies, starts, reciprocals, escapes;
} eight_codings;

BANTAM_BODY words one_coding(const coding codings[256], uint8_t high) {
    uint64_t bits;
    memcpy(&bits, &codings[high], sizeof bits);
    return (words)(eights){bits, 0};
}

// Those of eight high bytes, of which every second is the stream's.
BANTAM_BODY eight_codings look_up(const coding codings[256], const uint8_t *high) {
    word_pairs pairs[4];
#pragma unroll
    for (unsigned i = 0; i < 4; i++)
        pairs[i] = (word_pairs)zipped(one_coding(codings, high[4 * i]), one_coding(codings, high[4 * i + 2]));
    const eights a = (eights)__builtin_shufflevector(pairs[0], pairs[1], 0, 4, 1, 5);
    const eights b = (eights)__builtin_shufflevector(pairs[2], pairs[3], 0, 4, 1, 5);
    const eights c = (eights)__builtin_shufflevector(pairs[0], pairs[1], 2, 6, 3, 7);
    const eights d = (eights)__builtin_shufflevector(pairs[2], pairs[3], 2, 6, 3, 7);
    return (eight_codings){(words)__builtin_shufflevector(a, b, 0, 2), (words)__builtin_shufflevector(a, b, 1, 3),
                           (words)__builtin_shufflevector(c, d, 0, 2), (words)__builtin_shufflevector(c, d, 1, 3)};
}

// How the bytes of those of eight lanes that give one off go to the end of eight, by a bit for each lane: masks of what
// comes from 1, 2 and 4 places below, one after the other. Lane k's moves by as many places as lanes above give none.
#define GAPS(mask, k) ((unsigned)(7 - (k)) - (unsigned)__builtin_popcount((mask) >> ((k) + 1)))
#define GIVES(mask, k, d) (((mask) >> (k) & 1) && (GAPS(mask, k) & (d)))
#define INTO(mask, k, d) (GIVES(mask, k, d) ? 255ull << 8 * (((k) + (GAPS(mask, k) & (2 * (d) - 1))) & 7) : 0)
#define ALL_INTO(mask, d) ALL_LANES(INTO, mask, d)

static const struct {
    uint64_t by_1[256], by_2[256], by_4[256], counts[256];
} compressions __attribute__((aligned(64))) = {FOR_256(ALL_INTO, 1), FOR_256(ALL_INTO, 2), FOR_256(ALL_INTO, 4),
                                               FOR_256(COUNT, 0)};

BANTAM_BODY words coded(words states, words spills, const eight_codings *codings) {
    states = (states >> 8 & spills) | (states & ~spills);
    typedef uint32_t wide_words __attribute__((vector_size(32)));
    const wide_words products = __builtin_convertvector(states, wide_words)
                                * __builtin_convertvector(codings->reciprocals, wide_words);
    const words quotients = __builtin_convertvector(products >> 16, words);
    const words remainders = states - quotients * codings->frequencies;
    typedef int16_t integers __attribute__((vector_size(16)));
    const words more = (words)((integers)remainders >= (integers)codings->frequencies) & (256 - codings->frequencies);
    return (quotients << 8) + remainders + codings->starts + more;
}

// Codes a symbol in each of 16 states of a stream.
BANTAM_BODY void code_symbols(const eight_codings codings[2], uint16_t *states, uint8_t **stream) {
    words now[2], spills[2];
    memcpy(now, states, sizeof now);
#pragma unroll
    for (unsigned i = 0; i < 2; i++) spills[i] = (words)(now[i] >= codings[i].frequencies << 8);
    const unsigned mask = bits_of(narrowed(spills[0], spills[1])), lower = mask & 255, upper = mask >> 8;
    eights given = (eights)narrowed(now[0], now[1]);
    given ^= (given ^ given << 8) & two_eights(&compressions.by_1[lower], &compressions.by_1[upper]);
    given ^= (given ^ given << 16) & two_eights(&compressions.by_2[lower], &compressions.by_2[upper]);
    given ^= (given ^ given << 32) & two_eights(&compressions.by_4[lower], &compressions.by_4[upper]);
    const uint64_t pair[2] = {given[0], given[1]};
    memcpy(*stream - 8, &pair[1], 8);
    *stream -= compressions.counts[upper];
    memcpy(*stream - 8, &pair[0], 8);
    *stream -= compressions.counts[lower];
#pragma unroll
    for (unsigned i = 0; i < 2; i++) now[i] = coded(now[i], spills[i], &codings[i]);
    memcpy(states, now, sizeof now);
}

// Codes a step of high bytes, from the last to the first, and sets a byte for each escape. Returns whether there is
// one. A call of its own, which all layouts share.
static __attribute__((noinline)) int encode_symbols(const coding codings[256], const uint8_t *restrict high,
                                                    uint16_t *restrict states, uint8_t **restrict streams,
                                                    uint8_t *restrict escapes) {
    words any = {0};
    for (unsigned half = 0; half < 2; half++) {
        uint8_t *streams_here[2] = {streams[2 * half], streams[2 * half + 1]};
        for (unsigned i = LANES_OF_STREAM; i > 0;) {
            i -= 16;
            eight_codings found[2][2];
#pragma unroll
            for (unsigned v = 0; v < 2; v++) {
#pragma unroll
                for (unsigned k = 0; k < 2; k++)
                    found[v][k] = look_up(codings, high + HALF * half + 2 * (i + 8 * k) + v);
                code_symbols(found[v], states + HALF * half + LANES_OF_STREAM * v + i, &streams_here[v]);
            }
#pragma unroll
            for (unsigned k = 0; k < 2; k++) {
                const words escaped = found[0][k].escapes | found[1][k].escapes << 8;
                memcpy(escapes + HALF * half + 2 * (i + 8 * k), &escaped, sizeof escaped);
                any |= escaped;
            }
        }
        streams[2 * half] = streams_here[0];
        streams[2 * half + 1] = streams_here[1];
    }
    const eights found = (eights)any;
    return (found[0] | found[1]) != 0;
}

// Writes the values of those that are marked, the last first.
static void write_escapes(uint8_t value_mask, const uint8_t marked[STEP], const uint8_t high[STEP], uint8_t **escape) {
    for (unsigned q = STEP; q > 0;) {
        q -= 8;
        uint64_t eight;
        memcpy(&eight, marked + q, 8);
        while (eight) {
            const unsigned place = 7 - (unsigned)__builtin_clzll(eight) / 8;
            *--*escape = high[q + place] & value_mask;
            eight &= ~(255ull << 8 * place);
        }
    }
}

// MARK: Steps

BANTAM_BODY void encode_steps(rans_layout layout, rans_encoder *encoder) {
    coding codings[256];
    fill_codings(encoder, codings);
    uint8_t *raw = encoder->raw_end;
    for (size_t step = encoder->steps; step-- > 0;) {
        const uint8_t *source = encoder->source + step * STEP * layout.element_bytes;
        const unsigned keep = layout.low_bits && encoder->block->kept ? encoder->block->kept[step] : 0;
        raw -= rans_head_bytes(layout) + rans_low_bytes(layout, keep);
        uint8_t high[STEP], escapes[STEP];
        if (layout.head_bytes == 1) {
            for (unsigned q = 0; q < STEP; q++) high[q] = rans_split(layout, source[q]).high;
        } else {
            uint16_t heads[STEP];
            if (!layout.low_bits) memcpy(heads, source, sizeof heads);
            if (layout.low_bits == 16) split_float32(keep, source, heads, raw + STEP);
            if (layout.low_bits == 45) rans_split_float64(keep, source, heads, raw + STEP);
            split_heads(heads, layout.rotates, high, raw);
        }
        write_fields(layout, raw + (layout.head_bytes == 2 ? STEP : 0), high);
        if (encode_symbols(codings, high, encoder->states, encoder->streams, escapes))
            write_escapes(layout.value_mask, escapes, high, &encoder->escape);
    }
}

void rans_encode_steps_portable(rans_encoder *encoder) {
#define ENCODE(constant) encode_steps(constant, encoder)
    RANS_FOR_LAYOUT(encoder->block->layout, ENCODE)
#undef ENCODE
}
