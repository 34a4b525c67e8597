/* Packing of orr_vertex: octahedral normals and tangents, rgba8 colours. Pure functions, deterministic. */
#ifndef ORR_RESOURCE_VERTEX_H
#define ORR_RESOURCE_VERTEX_H

#include <stdint.h>

/* Direction (need not be unit; zero packs as +Z) to 2 x snorm16. Octahedral map after Cigolle et al.,
 * "A Survey of Efficient Representations for Independent Unit Vectors", JCGT 2014. */
uint32_t orr_pack_normal(const float direction[3]);
void orr_unpack_normal(uint32_t packed, float direction[3]); /* unit */

/* As above, x snorm16, y snorm15, bit 31 set when `sign` is negative (the bitangent is cross(n, t) * sign).
 */
uint32_t orr_pack_tangent(const float direction[3], float sign);
float orr_unpack_tangent(uint32_t packed, float direction[3]); /* returns the sign, +1 or -1 */

/* Four linear values, clamped to 0..1 and rounded to nearest; r in the low byte. */
uint32_t orr_pack_rgba8(const float rgba[4]);

/* Some unit vector at right angles to `normal`. */
void orr_perpendicular(const float normal[3], float out[3]);

#endif
