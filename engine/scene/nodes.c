#include "scene/nodes.h"

#include <stddef.h>
#include <string.h>

/* clang-format off */
#define AT(type, field) .offset = (uint32_t)offsetof(type, field), .size = (uint32_t)sizeof(((type *)0)->field)
#define ROW(n, t, T, f, d, ...) {.name = n, .type = ORR_PARAM_##t, AT(T, f), .doc = d, .flags = ORR_PARAM_CPU, __VA_ARGS__}
#define PLACE_ROWS(T)                                                                                                          \
    ROW("position_m", VEC3, T, place.position_m, "Position relative to the parent", .def = "0 0 0"),                           \
    ROW("rotation", QUAT, T, place.rotation, "Rotation as a unit quaternion x y z w", .def = "0 0 0 1"),                      \
    ROW("rotation_deg", VEC3, T, place.rotation_deg, "Euler angles about x, y, z; applied z first, then x, then y, then `rotation`", .def = "0 0 0"), \
    ROW("scale", VEC3, T, place.scale, "Scale along x, y, z; one number scales evenly", .def = "1 1 1"),                      \
    ROW("visible", BOOL, T, place.visible, "Whether it and its children are drawn", .def = "true")
#define SHADOW_ROW(T) ROW("casts_shadow", BOOL, T, casts_shadow, "Whether it shades others", .def = "true")
#define LIGHT_SHADOW_ROW(T) ROW("casts_shadow", BOOL, T, casts_shadow, "Whether things stand in its light", .def = "true")
/* Lamps come in hundreds, and each takes up to six maps: theirs are asked for. */
#define LAMP_SHADOW_ROW(T) ROW("casts_shadow", BOOL, T, casts_shadow, "Whether things stand in its light", .def = "false")
#define COLOUR_ROW(T) ROW("colour", VEC3, T, colour, "Linear colour that the light is multiplied by", .def = "1 1 1", .min = "0")

static const orr_param_row group_rows[] = {PLACE_ROWS(orr_group_props)};
static const orr_param_row mesh_rows[] = {
    PLACE_ROWS(orr_mesh_props), SHADOW_ROW(orr_mesh_props),
    ROW("emits_light", BOOL, orr_mesh_props, emits_light, "Whether its emission lights others, triangle by triangle", .def = "false"),
};
static const orr_param_row model_rows[] = {
    PLACE_ROWS(orr_model_props), SHADOW_ROW(orr_model_props),
    ROW("animation", STRING, orr_model_props, animation, "Name or number (from 0) of the glTF animation to play; empty: the rest pose", .def = ""),
    ROW("time_s", F64, orr_model_props, time_s, "Time inside the animation; the sequence's own t when not set", .def = "0"),
    ROW("loop", BOOL, orr_model_props, loop, "Whether the animation starts again at its end", .def = "true"),
    ROW("lights", BOOL, orr_model_props, lights, "Whether its own lights shine; a directional one is the sun when the scene has none", .def = "true"),
    ROW("emissive_nit", F64, orr_model_props, emissive_nit, "Luminance of a glTF emission of 1", .def = "1000", .min = "0", .max = "1e9"),
};
static const orr_param_row terrain_rows[] = {
    PLACE_ROWS(orr_terrain_props), SHADOW_ROW(orr_terrain_props),
    ROW("dem", ASSET, orr_terrain_props, dem, "The elevation model: GeoTIFF, 16-bit PNG, .npy, .npz, .hgt", .def = ""),
    ROW("exaggeration", F64, orr_terrain_props, exaggeration, "Factor on heights", .def = "1", .min = "0", .max = "100"),
    ROW("ramp", ENUM, orr_terrain_props, ramp, "Colours by height and slope", .def = "alpine", .choices = "alpine|hypsometric|desert|moon|grey"),
    ROW("ramp_min_m", F64, orr_terrain_props, ramp_min_m, "Height of the ramp's first colour; the lowest sample when not set", .def = "0"),
    ROW("ramp_max_m", F64, orr_terrain_props, ramp_max_m, "Height of the ramp's last colour; the highest sample when not set", .def = "0"),
    ROW("roughness", F64, orr_terrain_props, roughness, "Perceptual roughness of the ground", .def = "0.9", .min = "0", .max = "1"),
    ROW("nodata", ENUM, orr_terrain_props, nodata, "Where the file has no data: a hole, or a smooth surface drawn in from the rim", .def = "hole", .choices = "hole|fill"),
    ROW("detail_px", F64, orr_terrain_props, detail_px, "Side of a terrain triangle on screen that level of detail aims at", .def = "3", .min = "0.5", .max = "64"),
};
static const orr_param_row camera_rows[] = {
    PLACE_ROWS(orr_camera_props),
    ROW("look_at_m", VEC3, orr_camera_props, look_at_m, "World point to look at; replaces the rotation when set", .def = "0 0 0"),
    ROW("up", VEC3, orr_camera_props, up, "Up direction for look_at_m", .def = "0 1 0"),
    ROW("roll_deg", F64, orr_camera_props, roll_deg, "Roll about the viewing direction, positive clockwise", .def = "0"),
    ROW("vfov_deg", F64, orr_camera_props, vfov_deg, "Vertical field of view; give this or focal_mm", .def = "35", .min = "0.01", .max = "170"),
    ROW("focal_mm", F64, orr_camera_props, focal_mm, "Focal length; with the sensor's height it makes the field of view when above 0", .def = "0", .min = "0", .max = "10000", .aliases = "focal_length_mm"),
    ROW("sensor", ENUM, orr_camera_props, sensor, "Format of the sensor or film: its height; custom: sensor_height_mm", .def = "custom", .choices = "custom|full_frame|aps_c|super_35|micro_four_thirds|one_inch|medium_format|imax_70"),
    ROW("sensor_height_mm", F64, orr_camera_props, sensor_height_mm, "Height of a custom sensor", .def = "24", .min = "0.1", .max = "1000", .used_when = "sensor=custom"),
    ROW("ortho_height_m", F64, orr_camera_props, ortho_height_m, "Height of an orthographic view; perspective when 0", .def = "0", .min = "0"),
    ROW("near_m", F64, orr_camera_props, near_m, "Distance of the near plane; there is no far plane", .def = "0.02", .min = "1e-5", .max = "1e5"),
    ROW("f_stop", F64, orr_camera_props, f_stop, "f-number N", .def = "16", .min = "0.1", .max = "256", .aliases = "aperture_f"),
    ROW("shutter_s", F64, orr_camera_props, shutter_s, "Exposure time", .def = "0.01", .min = "1e-6", .max = "3600"),
    ROW("iso", F64, orr_camera_props, iso, "Sensor speed S", .def = "100", .min = "1", .max = "1e7"),
    ROW("model_camera", STRING, orr_camera_props, model_camera, "Name or number (from 0) of a camera of the model that is this camera's parent: its place, animation and lens", .def = ""),
};
#define CELESTIAL_ROWS(T, what, az, el)                                                                                        \
    ROW("azimuth_deg", F64, T, place.azimuth_deg, "Direction it shines from, clockwise from north (-Z)", .def = az),           \
    ROW("elevation_deg", F64, T, place.elevation_deg, "Height above the horizon", .def = el, .min = "-90", .max = "90"),       \
    ROW("date", STRING, T, place.date, "When it is where " what " stands then, \"2026-06-21T18:00Z\"; instead of the two angles", .def = ""), \
    ROW("time_s", F64, T, place.time_s, "Added to `date`: a function of t makes a time lapse", .def = "0"),                    \
    ROW("latitude_deg", F64, T, place.latitude_deg, "Where one looks from, with `date`; north is positive", .def = "0", .min = "-90", .max = "90"), \
    ROW("longitude_deg", F64, T, place.longitude_deg, "Where one looks from, with `date`; east is positive", .def = "0", .min = "-360", .max = "360")
static const orr_param_row sun_rows[] = {
    CELESTIAL_ROWS(orr_sun_props, "the sun", "135", "45"),
    ROW("illuminance_lx", F64, orr_sun_props, illuminance_lx, "Illuminance of a plane facing it; 133312 when it is given in space and not set", .def = "100000", .min = "0", .max = "1e9"),
    ROW("at", ENUM, orr_sun_props, at, "Where that is: on the ground, or above the atmosphere; auto: above it when there is one", .def = "auto", .choices = "auto|ground|space"),
    ROW("ground_m", F64, orr_sun_props, ground_m, "Height (world y) of the ground that at = ground speaks of, under an atmosphere", .def = "0", .used_when = "at=ground"),
    ROW("angular_diameter_deg", F64, orr_sun_props, angular_diameter_deg, "Apparent size of its disk", .def = "0.545", .min = "0.01", .max = "90"),
    COLOUR_ROW(orr_sun_props), LIGHT_SHADOW_ROW(orr_sun_props),
};
static const orr_param_row moon_rows[] = {
    CELESTIAL_ROWS(orr_moon_props, "the moon", "225", "45"),
    ROW("illuminance_lx", F64, orr_moon_props, illuminance_lx, "Illuminance of a plane facing it when it is full; it falls with the phase", .def = "0.25", .min = "0", .max = "1e6"),
    ROW("phase_deg", F64, orr_moon_props, phase_deg, "Angle between sun and viewer, seen from it: 0 full, 180 new; from date or the sun when not set", .def = "0", .min = "0", .max = "180"),
    ROW("angular_diameter_deg", F64, orr_moon_props, angular_diameter_deg, "Apparent size of its disk", .def = "0.52", .min = "0.01", .max = "90"),
    LIGHT_SHADOW_ROW(orr_moon_props),
};
static const orr_param_row directional_rows[] = {
    ROW("azimuth_deg", F64, orr_directional_props, azimuth_deg, "Direction it shines from, clockwise from north (-Z)", .def = "315"),
    ROW("elevation_deg", F64, orr_directional_props, elevation_deg, "Height above the horizon", .def = "45", .min = "-90", .max = "90"),
    ROW("illuminance_lx", F64, orr_directional_props, illuminance_lx, "Illuminance of a plane facing it", .def = "1000", .min = "0", .max = "1e9"),
    COLOUR_ROW(orr_directional_props), LIGHT_SHADOW_ROW(orr_directional_props),
};
static const orr_param_row point_rows[] = {
    PLACE_ROWS(orr_point_props),
    ROW("flux_lm", F64, orr_point_props, flux_lm, "Luminous flux; give this or intensity_cd", .def = "0", .min = "0"),
    ROW("intensity_cd", F64, orr_point_props, intensity_cd, "Luminous intensity", .def = "0", .min = "0"),
    ROW("range_m", F64, orr_point_props, range_m, "Distance at which a smooth window ends the light; 0: never", .def = "0", .min = "0"),
    COLOUR_ROW(orr_point_props), LAMP_SHADOW_ROW(orr_point_props),
};
static const orr_param_row spot_rows[] = {
    PLACE_ROWS(orr_spot_props),
    ROW("look_at_m", VEC3, orr_spot_props, look_at_m, "World point it is aimed at; replaces the rotation (-Z) when set", .def = "0 0 0"),
    ROW("flux_lm", F64, orr_spot_props, flux_lm, "Luminous flux; give this or intensity_cd", .def = "0", .min = "0"),
    ROW("intensity_cd", F64, orr_spot_props, intensity_cd, "Luminous intensity on its axis", .def = "0", .min = "0"),
    ROW("range_m", F64, orr_spot_props, range_m, "Distance at which a smooth window ends the light; 0: never", .def = "0", .min = "0"),
    ROW("inner_deg", F64, orr_spot_props, inner_deg, "Half angle of the full-strength cone", .def = "20", .min = "0", .max = "89.9"),
    ROW("outer_deg", F64, orr_spot_props, outer_deg, "Half angle at which the light ends", .def = "30", .min = "0.1", .max = "90"),
    COLOUR_ROW(orr_spot_props), LAMP_SHADOW_ROW(orr_spot_props),
};
static const orr_param_row area_rows[] = {
    PLACE_ROWS(orr_area_props),
    ROW("shape", ENUM, orr_area_props, shape, "Rect and disc shine along -Z, a sphere all around", .def = "rect", .choices = "rect|disc|sphere"),
    ROW("look_at_m", VEC3, orr_area_props, look_at_m, "World point it is aimed at; replaces the rotation when set", .def = "0 0 0"),
    ROW("luminance_nit", F64, orr_area_props, luminance_nit, "Luminance of its surface", .def = "1000", .min = "0", .max = "1e12"),
    ROW("width_m", F64, orr_area_props, width_m, "Rect: size along its x", .def = "1", .min = "1e-4", .max = "1e5", .used_when = "shape=rect"),
    ROW("height_m", F64, orr_area_props, height_m, "Rect: size along its y", .def = "1", .min = "1e-4", .max = "1e5", .used_when = "shape=rect"),
    ROW("radius_m", F64, orr_area_props, radius_m, "Disc and sphere: radius", .def = "0.5", .min = "1e-4", .max = "1e5", .used_when = "shape=disc|sphere"),
    ROW("range_m", F64, orr_area_props, range_m, "Distance at which a smooth window ends the light; 0: never", .def = "0", .min = "0"),
    ROW("two_sided", BOOL, orr_area_props, two_sided, "Rect and disc: whether the back shines too", .def = "false", .used_when = "shape=rect|disc"),
    ROW("seen", BOOL, orr_area_props, seen, "Whether the camera and mirrors see its surface", .def = "true"),
    COLOUR_ROW(orr_area_props), LIGHT_SHADOW_ROW(orr_area_props),
};
/* Defaults: a clear sky that goes with the 100 000 lx sun (horizontal illuminance about 20 000 lx). */
static const orr_param_row environment_rows[] = {
    ROW("source", ENUM, orr_environment_props, source, "What lights the scene from all around; the sky when there is an atmosphere and nothing is set", .def = "gradient", .choices = "gradient|constant|hdri|sky"),
    ROW("zenith_nit", VEC3, orr_environment_props, zenith_nit, "Gradient: luminance straight up", .def = "1900 3300 6200", .min = "0", .used_when = "source=gradient"),
    ROW("horizon_nit", VEC3, orr_environment_props, horizon_nit, "Gradient: luminance at the horizon", .def = "7200 8600 10500", .min = "0", .used_when = "source=gradient"),
    ROW("ground_nit", VEC3, orr_environment_props, ground_nit, "Gradient: luminance below the horizon", .def = "3200 2900 2600", .min = "0", .used_when = "source=gradient"),
    ROW("luminance_nit", F64, orr_environment_props, luminance_nit, "Constant: luminance of every direction", .def = "4000", .min = "0", .used_when = "source=constant"),
    ROW("hdri", ASSET, orr_environment_props, hdri, "HDRI: a latitude-longitude map (.hdr, .exr)", .def = "", .used_when = "source=hdri"),
    ROW("gain", F64, orr_environment_props, gain, "HDRI: nit for a stored value of 1; give this or target_lx", .def = "1", .min = "0", .used_when = "source=hdri"),
    ROW("target_lx", F64, orr_environment_props, target_lx, "HDRI: scale so that the upper hemisphere, without a sun that neutralize_sun takes out, gives this illuminance", .def = "20000", .min = "0", .used_when = "source=hdri"),
    ROW("rotation_deg", F64, orr_environment_props, rotation_deg, "HDRI: turn about the vertical, clockwise seen from above", .def = "0", .used_when = "source=hdri"),
    ROW("background", ENUM, orr_environment_props, background, "What the camera sees behind everything", .def = "environment", .choices = "environment|colour"),
    ROW("background_nit", VEC3, orr_environment_props, background_nit, "Luminance of a `colour` background", .def = "0 0 0", .min = "0", .used_when = "background=colour"),
    ROW("neutralize_sun", BOOL, orr_environment_props, neutralize_sun, "HDRI: take the sun out of the map and fill the gap with the sky around it; orrery.hdri_info tells of it", .def = "false", .used_when = "source=hdri"),
    ROW("capture_m", VEC3, orr_environment_props, capture_m, "Sky: world point that it is captured from", .def = "0 0 0", .used_when = "source=sky"),
    ROW("capture_emissive", BOOL, orr_environment_props, capture_emissive, "Sky: whether glowing surfaces around that point count", .def = "true", .used_when = "source=sky"),
    ROW("ground_sky_light", BOOL, orr_environment_props, ground_sky_light, "Sky: whether the ground below is lit by the sky too, and not by the sun alone", .def = "true", .used_when = "source=sky"),
};
/* Defaults: Hillaire 2020, "A Scalable and Production Ready Sky and Atmosphere Rendering Technique", and U.S. Standard Atmosphere 1976. */
static const orr_param_row atmosphere_rows[] = {
    ROW("preset", ASSET, orr_atmosphere_props, preset, "Data file that rows not given are taken from, relative to the script, then one of content/atmospheres: earth, clear, hazy, high_altitude, mars", .def = "earth"),
    ROW("planet_radius_km", F64, orr_atmosphere_props, planet_radius_km, "Radius of the ground", .def = "6360", .min = "100", .max = "100000"),
    ROW("height_km", F64, orr_atmosphere_props, height_km, "Height above the ground where the air ends", .def = "100", .min = "1", .max = "2000"),
    ROW("rayleigh_scattering_per_km", VEC3, orr_atmosphere_props, rayleigh_scattering_per_km, "Molecules: scattering at sea level", .def = "0.005802 0.013558 0.0331", .min = "0", .max = "10"),
    ROW("rayleigh_height_km", F64, orr_atmosphere_props, rayleigh_height_km, "Molecules: height in which the density falls by e", .def = "8", .min = "0.1", .max = "100"),
    ROW("mie_scattering_per_km", VEC3, orr_atmosphere_props, mie_scattering_per_km, "Aerosols: scattering at sea level", .def = "0.003996 0.003996 0.003996", .min = "0", .max = "10"),
    ROW("mie_absorption_per_km", VEC3, orr_atmosphere_props, mie_absorption_per_km, "Aerosols: absorption at sea level", .def = "0.0004405 0.0004405 0.0004405", .min = "0", .max = "10"),
    ROW("mie_height_km", F64, orr_atmosphere_props, mie_height_km, "Aerosols: height in which the density falls by e", .def = "1.2", .min = "0.1", .max = "100"),
    ROW("mie_g", F64, orr_atmosphere_props, mie_g, "Aerosols: mean cosine of the scattering angle (Cornette-Shanks)", .def = "0.8", .min = "-0.95", .max = "0.95"),
    ROW("turbidity", F64, orr_atmosphere_props, turbidity, "Factor on the aerosols: 0 none, 1 clear, 10 hazy", .def = "1", .min = "0", .max = "64"),
    ROW("ozone_absorption_per_km", VEC3, orr_atmosphere_props, ozone_absorption_per_km, "Ozone: absorption at its peak", .def = "0.00065 0.001881 0.000085", .min = "0", .max = "10"),
    ROW("ozone_centre_km", F64, orr_atmosphere_props, ozone_centre_km, "Ozone: height of the peak", .def = "25", .min = "0", .max = "1000"),
    ROW("ozone_half_width_km", F64, orr_atmosphere_props, ozone_half_width_km, "Ozone: distance from the peak at which there is none", .def = "15", .min = "0.1", .max = "1000"),
    ROW("ground_albedo", VEC3, orr_atmosphere_props, ground_albedo, "Reflectance of the planet's ground", .def = "0.1 0.1 0.1", .min = "0", .max = "1"),
    ROW("altitude_m", F64, orr_atmosphere_props, altitude_m, "Height above sea level of the world's y = 0", .def = "0", .min = "-1e4", .max = "2e6"),
    ROW("multiple_scattering", BOOL, orr_atmosphere_props, multiple_scattering, "Whether light that was scattered more than once counts", .def = "true"),
    ROW("aerial_perspective", BOOL, orr_atmosphere_props, aerial_perspective, "Whether the air between the camera and a surface is seen", .def = "true"),
    ROW("aerial_range_km", F64, orr_atmosphere_props, aerial_range_km, "Distance that the table of the air before the camera reaches", .def = "128", .min = "0.1", .max = "10000"),
    ROW("sun_disk", BOOL, orr_atmosphere_props, sun_disk, "Whether the sun itself is seen", .def = "true"),
    ROW("stars", BOOL, orr_atmosphere_props, stars, "Whether stars are seen", .def = "false"),
    ROW("transmittance_width", U32, orr_atmosphere_props, transmittance_width, "Quality: columns of the transmittance table", .def = "256", .min = "16", .max = "1024"),
    ROW("transmittance_height", U32, orr_atmosphere_props, transmittance_height, "Quality: rows of the transmittance table", .def = "64", .min = "8", .max = "256"),
    ROW("multiple_size", U32, orr_atmosphere_props, multiple_size, "Quality: side of the multiple-scattering table", .def = "32", .min = "8", .max = "128"),
    ROW("sky_width", U32, orr_atmosphere_props, sky_width, "Quality: columns of the sky table", .def = "192", .min = "32", .max = "2048"),
    ROW("sky_height", U32, orr_atmosphere_props, sky_height, "Quality: rows of the sky table", .def = "108", .min = "32", .max = "2048"),
    ROW("aerial_size", U32, orr_atmosphere_props, aerial_size, "Quality: side of the table of the air before the camera", .def = "32", .min = "8", .max = "128"),
};
static const orr_param_row material_rows[] = {
    ROW("base_colour", VEC4, orr_material_props, base_colour, "Linear base colour and opacity", .def = "0.8 0.8 0.8 1", .min = "0", .max = "1"),
    ROW("metallic", F64, orr_material_props, metallic, "0 dielectric, 1 metal", .def = "0", .min = "0", .max = "1"),
    ROW("roughness", F64, orr_material_props, roughness, "Perceptual roughness", .def = "0.5", .min = "0", .max = "1"),
    ROW("ior", F64, orr_material_props, ior, "Index of refraction of a dielectric", .def = "1.5", .min = "1", .max = "4"),
    ROW("emissive_nit", VEC3, orr_material_props, emissive_nit, "Emitted luminance", .def = "0 0 0", .min = "0"),
    ROW("normal_scale", F64, orr_material_props, normal_scale, "Strength of the normal map", .def = "1", .min = "0", .max = "10"),
    ROW("occlusion_strength", F64, orr_material_props, occlusion_strength, "Strength of the occlusion map", .def = "1", .min = "0", .max = "1"),
    ROW("alpha_mode", ENUM, orr_material_props, alpha_mode, "How opacity is used", .def = "opaque", .choices = "opaque|mask|blend"),
    ROW("alpha_cutoff", F64, orr_material_props, alpha_cutoff, "Opacity below which `mask` cuts away", .def = "0.5", .min = "0", .max = "1"),
    ROW("double_sided", BOOL, orr_material_props, double_sided, "Whether back faces are drawn", .def = "false"),
    ROW("unlit", BOOL, orr_material_props, unlit, "Shown at its own colour, whatever the light and the exposure", .def = "false"),
    ROW("base_colour_map", ASSET, orr_material_props, maps[0], "Image of base colour (sRGB) and opacity", .def = ""),
    ROW("metallic_roughness_map", ASSET, orr_material_props, maps[1], "Image: roughness in green, metallic in blue", .def = ""),
    ROW("normal_map", ASSET, orr_material_props, maps[2], "Tangent-space normals", .def = ""),
    ROW("occlusion_map", ASSET, orr_material_props, maps[3], "Image: occlusion in red", .def = ""),
    ROW("emissive_map", ASSET, orr_material_props, maps[4], "Image of emission (sRGB)", .def = ""),
};
static const orr_param_table tables[ORR_NODE_KIND_COUNT] = {
    [ORR_NODE_GROUP] = ORR_PARAM_TABLE(group_rows, "group"), [ORR_NODE_MESH] = ORR_PARAM_TABLE(mesh_rows, "mesh"),
    [ORR_NODE_MODEL] = ORR_PARAM_TABLE(model_rows, "model"), [ORR_NODE_TERRAIN] = ORR_PARAM_TABLE(terrain_rows, "terrain"),
    [ORR_NODE_CAMERA] = ORR_PARAM_TABLE(camera_rows, "camera"), [ORR_NODE_SUN] = ORR_PARAM_TABLE(sun_rows, "sun"),
    [ORR_NODE_POINT] = ORR_PARAM_TABLE(point_rows, "point"), [ORR_NODE_SPOT] = ORR_PARAM_TABLE(spot_rows, "spot"),
    [ORR_NODE_ENVIRONMENT] = ORR_PARAM_TABLE(environment_rows, "environment"), [ORR_NODE_DIRECTIONAL] = ORR_PARAM_TABLE(directional_rows, "directional"),
    [ORR_NODE_AREA] = ORR_PARAM_TABLE(area_rows, "area"), [ORR_NODE_MOON] = ORR_PARAM_TABLE(moon_rows, "moon"),
    [ORR_NODE_ATMOSPHERE] = ORR_PARAM_TABLE(atmosphere_rows, "atmosphere"),
};
static const orr_param_table material_table = ORR_PARAM_TABLE(material_rows, "material");
static const size_t sizes[ORR_NODE_KIND_COUNT] = {
    sizeof(orr_group_props), sizeof(orr_mesh_props), sizeof(orr_model_props), sizeof(orr_terrain_props), sizeof(orr_camera_props),
    sizeof(orr_sun_props), sizeof(orr_point_props), sizeof(orr_spot_props), sizeof(orr_environment_props),
    sizeof(orr_directional_props), sizeof(orr_area_props), sizeof(orr_moon_props), sizeof(orr_atmosphere_props),
};
/* clang-format on */

/* Sensors are named by the formats' own heights: 135 film (ISO 1007); Nikon DX and Sony APS-C; the full
 * aperture of 35 mm film (SMPTE ST 59); Four Thirds; Sony's 1.0 type; Fujifilm GFX; the camera aperture of
 * 15/70 film. */
double orr_sensor_height_mm(const orr_camera_props *camera) {
    static const double heights_mm[ORR_SENSOR_COUNT] = {
        [ORR_SENSOR_FULL_FRAME] = 24.0,        [ORR_SENSOR_APS_C] = 15.6,   [ORR_SENSOR_SUPER_35] = 18.66,
        [ORR_SENSOR_MICRO_FOUR_THIRDS] = 13.0, [ORR_SENSOR_ONE_INCH] = 8.8, [ORR_SENSOR_MEDIUM_FORMAT] = 32.9,
        [ORR_SENSOR_IMAX_70] = 52.63};
    return camera->sensor == ORR_SENSOR_CUSTOM ? camera->sensor_height_mm : heights_mm[camera->sensor];
}

const orr_param_table *orr_node_table(orr_node_kind kind) {
    return &tables[kind];
}
const orr_param_table *orr_material_table(void) {
    return &material_table;
}
const char *orr_node_kind_name(orr_node_kind kind) {
    return tables[kind].owner;
}
size_t orr_node_props_size(orr_node_kind kind) {
    return sizes[kind];
}
bool orr_node_has_place(orr_node_kind kind) {
    return kind != ORR_NODE_SUN && kind != ORR_NODE_ENVIRONMENT && kind != ORR_NODE_DIRECTIONAL &&
           kind != ORR_NODE_MOON && kind != ORR_NODE_ATMOSPHERE;
}

uint32_t orr_node_row(orr_node_kind kind, const char *name) {
    int32_t row = orr_param_find(&tables[kind], name);
    return row < 0 ? ORR_NONE : (uint32_t)row;
}
