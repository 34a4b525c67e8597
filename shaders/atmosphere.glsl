// Air around a planet, and the light that it scatters. Needs frame.glsl. Hillaire 2020, "A Scalable and Production Ready Sky and
// Atmosphere Rendering Technique"; coordinates of the transmittance table: Bruneton & Neyret 2008, "Precomputed Atmospheric Scattering".
//
// Lengths in km. h: altitude above the ground; r: distance from the planet's centre; b: r x cosine between a direction and up.
// The planet's centre lies straight below the camera. Altitudes are carried as such, and differences of squares as products: squares of
// a planet's radius take all bits that a float has. Below the ground is as at the ground.
layout(set = 0, binding = 24, std140) uniform SkyBlock { // orr_sky_block of engine/render/atmosphere.h
    vec4 rayleigh;               // scattering per km at the ground; w: 1 / height in which it falls by e
    vec4 mie;                    // the same of aerosols, turbidity in it
    vec4 mie_extinction;         // scattering and absorption of aerosols; w: mean cosine of their scattering
    vec4 ozone;                  // absorption per km at its peak; w: height of the peak
    vec4 ground;                 // albedo; w: 1 / distance from the peak at which there is no ozone
    vec4 planet;                 // radius, height of the air, distance to its top along the ground, 1: light scattered more than once counts
    vec4 camera;                 // altitude, range of the aerial tables, 1: it stands above the air
    vec4 sun, moon;              // towards them; w: angular radius
    vec4 elevation;              // cosine and sine of the sun's, of the moon's: all that the sky table knows of where they stand
    vec4 sun_light, moon_light;  // illuminance above the air x colour x exposure
    vec4 sun_aerial, moon_aerial; // their light in the aerial table: the larger is 1; w of the first: what 1 is, pre-exposed
} sky;
layout(set = 0, binding = 25) uniform sampler2D air_transmittance_table; // to the top of the air
layout(set = 0, binding = 26) uniform sampler2D air_multiple_table;      // light of all orders after the first, per lx
layout(set = 0, binding = 27) uniform sampler2D sky_view_table;          // of the sun; below it of the moon
layout(set = 0, binding = 28) uniform sampler3D aerial_light_table;
layout(set = 0, binding = 29) uniform sampler3D aerial_transmittance_table;

const int SKY_STEPS = 32;

// Tables hold the square root of light, per lx: along limb and dusk it falls as an exponential, which texels then follow better, and a
// half float holds the aureole of noon and the end of dusk alike: 256 to 1e-15.
const float AIR_STORED = 16777216.0;
vec3 air_pack(vec3 light) { return sqrt(min(light, vec3(255.0)) * AIR_STORED); }
vec3 air_unpack(vec3 stored) { return stored * stored / AIR_STORED; }

// --- the air -----------------------------------------------------------------------------------------------------------------------
struct Medium {
    vec3 rayleigh, mie, extinction; // per km
};
Medium air_medium(float h) {
    h = max(h, 0.0);
    float molecules = exp(-h * sky.rayleigh.w), aerosols = exp(-h * sky.mie.w), ozone = max(1.0 - abs(h - sky.ozone.w) * sky.ground.w, 0.0);
    return Medium(sky.rayleigh.rgb * molecules, sky.mie.rgb * aerosols,
                  sky.rayleigh.rgb * molecules + sky.mie_extinction.rgb * aerosols + sky.ozone.rgb * ozone);
}
float phase_rayleigh(float c) { return 3.0 / (16.0 * PI) * (1.0 + c * c); }
float phase_mie(float c) { // Cornette & Shanks 1992
    float g = sky.mie_extinction.w, g2 = g * g, d = 1.0 + g2 - 2.0 * g * c;
    return 3.0 / (8.0 * PI) * (1.0 - g2) * (1.0 + c * c) / ((2.0 + g2) * d * sqrt(d));
}

// --- rays through it ---------------------------------------------------------------------------------------------------------------
float air_over_ground(float h) { return h * (2.0 * sky.planet.x + h); }                               // r^2 - radius^2
float air_under_top(float h) { return (sky.planet.y - h) * (2.0 * sky.planet.x + sky.planet.y + h); } // top^2 - r^2
float air_altitude_at(float h, float b, float t) { // at distance t along a ray
    float q = air_over_ground(h) + t * (t + 2.0 * b);
    return max(q / (sky.planet.x + sqrt(max(sky.planet.x * sky.planet.x + q, 0.0))), 0.0);
}
float air_to_top(float h, float b) { // from inside
    float c = max(air_under_top(h), 0.0), root = sqrt(b * b + c);
    return b > 0.0 ? c / (b + root) : root - b;
}
bool air_hits_ground(float h, float b) { return b < 0.0 && b * b >= air_over_ground(h); }
float air_to_ground(float h, float b) { return air_over_ground(h) / max(-b + sqrt(max(b * b - air_over_ground(h), 0.0)), 1e-6); } // where it hits

struct Path { // the part of a ray that lies in the air
    float h, b, begin, end; // altitude and b at the ray's origin; distances from there
    bool ground;            // whether it ends there
};
Path air_path(float h, float b, float far) {
    Path path = Path(h, b, 0.0, 0.0, false);
    if (h > sky.planet.y) {
        float above = -air_under_top(h), left = b * b - above;
        if (b >= 0.0 || left <= 0.0) return path;
        path.begin = above / (-b + sqrt(left)), path.end = -b + sqrt(left);
    } else {
        path.end = air_to_top(h, b);
    }
    path.ground = air_hits_ground(h, b) && air_to_ground(h, b) <= far;
    path.end = max(min(path.ground ? air_to_ground(h, b) : path.end, far), path.begin);
    return path;
}
// Where step i of `count` begins: they are short where the ray is lowest, and grow with the square root of the distance from there.
float air_step_at(Path path, float i, float count) {
    float lowest = clamp(-path.b, path.begin, path.end);
    float s = mix(-sqrt(lowest - path.begin), sqrt(path.end - lowest), i / count);
    return lowest + s * abs(s);
}
vec3 air_mean_through(vec3 x) { // (1 - exp(-x)) / x: of the light made evenly along a step of optical depth x, what leaves it
    return mix((1.0 - exp(-x)) / max(x, 1e-2), 1.0 - x * (0.5 - x / 6.0), lessThan(x, vec3(0.03)));
}

// --- tables of the air alone -------------------------------------------------------------------------------------------------------
vec2 air_table_uv(vec2 x, vec2 size) { return (clamp(x, 0.0, 1.0) * (size - 1.0) + 0.5) / size; } // the outer texels hold 0 and 1 themselves

vec2 air_transmittance_coordinates(float h, float b) {
    float rho = sqrt(air_over_ground(h)), least = sky.planet.y - h, most = rho + sky.planet.z;
    return vec2((air_to_top(h, b) - least) / (most - least), rho / sky.planet.z);
}
void air_transmittance_ray(vec2 x, out float h, out float b) { // the inverse
    float rho = x.y * sky.planet.z;
    h = min(rho * rho / (sky.planet.x + sqrt(sky.planet.x * sky.planet.x + rho * rho)), sky.planet.y);
    float least = sky.planet.y - h, d = mix(least, rho + sky.planet.z, x.x), c = max(air_under_top(h), 0.0);
    b = d > 0.0 ? (c - d * d) / (2.0 * d) : 0.0;
}
// To the top of the air, as if there were no ground.
vec3 air_to_space(float h, float b) {
    if (h > sky.planet.y) {
        float above = -air_under_top(h), left = b * b - above;
        if (b >= 0.0 || left <= 0.0) return vec3(1.0);
        h = sky.planet.y, b = -sqrt(left);
    }
    return textureLod(air_transmittance_table, air_table_uv(air_transmittance_coordinates(h, b), vec2(textureSize(air_transmittance_table, 0))), 0.0).rgb;
}
vec3 air_transmittance_at(float h, float b) { return air_hits_ground(h, b) ? vec3(0.0) : air_to_space(h, b); }
vec3 air_transmittance(float r, float mu) { return air_transmittance_at(max(r - sky.planet.x, 0.0), max(r, sky.planet.x) * mu); }
// The same of a disk in the sky: the ground hides a part of it, and the rest is seen where its middle is.
vec3 air_disk_to_space(float h, float b, float angular_radius) {
    float horizon = -sqrt(air_over_ground(h)), a = max(angular_radius, 1e-5);
    float above = (b - horizon) / sky.planet.x; // angle, small where it matters
    if (above >= a) return air_to_space(h, b);
    if (above <= -a) return vec3(0.0);
    float x = above / a, part = 0.5 + (x * sqrt(1.0 - x * x) + asin(x)) / PI; // of a circle, beyond a chord
    return part * air_to_space(h, horizon + 0.5 * (above + a) * sky.planet.x);
}
vec2 air_multiple_coordinates(float h, float mu) { return vec2(0.5 + 0.5 * sign(mu) * sqrt(abs(mu)), sqrt(clamp(h / sky.planet.y, 0.0, 1.0))); }
void air_multiple_point(vec2 x, out float h, out float mu) { // the inverse
    float s = 2.0 * x.x - 1.0;
    h = x.y * x.y * sky.planet.y, mu = s * abs(s);
}
vec3 air_multiple(float h, float mu) {
    vec2 x = air_multiple_coordinates(h, mu);
    return air_unpack(textureLod(air_multiple_table, air_table_uv(x, vec2(textureSize(air_multiple_table, 0))), 0.0).rgb);
}

// --- marching ----------------------------------------------------------------------------------------------------------------------
struct Body { // a light in the sky, as seen along a ray
    float a, nu, radius; // planet's centre to the ray's origin along its direction; cosine between it and the ray; angular radius
    vec2 phase;          // of molecules, of aerosols
    vec3 light;          // illuminance above the air, in any scale
};
Body air_body(vec3 origin, vec3 direction, vec4 towards, vec3 light) { // origin: from the planet's centre
    float nu = dot(direction, towards.xyz);
    return Body(dot(origin, towards.xyz), nu, towards.w, vec2(phase_rayleigh(nu), phase_mie(nu)), light);
}
vec3 air_source(Medium m, float h, float t, Body body) { // radiance per km towards the ray's origin
    float r = sky.planet.x + h, mu = clamp((body.a + t * body.nu) / r, -1.0, 1.0);
    vec3 s = air_disk_to_space(h, r * mu, body.radius) * (m.rayleigh * body.phase.x + m.mie * body.phase.y);
    if (sky.planet.w > 0.5) s += air_multiple(h, mu) * (m.rayleigh + m.mie);
    return s * body.light;
}
// Goes on by steps first..last-1 of `count`.
void air_march(Path path, Body sun, Body moon, bool with_moon, int first, int last, int count, inout vec3 light, inout vec3 transmittance) {
    float from = air_step_at(path, float(first), float(count));
    for (int i = first; i < last; i++) {
        float to = air_step_at(path, float(i + 1), float(count)), t = 0.5 * (from + to), length = max(to - from, 0.0);
        float h = air_altitude_at(path.h, path.b, t);
        Medium m = air_medium(h);
        vec3 source = air_source(m, h, t, sun), depth = m.extinction * length;
        if (with_moon) source += air_source(m, h, t, moon);
        light += transmittance * source * air_mean_through(depth) * length;
        transmittance *= exp(-depth);
        from = to;
    }
}

// --- what passes ask ---------------------------------------------------------------------------------------------------------------
// Camera-relative world positions in metres.
float air_altitude(vec3 position) {
    vec3 p = position * 1e-3;
    float r = sky.planet.x + sky.camera.x, q = dot(p, p) + 2.0 * r * p.y; // r^2 there - r^2 here
    return max(sky.camera.x + q / (r + sqrt(max(r * r + q, 0.0))), 0.0);
}
float air_radius(vec3 position) { return sky.planet.x + air_altitude(position); }
vec3 air_planet(vec3 position) { return position * 1e-3 + vec3(0.0, sky.planet.x + sky.camera.x, 0.0); } // from the planet's centre, km
// Of a disk of light in the sky: smooth as it sets.
vec3 air_disk_transmittance(vec3 position, vec3 towards, float angular_radius) {
    float h = air_altitude(position);
    return air_disk_to_space(h, dot(air_planet(position), towards), angular_radius);
}
vec3 air_sun_transmittance(vec3 position) { return air_disk_transmittance(position, sky.sun.xyz, sky.sun.w); }
vec3 air_moon_transmittance(vec3 position) { return air_disk_transmittance(position, sky.moon.xyz, sky.moon.w); }

// Pre-exposed radiance of the air from a point (km, from the planet's centre) until `end_km`, the ground or space. No ground, no disk.
vec3 sky_march(vec3 origin_km, vec3 direction, float end_km, out vec3 transmittance) {
    float h = max(length(origin_km) - sky.planet.x, 0.0);
    Path path = air_path(h, dot(origin_km, direction), end_km);
    Body sun = air_body(origin_km, direction, sky.sun, sky.sun_light.rgb), moon = air_body(origin_km, direction, sky.moon, sky.moon_light.rgb);
    vec3 light = vec3(0.0);
    transmittance = vec3(1.0);
    air_march(path, sun, moon, MOON, 0, SKY_STEPS, SKY_STEPS, light, transmittance);
    return light;
}

// The sky table: zenith angles relative to the horizon, dense there, above and below it apart; azimuths from the light, one side.
vec2 sky_view_horizon() { // angles from the zenith to it, and on to the nadir
    float below = atan(sqrt(air_over_ground(sky.camera.x)), sky.planet.x);
    return vec2(0.5 * PI + below, 0.5 * PI - below);
}
vec2 sky_view_axis(vec3 body) { return dot(body.xz, body.xz) > 1e-8 ? normalize(body.xz) : vec2(1.0, 0.0); } // where azimuths count from
vec3 sky_view_lookup(vec3 direction, vec3 body, bool second) {
    vec2 size = vec2(textureSize(sky_view_table, 0)), across = direction.xz, horizon = sky_view_horizon();
    if (MOON) size.y *= 0.5;
    float flat_length = length(across), half_rows = floor(size.y * 0.5), zenith = atan(flat_length, direction.y);
    float c = flat_length > 1e-6 ? dot(across / flat_length, sky_view_axis(body)) : 1.0, u = sqrt(clamp(0.5 - 0.5 * c, 0.0, 1.0));
    float v = zenith <= horizon.x ? 1.0 - sqrt(max(1.0 - zenith / horizon.x, 0.0)) : sqrt(min((zenith - horizon.x) / horizon.y, 1.0));
    vec2 texel = vec2(u * (size.x - 1.0), v * (half_rows - 1.0)) + 0.5;
    if (zenith > horizon.x) texel.y += half_rows;
    if (second) texel.y += size.y;
    return air_unpack(textureLod(sky_view_table, texel / vec2(textureSize(sky_view_table, 0)), 0.0).rgb);
}
// Pre-exposed radiance of the air from the camera until the ground or space, in a unit direction. No ground, no disk.
vec3 sky_view(vec3 direction) {
    if (ABOVE_AIR) {
        vec3 transmittance;
        return sky_march(air_planet(vec3(0.0)), direction, 1e9, transmittance);
    }
    vec3 light = sky_view_lookup(direction, sky.sun.xyz, false) * sky.sun_light.rgb;
    if (MOON) light += sky_view_lookup(direction, sky.moon.xyz, true) * sky.moon_light.rgb;
    return light;
}

// Pre-exposed light and transmittance of the air between the camera and what it sees at uv (0..1) in that distance along the ray.
// Beyond the tables' range, and from above the air, the way is marched.
void aerial(vec2 uv, float distance_m, out vec3 light, out vec3 transmittance) {
    float size = float(textureSize(aerial_light_table, 0).z), d = distance_m * 1e-3, range = sky.camera.y;
    vec3 direction = normalize(ray_direction(uv * vec2(frame.size.xy))), origin = air_planet(ray_base(uv * vec2(frame.size.xy)));
    light = vec3(0.0), transmittance = vec3(1.0);
    if (!ABOVE_AIR) {
        float slice = sqrt(min(d / range, 1.0)) * size, near = min(slice * slice, 1.0); // slice k ends at range ((k + 1) / size)^2
        vec3 at = vec3((uv * (size - 1.0) + 0.5) / size, (max(slice, 1.0) - 0.5) / size);
        light = air_unpack(textureLod(aerial_light_table, at, 0.0).rgb) * (near * sky.sun_aerial.w);
        transmittance = mix(vec3(1.0), textureLod(aerial_transmittance_table, at, 0.0).rgb, near);
        if (!BEYOND_AERIAL || d <= range) return;
        origin += direction * range, d -= range;
    }
    vec3 further, through;
    further = sky_march(origin, direction, d, through);
    light += transmittance * further, transmittance *= through;
}
