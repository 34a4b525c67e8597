#version 450
#extension GL_GOOGLE_include_directive : require
// Radiance of the air all around the camera, for 1 lx of the sun or the moon. LANES invocations share a ray: a few thousand rays alone
// would leave a large device waiting for their textures.
#include "frame.glsl"
#include "atmosphere.glsl"
layout(set = 0, binding = PASS, rgba16f) uniform writeonly image2D table;
layout(push_constant) uniform Push { uint second; } push; // 1: of the moon, in the lower half
const int LANES = 8, TEXELS = 8;
layout(local_size_x = 8, local_size_y = 8) in;
shared vec3 lights[LANES * TEXELS], throughs[LANES * TEXELS];

void main() {
    ivec2 size = imageSize(table);
    if (MOON) size.y /= 2;
    int lane = int(gl_LocalInvocationID.x), at = int(gl_LocalInvocationIndex), half_rows = size.y / 2;
    ivec2 p = ivec2(gl_WorkGroupID.x * TEXELS + gl_LocalInvocationID.y, gl_WorkGroupID.y);
    vec2 axis = push.second == 1u ? sky.elevation.zw : sky.elevation.xy; // the light, at azimuth 0
    float radius = push.second == 1u ? sky.moon.w : sky.sun.w;
    vec2 horizon = sky_view_horizon();
    bool below = p.y >= half_rows;
    float u = float(p.x) / float(size.x - 1), v = float(below ? p.y - half_rows : p.y) / float(half_rows - 1);
    float zenith = below ? horizon.x + min(v * v, 1.0) * horizon.y : horizon.x * (1.0 - (1.0 - v) * (1.0 - v)), c = 1.0 - 2.0 * u * u;
    float h = sky.camera.x, r = sky.planet.x + h, mu = cos(zenith), across = sin(zenith);
    Path path = Path(h, r * mu, 0.0, 0.0, below);
    path.end = below ? air_to_ground(h, min(path.b, -sqrt(air_over_ground(h)))) : air_to_top(h, path.b); // whatever rounding says at the horizon
    Body light = air_body(vec3(0.0, r, 0.0), vec3(across * c, mu, across * sqrt(max(1.0 - c * c, 0.0))), vec4(axis, 0.0, radius), vec3(1.0));
    vec3 sum = vec3(0.0), through = vec3(1.0);
    const int EACH = SKY_STEPS / LANES;
    air_march(path, light, light, false, lane * EACH, (lane + 1) * EACH, SKY_STEPS, sum, through);
    lights[at] = sum, throughs[at] = through;
    barrier();
    if (lane != 0 || p.x >= size.x) return;
    for (int i = 1; i < LANES; i++) sum += through * lights[at + i], through *= throughs[at + i];
    imageStore(table, ivec2(p.x, p.y + (push.second == 1u ? size.y : 0)), vec4(air_pack(sum), 1.0));
}
