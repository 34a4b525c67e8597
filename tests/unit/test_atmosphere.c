/* The air's tables on the device, under validation: against numbers of a brute-force integration that shares
 * no code with ours (tests/reference), for what holds whatever the air, and for when they are made. */
#include "render_support.h"

#include "render/renderer_private.h"
#include "render/sky_query.h"

static const double deg = 3.14159265358979323846 / 180.0;

/* The earth's air with a sun; the camera in that altitude. */
static orr_pose place(double altitude_km, double sun_elevation_deg) {
    orr_error err = {0};
    orr_pose pose = {.has_atmosphere = true, .has_sun = true, .camera.position_m = {0, altitude_km * 1e3, 0}};
    OK(orr_params_init(orr_node_table(ORR_NODE_ATMOSPHERE), &pose.atmosphere, &err));
    OK(orr_params_init(orr_node_table(ORR_NODE_SUN), &pose.sun, &err));
    pose.sun.at = ORR_SUN_SPACE, pose.sun.illuminance_lx = 133312.0;
    pose.sun_direction[0] = cos(sun_elevation_deg * deg),
    pose.sun_direction[1] = sin(sun_elevation_deg * deg);
    return pose;
}

static void towards(double elevation_deg, double azimuth_deg, float out[3]) {
    double across = cos(elevation_deg * deg);
    out[0] = (float)(across * cos(azimuth_deg * deg)), out[1] = (float)sin(elevation_deg * deg);
    out[2] = (float)(across * sin(azimuth_deg * deg));
}

static void ask_one(const orr_pose *pose, orr_sky_ask ask, double elevation_deg, double azimuth_deg,
                    float rgb[3]) {
    orr_error err = {0};
    float direction[1][3];
    towards(elevation_deg, azimuth_deg, direction[0]);
    OK(orr_sky_query(g.renderer, pose, ask, (const float(*)[3])direction, 1, (float(*)[3])rgb, &err));
}

/* --- against the reference -------------------------------------------------------------------------------
 */

static FILE *reference(const char *path) {
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    return file;
}

static void test_transmittance(void **state) {
    (void)state;
    if (!g.renderer) skip();
    FILE *file = reference("tests/reference/atmosphere_transmittance.csv");
    char line[256];
    int rows = 0;
    double worst = 0.0, worst_low = 0.0; /* of what is allowed */
    while (fgets(line, sizeof line, file)) {
        double altitude, elevation, expected[3];
        float got[3];
        if (sscanf(line, "%lf,%lf,%lf,%lf,%lf", &altitude, &elevation, &expected[0], &expected[1],
                   &expected[2]) != 5)
            continue; /* comments, the head */
        orr_pose pose = place(altitude, 90);
        ask_one(&pose, ORR_SKY_ASK_TRANSMITTANCE, elevation, 0, got);
        for (int c = 0; c < 3; c++) {
            double off = fabs((double)got[c] - expected[c]), part = off / expected[c],
                   allowed = elevation >= 2.0 ? 0.01 : 0.03, *into = elevation >= 2.0 ? &worst : &worst_low;
            if (off <= 1e-3 && part > allowed) part = 0.0; /* the absolute bar holds */
            *into = fmax(*into, part);
        }
        rows++;
    }
    (void)fclose(file);
    print_message("transmittance: %d rows, worst deviation %.3f %%, below 2 deg %.3f %%\n", rows, worst * 100,
                  worst_low * 100);
    assert_int_equal(rows, 19);
    assert_true(worst <= 0.01 && worst_low <= 0.03);
}

static void test_single_scattering(void **state) {
    (void)state;
    if (!g.renderer) skip();
    FILE *file = reference("tests/reference/atmosphere_single_scattering.csv");
    char line[256];
    int rows = 0;
    double worst[2] = {0.0, 0.0}; /* through the table, marched */
    while (fgets(line, sizeof line, file)) {
        double altitude, sun, view, azimuth, expected[3];
        float got[3];
        if (sscanf(line, "%lf,%lf,%lf,%lf,%lf,%lf,%lf", &altitude, &sun, &view, &azimuth, &expected[0],
                   &expected[1], &expected[2]) != 7)
            continue;
        orr_pose pose = place(altitude, sun);
        pose.atmosphere.multiple_scattering = false;
        for (int way = 0; way < 2; way++) {
            ask_one(&pose, way ? ORR_SKY_ASK_MARCHED : ORR_SKY_ASK_LUMINANCE, view, azimuth, got);
            for (int c = 0; c < 3; c++)
                worst[way] = fmax(worst[way], fabs((double)got[c] / expected[c] - 1.0));
        }
        rows++;
    }
    (void)fclose(file);
    print_message("single scattering: %d rows, worst deviation %.3f %% through the table, %.3f %% marched\n",
                  rows, worst[0] * 100, worst[1] * 100);
    assert_int_equal(rows, 32);
    assert_true(worst[0] <= 0.03 && worst[1] <= 0.03);
}

/* --- whatever the air ------------------------------------------------------------------------------------
 */

static void test_linear(void **state) {
    (void)state;
    if (!g.renderer) skip();
    static const double suns[] = {-12, -3, 5, 60};
    double worst = 0.0;
    for (int s = 0; s < 4; s++)
        for (int view = 0; view <= 90; view += 15) {
            float one[3], many[3];
            orr_pose pose = place(0.5, suns[s]);
            pose.sun.illuminance_lx = 1.0;
            ask_one(&pose, ORR_SKY_ASK_LUMINANCE, view, 40, one);
            pose.sun.illuminance_lx = 133312.0;
            ask_one(&pose, ORR_SKY_ASK_LUMINANCE, view, 40, many);
            for (int c = 0; c < 3; c++) {
                assert_true(one[c] > 0.0f);
                worst = fmax(worst, fabs((double)many[c] / ((double)one[c] * 133312.0) - 1.0));
            }
        }
    print_message("linear in the sun's illuminance: worst deviation %.2g %%\n", worst * 100);
    assert_true(worst <= 0.001);
}

enum { AZIMUTHS = 9, VIEWS = 49, MOST_DIRECTIONS = AZIMUTHS * VIEWS + 64 };

/* All around, and dense about the horizon that the camera sees. */
static uint32_t all_around(double altitude_km, float directions[MOST_DIRECTIONS][3]) {
    uint32_t n = 0;
    double dip = acos(6360.0 / (6360.0 + altitude_km)) / deg;
    for (int v = 0; v < VIEWS; v++)
        for (int a = 0; a < AZIMUTHS; a++)
            towards(-90 + 180.0 * v / (VIEWS - 1), 180.0 * a / (AZIMUTHS - 1), directions[n++]);
    for (int k = 0; k < 16; k++)
        for (int a = 0; a < 4; a++)
            towards(-dip + (k % 2 ? 1 : -1) * pow(10.0, -k / 2.5), 60 * a, directions[n++]);
    return n;
}

static void test_finite(void **state) {
    (void)state;
    if (!g.renderer) skip();
    static const double altitudes[] = {0, 0.002, 2, 12, 60, 99.99, 100, 100.01, 400, 2000};
    static const double suns[] = {-18, -12, -6, -2, -0.3, 0, 0.3, 6, 30, 90};
    float directions[MOST_DIRECTIONS][3], rgb[MOST_DIRECTIONS][3];
    orr_error err = {0};
    double brightest = 0.0;
    uint64_t count = 0;
    for (size_t h = 0; h < sizeof altitudes / sizeof altitudes[0]; h++) {
        uint32_t n = all_around(altitudes[h], directions);
        for (size_t s = 0; s < sizeof suns / sizeof suns[0]; s++) {
            orr_pose pose = place(altitudes[h], suns[s]);
            for (orr_sky_ask ask = ORR_SKY_ASK_TRANSMITTANCE; ask <= ORR_SKY_ASK_MARCHED; ask++) {
                OK(orr_sky_query(g.renderer, &pose, ask, (const float(*)[3])directions, n, rgb, &err));
                for (uint32_t i = 0; i < n; i++)
                    for (int c = 0; c < 3; c++) {
                        assert_true(isfinite(rgb[i][c]) && rgb[i][c] >= 0.0f);
                        brightest = fmax(brightest, (double)rgb[i][c]);
                        assert_true(ask != ORR_SKY_ASK_TRANSMITTANCE || rgb[i][c] <= 1.0f);
                    }
                count += n;
            }
        }
    }
    print_message("%llu answers, all finite; the brightest %.4g nit\n", (unsigned long long)count, brightest);
    assert_true(brightest < 133312.0);
}

/* The same of air at the ends of its rows: as thick as can be and white, none at all, on a small planet. */
static void test_extreme_air(void **state) {
    (void)state;
    if (!g.renderer) skip();
    static const double suns[] = {-18, 0, 90}, altitudes[] = {0, 40, 3000};
    float directions[MOST_DIRECTIONS][3], rgb[MOST_DIRECTIONS][3];
    orr_error err = {0};
    for (int kind = 0; kind < 3; kind++)
        for (int h = 0; h < 3; h++)
            for (int s = 0; s < 3; s++) {
                orr_pose pose = place(altitudes[h], suns[s]);
                orr_atmosphere_props *air = &pose.atmosphere;
                for (int c = 0; c < 3; c++) {
                    if (kind < 2) air->mie_absorption_per_km[c] = air->ozone_absorption_per_km[c] = 0.0f;
                    if (kind < 2) air->mie_scattering_per_km[c] = kind ? 0.0f : 10.0f;
                    if (kind < 2) air->rayleigh_scattering_per_km[c] = kind ? 0.0f : 10.0f;
                    air->ground_albedo[c] = 1.0f;
                }
                air->turbidity = kind ? 1.0 : 64.0, air->mie_g = kind ? 0.8 : 0.95;
                if (kind == 2) air->planet_radius_km = 100.0, air->height_km = 2000.0;
                uint32_t n = all_around(altitudes[h], directions);
                for (orr_sky_ask ask = ORR_SKY_ASK_TRANSMITTANCE; ask <= ORR_SKY_ASK_MARCHED; ask++) {
                    OK(orr_sky_query(g.renderer, &pose, ask, (const float(*)[3])directions, n, rgb, &err));
                    for (uint32_t i = 0; i < n; i++)
                        for (int c = 0; c < 3; c++) assert_true(isfinite(rgb[i][c]) && rgb[i][c] >= 0.0f);
                }
            }
}

/* The table and marching are two ways to one thing. */
static void test_ways_agree(void **state) {
    (void)state;
    if (!g.renderer) skip();
    static const double altitudes[] = {0.002, 2, 12, 60}, suns[] = {-6, 0.3, 6, 30, 80};
    float directions[MOST_DIRECTIONS][3], rgb[2][MOST_DIRECTIONS][3];
    orr_error err = {0};
    double worst = 0.0;
    for (int h = 0; h < 4; h++) {
        uint32_t n = all_around(altitudes[h], directions);
        for (int s = 0; s < 5; s++) {
            orr_pose pose = place(altitudes[h], suns[s]);
            double brightest = 0.0;
            for (int way = 0; way < 2; way++)
                OK(orr_sky_query(g.renderer, &pose, way ? ORR_SKY_ASK_MARCHED : ORR_SKY_ASK_LUMINANCE,
                                 (const float(*)[3])directions, n, rgb[way], &err));
            for (uint32_t i = 0; i < n; i++)
                for (int c = 0; c < 3; c++) brightest = fmax(brightest, (double)rgb[1][i][c]);
            for (uint32_t i = 0; i < AZIMUTHS * VIEWS; i++)
                for (int c = 0; c < 3; c++) {
                    double marched = (double)rgb[1][i][c];
                    worst = fmax(worst, fabs((double)rgb[0][i][c] - marched) / (marched + 0.01 * brightest));
                }
        }
    }
    print_message("table against marching: worst deviation %.2f %%\n", worst * 100);
    assert_true(worst <= 0.03);
}

/* --- frames ----------------------------------------------------------------------------------------------
 */

/* Frame n renders what `at(n)` says of one moving thing after the other. */
static const char moving[] =
    "local function since(n, v) return function(t) return t > n - 0.5 and v or 0 end end\n"
    "scene:atmosphere{ turbidity = function(t) return 1 + since(6, 1)(t) end }\n"
    "scene:sun{ elevation_deg = function(t) return 20 + since(5, 1)(t) end, azimuth_deg = since(4, 10) }\n"
    "scene:environment{ source = 'constant', luminance_nit = 1000 }\n"
    "card{ paint = chalk(0.5) }\n"
    "local camera = scene:camera{ position_m = function(t) return since(2, 500)(t), 2, 0 end, rotation_deg = "
    "function(t) return 0, since(3, 5)(t), 0 end }\n"
    "return show(camera, { fps = 1, frames = 8, modules = { exposure = { mode = 'manual', ev = %d } } })";

static void expect_made(const uint32_t before[ORR_SKY_TABLE_COUNT], const uint32_t more[ORR_SKY_TABLE_COUNT],
                        int line) {
    for (orr_sky_table table = 0; table < ORR_SKY_TABLE_COUNT; table++)
        if (g.renderer->sky_tables.made[table] - before[table] != more[table])
            fail_msg("line %d: '%s' was made %u times, not %u", line, orr_sky_table_name(table),
                     g.renderer->sky_tables.made[table] - before[table], more[table]);
}
#define FRAME_MAKES(frame_, ev, ...)                                                                         \
    do {                                                                                                     \
        uint32_t before[ORR_SKY_TABLE_COUNT];                                                                \
        int64_t frame = frame_;                                                                              \
        shot made;                                                                                           \
        memcpy(before, g.renderer->sky_tables.made, sizeof before);                                          \
        render_frames(TEXT(moving, ev), &frame, 1, true, &made);                                             \
        forget(&made);                                                                                       \
        expect_made(before, (const uint32_t[ORR_SKY_TABLE_COUNT])__VA_ARGS__, __LINE__);                     \
    } while (0)

static void test_made_when_changed(void **state) {
    (void)state;
    if (!g.renderer) skip();
    orr_sky_free(g.renderer);
    FRAME_MAKES(0, 14, {1, 1, 1, 1});
    FRAME_MAKES(0, 14, {0, 0, 0, 0});
    FRAME_MAKES(1, 14, {0, 0, 0, 0}); /* nothing moved */
    FRAME_MAKES(1, 10, {0, 0, 0, 0}); /* the exposure is in no table */
    FRAME_MAKES(2, 14, {0, 0, 0, 0}); /* the camera, level */
    FRAME_MAKES(3, 14, {0, 0, 0, 1}); /* the camera turned */
    FRAME_MAKES(4, 14, {0, 0, 0, 1}); /* the sun, level: the sky turns with it */
    FRAME_MAKES(5, 14, {0, 0, 1, 1}); /* the sun rose */
    FRAME_MAKES(6, 14, {1, 1, 1, 1}); /* other air */
    FRAME_MAKES(7, 14, {0, 0, 0, 0});
}

/* A frame after others is the frame alone, though they leave it their tables. */
static void test_frame_alone(void **state) {
    (void)state;
    if (!g.renderer) skip();
    static const char text[] =
        "scene:atmosphere{} scene:sun{ elevation_deg = 12, azimuth_deg = function(t) return 37.3 * t end }\n"
        "scene:moon{ elevation_deg = 30, azimuth_deg = function(t) return 200 - 11.1 * t end }\n"
        "card{ paint = chalk(0.5) }\n"
        "return show(scene:camera{ position_m = {0, 50, 0}, vfov_deg = 90 }, { fps = 1, frames = 8 })";
    static const int64_t all[] = {0, 1, 2, 3, 4, 5, 6, 7};
    shot shots[8], alone;
    render_frames(text, all, 8, false, shots);
    for (int i = 7; i > 4; i--) {
        orr_sky_free(g.renderer);
        render_frames(text, &all[i], 1, false, &alone);
        assert_memory_equal(alone.hdr, shots[i].hdr, sizeof(float) * 4 * W * H);
        forget(&alone);
    }
    for (int i = 0; i < 8; i++) forget(&shots[i]);
}

/* A table of the last frame, as floats; the caller frees it. */
static float *read_table(uint32_t image, uint64_t *count) {
    orr_error err = {0};
    orr_gpu *gpu = g.renderer->gpu;
    orr_gpu_texture texture = g.renderer->sky_tables.images[image].texture;
    orr_gpu_buffer_params params = {
        .label = "table", .size_bytes = orr_gpu_texture_bytes(gpu, texture), .memory = ORR_MEMORY_READBACK};
    orr_gpu_buffer buffer;
    orr_cmd *cmd;
    uint64_t value;
    OK(orr_gpu_buffer_create(gpu, &params, &buffer, &err));
    OK(orr_cmd_begin(gpu, "table", &cmd, &err));
    orr_cmd_copy_to_buffer(cmd, texture, 0, 0, buffer, 0);
    OK(orr_gpu_submit(gpu, &cmd, &value, &err));
    OK(orr_gpu_wait(gpu, value, UINT64_MAX, &err));
    const uint16_t *halves = orr_gpu_buffer_map(gpu, buffer);
    *count = params.size_bytes / sizeof *halves;
    float *out = malloc(*count * sizeof *out);
    assert_non_null(out);
    for (uint64_t i = 0; i < *count; i++) out[i] = orr_f16_to_f32(halves[i]);
    orr_gpu_buffer_destroy(gpu, &buffer);
    return out;
}

/* Frames from the ground to far above the air, sun and moon high and low: their tables and pictures hold
 * numbers alone. */
static void test_frames_finite(void **state) {
    (void)state;
    if (!g.renderer) skip();
    static const double altitudes_m[] = {-50, 0, 1.7, 3e3, 6e4, 2e5, 2e6}, suns[] = {-18, -4, 0, 3, 90};
    for (size_t h = 0; h < sizeof altitudes_m / sizeof altitudes_m[0]; h++)
        for (size_t s = 0; s < sizeof suns / sizeof suns[0]; s++) {
            const char *text = TEXT(
                "scene:atmosphere{ aerial_size = 40 } scene:sun{ elevation_deg = %g } "
                "scene:moon{ elevation_deg = %g, azimuth_deg = 200 }\n"
                "scene:environment{ source = 'constant', luminance_nit = 1 } card{ paint = chalk(0.5) }\n"
                "return show(scene:camera{ position_m = {0, %g, 0}, rotation_deg = {-20, 30, 0}, vfov_deg = "
                "90 })",
                suns[s], 30 - suns[s], altitudes_m[h]);
            shot picture;
            int64_t frame = 0;
            render_frames(text, &frame, 1, false, &picture);
            for (uint32_t i = 0; i < picture.width * picture.height * 4; i++)
                assert_true(isfinite(picture.hdr[i]) && picture.hdr[i] >= 0.0f);
            forget(&picture);
            bool above = altitudes_m[h] > 1e5;
            for (uint32_t image = 0; image < (above ? 2u : 5u); image++) {
                uint64_t count;
                float *table = read_table(image, &count);
                for (uint64_t i = 0; i < count; i++)
                    if (!isfinite(table[i]) || table[i] < 0.0f || table[i] >= 65504.0f)
                        fail_msg("image %u, %g m, sun %g: value %llu is %g", image, altitudes_m[h], suns[s],
                                 (unsigned long long)i, (double)table[i]);
                free(table);
            }
        }
}

/* A black wall's pixel is the air before it: through the aerial tables, and beyond their range by marching
 * on. */
static const char wall_ahead[] =
    "scene:atmosphere{} scene:sun{ elevation_deg = %g, azimuth_deg = 30, casts_shadow = false }\n"
    "scene:environment{ source = 'constant', luminance_nit = 0 }\n"
    "scene:mesh{ shape = orrery.plane{ width_m = %g, depth_m = %g }, position_m = {0, %g, -%g}, rotation_deg "
    "= "
    "{90, 0, 0}, material = scene:material{ base_colour = {0, 0, 0}, roughness = 1, ior = 1 } }\n"
    "return show(scene:camera{ position_m = {0, %g, 0}, vfov_deg = 40 })";
enum { PROBES = 25 };

/* The worst deviation over pixels all over the picture, of a wall `m` ahead. */
static double wall_deviation(double height_m, double m, double sun_deg) {
    orr_error err = {0};
    shot picture = render(TEXT(wall_ahead, sun_deg, 4 * m, 4 * m, height_m, m, height_m));
    orr_pose pose = place(height_m * 1e-3, 0);
    double across = cos(sun_deg * deg), half = tan(20 * deg), brightest = 0.0, worst = 0.0;
    pose.sun_direction[0] = across * sin(30 * deg), pose.sun_direction[1] = sin(sun_deg * deg);
    pose.sun_direction[2] = -across * cos(30 * deg);
    float to[PROBES][3], rgb[PROBES][3];
    uint32_t pixels[PROBES][2];
    for (int i = 0; i < PROBES; i++) {
        pixels[i][0] = 6 + (uint32_t)(12.75 * (i % 5)), pixels[i][1] = 4 + (uint32_t)(6.75 * (i / 5));
        to[i][0] = (float)(1e-3 * m * half * W / H * ((pixels[i][0] + 0.5) * 2 / W - 1));
        to[i][1] = (float)(1e-3 * m * half * (1 - (pixels[i][1] + 0.5) * 2 / H)),
        to[i][2] = (float)(-1e-3 * m);
    }
    OK(orr_sky_query(g.renderer, &pose, ORR_SKY_ASK_UNTIL, (const float(*)[3])to, PROBES, rgb, &err));
    for (int i = 0; i < PROBES; i++) brightest = fmax(brightest, (double)rgb[i][2]);
    for (int i = 0; i < PROBES; i++) {
        if (height_m + 1e3 * (double)to[i][1] < 0.0) continue; /* into the ground, where marching ends */
        for (uint32_t c = 0; c < 3; c++) {
            double got = (double)picture.hdr[(pixels[i][1] * picture.width + pixels[i][0]) * 4 + c],
                   marched = (double)rgb[i][c];
            worst = fmax(worst, fabs(got - marched) / (marched + 0.01 * brightest));
        }
    }
    forget(&picture);
    return worst;
}

static void test_air_before_a_wall(void **state) {
    (void)state;
    if (!g.renderer) skip();
    static const double distances_m[] = {1, 20, 100, 400, 2e3, 1e4, 6e4, 1.2e5, 2e5};
    static const double heights_m[] = {2, 3000, 40000}, suns[] = {1, 40};
    double worst = 0.0;
    for (int s = 0; s < 2; s++)
        for (int h = 0; h < 3; h++)
            for (size_t d = 0; d < sizeof distances_m / sizeof distances_m[0]; d++) {
                double off = wall_deviation(heights_m[h], distances_m[d], suns[s]);
                if (off > worst)
                    print_message("  %g m, from %g m, sun at %g deg: %.2f %%\n", distances_m[d], heights_m[h],
                                  suns[s], off * 100);
                worst = fmax(worst, off);
            }
    print_message("air before a wall: worst deviation from marching %.2f %%\n", worst * 100);
    assert_true(worst <= 0.03);
}

/* A card that faces the sun, in its light alone: what comes through the air, and half of it where half of the
 * disk has set. */
static void test_sun_on_a_card(void **state) {
    (void)state;
    static const char text[] =
        "card{ paint = chalk(1) } scene:atmosphere{ aerial_perspective = false } scene:sun{ elevation_deg = "
        "%g, illuminance_lx = "
        "1000, at = '%s' } scene:environment{ source = 'constant', luminance_nit = 0 } return "
        "show(above(10))";
    if (!g.renderer) skip();
    static const double elevations[] = {90, 30, 5, 2};
    for (int i = 0; i < 4; i++) {
        float rgb[3];
        orr_pose pose = place(0, 90);
        ask_one(&pose, ORR_SKY_ASK_TRANSMITTANCE, elevations[i], 0, rgb);
        double through = 0.2126 * (double)rgb[0] + 0.7152 * (double)rgb[1] + 0.0722 * (double)rgb[2],
               along = sin(elevations[i] * deg);
        WITHIN(middle_of(TEXT(text, elevations[i], "space")), 1000 / pi * along * (double)rgb[1],
               0.01); /* green */
        WITHIN(middle_of(TEXT(text, elevations[i], "ground")), 1000 / pi * along * (double)rgb[1] / through,
               0.01);
    }
    /* Level with the ground the cosine is 0: a wall tells of the disk. */
    static const char wall[] =
        "scene:mesh{ shape = orrery.box{ size_m = 2 }, material = scene:material(chalk(1)) } "
        "scene:atmosphere{ aerial_perspective = false } "
        "scene:sun{ elevation_deg = %g, azimuth_deg = 180, at = 'space' } scene:environment{ source = "
        "'constant', "
        "luminance_nit = 0 } return show(scene:camera{ position_m = {0, 0, 10}, vfov_deg = 5 })";
    double last = 1e9, steps[9], largest = 0.0;
    for (int i = 0; i <= 8; i++) { /* down to a disk's breadth below the horizon */
        steps[i] = middle_of(TEXT(wall, 0.2725 * (4 - i) / 3.0));
        assert_true(steps[i] <= last);
        if (i) largest = fmax(largest, (last - steps[i]) / steps[0]);
        last = steps[i];
    }
    print_message("sunset on a wall:");
    for (int i = 0; i <= 8; i++) print_message(" %.4g", steps[i]);
    print_message("\n");
    assert_true(steps[0] > 0.0 && steps[4] > 0.0 && steps[8] == 0.0 && largest < 0.35);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transmittance),
        cmocka_unit_test(test_single_scattering),
        cmocka_unit_test(test_linear),
        cmocka_unit_test(test_finite),
        cmocka_unit_test(test_ways_agree),
        cmocka_unit_test(test_extreme_air),
        cmocka_unit_test(test_made_when_changed),
        cmocka_unit_test(test_frame_alone),
        cmocka_unit_test(test_frames_finite),
        cmocka_unit_test(test_sun_on_a_card),
        cmocka_unit_test(test_air_before_a_wall),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
