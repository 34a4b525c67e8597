#version 450
#extension GL_GOOGLE_include_directive : require
// The surface of an area light that the camera sees: a fan around its middle, or a globe of 32 x 16 patches.
#include "frame.glsl"
layout(set = 0, binding = 22) uniform usamplerBuffer lights; // shaders/lights.glsl
layout(push_constant) uniform Push { uint light, corners; } push; // corners: 0 a globe
const int LIGHT_TEXELS = 5;

void main() {
    int at = int(push.light) * LIGHT_TEXELS, i = gl_VertexIndex;
    vec3 centre = uintBitsToFloat(texelFetch(lights, at).xyz);
    vec3 x = uintBitsToFloat(texelFetch(lights, at + 3).xyz), y = uintBitsToFloat(texelFetch(lights, at + 4).xyz), p = vec3(0.0);
    if (push.corners == 0u) { // y.x: its radius
        int quad = i / 6, k = i % 6;
        vec2 angle = vec2(quad % 32, quad / 32) + vec2(k == 1 || k == 2 || k == 4 ? 1.0 : 0.0, k >= 2 && k != 3 ? 1.0 : 0.0);
        angle *= PI / vec2(16.0, 16.0);
        p = y.x * vec3(sin(angle.y) * cos(angle.x), cos(angle.y), sin(angle.y) * sin(angle.x));
    } else if (i % 3 != 0) {
        float angle = 2.0 * PI * float(i / 3 + i % 3 - 1) / float(push.corners);
        float round = push.corners > 4u ? 0.98716531 : 1.0; // its axes are those of 16 corners
        p = round * (x * cos(angle) + y * sin(angle));
    }
    gl_Position = frame.view_proj * vec4(centre + p, 1.0);
}
