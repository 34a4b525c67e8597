#version 450
#extension GL_GOOGLE_include_directive : require
// A latitude-longitude map as a cube, in the map's own frame: mip 0, which the prefilter reads.
#include "frame.glsl"
layout(set = 0, binding = 1) uniform sampler2D sky_map;
layout(set = 0, binding = 2, rgba16f) uniform writeonly image2DArray cube;
layout(push_constant) uniform Push { uint side; float lod; } push;
layout(local_size_x = 8, local_size_y = 8) in;
#include "cube.glsl"

void main() {
    uvec3 p = gl_GlobalInvocationID;
    if (p.x >= push.side || p.y >= push.side) return;
    vec3 d = cube_direction(p, push.side);
    vec2 uv = vec2(0.5 + atan(d.x, -d.z) / (2.0 * PI), acos(clamp(d.y, -1.0, 1.0)) / PI);
    imageStore(cube, ivec3(p), vec4(min(textureLod(sky_map, uv, push.lod).rgb, vec3(65504.0)), 1.0));
}
