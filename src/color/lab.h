/* The curves of CIELAB and sRGB in double precision, for code that computes few colours: colour by colour, or
 * tables. They give the same bits on every machine (color_power). */
#ifndef COLOR_LAB_H
#define COLOR_LAB_H

/* The function f of L*a*b* (CIE 15, 8.2.1.1) of a fraction of white's X, Y or Z, and its inverse. */
double lab_f(double fraction);
double lab_fraction(double f);

/* From a sample of sRGB, 0 to 1, to its light, and back (IEC 61966-2-1). */
double srgb_light(double sample);
double srgb_sample(double light);

#endif
