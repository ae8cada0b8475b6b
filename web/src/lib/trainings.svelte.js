// The trainings that this page may start and steer, and what was deleted, as the server tells.
import * as api from './api.js';
import { loadRuns, onNews } from './page.svelte.js';

const LOOK_AGAIN = 700; // milliseconds

export const trainings = $state({
  known: false,
  asked: false, // there was an answer, if only that there is none
  allowed: false,
  whyNot: '',
  limits: {},
  list: [],
  trash: [],
  deleted: null, // what was deleted last from this page: {id, run}
});
let timer;

const isOnTheWay = ({ state }) => state === 'starting' || state === 'stopping';

export async function lookAtTrainings() {
  clearTimeout(timer);
  try {
    const { allowed, why_not: whyNot, limits, trainings: list, trash } = await api.trainings();
    Object.assign(trainings, { known: true, allowed, whyNot, limits, list, trash });
    if (list.some(isOnTheWay)) timer = setTimeout(lookAtTrainings, LOOK_AGAIN);
  } catch {
    // The server is away or asks for its key: its news will tell when it is there again.
  } finally {
    trainings.asked = true;
  }
}

// Looks now and whenever runs come, go, begin or end; returns how to stop.
export function followTrainings() {
  lookAtTrainings();
  const stop = onNews((name) => {
    if (['snapshot', 'runs', 'open'].includes(name)) lookAtTrainings();
  });
  return () => {
    stop();
    clearTimeout(timer);
  };
}

export const trainingOf = (id) => trainings.list.find((one) => one.id === id);

// Each does it, and returns why it was not done, or ''.
async function change(action) {
  try {
    await action();
    return '';
  } catch (error) {
    return error.message;
  } finally {
    await Promise.all([lookAtTrainings(), loadRuns()]);
  }
}
export const stop = (id) => change(() => api.stopTraining(id));
export const resume = (id, minutes) => change(() => api.resumeTraining(id, minutes));
export const remove = (id) =>
  change(async () => {
    trainings.deleted = { id: (await api.deleteRun(id)).trash, run: id };
  });
export const restore = (trashed) =>
  change(async () => {
    await api.restoreRun(trashed);
    if (trainings.deleted?.id === trashed) trainings.deleted = null;
  });
