// What of the sun's light reaches a point. Needs frame.glsl.
#include "atmosphere.glsl"
layout(set = 0, binding = 14) uniform sampler2D terrain_heights;
layout(set = 0, binding = 17) uniform sampler2D terrain_sun;     // height below which a point of the terrain's plane is in shade
layout(set = 0, binding = 18) uniform sampler2DShadow shadow_map;

// Fraction of the sun that a point sees. Meshes: 2 x 2 filtered taps of the shadow map, which weigh 3 x 3 texels as a tent; terrain: the height of its shadow.
float sun_visibility(vec3 position, vec3 n) {
    float lit = 1.0;
    if (HAS_SHADOW) {
        vec3 p = (frame.shadow_matrix * vec4(position + n * frame.shadow_params.z, 1.0)).xyz;
        if (all(greaterThan(p.xy, vec2(0.0))) && all(lessThan(p.xy, vec2(1.0))) && p.z < 1.0) {
            float sum = 0.0; // p.z below 0: beyond the farthest caster, whose shade reaches there too
            for (int i = 0; i < 4; i++) {
                vec2 tap = vec2(i & 1, i >> 1) - 0.5;
                sum += textureLod(shadow_map, vec3(p.xy + tap * frame.shadow_params.y, max(p.z, 0.0)), 0.0);
            }
            lit = sum * 0.25;
        }
    }
    if (HAS_SHADE) {
        vec3 g = (frame.world_to_terrain * vec4(position, 1.0)).xyz;
        vec2 last = frame.terrain_extent.xy - 1.0;
        if (all(greaterThanEqual(g.xz, vec2(0.0))) && all(lessThanEqual(g.xz, last))) {
            vec2 uv = (g.xz + 0.5) / frame.terrain_extent.xy;
            float shade = textureLod(terrain_sun, uv, 0.0).r;
            // Where a coarse patch is drawn below the ground, the ground is what the sun sees.
            float height = max(g.y, textureLod(terrain_heights, uv, 0.0).r);
            float soft = 0.5 * frame.terrain_shade.w; // half a sample's width, in metres of height
            lit *= smoothstep(-soft, soft, height - shade);
        }
    }
    return lit;
}
// The sun's light where it arrives, as of a plane that faces it: weakened by the air, none when the ground hides its disk.
vec3 sun_light(vec3 position) {
    if (!SKY || frame.sun_light.w < 0.5) return frame.sun_light.rgb;
    return frame.sun_light.rgb * air_sun_transmittance(position);
}
