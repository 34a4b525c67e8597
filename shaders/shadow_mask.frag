#version 450
#extension GL_GOOGLE_include_directive : require
#include "frame.glsl"
#include "geometry.glsl"
#include "material.glsl"
layout(location = 0) flat in uint v_draw;
layout(location = 1) in vec4 v_uv;
layout(location = 2) in float v_alpha;

void main() {
    float cutoff;
    vec4 duv = vec4(dFdx(v_uv.xy), dFdy(v_uv.xy));
    if (material_alpha(fetch_draw(v_draw).material, v_uv, duv, duv, v_alpha, cutoff) < cutoff) discard;
}
