// Light from all around and what is seen behind everything. Needs frame.glsl.
layout(set = 0, binding = 19) uniform samplerCube environment;   // mip = perceptual roughness, radiance in nit / factor
layout(set = 0, binding = 30) uniform samplerCube sky_light;     // of the captured sky: irradiance over pi, in nit
layout(set = 0, binding = 21) uniform sampler2D sky_map;         // latitude-longitude map of the background

vec3 env_turn(vec3 d) { // world to map
    return vec3(frame.env_params.y * d.x + frame.env_params.z * d.z, d.y, -frame.env_params.z * d.x + frame.env_params.y * d.z);
}
vec3 env_gradient(vec3 d) {
    float up = clamp(d.y, -1.0, 1.0);
    return up >= 0.0 ? mix(frame.env_horizon.rgb, frame.env_zenith.rgb, pow(up, 0.45))
                     : mix(frame.env_horizon.rgb, frame.env_ground.rgb, min(1.0, -up * 8.0));
}
vec3 background(vec3 d) {
    if (frame.background.w < 0.5) return frame.background.rgb;
    if (SKY_GRADIENT) return env_gradient(d);
    if (!SKY_MAP) return frame.env_zenith.rgb;
    vec3 m = env_turn(d);
    vec2 uv = vec2(0.5 + atan(m.x, -m.z) / (2.0 * PI), acos(clamp(m.y, -1.0, 1.0)) / PI);
    return textureLod(sky_map, uv, 0.0).rgb * frame.env_params.w;
}
vec3 env_irradiance(vec3 normal) { // over pi
    if (SKY_LIGHT) return textureLod(sky_light, normal, 0.0).rgb * frame.env_params.w;
    vec3 n = env_turn(normal);
    vec3 e = frame.sh[0].rgb;
    e += frame.sh[1].rgb * n.y + frame.sh[2].rgb * n.z + frame.sh[3].rgb * n.x;
    e += frame.sh[4].rgb * (n.x * n.y) + frame.sh[5].rgb * (n.y * n.z) + frame.sh[6].rgb * (3.0 * n.z * n.z - 1.0);
    e += frame.sh[7].rgb * (n.x * n.z) + frame.sh[8].rgb * (n.x * n.x - n.y * n.y);
    return max(e, vec3(0.0));
}
