#version 450
#extension GL_GOOGLE_include_directive : require
// The environment as a cube of radiance in its own frame: mip 0, which the prefilter reads.
#include "frame.glsl"
layout(set = 0, binding = 1) uniform sampler2D sky_map;
layout(set = 0, binding = 2, rgba16f) uniform writeonly image2DArray cube;
layout(push_constant) uniform Push { uint side, source, bright; float lod; vec4 zenith, horizon, ground; } push;
layout(local_size_x = 8, local_size_y = 8) in;
#include "cube.glsl"

void main() {
    uvec3 p = gl_GlobalInvocationID;
    if (p.x >= push.side || p.y >= push.side) return;
    vec3 d = cube_direction(p, push.side), c;
    if (push.source == 0u) {
        c = d.y >= 0.0 ? mix(push.horizon.rgb, push.zenith.rgb, pow(clamp(d.y, 0.0, 1.0), 0.45)) : mix(push.horizon.rgb, push.ground.rgb, min(1.0, -d.y * 8.0));
    } else if (push.source == 1u) {
        c = push.zenith.rgb;
    } else {
        c = textureLod(sky_map, vec2(0.5 + atan(d.x, -d.z) / (2.0 * PI), acos(clamp(d.y, -1.0, 1.0)) / PI), push.lod).rgb;
    }
    imageStore(cube, ivec3(p), vec4(min(c, vec3(65504.0)), 1.0));
}
