// Where every drawn car is at a moment. The data comes from publish/car_tracks.py.

/** Points of a link, one after the other, and the share of its time at which each is passed. */
const linkCourses = [];
function linkCourse(link) {
  if (!linkCourses[link]) {
    const { path } = data.links[link];
    const at = [0];
    for (let k = 1; k < path.length; k += 1) at.push(at[k - 1] + metres(path[k - 1], path[k]));
    const whole = at[at.length - 1] || 1;
    linkCourses[link] = { path, at: at.map((way) => way / whole) };
  }
  return linkCourses[link];
}

function createCars() {
  const all = (data.cars ? data.cars.cars : []).map(([way, ...steps]) => {
    let timeS = 0;
    return { way: data.cars.ways[way], times: Int32Array.from(steps, (step) => (timeS += step)), now: 0 };
  });
  const points = new Float64Array(2 * all.length);
  let drawn = all;

  /** Longitude and latitude of each car on the road, in one array that is used again each time. */
  function at(timeS) {
    let count = 0;
    for (const car of drawn) {
      const { times, way } = car;
      if (timeS < times[0] || timeS >= times[way.length]) continue;
      while (times[car.now] > timeS) car.now -= 1;
      while (times[car.now + 1] <= timeS) car.now += 1;
      if (way[car.now] < 0) continue;
      const { path, at: shares } = linkCourse(way[car.now]);
      const share = (timeS - times[car.now]) / (times[car.now + 1] - times[car.now]);
      let k = 1;
      while (k < shares.length - 1 && shares[k] < share) k += 1;
      const part = shares[k] > shares[k - 1] ? (share - shares[k - 1]) / (shares[k] - shares[k - 1]) : 0;
      points[2 * count] = path[k - 1][0] + part * (path[k][0] - path[k - 1][0]);
      points[2 * count + 1] = path[k - 1][1] + part * (path[k][1] - path[k - 1][1]);
      count += 1;
    }
    return { count, points };
  }

  /** Leave cars out evenly, and say so. */
  function thin(most) {
    if (drawn.length <= most) return;
    drawn = Array.from({ length: most }, (_unused, k) => all[Math.floor((k * all.length) / most)]);
    const told = LANGUAGES.map((code) => {
      const words = document.createElement("span");
      words.lang = code;
      words.textContent = data.strings[code].carsDrawn
        .replace("{shown}", numberWords(drawn.length))
        .replace("{all}", numberWords(data.cars.of));
      return words;
    });
    byId("car-words").replaceChildren(...told);
  }

  return { at, thin };
}

const cars = createCars();
