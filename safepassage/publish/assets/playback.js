// Where everybody is at a moment of the plan. The data comes from publish/playback.py.

/** Value of a step curve: the last step at or before the moment. */
function curveAt(curve, timeS) {
  let low = 0;
  let high = curve.t.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (curve.t[middle] <= timeS) low = middle + 1;
    else high = middle;
  }
  return low ? curve.n[low - 1] : 0;
}

function peopleLeft(settlement, timeS) {
  let gone = 0;
  for (const [startS, endS, people] of settlement.leaving) {
    if (timeS >= endS) gone += people;
    else if (timeS > startS) gone += Math.floor((people * (timeS - startS)) / (endS - startS));
  }
  return settlement.people - gone;
}

/** Load class of a link: 0 empty, 1 flowing, 2 busy, 3 queue. */
function levelAt(load, timeS) {
  const bin = Math.floor(timeS / data.binS);
  let level = 0;
  for (let k = 0; k < load.runs.length && load.runs[k] <= bin; k += 2) level = load.runs[k + 1];
  return level;
}

const metresPerDegree = 111195;
function metres(a, b) {
  const shrink = Math.cos(((a[1] + b[1]) / 2) * (Math.PI / 180));
  return Math.hypot((b[0] - a[0]) * shrink, b[1] - a[1]) * metresPerDegree;
}

/** Points of a leg's way with the time share at which each is passed; made once, when first needed. */
const courses = new WeakMap();
function courseOf(leg) {
  let course = courses.get(leg);
  if (!course) {
    const [, , , way, ends] = leg;
    const parts = way
      ? way.map((link) => ({ path: data.links[link].path, s: data.links[link].s }))
      : [{ path: ends, s: 1 }];
    course = { points: [parts[0].path[0]], at: [0] };
    let passed = 0;
    for (const { path, s } of parts) {
      const lengths = path.slice(1).map((point, k) => metres(path[k], point));
      const length = lengths.reduce((sum, part) => sum + part, 0) || 1;
      lengths.forEach((part, k) => {
        passed += (s * part) / length;
        course.points.push(path[k + 1]);
        course.at.push(passed);
      });
    }
    course.at = course.at.map((value) => value / (passed || 1));
    courses.set(leg, course);
  }
  return course;
}

function pointAlong({ points, at }, share) {
  let k = 1;
  while (k < at.length - 1 && at[k] < share) k += 1;
  if (points.length < 2) return points[0];
  const part = at[k] > at[k - 1] ? (share - at[k - 1]) / (at[k] - at[k - 1]) : 1;
  const inside = Math.min(1, Math.max(0, part));
  return [0, 1].map((axis) => points[k - 1][axis] + (points[k][axis] - points[k - 1][axis]) * inside);
}

/** Vehicles of the fleet with people on board: where, how many, which. */
function vehiclesAt(timeS) {
  const vehicles = [];
  for (const trip of data.trips) {
    const legs = trip.legs;
    if (timeS < legs[0][0] || timeS > legs[legs.length - 1][1]) continue;
    for (const leg of legs) {
      const [fromS, untilS, people] = leg;
      if (timeS >= fromS && timeS <= untilS) {
        const share = untilS > fromS ? (timeS - fromS) / (untilS - fromS) : 1;
        vehicles.push({ trip, people, at: pointAlong(courseOf(leg), share) });
        break;
      }
    }
  }
  return vehicles;
}

/** Everything the page shows of a moment. */
function stateAt(timeS) {
  const left = data.settlements.map((settlement) => (settlement.inScope ? peopleLeft(settlement, timeS) : 0));
  const home = left.reduce((sum, people) => sum + people, 0);
  const out = curveAt(data.curves.all, timeS);
  return {
    timeS,
    left,
    home,
    out,
    way: data.people - home - out,
    levels: data.loads.map((load) => levelAt(load, timeS)),
    vehicles: vehiclesAt(timeS),
    cars: cars.at(timeS),
  };
}
