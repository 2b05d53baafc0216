// What the copies of the rANS loops with a table per element share.
#ifndef BANTAM_CLASS_RANS_INTERNAL_H
#define BANTAM_CLASS_RANS_INTERNAL_H

#include "BantamClassRANS.h"
#include "dispatch.h"

#include <string.h>

enum { TABLE_BITS = BANTAM_CLASS_RANS_BITS, TABLE_SIZE = 1 << TABLE_BITS };

enum { FEW_LANES = 32, MANY_LANES = BANTAM_CLASS_RANS_LANES };

// Both decode groups of 32 or 64, of a word for each of which there is room, and return the groups they decoded.
size_t class_rans_decode_groups_avx2(bantam_class_rans_decoder *decoder, const uint32_t *tables,
                                     const uint8_t *classes, size_t groups, uint8_t *symbols);
size_t class_rans_decode_groups_avx512(bantam_class_rans_decoder *decoder, const uint32_t *tables,
                                       const uint8_t *classes, size_t groups, uint8_t *symbols);

// Encodes whole groups of 32 or 64, from the last to the first; returns where the words begin.
uint8_t *class_rans_encode_groups_avx512(const bantam_class_rans_entry *tables, const uint8_t *classes,
                                         const uint8_t *symbols, size_t groups, size_t lanes, uint32_t *states,
                                         uint8_t *end);

#endif
