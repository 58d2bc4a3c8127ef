/** The demo's days, counted from today at midnight UTC, so that licences expire around the day of the run. */
export interface Clock {
  /** A date so many days from today; the past is negative. */
  day(offset: number): string;
  /** A moment of that day. */
  moment(offset: number, second: number): string;
}

/** A clock that stands at the midnight before `now`. */
export function clockAt(now: Date): Clock {
  const midnight = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate());
  const moment = (offset: number, second: number): string =>
    new Date(midnight + (offset * 86400 + second) * 1000).toISOString();
  return { moment, day: (offset) => moment(offset, 0).slice(0, 10) };
}
