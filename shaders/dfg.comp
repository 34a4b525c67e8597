#version 450
#extension GL_GOOGLE_include_directive : require
// Split-sum table: scale and bias of f0 of the GGX lobe (Karis 2013), by view cosine (x) and perceptual roughness (y).
#include "frame.glsl"
#include "brdf.glsl"
layout(set = 0, binding = 1, rgba16f) uniform writeonly image2D table;
layout(local_size_x = 8, local_size_y = 8) in;
const uint SAMPLES = 128u;

void main() {
    ivec2 p = ivec2(gl_GlobalInvocationID.xy), size = imageSize(table);
    if (any(greaterThanEqual(p, size))) return;
    // The outer texels hold 0 and 1 themselves: nothing is cut off when the table is read between texel centres.
    float nv = max(float(p.x) / float(size.x - 1), 1e-3), roughness = float(p.y) / float(size.y - 1);
    float a = max(roughness * roughness, 2e-3);
    vec3 v = vec3(sqrt(1.0 - nv * nv), 0.0, nv);
    vec2 sum = vec2(0.0);
    for (uint i = 0u; i < SAMPLES; i++) {
        float u = (float(i) + 0.5) / float(SAMPLES), angle = 2.0 * PI * fract(float(i) * 0.61803398875);
        float c = sqrt((1.0 - u) / (1.0 + (a * a - 1.0) * u)), s = sqrt(max(1.0 - c * c, 0.0));
        vec3 h = vec3(s * cos(angle), s * sin(angle), c), l = reflect(-v, h);
        if (l.z <= 0.0) continue;
        float vh = max(dot(v, h), 0.0), g = smith_visibility(l.z, nv, a) * 4.0 * l.z * vh / max(c, 1e-4), f = pow(1.0 - vh, 5.0);
        sum += g * vec2(1.0 - f, f);
    }
    imageStore(table, p, vec4(sum / float(SAMPLES), 0.0, 1.0));
}
