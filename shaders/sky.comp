#version 450
#extension GL_GOOGLE_include_directive : require
// Where nothing of the scene is seen: the air, the planet's ground, the sun's and the moon's disk, stars. Everywhere else: the air
// between camera and surface.
#include "frame.glsl"
#include "atmosphere.glsl"
#include "ground.glsl"
#include "celestial.glsl"
layout(set = 0, binding = PASS) uniform sampler2D in_depth;
layout(set = 0, binding = PASS + 1, rgba16f) uniform image2D hdr;
layout(local_size_x = 8, local_size_y = 8) in;

vec3 sky_behind(vec2 pixel, vec3 d) {
    float h = sky.camera.x, b = (sky.planet.x + h) * d.y;
    bool ground = air_hits_ground(h, b);
    float distance_km = ground ? air_to_ground(h, b) : 1e9;
    vec3 origin = air_planet(vec3(0.0)), light, through;
    if (ABOVE_AIR) {
        light = sky_march(origin, d, distance_km, through);
    } else {
        light = sky_view(d);
        // To the ground: what lets light out from there, less what lets it out from here, looking back.
        through = ground ? air_to_space(0.0, -(b + distance_km)) / max(air_to_space(h, -b), vec3(1e-9)) : air_to_space(h, b);
    }
    return light + through * (ground ? ground_radiance(normalize(origin + d * distance_km), true) : celestial(pixel, d));
}

void main() {
    ivec2 p = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(p, ivec2(frame.size.xy)))) return;
    vec2 pixel = vec2(p) + 0.5;
    vec3 dir = ray_direction(pixel);
    float depth = texelFetch(in_depth, p, 0).r;
    vec4 seen = imageLoad(hdr, p);
    if (depth >= NO_DEPTH) {
        if (frame.background.w > 0.5) seen.rgb = sky_behind(pixel, normalize(dir));
    } else if (AERIAL) {
        vec3 air, through;
        aerial(pixel / vec2(frame.size.xy), length(dir * depth), air, through);
        seen.rgb = seen.rgb * through + air;
    }
    imageStore(hdr, p, vec4(min(seen.rgb, vec3(65504.0)), seen.a));
}
