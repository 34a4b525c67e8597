#version 450
#extension GL_GOOGLE_include_directive : require
// The masks of shaders/lights.glsl: an invocation finds 32 bits of one, in float a little too generously.
#include "frame.glsl"
layout(set = 0, binding = 22) uniform usamplerBuffer lights;
layout(set = 0, binding = PASS, std430) writeonly buffer Masks { uint words[]; } masks;
layout(push_constant) uniform Push { uint count, words, every_light; } push; // masks, 32-bit words of each
layout(local_size_x = 64) in;
const int LIGHT_TEXELS = 5;
const float TILE = 32.0;

// Planes of a tile, pointing inward; through the camera, or parallel when it is orthographic.
vec4 plane(vec3 normal, vec2 pixel) {
    vec3 n = normalize(normal);
    return vec4(n, -dot(n, ray_base(pixel)));
}
float slice_depth(float slice) { return frame.clusters.z * exp2(slice / frame.clusters.w); }

void main() {
    uint at = gl_GlobalInvocationID.x + gl_GlobalInvocationID.y * gl_NumWorkGroups.x * 64u, mask = at / push.words, first = at % push.words * 32u;
    if (mask >= push.count) return;
    uint tiles = uint(frame.clusters.y), across = uint(frame.clusters.x);
    bool ortho = frame.depth_params.y > 0.5, tile = mask < tiles;
    vec3 x = ortho ? frame.base_x.xyz : frame.dir_x.xyz, y = ortho ? frame.base_y.xyz : frame.dir_y.xyz;
    vec2 low = vec2(mask % across, mask / across) * TILE - 1.0, high = low + TILE + 2.0;
    vec4 left = plane(cross(y, ray_direction(low)), low), right = plane(-cross(y, ray_direction(high)), high);
    vec4 top = plane(cross(ray_direction(low), x), low), bottom = plane(-cross(ray_direction(high), x), high);
    float slice = float(mask) - float(tiles);
    vec3 forward = normalize(cross(x, y));
    float near = slice < 0.5 ? -1e30 : slice_depth(slice - 0.05), far = slice > 126.5 ? 1e30 : slice_depth(slice + 1.05);
    uint bits = 0u;
    for (uint k = 0u; k < 32u && first + k < uint(frame.params.y); k++) {
        vec4 light = uintBitsToFloat(texelFetch(lights, int(first + k) * LIGHT_TEXELS));
        vec3 c = light.xyz;
        float reach = sqrt(light.w) * 1.001 + length(c) * 1e-5, z = dot(c, forward);
        bool in_tile = dot(left, vec4(c, 1.0)) > -reach && dot(right, vec4(c, 1.0)) > -reach
                    && dot(top, vec4(c, 1.0)) > -reach && dot(bottom, vec4(c, 1.0)) > -reach;
        bool in_slice = z + reach > near && z - reach < far;
        if (push.every_light != 0u || (tile ? in_tile : in_slice)) bits |= 1u << k;
    }
    masks.words[at] = bits;
}
