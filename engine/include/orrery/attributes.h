/* Compiler attributes, in one place. The only header above engine/base/platform that may name a compiler. */
#ifndef ORRERY_ATTRIBUTES_H
#define ORRERY_ATTRIBUTES_H

#if defined(__GNUC__) || defined(__clang__)
#define ORR_MUST_CHECK __attribute__((warn_unused_result))
#if defined(__MINGW32__) && !defined(__clang__) /* plain printf means Microsoft's old one there */
#define ORR_PRINTF(fmt, arg) __attribute__((format(gnu_printf, fmt, arg)))
#else
#define ORR_PRINTF(fmt, arg) __attribute__((format(printf, fmt, arg)))
#endif
#define ORR_NORETURN    __attribute__((noreturn))
#define ORR_INLINE      inline __attribute__((always_inline))
#define ORR_UNUSED      __attribute__((unused))
#define ORR_LIKELY(x)   __builtin_expect(!!(x), 1)
#define ORR_UNLIKELY(x) __builtin_expect(!!(x), 0)
#else
#define ORR_MUST_CHECK
#define ORR_PRINTF(fmt, arg)
#define ORR_NORETURN
#define ORR_INLINE inline
#define ORR_UNUSED
#define ORR_LIKELY(x)   (x)
#define ORR_UNLIKELY(x) (x)
#endif

/* A function compiled for eight floats at once, to be called only where ORR_HAS_WIDE_VECTORS() holds. It
 * gives the bits of its twin without: -ffp-contract=off rounds each operation alike at every width. Not on
 * Windows, where GCC leaves the stack less aligned than such vectors need. */
#if defined(__x86_64__) && !defined(_WIN32) && (defined(__GNUC__) || defined(__clang__))
#define ORR_WIDE_VECTORS       __attribute__((target("avx2")))
#define ORR_HAS_WIDE_VECTORS() (__builtin_cpu_supports("avx2") != 0)
#else
#define ORR_WIDE_VECTORS
#define ORR_HAS_WIDE_VECTORS() 0
#endif

#if defined(_WIN32)
#define ORR_EXPORT __declspec(dllexport)
#elif defined(__GNUC__) || defined(__clang__)
#define ORR_EXPORT __attribute__((visibility("default")))
#else
#define ORR_EXPORT
#endif

#endif
