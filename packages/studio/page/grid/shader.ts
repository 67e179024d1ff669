/** `shade.ts` in the language of graphics cards. One integer texture holds the cells, a texel each. */
import { CELL } from '../../src/model/cells.ts';
import { PATTERNS } from './colours.ts';
import { BORDER_FROM, MARKS_FROM, PATTERN_FROM } from './shade.ts';

export const VERTEX = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  gl_Position = vec4(corner * 4.0 - 1.0, 0.0, 1.0);
}`;

const has = (flag: number): string => `(flags & ${flag}u) != 0u`;

export const FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;
uniform usampler2D cells;
uniform ivec2 extent;
uniform ivec3 camera;
uniform int height;
uniform int frames[8];
uniform int theme[8];
out vec4 colour;

const int GROUND = 0, EMPTY = 1, HATCH = 2, ZERO = 3, SWAPPED = 4, MARK = 5, APART = 6, DIFFERS = 7;

bool isInked(int pattern, int u, int v) {
  if (pattern == 1) return ((u + v) & 7) < 2;
  if (pattern == 2) return (u & 7) < 2 && (v & 7) < 2;
  return pattern == 3 && (u & 7) < 2;
}

bool isMark(uint flags, int u, int v, int size) {
  int inner = size - 1;
  if (${has(CELL.WRPROTECT)} && v >= inner - (size >> 3) - 1 && v < inner - 1 && u >= 2 && u < inner - 2) return true;
  if (${has(CELL.PINNED)}) {
    int r = size >> 3;
    int x = 2 * (u - 3 - r) + 1;
    int y = 2 * (v - 3 - r) + 1;
    int far = x * x + y * y;
    if (far <= 4 * (r + 1) * (r + 1) && (!(${has(CELL.PIPE)}) || far > 4 * (r - 1) * (r - 1))) return true;
  }
  int corner = size >> 2;
  if (${has(CELL.EXCLUSIVE)} && inner - 1 - u + v < corner) return true;
  int notch = size >> 3;
  return ${has(CELL.DIRTY)} && u >= 2 && u < 2 + notch && v >= inner - 2 * notch - 3 && v < inner - notch - 3;
}

int shade(uint word, uint flags, int u, int v, int size) {
  if (word == 0u && (flags & 65535u) == 0u) return theme[GROUND];
  bool huge = ${has(CELL.HUGE)};
  if (size >= ${BORDER_FROM} && !huge && (u == size - 1 || v == size - 1)) return theme[GROUND];
  int edge = min(min(u, v), min(size - 2 - u, size - 2 - v));
  if (${has(CELL.APART)} && edge < max(1, size >> 3)) return theme[APART];
  if ((word & 0x80000000u) != 0u && size >= ${BORDER_FROM} && edge < max(1, size >> 4)) return theme[DIFFERS];
  if (${has(CELL.HOLE)}) return size >= ${PATTERN_FROM} && ((u + v) & 7) == 0 ? theme[HATCH] : theme[GROUND];
  if (${has(CELL.EMPTY)}) return theme[EMPTY];
  if (${has(CELL.SWAPPED)}) return size >= ${PATTERN_FROM} && (v & 3) == 0 ? theme[HATCH] : theme[SWAPPED];
  if (size >= ${MARKS_FROM} && isMark(flags, u, v, size)) return theme[MARK];
  if (${has(CELL.ZERO)}) return theme[ZERO];
  int frame = int(word & 0xffffffu) - 1;
  int own = frames[frame & 7];
  if (size >= ${PATTERN_FROM} && isInked((frame >> 3) % ${PATTERNS}, u, v))
    return ((own >> 2) & 0x3f3f3f) + ((own >> 1) & 0x7f7f7f);
  return own;
}

int floorDiv(int a, int b) {
  return a >= 0 ? a / b : -((b - 1 - a) / b);
}

void main() {
  int zoom = camera.z;
  int gx = int(gl_FragCoord.x) + camera.x;
  int gy = height - 1 - int(gl_FragCoord.y) + camera.y;
  int size = max(1, zoom);
  int cx = zoom > 0 ? floorDiv(gx, size) : gx * -zoom;
  int cy = zoom > 0 ? floorDiv(gy, size) : gy * -zoom;
  int rgb = theme[GROUND];
  if (cx >= 0 && cx < extent.x && cy >= 0 && cy < extent.y) {
    uvec2 cell = texelFetch(cells, ivec2(cx, cy), 0).rg;
    rgb = shade(cell.r, cell.g, zoom > 0 ? gx - cx * size : 0, zoom > 0 ? gy - cy * size : 0, size);
  }
  colour = vec4(float((rgb >> 16) & 255), float((rgb >> 8) & 255), float(rgb & 255), 255.0) / 255.0;
}`;
