// One body, three copies: how a kernel is compiled per processor generation and chosen at run time.
//
// Write the loop once as `static inline` with BANTAM_BODY and name it in BANTAM_DISPATCH. The compiler makes
// one copy for each level; floating-point contraction is off, so all copies compute the same bits.
#ifndef BANTAM_DISPATCH_H
#define BANTAM_DISPATCH_H

#include "BantamKernels.h"

#pragma STDC FP_CONTRACT OFF

#define BANTAM_BODY static inline __attribute__((always_inline))

#if defined(__x86_64__)
#define BANTAM_AVX2 __attribute__((target("arch=x86-64-v3")))
// Without the width, the compiler would split 64-byte vectors in two.
#define BANTAM_AVX512 __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))

#define BANTAM_DISPATCH(result, name, parameters, arguments)                      \
    static result name##_portable parameters { return name##_body arguments; }    \
    BANTAM_AVX2 static result name##_avx2 parameters { return name##_body arguments; }     \
    BANTAM_AVX512 static result name##_avx512 parameters { return name##_body arguments; } \
    result name parameters {                                                      \
        switch (bantam_simd_level()) {                                            \
        case 2: return name##_avx512 arguments;                                   \
        case 1: return name##_avx2 arguments;                                     \
        default: return name##_portable arguments;                                \
        }                                                                         \
    }
#else
#define BANTAM_DISPATCH(result, name, parameters, arguments) \
    result name parameters { return name##_body arguments; }
#endif

#endif
