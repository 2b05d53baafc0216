// rANS with a table per element, and the steps around it: the inner loops of the lossless coder `dense`.
// docs/coders/dense.md specifies the bytes. Every level writes and reads the same ones.
#ifndef BANTAM_CLASS_RANS_H
#define BANTAM_CLASS_RANS_H

#include <stddef.h>
#include <stdint.h>

enum {
    BANTAM_CLASS_RANS_BITS = 12,       // frequencies of a table add up to 2^12
    BANTAM_CLASS_RANS_LANES = 64,      // the most states that advance together; vectors need 32 or these
    BANTAM_CLASS_RANS_SYMBOLS = 256,   // the largest alphabet
    BANTAM_CLASS_RANS_CLASSES = 64,    // the most tables a coder should use; their entries are 1 MiB
    BANTAM_CLASS_RANS_START = 1 << 16, // the state an encoder starts from and a decoder ends with
    BANTAM_NUMBER_UNIT = 128,          // numbers whose raw bits stand together in planes
};

// MARK: Tables

// What decoding looks up: 2^12 entries a class, each symbol | (frequency - 1) << 8 | (slot - start) << 20.
// `frequencies` holds `symbols` of them for each class. Returns 0 unless those of every class add up to 2^12.
int bantam_class_rans_decoding_tables(const uint16_t *frequencies, size_t classes, size_t symbols,
                                      uint32_t *tables);

// What encoding looks up for one symbol of one class. q = state·reciprocal >> 64 is the quotient by the
// frequency; the next state is state + bias + q·complement.
typedef struct {
    uint64_t reciprocal;
    uint32_t frequency;
    uint16_t bias;
    uint16_t complement;
} bantam_class_rans_entry;

// 256 entries a class. A frequency of 0 must not be encoded.
void bantam_class_rans_encoding_tables(const uint16_t *frequencies, size_t classes, size_t symbols,
                                       bantam_class_rans_entry *tables);

// MARK: Coding

// Codes `count` symbols, that of element i by state i mod `lanes` with the table of class `classes[i]`. Writes
// words of 16 bits backwards from `end`; there must be room for one an element. Returns where they begin.
uint8_t *bantam_class_rans_encode(const bantam_class_rans_entry *tables, const uint8_t *classes,
                                  const uint8_t *symbols, size_t count, size_t lanes, uint32_t *states,
                                  uint8_t *end);

// A decoder between two calls.
typedef struct {
    uint32_t states[BANTAM_CLASS_RANS_LANES];
    size_t lanes;
    const uint8_t *next;  // words that were not taken yet
    const uint8_t *end;
} bantam_class_rans_decoder;

// Decodes the next `count` symbols, a multiple of the lanes in all calls but the last. Returns 0 if words are
// missing; `symbols` then holds anything.
int bantam_class_rans_decode(bantam_class_rans_decoder *decoder, const uint32_t *tables,
                             const uint8_t *classes, size_t count, uint8_t *symbols);

// Whether all states are back at the start and all words taken.
int bantam_class_rans_is_finished(const bantam_class_rans_decoder *decoder);

// The classes of `count` elements from `position` on: that of the row plus that of the column, from `lowest` to
// `highest`, less `lowest`. A row holds `row_length` elements, a multiple of the `columns`. Either array may be
// null, which is a class of 0; classes of rows and of columns are below 64.
typedef struct {
    const uint8_t *row_classes;
    size_t row_length;
    const uint8_t *column_classes;
    size_t columns;
    uint8_t lowest;
    uint8_t highest;
} bantam_class_grid;
void bantam_class_fill(const bantam_class_grid *grid, size_t position, size_t count, uint8_t *classes);

// MARK: Alphabets

// Symbol s below `plain` stands for the value first + s; one from there for bases[s] plus extras[s] bits, which
// stand in a stream of bits, least significant first. The bases rise.
typedef struct {
    uint32_t plain;
    uint32_t count;  // symbols
    uint64_t first;
    uint64_t bases[BANTAM_CLASS_RANS_SYMBOLS];
    uint8_t extras[BANTAM_CLASS_RANS_SYMBOLS];
} bantam_alphabet;

// Values from symbols, beginning `*bit` bits into `bits`. Returns 0 if there are fewer than it takes.
int bantam_values_16(const bantam_alphabet *alphabet, const uint8_t *symbols, size_t count, const uint8_t *bits,
                     size_t byte_count, uint64_t *bit, uint16_t *values);
int bantam_values_64(const bantam_alphabet *alphabet, const uint8_t *symbols, size_t count, const uint8_t *bits,
                     size_t byte_count, uint64_t *bit, uint64_t *values);

// Symbols from values and the bits that belong to them; there must be room for 9 bytes more than these take,
// and the bytes from *bit on must be zero. `symbol_of` holds a symbol for every value there is.
void bantam_symbols_16(const bantam_alphabet *alphabet, const uint8_t *symbol_of, const uint16_t *values,
                       size_t count, uint8_t *symbols, uint8_t *bits, uint64_t *bit);
void bantam_symbols_64(const bantam_alphabet *alphabet, const uint64_t *values, size_t count, uint8_t *symbols,
                       uint8_t *bits, uint64_t *bit);

// counts[symbol] += 1 for every value.
void bantam_count_symbols_64(const bantam_alphabet *alphabet, const uint64_t *values, size_t count,
                             uint32_t *counts);

// MARK: Numbers

// How a number is split: magnitude above its lowest `low_bits` bits, which is the value to be coded, and the
// rest: these bits with the sign above them. Of folded integers a negative one is complemented first.
typedef struct {
    uint8_t element_bytes;  // 1, 2, 4 or 8
    uint8_t low_bits;
    uint8_t is_folded;
} bantam_number_layout;

// Values of `count` numbers, each below 2^16. Writes to `drops` the trailing zeros that all low bits of each
// unit of 128 have, the last unit perhaps a shorter one.
void bantam_number_values(bantam_number_layout layout, const void *source, size_t count, uint16_t *values,
                          uint8_t *drops);

// The bytes that the rests of a unit of `count` numbers take without `drop` trailing bits.
size_t bantam_number_rest_bytes(bantam_number_layout layout, size_t count, unsigned drop);

// Writes and reads the rests of `count` numbers; null `drops` are zeros. Return the bytes they took.
size_t bantam_number_put_rests(bantam_number_layout layout, const void *source, size_t count,
                               const uint8_t *drops, uint8_t *rests);
size_t bantam_number_join(bantam_number_layout layout, const uint16_t *values, const uint8_t *rests,
                          size_t count, const uint8_t *drops, void *result);

// The linear magnitudes behind values: value·2 + 1 if `mantissa_bits` is 0xff; else what a float with so many
// mantissa bits in its value has, in units of 2^lowest_exponent, below and above 2^20 of which it is clamped.
typedef struct {
    uint8_t mantissa_bits;
    int32_t lowest_exponent;
} bantam_magnitude_scale;

uint64_t bantam_sum_magnitudes(bantam_magnitude_scale scale, const uint16_t *values, size_t count);
// sums[i] += magnitude of values[i], divided by 2^shift.
void bantam_add_magnitudes(bantam_magnitude_scale scale, const uint16_t *values, size_t count, unsigned shift,
                           uint64_t *sums);

#endif
