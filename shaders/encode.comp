#version 450
// The one sRGB encode (IEC 61966-2-1), rounded to the stored width and packed for readback.
layout(set = 0, binding = 0) uniform sampler2D ldr;
layout(set = 0, binding = 1, std430) writeonly buffer Packed { uint words[]; } packed;
layout(push_constant) uniform Push { uvec2 size; uint wide; } push;
layout(local_size_x = 16, local_size_y = 16) in;

vec3 encode(vec3 c) {
    c = clamp(c, 0.0, 1.0);
    return mix(12.92 * c, 1.055 * pow(max(c, vec3(1e-8)), vec3(1.0 / 2.4)) - 0.055, greaterThan(c, vec3(0.0031308)));
}

void encode_at(uvec2 p) {
    if (any(greaterThanEqual(p, push.size))) return;
    vec3 c = encode(texelFetch(ldr, ivec2(p), 0).rgb);
    uint at = p.y * push.size.x + p.x;
    if (push.wide != 0u) {
        uvec3 q = uvec3(c * 65535.0 + 0.5);
        packed.words[at * 2u] = q.r | q.g << 16u;
        packed.words[at * 2u + 1u] = q.b | 0xffff0000u;
    } else {
        uvec3 q = uvec3(c * 255.0 + 0.5);
        packed.words[at] = q.r | q.g << 8u | q.b << 16u | 0xff000000u;
    }
}

// Four pixels a thread: launching a thread for each would take longer on large devices than its twelve bytes do.
void main() {
    uvec2 p = gl_WorkGroupID.xy * 32u + gl_LocalInvocationID.xy;
    for (uint k = 0u; k < 4u; k++) encode_at(p + uvec2(k & 1u, k >> 1u) * 16u);
}
