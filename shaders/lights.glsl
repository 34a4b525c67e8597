// Local lights, all but the sun. Needs frame.glsl and brdf.glsl.
//
// A light is LIGHT_TEXELS texels (engine/render/lights_pack.c), those that most lights need first:
//   centre, squared reach | colour x strength x exposure, bits | direction it shines along, range
//   | cosines of a cone, or an area's first axis; object | an area's second axis
// Its reach is part of what it is: where a light would add less than `light_cutoff` it fades away, here. The masks of the
// clusters name all lights that reach a place and some that do not, in their order: they change nothing but the time.
#include "photometry.glsl"
#include "atmosphere.glsl"
layout(set = 0, binding = 22) uniform usamplerBuffer lights;     // then SHADOW_TEXELS a shadow map
layout(set = 0, binding = 31) uniform usamplerBuffer clusters;   // a mask of bits a tile, row by row, then one a slice of depth

const int LIGHT_TEXELS = 5;
const uint LIGHT_SHAPE = 7u, FROM_AFAR = 1u, RECT = 2u, DISC = 3u, SPHERE = 4u, TRIANGLE = 5u;
const uint LIGHT_CONE = 8u, LIGHT_WINDOW = 16u, LIGHT_TWO_SIDED = 32u, LIGHT_AIR = 64u, LIGHT_FADE = 128u, LIGHT_MAP = 8u;
const float TILE = 32.0, SLICES = 128.0, FADE = 1.1;

struct Lit { // a point of a surface
    vec3 position, n, v, diffuse, f0, energy, single; // energy: of the specular lobe, single: its albedo
    float roughness, nv;
};

#include "light_shadows.glsl"
#include "area_lights.glsl"

vec3 light_on(int index, Lit s) {
    int at = index * LIGHT_TEXELS;
    vec4 place = uintBitsToFloat(texelFetch(lights, at));
    vec3 to = place.xyz - s.position;
    float d2 = max(dot(to, to), 1e-8);
    if (d2 >= place.w) return vec3(0.0);
    uvec4 glow = texelFetch(lights, at + 1);
    vec3 colour = uintBitsToFloat(glow.rgb);
    uint shape = glow.w & LIGHT_SHAPE, map = glow.w >> LIGHT_MAP;
    vec4 axis = vec4(0.0);
    if ((glow.w & (LIGHT_SHAPE | LIGHT_CONE | LIGHT_WINDOW)) != 0u) axis = uintBitsToFloat(texelFetch(lights, at + 2));
    float window = (glow.w & LIGHT_WINDOW) != 0u ? range_window(d2, axis.w) : 1.0;
    if ((glow.w & LIGHT_FADE) != 0u) window *= 1.0 - smoothstep(place.w / (FADE * FADE), place.w, d2);
    if (AREA_LIGHTS && shape >= RECT) return area_light(at, glow.w, to, axis.xyz, s) * colour * window;
    vec3 l = shape == FROM_AFAR ? -axis.xyz : to * inversesqrt(d2);
    float cone = 1.0, falloff = shape == FROM_AFAR ? 1.0 : d2;
    if ((glow.w & LIGHT_CONE) != 0u) {
        vec2 edge = uintBitsToFloat(texelFetch(lights, at + 3).xy);
        cone = smoothstep(edge.y, edge.x, dot(-l, axis.xyz));
    }
    if (SKY && (glow.w & LIGHT_AIR) != 0u) colour *= air_moon_transmittance(s.position); // what shines through the air is the moon
    if (cone <= 0.0 || dot(s.n, l) <= 0.0) return vec3(0.0);
    if (LIGHT_SHADOWS && map != 0u) cone *= light_visibility(int(map), s.position, s.n);
    return brdf_direct(s.n, s.v, l, s.diffuse, s.f0, s.roughness, s.energy) * colour * (cone * window / falloff);
}

// What all lights give, summed from the first to the last.
vec3 local_lights(Lit s) {
    vec3 sum = vec3(0.0);
    if (!CLUSTERS) {
        for (int i = 0; i < int(frame.params.y); i++) sum += light_on(i, s);
        return sum;
    }
    vec4 clip = frame.view_proj * vec4(s.position, 1.0);
    vec2 tile = clamp(floor((vec2(0.5, -0.5) * clip.xy / clip.w + 0.5) * vec2(frame.size.xy) / TILE), vec2(0.0), floor((vec2(frame.size.xy) - 1.0) / TILE));
    float depth = frame.depth_params.y > 0.5 ? dot(frame.dir_0.xyz, s.position) : clip.w;
    float slice = clamp(floor(log2(max(depth, frame.clusters.z) / frame.clusters.z) * frame.clusters.w), 0.0, SLICES - 1.0);
    int texels = (int(frame.params.y) + 127) / 128;
    int in_tile = int(tile.x + tile.y * frame.clusters.x) * texels, in_slice = int(frame.clusters.y + slice) * texels;
    for (int t = 0; t < texels; t++) {
        uvec4 mask = texelFetch(clusters, in_tile + t) & texelFetch(clusters, in_slice + t);
        for (int word = 0; word < 4; word++)
            for (uint bits = mask[word]; bits != 0u; bits &= bits - 1u) sum += light_on(t * 128 + word * 32 + findLSB(bits), s);
    }
    return sum;
}
