/* Which Orrery this is. */
#ifndef ORR_BASE_VERSION_H
#define ORR_BASE_VERSION_H

const char *orr_version(void); /* "0.1.0", as CMakeLists.txt says */

#endif
