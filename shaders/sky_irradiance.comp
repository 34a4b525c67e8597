#version 450
#extension GL_GOOGLE_include_directive : require
// Diffuse light of the captured sky: for each direction that a surface may face, the cosine-weighted mean of what it sees. Smooth, so
// that few texels hold it to a part in a thousand, which nine spherical harmonics do not: a sky is brightest in a band at the horizon.
#include "cube.glsl"
layout(binding = 0, rgba32f) uniform readonly image2DArray sky; // a mip of the capture
layout(binding = 1, rgba32f) uniform writeonly image2DArray irradiance;
layout(push_constant) uniform Push { uint side, sky_side; } push;
layout(local_size_x = 8, local_size_y = 8) in;

void main() {
    uvec3 at = gl_GlobalInvocationID;
    if (any(greaterThanEqual(at.xy, uvec2(push.side)))) return;
    vec3 n = normalize(cube_direction(at.z, cube_uv(at.xy, push.side)));
    vec4 sum = vec4(0.0);
    for (uint face = 0u; face < 6u; face++)
        for (uint y = 0u; y < push.sky_side; y++)
            for (uint x = 0u; x < push.sky_side; x++) {
                vec3 d = cube_direction(face, cube_uv(uvec2(x, y), push.sky_side));
                float inverse2 = 1.0 / dot(d, d); // cosine times solid angle: both shrink towards a face's corner
                sum += vec4(imageLoad(sky, ivec3(x, y, face)).rgb, 1.0) * (max(dot(n, d), 0.0) * inverse2 * inverse2);
            }
    imageStore(irradiance, ivec3(at), vec4(sum.rgb / sum.a, 1.0));
}
