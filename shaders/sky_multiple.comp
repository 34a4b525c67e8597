#version 450
#extension GL_GOOGLE_include_directive : require
// Light that was scattered more than once, by altitude and the light's elevation: Hillaire 2020, section 5.5. A workgroup makes one texel,
// an invocation one direction of the sphere; sums are made in a fixed order.
#include "frame.glsl"
#include "atmosphere.glsl"
layout(set = 0, binding = PASS, rgba16f) uniform writeonly image2D table;
const uint DIRECTIONS = 64u;
layout(local_size_x = 64) in;
const int STEPS = 20;
shared vec3 second[DIRECTIONS], again[DIRECTIONS];

void main() {
    ivec2 p = ivec2(gl_WorkGroupID.xy), size = imageSize(table);
    uint lane = gl_LocalInvocationID.x;
    float h, mu_light;
    air_multiple_point(vec2(p) / vec2(size - 1), h, mu_light);
    // Fibonacci points, dense about the horizon, where the light of dusk comes from: y goes with the square of an even s, and a direction
    // counts by dy / ds.
    float s = 1.0 - (float(lane) + 0.5) * (2.0 / float(DIRECTIONS)), y = s * abs(s), counts = 2.0 * abs(s);
    float turn = 2.0 * PI * fract(float(lane) * 0.61803398875);
    vec3 direction = vec3(sqrt(1.0 - y * y) * cos(turn), y, sqrt(1.0 - y * y) * sin(turn));
    vec3 towards = vec3(sqrt(max(1.0 - mu_light * mu_light, 0.0)), mu_light, 0.0);
    float r = sky.planet.x + h, a = r * mu_light, nu = dot(direction, towards);
    Path path = air_path(h, r * direction.y, 1e9);
    vec3 light = vec3(0.0), scattered = vec3(0.0), through = vec3(1.0); // of the sun; of light 1 from everywhere
    for (int i = 0; i < STEPS; i++) {
        float from = air_step_at(path, float(i), float(STEPS)), to = air_step_at(path, float(i + 1), float(STEPS)), t = 0.5 * (from + to);
        float ht = air_altitude_at(path.h, path.b, t), rt = sky.planet.x + ht;
        Medium m = air_medium(ht);
        vec3 depth = m.extinction * (to - from), weight = through * (m.rayleigh + m.mie) * air_mean_through(depth) * (to - from);
        light += weight * air_disk_to_space(ht, clamp(a + t * nu, -rt, rt), sky.sun.w) / (4.0 * PI);
        scattered += weight;
        through *= exp(-depth);
    }
    if (path.ground) {
        float mu = (a + path.end * nu) / sky.planet.x;
        light += through * sky.ground.rgb / PI * max(mu, 0.0) * air_disk_to_space(0.0, sky.planet.x * mu, sky.sun.w);
    }
    second[lane] = light * counts, again[lane] = scattered * counts; // 64 of them count 64 in all
    for (uint half_count = DIRECTIONS / 2u; half_count > 0u; half_count /= 2u) {
        barrier();
        if (lane < half_count) second[lane] += second[lane + half_count], again[lane] += again[lane + half_count];
    }
    vec3 left = max(float(DIRECTIONS) - again[0], vec3(0.05)); // thick air that absorbs nothing lets next to nothing go
    if (lane == 0u) imageStore(table, p, vec4(air_pack(second[0] / left), 1.0));
}
