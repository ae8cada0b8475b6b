// News of the runs. Browsers allow six connections to a host over all tabs, so one tab holds the
// stream of events (whoever owns the lock) and passes them to the others. Read with fetch, since
// an EventSource cannot carry a key. Beside the server's events there are `open` (the server answers)
// and `lost` (it does not).
import * as api from './api.js';

const RETRY = 1000; // milliseconds

export function listen(handle) {
  const channel = new BroadcastChannel('charrnn-events');
  channel.onmessage = ({ data }) => handle(data.name, data.data);

  const abort = new AbortController();
  const { signal } = abort;
  // Ends with the tab, or when this one listens no more: the lock is held until then.
  async function lead() {
    let lastId;
    const tell = (name, data = {}) => {
      channel.postMessage({ name, data });
      handle(name, data);
    };
    while (!signal.aborted) {
      try {
        for await (const { id, event, data } of api.events(lastId, signal)) {
          lastId = id ?? lastId;
          tell(event, data);
        }
        continue; // ended in good order: at once again
      } catch (error) {
        if (error.status === 401) return handle('locked', {});
        if (!signal.aborted) tell('lost');
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY));
    }
  }
  if (navigator.locks) navigator.locks.request('charrnn-events', { signal }, lead).catch(() => {});
  else lead();
  return () => {
    abort.abort();
    channel.close();
  };
}
