// Light on a surface: sun, local lights, environment. Needs frame.glsl and brdf.glsl.
#include "environment.glsl"
#include "lights.glsl"
#include "sun.glsl"
layout(set = 0, binding = 20) uniform sampler2D dfg_table;       // x: view cosine, y: roughness; scale and bias of f0

// Outgoing radiance of a lit surface towards `v` (unit, away from the surface).
vec3 shade(vec3 position, vec3 v, vec3 n, vec4 base, float metallic, float roughness, float occlusion) { // base.w: f0 of a dielectric
    vec3 diffuse = base.rgb * (1.0 - metallic), f0 = mix(vec3(base.w), base.rgb, metallic);
    float nv = clamp(dot(n, v), 1e-3, 1.0);
    vec2 dfg = textureLod(dfg_table, (vec2(nv, roughness) * 63.0 + 0.5) / 64.0, 0.0).xy;
    vec3 single = f0 * dfg.x + grazing(f0) * dfg.y;         // directional albedo of the single-scattering lobe
    float ess = dfg.x + dfg.y;
    vec3 energy = 1.0 + f0 * (1.0 / max(ess, 1e-3) - 1.0);  // for direct light (Turquin 2019)
    vec3 sum = vec3(0.0);
    if (HAS_SUN && dot(n, frame.sun_direction.xyz) > 0.0)
        sum += brdf_direct(n, v, frame.sun_direction.xyz, diffuse, f0, roughness, energy) * sun_light(position) * sun_visibility(position, n);
    if (HAS_LIGHTS) sum += local_lights(Lit(position, n, v, diffuse, f0, energy, single, roughness, nv));
    vec3 irradiance = env_irradiance(n);
    vec3 radiance = textureLod(environment, env_turn(reflect(-v, n)), roughness * frame.params.z).rgb * frame.env_params.w;
    vec3 average = f0 + (grazing(f0) - f0) / 21.0, multiple = single * average * (1.0 - ess) / (1.0 - average * (1.0 - ess));
    vec3 kd = diffuse * (1.0 - single - multiple);
    // Specular occlusion after Lagarde & de Rousiers 2014.
    float so = clamp(pow(nv + occlusion, exp2(-16.0 * roughness - 1.0)) - 1.0 + occlusion, 0.0, 1.0);
    return sum + (kd + multiple) * irradiance * occlusion + single * radiance * so;
}
