#version 450
#extension GL_GOOGLE_include_directive : require
// The air between the camera and points of its view: light that it scatters, and what it lets through. A workgroup goes along one ray, an
// invocation makes one slice after another SLICES farther; what lies before a slice is joined in a tree.
#include "frame.glsl"
#include "atmosphere.glsl"
layout(set = 0, binding = PASS, rgba16f) uniform writeonly image3D light_table;
layout(set = 0, binding = PASS + 1, rgba16f) uniform writeonly image3D transmittance_table;
layout(push_constant) uniform Push { vec4 base_0, base_x, base_y, dir_0, dir_x, dir_y; } push; // ray at uv: km, camera-relative
const int SLICES = 32, STEPS = 2; // of a round; of a slice
layout(local_size_x = 32) in;
shared vec3 lights[SLICES], throughs[SLICES];

void main() {
    ivec3 size = imageSize(light_table);
    ivec2 p = ivec2(gl_WorkGroupID.xy);
    int lane = int(gl_LocalInvocationID.x);
    vec2 uv = vec2(p) / vec2(size.xy - 1);
    vec3 base = push.base_0.xyz + push.base_x.xyz * uv.x + push.base_y.xyz * uv.y;
    vec3 direction = normalize(push.dir_0.xyz + push.dir_x.xyz * uv.x + push.dir_y.xyz * uv.y), origin = air_planet(base * 1e3);
    float h = air_altitude(base * 1e3), b = dot(origin, direction);
    Body sun = air_body(origin, direction, sky.sun, sky.sun_aerial.rgb), moon = air_body(origin, direction, sky.moon, sky.moon_aerial.rgb);
    float top = h < sky.planet.y ? air_to_top(h, b) : 0.0;
    vec3 before = vec3(0.0), before_through = vec3(1.0);
    for (int first = 0; first < size.z; first += SLICES) {
        vec2 k = vec2(first + lane, first + lane + 1) / float(size.z), ends = min(sky.camera.y * k * k, top);
        vec3 light = vec3(0.0), through = vec3(1.0);
        // Rays go on below the ground, through air as at the ground: no edge runs through the table at the horizon.
        for (int i = 0; i < STEPS; i++) {
            Path path = Path(h, b, mix(ends.x, ends.y, float(i) / float(STEPS)), mix(ends.x, ends.y, float(i + 1) / float(STEPS)), false);
            air_march(path, sun, moon, MOON, 0, 1, 1, light, through);
        }
        barrier();
        lights[lane] = light, throughs[lane] = through;
        for (int reach = 1; reach < SLICES; reach *= 2) { // Hillis & Steele 1986
            barrier();
            vec3 l = lights[lane], t = throughs[lane];
            if (lane >= reach) l = lights[lane - reach] + throughs[lane - reach] * l, t *= throughs[lane - reach];
            barrier();
            lights[lane] = l, throughs[lane] = t;
        }
        light = before + before_through * lights[lane], through = before_through * throughs[lane];
        if (first + lane < size.z) {
            imageStore(light_table, ivec3(p, first + lane), vec4(air_pack(light), 1.0));
            imageStore(transmittance_table, ivec3(p, first + lane), vec4(through, 1.0));
        }
        barrier();
        before += before_through * lights[SLICES - 1], before_through *= throughs[SLICES - 1];
    }
}
