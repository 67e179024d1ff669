/** The grid by WebGL2: the cells go to the card once for each state; panning and zooming move three numbers. */
import type { Cells } from '../../src/model/cells.ts';
import type { Camera } from './camera.ts';
import type { Theme } from './colours.ts';
import type { GridPainter } from './grid-painter.ts';
import { FRAGMENT, VERTEX } from './shader.ts';

export class GlPainter implements GridPainter {
  readonly kind = 'webgl';
  private readonly program: WebGLProgram;
  private extent: readonly [number, number] = [0, 0];

  /** @throws Error when the card does not take the shader: then the 2D canvas draws. */
  constructor(private readonly gl: WebGL2RenderingContext) {
    this.program = programOf(gl);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.useProgram(this.program);
    gl.bindVertexArray(gl.createVertexArray());
  }

  load(cells: Cells, columns: number): void {
    const { gl } = this;
    const rows = cells.length / 2 / columns;
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
    if (this.extent[0] === columns && this.extent[1] === rows)
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, columns, rows, gl.RG_INTEGER, gl.UNSIGNED_INT, cells);
    else {
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RG32UI, columns, rows, 0, gl.RG_INTEGER, gl.UNSIGNED_INT, cells);
    }
    this.extent = [columns, rows];
  }

  draw({ zoom, x, y }: Camera, theme: Theme): void {
    const { gl, program } = this;
    const at = (name: string): WebGLUniformLocation | null => gl.getUniformLocation(program, name);
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.uniform2i(at('extent'), ...this.extent);
    gl.uniform3i(at('camera'), x, y, zoom);
    gl.uniform1i(at('height'), gl.drawingBufferHeight);
    gl.uniform1iv(at('frames'), [...theme.frames]);
    gl.uniform1iv(at('theme'), [theme.ground, theme.empty, theme.hatch, theme.zero, theme.swapped, theme.mark,
      theme.apart, theme.differs]);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }
}

function programOf(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]] as const) {
    const shader = gl.createShader(kind);
    if (shader === null) throw new Error('this WebGL makes no shader');
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true)
    throw new Error(gl.getProgramInfoLog(program) ?? 'the shader does not link');
  return program;
}

/** What this browser draws fastest with. `COWLAB` in the address may ask for the plain canvas. */
export function webglOf(canvas: HTMLCanvasElement): GlPainter | null {
  const gl = canvas.getContext('webgl2', { antialias: false, alpha: false, preserveDrawingBuffer: true });
  if (gl === null) return null;
  try {
    return new GlPainter(gl);
  } catch {
    return null;
  }
}
