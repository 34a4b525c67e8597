// Light on a surface: sun, punctual lights, environment. Needs frame.glsl and brdf.glsl.
layout(set = 0, binding = 17) uniform sampler2D terrain_sun;     // height below which a point of the terrain's plane is in shade
layout(set = 0, binding = 18) uniform sampler2DShadow shadow_map;
layout(set = 0, binding = 19) uniform samplerCube environment;   // mip = perceptual roughness, radiance in nit / factor
layout(set = 0, binding = 20) uniform sampler2D dfg_table;       // x: view cosine, y: roughness; scale and bias of f0
layout(set = 0, binding = 21) uniform sampler2D sky_map;         // latitude-longitude map of the background
layout(set = 0, binding = 22) uniform usamplerBuffer lights;     // 4 texels each

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
vec3 env_irradiance(vec3 n) { // over pi
    vec3 e = frame.sh[0].rgb;
    e += frame.sh[1].rgb * n.y + frame.sh[2].rgb * n.z + frame.sh[3].rgb * n.x;
    e += frame.sh[4].rgb * (n.x * n.y) + frame.sh[5].rgb * (n.y * n.z) + frame.sh[6].rgb * (3.0 * n.z * n.z - 1.0);
    e += frame.sh[7].rgb * (n.x * n.z) + frame.sh[8].rgb * (n.x * n.x - n.y * n.y);
    return max(e, vec3(0.0));
}

// Fraction of the sun that a point sees. Meshes: 2 x 2 filtered taps of the shadow map, which weigh 3 x 3 texels as a tent; terrain: the height of its shadow.
float sun_visibility(vec3 position, vec3 n) {
    float lit = 1.0;
    if (HAS_SHADOW) {
        vec3 p = (frame.shadow_matrix * vec4(position + n * frame.shadow_params.z, 1.0)).xyz;
        if (all(greaterThan(p.xy, vec2(0.0))) && all(lessThan(p.xy, vec2(1.0))) && p.z < 1.0) {
            float sum = 0.0; // p.z below 0: beyond the farthest caster, whose shade reaches there too
            for (int i = 0; i < 4; i++) {
                vec2 tap = vec2(i & 1, i >> 1) - 0.5;
                sum += textureLod(shadow_map, vec3(p.xy + tap * frame.shadow_params.y, max(p.z, 0.0)), 0.0);
            }
            lit = sum * 0.25;
        }
    }
    if (HAS_SHADE) {
        vec3 g = (frame.world_to_terrain * vec4(position, 1.0)).xyz;
        vec2 last = frame.terrain_extent.xy - 1.0;
        if (all(greaterThanEqual(g.xz, vec2(0.0))) && all(lessThanEqual(g.xz, last))) {
            float shade = textureLod(terrain_sun, (g.xz + 0.5) / frame.terrain_extent.xy, 0.0).r;
            float soft = 0.5 * frame.terrain_shade.w; // half a sample's width, in metres of height
            lit *= smoothstep(-soft, soft, g.y - shade);
        }
    }
    return lit;
}

vec3 punctual(vec3 position, vec3 n, vec3 v, vec3 diffuse, vec3 f0, float roughness, vec3 energy) {
    vec3 sum = vec3(0.0);
    for (int i = 0; i < int(frame.params.y); i++) {
        vec4 at = uintBitsToFloat(texelFetch(lights, i * 3)), colour = uintBitsToFloat(texelFetch(lights, i * 3 + 1));
        vec4 axis = uintBitsToFloat(texelFetch(lights, i * 3 + 2));
        vec3 to = at.xyz - position;
        float d2 = max(dot(to, to), 1e-8);
        vec3 l = to * inversesqrt(d2);
        float cone = axis.w <= -2.0 ? 1.0 : smoothstep(axis.w, colour.w, dot(-l, axis.xyz));
        float window = 1.0;
        if (at.w > 0.0) {
            float r2 = d2 / (at.w * at.w), k = clamp(1.0 - r2 * r2, 0.0, 1.0);
            window = k * k;
        }
        if (cone > 0.0) sum += brdf_direct(n, v, l, diffuse, f0, roughness, energy) * colour.rgb * (cone * window / d2);
    }
    return sum;
}

// Outgoing radiance of a lit surface towards `v` (unit, away from the surface).
vec3 shade(vec3 position, vec3 v, vec3 n, vec4 base, float metallic, float roughness, float occlusion) { // base.w: f0 of a dielectric
    vec3 diffuse = base.rgb * (1.0 - metallic), f0 = mix(vec3(base.w), base.rgb, metallic);
    float nv = clamp(dot(n, v), 1e-3, 1.0);
    vec2 dfg = textureLod(dfg_table, (vec2(nv, roughness) * 63.0 + 0.5) / 64.0, 0.0).xy;
    vec3 single = f0 * dfg.x + dfg.y;                       // directional albedo of the single-scattering lobe
    float ess = dfg.x + dfg.y;
    vec3 energy = 1.0 + f0 * (1.0 / max(ess, 1e-3) - 1.0);  // for direct light (Turquin 2019)
    vec3 sum = vec3(0.0);
    if (HAS_SUN && dot(n, frame.sun_direction.xyz) > 0.0)
        sum += brdf_direct(n, v, frame.sun_direction.xyz, diffuse, f0, roughness, energy) * frame.sun_light.rgb * sun_visibility(position, n);
    if (HAS_LIGHTS) sum += punctual(position, n, v, diffuse, f0, roughness, energy);
    vec3 irradiance = env_irradiance(n);
    vec3 radiance = textureLod(environment, env_turn(reflect(-v, n)), roughness * frame.params.z).rgb * frame.env_params.w;
    vec3 average = f0 + (1.0 - f0) / 21.0, multiple = single * average * (1.0 - ess) / (1.0 - average * (1.0 - ess));
    vec3 kd = diffuse * (1.0 - single - multiple);
    // Specular occlusion after Lagarde & de Rousiers 2014.
    float so = clamp(pow(nv + occlusion, exp2(-16.0 * roughness - 1.0)) - 1.0 + occlusion, 0.0, 1.0);
    return sum + (kd + multiple) * irradiance * occlusion + single * radiance * so;
}
