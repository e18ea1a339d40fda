#include "base/sine.h"

#include <math.h>

/* The Taylor polynomial of degree 15 on half the range. */
double sine_pi(double x)
{
    double y = (x > 0.5 ? 1 - x : x) * 3.14159265358979323846, z = y * y;
    double p = -1.0 / 1307674368000;
    p = p * z + 1.0 / 6227020800;
    p = p * z - 1.0 / 39916800;
    p = p * z + 1.0 / 362880;
    p = p * z - 1.0 / 5040;
    p = p * z + 1.0 / 120;
    p = p * z - 1.0 / 6;
    return y + y * z * p;
}

double sine_degrees(double degrees)
{
    double turn = fmod(degrees, 360);
    turn += turn < 0 ? 360 : 0;
    const double half = turn >= 180 ? turn - 180 : turn, sine = half == 90 ? 1 : sine_pi(half / 180);
    return turn >= 180 ? -sine : sine;
}

double cosine_degrees(double degrees)
{
    return sine_degrees(degrees + 90);
}
