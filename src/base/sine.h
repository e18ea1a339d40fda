/* Sines computed here, not by the C library, whose result depends on the processor in the last bit. */
#ifndef BASE_SINE_H
#define BASE_SINE_H

/* sin(pi x) for 0 <= x <= 1, to 2e-12. */
double sine_pi(double x);

/* Of an angle in degrees, to 2e-12; exact for multiples of 90. */
double sine_degrees(double degrees);
double cosine_degrees(double degrees);

#endif
