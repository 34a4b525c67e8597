/* Pictures lit by maps and by models against physics: a map's sun taken out and put back as a light, its
 * diffuse light against the integral, glTF's own units in nit. */
#include "render_support.h"

#include "image/hdri.h"

static double rad(double deg) {
    return deg * pi / 180.0;
}

/* A sky with its sun, as a Radiance file that is not run-length coded. */
enum { MAP_W = 256, MAP_H = 128 };
typedef struct sky {
    double azimuth_deg, elevation_deg, sun; /* sun: luminance of its disk, which is 2 degrees wide */
} sky;

static double sky_luminance(const sky *s, double azimuth_deg, double elevation_deg) {
    double a = rad(azimuth_deg - s->azimuth_deg), e = rad(elevation_deg), f = rad(s->elevation_deg);
    double off = acos(fmin(sin(e) * sin(f) + cos(e) * cos(f) * cos(a), 1.0)) * 180 / pi;
    double air = elevation_deg > 0 ? 4 + 6 * exp(-elevation_deg / 15) + 3 * exp(-off / 25) : 1.5;
    return air + (off < 1.0 ? s->sun : 0.0);
}

/* Files of one name are read once an engine: every one is named anew. */
static char g_name[32], g_path[96];
static void write_new(const char *kind, const void *data, size_t size) {
    static int count;
    orr_error err = {0};
    (void)snprintf(g_name, sizeof g_name, "%d.%s", count++, kind);
    (void)snprintf(g_path, sizeof g_path, "%s/%s", g.folder, g_name);
    OK(orr_file_write(g_path, data, size, &err));
}

static void write_sky(const sky *s) {
    size_t head = 0, size = 128 + MAP_W * MAP_H * 4;
    uint8_t *file = calloc(size, 1);
    assert_non_null(file);
    head = (size_t)snprintf((char *)file, 128, "#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y %d +X %d\n", MAP_H,
                            MAP_W);
    for (int y = 0; y < MAP_H; y++)
        for (int x = 0; x < MAP_W; x++) {
            double sum = 0;
            for (int k = 0; k < 64; k++)
                sum += sky_luminance(s, 360 * ((x + (k % 8 + 0.5) / 8) / MAP_W - 0.5),
                                     90 - 180 * (y + (k / 8 + 0.5) / 8) / MAP_H) /
                       64;
            int exponent;
            int mantissa = (int)(frexp(sum, &exponent) * 256);
            uint8_t *p = file + head + (y * MAP_W + x) * 4;
            p[0] = p[1] = p[2] = (uint8_t)mantissa, p[3] = (uint8_t)(exponent + 128);
        }
    write_new("hdr", file, head + MAP_W * MAP_H * 4);
    free(file);
}

static orr_image read_map(const char *path, orr_hdri_figures *figures) {
    uint8_t *data = NULL;
    size_t size = 0;
    orr_error err = {0};
    orr_image file, map;
    OK(orr_file_read(path, 1u << 28, &data, &size, &err));
    OK(orr_image_decode(data, size, path, 0, NULL, &file, &err));
    OK(orr_hdri_open(&file, path, &map, figures, &err));
    orr_image_free(&file);
    free(data);
    return map;
}

/* --- the sun of a map -------------------------------------------------------------------------------------
 */

/* A horizontal card under the sky that is left and the sun that was found gives what the map gives; and the
 * sun was where it is said to be, however the map is turned. */
static void test_pair(void **state) {
    (void)state;
    static const sky skies[] = {{40, 65, 4e5}, {200, 30, 3e5}, {310, 8, 2e5}};
    double worst = 0, harmonics = 0;
    for (int i = 0; i < 3; i++) {
        orr_hdri_figures figures;
        write_sky(&skies[i]);
        orr_image map = read_map(g_path, &figures);
        orr_image_free(&map);
        for (int turn = 0; turn < 360; turn += 130) {
            const char *common = TEXT("local o = { neutralize_sun = true, gain = 3, rotation_deg = %d }\n"
                                      "o.path = '%s' local info = orrery.hdri_info(o) o.path = nil\n"
                                      "o.source = 'hdri' o.hdri = '%s'\n",
                                      turn, g_name, g_name);
            double both = middle_of(TEXT(
                "%s card{ paint = chalk(1) } scene:environment(o) scene:sun(info.sun) return show(above(10))",
                common));
            worst = fmax(worst, fabs(both * pi / 3 / figures.illuminance - 1));
            double whole = middle_of(
                TEXT("%s o.neutralize_sun = false card{ paint = chalk(1) } scene:environment(o) return "
                     "show(above(10))",
                     common));
            harmonics = fmax(harmonics, fabs(whole * pi / 3 / figures.illuminance - 1));
            static const char look[] =
                "%s o.neutralize_sun = %s scene:environment(o) return show(scene:camera{ rotation_deg = "
                "{info.sun.elevation_deg, -info.sun.azimuth_deg, 0}, vfov_deg = 1 })";
            double with = middle_of(TEXT(look, common, "false")),
                   without = middle_of(TEXT(look, common, "true"));
            assert_true(with > 60000 && without < 3 * 20);
        }
    }
    print_message("a map's sun taken out and put back as a light: a card is off the map's illuminance by "
                  "%.2g at most (bar 0.02); lit by "
                  "the map as it is, whose sun nine harmonics smear, by %.2g\n",
                  worst, harmonics);
    assert_true(worst < 0.02);
}

static void test_target(void **state) {
    (void)state;
    write_sky(&(sky){100, 40, 3e5});
    double left = middle_of(TEXT("card{ paint = chalk(1) } scene:environment{ source = 'hdri', hdri = '%s', "
                                 "neutralize_sun = true, "
                                 "target_lx = 5000 } return show(above(10))",
                                 g_name));
    WITHIN(left * pi, 5000, 0.02); /* the target is that of the sky which is left */
}

/* --- diffuse light ----------------------------------------------------------------------------------------
 */

/* Irradiance over pi by the sum over all pixels, for a normal in the map's own frame. */
static double integral(const orr_image *map, const double n[3]) {
    double sum = 0;
    for (uint32_t y = 0; y < map->height; y++) {
        double solid = orr_hdri_row_weights(map->width, map->height, y).solid_sr,
               theta = pi * (y + 0.5) / map->height;
        for (uint32_t x = 0; x < map->width; x++) {
            double phi = 2 * pi * ((x + 0.5) / map->width - 0.5);
            double c = sin(theta) * (sin(phi) * n[0] - cos(phi) * n[2]) + cos(theta) * n[1];
            if (c > 0)
                sum += c * solid * (double)((const float *)map->pixels)[((size_t)y * map->width + x) * 3 + 1];
        }
    }
    return sum / pi;
}

/* A white sphere seen from the south under the map, turned three ways, against that sum. */
static void diffuse_error(const char *title, const char *path, bool neutralize, double *worst) {
    orr_hdri_figures figures;
    orr_hdri_sun sun;
    orr_error err = {0};
    orr_image map = read_map(path, &figures);
    if (neutralize) OK(orr_hdri_neutralize(&map, path, &figures, &sun, &err));
    double most = 0, sum = 0, mean = 0;
    int count = 0;
    for (int turn = 0; turn < 360; turn += 120) {
        shot s = render(TEXT(
            "scene:mesh{ shape = orrery.sphere{ radius_m = 1, segments = 128 }, material = "
            "scene:material(chalk(1)) }\n"
            "scene:environment{ source = 'hdri', hdri = '%s', gain = 1, rotation_deg = %d, neutralize_sun = "
            "%s }\n"
            "return show(scene:camera{ position_m = {0, 0, 3}, ortho_height_m = 2 }, { size = {16, 16} })",
            path, turn, neutralize ? "true" : "false"));
        for (uint32_t y = 0; y < 16; y++)
            for (uint32_t x = 0; x < 16; x++) {
                double nx = (x + 0.5) / 8 - 1, ny = 1 - (y + 0.5) / 8,
                       nz = sqrt(fmax(1 - nx * nx - ny * ny, 0)), a = rad(turn);
                if (nx * nx + ny * ny > 0.85) continue;
                double n[3] = {cos(a) * nx + sin(a) * nz, ny, -sin(a) * nx + cos(a) * nz},
                       exact = integral(&map, n);
                double off = fabs(luminance(&s, x, y) - exact);
                most = fmax(most, off), sum += off, mean += exact, count++;
            }
        forget(&s);
    }
    *worst = most / (mean / count);
    print_message(
        "nine harmonics against the integral, %s: off by %.2g of the mean irradiance, %.2g at most\n", title,
        sum / mean, *worst);
    orr_image_free(&map);
}

static void test_harmonics(void **state) {
    (void)state;
    double worst;
    write_sky(&(sky){100, 40, 3e5});
    diffuse_error("a sky without its sun", g_path, true, &worst);
    assert_true(worst < 0.05);
    diffuse_error("the same with it", g_path, false, &worst);
    diffuse_error("content/hdri/studio.hdr", TEXT("%s/content/hdri/studio.hdr", orr_engine_root(g.engine)),
                  false, &worst);
    assert_true(worst < 0.1);
    const char *data = getenv("ORRERY_TEST_DATA");
    if (!data) print_message("skipped: no test data\n");
    for (int i = 0; data && i < 2; i++)
        diffuse_error(i ? "spruit_sunrise" : "spruit_sunrise without its sun",
                      TEXT("%s/hdri/spruit_sunrise_1k_HDR.hdr", data), !i, &worst);
}

/* --- the units of glTF ------------------------------------------------------------------------------------
 */

/* A model of one light, 2 m above the ground and aimed straight down, or of one triangle that glows. */
static void write_model(const char *json) {
    char text[2048];
    size_t size = (size_t)snprintf(text, sizeof text, "%s", json);
    for (size_t i = 0; i < size; i++) text[i] = text[i] == '\'' ? '"' : text[i];
    write_new("gltf", text, size);
}
static double under_light(const char *light, const char *more) {
    write_model(TEXT(
        "{'asset':{'version':'2.0'},'scene':0,'scenes':[{'nodes':[0]}],\n"
        "'extensionsUsed':['KHR_lights_punctual'],'extensions':{'KHR_lights_punctual':{'lights':[%s]}},\n"
        "'nodes':[{'translation':[0,2,0],'rotation':[-0.70710678,0,0,0.70710678],"
        "'extensions':{'KHR_lights_punctual':{'light':0}}}]}",
        light));
    return middle_of(
        TEXT("card{ paint = chalk(0.5) } scene:model{ path = '%s' } %s return show(above(10, 0.01))", g_name,
             more));
}
static void test_gltf_lights(void **state) {
    (void)state;
    WITHIN(under_light("{'type':'point','intensity':700}", ""), 0.5 / pi * 700 / 4, 0.005); /* cd */
    WITHIN(
        under_light("{'type':'spot','intensity':900,'spot':{'innerConeAngle':0.2,'outerConeAngle':0.5}}", ""),
        0.5 / pi * 900 / 4, 0.005); /* cd, along the axis, whatever the cone */
    WITHIN(under_light("{'type':'directional','intensity':2500}", ""), 0.5 / pi * 2500, 0.005); /* lx */
    WITHIN(under_light("{'type':'point','intensity':700,'color':[0,0.25,1]}", ""), 0.5 / pi * 700 / 4 * 0.25,
           0.005);
    WITHIN(under_light(
               "{'type':'directional','intensity':2500}", /* lx of the receiver, below an atmosphere too */
               "scene:atmosphere{ aerial_perspective = false } scene:environment{ source = 'constant', "
               "luminance_nit = 0 }"),
           0.5 / pi * 2500, 0.01);
    assert_true(under_light("{'type':'point','intensity':0}", "") == 0.0);
}

static double glowing(const char *material, const char *options) {
    write_model(TEXT("{'asset':{'version':'2.0'},'scene':0,'scenes':[{'nodes':[0]}],'nodes':[{'mesh':0}],\n"
                     "'meshes':[{'primitives':[{'attributes':{'POSITION':0},'material':0}]}],\n"
                     "'extensionsUsed':['KHR_materials_emissive_strength'],'materials':[{%s}],\n"
                     "'accessors':[{'bufferView':0,'componentType':5126,'count':3,'type':'VEC3','min':[-4,-4,"
                     "0],'max':[4,6,0]}],\n"
                     "'bufferViews':[{'buffer':0,'byteLength':36}],'buffers':[{'byteLength':36,\n"
                     "'uri':'data:application/"
                     "octet-stream;base64,AACAwAAAgMAAAAAAAACAQAAAgMAAAAAAAAAAAAAAwEAAAAAA'}]}",
                     material));
    return middle_of(TEXT("scene:model{ path = '%s'%s } return show(scene:camera{ position_m = {0, 0, 3} })",
                          g_name, options));
}
static void test_gltf_emission(void **state) {
    (void)state;
#define STRENGTH(s) "'extensions':{'KHR_materials_emissive_strength':{'emissiveStrength':" s "}}"
    WITHIN(glowing("'emissiveFactor':[1,0.5,0]", ""), 0.5 * 1000,
           0.002); /* emissive_nit of the model: 1000 */
    WITHIN(glowing("'emissiveFactor':[1,0.5,0]," STRENGTH("8"), ""), 0.5 * 8 * 1000, 0.002);
    WITHIN(glowing("'emissiveFactor':[1,0.5,0]," STRENGTH("8"), ", emissive_nit = 1"), 0.5 * 8,
           0.002); /* strength in nit, as the extension has it */
    assert_true(glowing("'emissiveFactor':[1,0.5,0]," STRENGTH("8"), ", emissive_nit = 0") == 0.0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pair),          cmocka_unit_test(test_target),
        cmocka_unit_test(test_harmonics),     cmocka_unit_test(test_gltf_lights),
        cmocka_unit_test(test_gltf_emission),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
