#version 450
#extension GL_GOOGLE_include_directive : require
#include "frame.glsl"
layout(set = 0, binding = 14) uniform sampler2D heights;
layout(location = 0) in vec2 v_grid;
layout(location = 0) out uvec2 seen;
layout(constant_id = 1) const bool HOLES = false;

void main() {
    if (HOLES && texelFetch(heights, clamp(ivec2(v_grid + 0.5), ivec2(0), ivec2(frame.terrain_extent.xy) - 1), 0).g < 0.5) discard;
    seen = uvec2(0x80000000u, 0u);
}
