/* The air on the CPU: what authoring asks of it. The tables that pixels are made with are the renderer's. */
#ifndef ORR_SCENE_AIR_H
#define ORR_SCENE_AIR_H

#include "scene/nodes.h"

/* Transmittance for linear Rec.709 red, green and blue from a point at `altitude_km` above the planet's
 * ground (below it counts as on it) to space, in the direction `elevation_rad` above the horizontal: exp of
 * minus the optical depth of Rayleigh and Mie particles with exponential heights and of ozone in a tent of
 * heights (Hillaire 2020, section 4; Bruneton & Neyret 2008, section 2.1), by the midpoint rule with 2000
 * steps that grow with the distance. 0 where the planet is in the way. Pure. */
void orr_air_transmittance(const orr_atmosphere_props *air, double altitude_km, double elevation_rad,
                           double out[3]);

#endif
