#version 450
#extension GL_GOOGLE_include_directive : require
// Table of shaders/ground.glsl: what arrives of the sky's light on level ground, for a sun of 1 lx at each height. A workgroup makes a
// column, an invocation one direction; they part the hemisphere so that solid angle times cosine is the same for each. Sums are made in
// a fixed order.
#include "frame.glsl"
#include "atmosphere.glsl"
#include "ground.glsl"
layout(set = 0, binding = PASS, rgba32f) uniform writeonly image2D table;
const uint RINGS = 16u, TURNS = 8u; // the other half of the turn mirrors this one
layout(local_size_x = 128) in;
shared vec3 partial[RINGS * TURNS];

void main() {
    uint me = gl_LocalInvocationIndex;
    float sine = ground_sine(float(gl_WorkGroupID.x), float(gl_NumWorkGroups.x));
    float s2 = (float(me / TURNS) + 0.5) / float(RINGS), turn = PI * (float(me % TURNS) + 0.5) / float(TURNS);
    vec3 direction = vec3(sqrt(s2) * cos(turn), sqrt(1.0 - s2), sqrt(s2) * sin(turn)), light = vec3(0.0), through = vec3(1.0);
    vec4 towards = vec4(sqrt(max(1.0 - sine * sine, 0.0)), sine, 0.0, sky.sun.w);
    Body sun = air_body(vec3(0.0, sky.planet.x, 0.0), direction, towards, vec3(1.0));
    air_march(air_path(0.0, sky.planet.x * direction.y, 1e9), sun, sun, false, 0, SKY_STEPS, SKY_STEPS, light, through);
    partial[me] = light;
    for (uint rest = RINGS * TURNS / 2u; rest > 0u; rest /= 2u) {
        barrier();
        if (me < rest) partial[me] += partial[me + rest];
    }
    if (me == 0u) imageStore(table, ivec2(gl_WorkGroupID.x, 0), vec4(partial[0] * (PI / float(RINGS * TURNS)), 1.0));
}
