/*
 * Colours of CMYK without a profile: offset printing on coated paper (SWOP, CGATS TR 001), with paper white
 * as white.
 *
 * Neugebauer's equations with the correction of Yule and Nielsen: each ink covers a share of the paper,
 * increased by dot gain; the colours of the 16 combinations of inks are averaged by the areas that they
 * cover, as powers of their light. The power used here, squares of sRGB's samples, is about light to the
 * power of 1 / 1.2. The colours were fitted to 600 colours of Ghostscript's SWOP profile (relative
 * colorimetric with black point compensation); for 100 others the error is 1.3 levels on average, and 14 at
 * most.
 */
#ifndef IMAGE_INKS_H
#define IMAGE_INKS_H

/* For C, M, Y, K: an ink of share v covers v + gain v (1 - v). */
static const float ink_gain[4] = {0.57f, 0.50f, 0.50f, 0.62f};

/* The square of a sample, 1 for 255; a negative one is a colour outside sRGB. */
#define INK_SQUARE(v) ((v) < 0 ? -(float)((v) * (v)) / 65025 : (float)((v) * (v)) / 65025)
#define INK_COLOR(r, g, b)                                                                                   \
    {                                                                                                        \
        INK_SQUARE(r), INK_SQUARE(g), INK_SQUARE(b), 0                                                       \
    }

/* Index: the combination of inks, as bits: 8 C, 4 M, 2 Y, 1 K. */
static const float ink_colors[16][4] = {
    INK_COLOR(255, 255, 255),  INK_COLOR(31, 31, 34),    INK_COLOR(255, 240, -41), INK_COLOR(28, 25, -23),
    INK_COLOR(236, -8, 143),   INK_COLOR(39, -32, -18),  INK_COLOR(235, 36, 45),   INK_COLOR(33, -27, -33),
    INK_COLOR(-130, 174, 239), INK_COLOR(-35, 23, 39),   INK_COLOR(-78, 169, 81),  INK_COLOR(-37, 18, -25),
    INK_COLOR(58, 53, 149),    INK_COLOR(-26, -36, -14), INK_COLOR(56, 52, 53),    INK_COLOR(-27, -24, -25),
};

#endif
