// What stands behind the air: sun, moon and stars, before the air weakens them. Needs frame.glsl.
layout(push_constant) uniform Celestial {
    vec4 sun;          // towards it; w: angular radius, radians, 0: not seen
    vec4 sun_radiance; // mean over the disk, pre-exposed
    vec4 moon;         // the same
    vec4 moon_light;   // from where the sun shines on it; w: its radiance where both angles of Lommel and Seeliger are alike
    vec4 exposure;     // x
} celestial_bodies;

// Limb darkening: radiance goes with mu^alpha, alpha(wavelength) = -0.023 + 0.292 um / wavelength (Hestroffer & Magnan 1998,
// "Wavelength dependency of the Solar limb darkening") at 680, 550 and 440 nm. Over the disk mu^alpha has the mean 2 / (alpha + 2).
const vec3 LIMB = vec3(0.406, 0.508, 0.641);
vec3 sun_limb(float mu) { return pow(vec3(mu), LIMB) * (0.5 * LIMB + 1.0); }

// The moon after Lommel and Seeliger, who describe dark dusty ground: mu0 / (mu0 + mu), twice that as a full moon is then even.
float moon_face(vec3 offset, float mu) { // of the sphere's point that stands `offset` radii from the disk's middle
    vec3 n = offset - celestial_bodies.moon.xyz * mu;
    float mu0 = max(dot(n, celestial_bodies.moon_light.xyz), 0.0);
    return 2.0 * mu0 / max(mu0 + mu, 1e-4);
}

#ifdef WITH_STARS
// Stars that the eye sees: as many as the Bright Star Catalogue lists up to magnitude 6.5 (9 096, Hoffleit & Warren 1991), with
// its counts, which grow by 10^0.506 per magnitude. Magnitude m is 10^(-0.4 (m + 13.98)) lx (Allen, Astrophysical Quantities).
const float STAR_CELLS = 42.0; // a face's side; at most one star in each
uint star_hash(uint x) { // Wellons 2018, "lowbias32"
    x ^= x >> 16u, x *= 0x7feb352du, x ^= x >> 15u, x *= 0x846ca68bu;
    return x ^ x >> 16u;
}
float star_random(inout uint state) { return float((state = star_hash(state + 0x9e3779b9u)) >> 8u) / 16777216.0; }

// Illuminance over the solid angle of a pixel, spread as a cone whose foot is two pixels wide.
vec3 stars(vec3 d, float pixel_rad) {
    vec3 a = abs(d);
    float most = max(a.x, max(a.y, a.z));
    uint face = most == a.x ? (d.x > 0.0 ? 0u : 1u) : most == a.y ? (d.y > 0.0 ? 2u : 3u) : d.z > 0.0 ? 4u : 5u;
    vec2 across = (face < 2u ? d.yz : face < 4u ? d.zx : d.xy) / most;
    vec2 even = (atan(across) * (4.0 / PI) * 0.5 + 0.5) * STAR_CELLS, cell = min(floor(even), STAR_CELLS - 1.0);
    uint state = face * 65536u + uint(cell.y) * 256u + uint(cell.x);
    // Stays a margin away from the cell's edge, so that its pixels lie in the cell.
    const float MARGIN = 0.2;
    vec2 at = cell + MARGIN + (1.0 - 2.0 * MARGIN) * vec2(star_random(state), star_random(state));
    vec2 t = tan((at / STAR_CELLS * 2.0 - 1.0) * (PI / 4.0));
    float stretch = (1.0 + t.x * t.x) * (1.0 + t.y * t.y) * pow(1.0 + dot(t, t), -1.5); // solid angle of the cell, over the largest
    if (star_random(state) > stretch) return vec3(0.0);
    float side = d[face >> 1u] > 0.0 ? 1.0 : -1.0;
    vec3 star = normalize(face < 2u ? vec3(side, t.x, t.y) : face < 4u ? vec3(t.y, side, t.x) : vec3(t.x, t.y, side));
    float magnitude = max(6.5 + log2(max(star_random(state), 1e-6)) / (0.506 * log2(10.0)), -1.46);
    float foot = min(pixel_rad, MARGIN * PI / (2.0 * STAR_CELLS)), off = distance(star, d) / foot;
    return vec3(max(1.0 - off, 0.0) * 3.0 / (PI * foot * foot) * exp2(-0.4 * log2(10.0) * (magnitude + 13.98)) * celestial_bodies.exposure.x);
}
#endif

// Disks are sampled 8 x 8 times a pixel; one with a radius below 1.25 pixels is drawn as large, and dimmer.
vec3 celestial(vec2 pixel, vec3 d) {
    float pixel_rad = max(length(frame.dir_x.xyz) / length(ray_direction(pixel)), 1e-7);
#ifdef WITH_STARS
    vec3 sum = stars(d, pixel_rad);
#else
    vec3 sum = vec3(0.0);
#endif
    float sun_r = max(celestial_bodies.sun.w, 1.25 * pixel_rad), moon_r = max(celestial_bodies.moon.w, 1.25 * pixel_rad);
    bool sun_near = celestial_bodies.sun.w > 0.0 && distance(d, celestial_bodies.sun.xyz) < sun_r + pixel_rad;
    bool moon_near = MOON && celestial_bodies.moon.w > 0.0 && distance(d, celestial_bodies.moon.xyz) < moon_r + pixel_rad;
    if (!sun_near && !moon_near) return sum;
    float sun_dim = celestial_bodies.sun.w / sun_r, moon_dim = celestial_bodies.moon.w / moon_r, hidden = 0.0;
    vec3 disks = vec3(0.0);
    for (int i = 0; i < 64; i++) {
        vec3 at = normalize(ray_direction(pixel + (vec2(i & 7, i >> 3) - 3.5) * 0.125));
        vec3 from_sun = (at - celestial_bodies.sun.xyz) / sun_r, from_moon = (at - celestial_bodies.moon.xyz) / moon_r;
        float sun2 = dot(from_sun, from_sun), moon2 = dot(from_moon, from_moon);
        if (moon_near && moon2 < 1.0) {
            disks += celestial_bodies.moon_light.w * moon_dim * moon_dim * moon_face(from_moon, sqrt(1.0 - moon2));
            hidden += 1.0 / 64.0;
        } else if (sun_near && sun2 < 1.0) {
            disks += celestial_bodies.sun_radiance.rgb * (sun_dim * sun_dim) * sun_limb(sqrt(1.0 - sun2));
        }
    }
    return sum * (1.0 - hidden) + disks / 64.0;
}
