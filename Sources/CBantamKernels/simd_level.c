// Which copy of each kernel runs on this processor.

#include "BantamKernels.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static int processor_level(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return 2;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2") &&
        __builtin_cpu_supports("f16c"))
        return 1;
#endif
    return 0;
}

static int chosen_level(void) {
    static atomic_int known = -1;
    int level = atomic_load_explicit(&known, memory_order_relaxed);
    if (level >= 0) return level;
    level = processor_level();
    const char *cap = getenv("BANTAM_SIMD");
    if (cap && strcmp(cap, "portable") == 0) level = 0;
    if (cap && strcmp(cap, "avx2") == 0 && level > 1) level = 1;
    atomic_store_explicit(&known, level, memory_order_relaxed);
    return level;
}

// Per thread, so that tests which run side by side do not change each other's level.
static _Thread_local int test_cap = -1;

// Plain copies are compiled to SSE instructions, and these wait for the upper halves of vector registers wherever a
// library has left something there: rANS then decodes at a third of its speed. So they are cleared for them.
static void clear_upper_halves(void) {
#if defined(__x86_64__)
    static atomic_int has_avx = -1;
    int has = atomic_load_explicit(&has_avx, memory_order_relaxed);
    if (has < 0) {
        has = __builtin_cpu_supports("avx") ? 1 : 0;
        atomic_store_explicit(&has_avx, has, memory_order_relaxed);
    }
    if (has) __asm__ volatile("vzeroupper");
#endif
}

int bantam_simd_level(void) {
    int level = chosen_level();
    if (test_cap >= 0 && test_cap < level) level = test_cap;
    if (level == 0) clear_upper_halves();
    return level;
}

int bantam_cap_simd_level_for_tests(int cap) {
    int before = test_cap;
    test_cap = cap;
    return before;
}
