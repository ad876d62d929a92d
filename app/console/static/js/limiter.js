// Running at most so many tasks at once, the others in the order they came.

export function limiter(places) {
  const waiting = [];
  let free = places;

  async function takePlace() {
    if (free > 0) free -= 1;
    else await new Promise((resolve) => waiting.push(resolve));
  }

  /** Hand the place to the next in line, so that nobody who comes meanwhile gets in before. */
  function leavePlace() {
    if (waiting.length) waiting.shift()();
    else free += 1;
  }

  return async function limited(task) {
    await takePlace();
    try {
      return await task();
    } finally {
      leavePlace();
    }
  };
}
