// Cars on the WebGL map: one draw call for all of them, as features of a source would be cut into tiles anew.

const CAR_VERTEX = `
  attribute vec2 place;
  uniform mat4 matrix;
  uniform float size;
  void main() { gl_Position = matrix * vec4(place, 0.0, 1.0); gl_PointSize = size; }`;
const CAR_FRAGMENT = `
  precision mediump float;
  uniform vec4 ink;
  uniform vec4 halo;
  void main() {
    float away = length(gl_PointCoord - 0.5) * 2.0;
    if (away > 1.0) discard;
    gl_FragColor = away > 0.66 ? halo : ink;
  }`;
const CAR_SIZE_PX = 6;

function createCarLayer() {
  let shown = { count: 0, points: new Float64Array(0) };
  let places = new Float32Array(0);
  let program = null;
  let buffer = null;
  let owner = null;

  function compiled(gl, kind, source) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    return shader;
  }

  function onAdd(map, gl) {
    owner = map;
    program = gl.createProgram();
    gl.attachShader(program, compiled(gl, gl.VERTEX_SHADER, CAR_VERTEX));
    gl.attachShader(program, compiled(gl, gl.FRAGMENT_SHADER, CAR_FRAGMENT));
    gl.linkProgram(program);
    buffer = gl.createBuffer();
  }

  /** Web Mercator from 0 to 1, as MapLibre's matrix expects it. */
  function placed() {
    const { count, points } = shown;
    if (places.length < 2 * count) places = new Float32Array(2 * count);
    for (let k = 0; k < count; k += 1) {
      places[2 * k] = (points[2 * k] + 180) / 360;
      places[2 * k + 1] = 0.5 - Math.log(Math.tan(Math.PI / 4 + (points[2 * k + 1] * Math.PI) / 360)) / (2 * Math.PI);
    }
    return places.subarray(0, 2 * count);
  }

  function render(gl, { defaultProjectionData }) {
    if (!shown.count) return;
    const uniform = (name) => gl.getUniformLocation(program, name);
    gl.useProgram(program);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, placed(), gl.DYNAMIC_DRAW);
    const place = gl.getAttribLocation(program, "place");
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, 2, gl.FLOAT, false, 0, 0);
    gl.uniformMatrix4fv(uniform("matrix"), false, defaultProjectionData.mainMatrix);
    gl.uniform1f(uniform("size"), CAR_SIZE_PX * window.devicePixelRatio);
    gl.uniform4fv(uniform("ink"), colourParts("ink"));
    gl.uniform4fv(uniform("halo"), colourParts("surface"));
    gl.drawArrays(gl.POINTS, 0, shown.count);
  }

  function show(next) {
    shown = next;
    if (owner) owner.triggerRepaint();
  }

  return { show, layer: { id: "cars", type: "custom", onAdd, render } };
}

/** A colour of the page, written as six digits in report.css, as shares of red, green, blue and itself. */
function colourParts(name) {
  const digits = colour(name).trim().slice(1);
  return [0, 2, 4].map((k) => parseInt(digits.slice(k, k + 2), 16) / 255).concat(1);
}
