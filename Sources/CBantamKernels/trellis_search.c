// The Viterbi algorithm over 16 lanes at once. Costs are integers, so their sums are the same in any order.
// Source: A. J. Viterbi, "Error bounds for convolutional codes and an asymptotically optimum decoding algorithm",
// 1967; for quantization M. W. Marcellin and T. R. Fischer, "Trellis coded quantization", 1990.

#include "BantamTrellis.h"
#include "vectors.h"

enum {
    FAR = 1 << 29,          // the cost of a state that cannot be
    FORBIDDEN = 1 << 23,    // more than any way round costs, and 32 of them with FAR are below 2^31
    NORMALIZE_EVERY = 32,   // steps; a step costs less than 2^22
};

// What is kept of each step for the way back.
typedef struct { uint16_t magnitudes[4][LANES]; } choices;

// 32 states share a word of each lane.
static inline size_t decision_words(uint32_t state_count) { return state_count < 32 ? 1 : state_count / 32; }

size_t bantam_trellis_scratch_bytes(const bantam_trellis *trellis, size_t count, size_t lanes) {
    const size_t steps = count / lanes + 1;
    return 64 + steps * (sizeof(choices) + decision_words(trellis->state_count) * LANES * sizeof(uint32_t));
}

// The cheaper of two magnitudes of one quantizer and parity, and its cost.
BANTAM_BODY int32_t choose(const int32_t *rates, const float *offsets, float value, int32_t low, float low_level,
                           float high_level, uint16_t *chosen) {
    const int32_t high = low + 2;
    const int32_t last = BANTAM_TRELLIS_OFFSETS - 1, last_rate = BANTAM_TRELLIS_RATES - 1;
    const float low_error = value - (low_level + offsets[low < last ? low : last]);
    const float high_error = value - (high_level + offsets[high < last ? high : last]);
    const float unit = 1 << BANTAM_TRELLIS_COST_BITS;
    const int32_t low_cost = (int32_t)(low_error * low_error * unit + 0.5f) + rates[low < last_rate ? low : last_rate];
    const int32_t high_cost =
        (int32_t)(high_error * high_error * unit + 0.5f) + rates[high < last_rate ? high : last_rate];
    *chosen = (uint16_t)(high_cost < low_cost ? high : low);
    return high_cost < low_cost ? high_cost : low_cost;
}

// The costs of going on by an even or odd index from a state of either quantizer: [2·quantizer + parity].
BANTAM_BODY void branch(const bantam_trellis_costs *costs, const float *values, const uint8_t *classes, size_t active,
                        int32_t result[4][LANES], choices *chosen) {
    float magnitudes[LANES];
    const int32_t *rates[LANES];
    for (size_t lane = 0; lane < LANES; lane++) {
        magnitudes[lane] = lane < active ? __builtin_fabsf(values[lane]) : 0;
        rates[lane] = costs->rates + (lane < active ? classes[lane] : 0) * (size_t)(2 * BANTAM_TRELLIS_RATES);
    }
    for (size_t lane = 0; lane < LANES; lane++) {
        const float value = magnitudes[lane];
        const int32_t *first = rates[lane], *second = first + BANTAM_TRELLIS_RATES;
        // Levels 4j; 4j + 2; 0 and 4j - 1; 4j + 1.
        const int32_t a = (int32_t)(value * 0.25f);
        int32_t b = (int32_t)((value + 2) * 0.25f) - 1;
        b = b < 0 ? 0 : b;
        const int32_t c = (int32_t)((value + 1) * 0.25f);
        int32_t d = (int32_t)((value + 3) * 0.25f) - 1;
        d = d < 0 ? 0 : d;
        result[0][lane] = choose(first, costs->offsets[0], value, 2 * a, (float)(4 * a), (float)(4 * a + 4),
                                 &chosen->magnitudes[0][lane]);
        result[1][lane] = choose(first, costs->offsets[0], value, 2 * b + 1, (float)(4 * b + 2), (float)(4 * b + 6),
                                 &chosen->magnitudes[1][lane]);
        result[2][lane] = choose(second, costs->offsets[1], value, 2 * c, (float)(4 * c - (c > 0)),
                                 (float)(4 * c + 3), &chosen->magnitudes[2][lane]);
        result[3][lane] = choose(second, costs->offsets[1], value, 2 * d + 1, (float)(4 * d + 1), (float)(4 * d + 5),
                                 &chosen->magnitudes[3][lane]);
    }
    // Index 0 is even: no odd one, and no other even one.
    if (costs->keeps_zeros)
        for (size_t lane = 0; lane < LANES; lane++) {
            if (magnitudes[lane] != 0) continue;
            result[1][lane] += FORBIDDEN;
            result[3][lane] += FORBIDDEN;
            result[0][lane] = rates[lane][0];
            result[2][lane] = rates[lane][BANTAM_TRELLIS_RATES];
            chosen->magnitudes[0][lane] = chosen->magnitudes[2][lane] = 0;
        }
    // Lanes that have ended go on for nothing.
    for (size_t lane = active; lane < LANES; lane++)
        for (int i = 0; i < 4; i++) result[i][lane] = 0;
}

// From the costs of all states before a step to those after it. A state without the top bit comes from a state of
// quantizer 0, one with it from a state of quantizer 1.
BANTAM_BODY void advance(uint32_t state_count, uint32_t h0, uint32_t h1, const int32_t branches[4][LANES],
                         const integers *before, integers *after, integers *decisions) {
    const uint32_t half = state_count / 2;
    integers branch[4];
    memcpy(branch, branches, sizeof branch);
    const uint32_t group = state_count < 32 ? state_count : 32;
    for (uint32_t base = 0; base < state_count; base += group) {
        integers chosen = {0};
        for (uint32_t bit = 0; bit < group; bit++) {
            const uint32_t state = base + bit;
            const int quantizer = state >= half;
            const uint32_t place = quantizer ? state ^ h0 : state;
            const integers even = before[2 * place + (uint32_t)quantizer] + branch[2 * quantizer];
            const integers odd = before[2 * (place ^ h1) + (uint32_t)quantizer] + branch[2 * quantizer + 1];
            const integers is_odd = odd < even;
            after[state] = (odd & is_odd) | (even & ~is_odd);
            chosen |= is_odd & (int32_t)(1u << bit);
        }
        decisions[base / group] = chosen;
    }
}

// One call for each set of up to 16 lanes; the elements of a step are `lanes` apart.
BANTAM_BODY void search_lanes(uint32_t state_count, const bantam_trellis_costs *costs, const float *values,
                              size_t count, size_t lanes, size_t width, uint8_t *contexts, int16_t *indices,
                              void *scratch) {
    const uint32_t h0 = costs->trellis.h0, h1 = costs->trellis.h1, half = state_count / 2;
    const size_t words = decision_words(state_count), steps = (count + lanes - 1) / lanes;
    integers *decisions = scratch;
    choices *chosen = (choices *)(decisions + steps * words);
    integers costs_of[2][BANTAM_TRELLIS_STATES];
    for (uint32_t state = 0; state < state_count; state++)
        costs_of[0][state] = (integers){0} + (state == 0 ? 0 : FAR);

    for (size_t step = 0; step < steps; step++) {
        const size_t first = step * lanes, left = count - first;
        int32_t branches[4][LANES];
        // The constant is for the compiler: vectors without remainders.
        if (width == LANES && left >= LANES)
            branch(costs, values + first, contexts + first, LANES, branches, &chosen[step]);
        else
            branch(costs, values + first, contexts + first, left < width ? left : width, branches, &chosen[step]);
        integers *before = costs_of[step & 1], *after = costs_of[(step & 1) ^ 1];
        advance(state_count, h0, h1, (const int32_t(*)[LANES])branches, before, after, decisions + step * words);
        if (step % NORMALIZE_EVERY == NORMALIZE_EVERY - 1) {
            integers least = after[0];
            for (uint32_t state = 1; state < state_count; state++) {
                const integers is_less = after[state] < least;
                least = (after[state] & is_less) | (least & ~is_less);
            }
            for (uint32_t state = 0; state < state_count; state++) after[state] -= least;
        }
    }

    uint32_t states[LANES];
    const integers *last = costs_of[steps & 1];
    for (size_t lane = 0; lane < LANES; lane++) {
        states[lane] = 0;
        for (uint32_t state = 1; state < state_count; state++)
            if (last[state][lane] < last[states[lane]][lane]) states[lane] = state;
    }
    for (size_t step = steps; step-- > 0;) {
        const size_t first = step * lanes, left = count - first;
        const size_t active = left < width ? left : width;
        const uint32_t *taken = (const uint32_t *)(decisions + step * words);
        // Lanes that had ended go back through the step they went on for nothing, too.
        for (size_t lane = 0; lane < width; lane++) {
            const uint32_t state = states[lane];
            const uint32_t odd = taken[state / 32 * LANES + lane] >> (state & 31) & 1;
            const uint32_t quantizer = state >= half;
            const uint32_t place = (quantizer ? state ^ h0 : state) ^ (odd ? h1 : 0);
            states[lane] = 2 * place + quantizer;
            if (lane >= active) continue;
            const int magnitude = chosen[step].magnitudes[2 * quantizer + odd][lane];
            indices[first + lane] = (int16_t)(values[first + lane] < 0 ? -magnitude : magnitude);
            contexts[first + lane] = (uint8_t)(2 * contexts[first + lane] + quantizer);
        }
    }
}

BANTAM_BODY void bantam_trellis_search_body(const bantam_trellis_costs *costs, const float *values, size_t count,
                                            size_t lanes, uint8_t *contexts, int16_t *indices, void *scratch) {
    const size_t width = lanes < LANES ? lanes : LANES;
    void *aligned = (void *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
    for (size_t lane = 0; lane < lanes && lane < count; lane += width) {
#define SEARCH(states)                                                                                        \
    search_lanes(states, costs, values + lane, count - lane, lanes, width, contexts + lane, indices + lane, aligned)
        switch (costs->trellis.state_count) {
        case 8: SEARCH(8); break;
        case 64: SEARCH(64); break;
        case 256: SEARCH(256); break;
        default: SEARCH(costs->trellis.state_count); break;
        }
#undef SEARCH
    }
}

BANTAM_DISPATCH(void, bantam_trellis_search,
                (const bantam_trellis_costs *costs, const float *values, size_t count, size_t lanes,
                 uint8_t *contexts, int16_t *indices, void *scratch),
                (costs, values, count, lanes, contexts, indices, scratch))

void bantam_trellis_count(const float offsets[2][BANTAM_TRELLIS_OFFSETS], const float *values,
                          const uint8_t *contexts, const int16_t *indices, size_t count,
                          bantam_trellis_statistics *statistics) {
    for (size_t i = 0; i < count; i++) {
        const uint32_t magnitude = (uint32_t)(indices[i] < 0 ? -indices[i] : indices[i]);
        const uint32_t quantizer = contexts[i] & 1;
        statistics->counts[contexts[i]][magnitude < BANTAM_TRELLIS_RATES ? magnitude : BANTAM_TRELLIS_RATES - 1]++;
        const uint32_t place = magnitude < BANTAM_TRELLIS_OFFSETS ? magnitude : BANTAM_TRELLIS_OFFSETS - 1;
        const float level = (float)(magnitude ? 2 * magnitude - quantizer : 0);
        const float residual = __builtin_fabsf(values[i]) - level;
        statistics->residuals[quantizer][place] += (int64_t)(residual * 65536);
        statistics->numbers[quantizer][place]++;
        const float error = residual - offsets[quantizer][place];
        statistics->distortion += (uint64_t)(error * error * 65536 + 0.5f);
    }
}

void bantam_trellis_add(bantam_trellis_statistics *sum, const bantam_trellis_statistics *part) {
    uint32_t *counts = sum->counts[0];
    const uint32_t *added = part->counts[0];
    for (size_t i = 0; i < sizeof sum->counts / sizeof(uint32_t); i++) counts[i] += added[i];
    for (int quantizer = 0; quantizer < 2; quantizer++)
        for (int place = 0; place < BANTAM_TRELLIS_OFFSETS; place++) {
            sum->residuals[quantizer][place] += part->residuals[quantizer][place];
            sum->numbers[quantizer][place] += part->numbers[quantizer][place];
        }
    sum->distortion += part->distortion;
}
