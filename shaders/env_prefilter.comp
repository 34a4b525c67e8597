#version 450
#extension GL_GOOGLE_include_directive : require
// One mip of the prefiltered environment: GGX importance samples of mip 0 with n = v = r (Karis 2013), each read at the mip that
// its probability covers (Krivanek & Colbert 2008), so that few samples do.
#include "frame.glsl"
layout(set = 0, binding = 1) uniform samplerCube from;
layout(set = 0, binding = 2, rgba16f) uniform writeonly image2DArray cube;
layout(push_constant) uniform Push { uint side, samples; float roughness, base_side; } push;
layout(local_size_x = 8, local_size_y = 8) in;
#include "cube.glsl"

void main() {
    uvec3 p = gl_GlobalInvocationID;
    if (p.x >= push.side || p.y >= push.side) return;
    vec3 n = cube_direction(p, push.side), t = normalize(cross(abs(n.y) < 0.99 ? vec3(0, 1, 0) : vec3(1, 0, 0), n)), b = cross(n, t);
    float a = push.roughness * push.roughness, weight = 0.0;
    vec3 sum = vec3(0.0);
    for (uint i = 0u; i < push.samples; i++) {
        float u = (float(i) + 0.5) / float(push.samples), angle = 2.0 * PI * fract(float(i) * 0.61803398875);
        float c = sqrt((1.0 - u) / (1.0 + (a * a - 1.0) * u)), s = sqrt(max(1.0 - c * c, 0.0));
        vec3 h = t * (s * cos(angle)) + b * (s * sin(angle)) + n * c, l = reflect(-n, h);
        float nl = dot(n, l);
        if (nl <= 0.0) continue;
        float d = c * c * (a * a - 1.0) + 1.0, pdf = a * a / (PI * d * d) * 0.25;
        float texel = 4.0 * PI / (6.0 * push.base_side * push.base_side), cone = 1.0 / (float(push.samples) * pdf + 1e-6);
        sum += textureLod(from, l, max(0.5 * log2(cone / texel) + 1.0, 0.0)).rgb * nl;
        weight += nl;
    }
    imageStore(cube, ivec3(p), vec4(sum / max(weight, 1e-4), 1.0));
}
