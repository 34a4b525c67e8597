#version 450
#extension GL_GOOGLE_include_directive : require
// One mip of the captured sky as glossy surfaces mirror it: GGX importance samples with n = v = r (Karis 2013), each read at the mip
// that its probability covers (Krivanek & Colbert 2008). The same lobe, samples and mips as filter_rows of engine/render/environment.c.
#include "cube.glsl"
layout(binding = 0) uniform samplerCube sky; // as captured, box-filtered
layout(binding = 1, rgba32f) uniform writeonly image2DArray filtered;
layout(push_constant) uniform Push { uint side; float roughness, finest, levels; } push; // finest: side of the sky's mip 0
layout(local_size_x = 8, local_size_y = 8) in;
const float PI = 3.14159265358979;
const int SAMPLES = 32;

vec3 mirrored(vec3 n) {
    float a2 = pow(push.roughness, 4.0), texel = 4.0 * PI / (6.0 * push.finest * push.finest), weight = 0.0;
    vec3 t = normalize(cross(abs(n.y) < 0.99 ? vec3(0.0, 1.0, 0.0) : vec3(1.0, 0.0, 0.0), n)), b = cross(n, t), sum = vec3(0.0);
    for (int i = 0; i < SAMPLES; i++) {
        float u = (float(i) + 0.5) / float(SAMPLES), phi = 2.0 * PI * fract(float(i) * 0.61803398875);
        float c = sqrt((1.0 - u) / (1.0 + (a2 - 1.0) * u)), s = sqrt(max(1.0 - c * c, 0.0)), nl = 2.0 * c * c - 1.0;
        if (nl <= 0.0) continue;
        float d = c * c * (a2 - 1.0) + 1.0, pdf = a2 / (PI * d * d) * 0.25;
        float level = clamp(0.5 * log2(1.0 / (float(SAMPLES) * pdf + 1e-6) / texel) + 1.0, 0.0, push.levels - 1.0);
        vec3 h = t * (s * cos(phi)) + b * (s * sin(phi)) + n * c;
        sum += textureLod(sky, 2.0 * c * h - n, floor(level + 0.5)).rgb * nl;
        weight += nl;
    }
    return sum / weight;
}

void main() {
    uvec3 at = gl_GlobalInvocationID;
    if (any(greaterThanEqual(at.xy, uvec2(push.side)))) return;
    vec3 n = normalize(cube_direction(at.z, cube_uv(at.xy, push.side)));
    imageStore(filtered, ivec3(at), vec4(push.roughness > 0.0 ? mirrored(n) : textureLod(sky, n, 0.0).rgb, 1.0));
}
