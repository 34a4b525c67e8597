/* libm's sin, cos, pow … differ in the last bit between CPUs (with or without FMA). What they return is
 * rounded to 40 bits of mantissa before use, so that pixels do not differ. Header-only, pure, thread-safe.
 * Angles in radians. */
#ifndef ORR_BASE_ROUND_H
#define ORR_BASE_ROUND_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* `x` with 40 significant bits, ties to even. Infinities and NaN stay; subnormal numbers keep the spacing of
 * the smallest normal ones. */
static inline double orr_round40(double x) {
    const uint64_t cut = 13; /* of the 53 bits of a double */
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    if ((bits >> 52 & 0x7ff) == 0x7ff) return x;
    bits = (bits + (UINT64_C(1) << (cut - 1)) - 1 + (bits >> cut & 1)) >> cut << cut;
    memcpy(&x, &bits, sizeof x);
    return x;
}
static inline double orr_sin40(double x) {
    return orr_round40(sin(x));
}
static inline double orr_cos40(double x) {
    return orr_round40(cos(x));
}
static inline double orr_tan40(double x) {
    return orr_round40(tan(x));
}
static inline double orr_atan40(double x) {
    return orr_round40(atan(x));
}
static inline double orr_atan2_40(double y, double x) {
    return orr_round40(atan2(y, x));
}
static inline double orr_acos40(double x) {
    return orr_round40(acos(x));
}
static inline double orr_pow40(double x, double y) {
    return orr_round40(pow(x, y));
}
static inline double orr_exp40(double x) {
    return orr_round40(exp(x));
}
static inline double orr_exp2_40(double x) {
    return orr_round40(exp2(x));
}
static inline double orr_log2_40(double x) {
    return orr_round40(log2(x));
}
static inline double orr_hypot40(double x, double y) {
    return orr_round40(hypot(x, y));
}

/* An sRGB-encoded value, 0 to 1, as linear light: IEC 61966-2-1. */
static inline double orr_srgb_decode(double encoded) {
    return encoded <= 0.04045 ? encoded / 12.92 : orr_pow40((encoded + 0.055) / 1.055, 2.4);
}
#endif
