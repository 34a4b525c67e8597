#include "resource/vertex.h"

#include <math.h>

static int32_t quantise(float value, float scale) {
    float clamped = value < -1 ? -1 : value > 1 ? 1 : value;
    float scaled = clamped * scale;
    return (int32_t)(scaled < 0 ? scaled - 0.5f : scaled + 0.5f); /* half away from zero */
}

static void octahedral(const float d[3], float out[2]) {
    float sum = fabsf(d[0]) + fabsf(d[1]) + fabsf(d[2]);
    if (!(sum > 0)) {
        out[0] = out[1] = 0;
        return;
    }
    float x = d[0] / sum, y = d[1] / sum;
    if (d[2] < 0) {
        float folded = (1 - fabsf(y)) * (x < 0 ? -1.0f : 1.0f);
        y = (1 - fabsf(x)) * (y < 0 ? -1.0f : 1.0f);
        x = folded;
    }
    out[0] = x;
    out[1] = y;
}

static void from_octahedral(float x, float y, float d[3]) {
    float z = 1 - fabsf(x) - fabsf(y);
    if (z < 0) {
        float folded = (1 - fabsf(y)) * (x < 0 ? -1.0f : 1.0f);
        y = (1 - fabsf(x)) * (y < 0 ? -1.0f : 1.0f);
        x = folded;
    }
    float inverse = 1 / sqrtf(x * x + y * y + z * z);
    d[0] = x * inverse;
    d[1] = y * inverse;
    d[2] = z * inverse;
}

uint32_t orr_pack_normal(const float direction[3]) {
    float oct[2];
    octahedral(direction, oct);
    uint32_t x = (uint32_t)quantise(oct[0], 32767) & 0xffff, y = (uint32_t)quantise(oct[1], 32767) & 0xffff;
    return x | y << 16;
}

void orr_unpack_normal(uint32_t packed, float direction[3]) {
    float x = (float)(int16_t)(packed & 0xffff) / 32767, y = (float)(int16_t)(packed >> 16) / 32767;
    from_octahedral(x < -1 ? -1 : x, y < -1 ? -1 : y, direction);
}

uint32_t orr_pack_tangent(const float direction[3], float sign) {
    float oct[2];
    octahedral(direction, oct);
    uint32_t x = (uint32_t)quantise(oct[0], 32767) & 0xffff, y = (uint32_t)quantise(oct[1], 16383) & 0x7fff;
    return x | y << 16 | (sign < 0 ? 0x80000000u : 0);
}

float orr_unpack_tangent(uint32_t packed, float direction[3]) {
    int32_t y15 = (int32_t)(packed >> 16 & 0x7fff);
    if (y15 >= 0x4000) y15 -= 0x8000;
    float x = (float)(int16_t)(packed & 0xffff) / 32767, y = (float)y15 / 16383;
    from_octahedral(x < -1 ? -1 : x, y < -1 ? -1 : y, direction);
    return packed & 0x80000000u ? -1.0f : 1.0f;
}

uint32_t orr_pack_rgba8(const float rgba[4]) {
    uint32_t packed = 0;
    for (int c = 0; c < 4; c++) {
        float v = rgba[c] > 0 ? rgba[c] < 1 ? rgba[c] : 1 : 0;
        packed |= (uint32_t)(v * 255 + 0.5f) << (8 * c);
    }
    return packed;
}

void orr_perpendicular(const float n[3], float out[3]) {
    int axis = fabsf(n[0]) <= fabsf(n[1]) && fabsf(n[0]) <= fabsf(n[2]) ? 0
               : fabsf(n[1]) <= fabsf(n[2])                             ? 1
                                                                        : 2;
    float a[3] = {0, 0, 0};
    a[axis] = 1; /* the axis least along n, crossed with n */
    float c[3] = {a[1] * n[2] - a[2] * n[1], a[2] * n[0] - a[0] * n[2], a[0] * n[1] - a[1] * n[0]};
    float length = sqrtf(c[0] * c[0] + c[1] * c[1] + c[2] * c[2]);
    for (int k = 0; k < 3; k++) out[k] = length > 0 ? c[k] / length : a[k];
}
