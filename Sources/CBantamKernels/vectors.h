// Vectors of 16 lanes that every copy of a kernel splits into what its processor has.
//
// Explicit vectors rather than loops left to the compiler: its loops take 64 elements at a time and the rest
// one by one, and the rows and groups here are often that short.
#ifndef BANTAM_VECTORS_H
#define BANTAM_VECTORS_H

#include "dispatch.h"

#include <string.h>

enum { LANES = 16 };

typedef float floats __attribute__((vector_size(64)));
typedef uint32_t words __attribute__((vector_size(64)));
typedef int32_t integers __attribute__((vector_size(64)));
typedef int8_t bytes __attribute__((vector_size(16)));
typedef int16_t shorts __attribute__((vector_size(32)));

BANTAM_BODY uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    return bits;
}

BANTAM_BODY float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

#endif
