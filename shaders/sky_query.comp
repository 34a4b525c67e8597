#version 450
#extension GL_GOOGLE_include_directive : require
// Answers about the sky from where the camera stands, through the tables and functions that a frame uses: orr_sky_query.
#include "frame.glsl"
#include "atmosphere.glsl"
layout(set = 0, binding = PASS) uniform samplerBuffer directions;
layout(set = 0, binding = PASS + 1, std430) writeonly buffer Answers { vec4 answers[]; };
layout(push_constant) uniform Push { uint count, ask; } push; // ask: orr_sky_ask
layout(local_size_x = 64) in;

void main() {
    uint i = gl_GlobalInvocationID.x;
    if (i >= push.count) return;
    vec3 direction = texelFetch(directions, int(i)).xyz, answer, transmittance;
    if (push.ask == 0u) answer = air_transmittance_at(sky.camera.x, (sky.planet.x + sky.camera.x) * direction.y);
    else if (push.ask == 1u) answer = sky_view(direction);
    else if (push.ask == 2u) answer = sky_march(air_planet(vec3(0.0)), direction, 1e9, transmittance);
    else answer = sky_march(air_planet(vec3(0.0)), normalize(direction), length(direction), transmittance);
    answers[i] = vec4(answer, 1.0);
}
