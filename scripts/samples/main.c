// Renders one sample picture:  samples SCENE WIDTH HEIGHT > picture.pam   (16 bits a sample, RGB and alpha,
// sRGB curve)
//
// Colours come from the scene in linear light; several jittered samples of each pixel are averaged there, and
// only then are highlights rolled off and the sRGB curve applied.
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scene {
    const char *name;
    scene_fn *color;
    int grid;  // samples a pixel: grid × grid
    int drawn; // 1: colours are meant as written, no film curve
};

static const struct scene scenes[] = {
    {"lake", scene_lake, 2, 0},
    {"tarn", scene_tarn, 2, 0},
    {"dunes", scene_dunes, 2, 0},
    {"spheres", scene_spheres, 16, 0},
    {"nebula", scene_nebula, 2, 0},
    {"moon", scene_moon, 3, 0},
    {"marble", scene_marble, 3, 1},
    {"julia", scene_julia, 4, 1},
    {"wheel", scene_wheel, 6, 1},
    {"heights", scene_heights, 1, 1},
    {"mandelbrot", scene_mandelbrot, 4, 1},
};

// The film curve fitted by K. Narkowicz to the ACES reference tone scale (2016): mid-tones as they are,
// highlights rolled off.
static float film(float v)
{
    return clamp(v * (2.51f * v + 0.03f) / (v * (2.43f * v + 0.59f) + 0.14f), 0, 1);
}

static float srgb(float v)
{
    return v <= 0.0031308f ? 12.92f * v : 1.055f * powf(v, 1 / 2.4f) - 0.055f;
}

static void render_pixel(const struct scene *scene, int px, int py, int width, int height, uint16_t out[4])
{
    uint32_t seed = hash((uint32_t)(py * width + px) + 1);
    vec sum = grey(0);
    for (int i = 0; i < scene->grid * scene->grid; i++) {
        float sx = (float)px + ((float)(i % scene->grid) + random_unit(&seed)) / (float)scene->grid;
        float sy = (float)py + ((float)(i / scene->grid) + random_unit(&seed)) / (float)scene->grid;
        vec c = scene->color((2 * sx - (float)width) / (float)height, 1 - 2 * sy / (float)height, &seed);
        sum += (vec){c[0] * c[3], c[1] * c[3], c[2] * c[3], c[3]};
    }
    float alpha = sum[3] / (float)(scene->grid * scene->grid);
    for (int i = 0; i < 3; i++) {
        float v = alpha > 0 ? sum[i] / sum[3] : 0;
        v = srgb(scene->drawn ? clamp(v, 0, 1) : film(v));
        // Half a level of 8 bits of dither, so that smooth skies do not show steps.
        out[i] =
            (uint16_t)clamp(v * 65535 + (random_unit(&seed) - 0.5f) * (scene->drawn ? 0 : 257), 0, 65535);
    }
    out[3] = (uint16_t)lroundf(alpha * 65535);
}

int main(int argc, char **argv)
{
    const struct scene *scene = NULL;
    for (size_t i = 0; argc == 4 && i < sizeof scenes / sizeof *scenes; i++)
        if (strcmp(argv[1], scenes[i].name) == 0)
            scene = &scenes[i];
    int width = scene ? atoi(argv[2]) : 0, height = scene ? atoi(argv[3]) : 0;
    if (width < 1 || height < 1 || width > 8192 || height > 8192) {
        fputs("usage: samples SCENE WIDTH HEIGHT > picture.pam\n", stderr);
        return 2;
    }
    uint16_t *pixels = calloc((size_t)width * (size_t)height, 4 * sizeof *pixels);
    if (!pixels) {
        perror("samples");
        return 1;
    }
#pragma omp parallel for schedule(dynamic)
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            render_pixel(scene, x, y, width, height, &pixels[4 * ((size_t)y * (size_t)width + (size_t)x)]);

    printf("P7\nWIDTH %d\nHEIGHT %d\nDEPTH 4\nMAXVAL 65535\nTUPLTYPE RGB_ALPHA\nENDHDR\n", width, height);
    for (size_t i = 0; i < (size_t)width * (size_t)height * 4; i++) {
        putchar(pixels[i] >> 8);
        putchar(pixels[i] & 255);
    }
    free(pixels);
    return fflush(stdout) || ferror(stdout);
}
