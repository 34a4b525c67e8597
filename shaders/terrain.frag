#version 450
#extension GL_GOOGLE_include_directive : require
#include "frame.glsl"
layout(set = 0, binding = 14) uniform sampler2D heights;
layout(location = 0) in vec2 v_grid;
layout(location = 0) out uvec2 seen;
layout(constant_id = 1) const bool HOLES = false;

// Share of measured samples around a point: a hole ends half way between a measured sample and a missing one.
float measured(vec2 at) {
    ivec2 last = ivec2(frame.terrain_extent.xy) - 1, i = clamp(ivec2(at), ivec2(0), last), j = min(i + 1, last);
    vec2 f = clamp(at - vec2(i), 0.0, 1.0);
    float a = texelFetch(heights, i, 0).g, b = texelFetch(heights, ivec2(j.x, i.y), 0).g;
    float c = texelFetch(heights, ivec2(i.x, j.y), 0).g, d = texelFetch(heights, j, 0).g;
    return mix(mix(a, b, f.x), mix(c, d, f.x), f.y);
}

void main() {
    if (HOLES && measured(v_grid) < 0.5) discard;
    seen = uvec2(0x80000000u, 0u);
}
