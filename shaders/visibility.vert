#version 450
#extension GL_GOOGLE_include_directive : require
#include "frame.glsl"
#include "geometry.glsl"
layout(location = 0) in vec3 position;
layout(push_constant) uniform Push { uint draw; } push;
layout(location = 0) flat out uint v_draw;
#ifdef WITH_UV // for visibility_mask.frag
layout(location = 1) in vec2 uv;
layout(location = 2) in vec4 colour;
layout(location = 1) out vec4 v_uv;
layout(location = 2) out float v_alpha;
#endif

void main() {
    Draw d = fetch_draw(push.draw);
    gl_Position = frame.view_proj * vec4(draw_point(d, position), 1.0);
    v_draw = push.draw;
#ifdef WITH_UV
    v_uv = vec4(uv, fetch_uv1(d, uint(gl_VertexIndex) - d.vertex_offset, uv));
    v_alpha = colour.a;
#endif
}
