#version 450
#extension GL_GOOGLE_include_directive : require
// Transmittance from a point in the air to its top, by altitude and direction.
#include "frame.glsl"
#include "atmosphere.glsl"
layout(set = 0, binding = PASS, rgba16f) uniform writeonly image2D table;
layout(local_size_x = 8, local_size_y = 8) in;
const int STEPS = 20;

void main() {
    ivec2 p = ivec2(gl_GlobalInvocationID.xy), size = imageSize(table);
    if (any(greaterThanEqual(p, size))) return;
    float h, b;
    air_transmittance_ray(vec2(p) / vec2(size - 1), h, b);
    Path path = Path(h, b, 0.0, air_to_top(h, b), false);
    vec3 depth = vec3(0.0);
    float from = 0.0;
    for (int i = 0; i < STEPS; i++) {
        float to = air_step_at(path, float(i + 1), float(STEPS)), middle = 0.5 * (from + to), reach = (to - from) * 0.28867513; // Gauss
        vec3 a = air_medium(air_altitude_at(h, b, middle - reach)).extinction, c = air_medium(air_altitude_at(h, b, middle + reach)).extinction;
        depth += 0.5 * (a + c) * (to - from);
        from = to;
    }
    imageStore(table, p, vec4(exp(-depth), 1.0));
}
