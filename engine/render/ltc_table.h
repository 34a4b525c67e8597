/* Linearly transformed cosines of the GGX lobe of shaders/brdf.glsl, for area lights: what a cell means
 * stands in tests/reference/ltc_fit.c, which makes the table. */
#ifndef ORR_RENDER_LTC_TABLE_H
#define ORR_RENDER_LTC_TABLE_H

#include <stdint.h>

enum { ORR_LTC_SIDE = 32 };
extern const uint16_t orr_ltc_table[ORR_LTC_SIDE][ORR_LTC_SIDE][4];

#endif
