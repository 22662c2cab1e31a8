/** How far a run is, on standard error: a bar on a terminal, and elsewhere a line now and then. */

const BAR_WIDTH = 30;
const REDRAW_MILLISECONDS = 100;
const LINE_MILLISECONDS = 5_000;

export interface Progress {
  /** One more is done. */
  step(): void;
  /** Leaves the terminal clean for what comes next. */
  end(): void;
}

export function startProgress(doing: string, total: number, to: NodeJS.WriteStream = process.stderr): Progress {
  const start = performance.now();
  const interval = to.isTTY ? REDRAW_MILLISECONDS : LINE_MILLISECONDS;
  let shown = to.isTTY ? Number.NEGATIVE_INFINITY : start;
  let done = 0;

  function draw(): void {
    const part = Math.min(1, done / total);
    const rate = Math.round(done / Math.max(0.001, (performance.now() - start) / 1000));
    const counts = `${done} of ${total}, ${rate} a second`;
    if (!to.isTTY) to.write(`${doing} ${counts}\n`);
    else to.write(`\r${doing} [${"#".repeat(part * BAR_WIDTH).padEnd(BAR_WIDTH, ".")}] ${counts}\u001b[K`);
  }
  return {
    step() {
      done += 1;
      if (performance.now() - shown < interval) return;
      shown = performance.now();
      draw();
    },
    end() {
      if (to.isTTY) to.write("\r\u001b[K");
    },
  };
}
