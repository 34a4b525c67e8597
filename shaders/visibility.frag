#version 450
layout(location = 0) flat in uint v_draw;
layout(location = 0) out uvec2 seen; // draw + 1, triangle

void main() { seen = uvec2(v_draw + 1u, uint(gl_PrimitiveID)); }
