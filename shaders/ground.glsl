// The planet's own ground, where nothing of the scene covers it: a Lambertian sphere lit by sun, moon and sky. Needs atmosphere.glsl.
layout(set = 0, binding = 34) uniform sampler2D sky_ground; // illuminance by the sky for a sun of 1 lx, by the sine of its height

const float GROUND_LOWEST = -0.32; // sine of the sun's height at the table's first column: -18.7 degrees, the end of twilight
float ground_column(float sine, float columns) { return clamp((sine - GROUND_LOWEST) / (1.0 - GROUND_LOWEST), 0.0, 1.0) * (columns - 1.0); }
float ground_sine(float column, float columns) { return GROUND_LOWEST + (1.0 - GROUND_LOWEST) * column / (columns - 1.0); } // the inverse

vec3 ground_illuminance(vec3 up, vec4 body, bool by_sky) { // for 1 lx above the air; up: from the planet's centre
    float sine = dot(up, body.xyz), columns = float(textureSize(sky_ground, 0).x);
    vec3 e = air_disk_to_space(0.0, sky.planet.x * sine, body.w) * max(sine, 0.0);
    if (by_sky) e += textureLod(sky_ground, vec2((ground_column(sine, columns) + 0.5) / columns, 0.5), 0.0).rgb;
    return e;
}
vec3 ground_radiance(vec3 up, bool by_sky) {
    vec3 e = ground_illuminance(up, sky.sun, by_sky) * sky.sun_light.rgb;
    if (MOON) e += ground_illuminance(up, sky.moon, by_sky) * sky.moon_light.rgb;
    return sky.ground.rgb / PI * e;
}
