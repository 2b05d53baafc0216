// What is done once a block: tables, the elements beyond the last step, and the choice of the copy.

#include "rans.h"

static rans_layout layout_of(const bantam_rans_block *block) { return rans_layouts[block->layout]; }

size_t bantam_rans_element_bytes(bantam_rans_layout layout) { return rans_layouts[layout].element_bytes; }
uint8_t bantam_rans_value_mask(bantam_rans_layout layout) { return rans_layouts[layout].value_mask; }

BANTAM_BODY unsigned rest_bits(rans_layout layout) {
    return (layout.head_bytes == 2 ? 8u : 0u) + layout.field_bits + layout.has_sign + layout.low_bits;
}

size_t bantam_rans_rest_bits(bantam_rans_layout layout) { return rest_bits(rans_layouts[layout]); }

size_t bantam_rans_step_bytes(bantam_rans_layout layout, bantam_rans_keep keep) {
    rans_layout known = rans_layouts[layout];
    if (keep != BANTAM_RANS_KEEP_ALL && !known.low_bits) return 0;
    if (keep == BANTAM_RANS_KEEP_16 && known.low_bits == 16) return 0;
    return rans_head_bytes(known) + rans_low_bytes(known, keep);
}

// MARK: Statistics

BANTAM_BODY void count_values(rans_layout layout, const uint8_t *source, size_t count, size_t stride,
                              uint32_t counts[4][256]) {
    const size_t steps = count / STEP;
    for (size_t step = 0; step < steps; step += stride) {
        // Far between, the steps are waited for, one after the other, unless asked for in time.
        const size_t ahead = step + 6 * stride < steps ? step + 6 * stride : step;
        for (unsigned line = 0; line < STEP * layout.element_bytes; line += 64)
            __builtin_prefetch(source + ahead * STEP * layout.element_bytes + line);
        for (unsigned i = 0; i < STEP; i += 4) {
            const uint8_t *from = source + (step * STEP + i) * layout.element_bytes;
#pragma unroll
            for (unsigned k = 0; k < 4; k++)
                counts[k][rans_split(layout, rans_load(layout, from + k * layout.element_bytes)).high]++;
        }
    }
    for (size_t i = steps * STEP; i < count && stride == 1; i++)
        counts[0][rans_split(layout, rans_load(layout, source + i * layout.element_bytes)).high]++;
}

void bantam_rans_count(bantam_rans_layout layout, const void *source, size_t count, size_t stride,
                       uint32_t counts[256]) {
    uint32_t parts[4][256];
    memset(parts, 0, sizeof parts);
#define COUNT(constant) count_values(constant, source, count, stride, parts)
    RANS_FOR_LAYOUT(layout, COUNT)
#undef COUNT
    for (unsigned high = 0; high < 256; high++)
        counts[high & rans_layouts[layout].value_mask]
            += parts[0][high] + parts[1][high] + parts[2][high] + parts[3][high];
}

BANTAM_BODY uint8_t kept_of(rans_layout layout, uint64_t low) {
    const unsigned shift = layout.low_bits - 16;
    if (low & ((1ull << shift) - 1)) return BANTAM_RANS_KEEP_ALL;
    const unsigned word = (unsigned)(low >> shift);
    if (!word) return BANTAM_RANS_KEEP_0;
    if (!(word & 0x1fff)) return BANTAM_RANS_KEEP_3;
    return shift ? BANTAM_RANS_KEEP_16 : BANTAM_RANS_KEEP_ALL;
}

BANTAM_BODY int find_kept_float32(const uint32_t *source, size_t count, uint8_t *kept) {
    for (size_t step = 0; step < count / STEP; step++) {
        uint32_t low = 0;
        for (unsigned i = 0; i < STEP; i++) low |= source[step * STEP + i];
        kept[step] = kept_of(rans_layouts[BANTAM_RANS_FLOAT32], low & 0xffff);
    }
    return 1;
}

BANTAM_BODY int find_kept_float64(const uint64_t *source, size_t count, uint8_t *kept) {
    uint64_t refused = 0;
    for (size_t start = 0; start < count; start += STEP) {
        const size_t end = count - start < STEP ? count : start + STEP;
        uint64_t low = 0;
        for (size_t i = start; i < end; i++) {
            const uint64_t exponent = source[i] >> 52 & 0x7ff;
            low |= source[i];
            refused |= (uint64_t)(exponent - 897 > 253) & (exponent != 0) & (exponent != 0x7ff);
        }
        if (end - start == STEP)
            kept[start / STEP] = kept_of(rans_layouts[BANTAM_RANS_FLOAT64], low & 0x1fffffffffff);
    }
    return !refused;
}

BANTAM_BODY int bantam_rans_find_kept_body(bantam_rans_layout layout, const void *source, size_t count,
                                           uint8_t *kept) {
    if (layout == BANTAM_RANS_FLOAT32) return find_kept_float32(source, count, kept);
    return find_kept_float64(source, count, kept);
}

BANTAM_DISPATCH(int, bantam_rans_find_kept,
                (bantam_rans_layout layout, const void *source, size_t count, uint8_t *kept),
                (layout, source, count, kept))

// MARK: The choice

// Beyond the level AVX-512, its copy needs lookups among 64 bytes and compression of 16-bit lanes.
static int rans_level(void) {
    int level = bantam_simd_level();
#if defined(__x86_64__)
    if (level == 2 && !(__builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2"))) return 1;
#endif
    return level;
}

static int decode_steps(rans_decoder *decoder) {
    switch (rans_level()) {
#if defined(__x86_64__)
    case 2: return rans_decode_steps_avx512(decoder);
    case 1: return rans_decode_steps_avx2(decoder);
#endif
    default: return rans_decode_steps_portable(decoder);
    }
}

static void encode_steps(rans_encoder *encoder) {
    switch (rans_level()) {
#if defined(__x86_64__)
    case 2: rans_encode_steps_avx512(encoder); break;
    case 1: rans_encode_steps_avx2(encoder); break;
#endif
    default: rans_encode_steps_portable(encoder);
    }
}

// MARK: A block

static rans_table table_of(const bantam_rans_model *model) {
    rans_table table;
    memset(&table, 0, sizeof table);
    table.symbol_count = model->symbol_count;
    table.escape = model->has_escape ? (int)model->symbol_count - 1 : -1;
    unsigned start = 0;
    for (unsigned i = 0; i < model->symbol_count; i++) {
        table.frequencies[i] = model->frequencies[i];
        table.starts[i] = (uint16_t)start;
        table.values[i] = (int)i == table.escape ? 0 : model->values[i];
        start += model->frequencies[i];
    }
    return table;
}

uint8_t rans_fill_slots(const rans_table *table, uint32_t slots[256]) {
    const uint8_t mark = rans_unused_value(table);
    for (unsigned symbol = 0; symbol < table->symbol_count; symbol++) {
        const uint32_t value = (int)symbol == table->escape ? mark : table->values[symbol];
        for (unsigned i = 0; i < table->frequencies[symbol]; i++)
            slots[table->starts[symbol] + i] = table->frequencies[symbol] | i << 8 | value << 16;
    }
    return mark;
}

BANTAM_BODY uint64_t rest_of(rans_layout layout, rans_parts parts) {
    if (layout.head_bytes == 1)
        return (parts.high & ((1u << layout.field_bits) - 1))
               | (layout.has_sign ? (uint64_t)(parts.high >> 7) << layout.field_bits : 0);
    return parts.low_byte | (uint64_t)(parts.high & ~layout.value_mask) << 8 | parts.low << 8;
}

BANTAM_BODY rans_parts parts_of(rans_layout layout, uint8_t value, uint64_t rest) {
    if (layout.head_bytes == 1) {
        uint64_t field = rest & ((1u << layout.field_bits) - 1), sign = rest >> layout.field_bits;
        return (rans_parts){(uint8_t)(value | field | sign << 7), 0, 0};
    }
    if (layout.low_bits) return (rans_parts){value, (uint8_t)rest, rest >> 8};
    return (rans_parts){(uint8_t)(value | rest >> 8), (uint8_t)rest, 0};
}

void bantam_rans_encode(const bantam_rans_block *block, const void *source, uint8_t *raw, uint16_t *states,
                        uint8_t **escape, uint8_t *streams[BANTAM_RANS_STREAMS]) {
    const rans_layout layout = layout_of(block);
    const rans_table table = table_of(block->model);
    uint8_t of_value[256], symbols[256];
    memset(of_value, table.escape < 0 ? 0 : table.escape, sizeof of_value);
    for (unsigned i = 0; i < table.symbol_count; i++)
        if ((int)i != table.escape) of_value[table.values[i]] = (uint8_t)i;
    for (unsigned high = 0; high < 256; high++) symbols[high] = of_value[high & layout.value_mask];
    rans_encoder encoder = {.block = block, .table = &table, .symbols = symbols, .source = source,
                            .escape = *escape, .states = states};
    memcpy(encoder.streams, streams, sizeof encoder.streams);
    encoder.steps = block->lanes == STEP ? block->count / STEP : 0;
    encoder.raw_end = raw + encoder.steps * (rans_head_bytes(layout) + rans_low_bytes(layout, BANTAM_RANS_KEEP_ALL));
    for (size_t step = 0; block->kept && step < encoder.steps; step++)
        encoder.raw_end -= rans_low_bytes(layout, BANTAM_RANS_KEEP_ALL) - rans_low_bytes(layout, block->kept[step]);

    for (size_t lane = 0; lane < block->lanes; lane++) states[lane] = BANTAM_RANS_START;
    const size_t first = encoder.steps * STEP, bits = rest_bits(layout);
    memset(encoder.raw_end, 0, ((block->count - first) * bits + 7) / 8);
    for (size_t i = block->count; i-- > first;) {
        const uint8_t *from = encoder.source + i * layout.element_bytes;
        const rans_parts parts = rans_split(layout, rans_load(layout, from));
        rans_put_bits(encoder.raw_end, (i - first) * bits, rest_of(layout, parts), (unsigned)bits);
        const unsigned symbol = symbols[parts.high], frequency = table.frequencies[symbol];
        if ((int)symbol == table.escape) *--encoder.escape = parts.high & layout.value_mask;
        const size_t lane = (i - first) % block->lanes;
        unsigned value = states[lane];
        if (value >= frequency << 8) {
            *--encoder.streams[lane / LANES_OF_STREAM] = (uint8_t)value;
            value >>= 8;
        }
        states[lane] = (uint16_t)(value / frequency * 256 + value % frequency + table.starts[symbol]);
    }
    if (encoder.steps) encode_steps(&encoder);
    *escape = encoder.escape;
    memcpy(streams, encoder.streams, sizeof encoder.streams);
}

// The elements beyond the last step, one by one, by turns of the streams' states. Whether a state takes a byte cannot
// be foretold, so it is no branch.
BANTAM_BODY int decode_rest_of(rans_layout layout, rans_decoder *decoder) {
    uint32_t slots[256];
    const uint8_t mark = rans_fill_slots(decoder->table, slots);
    rans_bit_reader rests = {decoder->raw, 0, 0};
    const uint8_t *escape = decoder->escape, *const escape_end = decoder->escape_end;
    size_t left = decoder->block->count - decoder->steps * STEP;
    uint8_t *result = decoder->result + decoder->steps * STEP * layout.element_bytes;
    const size_t lanes = decoder->block->lanes;
    for (size_t lane = 0; left > 0; lane = lane + LANES_OF_STREAM < lanes ? lane + LANES_OF_STREAM : 0) {
        uint16_t *const states = decoder->states + lane;
        const uint8_t *next = decoder->streams[lane / LANES_OF_STREAM];
        const uint8_t *const limit = decoder->limits[lane / LANES_OF_STREAM];
        size_t turn = lanes < LANES_OF_STREAM ? lanes : LANES_OF_STREAM;
        if (left < turn) turn = left;
        left -= turn;
        for (size_t i = 0; i < turn; i++, result += layout.element_bytes) {
            const unsigned slot = slots[states[i] & 255];
            const unsigned moved = (slot & 255) * (states[i] >> 8) + (slot >> 8 & 255), takes = moved < 256;
            unsigned byte = 0;
            if (next != limit) {
                byte = *next;
            } else if (takes) {
                return 0;
            }
            next += takes;
            states[i] = (uint16_t)(moved << 8 * takes | (byte & (0 - takes)));
            uint8_t value = (uint8_t)(slot >> 16);
            if (value == mark) {
                if (escape == escape_end) return 0;
                value = *escape++;
            }
            const uint64_t rest = rans_take_bits(&rests, rest_bits(layout));
            rans_store(layout, result, rans_join(layout, parts_of(layout, value, rest)));
        }
        decoder->streams[lane / LANES_OF_STREAM] = next;
    }
    decoder->escape = escape;
    return 1;
}

static int decode_rest(rans_decoder *decoder) {
    if (decoder->steps * STEP == decoder->block->count) return 1;
#define DECODE(constant) return decode_rest_of(constant, decoder)
    RANS_FOR_LAYOUT(decoder->block->layout, DECODE)
#undef DECODE
    return 0;
}

int bantam_rans_decode(const bantam_rans_block *block, const uint8_t *raw, uint16_t *states,
                       const uint8_t *escape, size_t escape_count, const uint8_t *streams,
                       const size_t stream_counts[BANTAM_RANS_STREAMS], void *result) {
    const rans_table table = table_of(block->model);
    rans_decoder decoder = {.block = block, .table = &table, .raw = raw, .escape = escape,
                            .escape_end = escape + escape_count, .states = states, .result = result};
    decoder.steps = block->lanes == STEP ? block->count / STEP : 0;
    const uint8_t *ends[STREAMS];
    for (int v = 0; v < STREAMS; v++) {
        decoder.streams[v] = v ? ends[v - 1] : streams;
        decoder.limits[v] = ends[v] = decoder.streams[v] + stream_counts[v];
    }
    // Steps run as long as each stream holds what one could take at most. A stream that holds less goes on in a
    // copy with as much room behind it, which is all taken only if bytes are missing; so do the others that will soon
    // hold less, because steps that begin again look at all tables again.
    enum { SOON = 8 * LANES_OF_STREAM };
    uint8_t padded[STREAMS][SOON + LANES_OF_STREAM];
    int is_padded[STREAMS] = {0};
    while (decoder.step < decoder.steps) {
        if (!decode_steps(&decoder)) return 0;
        for (int v = 0; v < STREAMS && decoder.step < decoder.steps; v++) {
            const size_t left = (size_t)(decoder.limits[v] - decoder.streams[v]);
            if (left >= (is_padded[v] ? LANES_OF_STREAM : SOON)) continue;
            if (is_padded[v]) return 0;
            memcpy(padded[v], decoder.streams[v], left);
            memset(padded[v] + left, 0, LANES_OF_STREAM);
            decoder.streams[v] = padded[v];
            ends[v] = padded[v] + left;
            decoder.limits[v] = ends[v] + LANES_OF_STREAM;
            is_padded[v] = 1;
        }
    }
    for (int v = 0; v < STREAMS; v++) {
        if (decoder.streams[v] > ends[v]) return 0;
        decoder.limits[v] = ends[v];
    }
    if (!decode_rest(&decoder)) return 0;
    unsigned wrong = decoder.escape != decoder.escape_end;
    for (int v = 0; v < STREAMS; v++) wrong |= decoder.streams[v] != ends[v];
    for (size_t lane = 0; lane < block->lanes; lane++) wrong |= states[lane] != BANTAM_RANS_START;
    return !wrong;
}
