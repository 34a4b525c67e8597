#version 450
#extension GL_GOOGLE_include_directive : require
#include "frame.glsl"
#include "geometry.glsl"
layout(location = 0) in vec3 position;
layout(push_constant) uniform Push { uint draw; } push;
layout(location = 0) flat out uint v_draw;
layout(location = 1) out vec4 v_uv;
layout(location = 2) out vec4 v_colour;
layout(location = 3) out vec3 v_position;
layout(location = 4) out vec3 v_normal;
layout(location = 5) out vec4 v_tangent;

void main() {
    Draw d = fetch_draw(push.draw);
    Vertex v = fetch_vertex(uint(gl_VertexIndex));
    v_position = draw_point(d, position);
    gl_Position = frame.view_proj * vec4(v_position, 1.0);
    v_draw = push.draw;
    v_uv = vec4(v.uv0, fetch_uv1(d, uint(gl_VertexIndex) - d.vertex_offset, v.uv0));
    v_colour = v.colour;
    v_normal = draw_normal(d, v.normal);
    v_tangent = vec4(draw_direction(d, v.tangent.xyz), v.tangent.w * (d.mirrored ? -1.0 : 1.0));
}
