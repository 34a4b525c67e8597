#version 450
#extension GL_GOOGLE_include_directive : require
// What stands around the point that the sky is captured from: the air above, the lit ground below. Not the sun's disk, nor the
// moon's: those light by themselves. In nit: the sky block is bound with an exposure of 1.
#include "frame.glsl"
#include "atmosphere.glsl"
#include "ground.glsl"
#include "cube.glsl"
layout(set = 0, binding = PASS, rgba32f) uniform writeonly image2DArray sky_cube;
layout(push_constant) uniform Push { uint side, sky_lights_ground; float altitude_km; } push;
layout(local_size_x = 8, local_size_y = 8) in;

void main() {
    uvec3 at = gl_GlobalInvocationID;
    if (any(greaterThanEqual(at.xy, uvec2(push.side)))) return;
    vec3 d = normalize(cube_direction(at.z, cube_uv(at.xy, push.side))), up = vec3(0.0, 1.0, 0.0), through;
    vec3 radiance = d.y < 0.0 ? ground_radiance(up, push.sky_lights_ground != 0u) : sky_march(up * (sky.planet.x + push.altitude_km), d, 1e9, through);
    imageStore(sky_cube, ivec3(at), vec4(radiance, 1.0));
}
