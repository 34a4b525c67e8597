#version 450
#extension GL_GOOGLE_include_directive : require
#include "frame.glsl"
#include "geometry.glsl"
layout(location = 0) in vec3 position;
layout(push_constant) uniform Push { mat4 light; uint draw; } push; // model to the light's clip space
#ifdef WITH_UV // for shadow_mask.frag
layout(location = 1) in vec2 uv;
layout(location = 2) in vec4 colour;
layout(location = 0) flat out uint v_draw;
layout(location = 1) out vec4 v_uv;
layout(location = 2) out float v_alpha;
#endif

void main() {
    gl_Position = push.light * vec4(position, 1.0);
#ifdef WITH_UV
    v_draw = push.draw;
    v_uv = vec4(uv, uv);
    v_alpha = colour.a;
#endif
}
